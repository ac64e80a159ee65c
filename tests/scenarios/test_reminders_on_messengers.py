"""Reminders and claims over the wire: what the phone shows, what its buttons do, and what staff get."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pytest_asyncio

from bot.app import Overrides
from bot.settings import Settings
from bot.storage.tables import claims, orders, reminder_choices
from core.domain.messages import ChatRef, Inbound, Kind
from core.domain.reminders import Occasion, ReminderKind
from tests.sandbox.sample import PASIR_RIS, SINGAPORE, Shop, StoppedClock, open_shop, sample_settings, until
from tests.sandbox.telegram_server import Group, PrivateChat, Shown, TelegramServer
from tests.sandbox.twilio_server import ACCOUNT_SID, AUTH_TOKEN, SENDER, Message, TwilioServer, forms

PUBLIC = "https://desk.example"
MEI, STAFF = 700001, -1001000000007
TUESDAY, WEDNESDAY = date(2026, 11, 24), date(2026, 11, 25)


@dataclass
class Phone:
    """A desk whose clock can be set, and one customer's chat with it."""

    shop: Shop
    clock: StoppedClock
    chat: ChatRef

    def at(self, moment: str) -> None:
        self.clock.at = datetime.fromisoformat(moment).replace(tzinfo=SINGAPORE)

    async def reminded(self, kind: ReminderKind, day: date, times: int = 1) -> None:
        """Have the moment come, as many processes as there are `times` seeing it."""
        occasion = Occasion(kind, "CPZ-PSR", day)
        key, now = f"reminder:{occasion.key}", self.clock.now()
        for _ in range(times):
            inbound = Inbound(self.chat, key, occasion.to_json(), now, kind=Kind.REMINDER)
            await self.shop.program.desk.receive(inbound)

    async def quiet(self) -> None:
        """Wait until everything is taken, answered and done."""

        await until(self.shop.idle)


# -- WhatsApp --------------------------------------------------------------------------------------------


@dataclass
class OnWhatsApp(Phone):
    """The same on WhatsApp."""

    twilio: TwilioServer

    @property
    def screen(self) -> list[Message]:
        return self.twilio.sent_to(self.chat.sender)

    async def after(self, form: dict[str, str]) -> Message:
        assert (await self.twilio.send(form)).ok
        await self.quiet()
        return self.screen[-1]

    async def says(self, text: str) -> Message:
        return await self.after(forms.text(self.chat.sender, text))

    async def begins_the_day(self, day: str) -> None:
        """The customer writes, so that WhatsApp's 24 hours are open."""
        self.at(f"{day}T09:30")
        await self.says("good morning")

    async def taps(self, message: Message, title: str) -> Message:
        choice = next(c for c in message.choices if title in (c.title, c.description))
        make = forms.tap if len(message.choices) <= 3 else forms.pick
        return await self.after(make(self.chat.sender, choice.id, choice.title, message.sid))

    async def shown(self, kind: ReminderKind, day: date, times: int = 1) -> Message:
        before = len(self.screen)
        await self.reminded(kind, day, times)
        await self.quiet()
        assert len(self.screen) == before + 1
        return self.screen[-1]


def on_whatsapp(url: str, folder: Path, twilio: TwilioServer) -> Settings:
    return sample_settings(
        url,
        folder,
        burst_seconds=0.05,
        public_url=PUBLIC,
        twilio_api_url=twilio.url,
        twilio_account_sid=ACCOUNT_SID,
        twilio_auth_token=AUTH_TOKEN,
        twilio_whatsapp_from=SENDER,
    )


@asynccontextmanager
async def running(settings: Settings, clock: StoppedClock, twilio: TwilioServer) -> AsyncIterator[OnWhatsApp]:
    """The desk from a start to its stop."""
    async with open_shop(settings, Overrides(clock=clock)) as shop:
        await shop.program.scheduler.stop()  # the moments come when the test says so
        twilio.connect(shop.url, public_url=PUBLIC)
        yield OnWhatsApp(shop, clock, ChatRef("whatsapp", PASIR_RIS), twilio)


async def orders_for_tuesday(phone: OnWhatsApp) -> None:
    await phone.says("2 bundles plain 12in pizza box and 3 pkt white paper straw 6mm, tmr morning")
    await phone.says("confirm")


