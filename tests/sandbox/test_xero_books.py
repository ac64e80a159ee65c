"""The stand-in for Xero: contacts, payments, credit notes, lists and PDFs."""

from datetime import date
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from tests.sandbox.xero_caller import CONTACTS, INVOICES, LINE, NOTES, Caller, Clock, messages
from tests.sandbox.xero_server import Contact, XeroServer


async def test_a_contact_that_is_only_named_is_guessed_or_made(
    server: XeroServer, call: Caller, invoice: dict[str, Any], customer: Contact
) -> None:
    await call.create(invoice | {"Contact": {"Name": "crust & co PASIR RIS"}})
    await call.create(invoice | {"InvoiceNumber": "SO-2", "Contact": {"Name": "Crust and Co"}})
    await call.create(invoice | {"InvoiceNumber": "SO-3", "Contact": {"ContactNumber": "CPZ-PSR"}})
    assert [it.contact.name for it in server.invoices] == [customer.name, "Crust and Co", customer.name]
    assert (server.contacts_by_name, server.contacts[1].by_name) == (2, True)


async def test_a_name_and_a_number_stand_for_one_contact(server: XeroServer, call: Caller, customer: Contact) -> None:
    status, body, _ = await call("PUT", CONTACTS, json={"Name": customer.name.upper()})
    assert status == 400
    assert "is already assigned to another contact" in messages(body)[0][0]
    assert (await call("PUT", CONTACTS, json={"Name": "Other", "ContactNumber": "CPZ-PSR"}))[0] == 400
    assert server.refusals == []
    _, body, _ = await call("POST", CONTACTS, json={"ContactNumber": "CPZ-PSR", "EmailAddress": "a@example.com"})
    assert body["Contacts"][0]["ContactID"] == customer.id
    server.archive_contact(customer)
    assert (await call("PUT", CONTACTS, json={"Name": customer.name}))[0] == 200
    assert [it.name for it in server.contacts] == [customer.name, customer.name]


async def test_contacts_are_found_by_number_id_and_text(server: XeroServer, call: Caller, customer: Contact) -> None:
    other = server.add_contact("Nasi Corner", "NC")
    for query in (
        {"where": 'ContactNumber=="NC"'},
        {"where": 'Name.StartsWith("Nasi") AND ContactStatus=="ACTIVE"'},
        {"searchTerm": "corner"},
        {"IDs": other.id},
        {"page": "2", "pageSize": "1"},
    ):
        _, body, _ = await call("GET", CONTACTS, params=query)
        assert [it["ContactID"] for it in body["Contacts"]] == [other.id], query
    assert (await call("GET", f"{CONTACTS}/NC"))[1]["Contacts"][0]["Name"] == "Nasi Corner"


async def test_a_contact_says_what_is_owed(server: XeroServer, call: Caller, clock: Clock, customer: Contact) -> None:
    server.add_invoice(customer, "OLD", on=date(2026, 10, 1), due=date(2026, 10, 31))
    server.add_invoice(customer, "NEW")
    server.pay("OLD", "9")
    _, body, _ = await call("GET", f"{CONTACTS}/{customer.id}")
    assert body["Contacts"][0]["Balances"]["AccountsReceivable"] == {"Outstanding": 209.0, "Overdue": 100.0}


async def test_what_was_paid_cannot_be_changed(server: XeroServer, call: Caller, invoice: dict[str, Any]) -> None:
    await call.create(invoice)
    server.pay("SO-1", "1.00")
    assert (await call("POST", f"{INVOICES}/SO-1", json={"Reference": "PO 7"}))[0] == 200
    for change in ({"Status": "VOIDED"}, {"LineItems": [LINE, LINE]}, {"Date": "2026-11-23"}):
        status, body, _ = await call("POST", f"{INVOICES}/SO-1", json=change)
        assert status == 400, change
    server.pay("SO-1")
    assert (await call("POST", f"{INVOICES}/SO-1", json={"Reference": "PO 8"}))[0] == 400
    _, body, _ = await call("GET", f"{INVOICES}/SO-1")
    (shown,) = body["Invoices"]
    assert (shown["Status"], shown["AmountPaid"], shown["AmountDue"]) == ("PAID", 3.76, 0.0)
    assert [payment["Amount"] for payment in shown["Payments"]] == [1.0, 2.76]
    assert shown["FullyPaidOnDate"] == "/Date(1795392000000+0000)/"
    with pytest.raises(ValueError, match="PAID"):
        server.void("SO-1")
    assert server.refusals == []


async def test_a_credit_note_is_allocated_up_to_what_remains(
    server: XeroServer, call: Caller, invoice: dict[str, Any]
) -> None:
    await call.create(invoice)
    note = {k: v for k, v in invoice.items() if k not in ("InvoiceNumber", "DueDate")}
    note |= {"Type": "ACCRECCREDIT", "CreditNoteNumber": "CN-1", "LineItems": [LINE | {"Quantity": 1}]}
    assert (await call("PUT", NOTES, json={"CreditNotes": [note]}))[0] == 200
    assert (await call("PUT", NOTES, json={"CreditNotes": [note]}))[0] == 400
    path = f"{NOTES}/{server.credit_notes[0].id}/Allocations"
    share = {"Amount": 1.0, "Date": "2026-11-24", "Invoice": {"InvoiceID": server.invoices[0].id}}
    assert (await call("PUT", path, json=share | {"Amount": 1.26}))[0] == 400
    assert (await call("PUT", path, json={"Allocations": [share]}))[0] == 200
    _, body, _ = await call("GET", f"{INVOICES}/SO-1")
    assert (body["Invoices"][0]["AmountCredited"], body["Invoices"][0]["AmountDue"]) == (1.0, 2.76)
    assert body["Invoices"][0]["CreditNotes"][0]["CreditNoteNumber"] == "CN-1"
    assert (await call("PUT", path, json=share | {"Amount": 0.25}))[0] == 200
    _, body, _ = await call("GET", f"{NOTES}/CN-1")
    assert (body["CreditNotes"][0]["RemainingCredit"], body["CreditNotes"][0]["Status"]) == (0.0, "PAID")
    assert server.refusals == server.contract_errors == []


