"""Files, places, contacts, stickers, STOP and START, and what the supplier's people hear of it all."""

from typing import Any

import pytest

from core.domain.messages import Kind
from tests.sandbox.push_chat import PASIR_RIS, STRANGER, PushChat


@pytest.mark.parametrize(
    ("kind", "words"),
    [(Kind.VOICE, "listen to voice notes"), (Kind.PHOTO, "read photos"), (Kind.VIDEO, "watch videos")],
)
async def test_what_cannot_be_read_is_passed_on_and_the_desk_keeps_the_chat(kind: Kind, words: str) -> None:
    chat = PushChat()
    heard = await chat.say(chat.file("", kind=kind))

    assert f"I can't {words} yet" in heard.text
    assert list(heard.buttons) == ["Get a person"]
    assert heard.told == ["file"]
    assert heard.staff[0].payload["attachments"][0]["ref"] == "ref-"
    assert (await chat.say("2 bundles 12in pizza box")).lines == {"PB-12-PLN": 2}


async def test_a_caption_is_read_and_answered_together_with_its_photo() -> None:
    chat = PushChat()
    heard = await chat.say(chat.file("", "2 bundles 12in pizza box tmr", Kind.PHOTO))

    assert heard.lines == {"PB-12-PLN": 2}
    assert "I can't read photos yet" in heard.text
    assert "Nothing from it is on your order" in heard.text
    assert list(heard.buttons) == ["Confirm"]


async def test_confirm_as_a_caption_places_nothing_that_the_photo_may_change() -> None:
    chat = PushChat()
    await chat.ready_to_confirm()
    heard = await chat.say(chat.file("", "confirm", Kind.PHOTO))

    assert chat.store.orders == ()
    assert list(heard.buttons) == ["Confirm"]


async def test_an_album_is_one_reply_and_one_job() -> None:
    chat = PushChat()
    heard = await chat.say(*(chat.file(f"{n}.jpg", "look" if n == 1 else "", Kind.PHOTO) for n in range(4)))

    assert heard.text.count("I can't read photos yet. I've passed them") == 1
    assert heard.told == ["file"]
    assert len(heard.staff[0].payload["attachments"]) == 4
    assert "didn't get that" not in heard.text


async def test_a_complaint_with_a_photo_asks_for_no_photo() -> None:
    chat = PushChat()
    heard = await chat.say(chat.file("torn.jpg", "the boxes came torn", Kind.PHOTO))

    assert "A photo helps" not in heard.text
    assert heard.told == ["handoff"]
    assert heard.staff[0].payload["attachments"][0]["name"] == "torn.jpg"


async def test_a_yes_to_an_unread_voice_note_places_nothing() -> None:
    chat = PushChat()
    await chat.ready_to_confirm()
    await chat.say(chat.file("", kind=Kind.VOICE))
    heard = await chat.say("yes")

    assert chat.store.orders == ()
    assert list(heard.buttons) == ["Confirm"]


async def test_a_place_is_answered_with_the_address_on_file() -> None:
    chat = PushChat()
    heard = await chat.say(chat.message("1.3,103.9", Kind.LOCATION))

    assert "We deliver to Canadian Pizza Pasir Ris, 442 Pasir Ris Drive 6 #01-28." in heard.text
    assert heard.staff[0].payload["text"] == "1.3,103.9"
    stranger = PushChat(STRANGER)
    assert "address on file" in (await stranger.say(stranger.message("1.3,103.9", Kind.LOCATION))).text


@pytest.mark.parametrize(
    ("kind", "words"), [(Kind.CONTACT, "that contact"), (Kind.STICKER, "stickers"), (Kind.OTHER, "didn't come through")]
)
async def test_every_other_kind_has_an_answer(kind: Kind, words: str) -> None:
    chat = PushChat()

    assert words in (await chat.say(chat.message("🐱", kind))).text


async def test_asking_again_beside_a_file_uses_up_no_question() -> None:
    chat = PushChat()
    await chat.say("5 sacks of unobtainium")
    for _ in range(3):
        heard = await chat.say(chat.file("", kind=Kind.VOICE))

    assert "left out" not in heard.text


