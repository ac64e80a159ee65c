"""Conversations on WhatsApp: Twilio's signed webhooks in, what the customer reads out."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest_asyncio

from bot.app import Overrides
from bot.storage.tables import deliveries, inbox, orders, outbox
from tests.sandbox.sample import PASIR_RIS, Shop, StoppedClock, open_shop, sample_settings, until
from tests.sandbox.twilio_server import ACCOUNT_SID, AUTH_TOKEN, SENDER, Message, TwilioServer, forms

PUBLIC = "https://desk.example"
FILES = Path(__file__).parents[1] / "payloads" / "files"


@dataclass
class Manager:
    """A customer's phone."""

    twilio: TwilioServer
    shop: Shop
    number: str = PASIR_RIS

    @property
    def screen(self) -> list[Message]:
        return self.twilio.sent_to(self.number)

    async def sends(self, form: dict[str, str]) -> Message:
        """Send a message and read the answer."""
        seen = len(self.screen)
        delivery = await self.twilio.send(form)
        assert delivery.ok, delivery
        assert delivery.said == "", "the webhook's own answer would have been sent to the customer"

        async def answered() -> bool:
            jobs = await self.shop.rows(outbox)
            return len(self.screen) > seen and all(job.state != "waiting" for job in jobs)

        await until(answered)
        return self.screen[-1]

    async def says(self, text: str) -> Message:
        return await self.sends(forms.text(self.number, text))

    def tap(self, message: Message, title: str) -> dict[str, str]:
        choice = next(choice for choice in message.choices if title in (choice.title, choice.description))
        make = forms.tap if len(message.choices) <= 3 else forms.pick
        return make(self.number, choice.id, choice.title, message.sid)

    async def taps(self, message: Message, title: str) -> Message:
        return await self.sends(self.tap(message, title))

    async def is_left_alone(self, form: dict[str, str]) -> None:
        """Send a message that must get no answer."""
        seen = len(self.screen)
        assert (await self.twilio.send(form)).ok

        async def read() -> bool:
            rows = await self.shop.rows(inbox)
            return all(row.state == "answered" for row in rows)

        await until(read)
        assert all(job.state != "waiting" or job.kind == "staff" for job in await self.shop.rows(outbox))
        assert len(self.screen) == seen


@pytest_asyncio.fixture
async def manager(sample_url: str, tmp_path: Path) -> AsyncIterator[Manager]:
    async with TwilioServer() as twilio:
        settings = sample_settings(
            sample_url,
            tmp_path,
            burst_seconds=0.05,
            public_url=PUBLIC,
            twilio_api_url=twilio.url,
            twilio_account_sid=ACCOUNT_SID,
            twilio_auth_token=AUTH_TOKEN,
            twilio_whatsapp_from=SENDER,
        )
        async with open_shop(settings, Overrides(clock=StoppedClock("2026-11-23T09:30"))) as shop:
            twilio.connect(shop.url, public_url=PUBLIC)
            yield Manager(twilio, shop)
        assert {request.refused for request in twilio.refusals} <= {21610}, "only who opted out is refused"


async def test_an_order_with_a_list_and_buttons(manager: Manager) -> None:
    asked = await manager.says("boss 2 bundles 12in box n 5 pkt straw")
    assert "Which one do you mean by “straw”?" in asked.body
    assert len(asked.choices) > 3
    day = await manager.taps(asked, "Paper Straw 6mm White")
    assert [choice.title for choice in day.choices] == ["Tue 24 Nov", "Wed 25 Nov", "Thu 26 Nov"]
    review = await manager.taps(day, "Tue 24 Nov")
    assert "*S$107.37*" in review.body
    done = await manager.taps(review, "Confirm")
    assert "is confirmed. Thank you!" in done.body
    [order] = await manager.shop.rows(orders)
    assert (order.outlet, order.status, str(order.total)) == ("CPZ-PSR", "confirmed", "107.37")


async def test_a_second_tap_orders_nothing_twice_and_an_old_button_says_so(manager: Manager) -> None:
    first = await manager.says("2 bundles plain 12in pizza box, tmr")
    second = await manager.says("and 3 pkt white paper straw 6mm")
    old = await manager.taps(first, "Confirm")
    assert await manager.shop.rows(orders) == []
    assert "Pizza Box 12in" in old.body
    assert "Paper Straw 6mm White" in old.body
    await manager.taps(old, "Confirm")
    await manager.is_left_alone(manager.tap(old, "Confirm"))
    assert len(await manager.shop.rows(orders)) == 1
    assert second.choices, "the review had its button"


