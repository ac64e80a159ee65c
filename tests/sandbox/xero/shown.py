"""Records as Xero answers them."""

from datetime import date
from decimal import Decimal

from tests.sandbox.xero.records import ZERO, Contact, CreditNote, Document, Invoice, Line, Payment
from tests.sandbox.xero.wire import Json, day_string, moment_string, ms_date, ms_moment, rounded


def shown_contact(contact: Contact, owed: tuple[Decimal, Decimal] | None = None) -> Json:
    """A contact; `owed` (outstanding, overdue) where the balances are shown."""
    shown: Json = {
        "ContactID": contact.id,
        "ContactStatus": contact.status,
        "Name": contact.name,
        "EmailAddress": "",
        "BankAccountDetails": "",
        "Addresses": [
            {"AddressType": kind, "City": "", "Region": "", "PostalCode": "", "Country": ""} for kind in KINDS
        ],
        "Phones": [
            {"PhoneType": kind, "PhoneNumber": "", "PhoneAreaCode": "", "PhoneCountryCode": ""} for kind in PHONES
        ],
        "ContactGroups": [],
        "ContactPersons": [],
        "IsSupplier": False,
        "IsCustomer": True,
        "HasAttachments": False,
        "HasValidationErrors": False,
        "UpdatedDateUTC": ms_moment(contact.updated),
        **contact.fields,
    }
    if contact.number:
        shown["ContactNumber"] = contact.number
    if owed is not None:
        shown["Balances"] = {
            "AccountsReceivable": {"Outstanding": owed[0], "Overdue": owed[1]},
            "AccountsPayable": {"Outstanding": ZERO, "Overdue": ZERO},
        }
    return shown


KINDS = ("STREET", "POBOX")
PHONES = ("DDI", "DEFAULT", "FAX", "MOBILE")


def shown_invoice(invoice: Invoice, *, unit_places: int = 2, summary: bool = False) -> Json:
    """An invoice, `summary` without its lines, as a list without pages has it."""
    shown = _document(invoice, unit_places)
    shown |= {
        "InvoiceID": invoice.id,
        "InvoiceNumber": invoice.number,
        "Payments": [_short_payment(payment) for payment in invoice.payments if payment.status == "AUTHORISED"],
        "CreditNotes": [
            {
                "CreditNoteID": allocation.credit_note.id,
                "CreditNoteNumber": allocation.credit_note.number,
                "ID": allocation.credit_note.id,
                "AppliedAmount": allocation.amount,
                "Date": ms_date(allocation.on),
                "DateString": day_string(allocation.on),
                "Total": allocation.credit_note.total,
                "LineItems": [],
                "HasErrors": False,
            }
            for allocation in invoice.allocations
        ],
        "Prepayments": [],
        "Overpayments": [],
        "AmountDue": invoice.due_amount,
        "AmountPaid": invoice.paid,
        "AmountCredited": invoice.allocated,
        "IsDiscounted": any(line.discount_rate for line in invoice.lines),
    }
    if summary:
        shown["LineItems"] = []
    return shown


def shown_credit_note(note: CreditNote, *, unit_places: int = 2, summary: bool = False) -> Json:
    """A credit note."""
    shown = _document(note, unit_places)
    shown |= {
        "CreditNoteID": note.id,
        "CreditNoteNumber": note.number,
        "ID": note.id,
        "RemainingCredit": note.remaining,
        "Allocations": [
            {
                "AllocationID": allocation.id,
                "Amount": allocation.amount,
                "Date": ms_date(allocation.on),
                "Invoice": {"InvoiceID": allocation.invoice.id, "InvoiceNumber": allocation.invoice.number},
            }
            for allocation in note.allocations
        ],
        "Payments": [],
    }
    if summary:
        shown["LineItems"] = []
    return shown


def shown_payment(payment: Payment) -> Json:
    """A payment, with the invoice it is for."""
    invoice = payment.invoice
    return {
        "PaymentID": payment.id,
        "Date": ms_date(payment.on),
        "BankAmount": payment.amount,
        "Amount": payment.amount,
        "Reference": payment.reference,
        "CurrencyRate": Decimal("1.000000"),
        "PaymentType": "ACCRECPAYMENT",
        "Status": payment.status,
        "UpdatedDateUTC": ms_moment(payment.updated),
        "HasAccount": True,
        "IsReconciled": False,
        "Account": {"Code": "090"},
        "Invoice": {
            "Type": invoice.type,
            "InvoiceID": invoice.id,
            "InvoiceNumber": invoice.number,
            "CurrencyCode": invoice.currency,
            "IsDiscounted": False,
            "HasErrors": False,
            "LineItems": [],
            "Payments": [],
            "Contact": {"ContactID": invoice.contact.id, "Name": invoice.contact.name},
        },
        "HasValidationErrors": False,
    }


def _document(document: Document, unit_places: int) -> Json:
    shown: Json = {
        "Type": document.type,
        "Reference": document.reference,
        "CurrencyRate": Decimal("1.000000"),
        "HasAttachments": False,
        "HasErrors": False,
        "Contact": {
            "ContactID": document.contact.id,
            "Name": document.contact.name,
            "Addresses": [],
            "Phones": [],
            "ContactGroups": [],
            "ContactPersons": [],
            "HasValidationErrors": False,
        },
        **_dates("Date", document.on),
        **_dates("DueDate", document.due),
        **_dates("FullyPaidOnDate", document.fully_paid_on, with_string=False),
        "Status": document.status,
        "SentToContact": document.sent,
        "LineAmountTypes": document.amounts,
        "LineItems": [_shown_line(line, unit_places) for line in document.lines],
        "SubTotal": document.sub_total,
        "TotalTax": document.total_tax,
        "Total": document.total,
        "UpdatedDateUTC": ms_moment(document.updated),
        "UpdatedDateUTCString": moment_string(document.updated),
        "CurrencyCode": document.currency,
        **document.fields,
    }
    if document.contact.number:
        shown["Contact"]["ContactNumber"] = document.contact.number
    return shown


def _shown_line(line: Line, unit_places: int) -> Json:
    shown: Json = {
        "LineItemID": line.id,
        "Description": line.description,
        "TaxAmount": line.tax,
        "LineAmount": line.amount,
        "Tracking": [],
    }
    optional = {
        "Quantity": line.quantity,
        "UnitAmount": None if line.unit_amount is None else rounded(line.unit_amount, unit_places),
        "AccountCode": line.account_code,
        "TaxType": line.tax_type,
        "DiscountRate": line.discount_rate,
        "ItemCode": line.item_code,
    }
    return shown | {name: value for name, value in optional.items() if value is not None}


def _short_payment(payment: Payment) -> Json:
    return {
        "PaymentID": payment.id,
        "Date": ms_date(payment.on),
        "Amount": payment.amount,
        "Reference": payment.reference,
        "CurrencyRate": Decimal("1.000000"),
        "HasAccount": False,
        "HasValidationErrors": False,
    }


def _dates(name: str, day: date | None, *, with_string: bool = True) -> Json:
    if day is None:
        return {}
    return {name: ms_date(day)} | ({f"{name}String": day_string(day)} if with_string else {})
