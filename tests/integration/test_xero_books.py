"""An order becomes one invoice in Xero, whatever happens to the calls; what a bookkeeper did is never overwritten."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio

from bot.storage.store import SqlStore
from bot.storage.tables import outbox, xero_connection, xero_invoices
from bot.xero.books import XeroBooks
from bot.xero.errors import (
    InvoiceDiffers,
    ScopeMissing,
    StillLanding,
    XeroFailed,
    XeroLimited,
    XeroOffline,
    XeroRefused,
)
from bot.xero.mirror import State
from bot.xero.ports import NotConnected
from core.domain.invoices import InvoiceStatus
from core.domain.orders import Order, OrderLine
from core.errors import NotNow
from core.wording import whether_paid
from tests.integration.xero_builders import (
    BOX,
    OUTLET,
    Clock,
    amended,
    cancelled,
    held,
    keep_connected,
    keep_order,
    keep_outlets,
    open_xero_books,
    order,
)
from tests.sandbox.sample import rows_of, until
from tests.sandbox.xero_connection import HeldConnection
from tests.sandbox.xero_server import CLIENT_ID, CLIENT_SECRET, XeroServer

NUMBER = "INV-10001"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def xero(clock: Clock) -> AsyncIterator[XeroServer]:
    async with XeroServer(clock) as server:
        yield server
    assert server.refusals == server.contract_errors == []
    assert server.contacts_by_name == 0


@pytest_asyncio.fixture
async def books(xero: XeroServer, store: SqlStore, clock: Clock) -> AsyncIterator[XeroBooks]:
    await keep_outlets(store, OUTLET)
    await keep_connected(store.database, xero.organisation.tenant_id)
    async with open_xero_books(xero, store, clock) as made:
        yield made


@pytest_asyncio.fixture
async def placed(books: XeroBooks, store: SqlStore) -> Order:
    return await keep_order(store, order())


async def invoiced(books: XeroBooks, store: SqlStore, of: Order) -> None:
    """An order's next version, and its invoice."""
    await keep_order(store, of)
    await books.invoice(of, OUTLET)


async def state(books: XeroBooks, number: str = "RS-10001") -> Any:
    row = await books.mirror.of_order(number)
    return row and (row.state, row.version)


async def told(store: SqlStore) -> list[str]:
    return [job.payload["text"] for job in await rows_of(store.database, outbox) if job.kind == "staff"]


# -- a new order ------------------------------------------------------------------------------------------


async def test_an_order_becomes_an_invoice_to_the_cent(books: XeroBooks, xero: XeroServer, placed: Order) -> None:
    made = await books.invoice(placed, OUTLET)
    (kept,) = xero.invoices
    assert (
        (kept.number, kept.reference, kept.status)
        == (made.number, placed.number, "AUTHORISED")
        == (
            NUMBER,
            "RS-10001",
            "AUTHORISED",
        )
    )
    assert (kept.on, kept.due) == (made.issued_on, made.due_on) == (date(2026, 11, 23), date(2026, 12, 23))
    assert (kept.sub_total, kept.total_tax, kept.total) == (placed.subtotal, placed.tax, placed.total)
    assert [(line.quantity, line.unit_amount, line.tax_type, line.account_code) for line in kept.lines] == [
        (2, Decimal("32.0000"), "OUTPUTY24", "200"),
        (3, Decimal("0.1250"), "OUTPUTY24", "200"),
    ]
    assert (kept.contact.number, kept.contact.name) == ("CPZ-PSR", "Canadian Pizza Pasir Ris")
    assert await state(books) == (State.SYNCED, 1)


async def test_invoicing_twice_and_at_once_gives_one_invoice(books: XeroBooks, xero: XeroServer, placed: Order) -> None:
    await asyncio.gather(*(books.invoice(placed, OUTLET) for _ in range(5)))
    await books.invoice(placed, OUTLET)
    assert (len(xero.invoices), len(xero.contacts)) == (1, 1)


async def test_what_waits_while_a_call_is_out_goes_in_the_next(
    books: XeroBooks, xero: XeroServer, store: SqlStore, clock: Clock
) -> None:
    placed = [await keep_order(store, order(f"RS-{10001 + place}")) for place in range(30)]
    xero.faults.next("invoices", hold_before=True)

    async def all_wait() -> bool:
        return len(await rows_of(store.database, xero_invoices)) == 30

    async with open_xero_books(xero, store, clock, xero_timeout_seconds=40) as others:
        work = [asyncio.create_task(others.invoice(each, OUTLET)) for each in placed]
        await xero.faults.held()
        await until(all_wait)
        await xero.faults.release()
        await asyncio.gather(*work)
    assert len(xero.invoices) == 30
    calls = [len(each.body["Invoices"]) for each in xero.requests if each.route == "invoices"]
    assert len(calls) <= 3, "those that were noted last may just have missed the second"
    assert (xero.count("contact_list"), xero.count("contacts"), xero.count("taxrates")) == (1, 1, 1)


