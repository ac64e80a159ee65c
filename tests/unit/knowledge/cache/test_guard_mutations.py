"""One word of a question changed, put in or taken out, so that it asks something else: the guard notices every time."""

import json
import re
from functools import cache
from pathlib import Path

import pytest

from bot.english import english_words
from knowledge.cache.guard import KnownWords, same_answer
from knowledge.cache.normalising import normalised
from knowledge.cache.reading import read

QUESTIONS = Path(__file__).parents[3] / "eval" / "questions"

# Each word of a row makes another question of the others.
EXCHANGED = [
    "monday tuesday wednesday thursday friday saturday sunday weekend",
    "morning afternoon evening",
    "today tomorrow",
    "january february march april june",
    "north south east west central sentosa tampines jurong changi",
    "before after",
    "above below",
    "more less",
    "minimum maximum",
    "min max",
    "first last",
    "with without",
    "open close",
    "kraft white brown",
    "box cup lid bag straw napkin",
    "boxes cups lids bags straws napkins",
    "small medium large",
    "paper plastic",
    "carton packet bundle",
    "day week month year",
    "days weeks months years",
    "hours minutes",
    "kg oz",
    "10 12 14",
    "one two three five",
    "can must should",
    "when where why who",
    "early late",
    "my your their",
    "i you they",
    "all some",
    "new old",
    "cash card cheque",
    "invoice receipt",
    "order deliver pay cancel return refund replace collect",
    "hot cold",
    "is was",
    "do did",
]
PUT_IN = ("not", "never", "only", "without", "before", "after", "custom", "12", "sunday", "kraft", "cannot", "except")


@cache
def questions() -> list[str]:
    """The questions to the sample supplier's documents."""
    lines = [line for path in sorted(QUESTIONS.glob("*.jsonl")) for line in path.read_text("utf-8").splitlines()]
    return [json.loads(line)["question"].casefold() for line in lines]


@cache
def known() -> KnownWords:
    return KnownWords(is_english=english_words().__contains__)


def differ(one: str, other: str) -> bool:
    """Whether the exact levels and the guard keep two questions apart, either way."""
    a, b = normalised(one), normalised(other)
    return a != b and not same_answer(read(a), read(b), known()) and not same_answer(read(b), read(a), known())


@pytest.mark.parametrize("row", EXCHANGED)
def test_another_word_is_another_question(row: str) -> None:
    words = row.split()
    for question in questions():
        for word in words:
            if re.search(rf"\b{word}\b", question) is None:
                continue
            for other in words:
                if other != word:
                    changed = re.sub(rf"\b{word}\b", other, question, count=1)
                    assert differ(question, changed), (question, changed)


@pytest.mark.parametrize("word", PUT_IN)
def test_a_word_more_is_another_question(word: str) -> None:
    for question in questions():
        parts = question.split(" ")
        for at in range(1, len(parts), 2):
            changed = " ".join([*parts[:at], word, *parts[at:]])
            assert differ(question, changed), (question, changed)


def test_two_numbers_that_change_places_are_another_question() -> None:
    for question in ("from {} to {} boxes", "is {} cheaper than {}", "a {} box in a {} carton", "{} days or {} days"):
        assert differ(question.format(10, 12), question.format(12, 10))
