"""What settles a question: its telling words in one place. What stands nowhere makes the documents silent on it."""

import pytest

from knowledge.answering import SETTLES
from knowledge.evidence import wordings_of
from knowledge.ports import Passage
from tests.unit.knowledge.answering.parts import Shelf, passage, sample_passages, supports

WEEKENDS = passage(
    "We deliver on Saturdays in all zones but Sentosa. There is no delivery on Sundays.", section="Delivery > Weekends"
)
REDELIVERY = passage(
    "The driver waits 10 minutes and calls twice. The first redelivery is free, after that it costs S$25.",
    section="Delivery > Nobody there",
)
CASH = passage("No, drivers do not accept cash.", question="Can I pay the driver in cash?|cash on delivery|is cash ok?")


async def best(question: str) -> Passage | None:
    """The passage of the sample documents that settles a question, if any does."""
    found = supports(question, *await Shelf(sample_passages()).search(question, 16))[0]
    return found.prepared.passage if found.score >= SETTLES else None


@pytest.mark.parametrize("wording", wordings_of(CASH))
def test_an_faq_row_answers_each_way_in_which_its_question_is_put(wording: str) -> None:
    found = supports(wording, WEEKENDS, REDELIVERY, CASH)

    assert found[0].prepared.passage == CASH
    assert found[0].score >= SETTLES
    assert found[0].signs.wording > 0.9


def test_the_best_sentence_is_the_one_that_answers() -> None:
    found = supports("how much does a redelivery cost?", REDELIVERY)[0]

    assert found.prepared.sentences[found.best].text.startswith("The first redelivery")
    assert found.signs.figure == 1.0


def test_scores_are_shares_and_passages_come_best_first() -> None:
    found = supports("do you deliver on weekends?", REDELIVERY, CASH, WEEKENDS)

    assert all(0.0 <= support.score <= 1.0 for support in found)
    assert [s.rank for s in found] == sorted((s.rank for s in found), reverse=True)
    assert found[0].prepared.passage == WEEKENDS
    assert found[0].lead > 0 > found[1].lead


@pytest.mark.parametrize(
    ("settled", "unsettled"),
    [
        ("do you deliver to Sentosa?", "do you deliver to Batam?"),
        ("can I pay the driver in cash?", "can I pay by Bitcoin?"),
        ("do you refund defective goods?", "do you refund parking fines?"),
        ("what is the minimum order?", "what is the minimum age of your drivers?"),
    ],
)
async def test_a_word_that_stands_nowhere_makes_the_documents_silent(settled: str, unsettled: str) -> None:
    assert await best(settled) is not None
    assert await best(unsettled) is None


@pytest.mark.parametrize("question", ["", "?", "ok", "hello boss", "please", "...", "the of and", "🤔"])
def test_what_asks_nothing_is_settled_by_nothing(question: str) -> None:
    found = supports(question, *sample_passages())

    assert not found or found[0].score < SETTLES


async def test_a_misspelt_question_finds_what_the_right_one_finds() -> None:
    right, wrong = "do you refund defective goods?", "do u refund defectve goods?"

    assert await best(right) is not None
    assert await best(wrong) == await best(right)


def test_a_place_of_an_outlet_stands_for_its_zone() -> None:
    zone = passage("We deliver to the East zone from Monday to Saturday.", section="East")
    found = supports("do you deliver to tampines?", zone, CASH)

    assert found[0].prepared.passage == zone
    assert found[0].signs.missing < supports("do you deliver to timbuktu?", zone, CASH)[0].signs.missing


def test_a_passage_about_other_goods_is_doubted() -> None:
    cups = passage("The cups are microwave-safe up to 120 °C.", section="Microwave")
    asked, other = supports("are the cups microwave-safe?", cups)[0], supports("are the forks microwave-safe?", cups)[0]

    assert (asked.signs.others, other.signs.others) == (0.0, 1.0)
    assert other.score < asked.score


def test_a_passage_without_the_figure_that_is_asked_for_is_doubted() -> None:
    told, untold = passage("The deposit is 50%."), passage("The deposit is due at once.")

    assert supports("how much is the deposit?", told)[0].signs.amount == 1.0
    assert supports("how much is the deposit?", untold)[0].signs.amount == -1.0
    assert supports("is your storage dry?", passage("The storage is dry."))[0].signs.amount == 0.0


def test_wordings_are_told_apart_by_bars_and_blanks_are_none() -> None:
    assert wordings_of(passage("x", question=" a | b||  c ")) == ["a", "b", "c"]
    assert wordings_of(passage("x")) == []
