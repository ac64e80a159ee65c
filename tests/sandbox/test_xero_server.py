"""The stand-in for Xero is as strict as the real one, and fails as it is told to."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import aiohttp
import pytest
from pypdf import PdfReader

from tests.sandbox.xero_server import Contact, Limits, XeroServer

INVOICES, CONTACTS, NOTES = (f"/api.xro/2.0/{name}" for name in ("Invoices", "Contacts", "CreditNotes"))
LINE = {"Description": "Box", "Quantity": 3, "UnitAmount": 1.15, "AccountCode": "200", "TaxType": "OUTPUTY24"}


class Clock:
    """A clock that is set by hand; it starts on Monday noon in Singapore."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def on(self, **by: float) -> None:
        """Let time pass."""
        self.now += timedelta(**by)


class Caller:
    """A plain HTTP client of a connected app."""

    def __init__(self, server: XeroServer, session: aiohttp.ClientSession) -> None:
        self.server, self.session = server, session
        self.token = server.connect()["access_token"]
        self.tenant = server.organisation.tenant_id

    async def __call__(self, method: str, path: str, **options: Any) -> tuple[int, Any, Any]:
        headers = {
            "Authorization": f"Bearer {self.token}",
            "xero-tenant-id": self.tenant,
            "Accept": "application/json",
        } | options.pop("headers", {})
        async with self.session.request(method, self.server.url + path, headers=headers, **options) as response:
            raw = await response.read()
            return response.status, json.loads(raw) if response.content_type == "application/json" else raw, response

    async def create(self, *changes: dict[str, Any], **options: Any) -> tuple[int, Any, Any]:
        """PUT invoices."""
        return await self("PUT", INVOICES, json={"Invoices": list(changes)}, **options)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def server(clock: Clock) -> AsyncIterator[XeroServer]:
    async with XeroServer(clock) as xero:
        yield xero


@pytest.fixture
async def call(server: XeroServer) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession() as session:
        # aiohttp sends a PUT again by itself when a connection is dropped; its own test client turns that off so.
        session._retry_connection = False
        yield Caller(server, session)


@pytest.fixture
def customer(server: XeroServer) -> Contact:
    return server.add_contact("Crust & Co Pasir Ris", "CPZ-PSR")


@pytest.fixture
def invoice(customer: Contact) -> dict[str, Any]:
    """An approved invoice as the desk writes one."""
    return {
        "Type": "ACCREC",
        "InvoiceNumber": "SO-1",
        "Contact": {"ContactID": customer.id},
        "Date": "2026-11-24",
        "DueDate": "2026-12-24",
        "Status": "AUTHORISED",
        "CurrencyCode": "SGD",
        "LineItems": [LINE],
    }


def messages(body: Any, name: str = "Elements") -> list[list[str]]:
    """The validation messages, element by element."""
    return [[error["Message"] for error in it.get("ValidationErrors", [])] for it in body[name]]


async def test_an_invoice_is_computed_line_by_line_and_half_up(
    server: XeroServer, call: Caller, invoice: dict[str, Any]
) -> None:
    halves = [LINE | {"Quantity": 1, "UnitAmount": 0.5}, LINE | {"Quantity": 1, "UnitAmount": 0.5}, LINE]
    status, body, _ = await call.create(invoice | {"LineItems": halves})
    (made,) = body["Invoices"]
    assert status == 200
    # 9% of 0.50 is 0.045 on each of the two lines, and 0.09 over both.
    assert [line["TaxAmount"] for line in made["LineItems"]] == [0.05, 0.05, 0.31]
    assert (made["SubTotal"], made["TotalTax"], made["Total"], made["AmountDue"]) == (4.45, 0.41, 4.86, 4.86)
    assert (made["Date"], made["DateString"]) == ("/Date(1795478400000+0000)/", "2026-11-24T00:00:00")
    assert server.invoice("SO-1").total == Decimal("4.86")
    assert server.refusals == server.contract_errors == []


@pytest.mark.parametrize(
    ("amounts", "sub_total", "tax", "total"),
    [("Exclusive", 109, 9.81, 118.81), ("Inclusive", 100, 9, 109), ("NoTax", 109, 0, 109)],
)
async def test_tax_is_on_top_within_or_none(
    call: Caller, invoice: dict[str, Any], amounts: str, sub_total: float, tax: float, total: float
) -> None:
    lines = [LINE | {"Quantity": 1, "UnitAmount": 109}]
    _, body, _ = await call.create(invoice | {"LineAmountTypes": amounts, "LineItems": lines})
    (made,) = body["Invoices"]
    assert (made["SubTotal"], made["TotalTax"], made["Total"]) == (sub_total, tax, total)


