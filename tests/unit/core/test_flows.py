"""What a turn says and leaves behind, over the sample supplier in memory."""

import asyncio
from typing import Any

import pytest

from core.engine import MOST_LINES
from tests.eval.cases import Conversation
from tests.eval.playing import play

PASIR_RIS, TWO_OUTLETS, STRANGER = "+6591230001", "+6591230099", "+6590000000"


def talk(*texts: str, sender: str = PASIR_RIS, supplier: str = "sample") -> list[dict[str, Any]]:
    """The answers to a conversation on Monday 23 November 2026, 09:30 in Singapore."""
    from tests.eval.cases import _conversation

    case: Conversation = _conversation(
        {"id": "flows", "as": sender, "supplier": supplier, "turns": list(texts), "expect": {"lines": []}},
        "flows",
        supplier,
    )
    played = asyncio.run(play(case))
    assert [p.error for p in played] == [""] * len(texts)
    return [p.body for p in played]


def lines(body: dict[str, Any]) -> list[tuple[str, int]]:
    return [(line["sku"], line["quantity"]) for line in (body["order"] or {"lines": []})["lines"]]


def test_the_same_number_answers_one_question_after_the_other() -> None:
    *_, last = talk("2 12in pizza box, 3 10in pizza box, 4 14in pizza box", "1", "1", "1")

    assert lines(last) == [("PB-12-PLN", 2), ("PB-10-PLN", 3), ("PB-14-PLN", 4)]
    assert not last["asked"]


def test_the_same_order_twice_is_one_order() -> None:
    first, second = talk("2 bundles 12in pizza box", "2 bundles 12in pizza box")

    assert lines(first) == lines(second) == [("PB-12-PLN", 2)]
    assert not second["asked"]


@pytest.mark.parametrize("reply", ["2", "Wed 25 Nov", "wed"])
def test_an_offered_day_is_taken_by_number_title_or_words(reply: str) -> None:
    asked, answered = talk("3 bundles 12in pizza box", reply)

    assert [c["title"] for c in asked["messages"][0]["choices"]][1] == "Wed 25 Nov"
    assert answered["order"]["delivery_date"] == "2026-11-25"
    assert not asked["asked"], "a missing day keeps nothing out of the order"


def test_a_sender_of_two_outlets_picks_one_by_number() -> None:
    asked, answered = talk("10 sleeves 8oz SW", "1", sender=TWO_OUTLETS)

    assert asked["order"]["outlet"] is None
    assert answered["order"]["outlet"] == "KKB-TPY"


def test_below_the_minimum_there_is_no_confirm_button() -> None:
    _, review, confirmed = talk("3 sleeves 8oz single wall cup", "tmr", "confirm")

    assert "minimum order" in review["reply"]
    assert review["messages"][0]["choices"] == []
    assert confirmed["order"]["status"] == "draft"
    assert confirmed["order"]["number"] is None


def test_a_list_longer_than_a_turn_reads_is_asked_for_in_parts() -> None:
    (body,) = talk("\n".join(["2 bundles 12in pizza box"] * (MOST_LINES + 1)))

    assert body["order"] is None
    assert body["asked"]
    assert "parts" in body["reply"]


def test_a_stranger_who_names_an_outlet_learns_nothing_of_its_history() -> None:
    *_, usual, confirmed = talk(
        "my outlet is Canadian Pizza Pasir Ris",
        "40 bundles 12in pizza box, wed morning",
        "the usual",
        "confirm",
        sender=STRANGER,
    )

    assert lines(usual) == [("PB-12-PLN", 40)]
    assert "usually" not in confirmed["reply"]
    assert confirmed["order"]["status"] == "confirmed"


def test_a_far_larger_order_than_usual_is_asked_about_once() -> None:
    *_, asked, confirmed = talk("40 bundles 12in pizza box, wed morning", "confirm", "yes")

    assert asked["asked"]
    assert "usually" in asked["reply"]
    assert confirmed["order"]["status"] == "confirmed"


def test_one_piece_of_a_pack_is_asked_with_the_pack() -> None:
    asked, answered = talk("1 12in pizza box", "yes")

    assert asked["asked"]
    assert asked["order"] is None
    assert lines(answered) == [("PB-12-PLN", 1)]


def test_an_order_number_that_is_not_this_outlets_changes_nothing() -> None:
    _, other = talk("2 bundles 12in pizza box", "change RS-10047 to 9 bundles")

    assert lines(other) == [("PB-12-PLN", 2)]
    assert "RS-10047" in other["reply"]


@pytest.mark.parametrize(
    "text",
    ["return 2 bundles 12in pizza box", "damaged 2 bundles 12in pizza box", "i have 5 bundles 12in pizza box left"],
)
def test_returns_and_stock_order_nothing(text: str) -> None:
    (body,) = talk(text)

    assert body["order"] is None


def test_what_is_excluded_is_not_ordered() -> None:
    (body,) = talk("2 bundles 12in pizza box, not the printed")

    assert lines(body) == [("PB-12-PLN", 2)]


def test_a_day_beside_an_edit_is_kept() -> None:
    *_, body = talk("3 bundles 12in pizza box wed", "make it 4 on friday")

    assert lines(body) == [("PB-12-PLN", 4)]
    assert body["order"]["delivery_date"] == "2026-11-27"


def test_a_word_that_stays_unread_is_left_out_and_said_to_be() -> None:
    _, again, left, confirmed = talk("3 bundles 12in pizza box and 2 flurgles", "tmr", "confirm", "confirm")

    assert again["asked"]
    assert "left out “flurgles”" in left["reply"]
    assert left["order"]["status"] == "draft"
    assert confirmed["order"]["status"] == "confirmed"


def test_an_absurd_number_is_asked_for_anew() -> None:
    asked, answered = talk("999999999999 bundles 12in pizza box", "3")

    assert asked["order"] is None
    assert "999" not in asked["reply"]
    assert lines(answered) == [("PB-12-PLN", 3)]


def test_an_offered_day_outlives_a_word_of_thanks() -> None:
    *_, body = talk("3 bundles 12in pizza box", "thanks", "2")

    assert body["order"]["delivery_date"] == "2026-11-25"


@pytest.mark.parametrize(
    ("said", "quantity", "asked"),
    [
        ("make it 5 in total", 5, False),
        ("make it five in total", 5, False),
        ("3 bundles 12in box total", 2, True),
        ("how much in total?", 2, False),
        ("total", 2, False),
    ],
)
def test_a_total_that_is_an_amount_is_not_taken_for_the_sum(said: str, quantity: int, asked: bool) -> None:
    _, answered = talk("2 bundles plain 12in pizza box", said)

    assert lines(answered) == [("PB-12-PLN", quantity)]
    assert answered["asked"] is asked


@pytest.mark.parametrize("said", ["box crushed", "12in box torn again!!", "2 boxes damaged"])
def test_what_arrived_damaged_is_for_a_person(said: str) -> None:
    [answered] = talk(said)

    assert answered["intent"] == "handoff"


def test_what_is_not_understood_leaves_a_way_to_a_person() -> None:
    [answered] = talk("please stop the delivery")

    assert "*agent*" in answered["reply"]
