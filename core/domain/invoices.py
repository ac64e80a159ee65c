"""Invoices: one an order, numbered after it, holding the order as it was invoiced."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from core.domain.orders import Order
from core.domain.outlets import Outlet

INVOICE_PREFIX = "INV-"


class InvoiceStatus(StrEnum):
    """Where an invoice stands. A paid or closed one can no longer change; a void one stays listed."""

    OPEN = "open"
    PAID = "paid"
    CLOSED = "closed"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Invoice:
    """An order as invoiced to an outlet. Dates are the supplier's; amounts and currency are the order's.

    `paid_on` is set of a paid one that staff marked so.
    """

    number: str
    order: Order
    outlet: Outlet
    issued_on: date
    due_on: date
    status: InvoiceStatus = InvoiceStatus.OPEN
    paid_on: date | None = None

    @property
    def order_number(self) -> str:
        """The number of the order that it invoices."""
        return self.order.number or ""

    @property
    def version(self) -> int:
        """The version of the order that it invoices."""
        return self.order.version


@dataclass(frozen=True, slots=True)
class Receivable:
    """An invoice as the books see it: what was billed and what of it is still owed, tax included, in `currency`.

    `order_number` is "" for an invoice that the desk did not make. `paid_on` is when the last of it was paid. `paid`
    and `credited` are set where the books say it. One that is closed was settled, and not by payment alone.
    """

    number: str
    order_number: str
    issued_on: date
    due_on: date
    total: Decimal
    amount_due: Decimal
    currency: str
    status: InvoiceStatus
    paid_on: date | None = None
    paid: Decimal | None = None
    credited: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """What an outlet owes, and its recent invoices, newest first; draft invoices are not owed and not listed.

    `owed` and `overdue` are amounts in `currency`; `besides` is what is owed in others. `as_of` is when the books said
    so; `current` is False where they could not be asked now and this is what they said last.
    """

    receivables: tuple[Receivable, ...]
    owed: Decimal
    overdue: Decimal
    currency: str
    as_of: datetime
    current: bool = True
    besides: tuple[tuple[Decimal, str], ...] = ()


def invoice_number(order_number: str, prefix: str = INVOICE_PREFIX) -> str:
    """The prefix and the digits of the order number, so that making an invoice twice gives one number.

    It is that of a new invoice: one that stands keeps the number it was given.

    Raises ValueError for an order number without a digit.
    """
    digits = "".join(mark for mark in order_number if mark in "0123456789")
    if not digits:
        raise ValueError(f"order number {order_number!r} has no digit to number an invoice after")
    return f"{prefix}{digits}"


def due_date(issued_on: date, outlet: Outlet) -> date:
    """When an invoice is to be paid: the outlet's payment terms in calendar days after its date."""
    return issued_on + timedelta(days=outlet.payment_terms_days)
