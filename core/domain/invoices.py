"""Invoices: one an order, numbered after it, holding the order as it was invoiced."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from core.domain.orders import Order
from core.domain.outlets import Outlet


class InvoiceStatus(StrEnum):
    """Where an invoice stands. A closed one can no longer change; a void one stays listed."""

    OPEN = "open"
    CLOSED = "closed"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Invoice:
    """An order as invoiced to an outlet. Dates are the supplier's; amounts and currency are the order's."""

    number: str
    order: Order
    outlet: Outlet
    issued_on: date
    due_on: date
    status: InvoiceStatus = InvoiceStatus.OPEN

    @property
    def order_number(self) -> str:
        """The number of the order that it invoices."""
        return self.order.number or ""

    @property
    def version(self) -> int:
        """The version of the order that it invoices."""
        return self.order.version


def invoice_number(order_number: str) -> str:
    """`INV-` and the digits of the order number, so that making an invoice twice gives one number.

    Raises ValueError for an order number without a digit.
    """
    digits = "".join(mark for mark in order_number if mark in "0123456789")
    if not digits:
        raise ValueError(f"order number {order_number!r} has no digit to number an invoice after")
    return f"INV-{digits}"


def due_date(issued_on: date, outlet: Outlet) -> date:
    """When an invoice is to be paid: the outlet's payment terms in calendar days after its date."""
    return issued_on + timedelta(days=outlet.payment_terms_days)
