"""The stand-in for Xero is as strict as the real one, and fails as it is told to."""

from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.xero_caller import CONTACTS, INVOICES, LINE, Caller, messages
from tests.sandbox.xero_server import XeroServer


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
    ({"LineItems": [LINE | {"TaxAmount": 0.33}]}, "The tax total 0.33 does not match the expected tax total 0.31"),
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
