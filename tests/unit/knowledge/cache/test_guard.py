"""What the guard lets share an answer: rewordings, and nothing that may have another one."""

from functools import cache

import pytest

from bot.english import english_words
from knowledge.cache.guard import KnownWords, same_answer
from knowledge.cache.normalising import normalised
from knowledge.cache.reading import Clause, read
from tests.unit.knowledge.cache.pairs import NAMES, OTHER_ANSWER, PLACES, SAME_ANSWER

ADVERSARIAL = [(kind, one, other) for kind, pairs in OTHER_ANSWER.items() for one, other in pairs]
REWORDED = [(first, other) for first, *others in SAME_ANSWER for other in others]


@cache
def known() -> KnownWords:
    return KnownWords(NAMES, PLACES, english_words().__contains__)


def asks(question: str) -> tuple[Clause, ...]:
    return read(normalised(question, NAMES), NAMES)


def test_the_suites_are_large_enough() -> None:
    assert len(ADVERSARIAL) >= 150
    assert len(REWORDED) >= 60


@pytest.mark.parametrize(("kind", "one", "other"), ADVERSARIAL)
def test_what_changes_an_answer_keeps_them_apart(kind: str, one: str, other: str) -> None:
    assert normalised(one, NAMES) != normalised(other, NAMES)
    assert not same_answer(asks(one), asks(other), known())
    assert not same_answer(asks(other), asks(one), known())


@pytest.mark.parametrize(("kind", "one", "other"), ADVERSARIAL)
def test_so_it_does_for_a_desk_that_knows_no_names(kind: str, one: str, other: str) -> None:
    nobody = KnownWords()
    assert not same_answer(read(normalised(one)), read(normalised(other)), nobody)


@pytest.mark.parametrize(("one", "other"), REWORDED)
def test_other_words_for_the_same_share_an_answer(one: str, other: str) -> None:
    assert same_answer(asks(one), asks(other), known())
    assert same_answer(asks(other), asks(one), known())