async def test_lists_are_filtered_ordered_and_paged(server: XeroServer, call: Caller, clock: Clock) -> None:
    customers = [server.add_contact("A"), server.add_contact("B")]
    for number in range(5):
        server.add_invoice(customers[number % 2], f"SO-{number}", on=date(2026, 11, 1 + number))
        clock.on(minutes=1)
    server.void("SO-4")

    async def numbers(**query: str) -> list[str]:
        headers = {"If-Modified-Since": query.pop("since")} if "since" in query else {}
        status, body, _ = await call("GET", INVOICES, params=query, headers=headers)
        assert status == 200, body
        return [it["InvoiceNumber"] for it in body["Invoices"]]

    assert await numbers(InvoiceNumbers="SO-1,SO-3") == ["SO-1", "SO-3"]
    assert await numbers(ContactIDs=customers[1].id) == ["SO-1", "SO-3"]
    assert await numbers(Statuses="VOIDED") == ["SO-4"]
    assert await numbers(IDs=server.invoices[2].id) == ["SO-2"]
    assert await numbers(where='Type=="ACCREC" AND Date >= DateTime(2026, 11, 04)') == ["SO-3", "SO-4"]
    assert await numbers(where=f'Contact.ContactID==guid("{customers[0].id}") && AmountDue > 0') == ["SO-0", "SO-2"]
    assert await numbers(where='(Status=="VOIDED" OR InvoiceNumber=="SO-0")', order="InvoiceNumber") == ["SO-0", "SO-4"]
    assert await numbers(since="2026-11-23T04:03:00") == ["SO-3", "SO-4"]
    assert await numbers(order="InvoiceNumber DESC", page="2", pageSize="2") == ["SO-2", "SO-1"]
    assert (await call("GET", INVOICES, params={"where": "Status="}))[0] == 400
    assert (await call("GET", INVOICES, params={"status": "PAID"}))[0] == 400


async def test_only_a_paged_list_has_lines(server: XeroServer, call: Caller, customer: Contact) -> None:
    server.add_invoice(customer, "SO-1")
    bare, full = [(await call("GET", f"{INVOICES}{query}"))[1] for query in ("", "?page=1")]
    assert (len(bare["Invoices"][0]["LineItems"]), len(full["Invoices"][0]["LineItems"])) == (0, 1)
    assert full["pagination"] == {"page": 1, "pageSize": 100, "pageCount": 1, "itemCount": 1}


async def test_a_pdf_shows_the_number(server: XeroServer, call: Caller, customer: Contact) -> None:
    server.add_invoice(customer, "SO-(1)")
    for path in (f"{INVOICES}/{server.invoices[0].id}", f"{INVOICES}/{server.invoices[0].id}/pdf"):
        status, raw, _ = await call("GET", path, headers={"Accept": "application/pdf"})
        text = PdfReader(BytesIO(raw)).pages[0].extract_text()
        assert (status, "SO-(1)" in text, customer.name in text) == (200, True, True)


async def test_an_invoice_is_mailed_to_a_contact_with_an_address(
    server: XeroServer, call: Caller, customer: Contact
) -> None:
    server.add_invoice(customer, "SO-1")
    assert (await call("POST", f"{INVOICES}/SO-1/Email", json={}))[0] == 400
    customer.fields["EmailAddress"] = "a@example.com"
    assert (await call("POST", f"{INVOICES}/SO-1/Email", json={}))[0] == 204
    assert (server.emailed, server.invoice("SO-1").sent) == (["SO-1"], True)


async def test_the_books_of_singapore(server: XeroServer, call: Caller) -> None:
    _, body, _ = await call("GET", "/api.xro/2.0/TaxRates")
    rates = {it["TaxType"]: (it["EffectiveRate"], it["CanApplyToRevenue"]) for it in body["TaxRates"]}
    assert rates["OUTPUTY24"] == (9.0, True)
    assert (rates["OUTPUTY23"], rates["ZERORATEDOUTPUT"], rates["INPUTY24"]) == ((8.0, True), (0.0, True), (9.0, False))
    _, body, _ = await call("GET", "/api.xro/2.0/Accounts", params={"where": 'Status=="ACTIVE" AND Type=="REVENUE"'})
    assert [it["Code"] for it in body["Accounts"]] == ["200", "260"]
    _, body, _ = await call("GET", "/api.xro/2.0/Organisation")
    assert (body["Organisations"][0]["BaseCurrency"], body["Organisations"][0]["CountryCode"]) == ("SGD", "SG")
    assert server.contract_errors == []


async def test_the_books_of_two_organisations_are_apart(
    server: XeroServer, call: Caller, invoice: dict[str, Any]
) -> None:
    other = server.add_organisation("Other books", connected=True)
    mine = server.add_contact("Other customer", organisation=other)
    await call.create(invoice)
    call.tenant = other.tenant_id
    assert (await call("GET", f"{INVOICES}/SO-1"))[0] == 404
    assert messages((await call.create(invoice))[1]) == [
        ["The contact with the specified contact details could not be found."]
    ]
    assert (await call.create(invoice | {"Contact": {"ContactID": mine.id}}))[0] == 200
    server.disconnect(other)
    status, body, _ = await call("GET", CONTACTS)
    assert (status, body["Detail"]) == (403, "AuthenticationUnsuccessful")
