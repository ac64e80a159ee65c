"""The real SDK talks to the stand-in. What it does by itself, unasked, is written down here too."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import pytest
import urllib3
from xero_python.accounting import (
    AccountingApi,
    Allocation,
    Allocations,
    Contact,
    Contacts,
    CreditNote,
    CreditNotes,
    CurrencyCode,
    Invoice,
    Invoices,
    LineItem,
)
from xero_python.api_client import ApiClient
from xero_python.api_client.configuration import Configuration
from xero_python.api_client.oauth2 import OAuth2Token, TokenApi
from xero_python.exceptions import (
    AccountingBadRequestException,
    HTTPStatusException,
    NotFoundException,
    RateLimitException,
)
from xero_python.identity import IdentityApi

from tests.sandbox.xero.contract import contract
from tests.sandbox.xero_server import CLIENT_ID, CLIENT_SECRET, XeroServer

R = TypeVar("R")


def client(server: XeroServer, *, retries: bool = False) -> ApiClient:
    """The SDK's client, connected; it retries by itself unless it is told not to."""
    # Configuration(...) is copied from the first that a process made, its arguments are ignored ever after.
    configuration = Configuration()
    configuration.oauth2_token = OAuth2Token(client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
    made = ApiClient(configuration)
    if not retries:
        made.rest_client.pool_manager.connection_pool_kw["retries"] = False
    tokens = server.connect()
    kept = tokens | {"scope": tokens["scope"].split()}
    made.oauth2_token_getter(lambda: kept)
    made.oauth2_token_saver(kept.update)
    return made


def api(server: XeroServer, **options: Any) -> AccountingApi:
    """The SDK's Accounting API, sent to the stand-in."""
    return AccountingApi(client(server, **options), base_url=f"{server.api_url}/api.xro/2.0")


async def blocking(call: Callable[..., R], *args: Any, **options: Any) -> R:
    """The SDK blocks; the stand-in runs on this loop."""
    return await asyncio.to_thread(call, *args, **options)


@pytest.fixture
async def server() -> AsyncIterator[XeroServer]:
    async with XeroServer() as xero:
        yield xero


@pytest.fixture
def tenant(server: XeroServer) -> str:
    return server.organisation.tenant_id


@pytest.fixture
def bill(server: XeroServer) -> Iterator[Callable[..., Invoices]]:
    customer = server.add_contact("Crust & Co Pasir Ris", "CPZ-PSR")

    def made(*numbers: str, **changes: Any) -> Invoices:
        said = {
            "type": "ACCREC",
            "contact": Contact(contact_id=customer.id),
            "date": date(2026, 11, 24),
            "due_date": date(2026, 12, 24),
            "status": "AUTHORISED",
            "currency_code": CurrencyCode("SGD"),
            "line_items": [
                LineItem(
                    description="12in box",
                    quantity=Decimal(3),
                    unit_amount=Decimal("16.55"),
                    account_code="200",
                    tax_type="OUTPUTY24",
                )
            ],
        }
        return Invoices(invoices=[Invoice(invoice_number=number, **said | changes) for number in numbers])

    return made


async def test_an_invoice_goes_out_and_comes_back_in_decimals(server: XeroServer, tenant: str, bill: Any) -> None:
    answer = await blocking(api(server).create_invoices, tenant, bill("SO-1"))
    (made,) = answer.invoices
    assert (made.total, made.total_tax, made.amount_due) == (Decimal("54.12"), Decimal("4.47"), Decimal("54.12"))
    assert (made.date, made.due_date) == (date(2026, 11, 24), date(2026, 12, 24))
    assert made.updated_date_utc.tzinfo is not None
    # Sent as floats, of which JSON keeps the shortest text, so cents survive.
    assert server.requests[-1].body["Invoices"][0]["LineItems"][0]["UnitAmount"] == Decimal("16.55")
    assert server.refusals == server.contract_errors == []


async def test_a_moment_is_billed_on_its_day_in_utc(server: XeroServer, tenant: str, bill: Any) -> None:
    midnight = datetime(2026, 11, 24, tzinfo=timezone(timedelta(hours=8)))
    answer = await blocking(api(server).create_invoices, tenant, bill("SO-1", date=midnight))
    assert answer.invoices[0].date == date(2026, 11, 23)


async def test_a_duplicate_is_an_exception_that_says_so(server: XeroServer, tenant: str, bill: Any) -> None:
    accounting = api(server)
    await blocking(accounting.create_invoices, tenant, bill("SO-1"))
    with pytest.raises(AccountingBadRequestException) as caught:
        await blocking(accounting.create_invoices, tenant, bill("SO-1"))
    # The exception's own status is the text of the body's Message, where there is one, and no number.
    assert caught.value.reason == "Invoice # must be unique."
    assert caught.value.error_data["Elements"][0]["InvoiceNumber"] == "SO-1"
    assert len(server.invoices) == 1


async def test_errors_of_a_batch_stand_with_their_elements(server: XeroServer, tenant: str, bill: Any) -> None:
    accounting = api(server)
    await blocking(accounting.create_invoices, tenant, bill("SO-1"))
    answer = await blocking(accounting.create_invoices, tenant, bill("SO-1", "SO-2"), summarize_errors=False)
    assert [it.status_attribute_string for it in answer.invoices] == ["ERROR", "OK"]
    assert answer.invoices[0].validation_errors[0].message == "Invoice # must be unique."
    assert [it.number for it in server.invoices] == ["SO-1", "SO-2"]
    assert server.contract_errors == []


async def test_a_key_makes_it_once(server: XeroServer, tenant: str, bill: Any) -> None:
    accounting = api(server)
    answers = [
        await blocking(accounting.create_invoices, tenant, bill("SO-1"), idempotency_key="order-1") for _ in range(2)
    ]
    assert answers[0].invoices[0].invoice_id == answers[1].invoices[0].invoice_id
    assert [request.idempotency_key for request in server.requests] == ["order-1", "order-1"]
    assert (len(server.invoices), server.idempotency.replayed) == (1, 1)


async def test_a_timeout_leaves_an_invoice_behind(server: XeroServer, tenant: str, bill: Any) -> None:
    accounting = api(server)
    server.faults.next("invoices", hold_after=True)
    with pytest.raises(urllib3.exceptions.ReadTimeoutError):
        await blocking(accounting.create_invoices, tenant, bill("SO-1"), _request_timeout=(5, 0.2))
    assert [it.number for it in server.invoices] == ["SO-1"]
    await server.faults.release()


async def test_a_timeout_in_fractions_is_no_timeout(server: XeroServer, tenant: str, bill: Any) -> None:
    server.faults.next("invoices", slow=0.5)
    # A float is left out without a word; only a whole number or a pair counts.
    answer = await blocking(api(server).create_invoices, tenant, bill("SO-1"), _request_timeout=0.1)
    assert answer.invoices[0].invoice_number == "SO-1"


async def test_one_dropped_connection_is_several_requests_unless_told_otherwise(
    server: XeroServer, tenant: str, bill: Any
) -> None:
    server.faults.next("invoices", reset_after=True)
    with pytest.raises(AccountingBadRequestException, match="must be unique"):
        await blocking(api(server, retries=True).create_invoices, tenant, bill("SO-1"))
    assert (server.count("invoices"), len(server.invoices)) == (2, 1)
    server.faults.next("invoices", reset_after=True)
    with pytest.raises(urllib3.exceptions.ProtocolError):
        await blocking(api(server).create_invoices, tenant, bill("SO-2"))
    assert (server.count("invoices"), len(server.invoices)) == (3, 2)


async def test_a_dead_connection_is_tried_four_times(server: XeroServer, tenant: str, bill: Any) -> None:
    server.faults.always("invoices", reset_before=True)
    with pytest.raises(urllib3.exceptions.MaxRetryError):
        await blocking(api(server, retries=True).create_invoices, tenant, bill("SO-1"))
    assert server.count("invoices") == 4


async def test_a_limit_is_waited_for_and_tried_again_unless_told_otherwise(
    server: XeroServer, tenant: str, bill: Any
) -> None:
    # urllib3 sleeps for Retry-After, in the calling thread: a day's limit would hold it for hours.
    server.faults.next("invoices", status=429, retry_after=0)
    await blocking(api(server, retries=True).create_invoices, tenant, bill("SO-1"))
    assert server.count("invoices") == 2
    server.faults.next("invoices", "429_day")
    with pytest.raises(RateLimitException) as caught:
        await blocking(api(server).create_invoices, tenant, bill("SO-2"))
    assert (caught.value.rate_limit, caught.value.headers["Retry-After"]) == ("day", "3600")
    assert server.count("invoices") == 3


async def test_a_pdf_is_a_file_named_by_the_server_or_bytes(
    server: XeroServer, tenant: str, bill: Any, tmp_path: Path
) -> None:
    accounting = api(server)
    made = (await blocking(accounting.create_invoices, tenant, bill("SO-1"))).invoices[0]
    accounting.api_client.configuration.temp_folder_path = str(tmp_path)
    path = Path(await blocking(accounting.get_invoice_as_pdf, tenant, made.invoice_id))
    assert (path, path.read_bytes()[:5]) == (tmp_path / "SO-1.pdf", b"%PDF-")
    raw = await blocking(
        accounting.get_invoice_as_pdf,
        tenant,
        made.invoice_id,
        _preload_content=False,
    )
    assert raw.data == path.read_bytes()
    assert server.count("invoice_pdf") == 2


async def test_lists_contacts_and_credit_notes_can_be_read(server: XeroServer, tenant: str, bill: Any) -> None:
    accounting = api(server)
    await blocking(accounting.create_invoices, tenant, bill("SO-1", "SO-2"))
    server.pay("SO-2")
    listed = await blocking(
        accounting.get_invoices,
        tenant,
        where='Type=="ACCREC"',
        statuses=["AUTHORISED", "PAID"],
        if_modified_since=datetime(2026, 1, 1, tzinfo=UTC),
        order="InvoiceNumber DESC",
        page=1,
        summary_only=False,
    )
    assert [(it.invoice_number, it.status) for it in listed.invoices] == [("SO-2", "PAID"), ("SO-1", "AUTHORISED")]
    assert listed.invoices[0].payments[0].amount == Decimal("54.12")
    payments = await blocking(
        accounting.get_payments, tenant, where=f'Invoice.InvoiceID==guid("{listed.invoices[0].invoice_id}")'
    )
    assert [it.amount for it in payments.payments] == [Decimal("54.12")]
    found = await blocking(accounting.get_contacts, tenant, where='ContactNumber=="CPZ-PSR"')
    contact = await blocking(accounting.get_contact, tenant, found.contacts[0].contact_id)
    assert contact.contacts[0].balances.accounts_receivable.outstanding == Decimal("54.12")
    note = CreditNote(
        type="ACCRECCREDIT",
        credit_note_number="CN-1",
        contact=Contact(contact_id=found.contacts[0].contact_id),
        status="AUTHORISED",
        line_items=bill("x").invoices[0].line_items,
    )
    noted = await blocking(accounting.create_credit_notes, tenant, CreditNotes(credit_notes=[note]))
    share = Allocation(
        amount=Decimal("4.12"), date=date(2026, 11, 25), invoice=Invoice(invoice_id=listed.invoices[1].invoice_id)
    )
    id_ = noted.credit_notes[0].credit_note_id
    await blocking(accounting.create_credit_note_allocation, tenant, id_, Allocations(allocations=[share]))
    assert server.invoice("SO-1").due_amount == Decimal("50.00")
    assert server.refusals == server.contract_errors == []


async def test_settings_and_connections_can_be_read(server: XeroServer, tenant: str) -> None:
    connections = await blocking(IdentityApi(client(server), base_url=server.api_url).get_connections)
    assert [it.tenant_id for it in connections] == [tenant]
    accounting = api(server)
    rates = (await blocking(accounting.get_tax_rates, tenant)).tax_rates
    assert {it.tax_type: it.effective_rate for it in rates}["OUTPUTY24"] == Decimal(9)
    assert [it.code for it in (await blocking(accounting.get_accounts, tenant)).accounts][:2] == ["090", "200"]
    assert (await blocking(accounting.get_organisations, tenant)).organisations[0].base_currency.value == "SGD"


async def test_a_contact_can_be_made_and_named_once(server: XeroServer, tenant: str) -> None:
    accounting, new = api(server), Contacts(contacts=[Contact(name="Nasi Corner", contact_number="NC")])
    made = await blocking(accounting.create_contacts, tenant, new)
    assert made.contacts[0].contact_number == "NC"
    with pytest.raises(AccountingBadRequestException, match="already assigned"):
        await blocking(accounting.create_contacts, tenant, new)
    assert server.contract_errors == []


async def test_refusals_of_the_front_door(server: XeroServer, tenant: str) -> None:
    accounting = api(server)
    with pytest.raises(NotFoundException):
        await blocking(accounting.get_invoice, tenant, "SO-9")
    server.expire_access()
    with pytest.raises(HTTPStatusException) as caught:
        await blocking(accounting.get_organisations, tenant)
    assert (caught.value.status, json.loads(caught.value.body)["Title"]) == (401, "Unauthorized")


async def test_its_own_refresh_shows_the_secret_in_the_body(
    server: XeroServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TokenApi, "refresh_token_url", server.token_url)
    made, value = client(server), server.connect()["refresh_token"]
    asking = TokenApi(made, CLIENT_ID, CLIENT_SECRET)
    with pytest.raises(HTTPStatusException) as caught:
        await blocking(asking.refresh_token, value, ["offline_access"])
    assert caught.value.status == 401
    server.credentials_in_body = True
    assert (await blocking(asking.refresh_token, value, ["offline_access"]))["refresh_token"] != value


def test_a_configuration_is_that_of_the_first() -> None:
    first, second = OAuth2Token("a", "b"), OAuth2Token("c", "d")
    Configuration(oauth2_token=first)
    assert Configuration(oauth2_token=second).oauth2_token is not second


def test_the_contract_catches_what_it_can() -> None:
    document = contract()
    if document is None:
        pytest.skip("Xero's contract is not here")
    good = {"Invoices": [{"Type": "ACCREC", "Status": "DRAFT", "CurrencyCode": "SGD"}]}
    assert document.request_errors("invoices", "PUT", good) == []
    for name, value in (("Type", "SALE"), ("Status", "OPEN"), ("CurrencyCode", "S$"), ("LineAmountTypes", "exclusive")):
        wrong = {"Invoices": [good["Invoices"][0] | {name: value}]}
        assert document.request_errors("invoices", "PUT", wrong), name
    assert document.answer_errors("invoice", "GET", 200, {"Invoices": [{"Total": "1.00"}]})