async def test_a_unit_amount_has_two_decimals_unless_four_are_asked_for(
    server: XeroServer, call: Caller, invoice: dict[str, Any]
) -> None:
    lines = [LINE | {"Quantity": 1000, "UnitAmount": 0.0425}]
    await call.create(invoice | {"LineItems": lines})
    await call("PUT", f"{INVOICES}?unitdp=4", json=invoice | {"InvoiceNumber": "SO-2", "LineItems": lines})
    assert [it.sub_total for it in server.invoices] == [Decimal("40.00"), Decimal("42.50")]


async def test_a_number_stands_once_and_a_put_does_not_overwrite(
    server: XeroServer, call: Caller, invoice: dict[str, Any]
) -> None:
    await call.create(invoice)
    status, body, _ = await call.create(invoice | {"Reference": "again"})
    assert (status, body["ErrorNumber"], messages(body)) == (400, 10, [["Invoice # must be unique."]])
    assert body["Elements"][0]["InvoiceID"] != server.invoices[0].id
    assert (len(server.invoices), server.invoices[0].reference) == (1, "")
    assert (server.refusals, len(server.conflicts)) == ([], 1)


async def test_a_post_with_the_number_overwrites(server: XeroServer, call: Caller, invoice: dict[str, Any]) -> None:
    await call.create(invoice)
    status, body, _ = await call("POST", INVOICES, json=invoice | {"LineItems": [LINE, LINE]})
    assert (status, body["Invoices"][0]["SubTotal"], len(server.invoices)) == (200, 6.9, 1)
    assert server.overwritten == ["SO-1"]


async def test_deleted_numbers_are_free_and_voided_ones_are_not(
    server: XeroServer, call: Caller, invoice: dict[str, Any]
) -> None:
    await call.create(invoice | {"Status": "DRAFT"})
    await call("POST", f"{INVOICES}/SO-1", json={"Status": "DELETED"})
    assert (await call.create(invoice))[0] == 200
    await call("POST", f"{INVOICES}/SO-1", json={"Status": "VOIDED"})
    assert [it.status for it in server.invoices] == ["DELETED", "VOIDED"]
    assert (await call.create(invoice))[0] == 400
    status, body, _ = await call("POST", INVOICES, json=invoice)
    assert (status, messages(body)) == (400, [["Invoice not of valid status for modification"]])


async def test_each_of_a_batch_stands_alone(server: XeroServer, call: Caller, invoice: dict[str, Any]) -> None:
    batch = [invoice, invoice | {"InvoiceNumber": "SO-2", "CurrencyCode": "USD"}, invoice | {"InvoiceNumber": "SO-3"}]
    status, body, _ = await call("PUT", f"{INVOICES}?summarizeErrors=false", json={"Invoices": batch})
    assert status == 200
    assert [it["StatusAttributeString"] for it in body["Invoices"]] == ["OK", "ERROR", "OK"]
    assert messages(body, "Invoices") == [[], ["Organisation is not subscribed to currency USD"], []]
    # With a summary, the answer is a 400 though the good ones are saved.
    batch = [it | {"InvoiceNumber": f"{it['InvoiceNumber']}b"} for it in batch]
    status, body, _ = await call("PUT", INVOICES, json={"Invoices": batch})
    assert (status, [it["InvoiceNumber"] for it in body["Elements"]]) == (400, ["SO-2b"])
    assert [it.number for it in server.invoices] == ["SO-1", "SO-3", "SO-1b", "SO-3b"]
    assert len(server.refusals) == 2


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"Contact": {}}, "A Contact must be specified for this type of transaction"),
    ({"Contact": {"ContactID": "0" * 8}}, "The contact with the specified contact details could not be found."),
    ({"DueDate": None, "Date": "2026-11-25"}, "Invoice Due Date cannot be empty"),
    ({"DueDate": "24/12/2026"}, "DueDate is not a valid date: 24/12/2026"),
    ({"LineItems": []}, "One or more line items must be specified"),
    ({"LineItems": [LINE | {"AccountCode": "999"}]}, "Account code '999' is not a valid code for this document."),
    ({"LineItems": [{k: v for k, v in LINE.items() if k != "AccountCode"}]}, "Account code must be specified"),
    (
        {"LineItems": [LINE | {"TaxType": "INPUTY24"}]},
        "The TaxType code 'INPUTY24' does not exist or cannot be used for this type of transaction.",
    ),
    (
        {"LineItems": [{k: v for k, v in LINE.items() if k != "TaxType"}]},
        "The TaxType must be specified for each line item",
    ),
    ({"LineItems": [LINE | {"Description": ""}]}, "The description field is mandatory for each line item."),
    ({"LineItems": [LINE | {"LineAmount": 3.46}]}, "The line total 3.46 does not match the expected line total 3.45"),
    ({"LineItems": [LINE | {"TaxAmount": 0.32}]}, "The tax total 0.32 does not match the expected tax total 0.31"),
    (
        {"Total": 3.77},
        "The document total does not equal the sum of the lines. (Total 3.77, expected 3.76)",
    ),
    ({"LineItems": [LINE | {"Price": 1}]}, "LineItem has no field Price"),
    ({"Invoicenumber": "SO-2"}, "Invoice has no field Invoicenumber"),
    ({"Status": "VOIDED"}, "Invoice not of valid status for creation"),
]


