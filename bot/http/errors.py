"""Errors of the HTTP edge, as JSON in the one shape of the chat API."""

from collections.abc import Mapping
from math import ceil

import orjson
from aiohttp import web
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core.errors import DeskError, Disposition


class ApiError(Exception):
    """An answer other than 200 that is expected: `status`, a stable `code` and words for a person."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})

    def response(self) -> web.Response:
        """The error as it is sent."""
        return error_response(self.status, self.code, self.message, self.headers)


def invalid(message: str) -> ApiError:
    """400: the request cannot be read or breaks a limit of its fields."""
    return ApiError(400, "invalid", message)


def unauthorised() -> ApiError:
    """401: the key is missing or wrong; which of the two is not said."""
    return ApiError(401, "unauthorized", "A valid API key is required.", {"WWW-Authenticate": "Bearer"})


def too_large(message: str) -> ApiError:
    """413: the body or the message is too long."""
    return ApiError(413, "too_large", message)


def too_many(seconds: float) -> ApiError:
    """429: the sender or the address is over its limit for `seconds` more."""
    headers = {"Retry-After": str(max(1, ceil(seconds)))}
    return ApiError(429, "rate_limited", "Too many requests; please slow down.", headers)


def unavailable(message: str, headers: Mapping[str, str] | None = None, code: str = "busy") -> ApiError:
    """503: trying again in a moment helps."""
    return ApiError(503, code, message, {"Retry-After": "2", **(headers or {})})


def is_outage(error: Exception) -> bool:
    """Whether an error says that a part is away or busy, so that trying again later helps."""
    if isinstance(error, DeskError):
        return error.disposition is Disposition.RETRY
    return isinstance(error, OSError | InterfaceError | OperationalError | PoolTimeout)


def error_response(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> web.Response:
    """`{"error": {"code", "message"}}` with its status."""
    return web.Response(
        body=orjson.dumps({"error": {"code": code, "message": message}}),
        status=status,
        content_type="application/json",
        headers=headers,
    )
