"""An invoice as we mean it and as Xero shows it, in one form, so that the two can be compared to the cent."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.ledger.export import tax_by_line
from core.domain.money import tax_on
from core.domain.orders import Order, OrderLine

Json = Mapping[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_DIFFERENCE = 600


@dataclass(frozen=True, slots=True)
class BillLine:
    """A line. Money before tax but for `tax`; `extras` is what a bookkeeper may add: discount and tracking."""

    item_code: str
    description: str
    quantity: Decimal
    unit_amount: Decimal
    account: str
    tax_type: str
    tax: Decimal
    amount: Decimal
    extras: str = ""

    def __str__(self) -> str:
        goods = f"{self.item_code} {self.description}".strip()
        coded = f"account {self.account or 'none'}, {self.tax_type or 'no tax type'}, tax {self.tax:.2f}"
        price = f"{_plain(self.quantity)} x {goods} at {_plain(self.unit_amount)} = {self.amount:.2f}"
        return " ".join(f"{price} ({coded}) {self.extras}".split())


@dataclass(frozen=True, slots=True)
class Bill:
    """What has to be the same for an invoice to be the order's. Its status is not part of it.

    A contact is told by its id; `contact_name` is for people.
    """

    number: str
    contact_id: str
    reference: str
    issued_on: date
    due_on: date | None
    currency: str
    amounts: str
    lines: tuple[BillLine, ...]
    total: Decimal
    contact_name: str = field(default="", compare=False)

    @property
    def digest(self) -> str:
        """Tells whether two bills are the same."""
        return hashlib.sha256("\n".join(f"{name}: {value}" for name, value in self._facts()).encode()).hexdigest()

    def difference(self, other: "Bill") -> str:
        """What `other`, as Xero has it, has otherwise than this one; "" where nothing."""
        theirs = dict(other._facts())
        mine = dict(self._facts())
        apart = [name for name in dict.fromkeys([*mine, *theirs]) if mine.get(name) != theirs.get(name)]
        theirs["contact"], mine["contact"] = contacts_apart(
            (other.contact_name, other.contact_id), (self.contact_name, self.contact_id)
        )
        found = [f"{name} is {theirs.get(name, 'not there')}, not {mine.get(name, 'there')}" for name in apart]
        return "; ".join(found)[:_LONGEST_DIFFERENCE]

    def _facts(self) -> list[tuple[str, str]]:
        return [
            ("number", self.number),
            ("contact", self.contact_id),
            ("reference", self.reference),
            ("date", self.issued_on.isoformat()),
            ("due date", self.due_on.isoformat() if self.due_on else "none"),
            ("currency", self.currency),
            ("amounts", self.amounts),
            *((f"line {place}", str(line)) for place, line in enumerate(self.lines, 1)),
            ("total", f"{self.total:.2f}"),
        ]


@dataclass(frozen=True, slots=True)
class Booked:
    """An invoice in Xero. `bill` is meaningless where it was listed without its lines."""

    invoice_id: str
    status: str
    bill: Bill
    amount_due: Decimal
    paid: Decimal
    credited: Decimal
    sent: bool
    paid_on: date | None
    changed_at: datetime | None

    @property
    def number(self) -> str:
        """Its number."""
        return self.bill.number

    @property
    def gone(self) -> bool:
        """Whether it is void, or a draft that was deleted."""
        return self.status in ("VOIDED", "DELETED")

    @property
    def editable(self) -> bool:
        """Whether it may still be changed: nobody has seen it, and no money stands against it."""
        open_ = self.status in ("DRAFT", "SUBMITTED", "AUTHORISED")
        return open_ and not (self.sent or self.paid or self.credited)


@dataclass(frozen=True, slots=True)
class Coding:
    """How the organisation wants a line written: account, tax type, and which item codes it knows."""

    account: str
    tax_type: str
    items: frozenset[str] = frozenset()


def contacts_apart(*contacts: tuple[str, str]) -> list[str]:
    """Contacts, each a name and an id, as people tell them apart: by name, with the id where that does not."""
    names = [name for name, _ in contacts]
    return [name if name and names.count(name) == 1 else f"{name} ({key})".strip() for name, key in contacts]


def bill_of(order: Order, number: str, contact: tuple[str, str], days: tuple[date, date], coding: Coding) -> Bill:
    """The invoice of an order; `contact` is its id and name, `days` are its date and its due date."""
    taxes = _taxes(order)
    return Bill(
        number=number,
        contact_id=contact[0].lower(),
        reference=order.number or "",
        issued_on=days[0],
        due_on=days[1],
        currency=order.currency,
        amounts="Exclusive",
        lines=tuple(_line(line, tax, coding) for line, tax in zip(order.lines, taxes, strict=True)),
        total=order.total,
        contact_name=contact[1],
    )


def body_of(bill: Bill, tax_rate: Decimal, status: str | None = None) -> dict[str, Any]:
    """A bill as it is sent. Taxes go along only where Xero, which rounds line by line, would come to another sum."""
    told = any(line.tax != tax_on(line.amount, tax_rate) for line in bill.lines)
    body: dict[str, Any] = {
        "Type": "ACCREC",
        "InvoiceNumber": bill.number,
        "Reference": bill.reference,
        "Contact": {"ContactID": bill.contact_id},
        "Date": bill.issued_on,
        "DueDate": bill.due_on,
        "CurrencyCode": bill.currency,
        "LineAmountTypes": bill.amounts,
        "LineItems": [_line_body(line, with_tax=told) for line in bill.lines],
    }
    return body | ({"Status": status} if status else {})


def booked(shown: Json) -> Booked:
    """An invoice out of Xero's answer. Raises KeyError, TypeError or ValueError for one that cannot be read."""
    contact = shown.get("Contact") or {}
    return Booked(
        invoice_id=_text(shown["InvoiceID"]).lower(),
        status=_text(shown["Status"]),
        bill=Bill(
            number=_text(shown["InvoiceNumber"]),
            contact_id=_text(contact.get("ContactID")).lower(),
            reference=_text(shown.get("Reference")),
            issued_on=day_of(shown["Date"]),
            due_on=day_of(shown["DueDate"]) if shown.get("DueDate") else None,
            currency=_text(shown.get("CurrencyCode")),
            amounts=_text(shown.get("LineAmountTypes")),
            lines=tuple(_shown_line(line) for line in shown.get("LineItems") or ()),
            total=amount_of(shown, "Total"),
            contact_name=_text(contact.get("Name")),
        ),
        amount_due=amount_of(shown, "AmountDue"),
        paid=amount_of(shown, "AmountPaid"),
        credited=amount_of(shown, "AmountCredited"),
        sent=bool(shown.get("SentToContact")),
        paid_on=day_of(shown["FullyPaidOnDate"]) if shown.get("FullyPaidOnDate") else None,
        changed_at=moment_of(shown["UpdatedDateUTC"]) if shown.get("UpdatedDateUTC") else None,
    )


