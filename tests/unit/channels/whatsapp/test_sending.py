"""Replies out: each part once, whatever happens on the way."""

import asyncio
import json
import logging
from datetime import timedelta

import pytest
import structlog

from channels.contract import Status
from channels.whatsapp.client import Account
from channels.whatsapp.parts import Piece
from channels.whatsapp.sender import WhatsAppChannel
from core.domain.messages import Attachment, ChatRef
from core.errors import DeliveryFailed, DeliveryRefused, MediaProblem, Unreachable
from tests.sandbox.sent_log import MemorySentLog
from tests.sandbox.twilio_server import ACCOUNT_SID, AUTH_TOKEN, SENDER, TwilioServer
from tests.unit.channels.whatsapp.conftest import CHAT, CUSTOMER, HandClock, OpenChannel, message


async def test_a_reply_is_sent_and_on_record(
    twilio: TwilioServer, channel: WhatsAppChannel, sent_log: MemorySentLog
) -> None:
    await channel.send(message("Your order *RS-10001* is placed ☕"))
    (sent,) = twilio.messages
    assert (sent.to, sent.from_, sent.body) == ("whatsapp:+6591230001", SENDER, "Your order *RS-10001* is placed ☕")
    assert sent.status_callback == "https://desk.example.com/webhooks/whatsapp/status"
    known = await sent_log.by_provider_id("whatsapp", sent.sid)
    assert known is not None
    assert (known[0].key, known[0].part, known[0].status, known[1]) == ("turn-1:0", 0, Status.SENT, CHAT)
    assert twilio.refusals == []


async def test_the_same_reply_again_is_not_sent_again(twilio: TwilioServer, channel: WhatsAppChannel) -> None:
    for _ in range(3):
        await channel.send(message("Placed.", "Confirm"))
    assert len(twilio.messages) == 1
    assert twilio.count("list") == 0


async def test_a_customer_without_a_number_is_reached_by_user_id(
    twilio: TwilioServer, channel: WhatsAppChannel, sent_log: MemorySentLog, clock: HandClock
) -> None:
    chat = ChatRef("whatsapp", "whatsapp:US.13491208655302741918")
    sent_log.told(chat, clock.at)
    await channel.send(message("Hello", chat=chat))
    assert twilio.messages[0].to == "whatsapp:US.13491208655302741918"


async def test_who_is_not_on_whatsapp_is_refused(channel: WhatsAppChannel) -> None:
    with pytest.raises(DeliveryRefused):
        await channel.send(message("Hello", chat=ChatRef("whatsapp", "telegram:5")))


async def test_a_long_reply_comes_in_parts_in_order(twilio: TwilioServer, channel: WhatsAppChannel) -> None:
    lines = [f"{n} x Paper Cup 8oz, white, sleeve of 50" for n in range(100)]
    await channel.send(message("\n".join(lines)))
    assert len(twilio.messages) == 3
    assert [line for sent in twilio.messages for line in sent.body.split("\n")] == lines
    assert twilio.refusals == []


async def test_a_reply_that_failed_halfway_goes_on_where_it_stopped(
    twilio: TwilioServer, channel: WhatsAppChannel
) -> None:
    long = message("\n".join(f"{n} x Paper Cup 8oz, white, sleeve of 50" for n in range(100)))
    twilio.faults.next("messages", slow_before=0)
    twilio.faults.next("messages", status=429, retry_after=7)
    with pytest.raises(DeliveryFailed) as failed:
        await channel.send(long)
    assert failed.value.retry_after == 7
    assert len(twilio.messages) == 1
    await channel.send(long)
    assert len(twilio.messages) == 3
    assert len({sent.body for sent in twilio.messages}) == 3
    assert twilio.count("list") == 0, "what was refused was not sent, and need not be looked for"