@pytest.mark.parametrize(("change", "message"), WRONG, ids=[message[:40] for _, message in WRONG])
async def test_what_xero_would_refuse_is_refused(
    server: XeroServer, call: Caller, invoice: dict[str, Any], change: dict[str, Any], message: str
) -> None:
    status, body, _ = await call.create({k: v for k, v in (invoice | change).items() if v is not None})
    assert (status, messages(body)) == (400, [[message]])
    assert server.invoices == []
    assert [request.refused for request in server.refusals] == [message]


@pytest.mark.parametrize(
    "body",
    ["{", "[]", '{"Invoices": []}', '{"Invoices": [1]}', '{"Invoices": [{}], "More": 1}', '{"Invoices": [{"x": NaN}]}'],
)
async def test_a_body_that_is_no_batch_is_refused(server: XeroServer, call: Caller, body: str) -> None:
    status, answer, _ = await call("PUT", INVOICES, data=body, headers={"Content-Type": "application/json"})
    assert (status, answer["Type"], len(server.refusals)) == (400, "PostDataInvalidException", 1)


async def test_batches_have_fifty_elements_at_most(server: XeroServer, call: Caller, invoice: dict[str, Any]) -> None:
    batch = [invoice | {"InvoiceNumber": f"SO-{number}"} for number in range(51)]
    assert (await call.create(*batch))[0] == 400
    assert server.invoices == []
    assert (await call.create(*batch[:50]))[0] == 200


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


async def test_a_key_is_answered_again_for_six_minutes(
    server: XeroServer, call: Caller, clock: Clock, invoice: dict[str, Any]
) -> None:
    key = {"Idempotency-Key": "order-1"}
    _, first, _ = await call.create(invoice, headers=key)
    clock.on(minutes=5, seconds=59)
    status, again, _ = await call.create(invoice, headers=key)
    assert (status, again, server.idempotency.replayed) == (200, first, 1)
    status, body, _ = await call.create(invoice | {"InvoiceNumber": "SO-2"}, headers=key)
    assert (status, messages(body)) == (400, [["Idempotency Key: order-1 is used with a different request."]])
    clock.on(seconds=1)
    assert messages((await call.create(invoice, headers=key))[1]) == [["Invoice # must be unique."]]
    assert (await call.create(invoice, headers={"Idempotency-Key": "k" * 129}))[0] == 400
    assert len(server.invoices) == 1


async def test_sixty_calls_a_minute_and_no_more(server: XeroServer, call: Caller, clock: Clock) -> None:
    server.limits.per_minute = 3
    for left in (2, 1, 0):
        status, _, response = await call("GET", CONTACTS)
        assert (status, response.headers["X-MinLimit-Remaining"]) == (200, str(left))
        clock.on(seconds=10)
    status, body, response = await call("GET", CONTACTS)
    assert (status, body, response.headers["X-Rate-Limit-Problem"]) == (429, b"", "minute")
    assert response.headers["Retry-After"] == "30"
    clock.on(seconds=30)
    assert (await call("GET", CONTACTS))[0] == 200
    assert (len(server.limited), server.refusals, server.limits.peak_minute) == (1, [], 4)


