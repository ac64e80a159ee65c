"""POST /api/chatbot: the chat API (DESIGN 10). One request is one message; the answer is its turn."""

import asyncio
import hashlib
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from uuid import uuid4

import orjson
import structlog
from aiohttp import web

from bot.desk import Desk
from bot.documents import Addresses
from bot.http.access import KeyCheck, client_address
from bot.http.cleaning import clean
from bot.http.errors import ApiError, invalid, is_outage, too_large, unavailable
from bot.http.limits import RateLimits
from bot.http.streaming import TurnStream, dump
from bot.identities import normalise
from bot.live import LiveReplies
from bot.settings import Settings
from core.domain.messages import ChatRef, Inbound
from core.errors import Busy, InvalidInput

log = structlog.get_logger(__name__)

_MAX_ID = 128
_KEY_HEADER = "Idempotency-Key"


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A request as it was sent, checked. `message_id` is "" where the caller gave none."""

    message: str
    user_id: str
    session_id: str
    message_id: str


class ChatApi:
    """The handler, with what it needs. A stream that is silent for `beat_seconds` gets a comment."""

    def __init__(
        self,
        desk: Desk,
        settings: Settings,
        keys: KeyCheck,
        limits: RateLimits,
        live: LiveReplies | None = None,
        beat_seconds: float = 10.0,
        *,
        addresses: Addresses | None = None,
    ) -> None:
        """`live` are the replies that `desk` is writing; without it a stream begins when its turn is done."""
        self._desk = desk
        self._keys = keys
        self._limits = limits
        self._live = live or LiveReplies()
        self._addresses = addresses
        self._beat_seconds = beat_seconds
        self._proxies = settings.trusted_proxies
        self._max_chars = settings.max_message_chars

    async def chatbot(self, request: web.Request) -> web.StreamResponse:
        """Answer one message. Raises ApiError for anything but 200."""
        started = perf_counter()
        await self._limits.count_address(client_address(request, self._proxies))
        await self._keys.require(request)
        asked = await self._read(request)
        await self._limits.count_user(asked.user_id)
        key = asked.message_id or uuid4().hex
        chat = ChatRef("api", asked.user_id, asked.session_id)
        inbound = Inbound(chat, _provider_id(chat, key), asked.message, self._desk.clock.now())
        if "text/event-stream" in request.headers.get("Accept", ""):
            return await self._stream(request, inbound, key, started)
        answer = await self._answer(inbound, key, started)
        return web.Response(body=dump(answer), content_type="application/json", headers={_KEY_HEADER: key})

    async def _stream(self, request: web.Request, inbound: Inbound, key: str, started: float) -> web.StreamResponse:
        """The answer as events. A caller who leaves ends the stream, not the turn."""
        stream = TurnStream(request, {_KEY_HEADER: key})
        with self._live.watching(inbound.chat) as watch:
            turn = asyncio.create_task(self._answer(inbound, key, started))
            try:
                return await stream.follow(turn, watch, inbound.provider_id, self._beat_seconds)
            finally:
                turn.cancel()
                await asyncio.gather(turn, return_exceptions=True)

    async def _answer(self, inbound: Inbound, key: str, started: float) -> dict[str, Any]:
        """The response's body."""
        body = await self._turn(inbound, key)
        latency = round((perf_counter() - started) * 1000, 1)
        messages = [self._shown(message) for message in body["messages"]]
        return {**body, "messages": messages, "session_id": inbound.chat.session, "latency_ms": latency}

    def _shown(self, message: dict[str, Any]) -> dict[str, Any]:
        """A message; a file among them with the address that it is fetched from."""
        document = message.get("document")
        if document is None or self._addresses is None:
            return message
        order, name = document["order"], document["name"]
        url = self._addresses.url(order, name) or self._addresses.path(order, name)
        return {**message, "document": {"name": name, "url": url}}

    async def _turn(self, inbound: Inbound, key: str) -> dict[str, Any]:
        """The turn's body. Where it cannot be had yet, 503 with the key under which to ask again."""
        again = {_KEY_HEADER: key}
        try:
            return await self._desk.converse(inbound)
        except Busy as error:
            raise unavailable(str(error), again) from None
        except InvalidInput as error:
            raise invalid(str(error)) from None
        except Exception as error:
            if not is_outage(error):
                raise
            log.warning("chat_api_unavailable", reason=type(error).__name__)
            raise unavailable("The desk cannot answer right now; please try again.", again) from None

    async def _read(self, request: web.Request) -> ChatRequest:
        """Check the request and take it apart. Raises ApiError 400, 413 or 415."""
        if request.content_type != "application/json":
            raise ApiError(415, "unsupported_media_type", "Send the request as application/json.")
        try:
            fields = orjson.loads(await request.read())
        except orjson.JSONDecodeError:
            raise invalid("The body is not valid JSON in UTF-8.") from None
        if not isinstance(fields, dict):
            raise invalid("The body must be a JSON object.")
        message_id = fields.get("message_id") or request.headers.get(_KEY_HEADER) or ""
        return ChatRequest(
            message=self._message(fields.get("message")),
            user_id=_user(fields.get("user_id")),
            session_id=_text(fields.get("session_id") or "", "session_id", required=False),
            message_id=_text(message_id, "message_id", required=False),
        )

    def _message(self, value: Any) -> str:
        if not isinstance(value, str):
            raise invalid("message must be a text.")
        if len(value) > self._max_chars:
            raise too_large(f"message must not be longer than {self._max_chars} characters.")
        message = clean(value)
        if not message:
            raise invalid("message must not be empty.")
        return message


def _text(value: Any, name: str, *, required: bool = True) -> str:
    """A short single-line text field."""
    if not isinstance(value, str) or len(value) > _MAX_ID or not (value == "" or value.isprintable()):
        raise invalid(f"{name} must be a text of at most {_MAX_ID} characters.")
    text = value.strip()
    if required and not text:
        raise invalid(f"{name} must not be empty.")
    return text


def _user(value: Any) -> str:
    """The sender's identity. "|" would blur the borders of a chat's key."""
    if value is None:
        raise invalid("user_id is missing.")
    identity = _text(value, "user_id")
    if "|" in identity:
        raise invalid("user_id must not contain '|'.")
    return normalise(identity)


def _provider_id(chat: ChatRef, key: str) -> str:
    """Unique within the channel: a caller's own message id counts within its own chat only."""
    return hashlib.blake2b(f"{chat.key}|{key}".encode(), digest_size=20).hexdigest()