@pytest.mark.parametrize("fault", ["reset_after", "garbage"])
async def test_a_message_whose_answer_was_lost_is_not_sent_twice(
    twilio: TwilioServer, open_channel: OpenChannel, sent_log: MemorySentLog, fault: str
) -> None:
    twilio.faults.next("messages", fault)
    with pytest.raises(DeliveryFailed):
        await open_channel().send(message("Placed."))
    assert len(twilio.messages) == 1
    await open_channel().send(message("Placed."))
    assert len(twilio.messages) == 1
    known = await sent_log.by_provider_id("whatsapp", twilio.messages[0].sid)
    assert known is not None


@pytest.mark.parametrize("fault", ["reset_before", "500", "503"])
async def test_a_message_that_never_arrived_is_sent_by_the_next_try(
    twilio: TwilioServer, channel: WhatsAppChannel, fault: str
) -> None:
    twilio.faults.next("messages", fault)
    with pytest.raises(DeliveryFailed):
        await channel.send(message("Placed."))
    assert twilio.messages == []
    await channel.send(message("Placed."))
    assert [sent.body for sent in twilio.messages] == ["Placed."]


@pytest.mark.parametrize("fault", ["reset_after", "garbage"])
async def test_a_picker_whose_answer_was_lost_is_not_sent_twice(
    twilio: TwilioServer, channel: WhatsAppChannel, fault: str
) -> None:
    twilio.faults.next("messages", fault)
    ask = message("Total $69.76\n\nShall I place it?", "Confirm", "Change")
    with pytest.raises(DeliveryFailed):
        await channel.send(ask)
    await channel.send(ask)
    assert len(twilio.messages) == 1


async def test_a_call_ends_when_its_time_is_up_and_the_message_is_found_later(
    twilio: TwilioServer, open_channel: OpenChannel
) -> None:
    channel = open_channel(timeout=0.3)
    twilio.faults.next("messages", hold_after=True)
    async with asyncio.timeout(30):
        with pytest.raises(DeliveryFailed, match=r"within 0\.3 s"):
            await channel.send(message("Placed."))
    await twilio.faults.release()
    await channel.send(message("Placed."))
    assert len(twilio.messages) == 1
    assert twilio.count("messages") == 1


async def test_no_post_is_repeated_within_a_try(twilio: TwilioServer, channel: WhatsAppChannel) -> None:
    for fault in ("500", "503", "429", "reset_before", "reset_after"):
        twilio.faults.next("messages", fault)
        before = twilio.count("messages")
        with pytest.raises(DeliveryFailed):
            await channel.send(message("Placed.", key=fault))
        assert twilio.count("messages") == before + 1


async def test_the_same_words_said_before_are_not_taken_for_the_lost_message(
    twilio: TwilioServer, channel: WhatsAppChannel
) -> None:
    await channel.send(message("Got it.", key="first"))
    twilio.faults.next("messages", "reset_before")
    with pytest.raises(DeliveryFailed):
        await channel.send(message("Got it.", key="second"))
    await channel.send(message("Got it.", key="second"))
    assert len(twilio.messages) == 2


async def test_the_same_words_by_somebody_else_long_ago_are_not_taken_for_the_lost_message(
    twilio: TwilioServer, open_channel: OpenChannel, clock: HandClock
) -> None:
    theirs = MemorySentLog(clock.at)
    theirs.told(CHAT, clock.at)
    twilio.clock = lambda: clock.at - timedelta(hours=1)
    other = WhatsAppChannel(Account(ACCOUNT_SID, AUTH_TOKEN, SENDER, twilio.url), theirs, clock)
    await other.send(message("Good morning!"))
    await other.stop()
    twilio.clock = lambda: clock.at
    twilio.faults.next("messages", "reset_before")
    with pytest.raises(DeliveryFailed):
        await open_channel().send(message("Good morning!"))
    await open_channel().send(message("Good morning!"))
    assert len(twilio.messages) == 2