async def test_what_is_wrong_with_one_of_a_batch_is_its_own_affair(
    books: XeroBooks, xero: XeroServer, store: SqlStore
) -> None:
    gone = replace(OUTLET, code="OLD", name="Old Shop")
    await keep_outlets(store, gone)
    contact = xero.add_contact("Old Shop", "OLD")
    await books.mirror.keep_contact(xero.organisation.tenant_id, "OLD", contact.id)
    xero.archive_contact(contact)
    placed = [await keep_order(store, order(f"RS-{10001 + place}")) for place in range(5)]
    bad = await keep_order(store, order("RS-10099", outlet="OLD"))
    work = [books.invoice(each, OUTLET) for each in placed] + [books.invoice(bad, gone)]
    *good, refused = await asyncio.gather(*work, return_exceptions=True)
    assert isinstance(refused, XeroRefused)
    assert "archived" in str(refused)
    assert not [each for each in good if isinstance(each, Exception)]
    assert len(xero.invoices) == 5
    assert await told(store) == [f"Order RS-10099: {refused}"]
    assert await state(books, "RS-10099") == (State.NEW, 0)


async def test_taxes_by_line_add_up_to_the_orders_own(books: XeroBooks, xero: XeroServer, store: SqlStore) -> None:
    # 9% of 0.50 is 0.045 on each line, so that Xero alone would come to 0.15 where the order says 0.14.
    lines = tuple(OrderLine(f"S-{place}", "Sticker", 1, "pkt", 1, Decimal("0.50")) for place in range(3))
    placed = await keep_order(store, order(lines=lines))
    assert placed.tax == Decimal("0.14")
    await books.invoice(placed, OUTLET)
    assert xero.invoices[0].total == placed.total == Decimal("1.64")


async def test_an_item_code_goes_along_where_the_organisation_has_such_an_item(
    books: XeroBooks, xero: XeroServer, placed: Order
) -> None:
    xero.organisation.items.add("ST-01")
    await books.invoice(placed, OUTLET)
    assert [(line.item_code, line.description) for line in xero.invoices[0].lines] == [
        (None, "Pizza Box 12in (bundle of 50) PB-12-PLN"),
        ("ST-01", "Straw (pkt of 250)"),
    ]


async def test_a_draft_is_made_where_the_settings_say_so(
    books: XeroBooks, xero: XeroServer, store: SqlStore, clock: Clock, placed: Order
) -> None:
    async with open_xero_books(xero, store, clock, xero_invoice_status="DRAFT") as others:
        await others.invoice(placed, OUTLET)
        assert await others.document(placed.number or "") is None
        assert xero.invoices[0].status == "DRAFT"
        xero.edit(NUMBER, status="AUTHORISED")
        document = await others.document(placed.number or "")
        assert document is not None
        assert document.startswith(b"%PDF")


async def test_a_rate_with_several_tax_types_is_a_persons_choice(
    books: XeroBooks, xero: XeroServer, store: SqlStore, clock: Clock
) -> None:
    placed = await keep_order(store, order(tax_rate=Decimal(0)))
    with pytest.raises(XeroRefused, match=r"ES33OUTPUT, NONE, OSOUTPUT, ZERORATEDOUTPUT.*RESUPPLY_XERO_TAX_TYPE"):
        await books.invoice(placed, OUTLET)
    async with open_xero_books(xero, store, clock, xero_tax_type="ZERORATEDOUTPUT") as others:
        await others.invoice(placed, OUTLET)
    assert xero.invoices[0].lines[0].tax_type == "ZERORATEDOUTPUT"


# -- an uncertain outcome -----------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["reset_after", "garbage", "slow"])
async def test_a_call_that_worked_and_seemed_to_fail_is_looked_up(
    books: XeroBooks, xero: XeroServer, placed: Order, fault: str
) -> None:
    xero.faults.next("invoices", **({"slow": 3.0} if fault == "slow" else {fault: True}))
    await books.invoice(placed, OUTLET)
    assert (len(xero.invoices), xero.count("invoices"), xero.count("invoice_list")) == (1, 1, 1)
    assert await state(books) == (State.SYNCED, 1)


@pytest.mark.parametrize("fault", ["reset_before", "500"])
async def test_a_call_that_did_not_work_is_done_again(
    books: XeroBooks, xero: XeroServer, placed: Order, fault: str
) -> None:
    xero.faults.next("invoices", fault)
    with pytest.raises(XeroFailed):
        await books.invoice(placed, OUTLET)
    assert await state(books) == (State.UNSURE, 0)
    await books.invoice(placed, OUTLET)
    assert (len(xero.invoices), xero.count("invoices"), xero.count("invoice_list")) == (1, 2, 2)


