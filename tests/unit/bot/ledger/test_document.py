"""The invoice as PDF: every line and total on it, the same bytes each time, whatever the names hold."""

import io
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from bot.ledger import Supplier, render
from bot.ledger.text import latin_1
from core.domain.invoices import Invoice, InvoiceStatus
from core.domain.orders import OrderLine
from tests.unit.bot.ledger.builders import BOX, OUTLET, SUPPLIER, invoice, order, order_lines

FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")


def pages_of(document: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(document)).pages]


def text_of(shown: Invoice, supplier: Supplier = SUPPLIER) -> str:
    return "\n".join(pages_of(render(shown, supplier)))


def test_an_invoice_carries_what_a_tax_invoice_must() -> None:
    text = text_of(invoice())
    for wanted in (
        *("TAX INVOICE", "INV-001042", "SO-001042", "Page 1 of 1"),
        *("Straits Packaging Supply Pte Ltd", "8 Pandan Loop #04-12", "UEN: 201812345K"),
        *("GST Reg. No.: M2-1234567-8", "Canadian Pizza Pasir Ris", "442 Pasir Ris Drive 6 #01-28"),
        *("Singapore 510442", "23 Nov 2026", "23 Dec 2026", "30 days", "24 Nov 2026, morning"),
        *("PB-12-PLN", "Pizza Box 12in", "bundle", "100", "32.00", "64.00"),
        *("Subtotal", "GST 9%", "5.76", "Total (SGD)", "69.76", "PayNow UEN 201812345K"),
    ):
        assert wanted in text


def test_what_is_not_configured_is_left_out() -> None:
    text = text_of(invoice(), Supplier("Resupply"))
    assert "UEN" not in text
    assert "Reg. No." not in text
    assert "PAYMENT" not in text
    assert "Postal code 510442" in text


def test_without_tax_it_is_not_called_a_tax_invoice() -> None:
    text = text_of(invoice(order(tax_rate=Decimal(0))))
    assert "TAX INVOICE" not in text
    assert "GST 0%" in text


def test_a_void_invoice_says_so_on_every_page() -> None:
    shown = invoice(order(lines=(BOX,) * 60), status=InvoiceStatus.VOID)
    assert all("VOID" in page for page in pages_of(render(shown, SUPPLIER)))
    assert "VOID" not in text_of(invoice())


def test_an_amended_order_shows_its_revision() -> None:
    assert "SO-001042 (rev. 2)" in text_of(invoice(order(version=2)))


def test_sixty_lines_run_over_pages_with_the_head_repeated() -> None:
    lines = tuple(replace(BOX, sku=f"SKU-{n:03d}", name=f"Box number {n}") for n in range(60))
    pages = pages_of(render(invoice(order(lines=lines)), SUPPLIER))
    assert len(pages) == 3
    for number, page in enumerate(pages, start=1):
        assert f"Page {number} of 3" in page
        assert "Description" in page
        assert "INV-001042" in page
    assert all(sum(line.sku in page for page in pages) == 1 for line in lines)


@pytest.mark.parametrize("count", range(20, 34))
def test_the_totals_never_stand_on_a_page_without_a_line(count: int) -> None:
    lines = tuple(replace(BOX, sku=f"SKU-{n:03d}") for n in range(count))
    last = next(page for page in pages_of(render(invoice(order(lines=lines)), SUPPLIER)) if "Subtotal" in page)
    assert f"SKU-{count - 1:03d}" in last


def test_the_same_invoice_gives_the_same_bytes() -> None:
    assert render(invoice(), SUPPLIER) == render(invoice(), SUPPLIER)


@pytest.mark.skipif(not FONT.exists(), reason="this machine lacks the DejaVu font")
def test_an_embedded_font_shows_names_as_they_are_and_the_same_bytes() -> None:
    supplier = replace(SUPPLIER, font=FONT)
    shown = invoice(outlet=replace(OUTLET, name="Phở Việt Łódź"))
    assert "Phở Việt Łódź" in text_of(shown, supplier)
    assert render(shown, supplier) == render(shown, supplier)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Café Ñandú", "Café Ñandú"),
        ("“Kopi” – Łódź… 12″", '"Kopi" - Lódz... 12"'),
        ("Tân Bình Phở", "Tân Bình Pho"),
        ("老陈 Chicken Rice", "?? Chicken Rice"),
        ("two\nlines\x00", "two lines"),
        ("Box ① ½ ﬁt", "Box 1 ½ fit"),
    ],
)
def test_other_scripts_come_as_near_as_the_font_allows(name: str, shown: str) -> None:
    assert latin_1(name) == shown
    assert shown in text_of(invoice(outlet=replace(OUTLET, name=name)))


def test_a_price_shows_as_many_decimals_as_it_has() -> None:
    lines = (
        replace(BOX, unit_price=Decimal("0.0125"), quantity=1000),
        replace(BOX, unit_price=Decimal("3.5")),
    )
    text = text_of(invoice(order(lines=lines)))
    assert "0.0125" in text
    assert "12.50" in text
    assert "3.50" in text


@given(order_lines())
@settings(max_examples=40, deadline=None)
def test_every_line_and_the_totals_to_the_cent_are_on_it(lines: tuple[OrderLine, ...]) -> None:
    placed = order(lines=lines)
    text = text_of(invoice(placed))
    for line in lines:
        assert line.sku in text
        assert f"{line.line_total:,.2f}" in text
    for amount in (placed.subtotal, placed.tax, placed.total):
        assert f"{amount:,.2f}" in text


@given(st.text(max_size=300), st.text(max_size=300), st.lists(st.text(max_size=400), max_size=3))
@settings(max_examples=60, deadline=None)
def test_no_text_makes_it_fail(name: str, address: str, notes: list[str]) -> None:
    lines = (replace(BOX, name=name, sku=address[:64], unit=name[:32]),)
    shown = invoice(order(lines=lines, notes=tuple(notes)), replace(OUTLET, name=name, address=address))
    document = render(shown, replace(SUPPLIER, name=name, address=address, payment=name))
    assert document.startswith(b"%PDF")
    assert "69.76" in "\n".join(pages_of(document))


def test_dates_are_written_without_ambiguity() -> None:
    shown = replace(invoice(), issued_on=date(2027, 2, 1), due_on=date(2027, 3, 3))
    assert "1 Feb 2027" in text_of(shown)
    assert "3 Mar 2027" in text_of(shown)
