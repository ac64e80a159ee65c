"""The routes of /Contacts: found by id, number or text; a name stands for one active contact only."""

from decimal import Decimal

from aiohttp import web

from tests.sandbox.xero.answers import AccountingApi
from tests.sandbox.xero.bodies import only_known, text
from tests.sandbox.xero.organisations import Organisation
from tests.sandbox.xero.records import ZERO, Contact
from tests.sandbox.xero.refusals import Problem, conflict, not_found
from tests.sandbox.xero.shown import shown_contact
from tests.sandbox.xero.where import flag, listed
from tests.sandbox.xero.wire import Json

# What a client may write; the rest of a contact follows from elsewhere, and Xero ignores it.
WRITTEN = (
    *("FirstName", "LastName", "CompanyNumber", "EmailAddress", "AccountNumber", "BankAccountDetails", "TaxNumber"),
    *("AccountsReceivableTaxType", "AccountsPayableTaxType", "Addresses", "Phones", "ContactPersons", "PaymentTerms"),
    *("DefaultCurrency", "SalesDefaultAccountCode", "PurchasesDefaultAccountCode", "Website"),
)
LIST_CONTACTS = frozenset({"IDs", "includeArchived", "summaryOnly", "searchTerm"})


class ContactApi(AccountingApi):
    """Creating, updating, listing and showing contacts."""

    async def _save_contacts(self, request: web.Request) -> web.StreamResponse:
        return await self._batch(request, "Contacts", self._save_contact)

    async def _list_contacts(self, request: web.Request) -> web.StreamResponse:
        organisation, query = self.tenant(request), request.query
        ids, term = listed(query, "IDs"), query.get("searchTerm", "").casefold()
        archived = flag(query, "includeArchived")
        kept = [
            contact
            for contact in self.contacts
            if contact.tenant_id == organisation.tenant_id
            and (archived or ids is not None or contact.status == "ACTIVE")
            and (ids is None or contact.id in ids)
            and (not term or term in _searched(contact))
        ]
        full = "page" in query and not flag(query, "summaryOnly")
        shown = [shown_contact(contact, self._owed(organisation, contact) if full else None) for contact in kept]
        return self._list(request, "Contacts", shown, "Name", LIST_CONTACTS)

    async def _one_contact(self, request: web.Request) -> web.StreamResponse:
        organisation, key = self.tenant(request), request.path.rsplit("/", 1)[1]
        contact = self.contact_by(organisation.tenant_id, id=key, number=key)
        if contact is None:
            raise not_found()
        if request.method == "POST":
            return await self._batch(request, "Contacts", lambda *given: self._update_contact(contact, given[1]))
        return self._answer("Contacts", [shown_contact(contact, self._owed(organisation, contact))])

    def _save_contact(self, organisation: Organisation, element: Json, request: web.Request) -> Json:
        only_known(element, "Contact")
        tenant_id, name, number = organisation.tenant_id, text(element, "Name"), text(element, "ContactNumber", 50)
        existing: Contact | None = None
        if "ContactID" in element:
            existing = self.contact_by(tenant_id, id=str(element["ContactID"]))
            if existing is None:
                raise Problem("The contact with the specified ContactID could not be found")
        elif request.method == "POST":
            existing = self.contact_by(tenant_id, number=number or "") or self.contact_by(tenant_id, name=name or "")
        if existing is not None:
            if request.method == "PUT":
                raise Problem("A contact that exists is updated by POST")
            return self._update_contact(existing, element)
        if not name or not name.strip():
            raise Problem("The Contact Name must be specified.")
        self._check_unique(tenant_id, name, number, None)
        contact = Contact(tenant_id=tenant_id, name=name.strip(), number=number, updated=self.now(), from_api=True)
        contact.fields = _written(element)
        self.contacts.append(contact)
        self.changed("CONTACT", contact, "CREATE", by_app=True)
        return shown_contact(contact)

    def _update_contact(self, contact: Contact, element: Json) -> Json:
        only_known(element, "Contact")
        name, number = text(element, "Name") or contact.name, text(element, "ContactNumber", 50) or contact.number
        status = text(element, "ContactStatus") or contact.status
        self._check_unique(contact.tenant_id, name, number, contact)
        if status not in ("ACTIVE", "ARCHIVED"):
            raise Problem(f"ContactStatus {status} is not valid")
        contact.name, contact.number, contact.status = name, number, status
        contact.fields |= _written(element)
        self.changed("CONTACT", contact, "UPDATE", by_app=True)
        return shown_contact(contact)

    def _check_unique(self, tenant_id: str, name: str, number: str | None, own: Contact | None) -> None:
        if (other := self.contact_by(tenant_id, name=name)) is not None and other is not own:
            raise conflict(
                f"The contact name {name} is already assigned to another contact. "
                "The contact name must be unique across all active contacts."
            )
        if number and (other := self.contact_by(tenant_id, number=number)) is not None and other is not own:
            raise conflict(f"The contact number {number} is already assigned to another contact.")

    def _contact_of(self, organisation: Organisation, element: Json) -> Contact:
        """The contact that a document names. A name alone finds one by it, or makes one. Raises Problem."""
        given = element.get("Contact")
        if not isinstance(given, dict) or not given:
            raise Problem("A Contact must be specified for this type of transaction")
        only_known(given, "Contact")
        tenant_id, name = organisation.tenant_id, text(given, "Name")
        found: Contact | None = None
        if "ContactID" in given:
            found = self.contact_by(tenant_id, id=str(given["ContactID"]))
            if found is None:
                raise Problem("The contact with the specified contact details could not be found.")
        elif "ContactNumber" in given:
            found = self.contact_by(tenant_id, number=str(given["ContactNumber"]))
        if found is None:
            if not name or not name.strip():
                raise Problem("The Contact Name must be specified.")
            self.contacts_by_name += 1
            found = self.contact_by(tenant_id, name=name) or self._made_by_name(tenant_id, name.strip(), given)
        if found.status != "ACTIVE":
            raise conflict(
                "The contact with the specified contact details has been archived. "
                "The contact must be un-archived before creating new invoices or credit notes."
            )
        return found

    def _made_by_name(self, tenant_id: str, name: str, given: Json) -> Contact:
        contact = Contact(tenant_id=tenant_id, name=name, updated=self.now(), by_name=True, from_api=True)
        contact.number = text(given, "ContactNumber", 50)
        self.contacts.append(contact)
        self.changed("CONTACT", contact, "CREATE", by_app=True)
        return contact

    def _owed(self, organisation: Organisation, contact: Contact) -> tuple[Decimal, Decimal]:
        today = self.today(organisation)
        owing = [
            it for it in self.invoices if it.contact is contact and it.type == "ACCREC" and it.status == "AUTHORISED"
        ]
        overdue = [invoice for invoice in owing if invoice.due is not None and invoice.due < today]
        return sum((it.due_amount for it in owing), ZERO), sum((it.due_amount for it in overdue), ZERO)


def _written(element: Json) -> Json:
    fields = {name: element[name] for name in WRITTEN if name in element}
    for name, model in (("Addresses", "Address"), ("Phones", "Phone"), ("ContactPersons", "ContactPerson")):
        for part in fields.get(name, []):
            only_known(part, model)
    mail = text(fields, "EmailAddress")
    if mail and "@" not in mail:
        raise Problem("Email address must be valid.")
    return fields


def _searched(contact: Contact) -> str:
    names = ("FirstName", "LastName", "EmailAddress", "CompanyNumber", "AccountNumber")
    return " ".join([contact.name, contact.number or "", *(str(contact.fields.get(it, "")) for it in names)]).casefold()