async def test_a_whole_batch_that_is_unsure_is_looked_up_in_one_call(
    books: XeroBooks, xero: XeroServer, store: SqlStore
) -> None:
    placed = [await keep_order(store, order(f"RS-{10001 + place}")) for place in range(20)]
    xero.faults.always("invoices", reset_after=True)
    done = await asyncio.gather(*(books.invoice(each, OUTLET) for each in placed))
    assert len(done) == len(xero.invoices) == 20
    assert xero.count("invoice_list") <= xero.count("invoices") + 1


async def test_offline_waits_and_counts_as_no_try(books: XeroBooks, xero: XeroServer, placed: Order) -> None:
    xero.faults.next("invoices", "503")
    with pytest.raises(XeroOffline) as caught:
        await books.invoice(placed, OUTLET)
    assert isinstance(caught.value, NotNow)
    await books.invoice(placed, OUTLET)
    assert len(xero.invoices) == 1


async def test_a_kill_after_the_call_leaves_a_lookup(
    books: XeroBooks, xero: XeroServer, store: SqlStore, placed: Order
) -> None:
    """As if the process had died right after the call: the row says what was meant, and no more."""
    await books.invoice(placed, OUTLET)
    row = await books.mirror.of_order("RS-10001")
    assert row is not None
    meant = {"state": "unsure", "intended": 1, "intended_digest": row.digest}
    async with store.database.writing() as connection:
        await connection.execute(xero_invoices.update().values(**meant, invoice_id=None, digest=None, version=0))
    await books.invoice(placed, OUTLET)
    assert (len(xero.invoices), xero.count("invoices"), await state(books)) == (1, 1, (State.SYNCED, 1))


async def test_a_later_version_adopts_what_the_earlier_one_left(
    books: XeroBooks, xero: XeroServer, store: SqlStore, placed: Order
) -> None:
    xero.faults.next("invoices", reset_after=True)
    xero.faults.next("invoice_list", "500")
    with pytest.raises(XeroFailed):
        await books.invoice(placed, OUTLET)
    more = amended(placed)
    await invoiced(books, store, more)
    assert [(it.number, it.total) for it in xero.invoices] == [(NUMBER, more.total)]
    assert xero.overwritten == [NUMBER]


# -- what is there already ------------------------------------------------------------------------------------


async def test_an_invoice_that_equals_the_order_is_adopted(
    books: XeroBooks, xero: XeroServer, store: SqlStore, placed: Order
) -> None:
    await books.invoice(placed, OUTLET)
    await forget(store)
    await books.invoice(placed, OUTLET)
    assert (len(xero.invoices), await state(books)) == (1, (State.SYNCED, 1))


async def test_an_invoice_that_differs_is_parked_with_the_difference(
    books: XeroBooks, xero: XeroServer, store: SqlStore, placed: Order
) -> None:
    customer = xero.add_contact("Somebody else")
    theirs = xero.add_invoice(customer, NUMBER)
    with pytest.raises(InvoiceDiffers, match=r"total is 109\.00, not 70\.17"):
        await books.invoice(placed, OUTLET)
    assert xero.invoices == [theirs]
    assert (await state(books))[0] is State.PARKED
    said = "INV-10001 is there with other content: contact is Somebody else, not Canadian Pizza Pasir Ris;"
    assert said in (await told(store))[0]
    with pytest.raises(InvoiceDiffers):
        await books.invoice(placed, OUTLET)
    assert len(await told(store)) == 1


async def forget(store: SqlStore) -> None:
    async with store.database.writing() as connection:
        await connection.execute(xero_invoices.delete())


# -- contacts ---------------------------------------------------------------------------------------------


async def test_the_contact_with_the_outlets_number_is_used(books: XeroBooks, xero: XeroServer, placed: Order) -> None:
    theirs = xero.add_contact("Crust & Co (Pasir Ris)", "CPZ-PSR")
    await books.invoice(placed, OUTLET)
    assert (xero.contacts, xero.invoices[0].contact) == ([theirs], theirs)


async def test_a_name_that_is_taken_is_told_apart_by_the_code(
    books: XeroBooks, xero: XeroServer, placed: Order
) -> None:
    xero.add_contact("canadian pizza pasir ris")
    await books.invoice(placed, OUTLET)
    assert xero.invoices[0].contact.name == "Canadian Pizza Pasir Ris (CPZ-PSR)"


