"""Who a chat orders for: codes, the start of a chat, and several outlets of one sender."""

import pytest

from core.domain.messages import Kind
from tests.sandbox.push_chat import CODE, OTHER_CODE, PASIR_RIS, STRANGER, TWO_OUTLETS, PushChat


@pytest.mark.parametrize(
    "text",
    [
        "Hi! My invite code is ABCD2345",
        "my code abcd2345 thanks",
        "abcd2345",
        "ABCD-2345",
        "code: Abcd2345!",
        "hello boss\nour invite code ABCD2345\nthank you",
    ],
)
@pytest.mark.parametrize("sender", [STRANGER, PASIR_RIS])
async def test_a_code_links_whatever_is_written_around_it(text: str, sender: str) -> None:
    chat = PushChat(sender)
    heard = await chat.say(text)

    assert "this is for Canadian Pizza Tampines" in heard.text
    assert heard.commit.links == ((sender, "CPZ-TMP"),)
    assert heard.commit.invites_used == (CODE,)
    assert (await chat.say("2 bundles 12in pizza box")).commit.answer.order.outlet == "CPZ-TMP"  # type: ignore[union-attr]


async def test_a_code_of_letters_alone_works_too() -> None:
    heard = await PushChat(STRANGER).say(f"Hi! My invite code is {OTHER_CODE.lower()}")

    assert heard.commit.links == ((STRANGER, "KKB-BDK"),)


async def test_an_order_beside_the_code_is_taken() -> None:
    heard = await PushChat(STRANGER).say("Hi, code ABCD2345. 2 bundles 12in pizza box tmr pls")

    assert heard.lines == {"PB-12-PLN": 2}
    assert list(heard.buttons) == ["Confirm"]


async def test_a_deep_link_links_and_tapping_it_again_does_no_harm() -> None:
    chat = PushChat("telegram:5", "telegram")
    first = await chat.say(chat.message("abcd2345", Kind.START))
    again = await chat.say(chat.message("abcd2345", Kind.START))

    assert first.commit.invites_used == (CODE,)
    assert again.commit.links == ()
    assert "still ordering for Canadian Pizza Tampines" in again.text


async def test_a_start_says_what_this_is_and_how_to_be_linked() -> None:
    stranger, known = PushChat("telegram:5", "telegram"), PushChat()
    told = (await stranger.say(stranger.message("", Kind.START))).text
    welcome = (await known.say(known.message("", Kind.START))).text

    assert "ordering desk of Sample Supplies" in told
    assert "invite code" in told
    assert "invite code" not in welcome
    assert "You're ordering for Canadian Pizza Pasir Ris." in welcome


@pytest.mark.parametrize("text", ["hi", "2 bundles 12in pizza box tmr", "this is for Canadian Pizza Tampines"])
async def test_a_stranger_is_asked_for_a_code_and_cannot_name_an_outlet(text: str) -> None:
    heard = await PushChat("telegram:-100", "telegram").say(text)

    assert "invite code" in heard.text
    assert "number" not in heard.text
    order = heard.commit.answer.order
    assert order is None or order.outlet is None


async def test_wrong_codes_are_five_an_hour() -> None:
    chat = PushChat(STRANGER)
    for n in range(5):
        assert "doesn't work" in (await chat.say(f"my invite code is WXYZ234{n}")).text
    refused = await chat.say(f"my invite code is {CODE}")
    chat.pass_time(minutes=61)
    linked = await chat.say(f"my invite code is {CODE}")

    assert "not taking more for an hour" in refused.text
    assert refused.commit.links == ()
    assert linked.commit.links == ((STRANGER, "CPZ-TMP"),)


# -- several outlets -----------------------------------------------------------------------------------


async def test_a_sender_of_two_outlets_is_asked_once_and_it_is_remembered() -> None:
    chat = PushChat(TWO_OUTLETS)
    asked = await chat.say("20 sleeves 8oz single wall cups tmr")
    title = "Kopi & Kaya Bar Ang Mo Kio"
    await chat.say(chat.tap(title, asked.buttons[title]))
    await chat.say("confirm")
    later = await chat.say("2 bundles 12in pizza box")

    assert chat.store.orders[0].outlet == "KKB-AMK"
    assert "Which outlet" not in later.text


