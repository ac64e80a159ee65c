"""Messages edited or deleted after they were sent, and the order within a burst."""

import pytest

from core.domain.messages import Kind
from tests.sandbox.push_chat import PushChat


async def test_an_edit_before_the_turn_is_simply_the_message() -> None:
    chat = PushChat()
    first = chat.message("2 bundles 12in pizza box")
    heard = await chat.say(first, chat.edit(first.message_id, "3 bundles 12in pizza box"))

    assert heard.lines == {"PB-12-PLN": 3}
    assert "edited" not in heard.text


async def test_the_draft_follows_an_edit() -> None:
    chat = PushChat()
    await chat.say("2 bundles 12in pizza box", "5 packets black paper straws")
    await chat.say("how much is the 10in pizza box?")
    heard = await chat.say(chat.edit("m1", "4 bundles 12in pizza box"))

    assert heard.lines["PB-12-PLN"] == 4
    assert len(heard.lines) == 2
    assert heard.text.startswith("Updated from your edited message:")
    assert heard.lines["PB-12-PLN"] == (await chat.say("cart")).lines["PB-12-PLN"]


async def test_a_draft_follows_edit_after_edit_and_undo_knows_one_step() -> None:
    chat = PushChat()
    await chat.say("1 bundle 10in pizza box")
    await chat.say("2 bundles 12in pizza box")
    for count in (3, 4, 5):
        heard = await chat.say(chat.edit("m2", f"{count} bundles 12in pizza box"))

    assert heard.lines == {"PB-10-PLN": 1, "PB-12-PLN": 5}
    assert (await chat.say("undo")).lines == {"PB-10-PLN": 1}


async def test_an_edit_that_says_the_same_is_not_answered() -> None:
    chat = PushChat()
    await chat.say("2 bundles 12in pizza box")

    assert (await chat.say(chat.edit("m1", "2 bundles 12in pizza box "))).replies == []


async def test_an_edit_after_the_order_changed_says_why_it_cannot_be_followed() -> None:
    chat = PushChat()
    await chat.say("2 bundles 12in pizza box")
    await chat.say("1 bundle 10in pizza box")
    heard = await chat.say(chat.edit("m1", "9 bundles 12in pizza box"))

    assert heard.lines == {"PB-12-PLN": 2, "PB-10-PLN": 1}
    assert "can't follow the edit" in heard.text


async def test_an_edit_never_changes_a_confirmed_order() -> None:
    chat = PushChat()
    await chat.ready_to_confirm()
    await chat.say("confirm")
    heard = await chat.say(chat.edit("m1", "9 bundles 12in pizza box tmr"))
    late = await chat.say(chat.edit("m2", "cancel"))

    assert "*SO-00001* was already confirmed" in heard.text
    assert "*SO-00001* was already confirmed" in late.text
    (order,) = chat.store.orders
    assert (order.version, order.lines[0].quantity) == (1, 2)


async def test_an_edit_of_a_message_that_did_nothing_is_read_as_a_new_one() -> None:
    chat = PushChat()
    await chat.say("2 bundles 12in pizza box")
    await chat.say("thanks")

    assert (await chat.say(chat.edit("m2", "1 bundle 10in pizza box"))).lines == {"PB-12-PLN": 2, "PB-10-PLN": 1}


async def test_an_edit_to_confirm_places_nothing() -> None:
    chat = PushChat()
    await chat.ready_to_confirm()
    await chat.say("thanks")
    heard = await chat.say(chat.edit("m2", "confirm"))

    assert chat.store.orders == ()
    assert list(heard.buttons) == ["Confirm"]


@pytest.mark.parametrize("text", ["cancel", "cancel order SO-00001", "cancel my order", "yes", "confirm"])
async def test_no_edit_cancels_a_confirmed_order(text: str) -> None:
    chat = PushChat()
    await chat.ready_to_confirm()
    await chat.say("confirm")
    await chat.say("thanks")
    await chat.say(chat.edit("m3", text))

    (order,) = chat.store.orders
    assert (order.version, order.status) == (1, "confirmed")


async def test_an_answered_question_is_asked_again_by_an_edit() -> None:
    chat = PushChat()
    await chat.say("2 bundles 12in pizza box")
    heard = await chat.say(chat.edit("m1", "2 bundles pizza box"))

    assert heard.lines == {}
    assert heard.commit.answer.asked


async def test_a_live_location_that_moves_is_answered_once() -> None:
    chat = PushChat()
    await chat.say("2 bundles 12in pizza box")
    first = await chat.say(chat.message("1.30,103.80", Kind.LOCATION))
    moved = [await chat.say(chat.edit("m2", f"1.3{n},103.80", kind=Kind.LOCATION)) for n in range(2)]

    assert "442 Pasir Ris Drive" in first.text
    assert [heard.replies for heard in moved] == [[], []]


async def test_a_message_deleted_before_its_turn_was_never_said() -> None:
    chat = PushChat()
    gone = chat.message("2 bundles 12in pizza box")
    silent = await chat.say(gone, chat.delete(gone.message_id))

    assert (silent.replies, silent.lines) == ([], {})


async def test_a_message_deleted_later_stays_in_the_order_and_that_is_said() -> None:
    chat = PushChat()
    await chat.say("2 bundles 12in pizza box")
    await chat.say("thanks")
    heard = await chat.say(chat.delete("m1"), chat.delete("m1"))

    assert heard.lines == {"PB-12-PLN": 2}
    assert heard.text.count("You deleted a message") == 1
    assert (await chat.say(chat.delete("m2"))).replies == []


async def test_the_providers_order_counts_where_every_message_has_one() -> None:
    chat = PushChat()
    late, early = chat.message("make it 4", order=12), chat.message("2 bundles 12in pizza box", order=11)

    assert (await chat.say(late, early)).lines == {"PB-12-PLN": 4}
