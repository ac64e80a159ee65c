"""The routes of /CreditNotes, their allocations, and /Payments."""

from datetime import date
from decimal import Decimal

from aiohttp import web

from tests.sandbox.xero.answers import unit_places
from tests.sandbox.xero.bodies import day, number, only_known, text
from tests.sandbox.xero.invoice_api import InvoiceApi
from tests.sandbox.xero.organisations import Organisation
from tests.sandbox.xero.pdf import small_pdf
from tests.sandbox.xero.records import Allocation, CreditNote, Invoice
from tests.sandbox.xero.refusals import Problem, conflict, not_found
from tests.sandbox.xero.shown import shown_credit_note, shown_payment
from tests.sandbox.xero.wire import Json, ms_date, rounded

UNIQUE = "Credit Note # must be unique."


class CreditNoteApi(InvoiceApi):
    """Creating and showing credit notes, allocating them to invoices, and listing payments."""

    async def _save_credit_notes(self, request: web.Request) -> web.StreamResponse:
        return await self._batch(request, "CreditNotes", self._save_credit_note)

    async def _list_credit_notes(self, request: web.Request) -> web.StreamResponse:
        tenant_id, places = self.tenant(request).tenant_id, unit_places(request)
        summary = "page" not in request.query
        kept = [note for note in self.credit_notes if note.tenant_id == tenant_id]
        shown = [shown_credit_note(note, unit_places=places, summary=summary) for note in kept]
        return self._list(request, "CreditNotes", shown, "UpdatedDateUTC", frozenset({"unitdp"}))

    async def _one_credit_note(self, request: web.Request) -> web.StreamResponse:
        note = self._note_of(request)
        if request.method == "POST":
            return await self._batch(
                request, "CreditNotes", lambda organisation, it, _: self._update_note(note, organisation, it, request)
            )
        return self._answer("CreditNotes", [shown_credit_note(note, unit_places=unit_places(request))])

    async def _credit_note_pdf(self, request: web.Request) -> web.StreamResponse:
        note = self._note_of(request)
        body = small_pdf("CREDIT NOTE", note.number, note.contact.name, f"{note.currency} {note.total}")
        named = {"Content-Disposition": f'attachment; filename="{note.number}.pdf"'}
        return web.Response(body=body, content_type="application/pdf", headers=named)

    async def _allocate(self, request: web.Request) -> web.StreamResponse:
        note = self._note_of(request)
        return await self._batch(
            request, "Allocations", lambda organisation, element, _: self._allocation(note, organisation, element)
        )

    async def _delete_allocation(self, request: web.Request) -> web.StreamResponse:
        note, id = self._note_of(request), request.path.rsplit("/", 1)[1].lower()
        found = next((allocation for allocation in note.allocations if allocation.id == id), None)
        if found is None:
            raise not_found()
        note.allocations.remove(found)
        found.invoice.allocations.remove(found)
        self._settled(note, found.invoice)
        return self._answer("Allocations", [{"AllocationID": found.id, "Amount": found.amount, "IsDeleted": True}])

    async def _list_payments(self, request: web.Request) -> web.StreamResponse:
        tenant_id = self.tenant(request).tenant_id
        shown = [shown_payment(payment) for payment in self.payments if payment.tenant_id == tenant_id]
        return self._list(request, "Payments", shown, "UpdatedDateUTC", frozenset())

    async def _one_payment(self, request: web.Request) -> web.StreamResponse:
        tenant_id, id = self.tenant(request).tenant_id, request.path.rsplit("/", 1)[1].lower()
        found = [it for it in self.payments if it.tenant_id == tenant_id and it.id == id]
        if not found:
            raise not_found()
        return self._answer("Payments", [shown_payment(found[0])])

    def _note_of(self, request: web.Request) -> CreditNote:
        note = self.find(self.credit_notes, self.tenant(request).tenant_id, request.match_info["key"])
        if note is None:
            raise not_found(wrong=False)
        return note

    def _save_credit_note(self, organisation: Organisation, element: Json, request: web.Request) -> Json:
        only_known(element, "CreditNote")
        if element.get("Type", "ACCRECCREDIT" if "CreditNoteID" in element else None) != "ACCRECCREDIT":
            raise Problem("Type: only ACCRECCREDIT is known to this stand-in")
        given, tenant_id = text(element, "CreditNoteNumber"), organisation.tenant_id
        key = element.get("CreditNoteID", given)
        existing = self.find(self.credit_notes, tenant_id, str(key)) if key else None
        if existing is not None and request.method == "PUT":
            raise conflict(UNIQUE)
        if existing is not None:
            return self._update_note(existing, organisation, element, request)
        if "CreditNoteID" in element:
            raise Problem("Credit note with the specified CreditNoteID could not be found")
        taken = {it.number.casefold() for it in self.credit_notes if it.tenant_id == tenant_id}
        free = given or self._free_number(organisation, "CN", taken)
        note = self._new_document(CreditNote, organisation, element, free, request)
        self.credit_notes.append(note)
        self.changed("CREDITNOTE", note, "CREATE", by_app=True)
        return shown_credit_note(note, unit_places=unit_places(request))

    def _update_note(self, note: CreditNote, organisation: Organisation, element: Json, request: web.Request) -> Json:
        only_known(element, "CreditNote")
        renamed = text(element, "CreditNoteNumber") or note.number
        others = [it for it in self.credit_notes if it is not note]
        if self.find(others, note.tenant_id, renamed) is not None:
            raise conflict(UNIQUE)
        self._overwrite(note, organisation, element, request)
        note.number = renamed
        if "LineItems" in element:
            self.overwritten.append(renamed)
        self.changed("CREDITNOTE", note, "UPDATE", by_app=True)
        return shown_credit_note(note, unit_places=unit_places(request))

    def _allocation(self, note: CreditNote, organisation: Organisation, element: Json) -> Json:
        only_known(element, "Allocation")
        target, amount, on = element.get("Invoice"), number(element, "Amount"), day(element, "Date")
        if not isinstance(target, dict) or amount is None or on is None:
            raise Problem("An allocation needs an Invoice, an Amount and a Date")
        key = str(target.get("InvoiceID") or target.get("InvoiceNumber") or "")
        invoice = self.find(self.invoices, organisation.tenant_id, key)
        if invoice is None:
            raise Problem("Invoice could not be found")
        self._check_allocation(note, invoice, amount)
        return self.allocate(note, invoice, amount, on)

    def allocate(
        self, note: CreditNote, invoice: Invoice, amount: Decimal, on: date | None = None, *, by_app: bool = True
    ) -> Json:
        """Set a part of a credit note against an invoice."""
        day_ = on or self.today(self.organisation_of(note.tenant_id))
        allocation = Allocation(credit_note=note, invoice=invoice, amount=rounded(amount), on=day_)
        note.allocations.append(allocation)
        invoice.allocations.append(allocation)
        self._settled(note, invoice, by_app=by_app)
        return {
            "AllocationID": allocation.id,
            "Amount": allocation.amount,
            "Date": ms_date(allocation.on),
            "Invoice": {"InvoiceID": invoice.id, "InvoiceNumber": invoice.number},
            "IsDeleted": False,
        }

    def _check_allocation(self, note: CreditNote, invoice: Invoice, amount: Decimal) -> None:
        if note.status != "AUTHORISED" or invoice.status != "AUTHORISED":
            raise conflict("Credit notes can only be allocated to, and from, approved documents")
        if note.contact is not invoice.contact or note.currency != invoice.currency:
            raise Problem("The invoice is of another contact or currency than the credit note")
        if amount <= 0 or amount != rounded(amount):
            raise Problem("The Amount must be greater than 0, and whole cents")
        if amount > note.remaining:
            raise conflict("The amount exceeds the remaining credit of the credit note")
        if amount > invoice.due_amount:
            raise conflict("The amount exceeds the amount outstanding on this document")

    def _settled(self, note: CreditNote, invoice: Invoice, *, by_app: bool = True) -> None:
        today = self.today(self.organisation_of(note.tenant_id))
        note.settle(today)
        invoice.settle(today)
        self.changed("CREDITNOTE", note, "UPDATE", by_app=by_app)
        self.changed("INVOICE", invoice, "UPDATE", by_app=by_app)
