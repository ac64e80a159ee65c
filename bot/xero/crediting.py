"""Taking an invoice back that was sent already, or that money stands against: a credit note over all of it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from bot.xero.api import XeroApi, XeroCreditNote, key_of
from bot.xero.bills import Booked, contacts_apart
from bot.xero.errors import InvoiceDiffers, XeroFailed, XeroRefused
from bot.xero.mirror import Mirror, Mirrored, MirroredNote
from core.ports import Clock


class Crediting:
    """Makes one credit note an invoice, under a number made from the invoice's, and sets it against that invoice."""

    def __init__(self, api: XeroApi, mirror: Mirror, clock: Clock) -> None:
        self._api = api
        self._mirror = mirror
        self._clock = clock

    async def begun(self, row: Mirrored) -> bool:
        """Whether we have begun to credit the invoice of a row."""
        return await self._mirror.note(note_number(row.order_number, row.revision)) is not None

    async def stands(self, row: Mirrored) -> bool:
        """Whether Xero has our credit note for the invoice of a row."""
        number = note_number(row.order_number, row.revision)
        note = await self._mirror.note(number)
        if note is None or note.credit_note_id is not None:
            return note is not None
        return await self._api.credit_note(number) is not None

    async def credit(self, row: Mirrored, invoice: Booked) -> MirroredNote:
        """Credit an invoice in full. What of it was paid already stays with the customer as a credit.

        Raises InvoiceDiffers where another credit note has the number, XeroRefused, or what a call raises.
        """
        number = note_number(row.order_number, row.revision)
        note = await self._mirror.note(number)
        if note is not None and note.state == "done":
            return note
        if note is None or note.credit_note_id is None:
            note = await self._made(row, invoice, number, note)
        return await self._allocated(note, invoice)

    async def _made(self, row: Mirrored, invoice: Booked, number: str, begun: MirroredNote | None) -> MirroredNote:
        """The note, looked up where it may be there already."""
        total = invoice.bill.total
        note = begun or MirroredNote(number, row.order_number, invoice.number, None, total, Decimal(0), "unsure")
        found = await self._api.credit_note(number) if begun is not None else None
        if found is None:
            await self._mirror.keep_note(note)
            found = await self._put(invoice, number, row.order_number)
        if difference := _difference(found, invoice):
            raise InvoiceDiffers(f"credit note {number} for {invoice.number} is not what it has to be: {difference}")
        note = replace(note, credit_note_id=found.credit_note_id, state="made")
        await self._mirror.keep_note(note)
        return note

    async def _put(self, invoice: Booked, number: str, order_number: str) -> XeroCreditNote:
        body = _body(invoice, number, order_number, self._clock.now().date())
        try:
            return await self._api.put_credit_note(body, key_of(number, invoice.bill.digest))
        except (XeroFailed, XeroRefused) as error:
            if isinstance(error, XeroRefused) and not error.taken:
                raise
            if (found := await self._api.credit_note(number)) is None:
                raise
            return found

    async def _allocated(self, note: MirroredNote, invoice: Booked) -> MirroredNote:
        """Set it against what is still owed. Twice is not possible: then nothing is owed, or nothing is left."""
        found = await self._api.credit_note(note.credit_note_id or "")
        remaining = found.remaining if found is not None else Decimal(0)
        amount = min(remaining, invoice.amount_due)
        if amount > 0 and found is not None:
            key = key_of(note.number, "allocate", amount)
            await self._api.allocate(found.credit_note_id, invoice.invoice_id, amount, self._clock.now().date(), key)
            remaining -= amount
        done = replace(note, allocated=note.total - remaining, state="done")
        await self._mirror.keep_note(done)
        return done


def note_number(order_number: str, revision: int) -> str:
    """`CN-`, the digits of the order number and which of its invoices it takes back."""
    digits = "".join(mark for mark in order_number if mark in "0123456789")
    return f"CN-{digits}-{revision}"


def _difference(found: XeroCreditNote, invoice: Booked) -> str:
    if found.status in ("VOIDED", "DELETED"):
        return f"it is {found.status.lower()}"
    bill, pairs = invoice.bill, dict[str, tuple[object, object]]()
    if found.total != bill.total:
        pairs["total"] = (found.total, bill.total)
    if found.contact_id != bill.contact_id:
        theirs, ours = contacts_apart((found.contact_name, found.contact_id), (bill.contact_name, bill.contact_id))
        pairs["contact"] = (theirs, ours)
    if found.currency != bill.currency:
        pairs["currency"] = (found.currency, bill.currency)
    return "; ".join(f"its {name} is {theirs}, not {ours}" for name, (theirs, ours) in pairs.items())


def _body(invoice: Booked, number: str, order_number: str, on: date) -> dict[str, Any]:
    """The invoice's own lines, taxes as they stand there."""
    bill = invoice.bill
    return {
        "Type": "ACCRECCREDIT",
        "CreditNoteNumber": number,
        "Reference": order_number,
        "Contact": {"ContactID": bill.contact_id},
        "Date": on,
        "CurrencyCode": bill.currency,
        "LineAmountTypes": bill.amounts,
        "Status": "AUTHORISED",
        "LineItems": [
            {
                "Description": line.description,
                "Quantity": line.quantity,
                "UnitAmount": line.unit_amount,
                "TaxType": line.tax_type,
                "TaxAmount": line.tax,
            }
            | ({"ItemCode": line.item_code} if line.item_code else {})
            | ({"AccountCode": line.account} if line.account else {})
            for line in bill.lines
        ],
    }