@pytest.mark.parametrize(
    "text",
    [
        "switch outlet",
        "change outlet pls",
        "for Ang Mo Kio instead",
        "this is for ang mo kio",
        "use ang mo kio",
        "switch to Kopi & Kaya Bar Ang Mo Kio",
        "sorry wrong outlet",
    ],
)
async def test_a_switch_keeps_the_lines_and_is_reviewed_before_it_is_placed(text: str) -> None:
    chat = PushChat(TWO_OUTLETS)
    await chat.say("for toa payoh")
    await chat.say("20 sleeves 8oz single wall cups tmr")
    switched = await chat.say(text, "confirm")

    assert chat.store.orders == ()
    assert switched.lines == {"CUP-SW-08-WHT": 20} or list(switched.lines.values()) == [20]
    assert "Ang Mo Kio" in switched.replies[0]["card"]
    await chat.say("confirm")
    assert chat.store.orders[0].outlet == "KKB-AMK"


async def test_with_three_outlets_a_switch_asks_which() -> None:
    chat = PushChat(TWO_OUTLETS)
    await chat.say(f"my invite code is {CODE}")
    asked = await chat.say("switch outlet")

    assert list(asked.buttons) == ["Kopi & Kaya Bar Toa Payoh", "Kopi & Kaya Bar Ang Mo Kio"]
    assert "Toa Payoh" in (await chat.say("1")).text


async def test_an_edit_after_a_switch_leaves_the_other_outlets_order_alone() -> None:
    chat = PushChat(TWO_OUTLETS)
    for text in ("for toa payoh", "20 sleeves 8oz single wall cups tmr", "confirm", "switch outlet"):
        await chat.say(text)
    for text in ("make it 30", "remove the cups", "deliver wed", "confirm", "cancel my order"):
        await chat.say(text)

    (order,) = chat.store.orders
    assert (order.outlet, order.version, order.lines[0].quantity) == ("KKB-TPY", 1, 20)


async def test_a_draft_that_changed_an_order_becomes_a_new_one_for_another_outlet() -> None:
    chat = PushChat(TWO_OUTLETS)
    for text in ("for toa payoh", "20 sleeves 8oz single wall cups tmr", "confirm", "make it 30"):
        await chat.say(text)
    heard = await chat.say("for ang mo kio instead")
    await chat.say("undo")
    await chat.say("confirm")

    assert "SO-00001 for Kopi & Kaya Bar Toa Payoh stays as it was" in heard.text
    first, second = chat.store.orders
    assert (first.outlet, first.version, first.lines[0].quantity) == ("KKB-TPY", 1, 20)
    assert second.outlet == "KKB-AMK"


async def test_a_date_is_checked_again_for_the_new_outlet() -> None:
    chat = PushChat(PASIR_RIS)
    await chat.say("2 bundles 12in pizza box, deliver tue")
    heard = await chat.say(f"invite code {OTHER_CODE}")

    assert "Tue 24 Nov is not a delivery day for your outlet" in heard.text
    assert heard.commit.answer.order.delivery_date is None  # type: ignore[union-attr]


async def test_a_switch_to_an_outlet_that_is_not_theirs_asks_among_their_own() -> None:
    chat = PushChat(TWO_OUTLETS)
    await chat.say(f"my invite code is {CODE}")
    asked = await chat.say("change outlet to Bedok")

    assert list(asked.buttons) == ["Kopi & Kaya Bar Toa Payoh", "Kopi & Kaya Bar Ang Mo Kio"]
    assert "Tampines" not in (await chat.say("change outlet to toa payoh")).text


async def test_a_sender_of_one_outlet_is_told_so() -> None:
    assert "linked to one outlet, Canadian Pizza Pasir Ris" in (await PushChat().say("change outlet")).text
