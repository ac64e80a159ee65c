"""Typing indicators, and the files that customers send."""

import hashlib
from urllib.parse import urlencode

from aiohttp import web

from tests.sandbox.twilio import forms
from tests.sandbox.twilio.message_api import form_of
from tests.sandbox.twilio.messages import SID, only_known
from tests.sandbox.twilio.refusals import invalid, not_found
from tests.sandbox.twilio.state import API_HOST, Media, State


class MediaApi(State):
    """The address in a webhook asks for authentication and sends on to a file host, which must not be shown it."""

    def add_media(
        self, data: bytes, content_type: str, *, message_sid: str | None = None, chunked: bool = False
    ) -> Media:
        """A file to be fetched; `chunked` leaves out its Content-Length."""
        message_sid, sid = message_sid or forms.new_sid("MM"), forms.new_sid("ME")
        path = f"/2010-04-01/Accounts/{self.account_sid}/Messages/{message_sid}/Media/{sid}"
        self._media[sid] = Media(sid, message_sid, content_type, data, API_HOST + path, self.url + path, chunked)
        return self._media[sid]

    async def _show_typing(self, request: web.Request) -> web.StreamResponse:
        form = dict(await form_of(request))
        only_known(form, frozenset({"channel", "messageId"}))
        if form.get("channel") != "whatsapp" or not SID.fullmatch(form.get("messageId", "")):
            raise invalid("channel must be whatsapp and messageId a message SID")
        self.typing.append(form["messageId"])
        return web.json_response({"success": True})

    async def _get_media(self, request: web.Request) -> web.StreamResponse:
        """Sends on to where the file lies, with a signed address, as the real one does."""
        *_, message_sid, _, sid = request.path.split("/")
        media = self._media.get(sid)
        if media is None or media.message_sid != message_sid:
            raise not_found(request.path)
        base = self.media_redirect or self.url
        target = f"{base}/cdn/{self.account_sid}/{sid}?" + urlencode({"Signature": self._seal(sid)})
        return web.Response(status=307, headers={"Location": target})

    def _seal(self, sid: str) -> str:
        return hashlib.sha256(f"{self.auth_token}{sid}".encode()).hexdigest()[:16]

    async def _get_file(self, request: web.Request) -> web.StreamResponse:
        sid = request.path.rsplit("/", 1)[1]
        if "Authorization" in request.headers and f"http://{request.host}" != self.url:
            self.leaked_credentials += 1
        if sid not in self._media or request.query.get("Signature") != self._seal(sid):
            return web.Response(status=403, text="<Error><Code>AccessDenied</Code></Error>", content_type="text/xml")
        media = self._media[sid]
        response = web.StreamResponse(headers={"Content-Type": media.content_type})
        if media.chunked:
            response.enable_chunked_encoding()
        else:
            response.content_length = len(media.data)
        await response.prepare(request)
        await response.write(media.data)
        await response.write_eof()
        return response
