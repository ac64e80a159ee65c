"""Replies through the real library to a strict Bot API server."""

import contextlib
import dataclasses
import logging
from typing import Any

import pytest
from telegram import Update

from channels.telegram import TelegramChannel
from channels.telegram.pace import Pace
from core.domain.messages import ChatRef, Choice
from core.errors import DeliveryFailed, DeliveryRefused, Unreachable
from tests.sandbox.sent_log import MemorySentLog
from tests.sandbox.telegram.faults import Fault
from tests.sandbox.telegram_server import TelegramServer
from tests.unit.channels.telegram.builders import CONFIRM, MEI, draft, says
from tests.unit.channels.telegram.conftest import Clock, until

GROUP = -1001000000002


# One message ---------------------------------------------------------------------------------------------


async def test_a_reply_is_shown_with_its_buttons(server: TelegramServer, channel: TelegramChannel) -> None:
    chat = server.chat(MEI)

    await channel.send(says("*Your order* <2 boxes>", choices=CONFIRM))

    assert chat.last.text == "Your order <2 boxes>"
    assert chat.last.wire["entities"] == [{"type": "bold", "offset": 0, "length": 10}]
    assert chat.last.keyboard == [["Confirm", "Cancel"]]


async def test_sending_the_same_reply_again_sends_nothing(server: TelegramServer, channel: TelegramChannel) -> None:
    chat = server.chat(MEI)

    await channel.send(says("hello"))
    await channel.send(says("hello"))

    assert chat.texts == ["hello"]


async def test_the_log_knows_a_message_by_chat_and_number(
    server: TelegramServer, channel: TelegramChannel, sent_log: MemorySentLog
) -> None:
    chat = server.chat(MEI)

    await channel.send(says("hello", "t1:0"))

    found = await sent_log.by_provider_id("telegram", f"{MEI}:{chat.last.message_id}")
    assert found is not None
    assert (found[0].key, found[0].part) == ("t1:0", 0)


async def test_a_long_reply_is_sent_in_parts_with_the_buttons_under_the_last(
    server: TelegramServer, channel: TelegramChannel, clock: Clock
) -> None:
    chat = server.chat(MEI)
    lines = "\n".join(f"line {n}" for n in range(1000))

    await channel.send(says(lines, choices=CONFIRM))

    assert "\n".join(chat.texts) == lines
    assert [bool(message.keyboard) for message in chat.from_bot] == [False, False, True]
    assert clock.slept == [1.0, 1.0]


async def test_after_a_failure_only_the_missing_parts_are_sent(
    server: TelegramServer, channel: TelegramChannel
) -> None:
    chat = server.chat(MEI)
    lines = "\n".join(f"line {n}" for n in range(600))
    server.faults.next("sendMessage", None, Fault.too_many(7))

    with pytest.raises(DeliveryFailed):
        await channel.send(says(lines, choices=CONFIRM))
    await channel.send(says(lines, choices=CONFIRM))

    assert "\n".join(chat.texts) == lines


async def test_a_reply_into_a_topic_is_sent_there(server: TelegramServer, channel: TelegramChannel) -> None:
    forum = server.group(GROUP, topics={7: "PSR"})

    await channel.send(says("hello", chat=ChatRef("telegram", f"telegram:{GROUP}", "7")))

    assert forum.last.thread == 7


# The card ------------------------------------------------------------------------------------------------


async def test_a_new_draft_takes_the_place_of_the_old_one(server: TelegramServer, channel: TelegramChannel) -> None:
    chat = server.chat(MEI)

    await channel.send(draft("2 boxes", "t1:0"))
    await channel.send(draft("3 boxes", "t2:0"))

    assert chat.texts == ["Your order\n3 boxes"]
    assert chat.last.keyboard == [["Confirm", "Cancel"]]


async def test_a_draft_that_is_out_is_not_touched_when_its_job_comes_again(
    server: TelegramServer, channel: TelegramChannel
) -> None:
    server.chat(MEI)
    await channel.send(draft("2 boxes", "t1:0", before="Hello."))
    await channel.send(draft("3 boxes", "t2:0"))
    calls = len(server.calls)

    await channel.send(draft("3 boxes", "t2:0"))

    assert len(server.calls) == calls


async def test_what_else_stood_in_the_old_message_stays(server: TelegramServer, channel: TelegramChannel) -> None:
    chat = server.chat(MEI)

    await channel.send(draft("2 boxes", "t1:0", before="We open at *9* <sharp>."))
    await channel.send(draft("3 boxes", "t2:0"))

    assert chat.texts == ["We open at 9 <sharp>.", "Your order\n3 boxes"]
    assert [message.keyboard for message in chat.from_bot] == [[], [["Confirm", "Cancel"]]]


