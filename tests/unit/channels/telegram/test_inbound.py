"""What an update means: kinds, places, who is meant in a group, and updates that make no sense."""

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.telegram import BotSelf, MalformedUpdate, Received, parse_update, read_update
from core.domain.messages import Attachment, Kind
from core.errors import Busy
from tests.unit.channels.telegram.builders import (
    ME,
    NOW,
    PAYLOADS,
    command,
    group,
    inbound_of,
    payload,
    private,
    received,
)

NAMES = sorted(file.stem for file in PAYLOADS.glob("*.json"))


def mention(text: str, name: str = "@resupply_test_bot") -> dict[str, Any]:
    """A text with a mention where `{}` stands."""
    before = text.partition("{}")[0]
    offset = len(before.encode("utf-16-le")) // 2
    return {"text": text.format(name), "entities": [{"type": "mention", "offset": offset, "length": len(name)}]}


# Messages ------------------------------------------------------------------------------------------------


def test_a_message_keeps_its_place_in_the_chat() -> None:
    inbound = inbound_of(payload("message_text"))

    assert (inbound.message_id, inbound.order, inbound.about, inbound.edited) == ("1501", 1501, "", False)


def test_an_edit_names_the_message_that_it_changes() -> None:
    inbound = inbound_of(payload("edited_message"))

    assert (inbound.edited, inbound.about, inbound.message_id) == (True, "1501", "1501")


def test_an_edited_start_link_is_not_opened_again() -> None:
    update = private(**command("/start CODE"))
    update["edited_message"] = update.pop("message")

    assert received(update) == Received()


@pytest.mark.parametrize(
    ("name", "attachment"),
    [
        ("document_csv", Attachment("AgACAgUAAxkBAAIMade-up-file-0028", "text/csv", "order-2026-11-24.csv", 812)),
        ("document_bare", Attachment("AgACAgUAAxkBAAIMade-up-file-0032")),
        ("photo", Attachment("AgACAgUAAxkBAAIMade-up-file-0007", "image/jpeg", "", 146000)),
        ("voice", Attachment("AgACAgUAAxkBAAIMade-up-file-0020", "audio/ogg", "", 18904)),
        ("animation", Attachment("AgACAgUAAxkBAAIMade-up-file-0026", "video/mp4", "mp4.mp4", 41022)),
        ("video_note", Attachment("AgACAgUAAxkBAAIMade-up-file-0024", "video/mp4", "", 802113)),
    ],
)
def test_a_file_comes_as_an_attachment(name: str, attachment: Attachment) -> None:
    assert inbound_of(payload(name)).attachments == (attachment,)


def test_of_a_photo_the_largest_size_is_taken() -> None:
    small = {"file_id": "s", "file_unique_id": "us", "width": 90, "height": 67}
    large = {"file_id": "l", "file_unique_id": "ul", "width": 1280, "height": 960}

    assert inbound_of(private(photo=[large, small])).attachments[0].ref == "l"


def test_a_reply_quotes_the_words_it_answers() -> None:
    quoted = inbound_of(payload("message_reply_to_message")).quoted

    assert quoted == "Your order:\n2 boxes Oat milk 1 L\nDelivery Tue 24 Nov. Confirm?"


def test_a_passage_that_the_writer_marked_is_quoted_alone() -> None:
    assert inbound_of(payload("message_reply_with_quote")).quoted == "2 boxes Oat milk 1 L"


def test_someone_without_a_name_is_known_by_username() -> None:
    update = private(text="hi")
    update["message"]["from"] |= {"first_name": "", "username": "mei_example"}

    assert inbound_of(update).author == "@mei_example"


def test_control_characters_and_half_characters_are_taken_out() -> None:
    assert inbound_of(private(text="2\x00 boxes\r\n1\x1b lid \ud83d")).text == "2 boxes\n1 lid ?"


# Commands ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        ("/order", "order"),
        ("/order 2 boxes\n3 lids", "2 boxes\n3 lids"),
        ("/order@resupply_test_bot 2 boxes", "2 boxes"),
        ("/cart", "cart"),
        ("/usual", "usual"),
        ("/status", "status"),
        ("/status RS-10001", "status RS-10001"),
        ("/help", "help"),
        ("/agent", "agent"),
        ("/agent my invoice is wrong", "agent\nmy invoice is wrong"),
        ("/outlet CPZ-PSR", "switch outlet CPZ-PSR"),
        ("/menu", "menu"),
        ("/cancel", "cancel"),
        ("/outlet", "switch outlet"),
        ("/CART", "cart"),
        ("/kraft 2", "kraft 2"),
    ],
)
def test_commands_become_the_words_a_customer_would_type(typed: str, understood: str) -> None:
    inbound = inbound_of(private(**command(typed)))

    assert (inbound.kind, inbound.text) == (Kind.TEXT, understood)


def test_a_lone_slash_is_a_text() -> None:
    assert inbound_of(private(text="/ 2 boxes")).text == "/ 2 boxes"


