"""What the desk asks of Xero's Accounting API, each as one call."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

import structlog
from xero_python.accounting import AccountingApi

from bot.xero.bills import Booked, amount_of, booked
from bot.xero.errors import XeroFailed, XeroRefused
from bot.xero.wire import Answer, Wire, messages_in

log = structlog.get_logger(__name__)

Body = dict[str, Any]
Record = TypeVar("Record")

_PLACES = 4  # of a unit amount; prices may have so many, and Xero would round them to cents
_PAGE = 1_000
_FULL_PAGE = 100  # of invoices with their lines
_LONGEST_KEY = 128
_NOT_IN_A_HEADER = re.compile(r"[^\x21-\x7e]")


@dataclass(frozen=True, slots=True)
class XeroContact:
    """A customer in Xero."""

    contact_id: str
    name: str
    number: str
    active: bool
    merged_into: str | None = None


@dataclass(frozen=True, slots=True)
class XeroCreditNote:
    """A credit note in Xero. `remaining` can still be set against an invoice."""

    credit_note_id: str
    number: str
    status: str
    contact_id: str
    currency: str
    total: Decimal
    remaining: Decimal
    contact_name: str = ""


class XeroApi:
    """The calls. They raise what `Wire.call` raises; a write that raises XeroFailed may have been done."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def tenant(self) -> str:
        """The organisation that is connected. Raises NotConnected or NotNow."""
        return await self._wire.tenant()

    async def invoice(self, invoice_id: str) -> Booked | None:
        """An invoice by its id, with its lines; None where there is none (any more)."""
        try:
            answer = await self._wire.call(
                "invoice", lambda api, tenant, more: api.get_invoice(tenant, invoice_id, unitdp=_PLACES, **more)
            )
        except XeroRefused as error:
            if error.status == 404:
                return None
            raise
        return _one(answer, "Invoices", booked)

    async def invoices_numbered(self, numbers: Sequence[str]) -> list[Booked]:
        """Sales invoices of these numbers, deleted ones too, with their lines."""
        answer = await self._wire.call(
            "invoices_numbered",
            lambda api, tenant, more: api.get_invoices(
                tenant, invoice_numbers=list(numbers), page=1, page_size=_PAGE, unitdp=_PLACES, **more
            ),
        )
        return _sales(answer)

    async def invoices_dated(self, first: date, last: date) -> list[Booked]:
        """Sales invoices dated within both days, with their lines."""
        where = f'Type=="ACCREC" AND Date>={_day(first)} AND Date<={_day(last)}'
        asked = {"where": where, "order": "InvoiceID", "unitdp": _PLACES}
        return await self._paged("invoices_dated", _FULL_PAGE, asked)

    async def invoices_changed(self, since: datetime) -> list[Booked]:
        """Sales invoices that were made or changed since, with their lines."""
        moment, where = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"), 'Type=="ACCREC"'
        asked = {"if_modified_since": moment, "where": where, "order": "InvoiceID", "unitdp": _PLACES}
        return await self._paged("invoices_changed", _FULL_PAGE, asked)

    async def invoices_of(self, contact_id: str, timeout: int) -> list[Booked]:
        """A contact's approved and paid sales invoices, newest first, without their lines."""
        approved = ["AUTHORISED", "PAID"]
        asked = {"contact_i_ds": [contact_id], "statuses": approved, "order": "Date DESC", "summary_only": True}
        return await self._paged("invoices_of", _PAGE, asked, timeout)

    async def _paged(self, name: str, size: int, asked: Mapping[str, Any], timeout: int | None = None) -> list[Booked]:
        """The sales invoices of all pages, `size` a page."""
        found: list[Booked] = []
        for page in range(1, _PAGE):
            send = partial(_invoices, page=page, page_size=size, **asked)
            answer = await self._wire.call(name, send, timeout=timeout)
            found += _sales(answer)
            if len(answer.json.get("Invoices") or ()) < size:
                break
        return found

    async def put_invoices(self, bodies: Sequence[Body], key: str) -> list[Booked | XeroRefused]:
        """Make invoices, and never change one: for each what was made, or why it was not."""
        answer = await self._wire.call(
            "put_invoices",
            lambda api, tenant, more: api.create_invoices(
                tenant,
                {"Invoices": list(bodies)},
                summarize_errors=False,
                unitdp=_PLACES,
                idempotency_key=key[:_LONGEST_KEY],
                **more,
            ),
        )
        made: list[Booked | XeroRefused] = _read(answer, "Invoices", _made)
        if len(made) != len(bodies):
            raise XeroFailed("Xero's answer to a batch has not all of its invoices")
        return made

    async def post_invoice(self, invoice_id: str, body: Body, key: str) -> Booked:
        """Change an invoice of ours."""
        answer = await self._wire.call(
            "post_invoice",
            lambda api, tenant, more: api.update_invoice(
                tenant,
                invoice_id,
                {"Invoices": [{"InvoiceID": invoice_id} | body]},
                unitdp=_PLACES,
                idempotency_key=key[:_LONGEST_KEY],
                **more,
            ),
        )
        return _one(answer, "Invoices", booked)

    async def pdf(self, invoice_id: str, timeout: int) -> bytes:
        """An invoice as Xero prints it."""
        answer = await self._wire.call(
            "pdf",
            lambda api, tenant, more: api.get_invoice_as_pdf(tenant, invoice_id, **more),
            timeout=timeout,
            as_json=False,
        )
        return answer.content

    async def contacts_numbered(self, number: str) -> list[XeroContact]:
        """The contacts of that number, archived ones too."""
        quoted = number.replace("\\", "\\\\").replace('"', '\\"')
        answer = await self._wire.call(
            "contacts_numbered",
            lambda api, tenant, more: api.get_contacts(
                tenant, where=f'ContactNumber=="{quoted}"', include_archived=True, **more
            ),
        )
        return _read(answer, "Contacts", _contact)

    async def contact(self, contact_id: str) -> XeroContact:
        """A contact by its id."""
        answer = await self._wire.call("contact", lambda api, tenant, more: api.get_contact(tenant, contact_id, **more))
        return _one(answer, "Contacts", _contact)

    async def put_contact(self, name: str, number: str, key: str) -> XeroContact:
        """Make a contact. Raises XeroRefused where its name or number is taken."""
        body = {"Contacts": [{"Name": name, "ContactNumber": number}]}
        answer = await self._wire.call(
            "put_contact",
            lambda api, tenant, more: api.create_contacts(tenant, body, idempotency_key=key[:_LONGEST_KEY], **more),
        )
        return _one(answer, "Contacts", _contact)

    async def tax_rates(self) -> list[Mapping[str, Any]]:
        """The organisation's tax rates as Xero shows them."""
        answer = await self._wire.call("tax_rates", lambda api, tenant, more: api.get_tax_rates(tenant, **more))
        return _read(answer, "TaxRates", lambda each: each)

    async def item_codes(self) -> frozenset[str]:
        """The codes of the organisation's items."""
        answer = await self._wire.call("items", lambda api, tenant, more: api.get_items(tenant, **more))
        return frozenset(_read(answer, "Items", lambda each: str(each["Code"])))

    async def credit_note(self, number: str) -> XeroCreditNote | None:
        """A credit note by its number or id; None where there is none."""
        try:
            answer = await self._wire.call(
                "credit_note", lambda api, tenant, more: api.get_credit_note(tenant, number, unitdp=_PLACES, **more)
            )
        except XeroRefused as error:
            if error.status == 404:
                return None
            raise
        return _one(answer, "CreditNotes", _credit_note)

    async def put_credit_note(self, body: Body, key: str) -> XeroCreditNote:
        """Make a credit note. Raises XeroRefused, `taken` where its number is."""
        answer = await self._wire.call(
            "put_credit_note",
            lambda api, tenant, more: api.create_credit_notes(
                tenant, {"CreditNotes": [body]}, unitdp=_PLACES, idempotency_key=key[:_LONGEST_KEY], **more
            ),
        )
        return _one(answer, "CreditNotes", _credit_note)

    async def allocate(self, credit_note_id: str, invoice_id: str, amount: Decimal, on: date, key: str) -> None:
        """Set a part of a credit note against an invoice."""
        body = {"Allocations": [{"Invoice": {"InvoiceID": invoice_id}, "Amount": amount, "Date": on}]}
        await self._wire.call(
            "allocate",
            lambda api, tenant, more: api.create_credit_note_allocation(
                tenant, credit_note_id, body, idempotency_key=key[:_LONGEST_KEY], **more
            ),
        )

    async def close(self) -> None:
        """Wait for what is under way."""
        await self._wire.close()


