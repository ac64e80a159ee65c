"""The routes of /Invoices.

PUT only creates, and refuses a number that stands in the books; POST overwrites the invoice with the number or id.
"""

from aiohttp import web

from tests.sandbox.xero.answers import unit_places
from tests.sandbox.xero.bodies import only_known, read, text
from tests.sandbox.xero.document_api import DocumentApi
from tests.sandbox.xero.organisations import Organisation
from tests.sandbox.xero.pdf import small_pdf
from tests.sandbox.xero.records import Invoice
from tests.sandbox.xero.refusals import Problem, conflict, invalid_json, not_found, validation
from tests.sandbox.xero.shown import shown_invoice
from tests.sandbox.xero.where import flag, listed
from tests.sandbox.xero.wire import Json

LIST_INVOICES = frozenset(
    "IDs InvoiceNumbers ContactIDs Statuses includeArchived createdByMyApp unitdp summaryOnly searchTerm".split()
)
UNIQUE = "Invoice # must be unique."


class InvoiceApi(DocumentApi):
    """Creating, overwriting, listing, showing, printing and mailing invoices."""

    async def _save_invoices(self, request: web.Request) -> web.StreamResponse:
        return await self._batch(request, "Invoices", self._save_invoice)

    async def _list_invoices(self, request: web.Request) -> web.StreamResponse:
        query, tenant_id = request.query, self.tenant(request).tenant_id
        ids, numbers, contacts, statuses = (
            listed(query, name) for name in ("IDs", "InvoiceNumbers", "ContactIDs", "Statuses")
        )
        mine, term = flag(query, "createdByMyApp"), query.get("searchTerm", "").casefold()
        kept = [
            invoice
            for invoice in self.invoices
            if invoice.tenant_id == tenant_id
            and (ids is None or invoice.id in ids)
            and (numbers is None or invoice.number in numbers)
            and (contacts is None or invoice.contact.id in contacts)
            and (statuses is None or invoice.status in statuses)
            and (not mine or invoice.from_api)
            and (not term or term in f"{invoice.number} {invoice.reference} {invoice.contact.name}".casefold())
        ]
        summary = "page" not in query or flag(query, "summaryOnly")
        shown = [shown_invoice(invoice, unit_places=unit_places(request), summary=summary) for invoice in kept]
        return self._list(request, "Invoices", shown, "UpdatedDateUTC", LIST_INVOICES)

    async def _one_invoice(self, request: web.Request) -> web.StreamResponse:
        invoice = self._invoice_of(request)
        if request.method == "POST":
            return await self._batch(
                request, "Invoices", lambda organisation, it, _: self._update(invoice, organisation, it, request)
            )
        return self._answer("Invoices", [shown_invoice(invoice, unit_places=unit_places(request))])

    async def _invoice_pdf(self, request: web.Request) -> web.StreamResponse:
        invoice = self._invoice_of(request)
        body = small_pdf(
            "TAX INVOICE", invoice.number, invoice.contact.name, f"{invoice.currency} {invoice.total}", invoice.status
        )
        named = {"Content-Disposition": f'attachment; filename="{invoice.number}.pdf"'}
        return web.Response(body=body, content_type="application/pdf", headers=named)

    async def _email_invoice(self, request: web.Request) -> web.StreamResponse:
        invoice = self._invoice_of(request)
        if read(await request.read(), request.content_type) not in (None, {}):
            raise invalid_json("an empty object was expected")
        if invoice.status not in ("SUBMITTED", "AUTHORISED", "PAID"):
            raise _refusal("Invoice not of valid status for sending by email", wrong=False)
        if not invoice.contact.fields.get("EmailAddress"):
            raise _refusal("The contact has no email address", wrong=False)
        invoice.sent = True
        self.emailed.append(invoice.number)
        self.changed("INVOICE", invoice, "UPDATE", by_app=True)
        return web.Response(status=204)

    def _invoice_of(self, request: web.Request) -> Invoice:
        key = request.match_info["key"]
        invoice = self.find(self.invoices, self.tenant(request).tenant_id, key)
        if invoice is None:
            raise not_found(wrong=False)
        return invoice

    def _save_invoice(self, organisation: Organisation, element: Json, request: web.Request) -> Json:
        only_known(element, "Invoice")
        if element.get("Type", "ACCREC" if "InvoiceID" in element else None) != "ACCREC":
            raise Problem("Type: only ACCREC is known to this stand-in")
        number = text(element, "InvoiceNumber")
        sales = [it for it in self.invoices if it.type == "ACCREC"]
        if request.method == "PUT":
            if "InvoiceID" in element:
                raise Problem("PUT creates: an InvoiceID is Xero's to give")
            if number and self.find(sales, organisation.tenant_id, number):
                raise conflict(UNIQUE)
            return self._create(organisation, element, number, request)
        key = element.get("InvoiceID", number)
        existing = self.find(sales, organisation.tenant_id, str(key)) if key else None
        if existing is None and "InvoiceID" in element:
            raise Problem("Invoice with the specified InvoiceID could not be found")
        if existing is None:
            return self._create(organisation, element, number, request)
        return self._update(existing, organisation, element, request)

    def _create(self, organisation: Organisation, element: Json, number: str | None, request: web.Request) -> Json:
        taken = {it.number.casefold() for it in self.invoices if it.tenant_id == organisation.tenant_id}
        given = number or self._free_number(organisation, "INV", taken)
        invoice = self._new_document(Invoice, organisation, element, given, request)
        invoice.sent = _sent(element, invoice)
        self.invoices.append(invoice)
        self.changed("INVOICE", invoice, "CREATE", by_app=True)
        return shown_invoice(invoice, unit_places=unit_places(request))

    def _update(self, invoice: Invoice, organisation: Organisation, element: Json, request: web.Request) -> Json:
        only_known(element, "Invoice")
        number = text(element, "InvoiceNumber") or invoice.number
        others = [it for it in self.invoices if it is not invoice and it.type == "ACCREC"]
        if self.find(others, invoice.tenant_id, number) is not None:
            raise conflict(UNIQUE)
        if element.get("InvoiceID", invoice.id) != invoice.id:
            raise Problem("InvoiceID is another than that of the address")
        self._overwrite(invoice, organisation, element, request)
        invoice.number, invoice.sent = number, _sent(element, invoice)
        if "LineItems" in element:
            self.overwritten.append(number)
        self.changed("INVOICE", invoice, "UPDATE", by_app=True)
        return shown_invoice(invoice, unit_places=unit_places(request))


def _sent(element: Json, invoice: Invoice) -> bool:
    sent = element.get("SentToContact", invoice.sent)
    if sent and invoice.status not in ("AUTHORISED", "PAID"):
        raise Problem("SentToContact can be set on approved invoices only")
    return bool(sent)


def _refusal(message: str, *, wrong: bool) -> Exception:
    return validation([{"ValidationErrors": [{"Message": message}]}], message, wrong=wrong)