async def test_a_reply_to_an_earlier_message_is_read_with_its_words(manager: Manager) -> None:
    price = await manager.says("how much is the kraft 12in pizza box")
    review = await manager.sends(forms.reply(manager.number, "2 bundles of this, tmr", price.sid))
    rows = await manager.shop.rows(inbox)
    assert rows[-1].payload["quoted"] == price.body
    assert "2 bundles Pizza Box 12in Kraft (100 pcs)" in review.body


async def test_an_order_sheet_becomes_a_draft_to_confirm(manager: Manager) -> None:
    media = manager.twilio.add_media((FILES / "order.csv").read_bytes(), "text/csv")
    sheet = ("text/csv", media.url)
    review = await manager.sends(forms.media(manager.number, sheet, kind="document", caption="order.csv"))
    assert "From order.csv: 4 items." in review.body
    assert [choice.title for choice in review.choices] == ["Confirm"]
    assert await manager.shop.rows(orders) == []
    assert manager.twilio.leaked_credentials == 0


async def test_how_far_a_message_got_is_on_record_whatever_the_order(manager: Manager) -> None:
    message = await manager.says("hi")
    for status in ("read", "sent", "delivered", "queued"):
        await manager.twilio.report(message.sid, status)
    [row] = await manager.shop.rows(deliveries)
    assert (row.provider_id, row.status) == (message.sid, "read")
    async with manager.shop.session.get(f"{manager.shop.url}/api/chats/1/messages") as answer:
        lines: list[dict[str, Any]] = (await answer.json())["messages"]
    assert [part["status"] for part in lines[-1]["delivery"]] == ["read"]


async def test_stop_is_confirmed_once_and_start_brings_the_desk_back(manager: Manager) -> None:
    stopped = await manager.says("STOP")
    assert "START" in stopped.body
    await manager.is_left_alone(forms.text(manager.number, "Stop."))
    await manager.is_left_alone(forms.text(manager.number, "2 bundles plain 12in pizza box"))
    assert "Welcome back" in (await manager.says("start")).body


async def test_a_customer_without_a_number_is_one_like_any_other(manager: Manager) -> None:
    nameless = Manager(manager.twilio, manager.shop, "whatsapp:US.1234")
    await manager.shop.store.link("whatsapp:US.1234", "CPZ-PSR")
    review = await nameless.says("2 bundles plain 12in pizza box, tmr")
    assert "Canadian Pizza Pasir Ris" in review.body


async def test_an_unsigned_message_is_not_heard(manager: Manager) -> None:
    form = forms.text(manager.number, "2 bundles plain 12in pizza box")
    delivery = await manager.twilio.deliver(
        f"{manager.shop.url}/webhooks/whatsapp", f"{PUBLIC}/webhooks/whatsapp", form, signature="bm90IHNpZ25lZA=="
    )
    assert delivery.status == 403
    assert await manager.shop.rows(inbox) == []


async def test_a_customer_who_opted_out_at_twilio_is_marked_and_nothing_is_parked(manager: Manager) -> None:
    manager.twilio.opt_out(manager.number)
    assert (await manager.twilio.send(forms.text(manager.number, "hi"))).ok

    async def dropped() -> bool:
        return [job.state for job in await manager.shop.rows(outbox)] == ["dropped"]

    await until(dropped)
    async with manager.shop.session.get(f"{manager.shop.url}/api/chats") as answer:
        assert (await answer.json())["chats"][0]["reach"] == "opted out"


async def test_a_reply_that_is_refused_for_good_is_parked_and_staff_hear_of_it_once(manager: Manager) -> None:
    manager.twilio.faults.next("messages", status=400, code=21211, message="Invalid 'To' Phone Number")
    assert (await manager.twilio.send(forms.text(manager.number, "hi"))).ok

    async def settled() -> bool:
        return {job.kind: job.state for job in await manager.shop.rows(outbox)} == {"reply": "parked", "staff": "done"}

    await until(settled)
    [told] = [job for job in await manager.shop.rows(outbox) if job.kind == "staff"]
    assert told.payload["about"] == "undelivered"
    assert "21211" in told.payload["error"]
