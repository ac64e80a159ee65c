"""Invoices as CSV: what adds up, what is listed, and that no cell runs as a formula."""

import csv
import io
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings

from bot.ledger import register_csv, xero_csv
from bot.ledger.export import XERO_COLUMNS, tax_by_line
from core.domain.invoices import InvoiceStatus
from core.domain.orders import OrderLine
from tests.unit.bot.ledger.builders import BOX, OUTLET, SUPPLIER, invoice, order, order_lines


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_line_fills_the_columns_of_xeros_template() -> None:
    text = xero_csv([invoice()], replace(SUPPLIER, account_code="200", tax_type="Standard-Rated Supplies"))
    [row] = rows_of(text)
    assert tuple(row) == XERO_COLUMNS
    assert {name: value for name, value in row.items() if value} == {
        "*ContactName": "Canadian Pizza Pasir Ris",
        "POAddressLine1": "442 Pasir Ris Drive 6 #01-28",
        "POPostalCode": "510442",
        "*InvoiceNumber": "INV-001042",
        "Reference": "SO-001042",
        "*InvoiceDate": "23/11/2026",
        "*DueDate": "23/12/2026",
        "Total": "69.76",
        "InventoryItemCode": "PB-12-PLN",
        "*Description": "Pizza Box 12in (bundle of 50)",
        "*Quantity": "2",
        "*UnitAmount": "32.00",
        "*AccountCode": "200",
        "*TaxType": "Standard-Rated Supplies",
        "TaxAmount": "5.76",
        "Currency": "SGD",
    }


def test_a_void_invoice_is_in_the_register_and_not_in_the_import() -> None:
    void = invoice(status=InvoiceStatus.VOID)
    assert rows_of(xero_csv([void], SUPPLIER)) == []
    [row] = rows_of(register_csv([void]))
    assert (row["InvoiceNumber"], row["Status"], row["Total"]) == ("INV-001042", "void", "69.76")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_never_starts_a_formula(start: str) -> None:
    outlet = replace(OUTLET, name=f"{start}cmd", address=f"{start}1", code=f"{start}2")
    shown = invoice(order(lines=(replace(BOX, sku=f"{start}3", name=f"{start}4"),)), outlet)
    for text in (xero_csv([shown], SUPPLIER), register_csv([shown])):
        cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
        assert not [cell for cell in cells if cell.startswith(start)]
        assert f"'{start}cmd" in cells


@given(order_lines(most=30))
@settings(max_examples=100, deadline=None)
def test_tax_shared_over_the_lines_adds_up_to_the_invoice(lines: tuple[OrderLine, ...]) -> None:
    placed = order(lines=lines)
    shares = tax_by_line([line.line_total for line in lines], placed.tax)
    assert sum(shares, Decimal(0)) == placed.tax
    for share, line in zip(shares, lines, strict=True):
        assert abs(share - line.line_total * placed.tax_rate) <= Decimal("0.02")
        assert share >= 0


@given(order_lines())
@settings(max_examples=50, deadline=None)
def test_the_register_repeats_the_orders_totals(lines: tuple[OrderLine, ...]) -> None:
    placed = order(lines=lines)
    [row] = rows_of(register_csv([invoice(placed)]))
    assert Decimal(row["Subtotal"]) + Decimal(row["Tax"]) == Decimal(row["Total"]) == placed.total
