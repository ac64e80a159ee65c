"""POST /api/chatbot: the chat API (DESIGN 10). One request is one message; the answer is its turn."""

import hashlib
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from uuid import uuid4

import orjson
import structlog
from aiohttp import web

from bot.desk import Desk
from bot.http.access import KeyCheck, client_address
from bot.http.cleaning import clean
from bot.http.errors import ApiError, invalid, is_outage, too_large, unavailable
from bot.http.limits import RateLimits
from bot.identities import normalise
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
    """The handler, with what it needs."""

    def __init__(self, desk: Desk, settings: Settings, keys: KeyCheck, limits: RateLimits) -> None:
        self._desk = desk
        self._keys = keys
        self._limits = limits
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
        body = await self._turn(asked, key)
        answer = {
            **body,
            "session_id": asked.session_id,
            "latency_ms": round((perf_counter() - started) * 1000, 1),
        }
        headers = {_KEY_HEADER: key}
        if "text/event-stream" in request.headers.get("Accept", ""):
            return await _stream(request, answer, headers)
        return web.Response(body=_dump(answer), content_type="application/json", headers=headers)

    async def _turn(self, asked: ChatRequest, key: str) -> dict[str, Any]:
        """The turn's body. Where it cannot be had yet, 503 with the key under which to ask again."""
        chat = ChatRef("api", asked.user_id, asked.session_id)
        inbound = Inbound(chat, _provider_id(chat, key), asked.message, self._desk.clock.now())
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


async def _stream(request: web.Request, answer: dict[str, Any], headers: dict[str, str]) -> web.StreamResponse:
    """The turn as server-sent events: a `delta` for each message, then `turn` with the whole body.

    The deltas joined are `reply`.
    """
    response = web.StreamResponse(headers={**headers, "Cache-Control": "no-store", "X-Accel-Buffering": "no"})
    response.content_type = "text/event-stream"
    response.charset = "utf-8"
    await response.prepare(request)
    for part in _deltas(answer):
        await response.write(_event("delta", {"text": part}))
    await response.write(_event("turn", answer))
    await response.write_eof()
    return response


def _deltas(answer: dict[str, Any]) -> list[str]:
    """`reply` cut where its messages begin; whole where it is not their plain sequence."""
    reply, parts, at = str(answer.get("reply", "")), [], 0
    for message in answer.get("messages", [])[1:]:
        found = reply.find(message["text"], at + 1)
        if found < 0:
            break
        parts.append(reply[at:found])
        at = found
    return [part for part in [*parts, reply[at:]] if part]


def _event(name: str, data: dict[str, Any]) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + _dump(data) + b"\n\n"


def _dump(value: Any) -> bytes:
    return orjson.dumps(value, default=str)