async def test_a_tap_on_the_card_edits_it_in_place(server: TelegramServer, channel: TelegramChannel) -> None:
    chat = server.chat(MEI)
    await channel.send(draft("2 boxes", "t1:0"))
    card = chat.last

    await channel.send(draft("2 boxes, Wed 25 Nov", "t2:0", tapped=str(card.message_id)))
    await channel.send(draft("2 boxes, Thu 26 Nov", "t3:0", tapped=str(card.message_id)))

    assert chat.from_bot == [card]
    assert card.text == "Your order\n2 boxes, Thu 26 Nov"
    assert card.keyboard == [["Confirm", "Cancel"]]


async def test_an_edited_card_can_be_replaced(server: TelegramServer, channel: TelegramChannel) -> None:
    chat = server.chat(MEI)
    await channel.send(draft("2 boxes", "t1:0"))
    await channel.send(draft("3 boxes", "t2:0", tapped=str(chat.last.message_id)))

    await channel.send(draft("4 boxes", "t3:0"))

    assert chat.texts == ["Your order\n4 boxes"]


async def test_an_edit_that_changes_nothing_is_done(server: TelegramServer, channel: TelegramChannel) -> None:
    chat = server.chat(MEI)
    await channel.send(draft("2 boxes", "t1:0"))

    await channel.send(draft("2 boxes", "t2:0", tapped=str(chat.last.message_id)))

    assert chat.texts == ["Your order\n2 boxes"]


async def test_an_edit_whose_answer_was_lost_is_not_sent_again(
    server: TelegramServer, channel: TelegramChannel
) -> None:
    chat = server.chat(MEI)
    await channel.send(draft("2 boxes", "t1:0"))
    answer = draft("3 boxes", "t2:0", tapped=str(chat.last.message_id))
    server.faults.next("editMessageText", Fault.lost())

    with pytest.raises(DeliveryFailed):
        await channel.send(answer)
    await channel.send(answer)

    assert chat.texts == ["Your order\n3 boxes"]


async def test_a_tapped_card_that_is_gone_is_sent_anew(server: TelegramServer, channel: TelegramChannel) -> None:
    chat = server.chat(MEI)
    await channel.send(draft("2 boxes", "t1:0"))
    gone = chat.last
    chat.deletes(gone)

    await channel.send(draft("3 boxes", "t2:0", tapped=str(gone.message_id)))

    assert chat.texts == ["Your order\n3 boxes"]


async def test_a_tap_on_an_older_message_does_not_edit_it(server: TelegramServer, channel: TelegramChannel) -> None:
    chat = server.chat(MEI)
    await channel.send(draft("2 boxes", "t1:0", before="Hello."))
    older = chat.last
    await channel.send(draft("3 boxes", "t2:0"))

    await channel.send(draft("4 boxes", "t3:0", tapped=str(older.message_id)))

    assert chat.texts == ["Hello.", "Your order\n4 boxes"]


async def test_words_without_a_draft_leave_the_card_as_it_is(server: TelegramServer, channel: TelegramChannel) -> None:
    chat = server.chat(MEI)
    await channel.send(draft("2 boxes", "t1:0"))

    await channel.send(says("We open at 9.", "t2:0"))

    assert chat.texts == ["Your order\n2 boxes", "We open at 9."]
    assert chat.from_bot[0].titles == ["Confirm", "Cancel"]


async def test_a_question_with_buttons_ends_the_buttons_before_it(
    server: TelegramServer, channel: TelegramChannel
) -> None:
    chat = server.chat(MEI)
    await channel.send(draft("2 boxes", "t1:0"))

    await channel.send(says("Which one?", "t2:0", choices=(Choice("a:0", "Kraft"),)))
    await channel.send(says("Which size?", "t3:0", choices=(Choice("b:0", "12in"),)))

    assert chat.texts == ["Your order\n2 boxes", "Which one?", "Which size?"]
    assert [message.titles for message in chat.from_bot] == [[], [], ["12in"]]


async def test_what_was_taken_down_is_not_taken_down_again(server: TelegramServer, channel: TelegramChannel) -> None:
    chat = server.chat(MEI)
    await channel.send(draft("2 boxes", "t1:0"))
    await channel.send(says("Your order\n2 boxes", "t2:0", card="Your order\n2 boxes"))

    await channel.send(says("Which size?", "t3:0", choices=(Choice("b:0", "12in"),)))

    assert chat.texts == ["Your order\n2 boxes", "Which size?"]
    assert server.refused == []