@pytest_asyncio.fixture
async def whatsapp(sample_url: str, tmp_path: Path) -> AsyncIterator[OnWhatsApp]:
    clock = StoppedClock("2026-11-23T09:30")
    async with TwilioServer() as twilio:
        async with running(on_whatsapp(sample_url, tmp_path, twilio), clock, twilio) as phone:
            await orders_for_tuesday(phone)
            yield phone
        assert [request.refused for request in twilio.refusals] == []


async def test_tomorrows_delivery_is_changed_from_its_reminder(whatsapp: OnWhatsApp) -> None:
    reminder = await whatsapp.shown(ReminderKind.DELIVERY_TOMORROW, TUESDAY, times=3)
    assert reminder.body.startswith("Your delivery tomorrow, Tue 24 Nov:\n*RS-")
    assert "• 2 bundles Pizza Box 12in (100 pcs)" in reminder.body
    assert [choice.title for choice in reminder.choices] == ["See order", "Change it", "Get a person"]

    whatsapp.at("2026-11-23T18:00")
    asked = await whatsapp.taps(reminder, "Change it")
    assert "Tell me what to change." in asked.body
    review = await whatsapp.says("make the box 4 bundles")
    await whatsapp.taps(review, "Confirm")
    [order] = await whatsapp.shop.rows(orders)
    assert (order.version, order.status) == (2, "confirmed")

    whatsapp.at("2026-11-23T21:00")
    late = await whatsapp.taps(reminder, "Change it")
    assert "past the cut-off" in late.body
    shown = await whatsapp.taps(reminder, "See order")
    assert "4 bundles Pizza Box 12in" in shown.body


async def test_the_usual_takes_a_tap_a_look_and_a_confirmation(whatsapp: OnWhatsApp) -> None:
    await whatsapp.begins_the_day("2026-11-24")
    whatsapp.at("2026-11-24T16:00")
    reminder = await whatsapp.shown(ReminderKind.CUT_OFF, WEDNESDAY)
    assert reminder.body.startswith("Orders for Wed 25 Nov close at 20:00 today.")
    review = await whatsapp.taps(reminder, "Order the usual")
    assert len(await whatsapp.shop.rows(orders)) == 1
    assert "Deliver Wed 25 Nov" in review.body
    placed = await whatsapp.taps(review, "Confirm")
    assert "is confirmed. Thank you!" in placed.body
    assert [str(order.delivery_date) for order in await whatsapp.shop.rows(orders)] == ["2026-11-24", "2026-11-25"]

    whatsapp.at("2026-11-24T17:00")
    again = await whatsapp.taps(reminder, "Order the usual")
    assert "There is an order for Wed 25 Nov already" in again.body
    assert len(await whatsapp.shop.rows(orders)) == 2


async def test_a_draft_is_confirmed_from_its_reminder(whatsapp: OnWhatsApp) -> None:
    await whatsapp.says("5 bundles plain 12in pizza box, wed")
    whatsapp.at("2026-11-23T15:00")
    reminder = await whatsapp.shown(ReminderKind.DRAFT, date(2026, 11, 23))
    assert reminder.body.startswith("Your order is not placed yet.")
    assert [choice.title for choice in reminder.choices] == ["Confirm", "Discard", "Stop these reminders"]
    placed = await whatsapp.taps(reminder, "Confirm")
    assert "is confirmed. Thank you!" in placed.body


