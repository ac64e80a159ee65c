"""The providers' doors: check who calls, read what came, answer once it is committed."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from urllib.parse import parse_qsl

import orjson
import structlog
from aiohttp import web

from bot.http.errors import ApiError, invalid, too_large, unavailable
from bot.intake import Intake
from bot.storage.store import SqlStore
from bot.telegram_intake import TelegramIntake
from bot.undelivered import note_status
from channels.telegram import HEADER, secret_matches
from channels.whatsapp.inbound import NotAMessage, Received, read_message
from channels.whatsapp.sender import WhatsAppChannel
from channels.whatsapp.signature import signed
from channels.whatsapp.status import read_status
from core.ports import Clock

log = structlog.get_logger(__name__)

_MOST_BYTES = 1_048_576  # a Telegram update with a long quoted message, every letter escaped, is near 100 kB
_MOST_FIELDS = 500
_SECONDS = 10.0  # Twilio gives up after 15
_DONE = '<?xml version="1.0" encoding="UTF-8"?><Response/>'  # TwiML that says nothing

Fields = Sequence[tuple[str, str]]


class WhatsAppDoor:
    """Webhooks of Twilio's. Every request must be signed for the address that `public_url` begins."""

    def __init__(
        self, channel: WhatsAppChannel, intake: Intake, store: SqlStore, clock: Clock, auth_token: str, public_url: str
    ) -> None:
        self._channel = channel
        self._intake = intake
        self._store = store
        self._clock = clock
        self._auth_token = auth_token
        self._public_url = public_url

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_post("/webhooks/whatsapp", self.message)
        app.router.add_post("/webhooks/whatsapp/status", self.status)

    async def message(self, request: web.Request) -> web.Response:
        """POST /webhooks/whatsapp: a message of a customer's. 200 once it is committed, 403 unsigned."""
        fields = await self._fields(request)
        try:
            received = read_message(dict(reversed(fields)), self._clock.now())
        except NotAMessage as reason:
            log.warning("whatsapp_not_a_message", reason=str(reason))
            return _twiml()
        await _in_time(self._take(received))
        return _twiml()

    async def status(self, request: web.Request) -> web.Response:
        """POST /webhooks/whatsapp/status: how far a message of ours got."""
        record = read_status(dict(reversed(await self._fields(request))))
        if record is not None:
            await _in_time(note_status(self._store, self._channel.name, record))
        return _twiml()

    async def _take(self, received: Received) -> None:
        """Accept a message, with the words of the one that it replies to."""
        inbound = received.inbound
        if received.replied_to:
            words = await self._store.words_of(inbound.chat.channel, inbound.chat, received.replied_to)
            inbound = replace(inbound, quoted=words)
        await self._intake.take(inbound, self._channel)
        if received.user_id:
            self._intake.aside(self._know_as(inbound.chat.sender, received.user_id))

    async def _know_as(self, sender: str, user_id: str) -> None:
        """Remember a customer's WhatsApp user id while their number is shown with it: one day it may come alone."""
        directory = (await self._store.reference()).directory
        known = {outlet.code for outlet in directory.outlets_of(user_id)}
        for outlet in directory.outlets_of(sender):
            if outlet.code not in known:
                await self._store.link(user_id, outlet.code)

    async def _fields(self, request: web.Request) -> Fields:
        """The form's fields in order. Raises ApiError 403 unless Twilio signed them."""
        if request.content_type != "application/x-www-form-urlencoded":
            raise ApiError(415, "unsupported_media_type", "Send a form.")
        body = await _body(request)
        try:
            fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
        except ValueError:
            raise invalid("The form cannot be read.") from None
        signature = request.headers.get("X-Twilio-Signature", "")
        if not signed(self._auth_token, self._public_url, request.path_qs, fields, signature):
            raise ApiError(403, "forbidden", "The signature does not fit.")
        return fields


class TelegramDoor:
    """The webhook of Telegram's, which names the secret that was given with setWebhook."""

    def __init__(self, intake: TelegramIntake, secret: str) -> None:
        self._intake = intake
        self._secret = secret

    def add_to(self, app: web.Application) -> None:
        """Add the route."""
        app.router.add_post("/webhooks/telegram", self.update)

    async def update(self, request: web.Request) -> web.Response:
        """POST /webhooks/telegram: an update. 200 once it is committed; anything else is sent again."""
        if not secret_matches(request.headers.get(HEADER), self._secret):
            raise ApiError(403, "forbidden", "The secret does not fit.")
        try:
            update = orjson.loads(await _body(request))
        except orjson.JSONDecodeError:
            raise invalid("The body is not valid JSON in UTF-8.") from None
        await _in_time(self._intake.take_raw(update))
        return web.Response()


async def _in_time(work: Awaitable[object]) -> None:
    """Do it, or say 503 before the caller gives up; what is committed by then is known by its id next time."""
    try:
        async with asyncio.timeout(_SECONDS):
            await work
    except TimeoutError:
        raise unavailable("The desk is too busy; please try again shortly.") from None


async def _body(request: web.Request) -> bytes:
    """The request's body. Raises ApiError 413 when it is too large."""
    body = bytearray()
    async for chunk in request.content.iter_chunked(65_536):
        body += chunk
        if len(body) > _MOST_BYTES:
            raise too_large("The body is too large.")
    return bytes(body)


def _twiml() -> web.Response:
    return web.Response(text=_DONE, content_type="text/xml")