async def test_codes_longer_than_a_contact_number_have_contacts_of_their_own(
    books: XeroBooks, xero: XeroServer, store: SqlStore
) -> None:
    """An import takes codes of up to 64 characters, and Xero numbers of up to 50."""
    outlets = [replace(OUTLET, code=f"{'LONG-CODE-' * 6}{end}", name="N" * 190) for end in ("AA", "BB")]
    outlets.append(replace(OUTLET, code="X" * 50, name="Just fits"))
    await keep_outlets(store, *outlets)
    for number, outlet in enumerate(outlets, 10001):
        await books.invoice(await keep_order(store, order(f"RS-{number}", outlet=outlet.code)), outlet)
        await books.mirror.forget_contact(xero.organisation.tenant_id, outlet.code)
        await books.invoice(await keep_order(store, order(f"RS-{number + 10}", outlet=outlet.code)), outlet)
    numbers = [contact.number or "" for contact in xero.contacts]
    assert len(numbers) == len(set(numbers)) == 3
    assert [len(number) for number in numbers] == [50, 50, 50]
    assert [number[:39] for number in numbers[:2]] == ["LONG-CODE-LONG-CODE-LONG-CODE-LONG-CODE"] * 2
    assert numbers[2] == outlets[2].code


async def test_a_contact_that_was_made_unnoticed_is_found(books: XeroBooks, xero: XeroServer, placed: Order) -> None:
    xero.faults.next("contacts", reset_after=True)
    await books.invoice(placed, OUTLET)
    assert (len(xero.contacts), len(xero.invoices)) == (1, 1)


async def test_a_merged_contact_is_followed(books: XeroBooks, xero: XeroServer, store: SqlStore, placed: Order) -> None:
    await books.invoice(placed, OUTLET)
    old, new = xero.contacts[0], xero.add_contact("Crust & Co")
    old.fields["MergedToContactID"] = new.id
    xero.archive_contact(old)
    second = await keep_order(store, order("RS-10002"))
    await books.invoice(second, OUTLET)
    assert xero.invoice("INV-10002").contact is new


async def test_a_contact_that_was_archived_is_named_to_the_staff(
    books: XeroBooks, xero: XeroServer, store: SqlStore, placed: Order
) -> None:
    await books.invoice(placed, OUTLET)
    xero.archive_contact(xero.contacts[0])
    with pytest.raises(XeroRefused, match="is archived; please restore it in Xero"):
        await books.invoice(await keep_order(store, order("RS-10002")), OUTLET)
    assert "archived; please restore it" in (await told(store))[0]


@pytest.mark.parametrize("code", ["分店-1", 'A"B\\C', "A&B #1 % ü"])
async def test_an_outlets_code_may_have_any_characters(
    books: XeroBooks, xero: XeroServer, store: SqlStore, code: str
) -> None:
    outlet = replace(OUTLET, code=code)
    await keep_outlets(store, outlet)
    await books.invoice(await keep_order(store, order(outlet=code)), outlet)
    await books.mirror.forget_contact(xero.organisation.tenant_id, code)
    await books.invoice(await keep_order(store, order("RS-10002", outlet=code)), outlet)
    assert [contact.number for contact in xero.contacts] == [code]
    assert len(xero.invoices) == 2


# -- changed and cancelled orders ------------------------------------------------------------------------------


async def test_a_changed_order_changes_its_invoice(
    books: XeroBooks, xero: XeroServer, store: SqlStore, placed: Order
) -> None:
    await books.invoice(placed, OUTLET)
    more = amended(placed)
    await invoiced(books, store, more)
    assert [(it.number, it.total, len(it.lines)) for it in xero.invoices] == [(NUMBER, more.total, 2)]
    kept = await books.find("RS-10001")
    assert kept is not None
    assert (kept.version, kept.order.lines) == (2, more.lines)


async def test_an_order_changed_in_nothing_that_is_billed_writes_nothing(
    books: XeroBooks, xero: XeroServer, store: SqlStore, placed: Order
) -> None:
    await books.invoice(placed, OUTLET)
    await invoiced(books, store, replace(placed, version=2, delivery_window="afternoon"))
    assert (xero.overwritten, await state(books)) == ([], (State.SYNCED, 2))


@pytest.mark.parametrize(("status", "gone"), [("AUTHORISED", "VOIDED"), ("DRAFT", "DELETED")])
async def test_a_cancelled_order_voids_its_invoice(
    books: XeroBooks, xero: XeroServer, store: SqlStore, clock: Clock, placed: Order, status: str, gone: str
) -> None:
    async with open_xero_books(xero, store, clock, xero_invoice_status=status) as others:
        await others.invoice(placed, OUTLET)
        await invoiced(others, store, cancelled(placed))
    assert [it.status for it in xero.invoices] == [gone]


