"""What changed in Xero reaches the desk without a webhook: asked for now and then, by whichever process comes first."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
import pytest_asyncio

from bot.storage.store import SqlStore
from bot.xero.books import XeroBooks
from bot.xero.errors import XeroFailed
from bot.xero.keeping import between_looks
from core.domain.invoices import InvoiceStatus, Receivable
from tests.integration.xero_builders import (
    OUTLET,
    Clock,
    keep_connected,
    keep_order,
    keep_outlets,
    open_xero_books,
    order,
)
from tests.sandbox.xero_server import XeroServer


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
    await keep_connected(store.database, xero.organisation.tenant_id)
    async with open_xero_books(xero, store, clock) as made:
        for number in ("RS-10001", "RS-10002"):
            await made.invoice(await keep_order(store, order(number)), OUTLET)
        await made.look()
        yield made


async def standing(books: XeroBooks, number: str) -> Receivable:
    found = await books.standing(number)
    assert found is not None
    return found


async def test_what_a_bookkeeper_did_is_seen_at_the_next_look(books: XeroBooks, xero: XeroServer, clock: Clock) -> None:
    assert (await books.statement(OUTLET)).owed == Decimal("140.34")
    clock.on(minutes=14)
    xero.pay("INV-10001")
    xero.void("INV-10002")
    before = xero.count("invoice_list")
    assert await books.look() == 0, "it is not time yet"
    assert xero.count("invoice_list") == before
    clock.on(minutes=1)
    assert await books.look() == 2
    paid, void = await standing(books, "RS-10001"), await standing(books, "RS-10002")
    assert (paid.status, paid.amount_due, void.status) == (InvoiceStatus.PAID, 0, InvoiceStatus.VOID)
    assert (await books.statement(OUTLET)).owed == 0, "what was said a minute ago is old"


async def test_with_xero_away_what_is_known_is_as_of_the_last_look(
    books: XeroBooks, xero: XeroServer, clock: Clock
) -> None:
    clock.on(days=40)
    await books.look()
    looked = clock.now()
    clock.on(hours=2)
    xero.faults.always("*", "503")
    statement = await books.statement(OUTLET)
    assert (statement.current, statement.as_of) == (False, looked)


async def test_others_invoices_are_nothing_to_it_and_many_come_by_pages(
    books: XeroBooks, xero: XeroServer, clock: Clock
) -> None:
    clock.on(minutes=20)
    contact = xero.add_contact("Somebody else", number="X")
    for place in range(130):
        xero.add_invoice(contact, f"X-{place}")
    xero.pay("INV-10001")
    assert await books.look() == 1
    assert (await standing(books, "RS-10001")).status is InvoiceStatus.PAID


async def test_a_look_that_failed_is_made_again_from_where_the_last_one_ended(
    books: XeroBooks, xero: XeroServer, clock: Clock
) -> None:
    clock.on(minutes=20)
    xero.pay("INV-10001")
    clock.on(days=3)
    xero.faults.next("invoice_list", status=500)
    with pytest.raises(XeroFailed):
        await books.look()
    assert await books.look() == 1


async def test_of_two_processes_the_second_finds_nothing_to_do(
    books: XeroBooks, xero: XeroServer, store: SqlStore, clock: Clock
) -> None:
    clock.on(minutes=20)
    xero.pay("INV-10001")
    async with open_xero_books(xero, store, clock) as others:
        assert await books.look() == 1
        calls = xero.count("invoice_list")
        assert await others.look() == 0
    assert xero.count("invoice_list") == calls


async def test_an_old_look_does_not_undo_a_newer_one(
    books: XeroBooks, xero: XeroServer, store: SqlStore, clock: Clock
) -> None:
    row = await books.mirror.of_order("RS-10001")
    assert row is not None
    old = await books.api.invoice(row.invoice_id or "")
    assert old is not None
    clock.on(minutes=1)
    xero.pay("INV-10001")
    await books.refresh(old.invoice_id)
    await books.mirror.seen("RS-10001", old)
    assert (await standing(books, "RS-10001")).status is InvoiceStatus.PAID


async def test_what_was_credited_in_full_is_not_told_as_paid_while_xero_is_away(
    books: XeroBooks, xero: XeroServer, store: SqlStore, clock: Clock
) -> None:
    clock.on(minutes=16)
    total = (await standing(books, "RS-10001")).total
    xero.credit("INV-10001", total, "BY-HAND-1")
    xero.credit("INV-10002", "20.00", "BY-HAND-2")
    xero.pay("INV-10002")
    assert await books.look() == 2
    live = await books.statement(OUTLET)
    async with open_xero_books(xero, store, clock, xero_api_url="http://127.0.0.1:9") as away:
        last = await away.statement(OUTLET)
    expected = {"RS-10001": (InvoiceStatus.VOID, None), "RS-10002": (InvoiceStatus.CLOSED, clock.now().date())}
    for said in (live, last):
        assert {row.order_number: (row.status, row.paid_on) for row in said.receivables} == expected
    assert (live.current, last.current, last.owed) == (True, False, 0)
    for number, (status, paid_on) in expected.items():
        found = await standing(books, number)
        assert (found.status, found.paid_on, found.amount_due) == (status, paid_on, 0)


@pytest.mark.parametrize("poll_seconds", [30.0, 60.0, 900.0])
async def test_a_look_comes_within_a_quarter_more_than_was_set(
    books: XeroBooks, xero: XeroServer, store: SqlStore, clock: Clock, poll_seconds: float
) -> None:
    async with open_xero_books(xero, store, clock, xero_poll_seconds=poll_seconds) as often:
        await often.look()
        clock.on(seconds=poll_seconds)
        await often.look()
        before, began = xero.count("invoice_list"), clock.now()
        while xero.count("invoice_list") == before:
            clock.on(seconds=between_looks(poll_seconds))
            await often.look()
        assert poll_seconds <= (clock.now() - began).total_seconds() <= poll_seconds * 1.25
