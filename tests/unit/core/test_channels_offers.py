"""Buttons on push channels: double taps, old buttons, and numbers typed instead."""

import re
from dataclasses import replace
from decimal import Decimal

import pytest

from core.domain.catalogue import Catalogue
from core.domain.messages import Kind
from tests.sandbox.push_chat import TWO_OUTLETS, PushChat


async def test_ids_on_the_wire_are_short_tokens() -> None:
    heard = await PushChat().say("2 bundles 12in pizza box")

    assert list(heard.buttons) == ["Tue 24 Nov", "Wed 25 Nov", "Thu 26 Nov"]
    assert [re.fullmatch(r"[0-9a-f]{8}:(\d)", wire)[1] for wire in heard.buttons.values()] == ["0", "1", "2"]  # type: ignore[index]


async def test_pull_channels_keep_the_real_ids() -> None:
    chat = PushChat(channel="web")
    heard = await chat.say("2 bundles 12in pizza box tmr")

    assert heard.replies == []
    assert [c.id for c in heard.commit.answer.replies[0].choices] == ["confirm"]


async def test_a_tap_places_the_order_once_however_often_it_comes() -> None:
    chat = PushChat()
    confirm = (await chat.ready_to_confirm()).buttons["Confirm"]
    placed = await chat.say(chat.tap("Confirm", confirm), chat.tap("Confirm", confirm))
    again = await chat.say(chat.tap("Confirm", confirm))

    assert placed.text.count("is confirmed") == 1
    assert placed.replies[0]["tapped"] == "bot-message"
    assert again.text == ""
    assert len(chat.store.orders) == 1


async def test_an_old_confirm_never_places_another_order_than_the_one_above_it() -> None:
    chat = PushChat()
    old = (await chat.ready_to_confirm()).buttons["Confirm"]
    await chat.say("3 bundles 10in pizza box")
    heard = await chat.say(chat.tap("Confirm", old))

    assert chat.store.orders == ()
    assert "earlier message" in heard.text
    assert heard.replies[0]["card"].startswith("Your order:")
    assert (await chat.say(chat.tap("Confirm", old))).text == "", "said once"
    await chat.say(chat.tap("Confirm", heard.buttons["Confirm"]))
    assert {line.sku: line.quantity for line in chat.store.orders[0].lines} == {"PB-12-PLN": 2, "PB-10-PLN": 3}


async def test_a_price_that_changed_since_makes_the_confirm_button_old() -> None:
    chat = PushChat()
    confirm = (await chat.ready_to_confirm()).buttons["Confirm"]
    reference = await chat.store.reference()
    products = dict(reference.catalogue.products)
    products["PB-12-PLN"] = replace(products["PB-12-PLN"], price=Decimal("40.00"))
    chat.store.import_catalogue(Catalogue(products))
    heard = await chat.say(chat.tap("Confirm", confirm))

    assert chat.store.orders == ()
    assert "S$80.00" in heard.text


async def test_a_confirm_tapped_after_the_word_confirm_changes_nothing() -> None:
    chat = PushChat()
    confirm = (await chat.ready_to_confirm()).buttons["Confirm"]
    await chat.say("confirm")
    heard = await chat.say(chat.tap("Confirm", confirm))

    assert "already confirmed" in heard.text
    assert len(chat.store.orders) == 1


async def test_a_button_stays_good_while_what_it_was_shown_with_does() -> None:
    chat = PushChat()
    confirm = (await chat.ready_to_confirm()).buttons["Confirm"]
    await chat.say("how much is the 10in pizza box")

    assert "is confirmed" in (await chat.say(chat.tap("Confirm", confirm))).text


