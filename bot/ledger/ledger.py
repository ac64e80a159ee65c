"""The default accounting: invoices numbered, kept in the database, and printed on demand."""

import asyncio
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Protocol

from bot.ledger.account import Account
from bot.ledger.document import render
from bot.ledger.export import Form, register_csv, xero_csv
from bot.ledger.supplier import Supplier
from core.domain.invoices import (
    INVOICE_PREFIX,
    Invoice,
    InvoiceStatus,
    Receivable,
    Statement,
    due_date,
    invoice_number,
)
from core.domain.orders import Order, OrderStatus
from core.domain.outlets import Outlet
from core.errors import DeskError, InvalidInput
from core.ports import Clock

_MOST_LISTED = 500  # of an outlet's invoices
_AHEAD = timedelta(days=92)  # what is paid before it is ordered


class InvoiceClosed(DeskError):
    """The order changed after its invoice was paid or closed; a person must settle the difference."""

    code = "invoice_closed"


class InvoiceBook(Protocol):
    """Where invoices are kept."""

    async def find(self, order_number: str) -> Invoice | None:
        """The invoice of an order, or None."""
        ...

    async def keep(self, invoice: Invoice) -> Invoice:
        """Write an invoice and return what is stored then.

        A new order number is inserted. A stored invoice is replaced only by one of a higher version while it
        is open, or by a void of its own version or a higher one; its date of issue and number stay. Safe when
        two processes keep the same invoice at once.
        """
        ...

    async def issued(self, first: date, last: date) -> list[Invoice]:
        """Invoices dated within both days, void ones included, by number."""
        ...

    async def account_of(self, outlet: str, today: date, limit: int) -> Account:
        """What an outlet owes in all, and its invoices, void ones included, with all open ones before others."""
        ...

    async def numbered(self, number: str) -> Invoice | None:
        """The invoice of a number, its own or its order's, or None."""
        ...

    async def listed(self, outlet: str | None, limit: int, *, open_only: bool) -> list[Invoice]:
        """The newest invoices, of an outlet or of all."""
        ...

    async def pay(self, number: str, on: date) -> bool:
        """Mark an open invoice paid. False, and no change, where it is not open or its order has gone on since."""
        ...

    async def unpay(self, number: str) -> bool:
        """Mark a paid invoice open again. False, and no change, where it is not paid."""
        ...

    async def close(self, order_number: str) -> None:
        """Mark an open invoice closed."""
        ...


