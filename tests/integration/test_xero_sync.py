"""`resupply xero sync`: every difference is named, what is safe is put right, a bookkeeper's work stays."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal

import pytest
import pytest_asyncio
from sqlalchemy import update

from bot.deliveries import InvoiceMaker
from bot.ports import ClaimedJob
from bot.storage.jobs import add_job
from bot.storage.store import SqlStore
from bot.storage.tables import outlets
from bot.xero.books import XeroBooks
from bot.xero.errors import InvoiceDiffers, XeroFailed
from bot.xero.sync import Difference, Kind, Sync
from core.domain.orders import Order
from core.ports import Job
from tests.integration.xero_builders import (
    OUTLET,
    Clock,
    amended,
    cancelled,
    keep_connected,
    keep_order,
    keep_outlets,
    open_xero_books,
    order,
)
from tests.sandbox.xero_connection import HeldConnection
from tests.sandbox.xero_server import CLIENT_ID, CLIENT_SECRET, XeroServer

DAY = date(2026, 11, 23)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def xero(clock: Clock) -> AsyncIterator[XeroServer]:
    async with XeroServer(clock) as server:
        yield server
    assert server.refusals == server.contract_errors == []


@pytest_asyncio.fixture
async def books(xero: XeroServer, store: SqlStore, clock: Clock) -> AsyncIterator[XeroBooks]:
    await keep_outlets(store, OUTLET)
    async with open_xero_books(xero, store, clock) as made:
        yield made


@pytest_asyncio.fixture
async def sync(store: SqlStore, books: XeroBooks) -> Sync:
    return Sync(store, books)


async def invoiced(books: XeroBooks, store: SqlStore, number: str) -> Order:
    placed = await keep_order(store, order(number))
    await books.invoice(placed, OUTLET)
    return placed


async def found(sync: Sync) -> list[tuple[str, Kind]]:
    return [(each.order_number, each.kind) for each in await sync.compare(DAY, DAY)]


async def repaired(sync: Sync) -> list[tuple[str, Kind]]:
    """What is left after a repair."""
    for each in await sync.compare(DAY, DAY):
        await sync.repair(each)
    return await found(sync)


async def test_a_period_that_agrees_has_no_difference(books: XeroBooks, store: SqlStore, sync: Sync) -> None:
    await invoiced(books, store, "RS-10001")
    sent = await invoiced(books, store, "RS-10002")
    gone = await invoiced(books, store, "RS-10003")
    await books.invoice(await keep_order(store, amended(sent)), OUTLET)
    await books.invoice(await keep_order(store, cancelled(gone)), OUTLET)
    never = await keep_order(store, order("RS-10004"))
    await books.invoice(await keep_order(store, cancelled(never)), OUTLET)
    assert await found(sync) == []


async def test_an_earlier_invoice_that_was_credited_is_no_difference(
    books: XeroBooks, xero: XeroServer, store: SqlStore, sync: Sync
) -> None:
    sent = await invoiced(books, store, "RS-10001")
    xero.mark_sent("INV-10001")
    await books.invoice(await keep_order(store, amended(sent)), OUTLET)
    assert await found(sync) == []


async def test_what_the_desk_would_do_by_itself_is_put_right(
    books: XeroBooks, xero: XeroServer, store: SqlStore, sync: Sync
) -> None:
    await keep_order(store, order("RS-10001"))
    changed = await invoiced(books, store, "RS-10002")
    await keep_order(store, amended(changed))
    paid = await invoiced(books, store, "RS-10003")
    xero.pay("INV-10003")
    dropped = await invoiced(books, store, "RS-10004")
    await keep_order(store, cancelled(dropped))
    unsure = await keep_order(store, order("RS-10005"))
    xero.faults.next("invoices", reset_after=True)
    xero.faults.next("invoice_list", "500")
    with pytest.raises(XeroFailed):
        await books.invoice(unsure, OUTLET)
    assert await found(sync) == [
        ("RS-10001", Kind.MISSING),
        ("RS-10002", Kind.BEHIND),
        ("RS-10003", Kind.STALE),
        ("RS-10004", Kind.BEHIND),
        ("RS-10005", Kind.UNSURE),
    ]
    assert await repaired(sync) == []
    owed = {it.number: it.due_amount for it in xero.invoices}
    more = amended(changed).total
    assert owed == {
        "INV-10001": paid.total,
        "INV-10002": more,
        "INV-10003": 0,
        "INV-10004": 0,
        "INV-10005": unsure.total,
    }


async def test_what_a_bookkeeper_did_is_shown_and_stays(
    books: XeroBooks, xero: XeroServer, store: SqlStore, sync: Sync
) -> None:
    for number in ("RS-10001", "RS-10002", "RS-10003", "RS-10004"):
        await invoiced(books, store, number)
    xero.edit("INV-10001", due=date(2027, 1, 31))
    xero.void("INV-10002")
    xero.add_invoice(xero.contacts[0], "BY-HAND", reference="RS-10003")
    xero.edit("INV-10004", reference="call them first")
    xero.add_invoice(xero.contacts[0], "DELIVERY-7")
    changed = await keep_order(store, amended(order("RS-10004")))
    with pytest.raises(InvoiceDiffers):
        await books.invoice(changed, OUTLET)
    assert [(each.order_number, each.invoice_number, each.kind) for each in await sync.compare(DAY, DAY)] == [
        ("RS-10001", "INV-10001", Kind.CHANGED),
        ("RS-10002", "INV-10002", Kind.GONE),
        ("RS-10003", "BY-HAND", Kind.EXTRA),
        ("RS-10004", "INV-10004", Kind.PARKED),
    ]
    details = [each.detail for each in await sync.compare(DAY, DAY)]
    assert details[0] == "due date is 2027-01-31, not 2026-12-23"
    before = [(it.number, it.total, it.status, it.due, it.reference) for it in xero.invoices]
    assert len(await repaired(sync)) == 4
    assert [(it.number, it.total, it.status, it.due, it.reference) for it in xero.invoices] == before


async def test_orders_of_an_outlet_that_is_not_served_any_more_are_invoiced_and_voided(
    books: XeroBooks, xero: XeroServer, store: SqlStore, sync: Sync
) -> None:
    placed = await keep_order(store, order())
    async with store.database.writing() as connection:
        await connection.execute(update(outlets).values(active=False))
    maker = InvoiceMaker(store, books)
    await maker(ClaimedJob(1, "invoice", "k", "l", {"order": placed.number}, 1))
    assert [(it.number, it.due_amount) for it in xero.invoices] == [("INV-10001", placed.total)]
    await keep_order(store, cancelled(placed))
    await maker(ClaimedJob(1, "invoice", "k", "l", {"order": placed.number}, 1))
    assert [it.status for it in xero.invoices] == ["VOIDED"]
    await keep_order(store, order("RS-10002"))
    assert await repaired(sync) == []


async def test_what_is_put_right_is_off_the_list_of_parked_jobs(books: XeroBooks, store: SqlStore, sync: Sync) -> None:
    placed = await keep_order(store, order())
    job = Job("invoice", f"invoice:{placed.number}:1", f"invoice:{placed.number}", {"order": placed.number})
    async with store.database.writing() as connection:
        await add_job(store.database, connection, job)
    (claimed,) = await store.claim_jobs("me", limit=1)
    await store.job_parked(claimed.job_id, "Xero: no such account", "me")
    assert len(await store.parked_jobs()) == 1
    assert await repaired(sync) == []
    assert await store.parked_jobs() == []
    assert len(await store.claim_jobs("me", limit=1)) == 1


async def test_an_invoice_in_the_organisation_of_before_is_named_and_not_owed_in_this_one(
    books: XeroBooks, xero: XeroServer, store: SqlStore, clock: Clock
) -> None:
    await invoiced(books, store, "RS-10001")
    other = xero.add_organisation("Another", connected=True)
    await keep_connected(store.database, other.tenant_id)
    connection = HeldConnection(xero.token_url, (CLIENT_ID, CLIENT_SECRET), other.tenant_id, dict(xero.connect()))
    async with open_xero_books(xero, store, clock, connection) as there:
        (difference,) = await Sync(store, there).compare(DAY, DAY)
        assert (difference.kind, difference.kind.safe) == (Kind.ELSEWHERE, False)
        await there.invoice(await keep_order(store, order("RS-10002")), OUTLET)
        xero.faults.always("*", "503")
        clock.on(hours=1)
        assert [each.number for each in (await there.statement(OUTLET)).receivables] == ["INV-10002"]


async def test_an_invoice_for_an_order_that_never_was_is_extra(
    books: XeroBooks, xero: XeroServer, store: SqlStore, sync: Sync
) -> None:
    await invoiced(books, store, "RS-10001")
    xero.add_invoice(xero.contacts[0], "INV-99999", reference="RS-99999")
    (extra,) = await sync.compare(DAY, DAY)
    assert extra == Difference(Kind.EXTRA, "RS-99999", "INV-99999", "AUTHORISED, S$109.00: there is no such order")


async def test_many_orders_are_compared_in_few_calls(
    books: XeroBooks, xero: XeroServer, store: SqlStore, sync: Sync, clock: Clock
) -> None:
    placed = [await keep_order(store, order(f"RS-{20001 + place}")) for place in range(150)]
    await asyncio.gather(*(books.invoice(each, OUTLET) for each in placed))
    clock.on(minutes=2)
    before = len(xero.requests)
    assert await found(sync) == []
    assert len(xero.requests) - before == 2
    assert sum((it.total for it in xero.invoices), Decimal(0)) == sum((each.total for each in placed), Decimal(0))


async def test_another_prefix_makes_no_differences(
    books: XeroBooks, xero: XeroServer, store: SqlStore, clock: Clock
) -> None:
    sent = await invoiced(books, store, "RS-10001")
    xero.mark_sent("INV-10001")
    await books.invoice(await keep_order(store, amended(sent)), OUTLET)
    await invoiced(books, store, "RS-10002")
    missing = await keep_order(store, order("RS-10003"))
    async with open_xero_books(xero, store, clock, invoice_prefix="SP-") as other:
        sync = Sync(store, other)
        assert await found(sync) == [("RS-10003", Kind.MISSING)]
        assert await repaired(sync) == []
    assert xero.invoice("SP-10003").total == missing.total


async def test_a_period_may_have_tens_of_thousands_of_orders(books: XeroBooks, store: SqlStore) -> None:
    """More than a database takes as the parameters of one question: 32,766 and 32,767."""
    await invoiced(books, store, "RS-10001")
    (row,) = await books.mirror.of_orders(["RS-10001"])
    orders = [f"RS-{number}" for number in range(10_001, 50_001)]
    numbers = [f"INV-{number}" for number in range(10_001, 50_001)]
    assert await books.mirror.of_orders(orders) == [row]
    assert await books.mirror.numbered(numbers) == {"INV-10001": "RS-10001"}
    assert await books.mirror.of_invoices([row.invoice_id or "", *numbers]) == [row]
    assert await books.numbers_of(orders) == dict(zip(orders, numbers, strict=True))


async def test_a_payment_in_place_of_a_credit_is_stale_though_as_much_is_owed(
    books: XeroBooks, xero: XeroServer, store: SqlStore, sync: Sync
) -> None:
    await invoiced(books, store, "RS-10001")
    payment = xero.pay("INV-10001", "20.00")
    await repaired(sync)
    assert await found(sync) == []
    xero.unpay(payment)
    xero.credit("INV-10001", "20.00", "BY-HAND-1")
    assert await found(sync) == [("RS-10001", Kind.STALE)]
    assert await repaired(sync) == []
    (row,) = await books.mirror.of_orders(["RS-10001"])
    assert (row.paid, row.credited) == (0, Decimal("20.00"))
