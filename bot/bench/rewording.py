"""Writes a question as another person would, or the same one in a hurry, without changing what it asks."""

import random
import re
from collections.abc import Callable, Sequence

Way = Callable[[str, random.Random], str]

_BEFORE = (
    "hi",
    "hi boss",
    "hello",
    "boss",
    "good morning",
    "hi there",
    "excuse me",
    "may i know",
    "can you tell me",
    "just want to check",
    "hi, quick question:",
    "pls advise",
)
_AFTER = ("thanks", "pls", "thank you", "ah", "lah", "boss", "please advise", "??", "tq", "🙏")
_SHORT = {
    "you": "u",
    "your": "ur",
    "are": "r",
    "please": "pls",
    "minimum": "min",
    "maximum": "max",
    "tomorrow": "tmr",
    "and": "n",
    "what": "wat",
    "with": "w",
    "monday": "mon",
    "saturday": "sat",
    "sunday": "sun",
    "because": "cos",
    "quantity": "qty",
    "information": "info",
}
_ARTICLES = re.compile(r"\b(?:a|an|the) ", re.IGNORECASE)
_TAIL = re.compile(r"^(.{12,}) ((?:to|for|on|at|in) \w+)\?*$", re.IGNORECASE)


def reworded(question: str, chance: random.Random) -> str:
    """The question in another typing: one to three of courtesy, haste, short forms, a slip, and another order."""
    ways = (_with_courtesy, _in_haste, _with_short_forms, _with_a_slip, _tail_first)
    return _in_ways(question, ways, chance.randint(1, 3), chance)


def retyped(message: str, chance: random.Random) -> str:
    """A message that is no question in another typing: haste, short forms or a slip."""
    return _in_ways(message, (_in_haste, _with_short_forms, _with_a_slip), 1, chance)


def _in_ways(text: str, ways: Sequence[Way], count: int, chance: random.Random) -> str:
    for way in chance.sample(ways, count):
        text = way(text, chance)
    return text


def _with_courtesy(question: str, chance: random.Random) -> str:
    before = f"{chance.choice(_BEFORE)} " if chance.random() < 0.6 else ""
    after = f" {chance.choice(_AFTER)}" if not before or chance.random() < 0.5 else ""
    return f"{before}{question}{after}"


def _in_haste(question: str, chance: random.Random) -> str:
    typed = question.casefold() if chance.random() < 0.8 else question.upper()
    typed = typed.replace("?", "").replace("'", "").rstrip(".")
    return _ARTICLES.sub("", typed) if chance.random() < 0.5 else typed


def _with_short_forms(question: str, chance: random.Random) -> str:
    return " ".join(_SHORT.get(word, word) if chance.random() < 0.7 else word for word in question.split(" "))


def _with_a_slip(question: str, chance: random.Random) -> str:
    """One letter left out, doubled or changed with its neighbour, inside a longer word."""
    words = question.split(" ")
    long = [at for at, word in enumerate(words) if len(word) > 5 and word.isalpha()]
    if not long:
        return question
    at = chance.choice(long)
    word, place = words[at], chance.randrange(1, len(words[at]) - 2)
    changed = (
        word[:place] + word[place + 1 :],
        word[:place] + word[place] + word[place:],
        word[:place] + word[place + 1] + word[place] + word[place + 2 :],
    )
    words[at] = chance.choice(changed)
    return " ".join(words)


def _tail_first(question: str, _: random.Random) -> str:
    """ "do you deliver to Sentosa?": "to Sentosa, do you deliver"."""
    found = _TAIL.match(question)
    return f"{found[2]}, {found[1]}" if found else question