def _invoices(api: AccountingApi, tenant: str, more: Mapping[str, Any], **asked: Any) -> Any:
    return api.get_invoices(tenant, **asked, **more)


def key_of(*parts: object) -> str:
    """An Idempotency-Key: the same for the same request, another for any other. Xero keeps it for 6 minutes."""
    readable = _NOT_IN_A_HEADER.sub("_", "-".join(str(part) for part in parts[:-1]))[:60]
    return f"{readable}-{hashlib.sha256(repr(parts).encode()).hexdigest()[:40]}"


def _read(answer: Answer, name: str, read: Callable[[Mapping[str, Any]], Record]) -> list[Record]:
    """The elements of an answer. One that cannot be read is no answer: nobody knows what was done."""
    try:
        return [read(each) for each in answer.json[name]]
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        log.warning("xero_answer_unread", of=name, error=type(error).__name__)
        raise XeroFailed(f"Xero's answer has no {name} that can be read") from None


def _one(answer: Answer, name: str, read: Callable[[Mapping[str, Any]], Record]) -> Record:
    """The element of an answer that has to have one."""
    found = _read(answer, name, read)
    if not found:
        raise XeroFailed(f"Xero's answer has no {name}")
    return found[0]


def _sales(answer: Answer) -> list[Booked]:
    sales = [each for each in answer.json.get("Invoices") or () if each.get("Type") == "ACCREC"]
    return _read(Answer(b"", {"Invoices": sales}), "Invoices", booked)


