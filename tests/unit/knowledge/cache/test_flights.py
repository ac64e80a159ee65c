"""One flight a key, whatever happens to those who wait for it."""

import asyncio

import pytest

from knowledge.cache.flights import Flights


class Work:
    """Work that is done when it is let, and counts how often it was begun."""

    def __init__(self) -> None:
        self.begun = 0
        self.cancelled = 0
        self.go = asyncio.Event()
        self.error: Exception | None = None

    async def __call__(self) -> int:
        self.begun += 1
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.error is not None:
            raise self.error
        return self.begun


async def begin(flights: Flights[int], work: Work, callers: int) -> list["asyncio.Task[tuple[int, bool]]"]:
    tasks = [asyncio.create_task(flights.join("key", work)) for _ in range(callers)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return tasks


async def test_many_callers_are_one_piece_of_work() -> None:
    flights, work = Flights[int](), Work()
    tasks = await begin(flights, work, 200)
    work.go.set()
    results = await asyncio.gather(*tasks)
    assert [value for value, _ in results] == [1] * 200
    assert [led for _, led in results].count(True) == 1


async def test_a_cancelled_leader_leaves_the_others_waiting() -> None:
    flights, work = Flights[int](), Work()
    leader, follower = await begin(flights, work, 2)
    leader.cancel()
    await asyncio.wait([leader])
    work.go.set()
    assert await follower == (1, False)
    assert leader.cancelled()
    assert work.cancelled == 0


async def test_work_that_nobody_waits_for_is_cancelled_and_not_joined() -> None:
    flights, work = Flights[int](), Work()
    tasks = await begin(flights, work, 2)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    work.go.set()
    assert await flights.join("key", work) == (2, True)
    assert work.cancelled == 1


async def test_an_exception_reaches_everybody_and_the_next_begins_anew() -> None:
    flights, work = Flights[int](), Work()
    work.error = ValueError("no")
    tasks = await begin(flights, work, 3)
    work.go.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [ValueError] * 3
    work.error = None
    assert await flights.join("key", work) == (2, True)


async def test_work_cancelled_from_within_does_not_cancel_its_followers() -> None:
    flights, inner = Flights[int](), asyncio.get_running_loop().create_future()
    begun = 0

    async def work() -> int:
        nonlocal begun
        begun += 1
        return await inner if begun == 1 else 7

    leader = asyncio.create_task(flights.join("key", work))
    follower = asyncio.create_task(flights.join("key", work))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    inner.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leader
    assert await follower == (7, True)
