"""Keeps the browser chat to its own page: response headers, same origin, JSON only."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

from core.errors import Busy, InvalidInput

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "manifest-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ]
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def guarded(handler: Handler, public_origin: str | None = None) -> Handler:
    """The handler behind the same-origin check, with its expected errors as JSON and the headers set."""

    async def guard(request: web.Request) -> web.StreamResponse:
        if not same_origin(request, public_origin):
            return problem(403, "forbidden", "This address serves its own page only.")
        try:
            response = await handler(request)
        except InvalidInput as error:
            return problem(400, error.code, str(error))
        except Busy as error:
            return problem(503, error.code, "The desk is busy, please try again.", {"Retry-After": "1"})
        if not response.prepared:
            for name, value in HEADERS.items():
                response.headers.setdefault(name, value)
        return response

    return guard


def same_origin(request: web.Request, public_origin: str | None) -> bool:
    """Whether a browser sent this from our page. Reads may also come from the address bar or a link."""
    site = request.headers.get("Sec-Fetch-Site")
    if request.method in {"GET", "HEAD"}:
        return site in {None, "same-origin", "none"} or request.headers.get("Sec-Fetch-Mode") == "navigate"
    origin = request.headers.get("Origin")
    if origin is None:
        return site in {None, "same-origin"}
    return origin == public_origin or urlsplit(origin).netloc == request.host


def problem(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> web.Response:
    """An error in the shape of DESIGN 10."""
    body = {"error": {"code": code, "message": message}}
    return web.json_response(body, status=status, headers={**HEADERS, **(headers or {})})
