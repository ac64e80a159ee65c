"""Voice notes and photos of order lists: shown for checking, never deciding, and a person where the model fails."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from core.domain.messages import Attachment, ChatRef, Inbound, Kind
from core.errors import ModelUnavailable
from core.media_reading import SYSTEM
from core.ports import MediaFile, Sheet, SheetRow, Unread
from tests.sandbox.push_chat import CODE, STRANGER, Heard, PushChat
from tests.sandbox.scripted_model import ScriptedModel, command, commands, photo

AUDIO = MediaFile(b"OggS...", "audio/ogg")
PICTURE = MediaFile(b"\xff\xd8\xff...", "image/jpeg")
AWAY = ModelUnavailable("breaker")


@dataclass
class Media:
    """Hands out a recording for voice notes, a picture for photos, or what a test says."""

    instead: MediaFile | Unread | Exception | None = None
    fetched: list[str] = field(default_factory=list)

    async def read(self, chat: ChatRef, attachment: Attachment) -> Sheet:
        return Sheet("order.csv", (SheetRow("5 packets black paper straw"),))

    async def media(self, chat: ChatRef, attachment: Attachment) -> MediaFile | Unread:
        self.fetched.append(attachment.name)
        if isinstance(self.instead, Exception):
            raise self.instead
        return self.instead or (PICTURE if attachment.name.endswith(".jpg") else AUDIO)


def desk(*, hears: Any = AWAY, sees: Any = AWAY, media: Media | None = None, **more: Any) -> PushChat:
    """A chat in front of a desk whose model hears and sees so; lists are one a message."""
    transcripts = hears if isinstance(hears, list) else [hears]
    answers = sees if isinstance(sees, list) else [sees]
    return PushChat(model=ScriptedModel(answers, transcripts), attachments=media or Media(), **more)


def note(chat: PushChat, caption: str = "") -> Inbound:
    return chat.file("note.ogg", caption, Kind.VOICE)


def picture(chat: PushChat, caption: str = "") -> Inbound:
    return chat.file("list.jpg", caption, Kind.PHOTO)


def shown(heard: Heard) -> tuple[Any, ...]:
    """A turn as the customer and the supplier's people see it."""
    body = heard.commit.body
    titles = [[choice["title"] for choice in message["choices"]] for message in body["messages"]]
    return body["reply"], titles, body["intent"], body["asked"], body["order"], heard.told


# -- voice notes -----------------------------------------------------------------------------------------


async def test_a_voice_note_becomes_a_draft_with_what_was_heard_on_top() -> None:
    chat = desk(hears="Boss, two bundles of 12 inch pizza box tomorrow please.")
    heard = await chat.say(note(chat))

    assert heard.text.startswith("I heard: “Boss, two bundles of 12 inch pizza box tomorrow please.”\n")
    assert heard.lines == {"PB-12-PLN": 2}
    assert list(heard.buttons) == ["Confirm"]
    assert heard.told == []
    assert heard.commit.body["usage"]["model_calls"] == 1


async def test_a_voice_note_that_is_in_doubt_is_asked_about() -> None:
    chat = desk(hears="five packets of paper straw")
    heard = await chat.say(note(chat))

    assert "Which one do you mean by “paper straw”?" in heard.text
    assert heard.lines == {}


async def test_what_a_voice_note_leaves_unread_is_read_by_the_model_as_well() -> None:
    words = "the stuff to clean the oven, one bottle"
    chat = desk(hears=words, sees=commands(command("add", words, "CL-DG-1L", 1, "bottle")))
    heard = await chat.say(note(chat))

    assert "do you mean Degreaser Heavy Duty 1L?" in heard.text
    assert heard.commit.body["usage"]["model_calls"] == 2


async def test_a_voice_note_may_answer_a_question_and_edit_the_draft() -> None:
    chat = desk(hears=["the black one", "no, make it three"])
    await chat.say("5 pkt paper straw")

    assert (await chat.say(note(chat))).lines == {"ST-PA06-BLK": 5}
    assert (await chat.say(note(chat))).lines == {"ST-PA06-BLK": 3}


@pytest.mark.parametrize("words", ["confirm", "yes", "yes confirm the order please", "ok", "go ahead and place it"])
async def test_no_voice_note_places_an_order(words: str) -> None:
    chat = desk(hears=words)
    await chat.ready_to_confirm()
    heard = await chat.say(note(chat))

    assert chat.store.orders == ()
    assert heard.lines == {"PB-12-PLN": 2}
    assert (await chat.say("confirm")).text.startswith("Order *")


