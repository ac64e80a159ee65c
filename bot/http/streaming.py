"""A turn of the chat API as server-sent events, from its first certain words on.

`delta` events are the reply piece by piece, `turn` has the whole body. `reset` takes back all deltas before it: their
turn was lost to another process, which answered in other words. `error` stands in the place of `turn` where the answer
cannot be had after the stream has begun.
"""

import asyncio
from collections.abc import Iterator
from typing import Any

import orjson
import structlog
from aiohttp import web

from bot.http.errors import ApiError
from bot.live import Watch

log = structlog.get_logger(__name__)

_BEAT = b": still writing\n\n"


class TurnStream:
    """The response. Its headers go out with the first event, so that until then an error is an answer of its own."""

    def __init__(self, request: web.Request, headers: dict[str, str]) -> None:
        self._request = request
        self._response = web.StreamResponse(headers={**headers, "Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._response.content_type = "text/event-stream"
        self._response.charset = "utf-8"
        self._said = ""

    async def follow(
        self, turn: asyncio.Task[dict[str, Any]], watch: Watch, provider_id: str, beat_seconds: float
    ) -> web.StreamResponse:
        """Pass on what the turn that answers a message says, then its body. Leaves off when the caller has gone.

        Raises what the turn raises, while nothing has been sent.
        """
        try:
            await self._watch(turn, watch, provider_id, beat_seconds)
            await self._end(turn.result())
        except ConnectionResetError:
            pass  # the turn goes on without its caller
        except Exception as error:
            if not self._response.prepared:
                raise
            await self._fail(error)
        return self._response

    async def _watch(
        self, turn: asyncio.Task[dict[str, Any]], watch: Watch, provider_id: str, beat_seconds: float
    ) -> None:
        """Pass on the reply as it grows, and a sign of life where it does not, until the turn is done."""
        turn.add_done_callback(lambda _: watch.wake.set())
        while not turn.done():
            try:
                async with asyncio.timeout(beat_seconds):
                    await watch.wake.wait()
            except TimeoutError:
                if self._response.prepared:
                    await self._response.write(_BEAT)
                continue
            watch.wake.clear()
            live = watch.turn
            if live is not None and live.answers(provider_id):
                await self._show(live.text)

    async def _show(self, text: str) -> None:
        """The reply so far. A turn that is taken anew may still be behind what was shown."""
        if not text.startswith(self._said):
            if self._said.startswith(text):
                return
            await self._reset()
        piece, self._said = text[len(self._said) :], text
        if piece:
            await self._send("delta", {"text": piece})

    async def _end(self, answer: dict[str, Any]) -> None:
        """The rest of the reply, and the body."""
        if not str(answer.get("reply", "")).startswith(self._said):
            await self._reset()
        for piece in rest(answer, len(self._said)):
            await self._send("delta", {"text": piece})
        await self._send("turn", answer)
        await self._response.write_eof()

    async def _reset(self) -> None:
        self._said = ""
        await self._send("reset", {})

    async def _fail(self, error: Exception) -> None:
        """Say what became of a turn whose beginning has been sent."""
        if not isinstance(error, ApiError):
            log.exception("stream_broke", exc_info=error)
            error = ApiError(500, "internal", "Something went wrong on our side.")
        try:
            await self._send("error", {"error": {"code": error.code, "message": error.message}})
            await self._response.write_eof()
        except ConnectionResetError:
            pass

    async def _send(self, name: str, data: dict[str, Any]) -> None:
        if not self._response.prepared:
            await self._response.prepare(self._request)
        await self._response.write(event(name, data))


def rest(answer: dict[str, Any], said: int) -> Iterator[str]:
    """`reply` without its first `said` characters, cut where its messages begin."""
    for part in _parts(answer):
        if said < len(part):
            yield part[said:]
        said = max(0, said - len(part))


def _parts(answer: dict[str, Any]) -> list[str]:
    """`reply` cut where its messages begin; whole where it is not their plain sequence."""
    reply, parts, at = str(answer.get("reply", "")), [], 0
    for message in answer.get("messages", [])[1:]:
        found = reply.find(message["text"], at + 1)
        if found < 0:
            break
        parts.append(reply[at:found])
        at = found
    return [*parts, reply[at:]]


def event(name: str, data: dict[str, Any]) -> bytes:
    """One server-sent event."""
    return b"event: " + name.encode() + b"\ndata: " + dump(data) + b"\n\n"


def dump(value: Any) -> bytes:
    """JSON on one line."""
    return orjson.dumps(value, default=str)
