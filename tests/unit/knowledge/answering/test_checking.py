"""A written sentence may be said where the evidence says it, and not where anything in it is turned or made up."""

import re
from collections import Counter
from collections.abc import Iterator

import pytest

from knowledge.checking import problem
from knowledge.ports import Passage
from knowledge.sentences import sentences_of
from tests.unit.knowledge.answering.parts import known, passage, sample_passages
from tests.unit.knowledge.answering.sentences import FALSEHOODS, PARAPHRASES, REFUSED, Row

WEEK = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
# Turned sentences of the sample documents that nobody notices, by what was turned: at most so many of a hundred.
MOST_UNNOTICED = {
    "figure": 2,
    "unit": 1,
    "money": 1,
    "day": 30,
    "denial": 2,
    "affirmation": 2,
    "bound": 4,
    "condition": 12,
}


@pytest.mark.parametrize("row", PARAPHRASES, ids=lambda row: row.sentence)
def test_what_the_evidence_says_in_other_words_may_be_said(row: Row) -> None:
    assert problem(row.sentence, row.evidence, known()) is None


@pytest.mark.parametrize("row", FALSEHOODS, ids=lambda row: row.sentence)
def test_what_the_evidence_does_not_say_is_refused_for_its_fault(row: Row) -> None:
    assert problem(row.sentence, row.evidence, known()) == row.fault


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.sentence)
def test_an_honest_sentence_that_strays_far_is_refused_and_costs_a_quote(row: Row) -> None:
    assert problem(row.sentence, row.evidence, known()) == row.fault


def test_the_table_is_large_and_few_of_its_honest_sentences_are_refused() -> None:
    assert len(PARAPHRASES) + len(FALSEHOODS) >= 120
    assert len(REFUSED) <= 0.05 * len(PARAPHRASES)


def test_every_sentence_of_the_documents_may_be_said_word_for_word() -> None:
    faults = {s: problem(s, evidence, known()) for s, evidence in _sentences()}

    assert len(faults) > 400
    assert {s: fault for s, fault in faults.items() if fault} == {}


@pytest.mark.parametrize("kind", sorted(MOST_UNNOTICED))
def test_a_sentence_of_the_documents_that_is_turned_is_noticed(kind: str) -> None:
    tried = [(t, problem(t, evidence, known())) for s, evidence in _sentences() for t in _turned(kind, s)]
    unnoticed = [sentence for sentence, fault in tried if fault is None]

    assert len(tried) >= 30
    assert len(unnoticed) <= MOST_UNNOTICED[kind] * len(tried) / 100, unnoticed


def test_the_question_of_an_faq_row_is_no_evidence_for_its_answer() -> None:
    row = passage("No, drivers do not accept cash.", question="Can I pay the driver in cash?|You accept cash, right?")

    assert problem("You can pay the driver in cash.", [row], known()) == "negation"
    assert problem("You accept cash.", [row], known()) == "negation"


def test_a_heading_tells_what_its_section_speaks_of() -> None:
    section = passage("Deliveries are on Tuesday and Friday. The minimum order is S$80.", section="Delivery > Sentosa")

    assert problem("The minimum order for Sentosa is S$80.", [section], known()) is None
    assert problem("Sentosa deliveries are on Tuesday and Friday.", [section], known()) is None
    assert problem("The minimum order for Tuas is S$80.", [section], known()) == "name"


def test_two_passages_together_bear_what_joins_them() -> None:
    mainland = passage("We deliver to the mainland from Monday to Saturday.")
    island = passage("We deliver to Sentosa on Tuesday and Friday.")
    sentence = "We deliver to the mainland from Monday to Saturday, and we deliver to Sentosa on Tuesday and Friday."

    assert problem(sentence, [mainland, island], known()) is None
    assert problem(sentence, [mainland], known()) == "name"
    assert problem(sentence, [island], known()) == "name"


@pytest.mark.parametrize(
    "sentence", ["", " ", "...", "✓", "OK.", "Yes.", "No.", "S$1", "a" * 5000, "2,000,000", "\u202e", "{}", "%s %d"]
)
def test_the_check_takes_whatever_a_model_writes(sentence: str) -> None:
    problem(sentence, [passage("We deliver to Sentosa on Tuesday.")], known())
    assert problem("We deliver to Sentosa on Tuesday.", [], known()) is not None


def _sentences() -> Iterator[tuple[str, list[Passage]]]:
    """Each sentence of the sample documents, with its passage and three more as evidence."""
    held = sample_passages()
    for n, one in enumerate(held):
        evidence = [held[(n + k) % len(held)] for k in range(4)]
        yield from ((sentence, evidence) for sentence in sentences_of(one.text))


_TURNS: dict[str, tuple[tuple[str, str], ...]] = {
    "unit": tuple(
        (rf"(?<=\d ){unit}\b", other)
        for unit, other in (("days", "hours"), ("days", "weeks"), ("working days", "days"), ("weeks", "days"))
    ),
    "money": ((r"S\$(\d+)", r"\1%"), (r"(\d+)%", r"S$\1")),
    "denial": (
        *((r"\bcan\b", "cannot"), (r"\bis\b", "is not"), (r"\bare\b", "are not"), (r"\bmay\b", "may not")),
        *((r"\bWe (?!will)(\w+)\b", r"We do not \1"), (r"\bhave to\b", "do not have to")),
    ),
    "affirmation": (
        *((r"\bcannot\b", "can"), (r"\bdo not\b", "do"), (r"\bis not\b", "is"), (r"\bare not\b", "are")),
        *((r"^No,", "Yes,"), (r"\bThere is no\b", "There is"), (r"\bdoes not\b", "does")),
    ),
    "bound": (
        *((r"\bbefore (?=the|a|\d)", "after "), (r"\bafter (?=the|a|\d)", "before "), (r"\bwithin\b", "after")),
        *((r"\buntil\b", "after"), (r"\bat least\b", "at most"), (r"\bup to\b", "more than")),
    ),
    "condition": (
        (r",? (?:if|unless|only if|when|as long as|except)\b[^,.;]*(?=[.;])", ""),
        (r"^(?:If|When|Once|Unless)\b[^,]*, ", ""),
    ),
}
_DENIED = re.compile(r"\b(?:not|no|cannot|never|without|unless|except)\b", re.IGNORECASE)


def _turned(kind: str, sentence: str) -> Iterator[str]:
    """The sentence with one thing in it turned."""
    if kind == "figure":
        for figure in re.finditer(r"\d+", sentence):
            yield f"{sentence[: figure.start()]}{int(figure[0]) + 7}{sentence[figure.end() :]}"
    elif kind == "day":
        for day in re.finditer("|".join(WEEK), sentence):
            yield f"{sentence[: day.start()]}{WEEK[(WEEK.index(day[0]) + 2) % 7]}{sentence[day.end() :]}"
    elif kind != "denial" or not _DENIED.search(sentence):
        turned = (re.sub(pattern, other, sentence, count=1) for pattern, other in _TURNS[kind])
        yield from (t for t in turned if t != sentence)


def test_each_fault_is_told_apart() -> None:
    assert set(Counter(row.fault for row in FALSEHOODS)) == {
        *("number", "name", "address", "negation", "condition", "product", "unsupported", "act"),
    }