def _made(shown: Mapping[str, Any]) -> Booked | XeroRefused:
    """An element of a batch's answer. The id that Xero puts into a refused one is nobody's."""
    if shown.get("StatusAttributeString") == "ERROR" or shown.get("ValidationErrors"):
        return XeroRefused(*messages_in(dict(shown)))
    return booked(shown)


def _contact(shown: Mapping[str, Any]) -> XeroContact:
    return XeroContact(
        contact_id=str(shown["ContactID"]).lower(),
        name=str(shown["Name"]),
        number=str(shown.get("ContactNumber") or ""),
        active=shown.get("ContactStatus", "ACTIVE") == "ACTIVE",
        merged_into=str(shown["MergedToContactID"]).lower() if shown.get("MergedToContactID") else None,
    )


def _credit_note(shown: Mapping[str, Any]) -> XeroCreditNote:
    return XeroCreditNote(
        credit_note_id=str(shown["CreditNoteID"]).lower(),
        number=str(shown["CreditNoteNumber"]),
        status=str(shown["Status"]),
        contact_id=str((shown.get("Contact") or {}).get("ContactID") or "").lower(),
        currency=str(shown.get("CurrencyCode") or ""),
        total=amount_of(shown, "Total"),
        remaining=amount_of(shown, "RemainingCredit"),
        contact_name=str((shown.get("Contact") or {}).get("Name") or ""),
    )


def _day(day: date) -> str:
    return f"DateTime({day.year}, {day.month:02}, {day.day:02})"