async def test_the_draft_after_an_answered_question_replaces_card_and_buttons(
    server: TelegramServer, channel: TelegramChannel
) -> None:
    chat = server.chat(MEI)
    await channel.send(draft("2 boxes", "t1:0"))
    await channel.send(says("Which one?", "t2:0", choices=(Choice("a:0", "Kraft"),)))

    await channel.send(draft("2 boxes kraft", "t3:0", tapped=str(chat.last.message_id)))

    assert chat.texts == ["Which one?", "Your order\n2 boxes kraft"]
    assert [message.titles for message in chat.from_bot] == [[], ["Confirm", "Cancel"]]


async def test_a_tap_answered_without_a_draft_keeps_the_draft_in_view(
    server: TelegramServer, channel: TelegramChannel
) -> None:
    chat = server.chat(MEI)
    await channel.send(draft("2 boxes", "t1:0"))

    await channel.send(says("I have told the team.", "t2:0", tapped=str(chat.last.message_id)))

    assert chat.texts == ["Your order\n2 boxes", "I have told the team."]
    assert chat.from_bot[0].titles == []


async def test_a_card_in_several_messages_is_taken_out_of_all(server: TelegramServer, channel: TelegramChannel) -> None:
    chat = server.chat(MEI)
    await channel.send(draft("\n".join(f"line {n}" for n in range(600)), "t1:0", before="Here it is."))
    assert len(chat.from_bot) == 2

    await channel.send(draft("3 boxes", "t2:0"))

    assert chat.texts == ["Here it is.", "Your order\n3 boxes"]


async def test_a_card_that_cannot_be_deleted_loses_its_buttons(
    server: TelegramServer, channel: TelegramChannel
) -> None:
    chat = server.chat(MEI)
    await channel.send(draft("2 boxes", "t1:0"))
    server.passes(49 * 3600)

    await channel.send(draft("3 boxes", "t2:0"))

    assert chat.texts == ["Your order\n2 boxes", "Your order\n3 boxes"]
    assert [message.titles for message in chat.from_bot] == [[], ["Confirm", "Cancel"]]


@pytest.mark.parametrize("fault", [Fault.refuse(400, "Bad Request: whatever"), Fault.broken(), Fault.too_many(3)])
async def test_a_card_that_cannot_be_taken_down_does_not_fail_the_reply(
    server: TelegramServer, channel: TelegramChannel, fault: Fault
) -> None:
    chat = server.chat(MEI)
    await channel.send(draft("2 boxes", "t1:0"))
    server.faults.next("deleteMessage", fault)
    server.faults.next("editMessageReplyMarkup", fault)

    await channel.send(draft("3 boxes", "t2:0"))

    assert chat.texts == ["Your order\n2 boxes", "Your order\n3 boxes"]


class DiesBeforeTidying(MemorySentLog):
    """The process ends right after the new message is on record."""

    dies = False

    async def finish(self, key: str, part: int, provider_id: str, note: Any = None) -> None:
        await super().finish(key, part, provider_id, note)
        if self.dies:
            self.dies = False
            raise ConnectionError


async def test_a_card_is_taken_down_by_the_next_process_if_the_first_dies(server: TelegramServer, clock: Clock) -> None:
    chat, sent_log = server.chat(MEI), DiesBeforeTidying()
    channel = TelegramChannel(server.token, "polling", sent_log, api_url=server.url, pace=Pace(clock.time, clock.sleep))
    await channel.send(draft("2 boxes", "t1:0"))
    sent_log.dies = True

    with pytest.raises(ConnectionError):
        await channel.send(draft("3 boxes", "t2:0"))
    assert chat.texts == ["Your order\n2 boxes", "Your order\n3 boxes"]
    await channel.send(draft("3 boxes", "t2:0"))

    assert chat.texts == ["Your order\n3 boxes"]
    await channel.stop()


async def test_each_topic_has_its_own_card(server: TelegramServer, channel: TelegramChannel) -> None:
    forum = server.group(GROUP, topics={7: "PSR", 8: "TPY"})

    for topic in ("7", "8"):
        await channel.send(draft("2 boxes", f"t{topic}:0", chat=ChatRef("telegram", f"telegram:{GROUP}", topic)))

    assert [message.thread for message in forum.from_bot] == [7, 8]


# Limits --------------------------------------------------------------------------------------------------