def amount_of(shown: Json, name: str) -> Decimal:
    """An amount of an answer; 0 where it has none."""
    return Decimal(shown.get(name) or 0)


def moment_of(text: str) -> datetime:
    """A moment as Xero writes it, /Date(1795478400000+0000)/: milliseconds, always of UTC."""
    digits = text.removeprefix("/Date(").removesuffix(")/")
    return _EPOCH + timedelta(milliseconds=int(digits.partition("+")[0]))


def day_of(text: str) -> date:
    """A day as Xero writes it: midnight in UTC, whatever the organisation's zone."""
    return moment_of(text).date()


def _taxes(order: Order) -> Sequence[Decimal]:
    """The tax of each line, adding up to the order's: Xero's own rounding where that does, else shared out."""
    totals = [line.line_total for line in order.lines]
    by_line = [tax_on(total, order.tax_rate) for total in totals]
    return by_line if sum(by_line, Decimal(0)) == order.tax else tax_by_line(totals, order.tax)


def _line(line: OrderLine, tax: Decimal, coding: Coding) -> BillLine:
    known = line.sku in coding.items
    words = f"{line.name} ({line.unit} of {line.pieces_per_unit})"
    return BillLine(
        item_code=line.sku if known else "",
        description=_text(words if known else f"{words} {line.sku}"),
        quantity=Decimal(line.quantity),
        unit_amount=line.unit_price,
        account=coding.account,
        tax_type=coding.tax_type,
        tax=tax,
        amount=line.line_total,
    )


def _line_body(line: BillLine, *, with_tax: bool) -> dict[str, Any]:
    body: dict[str, Any] = {
        "Description": line.description,
        "Quantity": line.quantity,
        "UnitAmount": line.unit_amount,
        "TaxType": line.tax_type,
    }
    body |= {"ItemCode": line.item_code} if line.item_code else {}
    body |= {"AccountCode": line.account} if line.account else {}
    return body | ({"TaxAmount": line.tax} if with_tax else {})


def _shown_line(line: Json) -> BillLine:
    extras = [f"discount {line[name]}" for name in ("DiscountRate", "DiscountAmount") if line.get(name)]
    extras += [f"{each.get('Name')}: {each.get('Option')}" for each in line.get("Tracking") or ()]
    return BillLine(
        item_code=_text(line.get("ItemCode")),
        description=_text(line.get("Description")),
        quantity=amount_of(line, "Quantity"),
        unit_amount=amount_of(line, "UnitAmount"),
        account=_text(line.get("AccountCode")),
        tax_type=_text(line.get("TaxType")),
        tax=amount_of(line, "TaxAmount"),
        amount=amount_of(line, "LineAmount"),
        extras=", ".join(extras),
    )


def _plain(number: Decimal) -> str:
    """A number without zeros that say nothing: 30 and 30.00 are the same."""
    return f"{number.normalize():f}"


def _text(value: Any) -> str:
    """A text on one line, as both sides may write it with other blanks."""
    return " ".join(str(value).split()) if value is not None else ""
