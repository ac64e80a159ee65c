"""Questions are looked up before the flows act: what is settled is said, the rest done otherwise, nothing is lost."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from core import wording
from core.consulting import consult
from core.domain.commands import (
    Acknowledge,
    Add,
    Ask,
    AskDelivery,
    AskProduct,
    Command,
    Complain,
    Show,
    Unclear,
    Wanted,
)
from core.domain.messages import Intent, Source
from core.domain.sessions import Session
from core.flows.questions import ask as say_answer
from core.flows.scene import Scene
from core.ports import Finding, Inquiry, Live, ModelTurn
from tests.eval.playing import RULES, reference_of

STAPLERS = AskProduct((Wanted("staplers", unexplained=("staplers",)),))
BOXES = Add(Wanted("12in pizza box", ("PB-12-PLN",)))


@dataclass
class Answers:
    """Documents that settle these questions and no others. `asked` are the inquiries, in order."""

    settled: dict[str, str] = field(default_factory=dict)
    asked: list[Inquiry] = field(default_factory=list)
    watched: int = 0

    async def answer(self, inquiry: Inquiry, model: ModelTurn | None = None, live: Live | None = None) -> Finding:
        self.asked.append(inquiry)
        self.watched += live is not None
        text = self.settled.get(inquiry.text, "")
        return Finding(text, (Source("policy.md", "Rules", 0.9),) if text else (), "miss")

    @property
    def texts(self) -> list[str]:
        return [inquiry.text for inquiry in self.asked]


def scene(last_question: str = "") -> Scene:
    """A turn of a customer who was answered this before."""
    now = datetime(2026, 11, 23, 9, 30, tzinfo=ZoneInfo("Asia/Singapore"))
    return Scene(Session(last_question=last_question), reference_of("sample"), RULES, now, "+6591230001", "api")


async def done(answers: Answers | None, *commands: Command, said: str = "", at: Scene | None = None) -> list[Command]:
    return list(await consult(answers, commands, at or scene(), said))


async def test_what_is_settled_is_answered_and_what_was_meant_otherwise_is_left() -> None:
    at, question = scene(), Ask("weekends", (AskDelivery(),))

    assert await done(Answers({"weekends": "On Saturdays."}), question, at=at) == [question]
    assert at.findings["weekends"].text == "On Saturdays."


async def test_what_is_not_settled_is_done_otherwise() -> None:
    assert await done(Answers(), Ask("weekends", (AskDelivery(), Show()))) == [AskDelivery(), Show()]


async def test_without_another_way_the_question_stays_and_is_said_to_have_no_answer() -> None:
    at, question = scene(), Ask("bitcoin")

    assert await done(Answers(), question, at=at) == [question]
    say_answer(at, question)
    assert at.said == [wording.NO_ANSWER]
    assert at.offers_person


@pytest.mark.parametrize("otherwise", [(), (AskDelivery(),)])
async def test_without_documents_the_desk_does_what_it_did_before_it_had_any(otherwise: tuple[Command, ...]) -> None:
    question = Ask("weekends", otherwise)

    assert await done(None, question) == list(otherwise or (question,))


async def test_a_question_beside_something_else_is_silent_without_an_answer() -> None:
    assert await done(Answers(), Show(), Ask("sizes", beside=True)) == [Show()]
    assert await done(Answers(), Complain("torn"), Ask("refund")) == [Complain("torn")], "the person will answer it"


async def test_an_order_beside_a_question_is_never_touched() -> None:
    answers = Answers({"fees": "Free."})

    assert await done(answers, BOXES, Ask("fees"), said="2 boxes. fees?") == [BOXES, Ask("fees")]
    assert await done(answers, BOXES, Ask("taxes"), said="2 boxes. taxes?") == [BOXES, Ask("taxes")]
    assert answers.texts == ["fees", "taxes"], "without the words of the order"


async def test_words_around_the_only_question_help_to_find_its_answer() -> None:
    answers = Answers({"the van broke down. will you come again?": "On the next day."})
    (question,) = await done(answers, Ask("will you come again"), said="the van broke down. will\nyou come again?")

    assert isinstance(question, Ask)
    assert answers.texts == ["the van broke down. will you come again?"]


async def test_where_they_do_not_help_the_question_is_looked_up_alone() -> None:
    answers = Answers({"will you come again": "On the next day."})
    await done(answers, Ask("will you come again"), said="hello. will you come again?")

    assert answers.texts == ["hello. will you come again?", "will you come again"]


async def test_a_story_too_long_is_left_out() -> None:
    answers = Answers()
    await done(answers, Ask("fees"), said="blah " * 200 + "fees?")

    assert answers.texts == ["fees"]


async def test_a_question_of_any_length_is_looked_up_by_its_beginning() -> None:
    answers = Answers()
    await done(answers, Ask("why " * 1000))

    assert [len(text) for text in answers.texts] == [600]


async def test_of_two_questions_each_has_an_answer_of_its_own() -> None:
    answers = Answers({"refunds": "In full.", "refunds, and do you sell staplers?": "In full."})
    at, said = scene(), "refunds, and do you sell staplers?"
    found = await done(answers, Ask("refunds"), Ask("do you sell staplers", (STAPLERS,)), said=said, at=at)

    assert found == [Ask("refunds"), STAPLERS], "the answer to the one is none to the other"


async def test_an_unknown_product_with_a_question_mark_of_its_own_is_answered_too() -> None:
    answers = Answers({"refunds": "In full."})

    assert await done(answers, Ask("refunds"), STAPLERS, said="refunds? do you sell staplers?") == [
        Ask("refunds"),
        STAPLERS,
    ]


async def test_words_around_an_answered_question_that_are_no_product_are_passed_over() -> None:
    answers, said = Answers({"refunds": "In full."}), "hmm staplers torn again, refunds?"

    assert await done(answers, Unclear("hmm"), STAPLERS, Ask("refunds"), said=said) == [Ask("refunds")]
    assert await done(Answers(), Unclear("hmm"), STAPLERS, Ask("refunds"), said=said) == [
        *(Unclear("hmm"), STAPLERS, Ask("refunds")),
    ]


async def test_the_same_question_twice_is_looked_up_and_said_once() -> None:
    answers = Answers({"fees": "Free."})

    assert await done(answers, Ask("fees"), Ask("fees")) == [Ask("fees")]
    assert len(answers.asked) == 1


async def test_at_most_four_questions_of_a_turn_are_looked_up() -> None:
    answers = Answers()
    found = await done(answers, *(Ask(f"question {n}") for n in range(9)), said="?" * 9)

    assert len(answers.asked) == 4
    assert len(found) == 9, "the others are not passed over in silence"


async def test_words_that_may_be_no_question_are_looked_up_lightly() -> None:
    answers = Answers()

    assert await done(answers, Ask("small bag", (Unclear("small bag"),), lightly=True)) == [Unclear("small bag")]
    assert [inquiry.lightly for inquiry in answers.asked] == [True]


async def test_the_supplier_s_rows_are_at_hand() -> None:
    answers = Answers()
    await done(answers, Ask("fees"))

    assert answers.asked[0].reference is reference_of("sample")


@pytest.mark.parametrize(
    ("commands", "watched"), [([Ask("fees")], 1), ([Ask("fees"), BOXES], 0), ([Ask("fees"), Ask("taxes")], 0)]
)
async def test_a_reply_is_watched_only_where_the_answer_is_all_of_it(commands: Sequence[Command], watched: int) -> None:
    answers = Answers({"fees": "Free.", "taxes": "9%."})
    await consult(answers, commands, scene(), live=lambda text: None)

    assert answers.watched == watched


async def test_a_reply_that_has_begun_otherwise_is_not_watched() -> None:
    answers, at = Answers({"fees": "Free."}), scene()
    at.opening.append("Hello.")
    await consult(answers, [Ask("fees")], at, live=lambda text: None)

    assert answers.watched == 0


# -- questions that lean on the one before ------------------------------------------------------------------


@pytest.mark.parametrize("text", ["and on weekends", "what about sentosa", "how about tuesday", "then sundays"])
async def test_words_that_say_nothing_alone_are_looked_up_with_the_last_question(text: str) -> None:
    answers, at = Answers({f"do you deliver {text}": "Yes.", text: "Something else."}), scene("do you deliver")

    assert await done(answers, Ask(text), at=at) == [Ask(text)]
    assert answers.texts == [f"do you deliver {text}"]
    assert at.findings[text].text == "Yes."


@pytest.mark.parametrize("text", ["sundays", "how fast", "what if it rains", "and how do i pay", "and what is the fee"])
async def test_what_may_stand_by_itself_is_looked_up_alone_first(text: str) -> None:
    settled, unsettled = Answers({text: "Yes."}), Answers({f"do you deliver {text}": "Yes."})
    await done(settled, Ask(text), at=scene("do you deliver"))
    await done(unsettled, Ask(text), at=scene("do you deliver"))

    assert settled.texts == [text]
    assert unsettled.texts == [text, f"do you deliver {text}"]


async def test_a_whole_question_leans_on_nothing() -> None:
    answers = Answers()
    await done(answers, Ask("can the driver take our old cartons back with him"), at=scene("do you deliver"))

    assert len(answers.asked) == 1


async def test_the_last_question_is_the_last_that_was_answered() -> None:
    at, answers = scene(), Answers({"fees": "Free.", "taxes": "9%."})

    for text, remembered in (("fees", "fees"), ("taxes", "taxes"), ("bitcoin", "taxes")):
        await done(answers, Ask(text), at=at)
        assert at.session.last_question == remembered


@pytest.mark.parametrize("between", [BOXES, Show(), Acknowledge()])
async def test_anything_else_ends_the_topic(between: Command) -> None:
    at, answers = scene("do you deliver"), Answers({"do you deliver and on weekends": "On Saturdays."})
    await done(answers, between, at=at)

    assert at.session.last_question == ""
    await done(answers, Ask("and on weekends"), at=at)
    assert answers.texts == ["and on weekends"]


async def test_the_last_question_is_kept_short() -> None:
    at, long = scene(), "fees " * 500
    await done(Answers({long[:600]: "Free."}), Ask(long), at=at)

    assert len(at.session.last_question) == 600


# -- what is said ------------------------------------------------------------------------------------------


def finding(text: str, *sources: Source) -> Scene:
    at = scene()
    at.findings["q"] = Finding(text, sources)
    return at


def test_an_answer_names_its_documents_as_people_know_them() -> None:
    at = finding(
        "On Saturdays.",
        Source("policies/delivery-policy.md", "Delivery Policy > Weekends", 0.9),
        Source("faq.csv", "Do you deliver on weekends?", 0.8),
        Source("faq.csv", "Do you deliver on weekends?", 0.7),
        Source("storage_advice.txt", "", 0.7),
    )
    say_answer(at, Ask("q"))

    (said,) = at.said
    assert said == "On Saturdays.\n(Delivery policy: Weekends; FAQ: Do you deliver on weekends?; Storage advice)"
    assert at.intents == [Intent.QUESTION]
    assert not at.offers_person


def test_an_answer_to_a_question_about_delivery_is_about_delivery() -> None:
    at = finding("On Saturdays.", Source("faq.csv", "Weekends", 0.9))
    say_answer(at, Ask("q", (AskDelivery(),)))

    assert at.intents == [Intent.DELIVERY]


def test_the_same_answer_is_said_once() -> None:
    at = finding("On Saturdays.", Source("faq.csv", "Weekends", 0.9))
    say_answer(at, Ask("q"))
    say_answer(at, Ask("q"))

    assert len(at.said) == 1