async def test_an_order_cancelled_before_it_was_invoiced_makes_no_invoice(
    books: XeroBooks, xero: XeroServer, store: SqlStore, clock: Clock, placed: Order
) -> None:
    await invoiced(books, store, cancelled(placed))
    assert xero.requests == [] or xero.invoices == []
    xero.faults.next("invoices", "reset_before")
    second = await keep_order(store, order("RS-10002"))
    with pytest.raises(XeroFailed):
        await books.invoice(second, OUTLET)
    gone = await keep_order(store, cancelled(second))
    with pytest.raises(StillLanding):
        await books.invoice(gone, OUTLET)
    clock.on(seconds=8)
    await books.invoice(gone, OUTLET)
    assert (xero.invoices, await state(books, "RS-10002")) == ([], (State.SYNCED, 2))


@pytest.mark.parametrize("change", [amended, cancelled])
@pytest.mark.parametrize("after", ["made", "made and changed"])
async def test_a_call_of_a_killed_process_that_comes_through_late_does_no_harm(
    books: XeroBooks, xero: XeroServer, store: SqlStore, clock: Clock, placed: Order, change: Any, after: str
) -> None:
    late = placed
    if after == "made and changed":
        await books.invoice(placed, OUTLET)
        late = await keep_order(store, amended(placed, 8))
        xero.faults.next("invoice", hold_before=False)  # the look before the change
    xero.faults.next("invoices" if after == "made" else "invoice", hold_before=True)
    dying = asyncio.create_task(books.invoice(late, OUTLET))
    await xero.faults.held()
    async with open_xero_books(xero, store, clock) as others:
        changed = await keep_order(store, change(late))
        with pytest.raises(StillLanding):
            await others.invoice(changed, OUTLET)
        await xero.faults.release()
        await asyncio.gather(dying, return_exceptions=True)
        await others.invoice(changed, OUTLET)
    (kept,) = xero.invoices
    assert (kept.status, kept.total) == ("AUTHORISED" if change is amended else "VOIDED", changed.total)
    assert await state(books) == (State.SYNCED, changed.version)


async def test_a_process_that_was_overtaken_leaves_the_row_alone(
    books: XeroBooks, xero: XeroServer, store: SqlStore, clock: Clock, placed: Order
) -> None:
    xero.faults.next("invoices", hold_before=True, status=429)
    async with open_xero_books(xero, store, clock, xero_timeout_seconds=40) as others:
        slow = asyncio.create_task(others.invoice(placed, OUTLET))
        await xero.faults.held()
        await books.invoice(placed, OUTLET)
        await xero.faults.release()
        with pytest.raises(XeroLimited):
            await slow
    assert (len(xero.invoices), await state(books)) == (1, (State.SYNCED, 1))


async def test_only_the_newest_version_is_invoiced(
    books: XeroBooks, xero: XeroServer, store: SqlStore, placed: Order
) -> None:
    second = await keep_order(store, amended(placed))
    third = await keep_order(store, amended(second, 7))
    await books.invoice(third, OUTLET)
    await books.invoice(second, OUTLET)
    await books.invoice(placed, OUTLET)
    assert [(it.total) for it in xero.invoices] == [third.total]
    assert xero.count("invoices") == 1


@pytest.mark.parametrize("fault", ["reset_after", "reset_before", "500", "garbage"])
@pytest.mark.parametrize("change", [amended, cancelled])
async def test_a_change_with_an_uncertain_outcome_is_looked_at_first(
    books: XeroBooks, xero: XeroServer, store: SqlStore, placed: Order, fault: str, change: Any
) -> None:
    await books.invoice(placed, OUTLET)
    xero.faults.next("invoice", hold_before=False)  # the look before the change
    xero.faults.next("invoice", fault)
    changed = await keep_order(store, change(placed))
    with pytest.raises(XeroFailed):
        await books.invoice(changed, OUTLET)
    await books.invoice(changed, OUTLET)
    (kept,) = xero.invoices
    assert (kept.status, kept.total) == ("AUTHORISED" if change is amended else "VOIDED", changed.total)
    assert len(xero.overwritten) <= 1


async def test_a_bookkeepers_edit_is_not_overwritten(
    books: XeroBooks, xero: XeroServer, store: SqlStore, placed: Order
) -> None:
    await books.invoice(placed, OUTLET)
    xero.edit(NUMBER, reference="agreed by phone")
    more = await keep_order(store, amended(placed))
    with pytest.raises(InvoiceDiffers, match="reference is agreed by phone, not RS-10001"):
        await books.invoice(more, OUTLET)
    assert (xero.overwritten, xero.invoices[0].reference) == ([], "agreed by phone")
    assert (await state(books))[0] is State.PARKED
    xero.edit(NUMBER, reference="RS-10001")
    await books.invoice(more, OUTLET)
    assert (xero.overwritten, await state(books)) == ([NUMBER], (State.SYNCED, 2))


