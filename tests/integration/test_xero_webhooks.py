"""What Xero tells flows back to the order: signed, once, whatever the order of events; and nothing else gets in."""

import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from bot.app import Overrides
from bot.storage.database import Database
from bot.storage.tables import outbox, xero_invoices
from bot.xero.books import XeroBooks
from bot.xero.changes import KIND
from tests.integration.xero_builders import Clock, held, keep_connected, xero_settings
from tests.sandbox.sample import PASIR_RIS, Shop, open_shop, sample_settings, until
from tests.sandbox.xero_server import WEBHOOK_KEY, XeroServer, sign
from tests.unit.bot.ledger.builders import SUPPLIER

EVENT = {"tenantId": str(uuid4()), "resourceId": str(uuid4()), "eventCategory": "INVOICE", "eventDateUtc": "2026-11-23"}
SESSION = "00000000-0000-4000-8000-000000000001"


@dataclass
class Desk:
    """A desk whose books are in Xero, and the stand-in for it."""

    shop: Shop
    xero: XeroServer
    clock: Clock

    @property
    def door(self) -> str:
        return f"{self.shop.url}/webhooks/xero"

    async def quiet(self) -> None:
        async def done() -> bool:
            return "waiting" not in [row.state for row in await self.shop.rows(outbox)]

        await self.xero.settle()
        await until(done)

    async def order(self) -> str:
        """Place an order and wait for its invoice in Xero; the order's number."""
        customer = self.shop.customer(PASIR_RIS)
        await customer.say("100 12in pizza boxes tmr")
        number: str = (await customer.say("confirm"))["order"]["number"]
        await self.quiet()
        return number

    async def changes(self) -> list[Any]:
        return [row for row in await self.shop.rows(outbox) if row.kind == KIND]

    async def get(self, path: str) -> Any:
        async with self.shop.session.get(self.shop.url + path) as response:
            assert response.status == 200
            return await response.json()

    async def post(self, body: bytes, **headers: str) -> tuple[int, bytes]:
        async with self.shop.session.post(self.door, data=io.BytesIO(body), headers=headers) as response:
            assert "Set-Cookie" not in response.headers
            return response.status, await response.read()

    async def signed(self, told: Any) -> tuple[int, bytes]:
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        return await self.post(body, **{"x-xero-signature": sign(WEBHOOK_KEY, body)})