async def test_words_written_beside_a_voice_note_place_no_order_either() -> None:
    chat = desk(hears="and five packets of black paper straw")
    await chat.ready_to_confirm()
    heard = await chat.say(note(chat), "confirm")

    assert chat.store.orders == ()
    assert heard.lines == {"PB-12-PLN": 2, "ST-PA06-BLK": 5}
    assert list(heard.buttons) == ["Confirm"]


@pytest.mark.parametrize("words", ["cancel my order", "cancel order SO-00001", "cancel everything", "make it five"])
async def test_no_voice_note_cancels_or_changes_an_order_that_is_placed(words: str) -> None:
    chat = desk(hears=words)
    await chat.ready_to_confirm()
    await chat.say("confirm")
    placed = chat.store.orders
    await chat.say(note(chat))

    assert chat.store.orders == placed
    assert (await chat.say(note(chat), "yes")).commit.orders == ()


async def test_no_voice_note_empties_the_draft() -> None:
    chat = desk(hears="cancel everything")
    await chat.ready_to_confirm()

    assert (await chat.say(note(chat))).lines == {"PB-12-PLN": 2}


async def test_an_invite_code_that_is_spoken_links_nobody() -> None:
    chat = desk(hears=f"my code is {CODE}", sender=STRANGER)
    heard = await chat.say(note(chat))

    assert heard.commit.links == ()
    assert json.loads(heard.commit.session).get("outlet") is None


async def test_typed_words_and_voice_notes_are_read_in_the_order_they_came() -> None:
    chat = desk(hears="no, three")
    heard = await chat.say("2 bundles 12in pizza box", note(chat), "tmr morning")

    assert heard.lines == {"PB-12-PLN": 3}
    assert heard.commit.body["order"]["delivery_window"] == "morning"


async def test_the_same_voice_note_twice_adds_nothing() -> None:
    chat = desk(hears="two bundles of 12 inch pizza box")
    await chat.say(note(chat))
    heard = await chat.say(note(chat))

    assert heard.lines == {"PB-12-PLN": 2}
    assert "same message twice" in heard.text


async def test_a_complaint_by_voice_goes_to_a_person() -> None:
    chat = desk(hears="the cups you sent came all crushed")
    heard = await chat.say(note(chat))

    assert heard.told == ["handoff"]


@pytest.mark.parametrize("words", ["", " \n ", "...", "♪ ♪", "2", "you " * 30, "thank you " * 12, "box " * 2000])
async def test_what_makes_no_sense_is_said_to_be_and_goes_to_a_person(words: str) -> None:
    chat = desk(hears=words)
    heard = await chat.say(note(chat))

    assert heard.text.startswith("I couldn't make out that voice note. I've passed it to our team; typing")
    assert list(heard.buttons) == ["Get a person"]
    assert heard.told == ["file"]


@pytest.mark.parametrize("reason", [Unread.TOO_LARGE, Unread.TOO_LONG])
async def test_a_voice_note_that_is_too_long_is_not_listened_to(reason: Unread) -> None:
    chat = desk(hears="two bundles", media=Media(reason))
    heard = await chat.say(note(chat))

    assert heard.text.startswith("That voice note is longer than I can listen to.")
    assert heard.told == ["file"]


async def test_markup_and_control_characters_of_a_transcript_are_not_shown() -> None:
    chat = desk(hears="two *bundles*\x00 \u202e12 inch pizza box~")
    heard = await chat.say(note(chat))

    assert heard.text.startswith("I heard: “two bundles 12 inch pizza box”")


# -- photos ----------------------------------------------------------------------------------------------


async def test_a_photo_of_an_order_list_becomes_a_draft_to_check() -> None:
    rows = ("2 bundles Pizza Box 12in", "paper straw black - 5 pkt", "deliver Tue 24 Nov")
    chat = desk(sees=photo(*rows))
    heard = await chat.say(picture(chat))

    assert heard.text.startswith("From your photo: 2 items.")
    assert heard.lines == {"PB-12-PLN": 2, "ST-PA06-BLK": 5}
    assert heard.commit.body["order"]["delivery_date"] == "2026-11-24"
    assert list(heard.buttons) == ["Confirm"]
    assert chat.store.orders == ()
    (prompt,) = chat.model.prompts  # type: ignore[union-attr]
    assert prompt.images == (PICTURE,)


async def test_rows_of_a_photo_that_are_not_understood_are_named() -> None:
    chat = desk(sees=photo("2 bundles Pizza Box 12in", "3 bundles Pizza Box 9in cancelled", "7 flangs"))
    heard = await chat.say(picture(chat))

    assert "I left out “3 bundles Pizza Box 9in cancelled”" in heard.text
    assert heard.commit.answer.asked


