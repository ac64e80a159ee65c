"""GET /documents/{token}: an invoice, for who was given its address. No key, no cookie, no outlet in the address."""

from aiohttp import web

from bot.documents import PATH, Addresses, NoDocument
from bot.http.errors import ApiError
from core.ports import Accounting


class DocumentApi:
    """The handler. What cannot be had now is a 503; Twilio and people come again."""

    def __init__(self, books: Accounting, addresses: Addresses) -> None:
        self._books = books
        self._addresses = addresses

    def add_to(self, app: web.Application) -> None:
        """Add the route."""
        app.router.add_get(PATH + "{token}", self.document)

    async def document(self, request: web.Request) -> web.StreamResponse:
        """200 with the PDF; 404 for an address that was never given out, 410 for one that is too old."""
        try:
            named = self._addresses.read(request.match_info["token"])
        except NoDocument as gone:
            status, code = (410, "gone") if gone.expired else (404, "not_found")
            said = "This address is too old. Please ask for the invoice again." if gone.expired else "Nothing is here."
            raise ApiError(status, code, said) from None
        content = await self._books.document(named.order)
        if content is None:
            raise ApiError(404, "not_found", "There is no such invoice (yet).")
        headers = {
            "Content-Disposition": f'inline; filename="{named.name}"',
            # The usual policy would keep a browser's own PDF viewer from working.
            "Content-Security-Policy": "frame-ancestors 'none'",
            "X-Robots-Tag": "noindex",
        }
        return web.Response(body=content, content_type="application/pdf", headers=headers)