async def test_the_answer_of_a_question_that_is_settled_is_an_old_button() -> None:
    chat = PushChat()
    asked = await chat.say("2 bundles pizza box")
    await chat.say(chat.tap("Pizza Box 8in", asked.buttons["Pizza Box 8in"]))
    heard = await chat.say(chat.tap("Pizza Box 10in", asked.buttons["Pizza Box 10in"]))

    assert heard.lines == {"PB-08-PLN": 2}
    assert "earlier message" in heard.text
    assert "Tue 24 Nov" in heard.buttons


async def test_of_two_answers_tapped_in_one_burst_the_first_counts() -> None:
    chat = PushChat()
    asked = await chat.say("2 bundles pizza box")
    taps = [chat.tap(title, asked.buttons[title]) for title in ("Pizza Box 8in", "Pizza Box 10in")]

    assert (await chat.say(*taps)).lines == {"PB-08-PLN": 2}


@pytest.mark.parametrize("wire", ["", "confirm", "zz", "0123abcd:0", "0123abcd:99", "x" * 400])
async def test_a_made_up_id_does_nothing(wire: str) -> None:
    chat = PushChat()
    await chat.ready_to_confirm()
    heard = await chat.say(chat.tap("Confirm", wire))

    assert chat.store.orders == ()
    assert heard.lines == {"PB-12-PLN": 2}


async def test_an_old_button_does_not_use_up_a_question() -> None:
    chat = PushChat()
    old = (await chat.ready_to_confirm()).buttons["Confirm"]
    await chat.say("3 black straws please, and 2 sacks of unobtainium")
    for _ in range(4):
        chat.pass_time(minutes=5)
        heard = await chat.say(chat.tap("Confirm", old))

    assert "left out" not in heard.text


async def test_the_card_is_the_part_that_shows_the_draft() -> None:
    chat = PushChat()
    draft = await chat.say("2 bundles 12in pizza box")
    review = await chat.say("tmr")
    done = await chat.say("confirm")

    assert draft.replies[0]["card"].splitlines()[0] == "Your order so far:"
    assert "*S$69.76*" in review.replies[0]["card"]
    assert review.replies[0]["card"].endswith("Reply *confirm* to place the order.")
    assert review.replies[0]["text"].endswith(review.replies[0]["card"])
    assert "card" not in done.replies[0]


async def test_a_number_picks_a_category_of_the_menu_shown_last() -> None:
    chat = PushChat()
    await chat.ready_to_confirm()
    menu = await chat.say("menu")
    heard = await chat.say("2")

    assert list(menu.buttons)[1] == "Cups"
    assert "4oz Single Wall Paper Cup White" in heard.text
    assert heard.lines == {"PB-12-PLN": 2}


async def test_a_number_picks_days_outlets_and_answers() -> None:
    chat = PushChat(TWO_OUTLETS)
    await chat.say("10 sleeves 8oz single wall cups")
    assert (await chat.say("2")).commit.answer.order.outlet == "KKB-AMK"  # type: ignore[union-attr]
    assert (await chat.say("2")).commit.answer.order.delivery_date.isoformat() == "2026-11-25"  # type: ignore[union-attr]
    await chat.say("2 bundles pizza box")
    assert (await chat.say("2")).lines["PB-09-PLN"] == 2


@pytest.mark.parametrize("kind", [Kind.REACTION, Kind.STICKER])
async def test_a_thumbs_up_beside_the_review_confirms_nothing(kind: Kind) -> None:
    chat = PushChat()
    await chat.ready_to_confirm()
    heard = await chat.say(chat.message("👍🏽", kind, about="bot"))

    assert chat.store.orders == ()
    assert list(heard.buttons) == ["Confirm"]
    assert "is confirmed" in (await chat.say(chat.tap("Confirm", heard.buttons["Confirm"]))).text


@pytest.mark.parametrize("emoji", ["😡", "", "👍"])
async def test_other_reactions_are_not_answered(emoji: str) -> None:
    chat = PushChat()
    await chat.say("2 bundles 12in pizza box")

    assert (await chat.say(chat.message(emoji, Kind.REACTION, about="bot"))).replies == []
