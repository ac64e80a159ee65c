"""Which words go to the documents: questions that catalogue, calendar and orders do not explain. Never an order."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from core.domain.commands import (
    Add,
    Agree,
    Ask,
    AskDelivery,
    AskProduct,
    Cancel,
    Change,
    Command,
    Complain,
    Confirm,
    Deliver,
    Menu,
    Pick,
    Remove,
    Repeat,
    Replace,
    Status,
    Undo,
)
from core.domain.sessions import Action, Option, Question, QuestionKind
from core.understanding.context import Context
from core.understanding.reader import read
from tests.eval.answers import questions
from tests.eval.playing import INDEXES, reference_of

ORDERING = (Add, Change, Remove, Replace, Repeat, Confirm, Undo, Pick)
STRAWS = ("ST-PA06-WHT", "ST-PA06-BLK")


@cache
def context() -> Context:
    """A linked customer of the sample supplier, on Monday 23 November 2026, with nothing in the draft."""
    reference, indexes = reference_of("sample"), INDEXES["sample"]
    return Context(
        index=indexes.of(reference.catalogue),
        now=datetime(2026, 11, 23, 9, 30, tzinfo=ZoneInfo("Asia/Singapore")),
        outlets=indexes.names_of(reference.directory, "+6591230001"),
        linked=True,
    )


def drafting() -> Context:
    """The same with two lines in the draft."""
    return replace(context(), lines=("PB-12-PLN", "ST-PA06-WHT"), drafting=True)


def commands(text: str, at: Context | None = None) -> tuple[Command, ...]:
    return read([text], at or context()).commands


def asked(found: Sequence[Command]) -> list[Ask]:
    return [c for c in found if isinstance(c, Ask)]


@pytest.mark.parametrize(
    "text",
    [
        "2 bundles 12in pizza box tmr morning",
        "can i have 2 bundles 12in pizza box tmr?",
        "can send 3 sleeves 8oz single wall white by friday ah",
        "i need 5 bundles 12in pizza box, possible tmr?",
        "got 12in pizza box? give me 3 bundles",
        "2 pkt paper straw white can?",
        "how about 4 bundles of the 10in pizza box?",
        "could you please add 2 packets of lunch napkin",
        "same as last week but 3 bundles 12in pizza box?",
        "the usual pls, can?",
    ],
)
def test_an_order_never_goes_to_the_documents(text: str) -> None:
    found = commands(text)

    assert asked(found) == []
    assert any(isinstance(c, ORDERING) for c in found)


@pytest.mark.parametrize(
    "text",
    [
        "make it 4",
        "can make it 4?",
        "remove the straws",
        "can u remove the straws?",
        "change the straws to black",
        "cancel the straws can?",
        "undo",
        "confirm",
        "ok confirm lah",
        "deliver on friday",
        "tmr morning can?",
    ],
)
def test_an_edit_of_the_draft_never_goes_to_the_documents(text: str) -> None:
    assert asked(commands(text, drafting())) == []


@pytest.mark.parametrize("row", questions("settled"), ids=lambda row: row["id"])
def test_every_question_that_the_documents_settle_goes_to_them(row: dict[str, str]) -> None:
    assert asked(commands(row["question"]))


@pytest.mark.parametrize("row", questions("settled") + questions("unsettled"), ids=lambda row: row["id"])
def test_no_question_orders_anything_or_changes_a_line(row: dict[str, str]) -> None:
    for at in (context(), drafting()):
        found = commands(row["question"], at)
        doubts = [c for c in found if isinstance(c, Add) and (len(c.wanted.skus) != 1 or c.wanted.amount is None)]
        assert [c for c in found if isinstance(c, ORDERING) and c not in doubts] == []


@pytest.mark.parametrize("yes", ["ok", "yes", "can", "ok,", "yes.", "alright", "sure,"])
@pytest.mark.parametrize(
    "rest",
    [
        *("what is the delivery fee?", "do you deliver on weekends?", "how much is the 12in pizza box?"),
        *(
            "remove the straws",
            "can remove the straws?",
            "no straws pls",
            "deliver on friday",
            "leave it at the back door",
        ),
    ],
)
def test_a_yes_before_a_question_or_an_edit_is_no_yes(yes: str, rest: str) -> None:
    found = commands(f"{yes} {rest}", drafting())

    assert not any(isinstance(c, Agree | Confirm) for c in found)


@pytest.mark.parametrize("text", ["ok", "yes", "can", "ok can", "yes please", "sure"])
def test_a_yes_alone_is_one(text: str) -> None:
    assert any(isinstance(c, Agree | Confirm) for c in commands(text, drafting()))


@pytest.mark.parametrize(
    "text",
    [
        *("can u remove the straws?", "can remove the straws?", "remove the straws can?", "no straws can?"),
        *("can drop the straws?", "could you please take out the straws?", "can cancel the straws or not?"),
    ],
)
def test_taking_a_line_out_may_be_put_as_a_question(text: str) -> None:
    (found,) = commands(text, drafting())

    assert isinstance(found, Remove)
    assert found.wanted.skus == ("ST-PA06-WHT",)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("how much is the 12in pizza box?", AskProduct),
        ("price of paper straw white?", AskProduct),
        ("do you have 12in pizza boxes", AskProduct),
        ("when is my next delivery?", AskDelivery),
        ("what time is the cut off?", AskDelivery),
        ("where is my order", Status),
        ("show menu", Menu),
        ("cancel my order", Cancel),
    ],
)
def test_what_rows_answer_is_not_asked_of_the_documents(text: str, kind: type[Command]) -> None:
    (found,) = commands(text)

    assert isinstance(found, kind)


def test_a_size_guide_may_add_to_what_the_catalogue_says() -> None:
    product, guide = commands("what sizes of pizza box u have")

    assert isinstance(product, AskProduct)
    assert isinstance(guide, Ask)
    assert guide.beside, "without an answer nothing is said of it"


def test_a_question_on_goods_with_words_that_no_row_has_goes_to_the_documents_first() -> None:
    (found,) = commands("which lid fits the 12oz cup?")

    assert isinstance(found, Ask)
    assert [type(c) for c in found.otherwise] == [AskProduct], "and to the catalogue where they do not settle it"


@pytest.mark.parametrize("place", ["Batam", "johor bahru", "pulau ubin", "Kuala Lumpur"])
def test_the_calendar_says_nothing_of_places_that_it_does_not_know(place: str) -> None:
    (found,) = commands(f"do you deliver to {place}?")

    assert isinstance(found, Ask)
    assert found.otherwise == ()


@pytest.mark.parametrize(
    "text",
    [
        "the boxes came torn, can I get a refund?",
        "3 cups arrived cracked, how do i get a replacement?",
        "lids received dirty, can exchange anot",
    ],
)
def test_a_grievance_that_asks_gets_the_policy_and_a_person(text: str) -> None:
    found = commands(text)

    assert [type(c) for c in found] == [Ask, Complain]
    assert asked(found)[0].beside, "the person answers what the policy does not"


@pytest.mark.parametrize(
    "text", ["do you refund torn boxes?", "what happens if cups are cracked?", "can return damaged goods anot"]
)
def test_a_question_about_grievances_is_no_grievance(text: str) -> None:
    (found,) = commands(text)

    assert isinstance(found, Ask)
    assert not found.beside


@pytest.mark.parametrize("text", ["the cups arrived leaking", "half the boxes are torn", "why u send me torn boxes?"])
def test_a_grievance_that_asks_nothing_is_handed_to_a_person(text: str) -> None:
    assert [type(c) for c in commands(text)] == [Complain]


@pytest.mark.parametrize(
    "text", ["can i cancel an order after the cut-off?", "what is the fee if I cancel late?", "how to cancel order?"]
)
def test_a_question_about_cancelling_cancels_nothing(text: str) -> None:
    found = commands(text, drafting())

    assert asked(found)
    assert not any(isinstance(c, Cancel | Remove) for c in found)


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("2 bundles 12in pizza box tmr. what is the refund policy?", [2]),
        ("do you refund defective goods? 2 bundles 12in pizza box and 3 packets paper straw white 6mm", [2, 3]),
        ("what is the minimum order?\n2 bundles 12in pizza box", [2]),
        ("4 sleeves 8oz single wall white, is your office open on sat?", [4]),
    ],
)
def test_a_message_with_both_gets_both(text: str, amounts: list[int]) -> None:
    found = commands(text)

    assert len(asked(found)) == 1
    assert [int(c.wanted.amount or 0) for c in found if isinstance(c, Add)] == amounts


def test_a_question_with_its_story_is_one_question() -> None:
    (found,) = commands("hi, your van broke down and nobody was here. do you charge for redelivery?")

    assert isinstance(found, Ask)
    assert "broke down" in found.text


@pytest.mark.parametrize(
    "text", ["ok noted", "i pay by cheque already", "payment done", "thanks boss", "noted will pay tmr"]
)
def test_what_tells_something_asks_nothing(text: str) -> None:
    assert asked(commands(text)) == []


@pytest.mark.parametrize("text", ["payment terms for new customers", "refund policy", "delivery fee", "minimum order"])
def test_a_topic_without_a_question_mark_needs_a_sure_answer_or_is_a_question(text: str) -> None:
    (found,) = asked(commands(text))

    assert found.lightly or not found.otherwise


def test_a_date_question_about_a_draft_is_an_edit_and_no_policy() -> None:
    found = commands("can deliver on friday?", drafting())

    assert [type(c) for c in found] == [Deliver]


OPEN = Question("q1", QuestionKind.PRODUCT, "paper straw", tuple(Option(s, sku=s) for s in STRAWS), Action.ADD)


@pytest.mark.parametrize("text", ["1", "2", "the white one", "black", "first one", "neither", "nvm"])
def test_the_answer_to_an_open_question_never_goes_to_the_documents(text: str) -> None:
    assert asked(commands(text, replace(context(), questions=(OPEN,)))) == []


@pytest.mark.parametrize("text", ["the small bag", "payment terms for new customers", "the nicer thing"])
def test_while_a_question_is_open_words_that_do_not_ask_are_its_answer(text: str) -> None:
    assert asked(commands(text, replace(context(), questions=(OPEN,)))) == []


@pytest.mark.parametrize("text", ["what is the refund policy?", "do you deliver on weekends?", "refund policy?"])
def test_while_a_question_is_open_another_one_may_be_asked(text: str) -> None:
    assert asked(commands(text, replace(context(), questions=(OPEN,))))


@pytest.mark.parametrize("text", ["?", "???", "", "!!!", "can?", "how?", "what", "hi?", "x" * 5000 + "?", "？", "🤔?"])
def test_whatever_is_written_is_read(text: str) -> None:
    found = commands(text)

    assert found
    assert not any(isinstance(c, ORDERING) for c in found)


@pytest.mark.parametrize("focus", [(), ("PB-12-PLN",)])
def test_what_delivery_costs_is_no_question_about_the_goods(focus: tuple[str, ...]) -> None:
    (found,) = commands("how much is delivery?", replace(drafting(), focus=focus))

    assert isinstance(found, Ask)


@pytest.mark.parametrize("text", ["how many in one bundle?", "how many pieces in a bundle", "how much for 2 bundles?"])
def test_packs_and_prices_of_what_was_asked_about_are_the_catalogue_s(text: str) -> None:
    (found,) = commands(text, replace(context(), focus=("PB-12-PLN",), asked_about=("PB-12-PLN",)))

    assert isinstance(found, AskProduct)


def test_a_price_that_no_row_has_is_asked_of_the_documents_first() -> None:
    (found,) = commands("how much is the deposit?", replace(context(), focus=("PB-12-PLN",)))

    assert isinstance(found, Ask)


def test_a_report_of_damage_is_handed_to_a_person_however_it_is_told() -> None:
    found = commands("3 of the 12in boxes were broken when arrived, pls replace")

    assert any(isinstance(c, Complain) for c in found)


@pytest.mark.parametrize("text", ["eh boss if box kosong got hole can refund anot", "how long can keep cups and lids"])
def test_what_is_asked_in_one_breath_is_one_question(text: str) -> None:
    (found,) = commands(text)

    assert isinstance(found, Ask)
    assert found.text in text


def test_questions_with_something_between_them_are_two() -> None:
    found = commands("what is your refund policy for defective goods, and do you sell staplers?")

    assert [type(c) for c in found] == [Ask, Ask]
