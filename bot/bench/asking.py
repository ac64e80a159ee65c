"""Asks a desk over the chat API, whole or streamed, each question in a session of its own."""

from dataclasses import dataclass, field
from itertools import count
from time import perf_counter
from typing import Any

import orjson
from aiohttp import ClientSession, ClientTimeout

from bot.bench.desk import ServedDesk

_CUSTOMER = "+6591230001"
_SECONDS = ClientTimeout(total=60)


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer as it came: the API's body, and milliseconds until its first and its last words."""

    body: dict[str, Any]
    first: float
    last: float

    @property
    def level(self) -> str:
        """The cache's level, "miss", or "none" where no document was asked."""
        return str(self.body["cache"])

    @property
    def written(self) -> bool:
        """Whether the model wrote it now."""
        return self.level == "miss" and self.body["usage"]["model_calls"] > 0


@dataclass(slots=True)
class Caller:
    """A customer of the API. Raises aiohttp.ClientError for anything but an answer."""

    session: ClientSession
    _numbers: "count[int]" = field(default_factory=count)

    async def ask(self, desk: ServedDesk, text: str, user_id: str = _CUSTOMER, session_id: str = "") -> Asked:
        """Ask for the whole answer; without a `session_id` in a new session."""
        started = perf_counter()
        async with self._post(desk, text, user_id, session_id, "application/json") as response:
            body = orjson.loads(await response.read())
        taken = (perf_counter() - started) * 1000
        return Asked(body, taken, taken)

    async def listen(self, desk: ServedDesk, text: str) -> Asked:
        """Ask, and hear the answer while it is written."""
        started, name = perf_counter(), b""
        heard: list[float] = []
        body: dict[str, Any] = {}
        async with self._post(desk, text, _CUSTOMER, "", "text/event-stream") as response:
            async for line in response.content:
                if line.startswith(b"event: "):
                    name = line.removeprefix(b"event: ").strip()
                elif line.startswith(b"data: ") and name == b"delta":
                    heard.append((perf_counter() - started) * 1000)
                elif line.startswith(b"data: ") and name == b"turn":
                    body = orjson.loads(line.removeprefix(b"data: "))
        return Asked(body, heard[0], heard[-1])

    def _post(self, desk: ServedDesk, text: str, user_id: str, session_id: str, accept: str) -> Any:
        return self.session.post(
            f"http://{desk.host}:{desk.port}/api/chatbot",
            json={"message": text, "user_id": user_id, "session_id": session_id or f"ask-{next(self._numbers)}"},
            headers={"Accept": accept},
            raise_for_status=True,
            timeout=_SECONDS,
        )