async def test_a_short_item_is_a_claim_with_its_photo(whatsapp: OnWhatsApp) -> None:
    await whatsapp.begins_the_day("2026-11-24")
    whatsapp.at("2026-11-24T17:00")
    asked = await whatsapp.shown(ReminderKind.RECEIVED, TUESDAY)
    which = await whatsapp.taps(asked, "Something short")
    made = await whatsapp.taps(which, "Paper Straw 6mm White")
    assert made.body.startswith("Reported to our team: short, Paper Straw 6mm White (3 packets ordered)")
    media = whatsapp.twilio.add_media(b"\xff\xd8\xff\xe0photo", "image/jpeg")
    added = await whatsapp.after(forms.media(PASIR_RIS, ("image/jpeg", media.url), caption="only 2 came"))
    assert added.body.startswith("Added to your report on RS-")
    [claim] = await whatsapp.shop.rows(claims)
    [order] = await whatsapp.shop.rows(orders)
    assert (claim.order_number, claim.outlet, claim.kind, claim.state) == (order.number, "CPZ-PSR", "short", "open")
    assert (claim.sku, claim.said) == ("ST-PA06-WHT", "only 2 came")

    url = f"{whatsapp.shop.url}/api/claims"
    async with whatsapp.shop.session.get(f"{url}/{claim.id}") as response:
        [photo] = (await response.json())["files"]
    path = f"{photo['chat_id']}/messages/{photo['seq']}/attachments/{photo['index']}"
    async with whatsapp.shop.session.get(f"{whatsapp.shop.url}/api/chats/{path}") as response:
        assert await response.read() == b"\xff\xd8\xff\xe0photo"
    body = {"note": "CN-1", "tell": "Credit note CN-1 is on its way"}
    statuses = []
    for _ in range(2):
        async with whatsapp.shop.session.post(f"{url}/{claim.id}/settle", json=body) as response:
            statuses.append(response.status)
    await whatsapp.quiet()
    assert statuses == [200, 409]
    assert [m.body for m in whatsapp.screen if "CN-1" in m.body] == ["Credit note CN-1 is on its way"]


async def test_a_photo_within_the_hour_goes_to_the_report_though_the_desk_was_restarted(
    sample_url: str, tmp_path: Path
) -> None:
    clock = StoppedClock("2026-11-23T09:30")
    async with TwilioServer() as twilio:
        settings = on_whatsapp(sample_url, tmp_path, twilio)
        async with running(settings, clock, twilio) as phone:
            await orders_for_tuesday(phone)
            await phone.begins_the_day("2026-11-24")
            phone.at("2026-11-24T18:00")
            which = await phone.taps(await phone.shown(ReminderKind.RECEIVED, TUESDAY), "Damaged")
            await phone.taps(which, "Paper Straw 6mm White")
        media = twilio.add_media(b"\xff\xd8\xff\xe0photo", "image/jpeg")
        photo = ("image/jpeg", media.url)
        async with running(settings, clock, twilio) as phone:
            phone.at("2026-11-24T18:59")
            added = await phone.after(forms.media(PASIR_RIS, photo, caption="all wet"))
            assert added.body.startswith("Added to your report on RS-")
        async with running(settings, clock, twilio) as phone:
            phone.at("2026-11-24T20:30")
            late = await phone.after(forms.media(PASIR_RIS, photo))
            assert "Added to your report" not in late.body
            [claim] = await phone.shop.rows(claims)
            assert (claim.kind, claim.sku, claim.said) == ("damaged", "ST-PA06-WHT", "all wet")
            async with phone.shop.session.get(f"{phone.shop.url}/api/claims/{claim.id}") as response:
                assert len((await response.json())["files"]) == 1


async def test_stop_reminders_is_kept_for_the_outlet_and_heeded(whatsapp: OnWhatsApp) -> None:
    said = await whatsapp.says("stop reminders pls")
    assert "no more reminders for Canadian Pizza Pasir Ris" in said.body
    [choice] = await whatsapp.shop.rows(reminder_choices)
    assert (choice.outlet, choice.kind, choice.wanted, choice.by) == ("CPZ-PSR", "", False, PASIR_RIS)
    before = len(whatsapp.screen)
    await whatsapp.reminded(ReminderKind.DELIVERY_TOMORROW, TUESDAY)
    await whatsapp.quiet()
    assert len(whatsapp.screen) == before
    await whatsapp.says("turn on reminders")
    [choice] = await whatsapp.shop.rows(reminder_choices)
    assert choice.wanted


# -- Telegram, with staff --------------------------------------------------------------------------------


