"""The 24 hours in which words are free, and the template outside them."""

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from channels.whatsapp.sender import WhatsAppChannel
from channels.whatsapp.template import Template
from core.errors import DeliveryFailed, DeliveryRefused
from tests.sandbox.sent_log import MemorySentLog
from tests.sandbox.twilio_server import TwilioServer
from tests.unit.channels.whatsapp.conftest import CHAT, CUSTOMER, HandClock, OpenChannel, message

BODY = "Hello from {{1}}: {{2}} Reply here to go on."
READ = "Hello from Resupply: Your order *RS-10001* · comes tomorrow. Reply here to go on."
TEXT = "Your order *RS-10001*\ncomes tomorrow."


@pytest.fixture
def template(twilio: TwilioServer) -> Template:
    return Template(twilio.add_template(BODY, {"1": "Resupply", "2": "news"}), {"1": "{supplier}", "2": "{text}"})


@pytest.fixture
def templated(open_channel: OpenChannel, template: Template) -> WhatsAppChannel:
    return open_channel(template=template)


@pytest.mark.parametrize(("hours", "free"), [(23.9, True), (24.0, False), (23.95, False), (100, False)])
async def test_after_a_day_only_the_template_is_sent(
    twilio: TwilioServer,
    templated: WhatsAppChannel,
    sent_log: MemorySentLog,
    clock: HandClock,
    hours: float,
    free: bool,
) -> None:
    sent_log.told(CHAT, clock.at - timedelta(hours=hours))
    await templated.send(message(TEXT))
    (sent,) = twilio.messages
    assert sent.template is not free
    assert sent.body == (TEXT if free else READ)
    assert twilio.refusals == []


@pytest.mark.parametrize(
    ("wrote", "now", "free"),
    [
        ("2026-10-24T12:00", "2026-10-25T11:30", False),  # the clocks went back: 24 h 30 min
        ("2026-10-24T12:00", "2026-10-25T10:50", True),
        ("2026-03-28T12:00", "2026-03-29T12:30", True),  # they went forward: 23 h 30 min
        ("2026-03-28T12:00", "2026-03-29T13:00", False),
    ],
)
async def test_the_hours_are_real_ones_as_the_clocks_change(
    twilio: TwilioServer,
    templated: WhatsAppChannel,
    sent_log: MemorySentLog,
    clock: HandClock,
    wrote: str,
    now: str,
    free: bool,
) -> None:
    london = ZoneInfo("Europe/London")
    clock.at = datetime.fromisoformat(now).replace(tzinfo=london)
    sent_log.told(CHAT, datetime.fromisoformat(wrote).replace(tzinfo=london))
    await templated.send(message(TEXT))
    assert twilio.messages[0].template is not free


async def test_who_never_wrote_gets_the_template(
    twilio: TwilioServer, templated: WhatsAppChannel, sent_log: MemorySentLog
) -> None:
    sent_log.inbound.clear()
    await templated.send(message(TEXT))
    assert twilio.messages[0].body == READ


async def test_a_reply_that_was_refused_later_comes_back_as_a_template(
    twilio: TwilioServer, templated: WhatsAppChannel
) -> None:
    twilio.close_window(CUSTOMER)
    await templated.send(message(TEXT))
    await templated.send(message(TEXT, key="again", template=True))
    assert [sent.template for sent in twilio.messages] == [False, True]
    assert [report["ErrorCode"] for report in twilio.due_reports if "ErrorCode" in report] == ["63016"]


async def test_where_twilio_knows_the_window_closed_the_template_follows_at_once(
    twilio: TwilioServer, templated: WhatsAppChannel, sent_log: MemorySentLog
) -> None:
    twilio.close_window(CUSTOMER, at_once=True)
    for _ in range(2):
        await templated.send(message(TEXT, "Confirm"))
    (sent,) = twilio.messages
    assert sent.template
    assert "1. Confirm" in sent.body
    assert len(sent_log.rows) == 1


async def test_a_template_whose_answer_was_lost_is_not_sent_twice(
    twilio: TwilioServer, templated: WhatsAppChannel, sent_log: MemorySentLog
) -> None:
    sent_log.inbound.clear()
    twilio.faults.next("messages", "reset_after")
    with pytest.raises(DeliveryFailed):
        await templated.send(message(TEXT))
    await templated.send(message(TEXT))
    assert len(twilio.messages) == 1


async def test_a_template_after_a_refusal_whose_answer_was_lost_is_not_sent_twice(
    twilio: TwilioServer, templated: WhatsAppChannel
) -> None:
    twilio.close_window(CUSTOMER, at_once=True)
    twilio.faults.next("messages", slow_before=0)
    twilio.faults.next("messages", "reset_after")
    with pytest.raises(DeliveryFailed):
        await templated.send(message(TEXT))
    await templated.send(message(TEXT))
    assert [sent.body for sent in twilio.messages] == [READ]


async def test_without_a_template_it_is_refused_and_says_so(
    twilio: TwilioServer, channel: WhatsAppChannel, sent_log: MemorySentLog
) -> None:
    sent_log.inbound.clear()
    with pytest.raises(DeliveryRefused, match="no template is configured"):
        await channel.send(message(TEXT))
    assert twilio.messages == []


async def test_a_long_reply_is_cut_to_fit_a_variable(
    twilio: TwilioServer, templated: WhatsAppChannel, sent_log: MemorySentLog
) -> None:
    sent_log.inbound.clear()
    await templated.send(message("Item, sleeve of 50\n" * 100))
    (sent,) = twilio.messages
    assert sent.content_variables is not None
    value = json.loads(sent.content_variables)["2"]
    assert value.endswith("…")
    assert len(value) <= 255
    assert twilio.refusals == []


@pytest.mark.parametrize("pattern", ["{text}", "{supplier}: {text}", "{text}\nFrom {supplier}"])
async def test_where_the_text_is_too_long_the_choices_stay(
    twilio: TwilioServer, open_channel: OpenChannel, sent_log: MemorySentLog, pattern: str
) -> None:
    sent_log.inbound.clear()
    sid = twilio.add_template("{{1}} Reply here.", {"1": "news"})
    await open_channel(template=Template(sid, {"1": pattern})).send(
        message(
            "Your delivery tomorrow:\n" + "• 2 bundles Pizza Box 12in 📦 (100 pcs)\n" * 12, "See order", "Get a person"
        )
    )
    (sent,) = twilio.messages
    assert "Your delivery tomorrow: · • 2 bundles" in sent.body
    assert "… · 1. See order · 2. Get a person" in sent.body
    assert ("Resupply" in sent.body) == ("supplier" in pattern)
    assert twilio.refusals == []


def test_choices_that_leave_no_room_for_words_are_cut_themselves() -> None:
    value = Template("HX", {"1": "{text}"}).values(
        "S", "O", "Which of them?", "\n".join(f"{n}. Pizza" for n in range(60))
    )
    assert value["1"].startswith("Which of them? · 0. Pizza · 1. Pizza")
    assert value["1"].endswith("…")
    assert Template("HX", {"1": "{outlet}"}).values("S", "O", "text", "1. Yes") == {"1": "O"}
