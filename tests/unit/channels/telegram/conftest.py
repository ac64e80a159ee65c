"""A Bot API server, and the channel that talks to it."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from channels.telegram import TelegramChannel
from channels.telegram.intake import Pauses
from channels.telegram.pace import Pace
from tests.sandbox.sent_log import MemorySentLog
from tests.sandbox.telegram_server import TelegramServer

QUICK = Pauses(first=0.01, longest=0.05, poll=10)


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def time(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


async def until(true: Callable[[], object], timeout: float = 10.0) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(timeout):
        while not true():
            await asyncio.sleep(0.005)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as running:
        yield running


@pytest.fixture
def sent_log() -> MemorySentLog:
    return MemorySentLog()


@pytest.fixture
async def channel(server: TelegramServer, sent_log: MemorySentLog, clock: Clock) -> AsyncIterator[TelegramChannel]:
    pace = Pace(clock.time, clock.sleep)
    made = TelegramChannel(server.token, "polling", sent_log, api_url=server.url, timeout=0.5, pace=pace, pauses=QUICK)
    yield made
    await made.stop()