async def test_an_invoice_voided_by_a_bookkeeper_is_a_persons_affair(
    books: XeroBooks, xero: XeroServer, store: SqlStore, placed: Order
) -> None:
    await books.invoice(placed, OUTLET)
    xero.void(NUMBER)
    more = await keep_order(store, amended(placed))
    with pytest.raises(InvoiceDiffers, match="voided in Xero"):
        await books.invoice(more, OUTLET)
    await invoiced(books, store, cancelled(more))
    assert await state(books) == (State.SYNCED, 3)


# -- invoices that were sent or paid -----------------------------------------------------------------------------


async def test_a_sent_invoice_of_a_cancelled_order_is_credited_in_full(
    books: XeroBooks, xero: XeroServer, store: SqlStore, placed: Order
) -> None:
    await books.invoice(placed, OUTLET)
    xero.mark_sent(NUMBER)
    await invoiced(books, store, cancelled(placed))
    (note,) = xero.credit_notes
    assert (note.number, note.total, note.remaining, note.reference) == ("CN-10001-1", placed.total, 0, "RS-10001")
    assert (xero.invoices[0].due_amount, xero.invoices[0].status) == (0, "PAID")
    assert await told(store) == []
    row = await books.mirror.of_order("RS-10001")
    assert row is not None
    assert (row.state, row.version, row.amount_due) == (State.SYNCED, 2, 0)
    await books.invoice(cancelled(placed), OUTLET)
    assert len(xero.credit_notes) == 1


async def test_a_sent_invoice_of_a_changed_order_is_credited_and_made_anew(
    books: XeroBooks, xero: XeroServer, store: SqlStore, placed: Order
) -> None:
    await books.invoice(placed, OUTLET)
    xero.mark_sent(NUMBER)
    more = amended(placed)
    await invoiced(books, store, more)
    assert [(it.number, it.due_amount) for it in xero.invoices] == [(NUMBER, 0), ("INV-10001-2", more.total)]
    kept = await books.find("RS-10001")
    assert kept is not None
    assert (kept.number, kept.order.total) == ("INV-10001-2", more.total)
    xero.mark_sent("INV-10001-2")
    last = amended(more, 9)
    await invoiced(books, store, last)
    assert [it.number for it in xero.credit_notes] == ["CN-10001-1", "CN-10001-2"]
    assert [it.due_amount for it in xero.invoices] == [0, 0, last.total]
    await invoiced(books, store, cancelled(last))
    assert [(it.number, it.status) for it in xero.invoices][-1] == ("INV-10001-3", "VOIDED")


async def test_what_was_paid_of_a_credited_invoice_stays_as_a_credit_and_staff_are_told(
    books: XeroBooks, xero: XeroServer, store: SqlStore, placed: Order
) -> None:
    await books.invoice(placed, OUTLET)
    xero.pay(NUMBER, "20.00")
    await invoiced(books, store, cancelled(placed))
    (note,) = xero.credit_notes
    assert (note.remaining, xero.invoices[0].due_amount) == (Decimal("20.00"), 0)
    assert await told(store) == [
        "Order RS-10001: INV-10001 was credited by CN-10001-1; S$20.00 of it stays as a credit."
    ]


async def test_what_a_bookkeeper_credited_is_not_credited_again(
    books: XeroBooks, xero: XeroServer, store: SqlStore, placed: Order
) -> None:
    await books.invoice(placed, OUTLET)
    xero.credit(NUMBER, "10.00", "BY-HAND-1")
    gone = await keep_order(store, cancelled(placed))
    with pytest.raises(InvoiceDiffers, match=r"S\$10\.00 of INV-10001 was credited in Xero already"):
        await books.invoice(gone, OUTLET)
    xero.credit(NUMBER, xero.invoices[0].due_amount, "BY-HAND-2")
    await books.invoice(gone, OUTLET)
    assert [it.number for it in xero.credit_notes] == ["BY-HAND-1", "BY-HAND-2"]
    assert await state(books) == (State.SYNCED, 2)


@pytest.mark.parametrize("route", ["credit_notes", "allocations", "credit_note", "invoices"])
@pytest.mark.parametrize("fault", ["reset_after", "reset_before", "500"])
async def test_crediting_goes_on_where_it_was_interrupted(
    books: XeroBooks, xero: XeroServer, store: SqlStore, placed: Order, route: str, fault: str
) -> None:
    await books.invoice(placed, OUTLET)
    xero.mark_sent(NUMBER)
    more = await keep_order(store, amended(placed))
    xero.faults.next(route, fault)
    for _ in range(3):
        try:
            await books.invoice(more, OUTLET)
            break
        except XeroFailed:
            continue
    assert [(it.number, it.remaining) for it in xero.credit_notes] == [("CN-10001-1", 0)]
    assert [(it.number, it.due_amount) for it in xero.invoices] == [(NUMBER, 0), ("INV-10001-2", more.total)]


