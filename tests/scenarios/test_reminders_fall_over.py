"""Reminders that cannot be said in the first chat: on the wire of both messengers, with ticks of two processes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import delete

from bot.app import Overrides
from bot.dispatcher import Backoff
from bot.storage.reminding import Reminder, ReminderState
from bot.storage.tables import counters, outbox
from core.domain.reminders import Occasion, ReminderKind
from tests.sandbox.sample import PASIR_RIS, SINGAPORE, Shop, StoppedClock, open_shop, sample_settings, until
from tests.sandbox.telegram_server import PrivateChat, TelegramServer
from tests.sandbox.twilio_server import ACCOUNT_SID, AUTH_TOKEN, SENDER, Message, TwilioServer, forms
from tests.sandbox.xero_desk import XeroDesk, settings_at

PUBLIC = "https://desk.example"
MEI = 700001
TUESDAY = date(2026, 11, 24)


@dataclass
class TwoChannels:
    """An outlet whose manager is on WhatsApp, and whose Mei is on Telegram; its delivery is on Tuesday."""

    shop: Shop
    clock: StoppedClock
    twilio: TwilioServer
    telegram: TelegramServer
    mei: PrivateChat

    def at(self, moment: str) -> None:
        self.clock.at = datetime.fromisoformat(moment).replace(tzinfo=SINGAPORE)

    async def ticks(self, moment: str) -> None:
        """Two processes look at that moment, and everything that follows is done."""
        self.at(moment)
        reminding = self.shop.program.reminding
        assert reminding is not None
        assert reminding.tick is not None
        await asyncio.gather(reminding.tick(), reminding.tick())
        await self.quiet()

    async def quiet(self) -> None:
        async def settled() -> bool:
            return not self.telegram.updates.pending and await self.shop.idle()

        await until(settled)
        await self.twilio.settle()
        await until(settled)

    async def says(self, text: str) -> Message:
        assert (await self.twilio.send(forms.text(PASIR_RIS, text))).ok
        await self.quiet()
        return self.twilio.sent_to(PASIR_RIS)[-1]

    @property
    def on_whatsapp(self) -> list[Message]:
        return [m for m in self.twilio.sent_to(PASIR_RIS) if "Your delivery" in (m.body or "")]

    @property
    def on_telegram(self) -> list[str]:
        return [m.text for m in self.mei.from_bot if "Your delivery" in m.text]

    async def row(self) -> Any:
        [row] = [r for r in await self.shop.store.reminder_rows("CPZ-PSR") if r.occasion.kind == "delivery tomorrow"]
        return row


async def _open(url: str, folder: Path, clock: StoppedClock | None = None, **more: Any) -> AsyncIterator[TwoChannels]:
    clock = clock or StoppedClock("2026-11-23T09:30")
    async with TwilioServer() as twilio, TelegramServer() as telegram:
        template = twilio.add_template("For {{1}}: {{2}}", {"1": "a", "2": "b"})
        settings = sample_settings(
            url,
            folder,
            burst_seconds=0.05,
            public_url=PUBLIC,
            twilio_api_url=twilio.url,
            twilio_account_sid=ACCOUNT_SID,
            twilio_auth_token=AUTH_TOKEN,
            twilio_whatsapp_from=SENDER,
            telegram_api_url=telegram.url,
            telegram_bot_token=telegram.token,
            telegram_mode="polling",
            **{"whatsapp_template_sid": template, **more},
        )
        overrides = Overrides(clock=clock, backoff=Backoff(first=0.01, longest=0.01, attempts=4, attempts_at_faults=2))
        async with open_shop(settings, overrides) as shop:
            await shop.program.scheduler.stop()
            twilio.connect(shop.url, public_url=PUBLIC)
            await shop.store.link(f"telegram:{MEI}", "CPZ-PSR")
            two = TwoChannels(shop, clock, twilio, telegram, telegram.chat(MEI, "Mei"))
            two.mei.says("hi")
            await two.quiet()
            await two.ticks(f"{clock.at:%Y-%m-%dT%H:%M}")  # the first of the installation
            await two.says("2 bundles plain 12in pizza box and 3 pkt white paper straw 6mm, tmr morning")
            await two.says("confirm")
            yield two


@pytest_asyncio.fixture
async def two(sample_url: str, tmp_path: Path) -> AsyncIterator[TwoChannels]:
    async for each in _open(sample_url, tmp_path):
        yield each


async def test_the_one_in_charge_is_reminded_once_whoever_ticks(two: TwoChannels) -> None:
    for moment in ("15:59", "16:00", "16:01", "18:00", "20:59"):
        await two.ticks(f"2026-11-23T{moment}")
    assert len(two.on_whatsapp) == 1
    assert two.on_telegram == []
    assert (await two.row()).state is ReminderState.SAID


@pytest.mark.parametrize("code", [63024, 63003, 21610, 63014])
async def test_a_failure_told_minutes_later_falls_over_to_telegram_once(two: TwoChannels, code: int) -> None:
    await two.ticks("2026-11-23T16:00")
    [said] = two.on_whatsapp
    two.at("2026-11-23T16:09")
    await two.twilio.report(said.sid, "failed", code)
    await two.quiet()
    assert len(two.on_telegram) == 1
    await two.twilio.report(said.sid, "failed", code)
    await two.ticks("2026-11-23T16:20")
    assert (len(two.on_whatsapp), len(two.on_telegram)) == (1, 1)
    assert (await two.row()).state is ReminderState.SAID
    assert str(code) in (await two.row()).handed[0].failed


async def test_a_failure_told_in_the_evening_is_left(two: TwoChannels) -> None:
    await two.ticks("2026-11-23T20:58")
    [said] = two.on_whatsapp
    two.at("2026-11-23T21:03")
    await two.twilio.report(said.sid, "undelivered", 63024)
    await two.quiet()
    await two.ticks("2026-11-24T08:00")
    assert two.on_telegram == []
    assert (await two.row()).state is ReminderState.MISSED


async def test_a_refusal_at_once_falls_over(two: TwoChannels) -> None:
    two.twilio.undeliverable(PASIR_RIS, code=63024, status="undelivered")
    await two.ticks("2026-11-23T16:00")
    assert len(two.on_telegram) == 1


async def test_outside_the_window_the_template_carries_it(two: TwoChannels) -> None:
    await two.says("2 bundles plain 12in pizza box, thu")
    await two.says("confirm")
    two.twilio.close_window(PASIR_RIS, at_once=True)
    await two.ticks("2026-11-25T16:00")
    [carried] = two.on_whatsapp
    assert carried.template
    assert "Your delivery tomorrow, Thu 26 Nov:" in carried.body
    assert "1. See order · 2. Change it · 3. Get a person" in carried.body
    assert two.on_telegram == []
    assert "Order *RS-10002*" in (await two.says("See order")).body


async def test_twilio_says_minutes_later_that_the_window_is_closed(two: TwoChannels) -> None:
    two.twilio.close_window(PASIR_RIS)
    await two.ticks("2026-11-23T16:00")
    assert [bool(m.template) for m in two.on_whatsapp] == [False, True]
    assert two.on_telegram == []


async def test_an_outage_of_one_channel_falls_over_to_the_other(two: TwoChannels) -> None:
    two.twilio.faults.always("messages", share=1.0, seed=1, kinds=["503"])
    await two.ticks("2026-11-23T16:00")
    two.twilio.faults.clear()
    assert len(two.on_telegram) == 1
    await two.ticks("2026-11-23T16:02")
    assert (len(two.on_whatsapp), len(two.on_telegram)) == (0, 1)


async def test_a_send_whose_answer_is_lost_is_not_said_on_both(two: TwoChannels) -> None:
    two.twilio.faults.always("messages", share=1.0, seed=1, kinds=["reset_after"])
    await two.ticks("2026-11-23T16:00")
    two.twilio.faults.clear()
    await two.ticks("2026-11-23T16:02")
    assert (len(two.on_whatsapp), len(two.on_telegram)) == (1, 0)


async def test_who_said_stop_is_left_alone_and_the_next_is_reminded(two: TwoChannels) -> None:
    await two.says("stop")
    before = len(two.twilio.sent_to(PASIR_RIS))
    await two.ticks("2026-11-23T16:00")
    assert len(two.twilio.sent_to(PASIR_RIS)) == before
    assert len(two.on_telegram) == 1


async def test_a_blocked_bot_is_not_tried_twice(two: TwoChannels) -> None:
    two.twilio.undeliverable(PASIR_RIS, code=63024, status="undelivered")
    two.mei.blocks()
    await two.ticks("2026-11-23T16:00")
    await two.ticks("2026-11-23T16:02")
    assert two.on_telegram == []
    assert (await two.row()).state is ReminderState.MISSED
    assert [bool(each.failed) for each in (await two.row()).handed] in ([True], [True, True])


async def test_where_a_person_has_the_chat_the_next_one_is_reminded(two: TwoChannels) -> None:
    await two.says("agent")
    await two.ticks("2026-11-23T16:00")
    assert (len(two.on_whatsapp), len(two.on_telegram)) == (0, 1)


async def test_unlinked_in_between_nothing_is_said(two: TwoChannels) -> None:
    await two.shop.store.unlink(PASIR_RIS, "CPZ-PSR")
    await two.ticks("2026-11-23T16:00")
    assert (len(two.on_whatsapp), len(two.on_telegram)) == (0, 1)


@pytest_asyncio.fixture
async def all_of_them(sample_url: str, tmp_path: Path) -> AsyncIterator[TwoChannels]:
    async for each in _open(sample_url, tmp_path, reminder_recipients="all"):
        yield each


async def test_all_of_them_are_reminded_once_each(all_of_them: TwoChannels) -> None:
    await all_of_them.ticks("2026-11-23T16:00")
    await all_of_them.ticks("2026-11-23T16:01")
    assert (len(all_of_them.on_whatsapp), len(all_of_them.on_telegram)) == (1, 1)
    [said] = all_of_them.on_whatsapp
    await all_of_them.twilio.report(said.sid, "failed", 63024)
    await all_of_them.ticks("2026-11-23T16:02")
    assert len(all_of_them.on_telegram) == 1
    assert (await all_of_them.row()).state is ReminderState.SAID


@pytest_asyncio.fixture
async def no_template(sample_url: str, tmp_path: Path) -> AsyncIterator[TwoChannels]:
    async for each in _open(sample_url, tmp_path, whatsapp_template_sid=None):
        yield each


async def test_without_a_template_a_closed_window_means_telegram(no_template: TwoChannels) -> None:
    await no_template.says("2 bundles plain 12in pizza box, thu")
    await no_template.says("confirm")
    await no_template.ticks("2026-11-25T16:00")
    assert len(no_template.on_telegram) == 1
    assert not no_template.on_whatsapp


async def test_without_a_template_twilio_may_still_say_that_the_window_is_closed(no_template: TwoChannels) -> None:
    no_template.twilio.close_window(PASIR_RIS)
    await no_template.ticks("2026-11-23T16:00")
    assert len(no_template.on_telegram) == 1


def _arrived(two: TwoChannels) -> tuple[list[str], list[str]]:
    """What was asked on WhatsApp and on Telegram about an arrival."""
    on_whatsapp = [m.body for m in two.twilio.sent_to(PASIR_RIS) if m.body.startswith("Did ")]
    return on_whatsapp, [m.text for m in two.mei.from_bot if m.text.startswith("Did ")]


async def test_what_was_not_sent_before_night_is_said_in_the_morning_in_the_mornings_words(two: TwoChannels) -> None:
    two.at("2026-11-24T12:00")
    await two.says("hello")
    reminding, dispatcher = two.shop.program.reminding, two.shop.program.dispatcher
    assert reminding is not None
    assert reminding.tick is not None
    dispatcher.stop()  # as where the process dies between the turn and the send
    two.at("2026-11-24T20:59")
    await reminding.tick()

    async def turn_taken() -> bool:
        return any("Did RS-" in str(row.payload) for row in await two.shop.rows(outbox))

    await until(turn_taken)
    for moment in ("2026-11-24T21:30", "2026-11-25T07:59"):
        two.at(moment)
        await dispatcher.drain()
        await reminding.tick()
    assert _arrived(two) == ([], [])

    two.at("2026-11-25T08:00")
    await asyncio.gather(reminding.tick(), reminding.tick())

    async def said() -> bool:
        await dispatcher.drain()
        return bool(_arrived(two)[0])

    await until(said)
    await reminding.tick()
    await dispatcher.drain()
    assert _arrived(two) == (["Did RS-10001 arrive all right yesterday?"], [])


async def test_a_failure_at_night_of_what_is_still_of_use_falls_over_in_the_morning(two: TwoChannels) -> None:
    two.at("2026-11-24T12:00")
    await two.says("hello")
    await two.ticks("2026-11-24T20:58")
    [said] = [m for m in two.twilio.sent_to(PASIR_RIS) if m.body.startswith("Did ")]
    two.at("2026-11-24T21:10")
    await two.twilio.report(said.sid, "failed", 63024)
    await two.ticks("2026-11-24T22:00")
    assert len(_arrived(two)[1]) == 0
    await two.ticks("2026-11-25T08:00")
    await two.ticks("2026-11-25T08:01")
    assert [text.splitlines()[0] for text in _arrived(two)[1]] == ["Did RS-10001 arrive all right yesterday?"]


async def test_overdue_is_told_on_mondays_to_the_outlet_that_asked_for_it(two: TwoChannels) -> None:
    await two.ticks("2027-01-04T09:30")
    assert "overdue" not in str([m.body for m in two.twilio.sent_to(PASIR_RIS)]), "nobody asked for it yet"
    assert "remind Canadian Pizza Pasir Ris about overdue" in (await two.says("remind me of overdue invoices")).body
    for moment in ("2027-01-11T09:29", "2027-01-11T09:30", "2027-01-11T09:31", "2027-01-12T09:30"):
        await two.ticks(moment)
    told = [m for m in two.twilio.sent_to(PASIR_RIS) if "is overdue for" in m.body]
    assert len(told) == 1
    assert "S$92.32 is overdue for Canadian Pizza Pasir Ris: · • " in told[0].body
    await two.says("no more overdue reminders pls")
    await two.ticks("2027-01-18T09:30")
    assert len([m for m in two.twilio.sent_to(PASIR_RIS) if "is overdue for" in m.body]) == 1


@pytest_asyncio.fixture
async def with_xero(sample_url: str, tmp_path: Path) -> AsyncIterator[tuple[TwoChannels, XeroDesk]]:
    async with XeroDesk(sample_url) as books:
        await books.connected()
        given = {**settings_at(books.xero.url), "xero_account_code": "200"}
        async for two in _open(sample_url, tmp_path, books.clock, **given):
            yield two, books


def _overdue(two: TwoChannels) -> list[str]:
    return [m.body for m in two.twilio.sent_to(PASIR_RIS) if "is overdue for" in m.body]


async def test_while_xero_is_away_overdue_waits_and_is_told_from_what_xero_says_then(
    with_xero: tuple[TwoChannels, XeroDesk],
) -> None:
    two, books = with_xero
    await two.says("remind me of overdue invoices")
    books.xero.faults.always("*", "503")
    for moment in ("09:30", "09:31", "09:46", "09:47", "09:48"):
        await two.ticks(f"2027-01-11T{moment}")
    assert _overdue(two) == []
    books.xero.faults.clear()
    await books.let_lease_run_out()
    for moment in ("09:49", "10:03", "10:04", "10:05", "10:20", "10:21"):
        await two.ticks(f"2027-01-11T{moment}")
    [told] = _overdue(two)
    assert "S$92.32 is overdue for Canadian Pizza Pasir Ris" in told
    [row] = [r for r in await two.shop.store.reminder_rows("CPZ-PSR") if r.occasion.kind == "overdue"]
    assert (row.state, row.handed[0].id) == (ReminderState.SAID, "reminder:overdue:CPZ-PSR:2027-01-11~~")


async def test_xero_away_until_the_evening_is_a_week_without_word_of_what_is_overdue(
    with_xero: tuple[TwoChannels, XeroDesk],
) -> None:
    two, books = with_xero
    await two.says("remind me of overdue invoices")
    books.xero.faults.always("*", "503")
    for moment in ("17:50", "17:51", "18:06", "18:07"):
        await two.ticks(f"2027-01-11T{moment}")
    books.xero.faults.clear()
    await books.let_lease_run_out()
    await two.ticks("2027-01-11T18:30")
    assert _overdue(two) == []
    [row] = [r for r in await two.shop.store.reminder_rows("CPZ-PSR") if r.occasion.kind == "overdue"]
    assert (row.state, row.detail) == (ReminderState.MISSED, "the books could not be asked")


async def _between_row_and_turn(two: TwoChannels, what: Callable[[], Awaitable[object]]) -> None:
    """Have the tick note its row and its process die, then `what` happen, and the next tick make it up."""
    occasion = Occasion(ReminderKind.DELIVERY_TOMORROW, "CPZ-PSR", TUESDAY)
    due = datetime(2026, 11, 23, 16, tzinfo=SINGAPORE)
    row = Reminder(occasion, ReminderState.DUE, due, due.replace(hour=20)).handed_on(f"whatsapp|{PASIR_RIS}|")
    await two.shop.store.add_reminders([row], due)
    await what()
    for moment in ("16:02", "16:03", "16:04"):
        await two.ticks(f"2026-11-23T{moment}")


@pytest.mark.parametrize("says", ["agent", "stop"])
async def test_a_person_or_stop_between_row_and_turn_hands_it_to_the_next(two: TwoChannels, says: str) -> None:
    await _between_row_and_turn(two, lambda: two.says(says))
    assert (len(two.on_whatsapp), len(two.on_telegram)) == (0, 1)
    assert (await two.row()).state is ReminderState.SAID


async def test_unlinked_between_row_and_turn_hands_it_to_the_next(two: TwoChannels) -> None:
    await _between_row_and_turn(two, lambda: two.shop.store.unlink(PASIR_RIS, "CPZ-PSR"))
    assert (len(two.on_whatsapp), len(two.on_telegram)) == (0, 1)


async def test_of_an_outlet_that_is_served_no_more_nobody_hears(two: TwoChannels) -> None:
    async def end() -> None:
        outlets = (await two.shop.store.reference()).directory.outlets
        await two.shop.store.replace_outlets(
            [o for code, o in outlets.items() if code != "CPZ-PSR"], {PASIR_RIS: ("CPZ-PSR",)}
        )

    await _between_row_and_turn(two, end)
    assert (len(two.on_whatsapp), len(two.on_telegram)) == (0, 0)
    assert (await two.row()).state is ReminderState.SKIPPED


async def test_the_first_look_of_an_installation_says_what_is_due_from_then_on(two: TwoChannels) -> None:
    async with two.shop.store.database.writing() as connection:
        await connection.execute(delete(counters))  # as where nobody looked yet
    for moment in ("16:06", "16:07", "18:00"):
        await two.ticks(f"2026-11-23T{moment}")
    assert two.on_whatsapp == two.on_telegram == []
    assert (await two.row()).state is ReminderState.SKIPPED
    assert (await two.row()).detail == "it was due before the desk first looked"
    await two.ticks("2026-11-24T08:03")
    assert len(two.on_whatsapp) == 1, "of today's delivery"


async def test_the_first_look_just_after_the_moment_still_says_it(two: TwoChannels) -> None:
    async with two.shop.store.database.writing() as connection:
        await connection.execute(delete(counters))
    await two.ticks("2026-11-23T16:01")
    assert len(two.on_whatsapp) == 1
