"""The clock that ticks: a tick that has begun is finished before the program stops."""

import asyncio
import logging

import pytest

from bot.scheduler import Scheduler


@pytest.mark.parametrize("steps", range(12))
async def test_a_tick_that_began_is_finished_before_it_stops(steps: int, caplog: pytest.LogCaptureFixture) -> None:
    begun, finished = [], []

    async def work() -> None:
        begun.append(1)
        for _ in range(5):
            await asyncio.sleep(0)
        finished.append(1)

    scheduler = Scheduler(work)
    scheduler.start()
    for _ in range(steps):
        await asyncio.sleep(0)
    await scheduler.stop()
    for _ in range(5):
        await asyncio.sleep(0)
    assert begun == finished
    assert scheduler.state == "off"
    assert [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR] == []