def test_content_listed_without_its_body_is_known_by_its_time() -> None:
    picker = Piece(0, {"content_sid": "HX1"}, {"Which?": {"picker": True}}, note={"picker": True})
    assert picker.note_in("") == picker.note_in(" Which? ") == {"picker": True}
    assert picker.note_in("What?") is None
    assert Piece(0, {"body": "Which?"}, {"Which?": {}}).note_in("") is None


async def test_a_process_killed_after_the_post_leaves_one_message(
    twilio: TwilioServer, open_channel: OpenChannel
) -> None:
    twilio.faults.next("messages", hold_after=True)
    dying = asyncio.create_task(open_channel().send(message("Placed.")))
    await twilio.faults.held()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    await open_channel().send(message("Placed."))
    assert len(twilio.messages) == 1


async def test_while_twilio_cannot_be_asked_nothing_is_sent_twice(
    twilio: TwilioServer, channel: WhatsAppChannel
) -> None:
    twilio.faults.next("messages", "reset_after")
    twilio.faults.next("list", "500")
    for _ in range(2):
        with pytest.raises(DeliveryFailed):
            await channel.send(message("Placed."))
    await channel.send(message("Placed."))
    assert len(twilio.messages) == 1


async def test_a_server_that_is_away_is_tried_later(
    twilio: TwilioServer, open_channel: OpenChannel, sent_log: MemorySentLog
) -> None:
    away = open_channel(url="http://127.0.0.1:9")
    with pytest.raises(DeliveryFailed):
        await away.send(message("Placed."))
    assert sent_log.rows == {}
    assert away.state.startswith("degraded: Twilio cannot be reached")


@pytest.mark.parametrize(("code", "reason"), [(21610, "opted out"), (63033, "opted out"), (63014, "blocked")])
async def test_who_opted_out_is_unreachable(
    twilio: TwilioServer, channel: WhatsAppChannel, sent_log: MemorySentLog, code: int, reason: str
) -> None:
    twilio.opt_out(CUSTOMER, code)
    with pytest.raises(Unreachable) as gone:
        await channel.send(message("Hello"))
    assert gone.value.reason == reason
    assert sent_log.rows == {}


@pytest.mark.parametrize(("status", "code"), [(429, 20429), (429, 63018), (400, 63018), (400, 30001)])
async def test_too_much_is_for_later(twilio: TwilioServer, channel: WhatsAppChannel, status: int, code: int) -> None:
    twilio.faults.next("messages", status=status, code=code)
    with pytest.raises(DeliveryFailed):
        await channel.send(message("Hello"))
    await channel.send(message("Hello"))
    assert len(twilio.messages) == 1


async def test_other_refusals_name_the_code_and_no_number(
    twilio: TwilioServer, channel: WhatsAppChannel, sent_log: MemorySentLog
) -> None:
    twilio.faults.next("messages", status=400, code=21211, message="The 'To' number whatsapp:+6591230001 is invalid")
    with pytest.raises(DeliveryRefused, match="21211") as refused:
        await channel.send(message("Hello"))
    assert not isinstance(refused.value, Unreachable)
    assert "6591230001" not in str(refused.value)
    assert "is invalid" in str(refused.value)
    assert sent_log.rows == {}


async def test_a_wrong_token_degrades_the_channel_and_loses_nothing(
    twilio: TwilioServer, open_channel: OpenChannel
) -> None:
    wrong = open_channel(token="f" * 32)
    with pytest.raises(DeliveryFailed, match="20003"):
        await wrong.send(message("Hello"))
    assert wrong.state.startswith("degraded: Twilio 20003")
    right = open_channel()
    await right.send(message("Hello"))
    assert (right.state, len(twilio.messages)) == ("connected", 1)


async def test_the_state_is_known_before_the_first_message(twilio: TwilioServer, channel: WhatsAppChannel) -> None:
    assert channel.state == "starting"
    await channel.start()
    async with asyncio.timeout(10):
        while channel.state == "starting":
            await asyncio.sleep(0.01)
    assert channel.state == "connected"
    assert twilio.refusals == []