# -- STOP and START ----------------------------------------------------------------------------------


async def test_stop_is_confirmed_once_and_then_it_is_quiet() -> None:
    chat = PushChat()
    await chat.ready_to_confirm()
    stopped = await chat.say(chat.message("stop", Kind.OPT_OUT), chat.message("STOP", Kind.OPT_OUT))
    again = await chat.say(chat.message("STOP", Kind.OPT_OUT))
    written = await chat.say("hello?")

    assert "won't send you anything more" in stopped.text
    assert "open order has not been placed" in stopped.text
    assert stopped.told == ["unsubscribed"]
    assert (again.replies, again.told) == ([], [])
    assert (written.replies, written.told) == ([], ["message"])
    assert chat.store.orders == ()


async def test_start_brings_the_customer_back_to_the_open_order() -> None:
    chat = PushChat()
    await chat.ready_to_confirm()
    await chat.say(chat.message("STOP", Kind.OPT_OUT))
    heard = await chat.say(chat.message("START", Kind.OPT_IN))

    assert heard.text.startswith("Welcome back!")
    assert list(heard.buttons) == ["Confirm"]


async def test_stop_and_start_work_while_a_person_has_the_chat() -> None:
    chat = PushChat()
    await chat.say("agent")
    stopped = await chat.say(chat.message("STOP", Kind.OPT_OUT))
    back = await chat.say(chat.message("START", Kind.OPT_IN), "are you there?")

    assert back.told == ["message"]
    assert back.staff[0].payload["text"] == "START\nare you there?"
    assert "won't send you anything more" in stopped.text
    assert back.text == "Welcome back! You'll get our messages again."
    assert (await chat.say("2 bundles 12in pizza box")).replies == []


async def test_where_stop_means_nothing_it_is_a_word() -> None:
    chat = PushChat(channel="telegram")

    assert (await chat.say("stop")).text
    assert (await chat.say("2 bundles 12in pizza box")).lines == {"PB-12-PLN": 2}


# -- what the supplier's people hear -----------------------------------------------------------------


async def test_an_order_is_announced_when_placed_changed_and_cancelled() -> None:
    chat = PushChat()
    await chat.ready_to_confirm()
    placed = await chat.say(chat.message("confirm", author="Mei"))
    await chat.say("add 1 bundle 10in pizza box to my order")
    changed = await chat.say("confirm")
    cancelled = await chat.say("cancel my order")

    assert [h.told for h in (placed, changed, cancelled)] == [["order"], ["changed"], ["cancelled"]]
    note = placed.staff[0]
    assert note.lane == "staff"
    assert note.payload["text"].splitlines() == [
        "Canadian Pizza Pasir Ris",
        "• 2 bundles Pizza Box 12in (100 pcs)",
        "Deliver Tue 24 Nov",
        "Total S$69.76 with GST",
    ]
    named: dict[str, Any] = {k: note.payload[k] for k in ("order", "outlet", "sender", "channel", "author", "chat")}
    assert named == {
        "order": "SO-00001",
        "outlet": "CPZ-PSR",
        "sender": PASIR_RIS,
        "channel": "whatsapp",
        "author": "Mei",
        "chat": 1,
    }
    keys = [job.key for h in (placed, changed, cancelled) for job in h.staff]
    assert keys == ["order:turn-1-2:SO-00001", "changed:turn-1-4:SO-00001", "cancelled:turn-1-5:SO-00001"]


async def test_a_person_who_has_the_chat_gets_every_word_and_file() -> None:
    chat = PushChat()
    handed = await chat.say("can i talk to a person, my fridge is broken")
    heard = await chat.say("hello", chat.file("list.pdf", "see this"), chat.message("👍", Kind.REACTION))

    assert handed.told == ["handoff"]
    assert handed.staff[0].payload["reason"]
    assert heard.replies == []
    assert heard.told == ["message"]
    assert heard.staff[0].payload["text"] == "hello\nsee this\n👍"
    assert [f["name"] for f in heard.staff[0].payload["attachments"]] == ["list.pdf"]
