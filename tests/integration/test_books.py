"""What accounting promises, held by the ledger and by Xero alike, on both databases."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
import pytest_asyncio
from pypdf import PdfReader

from bot.ledger import Ledger, SqlInvoiceBook
from bot.ports import Books
from bot.storage.store import SqlStore
from core.domain.invoices import InvoiceStatus
from core.domain.orders import Order, OrderStatus
from core.domain.outlets import Outlet
from core.errors import AccountingAway
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
from tests.sandbox.xero_server import XeroServer
from tests.unit.bot.ledger.builders import SUPPLIER

OTHER = Outlet("CPZ-BDK", "Canadian Pizza Bedok", payment_terms_days=14)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture(params=["ledger", "xero"])
async def books(request: pytest.FixtureRequest, store: SqlStore, clock: Clock) -> AsyncIterator[Books]:
    await keep_outlets(store, OUTLET, OTHER)
    async with AsyncExitStack() as stack:
        if request.param == "ledger":
            yield Ledger(SqlInvoiceBook(store.database, clock), SUPPLIER, clock)
            return
        xero = await stack.enter_async_context(XeroServer(clock))
        await keep_connected(store.database, xero.organisation.tenant_id)
        yield await stack.enter_async_context(open_xero_books(xero, store, clock))
        assert xero.refusals == xero.contract_errors == []


@pytest_asyncio.fixture
async def placed(books: Books, store: SqlStore) -> Order:
    return await keep_order(store, order())


async def test_an_order_has_one_invoice_under_its_own_number(books: Books, placed: Order) -> None:
    first = await books.invoice(placed, OUTLET)
    again = await books.invoice(placed, replace(OUTLET, name="Renamed since"))
    assert (first.number, first.order_number, first.status) == ("INV-10001", "RS-10001", InvoiceStatus.OPEN)
    assert (first.issued_on, first.due_on) == (date(2026, 11, 23), date(2026, 12, 23))
    assert again == first == await books.find("RS-10001")


@pytest.mark.parametrize("kind", ["ledger", "xero"])
async def test_another_prefix_numbers_new_invoices_and_leaves_those_that_stand(
    kind: str, store: SqlStore, clock: Clock
) -> None:
    await keep_outlets(store, OUTLET)
    old, new = await keep_order(store, order()), await keep_order(store, order("RS-10002"))
    async with XeroServer(clock) as xero:
        await keep_connected(store.database, xero.organisation.tenant_id)
        async with _numbering(kind, "INV-", xero, store, clock) as books:
            assert (await books.invoice(old, OUTLET)).number == "INV-10001"
        async with _numbering(kind, "SP-", xero, store, clock) as books:
            assert (await books.invoice(new, OUTLET)).number == "SP-10002"
            amended_old = await keep_order(store, amended(old))
            assert (await books.invoice(amended_old, OUTLET)).number == "INV-10001"
            assert (await books.invoice(await keep_order(store, cancelled(amended_old)), OUTLET)).number == "INV-10001"
            assert {row.number for row in (await books.statement(OUTLET)).receivables} - {"INV-10001"} == {"SP-10002"}
        if kind == "xero":
            assert [(it.number, it.status) for it in xero.invoices] == [
                ("INV-10001", "VOIDED"),
                ("SP-10002", "AUTHORISED"),
            ]
        assert xero.refusals == xero.contract_errors == []


@asynccontextmanager
async def _numbering(kind: str, prefix: str, xero: XeroServer, store: SqlStore, clock: Clock) -> AsyncIterator[Books]:
    """Books that number so."""
    if kind == "ledger":
        yield Ledger(SqlInvoiceBook(store.database, clock), SUPPLIER, clock, prefix)
        return
    async with open_xero_books(xero, store, clock, invoice_prefix=prefix) as books:
        yield books


async def test_an_amended_order_amends_it(books: Books, store: SqlStore, placed: Order) -> None:
    await books.invoice(placed, OUTLET)
    more = await keep_order(store, amended(placed))
    made = await books.invoice(more, OUTLET)
    assert (made.number, made.version, made.order.total) == ("INV-10001", 2, more.total)
    assert (await books.statement(OUTLET)).owed == more.total


async def test_an_older_version_that_comes_late_changes_nothing(books: Books, store: SqlStore, placed: Order) -> None:
    more = await keep_order(store, amended(placed))
    made = await books.invoice(more, OUTLET)
    assert await books.invoice(placed, OUTLET) == made
    assert (await books.statement(OUTLET)).owed == more.total


async def test_a_cancelled_order_owes_nothing(books: Books, store: SqlStore, placed: Order) -> None:
    await books.invoice(placed, OUTLET)
    void = await books.invoice(await keep_order(store, cancelled(placed)), OUTLET)
    assert void.status is InvoiceStatus.VOID
    assert await books.invoice(placed, OUTLET) == void
    assert (await books.statement(OUTLET)).owed == 0


async def test_an_order_cancelled_at_once_owes_nothing(books: Books, store: SqlStore, placed: Order) -> None:
    made = await books.invoice(await keep_order(store, cancelled(placed)), OUTLET)
    assert made.status is InvoiceStatus.VOID
    assert (await books.statement(OUTLET)).owed == 0
    found = await books.find("RS-10001")
    assert found is not None
    assert found.status is InvoiceStatus.VOID


async def test_a_draft_is_not_invoiced(books: Books) -> None:
    with pytest.raises(ValueError, match="draft"):
        await books.invoice(order(status=OrderStatus.DRAFT), OUTLET)
    assert await books.find("RS-10001") is None


async def test_the_document_is_a_pdf_of_that_invoice(books: Books, placed: Order) -> None:
    assert await books.document("RS-10001") is None
    await books.invoice(placed, OUTLET)
    document = await books.document("RS-10001")
    assert document is not None
    text = PdfReader(BytesIO(document)).pages[0].extract_text()
    assert "INV-10001" in text
    assert "70.17" in text


async def test_a_statement_is_of_one_outlet_to_the_cent(
    books: Books, store: SqlStore, clock: Clock, placed: Order
) -> None:
    second = await keep_order(store, amended(replace(order("RS-10002"), version=0)))
    theirs = await keep_order(store, order("RS-10003", outlet=OTHER.code))
    for each, outlet in ((placed, OUTLET), (second, OUTLET), (theirs, OTHER)):
        await books.invoice(each, outlet)
    statement = await books.statement(OUTLET)
    assert [(each.number, each.order_number, each.amount_due) for each in statement.receivables] == [
        ("INV-10002", "RS-10002", second.total),
        ("INV-10001", "RS-10001", placed.total),
    ]
    assert (statement.owed, statement.overdue) == (placed.total + second.total, 0)
    assert (statement.currency, statement.current, statement.as_of) == ("SGD", True, clock.now())
    assert [each.status for each in statement.receivables] == [InvoiceStatus.OPEN] * 2
    clock.on(days=31)
    assert (await books.statement(OUTLET)).overdue == placed.total + second.total
    assert (await books.statement(OTHER)).overdue == theirs.total


async def test_an_outlet_without_invoices_owes_nothing(books: Books) -> None:
    statement = await books.statement(OUTLET)
    assert (statement.receivables, statement.owed, statement.current) == ((), Decimal(0), True)


async def test_a_period_is_exported_to_the_cent(books: Books, placed: Order) -> None:
    await books.invoice(placed, OUTLET)
    day = date(2026, 11, 23)
    assert "INV-10001,RS-10001,1,open,CPZ-PSR" in await books.export(day, day)
    assert "70.17" in await books.export(day, day, "xero")


# -- what only Xero has: others who pay, and being away -----------------------------------------------------------


@pytest_asyncio.fixture
async def xero(clock: Clock) -> AsyncIterator[XeroServer]:
    async with XeroServer(clock) as server:
        yield server


async def test_what_others_did_in_xero_is_in_the_statement(xero: XeroServer, store: SqlStore, clock: Clock) -> None:
    await keep_outlets(store, OUTLET)
    placed = await keep_order(store, order())
    async with open_xero_books(xero, store, clock) as books:
        await books.invoice(placed, OUTLET)
        customer = xero.contacts[0]
        xero.add_invoice(customer, "BY-HAND", due=date(2026, 11, 22), on=date(2026, 11, 1))
        xero.add_invoice(customer, "NOT-YET", status="DRAFT")
        xero.pay("INV-10001", "20.17")
        statement = await books.statement(OUTLET)
        assert [(each.number, each.order_number, each.amount_due) for each in statement.receivables] == [
            ("INV-10001", "RS-10001", Decimal("50.00")),
            ("BY-HAND", "", Decimal("109.00")),
        ]
        assert (statement.owed, statement.overdue) == (Decimal("159.00"), Decimal("109.00"))
        xero.pay("INV-10001")
        assert (await books.statement(OUTLET)).owed == Decimal("159.00"), "asked once a minute"
        clock.on(seconds=61)
        statement = await books.statement(OUTLET)
        paid = statement.receivables[0]
        assert (paid.status, paid.paid_on, paid.amount_due) == (InvoiceStatus.PAID, date(2026, 11, 23), 0)


async def test_currencies_are_not_added_up(xero: XeroServer, store: SqlStore, clock: Clock) -> None:
    await keep_outlets(store, OUTLET)
    placed = await keep_order(store, order())
    async with open_xero_books(xero, store, clock) as books:
        await books.invoice(placed, OUTLET)
        xero.add_invoice(xero.contacts[0], "IN-DOLLARS").currency = "USD"
        statement = await books.statement(OUTLET)
        assert (statement.owed, statement.currency) == (placed.total, "SGD")
        assert statement.besides == ((Decimal("109.00"), "USD"),)


async def test_xero_away_leaves_what_it_said_last(xero: XeroServer, store: SqlStore, clock: Clock) -> None:
    await keep_outlets(store, OUTLET, OTHER)
    placed = await keep_order(store, order())
    async with open_xero_books(xero, store, clock) as books:
        await books.invoice(placed, OUTLET)
        made = clock.now()
        clock.on(hours=2)
        xero.faults.always("*", "503")
        statement = await books.statement(OUTLET)
        assert (statement.owed, statement.current, statement.as_of) == (placed.total, False, made)
        assert statement.as_of.utcoffset() == clock.now().utcoffset(), "the hour is the supplier's"
        with pytest.raises(AccountingAway):
            await books.statement(OTHER)
        with pytest.raises(AccountingAway):
            await books.document("RS-10001")