async def test_an_order_changed_back_while_its_invoice_is_credited_gets_another_invoice(
    books: XeroBooks, xero: XeroServer, store: SqlStore, placed: Order
) -> None:
    await books.invoice(placed, OUTLET)
    xero.mark_sent(NUMBER)
    more = await keep_order(store, amended(placed))
    for _ in range(2):
        xero.faults.next("allocations", "500")
    with pytest.raises(XeroFailed):
        await books.invoice(more, OUTLET)
    xero.faults.clear()
    back = await keep_order(store, replace(placed, version=3))
    await books.invoice(back, OUTLET)
    assert [(it.number, it.remaining) for it in xero.credit_notes] == [("CN-10001-1", 0)]
    assert [(it.number, it.due_amount) for it in xero.invoices] == [(NUMBER, 0), ("INV-10001-2", placed.total)]


async def test_an_invoice_paid_at_the_moment_of_the_change_is_credited(
    books: XeroBooks, xero: XeroServer, store: SqlStore, placed: Order
) -> None:
    await books.invoice(placed, OUTLET)
    more = await keep_order(store, amended(placed))
    xero.faults.next("invoice", hold_before=False)
    xero.faults.next("invoice", hold_before=True)  # the change itself
    work = asyncio.create_task(books.invoice(more, OUTLET))
    await xero.faults.held()
    xero.pay(NUMBER)
    await xero.faults.release()
    await work
    assert [(it.number, it.due_amount) for it in xero.invoices] == [(NUMBER, 0), ("INV-10001-2", more.total)]


# -- limits, tokens, and what is told -----------------------------------------------------------------------------


async def test_a_429_is_obeyed_by_all(
    books: XeroBooks, xero: XeroServer, store: SqlStore, clock: Clock, placed: Order
) -> None:
    xero.faults.next("invoices", status=429, limit="day", retry_after=120)
    with pytest.raises(XeroLimited, match="day") as caught:
        await books.invoice(placed, OUTLET)
    assert caught.value.retry_after == 120
    assert await state(books) == (State.NEW, 0)
    before = len(xero.requests)
    async with open_xero_books(xero, store, clock) as others:
        with pytest.raises(XeroLimited):
            await others.invoice(placed, OUTLET)
        assert len(xero.requests) == before
        clock.on(seconds=121)
        await others.invoice(placed, OUTLET)
    assert len(xero.invoices) == 1
    (row,) = await rows_of(store.database, xero_connection)
    assert row.rest_reason == "day"


async def test_a_missing_scope_is_told_and_waited_for(
    xero: XeroServer, store: SqlStore, clock: Clock, placed: Order
) -> None:
    tokens = dict(xero.connect(scope="offline_access accounting.contacts accounting.settings.read"))
    connection = HeldConnection(xero.token_url, (CLIENT_ID, CLIENT_SECRET), xero.organisation.tenant_id, tokens)
    async with open_xero_books(xero, store, clock, connection) as narrow:
        with pytest.raises(ScopeMissing):
            await narrow.invoice(placed, OUTLET)
        assert await state(narrow) == (State.NEW, 0)
    assert ["see XERO_SCOPES and `resupply xero connect`" in text for text in await told(store)] == [True]
    xero.requests.clear()
    async with open_xero_books(xero, store, clock) as books:
        await books.invoice(placed, OUTLET)
    assert len(xero.invoices) == 1


async def test_a_token_that_ran_out_is_changed_for_the_next(books: XeroBooks, xero: XeroServer, placed: Order) -> None:
    xero.expire_access()
    await books.invoice(placed, OUTLET)
    assert len(xero.invoices) == 1


async def test_a_lost_connection_leaves_the_order_waiting(
    books: XeroBooks, xero: XeroServer, store: SqlStore, clock: Clock, placed: Order
) -> None:
    xero.revoke()
    with pytest.raises(NotConnected):
        await books.invoice(placed, OUTLET)
    async with open_xero_books(xero, store, clock, held(xero)) as again:
        await again.invoice(placed, OUTLET)
    assert len(xero.invoices) == 1


async def test_xero_away_counts_as_no_try(xero: XeroServer, store: SqlStore, clock: Clock, books: XeroBooks) -> None:
    placed = await keep_order(store, order())
    async with open_xero_books(xero, store, clock, xero_api_url="http://127.0.0.1:9") as away:
        with pytest.raises(NotNow, match="cannot be reached"):
            await away.invoice(placed, OUTLET)