async def test_a_wrong_token_is_known_before_the_first_message(open_channel: OpenChannel) -> None:
    """Of a list that is refused the SDK tells neither code nor status by itself."""
    wrong = open_channel(token="f" * 32)
    await wrong.start()
    async with asyncio.timeout(10):
        while wrong.state == "starting":
            await asyncio.sleep(0.01)
    assert wrong.state.startswith("degraded: Twilio 20003")


async def test_a_lost_message_is_looked_for_again_where_the_list_is_refused_for_now(
    twilio: TwilioServer, channel: WhatsAppChannel
) -> None:
    twilio.faults.next("messages", reset_after=True)
    twilio.faults.next("list", status=401)
    for _ in range(2):
        with pytest.raises(DeliveryFailed):
            await channel.send(message("Placed."))
    await channel.send(message("Placed."))
    assert len(twilio.messages) == 1


async def test_a_channel_can_be_stopped_while_twilio_does_not_answer(
    twilio: TwilioServer, channel: WhatsAppChannel
) -> None:
    twilio.faults.next("content", hold_before=True)
    await channel.start()
    await twilio.faults.held()
    async with asyncio.timeout(10):
        await channel.stop()


async def test_a_stopped_channel_sends_nothing_and_leaves_nothing_open(
    twilio: TwilioServer, channel: WhatsAppChannel, sent_log: MemorySentLog
) -> None:
    await channel.send(message("Hello"))
    await channel.stop()
    with pytest.raises(DeliveryFailed, match="stopped"):
        await channel.send(message("Hello again", key="2"))
    with pytest.raises(MediaProblem):
        await channel.fetch(Attachment(twilio.add_media(b"x", "image/png").url), 10)
    assert len(twilio.messages) == len(sent_log.rows) == 1


def test_a_sender_that_is_no_number_is_refused_at_once(sent_log: MemorySentLog, clock: HandClock) -> None:
    with pytest.raises(ValueError, match="WhatsApp sender"):
        WhatsAppChannel(Account(ACCOUNT_SID, AUTH_TOKEN, "Resupply"), sent_log, clock)


def test_an_account_does_not_show_its_token() -> None:
    assert AUTH_TOKEN not in repr(Account(ACCOUNT_SID, AUTH_TOKEN, SENDER))


async def test_nothing_secret_is_logged(
    twilio: TwilioServer, channel: WhatsAppChannel, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as events:
        twilio.faults.next("messages", "reset_after")
        with pytest.raises(DeliveryFailed):
            await channel.send(message("Which one, Mei Ling?", "Kraft", "White"))
        await channel.send(message("Which one, Mei Ling?", "Kraft", "White"))
        twilio.faults.next("messages", code=21211, message=f"{CUSTOMER} is wrong for {ACCOUNT_SID}")
        with pytest.raises(DeliveryRefused):
            await channel.send(message("Mei Ling again", key="2"))
    said = caplog.text + json.dumps(events, default=str)
    for secret in (AUTH_TOKEN, "6591230001", "Mei Ling"):
        assert secret not in said


async def test_typing_is_shown_for_a_message_of_twilios(twilio: TwilioServer, channel: WhatsAppChannel) -> None:
    sid = "SM" + "a" * 32
    await channel.show_typing(CHAT, "17")
    assert twilio.requests == []
    await channel.show_typing(CHAT, sid)
    assert twilio.typing == [sid]
    assert twilio.refusals == []


@pytest.mark.parametrize("fault", ["429", "500", "reset_before", "garbage"])
async def test_typing_that_cannot_be_shown_bothers_nobody(
    twilio: TwilioServer, channel: WhatsAppChannel, fault: str
) -> None:
    twilio.faults.next("typing", fault)
    await channel.show_typing(CHAT, "SM" + "a" * 32)
    assert twilio.count("typing") == 1
