"""Invoices of a period as CSV: a register, and lines as Xero's sales-invoice template has them."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum

from bot.ledger.supplier import Supplier
from core.domain.invoices import Invoice, InvoiceStatus
from core.domain.money import CENT, to_cents

# The columns of Xero's SalesInvoiceTemplate.csv, in its order; an asterisk marks those it requires.
XERO_COLUMNS = (
    *("*ContactName", "EmailAddress", "POAddressLine1", "POAddressLine2", "POAddressLine3", "POAddressLine4"),
    *("POCity", "PORegion", "POPostalCode", "POCountry", "*InvoiceNumber", "Reference", "*InvoiceDate"),
    *("*DueDate", "Total", "InventoryItemCode", "*Description", "*Quantity", "*UnitAmount", "Discount"),
    *("*AccountCode", "*TaxType", "TaxAmount", "TrackingName1", "TrackingOption1", "TrackingName2"),
    *("TrackingOption2", "Currency", "BrandingTheme"),
)
REGISTER_COLUMNS = (
    *("InvoiceNumber", "OrderNumber", "Version", "Status", "OutletCode", "OutletName", "InvoiceDate"),
    *("DueDate", "DeliveryDate", "Subtotal", "Tax", "Total", "Currency", "PaidOn"),
)


class Form(StrEnum):
    """What an export of invoices looks like."""

    REGISTER = "register"
    XERO = "xero"


FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def register_csv(invoices: Iterable[Invoice]) -> str:
    """One row an invoice, void ones included with what they came to; dates in ISO 8601."""
    return _csv(REGISTER_COLUMNS, [_register_row(invoice) for invoice in invoices])


def xero_csv(invoices: Iterable[Invoice], supplier: Supplier) -> str:
    """One row a line, for Xero's import; void invoices are left out, for the template has no status.

    Dates are DD/MM/YYYY, as an organisation in Singapore imports them. The account code and tax type are
    the supplier's settings, blank when not set.
    """
    rows = [row for each in invoices if each.status is not InvoiceStatus.VOID for row in _lines(each, supplier)]
    return _csv(XERO_COLUMNS, rows)


def tax_by_line(totals: Sequence[Decimal], tax: Decimal) -> list[Decimal]:
    """The invoice's tax shared over its lines to the cent: largest remainder, so that it adds up exactly."""
    whole = sum(totals, Decimal(0))
    if not whole:
        return [Decimal("0.00") for _ in totals]
    exact = [tax * total / whole for total in totals]
    shares = [share.quantize(CENT, rounding=ROUND_DOWN) for share in exact]
    missing = int((tax - sum(shares, Decimal(0))) / CENT)
    neediest = sorted(range(len(totals)), key=lambda index: shares[index] - exact[index])
    for index in neediest[:missing]:
        shares[index] += CENT
    return shares


def _register_row(invoice: Invoice) -> dict[str, str]:
    order, outlet = invoice.order, invoice.outlet
    return {
        "InvoiceNumber": invoice.number,
        "OrderNumber": invoice.order_number,
        "Version": str(invoice.version),
        "Status": invoice.status.value,
        "OutletCode": outlet.code,
        "OutletName": outlet.name,
        "InvoiceDate": invoice.issued_on.isoformat(),
        "DueDate": invoice.due_on.isoformat(),
        "DeliveryDate": order.delivery_date.isoformat() if order.delivery_date else "",
        "Subtotal": str(order.subtotal),
        "Tax": str(order.tax),
        "Total": str(order.total),
        "Currency": order.currency,
        "PaidOn": invoice.paid_on.isoformat() if invoice.paid_on else "",
    }


def _lines(invoice: Invoice, supplier: Supplier) -> list[dict[str, str]]:
    order, outlet = invoice.order, invoice.outlet
    shared = {
        "*ContactName": outlet.name,
        "POAddressLine1": outlet.address,
        "POPostalCode": outlet.postal_code,
        "*InvoiceNumber": invoice.number,
        "Reference": invoice.order_number,
        "*InvoiceDate": _xero_day(invoice.issued_on),
        "*DueDate": _xero_day(invoice.due_on),
        "Total": str(to_cents(order.total)),
        "*AccountCode": supplier.account_code,
        "*TaxType": supplier.tax_type,
        "Currency": order.currency,
    }
    taxes = tax_by_line([line.line_total for line in order.lines], order.tax)
    return [
        {
            **shared,
            "InventoryItemCode": line.sku,
            "*Description": f"{line.name} ({line.unit} of {line.pieces_per_unit})",
            "*Quantity": str(line.quantity),
            "*UnitAmount": str(line.unit_price),
            "TaxAmount": str(tax),
        }
        for line, tax in zip(order.lines, taxes, strict=True)
    ]


def _xero_day(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def _csv(columns: Sequence[str], rows: Iterable[dict[str, str]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, restval="")
    # The header is ours; a cell could carry a formula that a spreadsheet would run.
    writer.writeheader()
    writer.writerows({column: _inert(text) for column, text in row.items()} for row in rows)
    return out.getvalue()


def _inert(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