async def test_many_replies_never_meet_telegrams_own_limits(sent_log: MemorySentLog) -> None:
    async with TelegramServer(flood=True) as server:
        clock = Clock()

        async def sleep(seconds: float) -> None:
            server.passes(seconds)
            await clock.sleep(seconds)

        pace = Pace(clock.time, sleep)
        channel = TelegramChannel(server.token, "polling", sent_log, api_url=server.url, pace=pace)
        people = [server.chat(MEI + n) for n in range(3)]
        for n in range(24):
            await channel.send(says(f"reply {n}", f"t{n}:0", chat=ChatRef("telegram", f"telegram:{MEI + n % 3}")))

        assert [len(person.texts) for person in people] == [8, 8, 8]
        assert server.refused == []
        await channel.stop()


async def test_cards_that_move_never_meet_telegrams_own_limits(sent_log: MemorySentLog) -> None:
    """Each reply is sent and the card before it edited: to Telegram these are two messages."""
    async with TelegramServer(flood=True) as server:
        clock = Clock()

        async def sleep(seconds: float) -> None:
            server.passes(seconds)
            await clock.sleep(seconds)

        pace = Pace(clock.time, sleep)
        channel = TelegramChannel(server.token, "polling", sent_log, api_url=server.url, pace=pace)
        mei = server.chat(MEI)
        for n in range(8):
            await channel.send(draft(f"{n} boxes", f"t{n}:0", before=f"Reply {n}."))

        assert mei.texts[-2:] == ["Reply 6.", "Reply 7.\n\nYour order\n7 boxes"]
        assert server.refused == []
        await channel.stop()


# Errors --------------------------------------------------------------------------------------------------


async def test_the_time_that_telegram_asks_for_is_passed_on(
    server: TelegramServer, channel: TelegramChannel, sent_log: MemorySentLog
) -> None:
    chat = server.chat(MEI)
    server.faults.next("sendMessage", Fault.too_many(17))

    with pytest.raises(DeliveryFailed) as failed:
        await channel.send(says("hello"))

    assert failed.value.retry_after == 17
    assert sent_log.rows == {}, "it was certainly not sent"
    await channel.send(says("hello"))
    assert chat.texts == ["hello"]


async def test_a_message_held_back_by_the_pace_leaves_no_trace(
    server: TelegramServer, channel: TelegramChannel, sent_log: MemorySentLog
) -> None:
    group = server.group(GROUP)
    ref = ChatRef("telegram", f"telegram:{GROUP}")
    for n in range(20):
        await channel.send(says(f"reply {n}", f"t{n}:0", chat=ref))

    with pytest.raises(DeliveryFailed) as failed:
        await channel.send(says("one too many", "t20:0", chat=ref))

    assert failed.value.retry_after == 60.0
    assert ("t20:0", 0) not in sent_log.rows
    assert len(group.texts) == 20


@pytest.mark.parametrize("standing", ["blocked", "never"])
async def test_someone_who_blocked_the_bot_is_unreachable(
    server: TelegramServer, channel: TelegramChannel, standing: str
) -> None:
    server.chat(MEI).bot = standing

    with pytest.raises(Unreachable) as failed:
        await channel.send(says("hello"))

    assert failed.value.reason == "blocked"


@pytest.mark.parametrize("standing", ["kicked", "left"])
async def test_a_group_without_the_bot_is_unreachable(
    server: TelegramServer, channel: TelegramChannel, standing: str
) -> None:
    server.group(GROUP, bot=standing)

    with pytest.raises(Unreachable):
        await channel.send(says("hello", chat=ChatRef("telegram", f"telegram:{GROUP}")))


async def test_a_chat_that_telegram_does_not_know_is_unreachable(channel: TelegramChannel) -> None:
    with pytest.raises(Unreachable):
        await channel.send(says("hello"))


async def test_a_deactivated_user_is_unreachable(server: TelegramServer, channel: TelegramChannel) -> None:
    server.chat(MEI)
    server.faults.next("sendMessage", Fault.refuse(403, "Forbidden: user is deactivated"))

    with pytest.raises(Unreachable):
        await channel.send(says("hello"))


async def test_a_group_that_moved_is_followed(server: TelegramServer, channel: TelegramChannel) -> None:
    old = server.group(-4100000001)
    new = old.moves_to(GROUP)
    ref = ChatRef("telegram", "telegram:-4100000001")

    await channel.send(draft("2 boxes", "t1:0", chat=ref))
    await channel.send(draft("3 boxes", "t2:0", chat=ref))

    assert new.texts == ["Your order\n3 boxes"]
    assert len([call for call in server.calls_of("sendMessage") if call.refusal]) == 1


