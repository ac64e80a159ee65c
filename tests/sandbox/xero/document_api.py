"""What saving an invoice and a credit note have in common."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from aiohttp import web

from tests.sandbox.xero.answers import unit_places
from tests.sandbox.xero.bodies import day, one_of, text
from tests.sandbox.xero.contact_api import ContactApi
from tests.sandbox.xero.lines import check_totals, read_lines
from tests.sandbox.xero.organisations import Organisation
from tests.sandbox.xero.records import CreditNote, Document, Invoice, Line
from tests.sandbox.xero.refusals import Problem, conflict
from tests.sandbox.xero.wire import Json

D = TypeVar("D", Invoice, CreditNote)

AMOUNTS = ("Exclusive", "Inclusive", "NoTax")
TYPES: Mapping[type[Document], str] = {Invoice: "ACCREC", CreditNote: "ACCRECCREDIT"}
NEW = ("DRAFT", "SUBMITTED", "AUTHORISED")
NEXT: Mapping[str, tuple[str, ...]] = {
    "DRAFT": ("DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"),
    "SUBMITTED": ("SUBMITTED", "DRAFT", "AUTHORISED", "DELETED"),
    "AUTHORISED": ("AUTHORISED", "VOIDED"),
}
ALLOCATED = "This document cannot be edited as it has a payment or credit note allocated to it."
NOT_EDITABLE = "Invoice not of valid status for modification"
CHANGED = ("status", "amounts", "lines", "contact", "on", "due", "currency", "reference", "fields")
PASSED_ON = ("Url", "BrandingThemeID", "ExpectedPaymentDate")


class DocumentApi(ContactApi):
    """Reading a document out of an element, and writing an element over a document."""

    def _new_document(
        self, kind: type[D], organisation: Organisation, element: Json, number: str, request: web.Request
    ) -> D:
        """A document made of an element. Raises Problem."""
        status = element.get("Status", "DRAFT")
        if status not in NEW:
            raise Problem("Invoice not of valid status for creation")
        amounts = one_of(element, "LineAmountTypes", AMOUNTS, "Exclusive")
        currency = self._currency(organisation, element, organisation.currency)
        lines = read_lines(
            element.get("LineItems", []),
            organisation,
            type=TYPES[kind],
            amounts=amounts,
            unit_places=unit_places(request),
            complete=status != "DRAFT",
        )
        on, due = day(element, "Date") or self.today(organisation), day(element, "DueDate")
        document = kind(
            tenant_id=organisation.tenant_id,
            type=TYPES[kind],
            number=number,
            contact=self._contact_of(organisation, element),
            on=on,
            due=due,
            status=status,
            amounts=amounts,
            currency=currency,
            lines=lines,
            updated=self.now(),
            reference=text(element, "Reference") or "",
            fields={name: element[name] for name in PASSED_ON if name in element},
            from_api=True,
        )
        self._check(document, element)
        document.settle(on)
        return document

    def _overwrite(self, document: D, organisation: Organisation, element: Json, request: web.Request) -> None:
        """Write an element over a document. Raises Problem, and changes nothing then."""
        status = self._next_status(document, element)
        if status in ("VOIDED", "DELETED"):
            document.status = status
            return
        amounts = one_of(element, "LineAmountTypes", AMOUNTS, document.amounts)
        lines = self._lines_over(document, organisation, element, amounts, status, request)
        changed = replace(
            document,
            status=status,
            amounts=amounts,
            lines=document.lines if lines is None else lines,
            contact=self._contact_of(organisation, element) if element.get("Contact") else document.contact,
            on=day(element, "Date") or document.on,
            due=day(element, "DueDate") or document.due,
            currency=self._currency(organisation, element, document.currency),
            reference=(text(element, "Reference") or "") if "Reference" in element else document.reference,
            fields=document.fields | {name: element[name] for name in PASSED_ON if name in element},
        )
        if document.touched and (lines is not None or _main(changed) != _main(document)):
            raise conflict(NOT_EDITABLE, ALLOCATED)
        self._check(changed, element)
        for name in CHANGED:
            setattr(document, name, getattr(changed, name))
        document.settle(self.today(organisation))

    def _lines_over(
        self, document: D, organisation: Organisation, element: Json, amounts: str, status: str, request: web.Request
    ) -> list[Line] | None:
        """The new lines, None where they stay as they are."""
        if "LineItems" not in element:
            return None
        lines = read_lines(
            element["LineItems"],
            organisation,
            type=document.type,
            amounts=amounts,
            unit_places=unit_places(request),
            complete=status != "DRAFT",
        )
        known = {line.id for line in document.lines}
        for raw in element["LineItems"]:
            if "LineItemID" in raw and str(raw["LineItemID"]).lower() not in known:
                raise Problem(f"LineItemID {raw['LineItemID']} is not a line of this document")
        return lines

    def _next_status(self, document: D, element: Json) -> str:
        status = element.get("Status", document.status)
        credited = document.touched
        if status == "VOIDED" and credited:
            raise conflict(
                "The status VOIDED cannot be applied to the invoice because it has payments or credit notes "
                "allocated to it."
            )
        if document.status not in NEXT:
            raise conflict(NOT_EDITABLE, *([ALLOCATED] if credited else []))
        if status not in NEXT[document.status]:
            raise conflict(NOT_EDITABLE)
        return str(status)

    def _currency(self, organisation: Organisation, element: Json, default: str) -> str:
        currency = text(element, "CurrencyCode") or default
        if currency not in organisation.currencies:
            raise Problem(f"Organisation is not subscribed to currency {currency}")
        return currency

    def _check(self, document: D, element: Json) -> None:
        check_totals(element, document.sub_total, document.total_tax, document.total)
        if document.total < 0:
            raise Problem("The total of a document must not be negative")
        if document.status == "DRAFT" or not isinstance(document, Invoice):
            return
        if document.due is None:
            raise Problem("Invoice Due Date cannot be empty")
        if document.due < document.on:
            raise Problem("The Due Date cannot be before the Date of the invoice")

    def _free_number(self, organisation: Organisation, prefix: str, taken: set[str]) -> str:
        while True:
            number = f"{prefix}-{organisation.next_number:04d}"
            organisation.next_number += 1
            if number.casefold() not in taken:
                return number


def _main(document: Document) -> tuple[object, ...]:
    """What money that stands against a document holds fast."""
    return (document.contact.id, document.on, document.amounts, document.currency)
