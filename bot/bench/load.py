"""The load: customers that write one message after the other over HTTP, in a process of their own.

`python -m bot.bench.load HOST PORT CHATS SECONDS SEED` prints what it saw as one line of JSON. It reads
answers with a few lines instead of an HTTP client, so that it takes little of a machine that it shares
with the server.
"""

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from time import perf_counter, process_time
from typing import Any, cast

import orjson

from bot.bench.talk import Talk, talks

MOST_ANSWERS = 8  # that many questions a customer answers before giving up


@dataclass(slots=True)
class Load:
    """What the customers saw. `milliseconds` are reply times; `busy` is this process's share of a core."""

    chats: int
    seconds: float = 0.0
    busy: float = 0.0
    milliseconds: list[float] = field(default_factory=list)
    orders: int = 0
    unfinished: int = 0
    failures: dict[str, int] = field(default_factory=dict)
    intents: dict[str, int] = field(default_factory=dict)


class Connection(asyncio.Protocol):
    """One keep-alive connection with one request at a time; answers carry a Content-Length."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to write."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Hand on an answer once it is whole."""
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found or self._answer is None or self._answer.done():
            return
        start = head.lower().index(b"content-length:") + len(b"content-length:")
        length = int(head[start:].split(b"\r\n", 1)[0])
        if len(body) >= length:
            self._received = b""
            self._answer.set_result((int(head[9:12]), body))

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the waiting customer."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("the server closed the connection"))

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send a request; its answer's status and body."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()


class Customer:
    """Orders, again and again, until the time is over."""

    def __init__(self, address: str, connection: Connection, until: float, load: Load) -> None:
        self._head = f"POST /api/chatbot HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n"
        self._connection = connection
        self._until = until
        self._load = load

    async def order(self, orders: Iterator[Talk]) -> None:
        """Take one order after the other through to its confirmation."""
        while perf_counter() < self._until:
            await self._take(next(orders))

    async def _take(self, talk: Talk) -> None:
        for message in talk.messages:
            if perf_counter() >= self._until:
                return
            body = await self._say(talk, message)
        for _ in range(MOST_ANSWERS):
            if perf_counter() >= self._until:
                return
            body = await self._say(talk, in_a_hurry(body))
            if (body.get("order") or {}).get("status") == "confirmed":
                self._load.orders += 1
                return
        self._load.unfinished += 1

    async def _say(self, talk: Talk, message: str) -> dict[str, Any]:
        """One turn. It counts when its answer came in time."""
        asked = {"message": message, "user_id": talk.user_id, "session_id": talk.session_id}
        content = orjson.dumps(asked)
        started = perf_counter()
        status, answer = await self._connection.ask(
            f"{self._head}Content-Length: {len(content)}\r\n\r\n".encode() + content
        )
        ended = perf_counter()
        body: dict[str, Any] = orjson.loads(answer)
        intent = body.get("intent", "none") if status == 200 else f"HTTP {status}"
        if ended <= self._until:
            self._load.milliseconds.append((ended - started) * 1000)
            self._load.intents[intent] = self._load.intents.get(intent, 0) + 1
        if status != 200 or intent == "handoff":  # nobody here asks for a person: that is an apology
            self._load.failures[intent] = self._load.failures.get(intent, 0) + 1
        return body


def in_a_hurry(body: dict[str, Any]) -> str:
    """What a customer in a hurry says to a reply: the first choice of what it asks, else "confirm"."""
    messages = body.get("messages") or [{}]
    choices = messages[-1].get("choices") if body.get("asked") else None
    return str(choices[0]["title"]) if choices else "confirm"


async def drive(host: str, port: int, chats: int, seconds: float, seed: int) -> Load:
    """Have `chats` customers order at the same time for some seconds."""
    load, loop = Load(chats), asyncio.get_running_loop()
    connections = [(await loop.create_connection(Connection, host, port))[1] for _ in range(chats)]
    started, busy = perf_counter(), process_time()
    customers = [Customer(f"{host}:{port}", each, started + seconds, load) for each in connections]
    work = [each.order(talks(f"bench-{seed}-{number}", seed * 1_000 + number)) for number, each in enumerate(customers)]
    await asyncio.gather(*work)
    load.busy = (process_time() - busy) / (perf_counter() - started)
    load.seconds = seconds
    for connection in connections:
        connection.close()
    return load


def main() -> None:
    """Drive, and print what was seen."""
    host, port, chats, seconds, seed = sys.argv[1:]
    load = asyncio.run(drive(host, int(port), int(chats), float(seconds), int(seed)))
    sys.stdout.buffer.write(orjson.dumps(asdict(load)))


if __name__ == "__main__":
    main()