def test_start_carries_the_invite_code() -> None:
    inbound = inbound_of(private(**command("/start CPZ-7K2M")))

    assert (inbound.kind, inbound.text) == (Kind.START, "CPZ-7K2M")


def test_a_groups_start_link_works() -> None:
    inbound = inbound_of(group(**command("/start@resupply_test_bot CPZ-7K2M")))

    assert (inbound.kind, inbound.text, inbound.chat.sender) == (Kind.START, "CPZ-7K2M", "telegram:-1001000000001")


# Groups --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("{} 2 boxes", "2 boxes"),
        ("{}, 2 boxes", "2 boxes"),
        ("☕🙂 {} 2 boxes", "☕🙂 2 boxes"),
        ("2 boxes {}", "2 boxes"),
        ("2 boxes\n{}\n3 lids", "2 boxes\n\n3 lids"),
        ("{}", "help"),
    ],
)
def test_the_bots_name_is_taken_out_of_the_words(text: str, left: str) -> None:
    assert inbound_of(group(**mention(text))).text == left


def test_a_command_after_the_bots_name_is_a_command() -> None:
    assert inbound_of(group(**mention("{} /cart"))).text == "cart"


def test_in_a_group_an_unknown_command_for_nobody_is_ignored() -> None:
    assert received(group(**command("/weather"))) == Received()


def test_a_topic_that_the_bot_opened_does_not_address_it() -> None:
    bot = {"id": ME.id, "is_bot": True, "first_name": "Resupply"}
    update = group(text="anyone here?", is_topic_message=True, message_thread_id=7)
    opening = {**update["message"], "message_id": 7, "from": bot, "forum_topic_created": {"name": "A", "icon_color": 1}}
    del opening["text"]
    update["message"]["reply_to_message"] = opening

    assert received(update) == Received()


@pytest.mark.parametrize("fields", [mention("{} hi"), command("/cart@resupply_test_bot")])
def test_before_the_bot_knows_its_name_a_group_is_asked_to_wait(fields: dict[str, Any]) -> None:
    with pytest.raises(Busy):
        received(group(**fields), BotSelf(ME.id))


def test_a_private_chat_does_not_depend_on_the_bots_name() -> None:
    assert inbound_of(private(text="2 boxes"), BotSelf(ME.id)).text == "2 boxes"


# Taps and reactions --------------------------------------------------------------------------------------


def test_a_tap_gives_back_its_choice_and_names_its_message() -> None:
    got = received(payload("callback_query"))

    assert got.callback_id == "3006500000000000001"
    assert got.inbound is not None
    assert (got.inbound.choice_id, got.inbound.about) == ("1a2b3c4d:0", "1498")


def test_a_tap_in_a_topic_belongs_to_the_topic() -> None:
    update = payload("callback_query_group")
    update["callback_query"]["message"] |= {"is_topic_message": True, "message_thread_id": 7}

    assert inbound_of(update).chat.session == "7"


def test_of_changed_reactions_only_the_new_ones_count() -> None:
    update = payload("message_reaction_added")
    update["message_reaction"]["old_reaction"] = [{"type": "emoji", "emoji": "👍"}]
    update["message_reaction"]["new_reaction"] = [{"type": "emoji", "emoji": e} for e in ("👍", "🎉")]

    inbound = inbound_of(update)

    assert (inbound.text, inbound.about) == ("🎉", "1498")


def test_reactions_in_a_group_are_not_the_desks_business() -> None:
    update = payload("message_reaction_added")
    update["message_reaction"]["chat"] = group()["message"]["chat"]

    assert received(update) == Received()


# Nonsense ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "update",
        {},
        {"update_id": "7"},
        {"update_id": True},
        {"update_id": 2**70},
        {"update_id": 7, "message": 5},
        private(text=5),
        private(text="hi", message_id="5"),
        private(text="hi", message_id=2**64),
        private(text="hi", date=10**30),
        private(document={"file_unique_id": "u"}),
        private(location={"latitude": "north", "longitude": 1}),
        group(text="@x", entities=[{"type": "mention", "offset": "0", "length": 2}]),
    ],
)
def test_what_telegram_would_not_send_is_refused_as_malformed(body: Any) -> None:
    with pytest.raises(MalformedUpdate):
        received(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for name, child in inner for place in places(child, (*path, name)))]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_update_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    update = copy.deepcopy(payload(data.draw(st.sampled_from(NAMES))))
    for _ in range(data.draw(st.integers(1, 3))):
        *way, last = data.draw(st.sampled_from(places(update)[1:]))
        parent = update
        for step in way:
            parent = parent[step]
        parent[last] = data.draw(JSON)
    try:
        inbound = read_update(parse_update(update), ME, NOW).inbound
    except MalformedUpdate:
        return
    if inbound is not None:
        assert all(isinstance(part, str) for part in (inbound.text, inbound.author, inbound.message_id, inbound.about))
        inbound.text.encode()
        assert "\x00" not in inbound.text