async def test_a_day_and_the_app_have_limits_too(clock: Clock) -> None:
    async with (
        XeroServer(clock, limits=Limits(per_day=2, app_minute=3)) as server,
        aiohttp.ClientSession() as session,
    ):
        other = server.add_organisation("Other books")
        server.consents = [server.organisation, other]
        server.connect(organisations=server.consents)
        call = Caller(server, session)
        for _ in range(2):
            assert (await call("GET", CONTACTS))[0] == 200
        response = (await call("GET", CONTACTS))[2]
        assert (response.headers["X-Rate-Limit-Problem"], response.headers["Retry-After"]) == ("day", "86400")
        call.tenant = other.tenant_id
        assert (await call("GET", CONTACTS))[0] == 200
        assert (await call("GET", CONTACTS))[2].headers["X-Rate-Limit-Problem"] == "appminute"


async def test_five_at_once_and_no_more(server: XeroServer, call: Caller) -> None:
    server.faults.next("contact_list", hold_after=True, times=5)
    held = [asyncio.create_task(call("GET", CONTACTS)) for _ in range(5)]
    await server.faults.held(5)
    status, _, response = await call("GET", CONTACTS)
    assert (status, response.headers["X-Rate-Limit-Problem"]) == (429, "concurrent")
    await server.faults.release()
    assert [status for status, _, _ in await asyncio.gather(*held)] == [200] * 5
    assert server.limits.peak_concurrency == 6


async def test_faults_happen_as_ordered(server: XeroServer, call: Caller, invoice: dict[str, Any]) -> None:
    server.faults.next("invoices", "429_day")
    server.faults.next("invoices", "503")
    server.faults.next("invoices", "reset_before")
    status, _, response = await call.create(invoice)
    assert (status, response.headers["X-Rate-Limit-Problem"], response.headers["Retry-After"]) == (429, "day", "3600")
    assert (await call.create(invoice))[0] == 503
    with pytest.raises(aiohttp.ClientError):
        await call.create(invoice)
    assert server.invoices == []
    server.faults.next("invoices", "reset_after")
    with pytest.raises(aiohttp.ClientError):
        await call.create(invoice)
    assert [it.number for it in server.invoices] == ["SO-1"]
    server.faults.next("invoice", "garbage")
    status, raw, _ = await call("GET", f"{INVOICES}/SO-1")
    assert (status, raw[:6]) == (200, b"<html>")
    assert [request.status for request in server.requests] == [429, 503, 0, 0, 200]
    assert server.refusals == []
    with pytest.raises(ValueError, match="no such route"):
        server.faults.next("invoces", "429")


async def test_a_share_of_the_requests_fails_the_same_way_each_time(server: XeroServer, call: Caller) -> None:
    async def seen() -> list[int]:
        server.faults.always("accounts", share=0.5, seed=3, kinds=["429", "500"])
        statuses = [(await call("GET", "/api.xro/2.0/Accounts"))[0] for _ in range(12)]
        server.faults.clear()
        return statuses

    first = await seen()
    assert set(first) == {200, 429, 500}
    assert await seen() == first


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


async def test_what_an_accounting_client_has_to_send(server: XeroServer, call: Caller) -> None:
    for headers, status in (
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer nonsense"}, 401),
        ({"xero-tenant-id": ""}, 403),
        ({"xero-tenant-id": "elsewhere"}, 403),
        ({"Accept": "*/*"}, 406),
    ):
        assert (await call("GET", CONTACTS, headers=headers))[0] == status, headers
    assert (await call("PUT", CONTACTS, data="Name=A"))[0] == 415
    assert (await call("GET", "/api.xro/2.0/Journals"))[0] == 404
    assert len(server.refusals) == 7
    call.token = server.connect(scope="offline_access accounting.contacts.read")["access_token"]
    assert (await call("GET", CONTACTS))[0] == 200
    status, body, response = await call("PUT", CONTACTS, json={"Name": "A"})
    assert (status, body["Detail"]) == (401, "AuthorizationUnsuccessful")
    assert response.headers["WWW-Authenticate"] == "insufficent_scope"


async def test_it_runs_by_hand() -> None:
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.sandbox.xero_server", stdout=asyncio.subprocess.PIPE
    )
    assert program.stdout is not None
    url = (await program.stdout.readline()).decode().strip()
    async with aiohttp.ClientSession() as session, session.get(f"{url}/connections") as answer:
        assert answer.status == 401
    program.terminate()
    await program.wait()