async def test_a_caption_is_read_with_the_photo_and_decides_nothing() -> None:
    chat = desk(sees=photo("2 bundles Pizza Box 12in", "5 pkt black paper straw"))
    heard = await chat.say(picture(chat, "make the straws 8, tmr morning, and confirm pls"))

    assert heard.lines == {"PB-12-PLN": 2, "ST-PA06-BLK": 8}
    assert heard.commit.body["order"]["delivery_window"] == "morning"
    assert chat.store.orders == ()


async def test_rows_beyond_the_most_that_are_read_are_said_to_be_left_out() -> None:
    chat = desk(sees=photo(*["2 bundles Pizza Box 12in"] * 70))
    heard = await chat.say(picture(chat))

    assert heard.lines == {"PB-12-PLN": 120}
    assert "… 10 more rows" in heard.text


@pytest.mark.parametrize("caption", ["", "the boxes came torn", "2 bundles 12in pizza box tmr"])
@pytest.mark.parametrize(
    "sees",
    [
        photo("torn pizza box", is_order_list=False),
        photo(),
        photo("  "),
        photo("2 bundles Pizza Box 12in", SYSTEM[:90]),
        ModelUnavailable("unsupported"),
        "A picture of a box.",
        '{"is_order_list": true}',
        '{"is_order_list": "true", "rows": []}',
        '{"is_order_list": true, "rows": ["2 bundles Pizza Box 12in"]}',
        '{"is_order_list": true, "rows": [{"text": "2 bundles Pizza Box 12in", "price": 1}]}',
    ],
)
async def test_a_photo_that_is_no_order_list_goes_to_a_person_as_without_a_model(sees: Any, caption: str) -> None:
    chat, plain = desk(sees=sees), PushChat()

    assert shown(await chat.say(picture(chat, caption))) == shown(await plain.say(picture(plain, caption)))


@pytest.mark.parametrize("caption", ["", "2 bundles 12in pizza box tmr", "confirm"])
@pytest.mark.parametrize(
    "media", [Media(), Media(Unread.GONE), Media(Unread.TYPE), Media(OSError("away")), Media(PICTURE)]
)
async def test_a_voice_note_that_cannot_be_had_goes_to_a_person_as_without_a_model(media: Media, caption: str) -> None:
    chat, plain = desk(media=media), PushChat()
    for each in (chat, plain):
        await each.ready_to_confirm()

    assert shown(await chat.say(note(chat, caption))) == shown(await plain.say(note(plain, caption)))


async def test_an_album_is_looked_at_up_to_three_photos() -> None:
    media = Media()
    chat = desk(sees=[photo(f"{n} bundles Pizza Box {n}in") for n in (10, 12, 14)], media=media)
    heard = await chat.say(*(picture(chat) for _ in range(5)))

    assert media.fetched == ["list.jpg"] * 3
    assert heard.lines == {"PB-10-PLN": 10, "PB-12-PLN": 12, "PB-14-PLN": 14}
    assert "I can't read photos yet. I've passed them to our team" in heard.text


async def test_a_photo_that_is_too_large_says_so() -> None:
    chat = desk(sees=photo("1 bundle Pizza Box 12in"), media=Media(Unread.TOO_LARGE))
    heard = await chat.say(picture(chat))

    assert heard.text.startswith("list.jpg is too large for me to open.")


async def test_a_photo_and_a_file_of_one_burst_are_both_read() -> None:
    chat = desk(sees=photo("2 bundles Pizza Box 12in"))
    heard = await chat.say(picture(chat), chat.file("order.csv"))

    assert heard.lines == {"ST-PA06-BLK": 5, "PB-12-PLN": 2}


async def test_a_person_who_has_the_chat_gets_the_voice_note_and_nobody_listens() -> None:
    media = Media()
    chat = desk(hears="two bundles of 12 inch pizza box", media=media)
    await chat.say("agent")
    heard = await chat.say(note(chat))

    assert heard.replies == []
    assert media.fetched == []
    assert heard.told == ["message"]


async def test_an_edited_caption_of_a_photo_that_was_read_takes_nothing_back() -> None:
    chat = desk(sees=photo("2 bundles Pizza Box 12in"))
    sent = picture(chat, "tmr")
    await chat.say(sent)
    heard = await chat.say(chat.edit(sent.message_id, "wed"))

    assert heard.lines == {"PB-12-PLN": 2}
