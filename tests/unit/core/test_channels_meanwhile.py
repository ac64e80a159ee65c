"""What happens between a reply and its answer: imports, colleagues, second thoughts, another outlet."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from core.domain.messages import ChatRef, Kind
from tests.sandbox.push_chat import OTHER_CODE, STRANGER, TWO_OUTLETS, PushChat

ORDER = "2 bundles 12in pizza box tmr"


def imported(chat: PushChat, sku: str, **changes: Any) -> None:
    """What an import of one changed product does."""
    catalogue = chat.store._reference.catalogue
    product = replace(catalogue.products[sku], **changes)
    chat.store.import_catalogue(replace(catalogue, products={**catalogue.products, sku: product}))


def colleague_of(chat: PushChat) -> PushChat:
    """The same outlet's people on another channel."""
    other = PushChat(channel="telegram", sent=1_000)
    other.store, other.engine, other.clock = chat.store, chat.engine, chat.clock
    return other


# -- imports ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["confirm", "yes", "tap"])
async def test_no_order_is_placed_at_a_price_that_was_not_shown(how: str) -> None:
    chat = PushChat()
    shown = await chat.ready_to_confirm()
    imported(chat, "PB-12-PLN", price=Decimal("99.00"))
    heard = await chat.say(chat.tap("Confirm", shown.buttons["Confirm"]) if how == "tap" else how)

    assert not any(job.kind == "invoice" for job in chat.store.jobs)
    assert heard.text.startswith("Prices have changed since you last saw this order")
    assert "S$198.00" in heard.text
    await chat.say(chat.tap("Confirm", heard.buttons["Confirm"]) if how == "tap" else how)
    assert [placed.subtotal for placed in list(chat.store.orders)] == [Decimal("198.00")]


@pytest.mark.parametrize("how", ["confirm", "tap"])
async def test_what_is_no_longer_sold_leaves_the_order_before_it_is_placed(how: str) -> None:
    chat = PushChat()
    shown = await chat.ready_to_confirm("3 bundles 10in pizza box")
    imported(chat, "PB-12-PLN", active=False)
    heard = await chat.say(chat.tap("Confirm", shown.buttons["Confirm"]) if how == "tap" else how)

    assert chat.store.orders == ()
    assert "Pizza Box 12in is no longer sold, so I took it off your order." in heard.text
    assert heard.lines == {"PB-10-PLN": 3}
    assert list(heard.buttons) == ["Confirm"]


async def test_a_confirmed_order_keeps_what_is_no_longer_sold_while_it_is_changed() -> None:
    chat = PushChat()
    await chat.ready_to_confirm("3 bundles 10in pizza box")
    await chat.say("confirm")
    imported(chat, "PB-12-PLN", active=False)
    assert (await chat.say("make the 10in boxes 4")).lines == {"PB-12-PLN": 2, "PB-10-PLN": 4}
    assert (await chat.say("confirm")).lines == {"PB-12-PLN": 2, "PB-10-PLN": 4}


# -- colleagues ------------------------------------------------------------------------------------------


async def test_an_order_that_a_colleague_cancelled_is_known_to_be_cancelled() -> None:
    chat = PushChat()
    await chat.ready_to_confirm()
    await chat.say("confirm")
    number = chat.store.orders[0].number
    await colleague_of(chat).say(f"cancel {number}")

    assert "cancelled" in (await chat.say("status")).text
    assert (await chat.say("confirm")).text.startswith("Your order is empty")
    assert [order.version for order in chat.store.orders] == [2]


async def test_a_change_of_an_order_that_a_colleague_cancelled_becomes_a_new_order() -> None:
    chat = PushChat()
    await chat.ready_to_confirm()
    await chat.say("confirm")
    number = chat.store.orders[0].number
    await chat.say("make it 3")
    await colleague_of(chat).say(f"cancel {number}")
    heard = await chat.say("confirm")

    assert f"Order {number} was cancelled meanwhile, so this is now a new order." in heard.text
    assert len(chat.store.orders) == 1
    await chat.say("confirm")
    assert {(order.number == number, order.status.value) for order in chat.store.orders} == {
        (True, "cancelled"),
        (False, "confirmed"),
    }


