"""Orders and periods for the files that staff take away: CSV rows, and the days they are asked for."""

import csv
import io
import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from core.body import order_json
from core.domain.invoices import Receivable
from core.domain.orders import Order
from core.errors import InvalidInput

ORDER_COLUMNS = (
    *("number", "status", "outlet", "placed_at", "placed_by", "delivery_date", "delivery_window"),
    *("sku", "name", "quantity", "unit", "pieces", "unit_price", "line_total"),
    *("order_subtotal", "order_tax", "order_total", "currency", "notes"),
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_YEARS = range(2000, 2100)


def read_period(first: str | None, last: str | None) -> tuple[date, date]:
    """The days from `first` to `last`, both within. Raises InvalidInput, naming the one that is wrong."""
    days = read_day(first, "from"), read_day(last, "to")
    if days[1] < days[0]:
        raise InvalidInput("to must not be before from")
    return days


def order_as_json(order: Order, invoice: Receivable | None = None) -> dict[str, Any]:
    """An order in the shape of DESIGN 10, with what only staff see and how its invoice stands. Money is text."""
    return {
        **(order_json(order) or {}),
        "notes": list(order.notes),
        "placed_at": order.placed_at.isoformat() if order.placed_at else None,
        "placed_by": order.placed_by,
        "version": order.version,
        "invoice": _standing(invoice) if invoice is not None else None,
    }


def _standing(invoice: Receivable) -> dict[str, Any]:
    return {
        "number": invoice.number,
        "status": invoice.status.value,
        "total": f"{invoice.total:.2f}",
        "amount_due": f"{invoice.amount_due:.2f}",
        "currency": invoice.currency,
        "due_on": invoice.due_on.isoformat(),
        "paid_on": invoice.paid_on.isoformat() if invoice.paid_on else None,
    }


def orders_csv(orders: Iterable[Order]) -> str:
    """One row an order line, in the orders' order; an order's notes are joined by "; "."""
    output = io.StringIO(newline="")
    table = csv.writer(output)
    table.writerow(ORDER_COLUMNS)
    for order in orders:
        table.writerows(_rows(order))
    return output.getvalue()


def read_day(text: str | None, name: str) -> date:
    """A day of this century in ISO 8601. Raises InvalidInput, naming it."""
    if not text:
        raise InvalidInput(f"{name} is missing: a day such as 2026-11-23")
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or day.year not in _YEARS:
        raise InvalidInput(f"{name} must be a day such as 2026-11-23")
    return day


def _rows(order: Order) -> list[list[str]]:
    shown = order_as_json(order)
    whole = {f"order_{name}": shown[name] for name in ("subtotal", "tax", "total")}
    both = {**shown, **whole, "notes": "; ".join(order.notes)}
    return [[_cell({**both, **line}[column]) for column in ORDER_COLUMNS] for line in shown["lines"]]


def _cell(value: Any) -> str:
    """A cell that a spreadsheet will not take for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in ("=", "@", "\t", "\r") or _formula(text) else text


def _formula(text: str) -> bool:
    """A sign that does not begin a plain number, such as a telephone number's."""
    return text[:1] in ("+", "-") and not text[1:].replace(".", "", 1).isdigit()