async def test_a_card_from_before_a_group_moved_is_sent_anew(server: TelegramServer, channel: TelegramChannel) -> None:
    old, ref = server.group(-4100000001), ChatRef("telegram", "telegram:-4100000001")
    await channel.send(draft("2 boxes", "t1:0", chat=ref))
    tapped = str(old.last.message_id)
    new = old.moves_to(GROUP)

    await channel.send(draft("3 boxes", "t2:0", chat=ref, tapped=tapped))

    assert new.texts == ["Your order\n3 boxes"]


@pytest.mark.parametrize("fault", [Fault.broken(), Fault.reset(), Fault.slow(2.0), Fault.garbage()])
async def test_when_telegram_does_not_answer_it_may_be_tried_again(
    server: TelegramServer, channel: TelegramChannel, sent_log: MemorySentLog, fault: Fault
) -> None:
    server.chat(MEI)
    server.faults.next("sendMessage", fault)

    with pytest.raises(DeliveryFailed) as failed:
        await channel.send(says("hello"))

    assert failed.value.retry_after is None
    assert ("t1:0", 0) in sent_log.rows, "it may have been sent"


async def test_a_message_whose_answer_was_lost_is_sent_again(server: TelegramServer, channel: TelegramChannel) -> None:
    """Telegram has no way to ask whether a message went out, and none is worse than two."""
    chat = server.chat(MEI)
    server.faults.next("sendMessage", Fault.lost())

    with pytest.raises(DeliveryFailed):
        await channel.send(says("hello"))
    await channel.send(says("hello"))

    assert chat.texts == ["hello", "hello"]


async def test_a_text_whose_markup_is_not_understood_is_sent_plain(
    server: TelegramServer, channel: TelegramChannel
) -> None:
    chat = server.chat(MEI)
    server.faults.next("sendMessage", Fault.refuse(400, "Bad Request: can't parse entities: unclosed tag"))

    await channel.send(says("*Your order* < 5", choices=CONFIRM))

    assert chat.texts == ["Your order < 5"]
    assert chat.last.titles == ["Confirm", "Cancel"]


async def test_anything_else_that_telegram_refuses_is_for_a_person(
    server: TelegramServer, channel: TelegramChannel
) -> None:
    server.chat(MEI)
    server.faults.next("sendMessage", Fault.refuse(400, "Bad Request: message thread not found"))

    with pytest.raises(DeliveryRefused) as failed:
        await channel.send(says("hello"))

    assert not isinstance(failed.value, Unreachable)


async def test_a_rejected_token_shows_in_the_state_until_it_is_taken(
    server: TelegramServer, channel: TelegramChannel
) -> None:
    async def take(_update: Update) -> None:
        return

    server.chat(MEI)
    channel.handle = take
    await channel.start()
    await until(lambda: channel.state == "connected")
    server.faults.next("sendMessage", Fault.refuse(401, "Unauthorized"))

    with pytest.raises(DeliveryFailed):
        await channel.send(says("hello"))
    assert channel.state == "degraded: Telegram does not accept the bot's token"

    await channel.send(says("hello"))
    assert channel.state == "connected"


@pytest.mark.parametrize("sender", ["+6591230001", "telegram:", "telegram:abc", "telegram:١"])
async def test_a_chat_that_is_not_telegrams_is_refused(channel: TelegramChannel, sender: str) -> None:
    with pytest.raises(DeliveryRefused):
        await channel.send(says("hello", chat=ChatRef("telegram", sender)))


@pytest.mark.parametrize("fault", [None, Fault.reset(), Fault.broken(), Fault.refuse(401, "Unauthorized")])
async def test_the_token_and_the_words_are_in_no_log(
    server: TelegramServer, channel: TelegramChannel, caplog: pytest.LogCaptureFixture, fault: Fault | None
) -> None:
    server.chat(MEI)
    server.faults.next("sendMessage", fault)
    caplog.set_level(logging.DEBUG)

    with contextlib.suppress(DeliveryFailed):
        await channel.send(says("a secret word"))

    assert server.token not in caplog.text
    assert "secret word" not in caplog.text


async def test_refusals_of_the_sandbox_would_have_shown(server: TelegramServer, channel: TelegramChannel) -> None:
    chat = server.chat(MEI)
    first = draft("2 boxes", "t1:0", before="Hello & welcome.")

    await channel.send(first)
    await channel.send(dataclasses.replace(first, key="t2:0", tapped=str(chat.last.message_id)))
    await channel.send(draft("3 boxes", "t3:0"))

    assert [call.refusal.description.split(":")[1].strip() for call in server.refused if call.refusal] == [
        "message is not modified"
    ]