async def test_undo_does_not_bring_a_cancelled_order_back() -> None:
    chat = PushChat()
    await chat.ready_to_confirm()
    await chat.say("confirm")
    await chat.say("make it 3")
    await chat.say("make it 4")
    await chat.say("cancel")
    await chat.say("undo")
    await chat.say("confirm")

    assert [(placed.status.value, placed.version) for placed in chat.store.orders] == [("cancelled", 2)]


# -- second thoughts -------------------------------------------------------------------------------------


@pytest.mark.parametrize("then", ["wait", "no", "hold on"])
async def test_a_second_thought_in_the_same_breath_stops_a_confirm(then: str) -> None:
    chat = PushChat()
    shown = await chat.ready_to_confirm()
    heard = await chat.say(chat.tap("Confirm", shown.buttons["Confirm"]), then)

    assert chat.store.orders == ()
    assert heard.text.startswith("OK. Nothing is ordered until you confirm.")
    await chat.say(chat.tap("Confirm", heard.buttons["Confirm"]))
    assert len(chat.store.orders) == 1


async def test_no_more_before_a_confirm_does_not_stop_it() -> None:
    chat = PushChat()
    await chat.ready_to_confirm()
    await chat.say("no", "confirm")
    assert len(chat.store.orders) == 1


async def test_a_confirm_beside_a_cancel_leaves_one_plain_answer() -> None:
    chat = PushChat()
    shown = await chat.ready_to_confirm()
    heard = await chat.say(chat.tap("Confirm", shown.buttons["Confirm"]), "cancel")
    assert heard.text == "Cancelled, nothing is on order. Say undo to bring it back."


async def test_a_call_for_a_person_beside_a_confirm_is_answered_after_it() -> None:
    chat = PushChat()
    await chat.ready_to_confirm()
    heard = await chat.say("confirm", "i want to talk to a person")
    assert heard.text.index("is confirmed") < heard.text.index("A person will reply")
    assert "so far is kept" not in heard.text


async def test_two_answers_tapped_in_one_breath_say_which_one_counts() -> None:
    chat = PushChat()
    asked = await chat.say("3 bundles kraft pizza box tmr")
    (first, one), (second, two), *_ = asked.buttons.items()
    heard = await chat.say(chat.tap(first, one), chat.tap(second, two))
    assert "I took the first button you tapped." in heard.text
    assert heard.lines == {"PB-10-KFT": 3}


@pytest.mark.parametrize("first", ["deleted", "edited too late"])
async def test_a_confirm_beside_a_change_that_is_not_followed_places_nothing(first: str) -> None:
    chat = PushChat()
    message = chat.message(ORDER)
    await chat.say(message)
    await chat.say("add 3 bundles 10in pizza box")
    late = chat.delete("m1") if first == "deleted" else chat.edit("m1", "5 bundles 12in pizza box tmr")
    heard = await chat.say(late, "confirm")

    assert chat.store.orders == ()
    assert list(heard.buttons) == ["Confirm"]


async def test_a_deleted_message_that_is_still_asked_about_is_not_said_to_be_on_order() -> None:
    chat = PushChat()
    await chat.say(chat.message("2 12in pizza box tmr"))
    heard = await chat.say(chat.delete("m1"))
    assert heard.text.startswith("You deleted a message that I'm still asking about. Say “leave it out”")
    await chat.say("leave it out")
    assert (await chat.say("confirm")).text.startswith("Your order is empty")


@pytest.mark.parametrize("words", ["how much is 12in pizza box?", "agent"])
async def test_an_edit_that_leaves_nothing_on_order_says_so(words: str) -> None:
    chat = PushChat()
    await chat.say(chat.message(ORDER))
    assert "Nothing is on your order now." in (await chat.say(chat.edit("m1", words))).text


# -- outlets ---------------------------------------------------------------------------------------------


async def test_items_for_two_outlets_in_one_go_are_asked_about() -> None:
    chat = PushChat(TWO_OUTLETS)
    heard = await chat.say("2 bundles 12in pizza box for toa payoh and 3 bundles 10in for ang mo kio tmr")
    assert "one order goes to one outlet" in heard.text
    assert len(heard.buttons) == 2
    await chat.say("confirm")
    assert chat.store.orders == ()


