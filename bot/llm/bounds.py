"""Bounds in time and size: the one deadline of a turn, and the most that a server may send."""

import asyncio
import time
from collections.abc import AsyncIterator

import httpx2

from bot.llm.failures import TooLong

MOST_BYTES = 4_000_000
_CONNECT_SECONDS = 2.0


class Deadline:
    """The end of a turn's calls, `seconds` from now."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._ends = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds; not below zero."""
        return max(self._ends - time.monotonic(), 0.0)

    def within(self) -> asyncio.Timeout:
        """Raises TimeoutError in its block at the deadline. It must hold no `yield`."""
        return asyncio.timeout(self.left)

    def of_a_request(self) -> httpx2.Timeout:
        """For the HTTP client: a server that does not even connect is given up sooner."""
        left = max(self.left, 0.001)  # zero would mean "at once" in some parts of the client, "never" in others
        return httpx2.Timeout(left, connect=min(_CONNECT_SECONDS, left))


async def keep_short(response: httpx2.Response) -> None:
    """An event hook of the HTTP client: reading breaks off with TooLong after `MOST_BYTES`."""
    if isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _Short(response.stream)


class _Short(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        received = 0
        async for part in self._stream:
            received += len(part)
            if received > MOST_BYTES:
                raise TooLong(f"more than {MOST_BYTES} bytes")
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()
