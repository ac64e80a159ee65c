"""What an outlet owes by the ledger is a sum over all of its open invoices, on both databases, to the cent."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, update

from bot.ledger import Ledger, SqlInvoiceBook
from bot.ledger.snapshot import to_json
from bot.storage.store import SqlStore
from bot.storage.tables import invoices, orders, outlets
from core.domain.invoices import Invoice, InvoiceStatus, due_date, invoice_number
from core.domain.orders import Order
from core.domain.outlets import Outlet
from core.errors import InvalidInput
from tests.unit.bot.ledger.builders import BOX, OUTLET, SUPPLIER, order

NOW = datetime(2026, 12, 25, 12, 0, tzinfo=ZoneInfo("Asia/Singapore"))
OTHER = replace(OUTLET, code="CPZ-TMP", name="Canadian Pizza Tampines")


class Noon:
    """A clock that stands on 25 December 2026."""

    def now(self) -> datetime:
        return NOW


def numbered(n: int, outlet: Outlet = OUTLET, **changes: Any) -> Order:
    price = Decimal("0.10") + Decimal(n) / 100
    return order(number=f"RS-{n}", outlet=outlet.code, lines=(replace(BOX, unit_price=price),), **changes)


async def keep(store: SqlStore, placed: list[tuple[Order, Outlet, date, InvoiceStatus]]) -> None:
    """Write outlets, orders and their invoices, many at a time."""
    known = [
        {"code": o.code, "name": o.name, "address": "", "postal_code": "", "zone": "", "delivery_days": [],
         "payment_terms_days": 30, "price_list": "standard", "position": place}
        for place, o in enumerate((OUTLET, OTHER))
    ]  # fmt: skip
    rows = [
        {"number": o.number, "outlet": outlet.code, "status": "confirmed", "version": o.version, "currency": "SGD",
         "tax_rate": o.tax_rate, "subtotal": o.subtotal, "tax": o.tax, "total": o.total, "notes": [],
         "placed_by": "", "updated_at": NOW}
        for o, outlet, _, _ in placed
    ]  # fmt: skip
    made = [
        {"number": invoice_number(o.number or ""), "order_number": o.number, "version": o.version,
         "status": status.value, "issued_on": day, "due_on": due_date(day, outlet),
         "snapshot": to_json(o, outlet), "updated_at": NOW}
        for o, outlet, day, status in placed
    ]  # fmt: skip
    async with store.database.writing() as connection:
        await connection.execute(insert(outlets), known)
        await connection.execute(insert(orders), rows)
        await connection.execute(insert(invoices), made)


async def test_more_invoices_than_are_listed_are_summed_to_the_cent(store: SqlStore) -> None:
    first = date(2025, 7, 1)
    late = [(numbered(n), OUTLET, first + timedelta(days=n % 300), InvoiceStatus.OPEN) for n in range(1000, 1620)]
    current = [(numbered(n), OUTLET, date(2026, 12, 20), InvoiceStatus.OPEN) for n in range(2000, 2003)]
    settled = [(numbered(3000), OUTLET, date(2026, 12, 1), InvoiceStatus.VOID)]
    settled += [(numbered(3001), OUTLET, date(2026, 12, 1), InvoiceStatus.CLOSED)]
    others = [(numbered(4000, OTHER), OTHER, date(2026, 12, 1), InvoiceStatus.OPEN)]
    await keep(store, [*late, *current, *settled, *others])

    told = await Ledger(SqlInvoiceBook(store.database, Noon()), SUPPLIER, Noon()).statement(OUTLET)

    overdue = sum((o.total for o, *_ in late), Decimal(0))
    assert told.overdue == overdue
    assert told.owed == overdue + sum((o.total for o, *_ in current), Decimal(0))
    assert len(told.receivables) < len(late)
    assert [r.number for r in told.receivables[:3]] == ["INV-2002", "INV-2001", "INV-2000"]
    assert (told.currency, told.as_of, told.current) == ("SGD", NOW, True)


async def test_the_open_ones_are_listed_however_old_they_are(store: SqlStore) -> None:
    old = (numbered(1), OUTLET, date(2025, 1, 1), InvoiceStatus.OPEN)
    paid = [(numbered(n), OUTLET, date(2026, 11, 1), InvoiceStatus.CLOSED) for n in range(1000, 1510)]
    await keep(store, [old, *paid])
    told = await Ledger(SqlInvoiceBook(store.database, Noon()), SUPPLIER, Noon()).statement(OUTLET)
    assert told.receivables[-1].number == "INV-1"
    assert told.owed == told.overdue == old[0].total


async def test_what_counts_is_what_was_invoiced_until_the_invoice_follows_the_order(store: SqlStore) -> None:
    as_invoiced = numbered(100)
    await keep(store, [(as_invoiced, OUTLET, date(2026, 11, 1), InvoiceStatus.OPEN)])
    changed = replace(as_invoiced, lines=(replace(BOX, quantity=9),), version=2)
    async with store.database.writing() as connection:
        await connection.execute(update(orders).values(version=2, total=changed.total))
    ledger = Ledger(SqlInvoiceBook(store.database, Noon()), SUPPLIER, Noon())
    before = await ledger.statement(OUTLET)
    assert before.owed == before.overdue == before.receivables[0].total == as_invoiced.total
    await ledger.invoice(replace(changed, placed_at=datetime(2026, 11, 1, tzinfo=UTC)), OUTLET)
    after = await ledger.statement(OUTLET)
    assert after.owed == after.receivables[0].total == changed.total


async def test_what_was_paid_is_owed_no_more(store: SqlStore) -> None:
    rows = [(numbered(n), OUTLET, date(2026, 11, 1), InvoiceStatus.OPEN) for n in (1, 2)]
    await keep(store, rows)
    ledger = Ledger(SqlInvoiceBook(store.database, Noon()), SUPPLIER, Noon())
    marked = await asyncio.gather(
        *(ledger.mark_paid("INV-1", date(2026, 12, day)) for day in range(1, 5)), return_exceptions=True
    )
    (paid,) = [each for each in marked if isinstance(each, Invoice)]
    assert all("already" in str(each) for each in marked if isinstance(each, InvalidInput))

    told = await ledger.statement(OUTLET)
    assert told.owed == told.overdue == rows[1][0].total
    assert [(r.number, r.status, r.amount_due, r.paid_on) for r in told.receivables] == [
        ("INV-2", InvoiceStatus.OPEN, rows[1][0].total, None),
        ("INV-1", InvoiceStatus.PAID, 0, paid.paid_on),
    ]
    assert await ledger.standing("RS-1") == told.receivables[1]
    assert [each.number for each in await ledger.listed(OUTLET.code, 9, open_only=True)] == ["INV-2"]
    assert [each.number for each in await ledger.listed(None, 9, open_only=False)] == ["INV-2", "INV-1"]
    assert await ledger.listed(OTHER.code, 9, open_only=False) == []
    await ledger.mark_unpaid("rs-1")
    assert (await ledger.statement(OUTLET)).owed == rows[0][0].total + rows[1][0].total


async def test_only_an_open_invoice_of_an_order_as_it_stands_is_marked_paid(store: SqlStore) -> None:
    states = (InvoiceStatus.OPEN, InvoiceStatus.OPEN, InvoiceStatus.VOID, InvoiceStatus.CLOSED)
    await keep(store, [(numbered(n), OUTLET, date(2026, 11, 1), state) for n, state in enumerate(states, 1)])
    async with store.database.writing() as connection:
        await connection.execute(update(orders).where(orders.c.number == "RS-1").values(version=2))
        await connection.execute(update(orders).where(orders.c.number == "RS-2").values(status="cancelled"))
    ledger = Ledger(SqlInvoiceBook(store.database, Noon()), SUPPLIER, Noon())
    before = await ledger.issued(date.min, date.max)
    for number, why in (("INV-1", "changed"), ("INV-2", "changed"), ("INV-3", "void"), ("INV-4", "closed")):
        with pytest.raises(InvalidInput, match=why):
            await ledger.mark_paid(number)
        with pytest.raises(InvalidInput, match="is not paid"):
            await ledger.mark_unpaid(number)
    for mark in (ledger.mark_paid, ledger.mark_unpaid):
        with pytest.raises(InvalidInput, match="there is no invoice INV-9"):
            await mark("INV-9")
    with pytest.raises(InvalidInput, match="still to come"):
        await ledger.mark_paid("INV-1", date(2026, 12, 26))
    assert await ledger.issued(date.min, date.max) == before


async def test_for_a_cancelled_order_nothing_is_owed_though_its_invoice_waits_to_be_voided(store: SqlStore) -> None:
    placed = [(numbered(n), OUTLET, date(2026, 11, 1), InvoiceStatus.OPEN) for n in (1, 2, 3)]
    await keep(store, placed)
    async with store.database.writing() as connection:
        await connection.execute(update(orders).where(orders.c.number == "RS-1").values(status="cancelled"))
        cancelled_next = update(orders).where(orders.c.number == "RS-2")
        await connection.execute(cancelled_next.values(status="cancelled", version=2))
    told = await Ledger(SqlInvoiceBook(store.database, Noon()), SUPPLIER, Noon()).statement(OUTLET)
    assert told.owed == told.overdue == sum(r.amount_due for r in told.receivables) == placed[2][0].total
    assert [r.status for r in told.receivables] == [InvoiceStatus.OPEN, InvoiceStatus.VOID, InvoiceStatus.VOID]


async def test_a_payment_long_before_the_invoice_is_a_slip(store: SqlStore) -> None:
    await keep(store, [(numbered(1), OUTLET, date(2026, 11, 1), InvoiceStatus.OPEN)])
    ledger = Ledger(SqlInvoiceBook(store.database, Noon()), SUPPLIER, Noon())
    with pytest.raises(InvalidInput, match="2025-12-20 is long before INV-1 was made"):
        await ledger.mark_paid("INV-1", date(2025, 12, 20))
    assert (await ledger.mark_paid("INV-1", date(2026, 10, 20))).paid_on == date(2026, 10, 20)


async def test_who_has_no_invoice_owes_nothing(store: SqlStore) -> None:
    told = await Ledger(SqlInvoiceBook(store.database, Noon()), SUPPLIER, Noon()).statement(OUTLET)
    assert (told.owed, told.overdue, told.receivables, told.currency) == (Decimal(0), Decimal(0), (), "")