@pytest.mark.parametrize("words", ["usual", "status", "cancel"])
async def test_an_outlet_not_named_yet_is_asked_for_before_its_orders_are_spoken_of(words: str) -> None:
    chat = PushChat(TWO_OUTLETS)
    heard = await chat.say(words)
    assert heard.text == "Which outlet is this for?"
    heard = await chat.say("cancel")
    assert heard.text == "Which outlet is this for?"
    assert (await chat.say(chat.tap("x", heard.buttons["Kopi & Kaya Bar Toa Payoh"]))).text.startswith("Thanks")
    assert "isn't linked" in (await PushChat(STRANGER).say(words)).text


async def test_the_prices_of_all_ones_outlets_hold_before_one_is_named() -> None:
    assert "S$3.90" in (await PushChat(TWO_OUTLETS).say("how much is 8oz single wall cup white")).text
    assert "S$4.10" in (await PushChat(STRANGER).say("how much is 8oz single wall cup white")).text


async def test_a_day_that_one_outlet_cannot_have_is_not_refused_to_the_next() -> None:
    chat = PushChat()
    await chat.ready_to_confirm()
    assert "not a delivery day" in (await chat.say(OTHER_CODE)).text
    heard = await chat.say("switch outlet")
    assert "not a delivery day" not in heard.text
    assert heard.text.endswith("Which day should we deliver?")


@pytest.mark.parametrize(
    "words", ["which outlet is this for?", "what outlet am i ordering for", "which outlets do i have"]
)
async def test_which_outlet_this_is_for(words: str) -> None:
    assert (await PushChat().say(words)).text == "You're ordering for Canadian Pizza Pasir Ris."
    assert (await PushChat(TWO_OUTLETS).say(words)).text == "Which outlet is this for?"
    assert "isn't linked" in (await PushChat(STRANGER).say(words)).text


# -- a person has the chat -------------------------------------------------------------------------------


async def test_the_desk_is_silent_to_start_while_a_person_has_the_chat() -> None:
    chat = PushChat()
    await chat.say("agent")
    assert (await chat.say(chat.message("START", Kind.OPT_IN))).replies == []


@pytest.mark.parametrize("kind", [Kind.OTHER, Kind.STICKER])
async def test_a_person_who_has_the_chat_hears_of_what_cannot_be_shown(kind: Kind) -> None:
    chat = PushChat()
    await chat.say("agent")
    heard = await chat.say(chat.message("", kind))
    assert heard.told == ["message"]
    assert heard.staff[0].payload["text"].startswith("(sent ")
    assert chat.chat == ChatRef("whatsapp", chat.sender)


# -- the next order ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [0, 1, 3])
@pytest.mark.parametrize("words", ["2 bundles 12in pizza box fri", "deliver fri: 2 bundles 12in pizza box"])
async def test_the_next_order_with_its_day_leaves_the_one_before_alone(days: int, words: str) -> None:
    chat = PushChat()
    await chat.ready_to_confirm()
    await chat.say("confirm")
    chat.pass_time(days=days, minutes=5)
    heard = await chat.say(words)

    assert "SO-00001" not in heard.text
    assert "Deliver Fri 27 Nov" in heard.text
    assert heard.lines == {"PB-12-PLN": 2}
    assert list(heard.buttons) == ["Confirm"]


async def test_a_day_beside_more_of_the_same_changes_the_order_that_stands() -> None:
    chat = PushChat()
    await chat.ready_to_confirm()
    await chat.say("confirm")
    heard = await chat.say("make it 3 and deliver wed instead")
    assert "Order SO-00001:" in heard.text
    assert "Deliver Wed 25 Nov" in heard.text
    assert heard.lines == {"PB-12-PLN": 3}


async def test_a_day_alone_after_a_delivery_is_the_next_orders() -> None:
    chat = PushChat()
    await chat.ready_to_confirm()
    await chat.say("confirm")
    chat.pass_time(days=3)
    assert "SO-00001" not in (await chat.say("deliver fri")).text
    assert "Deliver Fri 27 Nov" in (await chat.say("2 bundles 10in pizza box")).text
