"""One invoice an order: numbered after it, amended and voided with it, the same however often it is asked."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from pypdf import PdfReader

from bot.ledger import InvoiceClosed, Ledger, SqlInvoiceBook
from bot.ledger.snapshot import from_json, to_json
from bot.storage import json
from bot.storage.database import Database
from bot.storage.tables import metadata
from core.domain.invoices import InvoiceStatus, invoice_number
from core.domain.orders import OrderLine, OrderStatus
from tests.unit.bot.ledger.builders import BOX, OUTLET, SUPPLIER, order, order_lines

SINGAPORE = ZoneInfo("Asia/Singapore")


class Noon:
    """A clock that stands at noon of 25 November 2026 in Singapore."""

    def now(self) -> datetime:
        return datetime(2026, 11, 25, 12, 0, tzinfo=SINGAPORE)


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    # Only the ledger's own table, without the order it points at: that is storage's to keep.
    database = Database.open(f"sqlite:///{tmp_path / 'ledger.db'}")
    async with database.writing() as connection:
        await connection.run_sync(metadata.create_all)
        await connection.exec_driver_sql(
            "INSERT INTO orders (number, status, version, currency, tax_rate, subtotal, tax, total, notes,"
            " placed_by, updated_at) VALUES ('SO-001042', 'confirmed', 1, 'SGD', '0.09', '0', '0', '0', '[]',"
            " '', '2026-11-23T00:00:00.000000+00:00')"
        )
    yield Ledger(SqlInvoiceBook(database, Noon()), SUPPLIER, Noon())
    await database.close()


MORE = (replace(BOX, quantity=5),)


async def test_an_invoice_is_dated_the_day_the_order_was_placed_in_the_suppliers_zone(ledger: Ledger) -> None:
    # 17:30 UTC on the 22nd is half past one on the 23rd in Singapore.
    made = await ledger.invoice(order(), OUTLET)
    assert (made.number, made.status) == ("INV-001042", InvoiceStatus.OPEN)
    assert (made.issued_on, made.due_on) == (date(2026, 11, 23), date(2026, 12, 23))
    assert made.order.total == Decimal("69.76")
    assert made.outlet == OUTLET


async def test_invoicing_twice_gives_one_invoice(ledger: Ledger) -> None:
    first = await ledger.invoice(order(), OUTLET)
    again = await ledger.invoice(order(), replace(OUTLET, name="Renamed since", payment_terms_days=0))
    assert again == first
    assert await ledger.issued(date(2026, 11, 1), date(2026, 11, 30)) == [first]


async def test_invoicing_at_the_same_moment_gives_one_invoice(ledger: Ledger) -> None:
    made = await asyncio.gather(*(ledger.invoice(order(), OUTLET) for _ in range(8)))
    assert len({each.number for each in made}) == 1
    assert len(await ledger.issued(date.min, date.max)) == 1


async def test_an_amended_order_replaces_what_its_invoice_holds(ledger: Ledger) -> None:
    first = await ledger.invoice(order(), OUTLET)
    late = order(lines=MORE, version=2, placed_at=datetime(2026, 11, 30, tzinfo=UTC))
    amended = await ledger.invoice(late, OUTLET)
    assert amended.order.lines == MORE
    assert (amended.number, amended.issued_on, amended.due_on) == (
        first.number,
        first.issued_on,
        first.due_on,
    )


async def test_an_older_version_that_comes_late_changes_nothing(ledger: Ledger) -> None:
    amended = await ledger.invoice(order(lines=MORE, version=2), OUTLET)
    assert await ledger.invoice(order(), OUTLET) == amended


@pytest.mark.parametrize("version", [1, 2])
async def test_a_cancelled_order_voids_its_invoice_which_stays_listed(ledger: Ledger, version: int) -> None:
    await ledger.invoice(order(), OUTLET)
    void = await ledger.invoice(order(status=OrderStatus.CANCELLED, version=version), OUTLET)
    assert void.status is InvoiceStatus.VOID
    assert await ledger.issued(date(2026, 11, 23), date(2026, 11, 23)) == [void]


async def test_a_void_invoice_does_not_come_back(ledger: Ledger) -> None:
    void = await ledger.invoice(order(status=OrderStatus.CANCELLED, version=2), OUTLET)
    assert await ledger.invoice(order(), OUTLET) == void
    assert await ledger.invoice(order(version=3), OUTLET) == void


async def test_a_closed_invoice_does_not_change(ledger: Ledger) -> None:
    await ledger.invoice(order(), OUTLET)
    await ledger.close("SO-001042")
    assert (await ledger.invoice(order(), OUTLET)).status is InvoiceStatus.CLOSED
    with pytest.raises(InvoiceClosed):
        await ledger.invoice(order(lines=MORE, version=2), OUTLET)
    with pytest.raises(InvoiceClosed):
        await ledger.invoice(order(status=OrderStatus.CANCELLED), OUTLET)
    kept = await ledger.find("SO-001042")
    assert kept is not None
    assert kept.order.lines == (BOX,)


@pytest.mark.parametrize("later", [{"lines": MORE, "version": 2}, {"status": OrderStatus.CANCELLED, "version": 2}])
async def test_a_paid_invoice_stays_when_its_order_changes_until_it_is_marked_unpaid(
    ledger: Ledger, later: dict[str, Any]
) -> None:
    await ledger.invoice(order(), OUTLET)
    paid = await ledger.mark_paid("inv-001042", date(2026, 11, 24))
    assert (paid.status, paid.paid_on) == (InvoiceStatus.PAID, date(2026, 11, 24))
    assert await ledger.invoice(order(), OUTLET) == paid, "a job done again is no change"
    with pytest.raises(InvoiceClosed, match="INV-001042 was paid before order SO-001042 was"):
        await ledger.invoice(order(**later), OUTLET)
    assert await ledger.find("SO-001042") == paid

    open_again = await ledger.mark_unpaid("SO-001042")
    assert (open_again.status, open_again.paid_on) == (InvoiceStatus.OPEN, None)
    followed = await ledger.invoice(order(**later), OUTLET)
    assert followed.version == 2


async def test_a_paid_invoice_says_so_in_print_and_in_the_register(ledger: Ledger) -> None:
    made = await ledger.invoice(order(), OUTLET)
    before = await ledger.document("SO-001042")
    await ledger.mark_paid(made.number)
    (page,) = PdfReader(BytesIO(await ledger.document("SO-001042") or b"")).pages
    assert "PAID on 25 Nov 2026" in page.extract_text()
    assert "INV-001042,SO-001042,1,paid," in (text := await ledger.export(made.issued_on, made.issued_on))
    assert text.splitlines()[1].endswith(",SGD,2026-11-25")
    await ledger.mark_unpaid(made.number)
    assert await ledger.document("SO-001042") == before


async def test_a_draft_is_not_invoiced(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="draft"):
        await ledger.invoice(order(status=OrderStatus.DRAFT), OUTLET)


async def test_the_document_is_there_once_the_invoice_is(ledger: Ledger) -> None:
    assert await ledger.document("SO-001042") is None
    await ledger.invoice(order(), OUTLET)
    document = await ledger.document("SO-001042")
    assert document is not None
    assert document.startswith(b"%PDF")
    assert document == await ledger.document("SO-001042")


async def test_a_period_holds_both_its_days(ledger: Ledger) -> None:
    made = await ledger.invoice(order(), OUTLET)
    day = made.issued_on
    assert await ledger.issued(day, day) == [made]
    assert await ledger.issued(day + timedelta(days=1), date.max) == []
    assert await ledger.issued(date.min, day - timedelta(days=1)) == []


def test_an_order_number_without_a_digit_gives_no_invoice_number() -> None:
    with pytest.raises(ValueError, match="no digit"):
        invoice_number("ORDER")


@given(order_lines())
@settings(max_examples=50, deadline=None)
def test_a_snapshot_gives_back_the_order_as_it_was(lines: tuple[OrderLine, ...]) -> None:
    placed = order(lines=lines, notes=("gate 2", "ring twice"))
    assert from_json(json.loads(json.dumps(to_json(placed, OUTLET)))) == (placed, OUTLET)
