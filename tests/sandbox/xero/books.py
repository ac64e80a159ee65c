"""What a bookkeeper does in Xero's own screens, behind the app's back."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.sandbox.xero.lines import read_lines
from tests.sandbox.xero.organisations import Organisation
from tests.sandbox.xero.records import Contact, CreditNote, Invoice, Payment
from tests.sandbox.xero.webhooks import Webhooks
from tests.sandbox.xero.wire import Json, dumps, loads

LINE: Json = {
    "Description": "Entered by hand",
    "Quantity": 1,
    "UnitAmount": 100,
    "AccountCode": "200",
    "TaxType": "OUTPUTY24",
}


class Bookkeeper(Webhooks):
    """Paying, voiding, editing and entering; each is a change that the webhooks tell of.

    Documents are named by number, or by id; `organisation` is the first one unless another is given.
    """

    def add_organisation(self, name: str, *, currency: str = "SGD", connected: bool = False) -> Organisation:
        """Other books of the same user."""
        organisation = Organisation(name, currency=currency)
        self.organisations.append(organisation)
        if connected:
            self._consent([organisation])
        return organisation

    def invoice(self, number: str, organisation: Organisation | None = None) -> Invoice:
        """An invoice, by number among those that are not deleted, or by id."""
        tenant_id = (organisation or self.organisation).tenant_id
        found = self.find(self.invoices, tenant_id, number)
        if found is None:
            raise LookupError(number)
        return found

    def add_contact(
        self, name: str, number: str | None = None, organisation: Organisation | None = None, **fields: Any
    ) -> Contact:
        """A contact that was there before the app; `fields` as the API names them."""
        tenant_id = (organisation or self.organisation).tenant_id
        contact = Contact(tenant_id=tenant_id, name=name, number=number, fields=fields, updated=self.now())
        self.contacts.append(contact)
        self.changed("CONTACT", contact, "CREATE", by_app=False)
        return contact

    def archive_contact(self, contact: Contact) -> None:
        """A contact that no new document may name."""
        contact.status = "ARCHIVED"
        self.changed("CONTACT", contact, "UPDATE", by_app=False)

    def add_invoice(
        self,
        contact: Contact,
        number: str,
        lines: Iterable[Mapping[str, Any]] = (LINE,),
        *,
        status: str = "AUTHORISED",
        on: date | None = None,
        due: date | None = None,
        reference: str = "",
    ) -> Invoice:
        """An invoice entered by hand; lines as the API writes them, amounts before tax."""
        organisation = self.organisation_of(contact.tenant_id)
        day = on or self.today(organisation)
        invoice = Invoice(
            tenant_id=contact.tenant_id,
            type="ACCREC",
            number=number,
            contact=contact,
            on=day,
            due=due or day + timedelta(days=30),
            status=status,
            amounts="Exclusive",
            currency=organisation.currency,
            lines=self._lines(organisation, lines),
            updated=self.now(),
            reference=reference,
        )
        self.invoices.append(invoice)
        self.changed("INVOICE", invoice, "CREATE", by_app=False)
        return invoice

    def pay(
        self,
        number: str,
        amount: Decimal | str | None = None,
        *,
        on: date | None = None,
        reference: str = "",
        organisation: Organisation | None = None,
    ) -> Payment:
        """Enter a payment, of all that is owed unless an amount is given. Raises ValueError for too much."""
        invoice = self.invoice(number, organisation)
        paid = invoice.due_amount if amount is None else Decimal(amount).quantize(Decimal("0.01"))
        if invoice.status != "AUTHORISED" or not 0 < paid <= invoice.due_amount:
            raise ValueError(f"{number} is {invoice.status} and owes {invoice.due_amount}")
        day = on or self.today(self.organisation_of(invoice.tenant_id))
        payment = Payment(
            tenant_id=invoice.tenant_id, invoice=invoice, amount=paid, on=day, updated=self.now(), reference=reference
        )
        self.payments.append(payment)
        invoice.payments.append(payment)
        invoice.settle(day)
        self.changed("INVOICE", invoice, "UPDATE", by_app=False)
        return payment

    def unpay(self, payment: Payment) -> None:
        """Take a payment back."""
        payment.status, payment.updated = "DELETED", self.now()
        payment.invoice.settle(payment.on)
        self.changed("INVOICE", payment.invoice, "UPDATE", by_app=False)

    def void(self, number: str, organisation: Organisation | None = None) -> Invoice:
        """Void an approved invoice, delete a draft. Raises ValueError where money stands against it."""
        invoice = self.invoice(number, organisation)
        if invoice.touched or invoice.status not in ("DRAFT", "SUBMITTED", "AUTHORISED"):
            raise ValueError(f"{number} is {invoice.status}, paid {invoice.paid}, credited {invoice.allocated}")
        invoice.status = "VOIDED" if invoice.status == "AUTHORISED" else "DELETED"
        self.changed("INVOICE", invoice, "UPDATE", by_app=False)
        return invoice

    def edit(
        self,
        number: str,
        *,
        lines: Iterable[Mapping[str, Any]] | None = None,
        organisation: Organisation | None = None,
        **changes: Any,
    ) -> Invoice:
        """Change an invoice: attributes of `Invoice` (number, reference, due, on, contact, ...), or its lines."""
        invoice = self.invoice(number, organisation)
        if lines is not None:
            invoice.lines = self._lines(self.organisation_of(invoice.tenant_id), lines)
        for name, value in changes.items():
            if not hasattr(invoice, name):
                raise AttributeError(name)
            setattr(invoice, name, value)
        self.changed("INVOICE", invoice, "UPDATE", by_app=False)
        return invoice

    def mark_sent(self, number: str, organisation: Organisation | None = None) -> Invoice:
        """Mark as sent."""
        return self.edit(number, organisation=organisation, sent=True)

    def credit(self, number: str, amount: Decimal | str, note_number: str) -> CreditNote:
        """A credit note over an amount without tax, set against an invoice."""
        invoice = self.invoice(number)
        organisation = self.organisation_of(invoice.tenant_id)
        line = LINE | {"Description": "Credit", "UnitAmount": Decimal(amount), "TaxType": "NONE"}
        note = CreditNote(
            tenant_id=invoice.tenant_id,
            type="ACCRECCREDIT",
            number=note_number,
            contact=invoice.contact,
            on=self.today(organisation),
            due=None,
            status="AUTHORISED",
            amounts="Exclusive",
            currency=invoice.currency,
            lines=self._lines(organisation, [line]),
            updated=self.now(),
        )
        self.credit_notes.append(note)
        self.allocate(note, invoice, note.total, by_app=False)
        return note

    def _lines(self, organisation: Organisation, lines: Iterable[Mapping[str, Any]]) -> list[Any]:
        raw: list[Json] = loads(dumps([dict(line) for line in lines]))
        return read_lines(raw, organisation, type="ACCREC", amounts="Exclusive", unit_places=2, complete=True)