class Ledger:
    """Implements `core.ports.Accounting` over an invoice book. `prefix` is what numbers of new invoices begin with."""

    def __init__(self, book: InvoiceBook, supplier: Supplier, clock: Clock, prefix: str = INVOICE_PREFIX) -> None:
        self._book = book
        self._supplier = supplier
        self._clock = clock
        self._prefix = prefix

    async def invoice(self, order: Order, outlet: Outlet) -> Invoice:
        """Invoice a confirmed order, or void the invoice of a cancelled one; harmless when repeated.

        An older version than the stored one changes nothing. A paid or closed invoice stays as it is: raises
        InvoiceClosed when the order changed after that, ValueError for a draft.
        """
        kept = await self.record(order, outlet)
        changed = kept.version < order.version or order.status is OrderStatus.CANCELLED
        if kept.status is InvoiceStatus.CLOSED and changed:
            raise InvoiceClosed(f"{kept.number} is closed; order {order.number} needs a credit note")
        if kept.status is InvoiceStatus.PAID and changed:
            raise InvoiceClosed(
                f"{kept.number} was paid before order {order.number} was {_what_happened(order)}: settle the "
                f"difference, or take the payment back (`resupply invoices unpaid {kept.number}`) and retry"
            )
        return kept

    async def record(self, order: Order, outlet: Outlet) -> Invoice:
        """Keep the invoice of an order as far as the book lets it change; what is kept then.

        Raises ValueError for a draft.
        """
        if order.status is OrderStatus.DRAFT or order.number is None:
            raise ValueError("a draft cannot be invoiced")
        void = order.status is OrderStatus.CANCELLED
        issued_on = self._issue_date(order.placed_at)
        return await self._book.keep(
            Invoice(
                number=invoice_number(order.number, self._prefix),
                order=order,
                outlet=outlet,
                issued_on=issued_on,
                due_on=due_date(issued_on, outlet),
                status=InvoiceStatus.VOID if void else InvoiceStatus.OPEN,
            )
        )

    async def document(self, order_number: str) -> bytes | None:
        """The invoice of an order as PDF, or None while it has none."""
        invoice = await self._book.find(order_number)
        if invoice is None:
            return None
        return await asyncio.to_thread(render, invoice, self._supplier)

    async def statement(self, outlet: Outlet) -> Statement:
        """What an outlet owes by the ledger: its open invoices in full, for one is paid in full or not."""
        now = self._clock.now()
        account = await self._book.account_of(outlet.code, now.date(), _MOST_LISTED)
        found = tuple(map(_receivable, account.invoices))
        return Statement(
            receivables=found,
            owed=account.owed,
            overdue=account.overdue,
            currency=found[0].currency if found else "",
            as_of=now,
        )

    async def standing(self, order_number: str) -> Receivable | None:
        """What of an order's invoice is owed; None while it has none."""
        invoice = await self._book.find(order_number)
        return _receivable(invoice) if invoice is not None else None

    async def find(self, order_number: str) -> Invoice | None:
        """The invoice of an order, or None while it has none."""
        return await self._book.find(order_number)

    async def issued(self, first: date, last: date) -> list[Invoice]:
        """Invoices dated within both days, void ones included, by number."""
        return await self._book.issued(first, last)

    async def export(self, first: date, last: date, form: str = Form.REGISTER) -> str:
        """Those invoices as CSV: a register, or lines as Xero imports them (`Form`)."""
        issued = await self._book.issued(first, last)
        if Form(form) is Form.XERO:
            return await asyncio.to_thread(xero_csv, issued, self._supplier)
        return await asyncio.to_thread(register_csv, issued)

    async def close(self, order_number: str) -> None:
        """Let an order's invoice change no more, as when its period is closed."""
        await self._book.close(order_number)

    async def listed(self, outlet: str | None, limit: int, *, open_only: bool) -> list[Invoice]:
        """The newest invoices, of an outlet or of all: every one, or the open ones."""
        return await self._book.listed(outlet, limit, open_only=open_only)

    async def mark_paid(self, number: str, on: date | None = None) -> Invoice:
        """Record that an invoice was paid in full, today where no day is given; the invoice as it is then.

        Raises InvalidInput for a day to come, one long before the invoice, an unknown invoice, one that is not open,
        and one whose order has changed since, having changed nothing.
        """
        today = self._clock.now().date()
        day = on or today
        if day > today:
            raise InvalidInput(f"{day} is still to come; an invoice is marked once it is paid")
        found = await self._numbered(number)
        if day < found.issued_on - _AHEAD:
            raise InvalidInput(f"{day} is long before {found.number} was made, on {found.issued_on}; see the year")
        if await self._book.pay(found.number, day):
            return await self._numbered(found.number)
        found = await self._numbered(found.number)
        if found.status is InvoiceStatus.OPEN:
            raise InvalidInput(f"order {found.order_number} has changed; mark {found.number} once it has followed")
        when = f" on {found.paid_on}" if found.paid_on else ""
        raise InvalidInput(f"{found.number} cannot be marked paid: it is {found.status.value}{when} already")

    async def mark_unpaid(self, number: str) -> Invoice:
        """Take back that an invoice was paid; the invoice as it is then.

        Raises InvalidInput for an unknown invoice and one that is not paid, having changed nothing.
        """
        found = await self._numbered(number)
        if not await self._book.unpay(found.number):
            raise InvalidInput(f"{found.number} is not paid: it is {found.status.value}")
        return await self._numbered(found.number)

    async def _numbered(self, number: str) -> Invoice:
        found = await self._book.numbered(number.strip())
        if found is None:
            raise InvalidInput(f"there is no invoice {number}")
        return found

    async def stop(self) -> None:
        """Nothing is under way beyond a call."""

    def _issue_date(self, placed_at: datetime | None) -> date:
        """The day the order was placed, in the supplier's time zone, so that a late job dates it the same."""
        now = self._clock.now()
        return placed_at.astimezone(now.tzinfo).date() if placed_at else now.date()


def _receivable(invoice: Invoice) -> Receivable:
    order = invoice.order
    owed = order.total if invoice.status is InvoiceStatus.OPEN else Decimal(0)
    return Receivable(
        number=invoice.number,
        order_number=invoice.order_number,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        total=order.total,
        amount_due=owed,
        currency=order.currency,
        status=invoice.status,
        paid_on=invoice.paid_on,
    )


def _what_happened(order: Order) -> str:
    return "cancelled" if order.status is OrderStatus.CANCELLED else "changed"