@dataclass
class OnTelegram(Phone):
    """The same on Telegram, where the staff have their group."""

    telegram: TelegramServer
    mei: PrivateChat
    group: Group

    async def settled(self) -> list[Shown]:
        await self.telegram.settled()

        async def taken() -> bool:
            return not self.telegram.updates.pending

        await until(taken)
        await self.quiet()
        return [message for message in self.mei.from_bot if not message.deleted]

    async def says(self, text: str) -> Shown:
        self.mei.says(text)
        return (await self.settled())[-1]

    async def taps(self, message: Shown, title: str) -> Shown:
        self.mei.taps(message, title)
        return (await self.settled())[-1]

    async def shown(self, kind: ReminderKind, day: date) -> Shown:
        before = len(self.mei.from_bot)
        await self.reminded(kind, day)
        await self.quiet()
        assert len(self.mei.from_bot) == before + 1, "a message of its own, so that the phone rings"
        return self.mei.from_bot[-1]


@pytest_asyncio.fixture
async def telegram(sample_url: str, tmp_path: Path) -> AsyncIterator[OnTelegram]:
    clock = StoppedClock("2026-11-23T09:30")
    async with TelegramServer() as server:
        settings = sample_settings(
            sample_url,
            tmp_path,
            burst_seconds=0.05,
            telegram_api_url=server.url,
            telegram_bot_token=server.token,
            staff_chat=STAFF,
        )
        group = server.group(STAFF, "Staff")
        async with open_shop(settings, Overrides(clock=clock)) as shop:
            await shop.program.scheduler.stop()  # the moments come when the test says so
            await shop.store.link(f"telegram:{MEI}", "CPZ-PSR")
            chat = ChatRef("telegram", f"telegram:{MEI}")
            phone = OnTelegram(shop, clock, chat, server, server.chat(MEI, "Mei"), group)
            await phone.says("2 bundles plain 12in pizza box and 3 pkt white paper straw 6mm, tmr")
            await phone.says("confirm")
            yield phone


async def test_on_telegram_the_usual_is_reviewed_and_confirmed(telegram: OnTelegram) -> None:
    telegram.at("2026-11-24T16:00")
    reminder = await telegram.shown(ReminderKind.CUT_OFF, WEDNESDAY)
    assert "Your usual: 2 bundles Pizza Box 12in (100 pcs) and 3 packets" in reminder.text
    review = await telegram.taps(reminder, "Order the usual")
    assert "Deliver Wed 25 Nov" in review.text
    assert len(await telegram.shop.rows(orders)) == 1
    placed = await telegram.taps(review, "Confirm")
    assert "is confirmed. Thank you!" in placed.text
    assert len(await telegram.shop.rows(orders)) == 2


async def test_on_telegram_a_draft_is_shown_anew_and_confirmed(telegram: OnTelegram) -> None:
    await telegram.says("5 bundles plain 12in pizza box, wed")
    telegram.at("2026-11-23T15:00")
    reminder = await telegram.shown(ReminderKind.DRAFT, date(2026, 11, 23))
    placed = await telegram.taps(reminder, "Confirm")
    assert "is confirmed. Thank you!" in placed.text


async def test_staff_get_the_claim_and_its_photo_and_the_desk_keeps_the_chat(telegram: OnTelegram) -> None:
    telegram.at("2026-11-24T17:00")
    asked = await telegram.shown(ReminderKind.RECEIVED, TUESDAY)
    which = await telegram.taps(asked, "Damaged")
    made = await telegram.taps(which, "Pizza Box 12in")
    assert made.text.startswith("Reported to our team: damaged, Pizza Box 12in (2 bundles ordered)")
    told = next(message for message in telegram.group.from_bot if "Claim on order RS-" in message.text)
    assert "Damaged – Pizza Box 12in (2 bundles ordered), delivered Tue 24 Nov" in told.text
    assert told.titles == ["Take over"]

    telegram.mei.sends_photo(caption="see the corner")
    last = (await telegram.settled())[-1]
    assert last.text.startswith("Added to your report on RS-")
    assert any("More on the claim" in m.text and "see the corner" in m.text for m in telegram.group.from_bot)
    assert any("photo" in message.wire for message in telegram.group.from_bot)
    [claim] = await telegram.shop.rows(claims)
    assert (claim.kind, claim.sku, claim.said) == ("damaged", "PB-12-PLN", "see the corner")
    assert "Pizza Box 12in" in (await telegram.says("2 bundles plain 12in pizza box, thu")).text
