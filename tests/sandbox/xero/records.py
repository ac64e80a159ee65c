"""What is kept in the books: contacts, invoices, credit notes, payments and allocations."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import uuid4

from tests.sandbox.xero.wire import Json, rounded

ZERO = Decimal("0.00")


def new_id() -> str:
    """A fresh identifier."""
    return str(uuid4())


@dataclass(slots=True, kw_only=True)
class Contact:
    """A customer. `fields` are those that the API wrote besides; `by_name`: an invoice that named nothing else made it.

    `from_api`: made by the app, not by a bookkeeper.
    """

    tenant_id: str
    name: str
    updated: datetime
    number: str | None = None
    id: str = field(default_factory=new_id)
    status: str = "ACTIVE"
    fields: Json = field(default_factory=dict)
    by_name: bool = False
    from_api: bool = False


@dataclass(slots=True, kw_only=True)
class Line:
    """A line of a document; `amount` is what LineAmount says, with or without tax as the document has it."""

    description: str
    quantity: Decimal | None
    unit_amount: Decimal | None
    account_code: str | None
    tax_type: str | None
    amount: Decimal
    tax: Decimal
    discount_rate: Decimal | None = None
    item_code: str | None = None
    id: str = field(default_factory=new_id)


@dataclass(slots=True, kw_only=True)
class Payment:
    """Money that came in for an invoice."""

    tenant_id: str
    invoice: "Invoice"
    amount: Decimal
    on: date
    updated: datetime
    reference: str = ""
    status: str = "AUTHORISED"
    id: str = field(default_factory=new_id)


@dataclass(slots=True, kw_only=True)
class Allocation:
    """A part of a credit note that was set against an invoice."""

    credit_note: "CreditNote"
    invoice: "Invoice"
    amount: Decimal
    on: date
    id: str = field(default_factory=new_id)


@dataclass(slots=True, kw_only=True)
class Document:
    """What an invoice and a credit note have in common. Amounts are in `currency`."""

    tenant_id: str
    type: str
    number: str
    contact: Contact
    on: date
    due: date | None
    status: str
    amounts: str
    currency: str
    lines: list[Line]
    updated: datetime
    reference: str = ""
    id: str = field(default_factory=new_id)
    fields: Json = field(default_factory=dict)
    sent: bool = False
    from_api: bool = False
    fully_paid_on: date | None = None
    allocations: list[Allocation] = field(default_factory=list)

    @property
    def total_tax(self) -> Decimal:
        """The tax of all lines."""
        return sum((line.tax for line in self.lines), ZERO)

    @property
    def sub_total(self) -> Decimal:
        """The document without tax."""
        gross = sum((line.amount for line in self.lines), ZERO)
        return gross - self.total_tax if self.amounts == "Inclusive" else gross

    @property
    def total(self) -> Decimal:
        """The document with tax."""
        return self.sub_total + self.total_tax

    @property
    def touched(self) -> bool:
        """Whether money or credit stands against it."""
        return bool(self.allocations)

    @property
    def allocated(self) -> Decimal:
        """What was credited against it, or out of it."""
        return sum((allocation.amount for allocation in self.allocations), ZERO)


@dataclass(slots=True, kw_only=True)
class Invoice(Document):
    """A sales invoice (ACCREC), or a bill (ACCPAY) that a bookkeeper entered."""

    payments: list[Payment] = field(default_factory=list)

    @property
    def paid(self) -> Decimal:
        """What came in for it."""
        return sum((payment.amount for payment in self.payments if payment.status == "AUTHORISED"), ZERO)

    @property
    def due_amount(self) -> Decimal:
        """What is still owed."""
        return ZERO if self.status in ("VOIDED", "DELETED") else self.total - self.paid - self.allocated

    @property
    def touched(self) -> bool:
        """Whether money or credit stands against it."""
        return bool(self.paid or self.allocations)

    def settle(self, on: date) -> None:
        """Let the status follow what was paid and credited."""
        if self.status == "AUTHORISED" and self.due_amount <= 0:
            self.status, self.fully_paid_on = "PAID", on
        elif self.status == "PAID" and self.due_amount > 0:
            self.status, self.fully_paid_on = "AUTHORISED", None


@dataclass(slots=True, kw_only=True)
class CreditNote(Document):
    """A sales credit note (ACCRECCREDIT)."""

    @property
    def remaining(self) -> Decimal:
        """What of it can still be allocated."""
        return ZERO if self.status in ("VOIDED", "DELETED") else self.total - self.allocated

    def settle(self, on: date) -> None:
        """Let the status follow what was allocated."""
        if self.status == "AUTHORISED" and self.remaining <= 0:
            self.status, self.fully_paid_on = "PAID", on
        elif self.status == "PAID" and self.remaining > 0:
            self.status, self.fully_paid_on = "AUTHORISED", None


def percent_of(amount: Decimal, percent: Decimal, amounts: str) -> Decimal:
    """The tax of a line, half up to the cent: on top of the amount, or within it."""
    if amounts == "NoTax":
        return ZERO
    if amounts == "Inclusive":
        return rounded(amount - amount / (1 + percent / 100))
    return rounded(amount * percent / 100)
