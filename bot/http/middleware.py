"""Around every request: its id, errors as JSON, security headers, and the count and time of it."""

from itertools import count
from secrets import token_hex
from time import perf_counter

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.http.errors import ApiError, error_response, is_outage, unavailable
from bot.metrics import Metrics
from core.errors import InvalidInput

log = structlog.get_logger(__name__)

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}


def around(metrics: Metrics) -> Middleware:
    """The one middleware; one level of wrapping keeps the hot path short."""

    process, number = token_hex(4), count(1)

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        started = perf_counter()
        request_id = f"{process}-{next(number):x}"
        structlog.contextvars.bind_contextvars(request_id=request_id)
        response = await _answer(request, handler)
        if not response.prepared:
            headers = response.headers
            headers["X-Request-Id"] = request_id
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        route = _route(request)
        metrics.requests.labels(route, response.status).inc()
        metrics.request_seconds.labels(route).observe(perf_counter() - started)
        return response

    return middleware


async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The handler's response, or the error that it raised as a response."""
    try:
        return await handler(request)
    except ApiError as error:
        return error.response()
    except web.HTTPException as error:
        if error.status < 400:
            raise
        kept = {name: error.headers[name] for name in ("Allow",) if name in error.headers}
        return error_response(error.status, _CODES.get(error.status, "http"), error.reason, kept)
    except ConnectionResetError:
        raise
    except InvalidInput as error:
        return error_response(400, error.code, str(error))
    except Exception as error:  # where the unexpected ends: its trace goes to the log only
        if is_outage(error):
            log.warning("request_unavailable", route=_route(request), reason=type(error).__name__)
            return unavailable("The desk cannot answer right now; please try again.").response()
        log.exception("request_broke", route=_route(request))
        return error_response(500, "internal", "Something went wrong on our side.")


def _route(request: web.Request) -> str:
    """The route as it is written, without what stands in its place: that may be a secret address."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "none"