@pytest_asyncio.fixture
async def desk(sample_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    clock = Clock()
    async with XeroServer(clock) as xero:
        database = Database.open(sample_url)
        await keep_connected(database, xero.organisation.tenant_id)
        books = XeroBooks(xero_settings(xero), database, clock, SUPPLIER, held(xero))
        settings = sample_settings(sample_url, tmp_path, demo=True, xero_webhook_key=WEBHOOK_KEY)
        async with open_shop(settings, Overrides(clock=clock, accounting=books)) as shop:
            yield Desk(shop, xero, clock)
        await database.close()
        assert xero.refusals == xero.contract_errors == []


async def test_the_validation_of_a_new_webhook(desk: Desk) -> None:
    seen = await desk.xero.intent_to_receive(desk.door)
    assert (seen["right"].status, seen["wrong"].status) == (200, 401)
    assert seen["right"].ok
    assert seen["wrong"].text == ""
    assert await desk.changes() == []


async def test_a_payment_shows_in_the_chat_the_browser_and_for_the_staff(desk: Desk) -> None:
    number = await desk.order()
    invoice = f"INV-{number.removeprefix('RS-')}"
    before = (await desk.get(f"/api/orders/{number}"))["invoice"]
    assert (before["number"], before["status"], before["amount_due"]) == (invoice, "open", "69.76")
    desk.xero.connect_webhooks(desk.door)
    desk.xero.pay(invoice, "20.00")
    await desk.quiet()
    part = (await desk.get(f"/api/orders/{number}"))["invoice"]
    assert (part["status"], part["amount_due"], part["paid_on"]) == ("open", "49.76", None)
    desk.clock.on(seconds=1)
    desk.xero.pay(invoice)
    await desk.quiet()
    paid = (await desk.get(f"/api/orders/{number}"))["invoice"]
    assert (paid["status"], paid["amount_due"], paid["paid_on"]) == ("paid", "0.00", "2026-11-23")

    sent = {"id": str(uuid4()), "as": PASIR_RIS, "session": SESSION, "text": f"is {number} paid?"}
    async with desk.shop.session.post(f"{desk.shop.url}/web/messages", json=sent) as response:
        assert response.status == 200
    rows: list[Any] = []

    async def answered() -> bool:
        rows[:] = (await desk.get(f"/web/history?as=%2B6591230001&session={SESSION}"))["messages"]
        return len(rows) == 2

    await until(answered)
    assert rows[1]["text"] == f"Yes, {invoice} is paid: S$69.76, paid on Mon 23 Nov."
    assert {delivery.ok for delivery in desk.xero.deliveries} == {True}


async def test_an_invoice_that_a_bookkeeper_voided_is_void_for_the_desk(desk: Desk) -> None:
    number = await desk.order()
    desk.xero.connect_webhooks(desk.door)
    desk.xero.void(f"INV-{number.removeprefix('RS-')}")
    await desk.quiet()
    stands = (await desk.get(f"/api/orders/{number}"))["invoice"]
    assert (stands["status"], stands["amount_due"]) == ("void", "0.00")


async def test_the_browsers_card_follows(desk: Desk) -> None:
    async def say(text: str) -> None:
        sent = {"id": str(uuid4()), "as": PASIR_RIS, "session": SESSION, "text": text}
        async with desk.shop.session.post(f"{desk.shop.url}/web/messages", json=sent) as response:
            assert response.status == 200

    async def state() -> Any:
        return await desk.get(f"/web/state?as=%2B6591230001&session={SESSION}")

    async def drafted() -> bool:
        return bool((await state())["order"])

    async def invoiced() -> bool:
        return bool((await state())["invoice"])

    await say("100 12in pizza boxes tmr")
    await until(drafted)
    await say("confirm")
    await until(invoiced)
    await desk.quiet()
    card = (await state())["invoice"]
    assert (card["status"], card["amount_due"], card["void"]) == ("open", "69.76", False)
    desk.xero.connect_webhooks(desk.door)
    desk.xero.pay(card["number"])
    await desk.quiet()
    card = (await state())["invoice"]
    assert (card["status"], card["amount_due"], card["paid"]) == ("paid", "0.00", "2026-11-23")


async def test_events_that_come_twice_and_in_any_order_are_each_one_job(desk: Desk) -> None:
    number = await desk.order()
    invoice = f"INV-{number.removeprefix('RS-')}"
    desk.xero.connect_webhooks(desk.door, times=3, held=True)
    for amount in ("1.00", "2.00", "3.00"):
        desk.clock.on(seconds=1)
        desk.xero.pay(invoice, amount)
    deliveries = await desk.xero.send_held(shuffled=7)
    assert {delivery.status for delivery in deliveries} == {200}
    await desk.quiet()
    told = {json.dumps(delivery.body["events"]) for delivery in deliveries}
    assert (len(deliveries), len(told)) == (9, 3)
    assert [row.state for row in await desk.changes()] == ["done"] * 3
    stands = (await desk.get(f"/api/orders/{number}"))["invoice"]
    assert stands["amount_due"] == "63.76"


async def test_other_organisations_and_other_records_are_passed_over(desk: Desk) -> None:
    await desk.order()
    mine = desk.xero.event("INVOICE", desk.xero.invoices[0])
    others = [mine | {"tenantId": str(uuid4())}, mine | {"eventCategory": "CONTACT"}]
    assert (await desk.xero.webhook(desk.door, others)).status == 200
    assert await desk.changes() == []
    stranger = desk.xero.add_invoice(desk.xero.add_contact("Somebody else"), "SO-1")
    asked = desk.xero.count("invoice")
    assert (await desk.xero.webhook(desk.door, [desk.xero.event("INVOICE", stranger)])).status == 200
    await desk.quiet()
    assert [row.state for row in await desk.changes()] == ["done"]
    assert desk.xero.count("invoice") == asked, "an invoice that the desk did not make is not looked up"


@pytest.mark.parametrize(
    ("told", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"null", 400),
        (b'"\xff"', 400),
        ({"events": None}, 400),
        ({"events": [{"tenantId": "x"}]}, 400),
        ({"events": [EVENT | {"resourceId": "../x"}]}, 400),
        ({"events": [EVENT | {"eventDateUtc": "'; DROP TABLE outbox"}]}, 400),
        ({"events": [], "entropy": "x" * 2_000_000}, 413),
        ({"events": [], "somethingNew": 1}, 200),
    ],
)  # fmt: skip
async def test_what_is_signed_and_cannot_be_read_changes_nothing(desk: Desk, told: Any, status: int) -> None:
    answered, _ = await desk.signed(told)
    assert answered == status
    assert await desk.shop.rows(outbox) == []


async def test_what_is_not_signed_is_not_read(desk: Desk) -> None:
    number = await desk.order()
    seen = len(await desk.shop.rows(outbox))
    event = desk.xero.event("INVOICE", desk.xero.invoice(f"INV-{number.removeprefix('RS-')}"))
    body = json.dumps({"events": [event]}).encode()
    right = sign(WEBHOOK_KEY, body)
    for signature in ("", "x", right[:-2], right.lower(), sign("another", body), sign(WEBHOOK_KEY, body + b" ")):
        assert await desk.post(body, **{"x-xero-signature": signature}) == (401, b"")
    assert await desk.post(body) == (401, b"")
    assert len(await desk.shop.rows(outbox)) == seen
    assert await desk.post(body, **{"x-xero-signature": right}) == (200, b"")


async def test_without_a_key_there_is_no_door(sample_url: str, tmp_path: Path) -> None:
    async with (
        open_shop(sample_settings(sample_url, tmp_path), Overrides()) as shop,
        shop.session.post(f"{shop.url}/webhooks/xero", data=b"{}") as response,
    ):
        assert response.status == 404


async def test_while_xero_is_away_the_change_waits_and_is_made_up(desk: Desk) -> None:
    number = await desk.order()
    invoice = f"INV-{number.removeprefix('RS-')}"
    desk.xero.faults.next("invoice", "503")
    event = desk.xero.event("INVOICE", desk.xero.invoice(invoice))
    desk.xero.pay(invoice)
    delivery = await desk.xero.webhook(desk.door, [event])
    assert delivery.status == 200

    async def done() -> bool:
        rows = await desk.shop.rows(xero_invoices)
        return [row.xero_status for row in rows] == ["PAID"]

    await until(done)