async def test_the_line_total_is_of_the_price_to_four_decimals(
    books: XeroBooks, xero: XeroServer, store: SqlStore
) -> None:
    fine = replace(BOX, unit_price=Decimal("0.0425"), quantity=1000)
    placed = await keep_order(store, order(lines=(fine,)))
    await books.invoice(placed, OUTLET)
    assert xero.invoices[0].sub_total == Decimal("42.50")


# -- numbers ----------------------------------------------------------------------------------------------


async def test_a_number_that_is_somebody_elses_is_left_once_there_is_another_prefix(
    books: XeroBooks, xero: XeroServer, store: SqlStore, clock: Clock, placed: Order
) -> None:
    """Xero's own numbers are INV-0001 and so on: with ten thousand invoices they are ours too."""
    theirs = xero.add_invoice(xero.add_contact("Somebody else"), NUMBER)
    for _ in range(2):
        with pytest.raises(InvoiceDiffers, match="INV-10001 is there with other content"):
            await books.invoice(placed, OUTLET)
    seen = await books.standing("RS-10001")
    assert seen is not None
    assert seen.total == placed.total != theirs.total
    async with open_xero_books(xero, store, clock, invoice_prefix="SP-") as other:
        assert (await other.invoice(placed, OUTLET)).number == "SP-10001"
        again = await keep_order(store, amended(placed))
        assert (await other.invoice(again, OUTLET)).number == "SP-10001"
    kept = await books.find("RS-10001")
    assert kept is not None
    assert kept.number == "SP-10001"
    assert [(it.number, it.total) for it in xero.invoices] == [(NUMBER, theirs.total), ("SP-10001", again.total)]


async def test_one_that_may_be_ours_is_not_made_again_under_another_prefix(
    books: XeroBooks, xero: XeroServer, store: SqlStore, clock: Clock, placed: Order
) -> None:
    xero.faults.next("invoices", reset_after=True)
    xero.faults.next("invoice_list", reset_before=True)
    with pytest.raises(XeroFailed):
        await books.invoice(placed, OUTLET)
    xero.edit(NUMBER, reference="agreed by phone")
    for prefix in ("INV-", "SP-"):
        async with open_xero_books(xero, store, clock, invoice_prefix=prefix) as other:
            with pytest.raises(InvoiceDiffers, match="reference is agreed by phone"):
                await other.invoice(placed, OUTLET)
    assert [it.number for it in xero.invoices] == [NUMBER]


async def test_later_invoices_of_an_order_go_by_the_number_of_its_first(
    books: XeroBooks, xero: XeroServer, store: SqlStore, clock: Clock, placed: Order
) -> None:
    await books.invoice(placed, OUTLET)
    xero.mark_sent(NUMBER)
    async with open_xero_books(xero, store, clock, invoice_prefix="SP-") as other:
        second = await keep_order(store, amended(placed))
        assert (await other.invoice(second, OUTLET)).number == "INV-10001-2"
        xero.mark_sent("INV-10001-2")
        third = await keep_order(store, amended(second, 7))
        assert (await other.invoice(third, OUTLET)).number == "INV-10001-3"
    assert [it.number for it in xero.credit_notes] == ["CN-10001-1", "CN-10001-2"]


async def test_a_credit_note_of_somebody_elses_is_told_by_their_name(
    books: XeroBooks, xero: XeroServer, store: SqlStore, placed: Order
) -> None:
    xero.add_invoice(xero.add_contact("Somebody else"), "X-1")
    xero.credit("X-1", "5.00", "CN-10001-1")
    await books.invoice(placed, OUTLET)
    xero.mark_sent(NUMBER)
    with pytest.raises(InvoiceDiffers, match="its contact is Somebody else, not Canadian Pizza Pasir Ris"):
        await books.invoice(await keep_order(store, cancelled(placed)), OUTLET)


async def test_what_was_paid_and_what_was_credited_are_told_apart_live_and_remembered(
    books: XeroBooks, xero: XeroServer, store: SqlStore, clock: Clock, placed: Order
) -> None:
    await books.invoice(placed, OUTLET)
    xero.pay(NUMBER, "20.00")
    await invoiced(books, store, cancelled(placed))
    clock.on(minutes=2)
    live = (await books.statement(OUTLET)).receivables
    xero.faults.always("*", "503")
    clock.on(minutes=2)
    remembered = await books.statement(OUTLET)
    assert not remembered.current
    standing = await books.standing("RS-10001")
    for (told_of,) in (live, remembered.receivables, (standing,)):
        assert told_of is not None
        assert (told_of.status, told_of.amount_due) == (InvoiceStatus.CLOSED, 0)
        assert (told_of.paid, told_of.credited) == (Decimal("20.00"), placed.total - Decimal("20.00"))
        assert whether_paid(told_of, clock.now().date()) == "INV-10001 was closed: S$20.00 paid, S$50.17 credited."
    xero.faults.clear()
