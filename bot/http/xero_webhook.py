"""POST /webhooks/xero: Xero says that something has changed.

https://developer.xero.com/documentation/guides/webhooks/overview: `x-xero-signature` is the base64 of the HMAC-SHA256
of the raw body under the webhook key. The answer has to come within 5 seconds, without body and cookies: 200, or 401
where the signature does not fit. That is also the validation when the webhook is set up ("intent to receive").
"""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Annotated
from uuid import UUID

import structlog
from aiohttp import web
from pydantic import BaseModel, Field, SecretStr, StringConstraints, ValidationError

from bot.http.errors import invalid, too_large, unavailable
from bot.xero.changes import Change, ChangeNotes

log = structlog.get_logger(__name__)

PATH = "/webhooks/xero"
HEADER = "x-xero-signature"
_MOST_BYTES = 1_048_576
_SECONDS = 4.0  # Xero gives up after 5
_INVOICE = "INVOICE"

_Moment = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[0-9TZ:.+\- ]+$")]


class _Event(BaseModel):
    """One event, as far as it is of use here."""

    tenant_id: UUID = Field(alias="tenantId")
    resource_id: UUID = Field(alias="resourceId")
    category: str = Field(alias="eventCategory", max_length=64)
    at: _Moment = Field(alias="eventDateUtc")


class _Told(BaseModel):
    """A webhook's body. Without events it is the validation."""

    events: list[_Event] = Field(max_length=10_000)


class XeroDoor:
    """The webhook. It writes down where to look and answers; looking is a job. `wake` says that there is one."""

    def __init__(self, notes: ChangeNotes, key: SecretStr, wake: Callable[[], None]) -> None:
        self._notes = notes
        self._key = key
        self._wake = wake

    def add_to(self, app: web.Application) -> None:
        """Add the route."""
        app.router.add_post(PATH, self.changed)

    async def changed(self, request: web.Request) -> web.Response:
        """200 once what happened is committed, 401 unsigned; 400 for what is signed and cannot be read."""
        body = await _body(request)
        if not self._fits(body, request.headers.get(HEADER, "")):
            return web.Response(status=401)
        changes = _changes(body)
        if changes and await _in_time(self._notes, changes):
            self._wake()
        return web.Response(status=200)

    def _fits(self, body: bytes, signature: str) -> bool:
        """Whether a body was signed with the key; told in the same time wherever they differ."""
        mac = hmac.new(self._key.get_secret_value().encode(), body, hashlib.sha256)
        return hmac.compare_digest(base64.b64encode(mac.digest()), signature.encode("utf-8", "replace"))


def _changes(body: bytes) -> list[Change]:
    """The invoices in a signed body, each change once. Raises ApiError 400."""
    try:
        told = _Told.model_validate_json(body)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"]) or "the body"
        raise invalid(f"{where} is not what Xero sends.") from None
    found = [Change(str(e.tenant_id), str(e.resource_id), e.at) for e in told.events if e.category == _INVOICE]
    return list(dict.fromkeys(found))


async def _in_time(notes: ChangeNotes, changes: list[Change]) -> int:
    """Write them down, or say 503 before Xero gives up: it comes again."""
    try:
        async with asyncio.timeout(_SECONDS):
            kept = await notes.keep(changes)
    except TimeoutError:
        raise unavailable("The desk is too busy; please try again shortly.") from None
    log.info("xero_changes", told=len(changes), new=kept)
    return kept


async def _body(request: web.Request) -> bytes:
    """The raw body. Raises ApiError 413 when it is too large."""
    body = bytearray()
    async for chunk in request.content.iter_chunked(65_536):
        body += chunk
        if len(body) > _MOST_BYTES:
            raise too_large("The body is too large.")
    return bytes(body)
