"""Sixty calls a minute, five at once and so many a day, held by all processes together; a dead one's calls run out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
import pytest_asyncio

from bot.storage.store import SqlStore
from bot.storage.tables import outbox, xero_calls, xero_connection
from bot.xero.errors import XeroLimited
from bot.xero.limits import CallCounter, Limits
from tests.databases import OpenStore
from tests.integration.xero_builders import (
    OUTLET,
    Clock,
    keep_connected,
    keep_order,
    keep_outlets,
    open_xero_books,
    order,
)
from tests.sandbox.sample import rows_of
from tests.sandbox.xero_server import Limits as ServerLimits
from tests.sandbox.xero_server import XeroServer

TENANT = "t-1"
LEASE = timedelta(seconds=35)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def counter(store: SqlStore, clock: Clock, limits: Limits) -> CallCounter:
    return CallCounter(store.database, clock, limits, LEASE)


async def call(of: CallCounter, tenant_id: str = TENANT) -> None:
    async with of.counted(tenant_id):
        pass


async def test_a_minute_rolls(store: SqlStore, clock: Clock) -> None:
    calls = counter(store, clock, Limits(per_minute=3, per_day=100))
    for _ in range(3):
        await call(calls)
        clock.on(seconds=10)
    with pytest.raises(XeroLimited) as caught:
        await call(calls)
    assert (caught.value.problem, caught.value.retry_after) == ("minute", 30)
    await call(calls, "another")
    clock.on(seconds=30)
    await call(calls)
    with pytest.raises(XeroLimited) as caught:
        await call(calls)
    assert caught.value.retry_after == 10


async def test_a_day_rolls_and_is_forgotten(store: SqlStore, clock: Clock) -> None:
    calls = counter(store, clock, Limits(per_minute=60, per_day=4))
    for _ in range(4):
        await call(calls)
        clock.on(hours=5)
    with pytest.raises(XeroLimited) as caught:
        await call(calls)
    assert (caught.value.problem, caught.value.retry_after) == ("day", 900), "looked at again within 15 minutes"
    clock.on(hours=4)
    await call(calls)
    assert len(await rows_of(store.database, xero_calls)) == 4


async def test_two_processes_share_what_is_at_once(open_store: OpenStore, clock: Clock) -> None:
    one, two = (counter(open_store(), clock, Limits(at_once=3)) for _ in range(2))
    async with AsyncExitStack() as under_way:
        for process in (one, two, one):
            await under_way.enter_async_context(process.counted(TENANT))
        with pytest.raises(XeroLimited, match="concurrent"):
            await call(two)
    await call(two)


async def test_calls_that_begin_at_the_same_moment_are_counted_one_by_one(open_store: OpenStore, clock: Clock) -> None:
    counters = [counter(open_store(), clock, Limits(per_minute=7)) for _ in range(3)]
    done = await asyncio.gather(*(call(counters[turn % 3]) for turn in range(20)), return_exceptions=True)
    assert sum(each is None for each in done) <= 7
    refused = [each for each in done if each is not None]
    assert {type(each) for each in refused} == {XeroLimited}
    rest = 0
    while True:
        try:
            await call(counters[0])
        except XeroLimited:
            break
        rest += 1
    assert sum(each is None for each in done) + rest == 7


async def test_the_call_of_a_process_that_died_runs_out(store: SqlStore, clock: Clock) -> None:
    calls = counter(store, clock, Limits(at_once=1))
    await calls._begin(TENANT)
    with pytest.raises(XeroLimited, match="concurrent"):
        await call(calls)
    clock.on(seconds=36)
    await call(calls)


@pytest_asyncio.fixture
async def xero(clock: Clock) -> AsyncIterator[XeroServer]:
    """The real one's limits."""
    async with XeroServer(clock, limits=ServerLimits(per_minute=60, concurrent=5, per_day=1_000)) as server:
        yield server


async def test_xero_itself_never_has_to_refuse(open_store: OpenStore, xero: XeroServer, clock: Clock) -> None:
    """Two processes with 60 orders of 40 outlets, each of which needs a contact: more than a minute's calls."""
    stores = [open_store(), open_store()]
    outlets = [OUTLET.__class__(f"O-{number}", f"Outlet {number}") for number in range(40)]
    await keep_outlets(stores[0], *outlets)
    placed = [
        await keep_order(stores[0], order(f"RS-{10001 + number}", outlet=outlets[number % 40].code))
        for number in range(60)
    ]
    async with AsyncExitStack() as stack:
        desks = [await stack.enter_async_context(open_xero_books(xero, store, clock)) for store in stores]
        left = dict(enumerate(placed))
        while left:
            batch = list(left.items())
            work = [desks[number % 2].invoice(each, outlets[number % 40]) for number, each in batch]
            for (number, _), outcome in zip(batch, await asyncio.gather(*work, return_exceptions=True), strict=True):
                assert not isinstance(outcome, Exception) or isinstance(outcome, XeroLimited)
                if not isinstance(outcome, Exception):
                    del left[number]
            clock.on(seconds=10)
    assert len(xero.invoices) == 60
    assert len(xero.contacts) == 40
    assert xero.limited == xero.refusals == []
    assert xero.limits.peak_concurrency <= 5
    assert xero.limits.peak_minute <= 60


async def rest(store: SqlStore) -> tuple[str, timedelta]:
    (row,) = await rows_of(store.database, xero_connection)
    return row.rest_reason, row.rest_until - Clock().at


async def told(store: SqlStore) -> list[dict[str, str]]:
    return [job.payload for job in await rows_of(store.database, outbox) if job.kind == "staff"]


async def test_the_rest_of_a_day_is_not_cut_short_by_that_of_a_minute(store: SqlStore, clock: Clock) -> None:
    await keep_connected(store.database, TENANT)
    calls = counter(store, clock, Limits())
    await calls.rest("minute", 30)
    assert await rest(store) == ("minute", timedelta(seconds=30))
    await calls.rest("day", 7_200)
    await calls.rest("minute", 60)
    assert await rest(store) == ("day", timedelta(hours=2))
    clock.on(hours=2, seconds=1)
    await calls.rest("minute", 60)
    assert await rest(store) == ("minute", timedelta(hours=2, seconds=61))


async def test_staff_are_told_once_that_xero_takes_no_more_today(open_store: OpenStore, clock: Clock) -> None:
    stores = [open_store(), open_store()]
    await keep_connected(stores[0].database, TENANT)
    for each in stores:
        await counter(each, clock, Limits()).rest("day", 3 * 3_600)
    assert await told(stores[0]) == [{"about": "xero limit", "text": "", "reason": "15:00"}]
    with pytest.raises(XeroLimited, match="day"):
        await call(counter(stores[1], clock, Limits()))
    await counter(stores[0], clock, Limits()).rest("minute", 30)
    assert len(await told(stores[0])) == 1


async def test_staff_are_told_once_that_our_own_count_of_a_day_is_full(store: SqlStore, clock: Clock) -> None:
    await keep_connected(store.database, TENANT)
    calls = counter(store, clock, Limits(per_day=4))
    for _ in range(4):
        await call(calls)
        clock.on(minutes=10)
    assert await told(store) == []
    for _ in range(3):  # a call of yesterday runs out, and another one takes its place
        with pytest.raises(XeroLimited, match="day"):
            await call(calls)
        clock.on(hours=3)
    assert await told(store) == [{"about": "xero limit", "text": "", "reason": "12:00"}]
    clock.on(hours=15)
    for _ in range(4):
        await call(calls)
    with pytest.raises(XeroLimited, match="day"):
        await call(calls)
    assert len(await told(store)) == 2, "another day, and full again"
