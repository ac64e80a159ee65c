"""A sentence taken apart as far as it can be held to another one: words, figures, what it denies and what limits it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from core.understanding.lexicon import NUMBER_WORDS, WEEKDAYS
from knowledge.synonyms import groups
from knowledge.words import FUNCTION_WORDS, is_number, stem, tokens

# Figures as they are compared: "S$20" as "20 dollars", "2,000" as "2000", "12in" as "12 inch".
_AS_COMPARED = (
    (re.compile(r"(?:s\$|\$|sgd)\s?(\d[\d.,]*\d|\d)"), r"\1 dollars"),
    (re.compile(r"(?<=\d),(?=\d{3}\b)"), ""),
    (re.compile(r"(?<=\d) ?%"), " percent"),
    (re.compile(r"% ?(\d[\d.,]*\d|\d)"), r"\1 percent"),
    (re.compile(r"(?<=\d)(?=(?:in|inch|inches|cm|mm|m|ml|l|oz|kg|g|gsm|am|pm|h)\b)"), " "),
    (re.compile(r"(?<=\d) in(?:ch|ches)?\b(?! (?:the|a|an|this|total)\b)|(?<=\d)[\"”]"), " inch"),
    (re.compile(r"\b(?:working|business) days?\b"), "workday"),
    (re.compile(r"(?<=\d)\.0+\b"), ""),
)
_UNITS = frozenset(
    map(
        stem,
        """day days hour hours minute minutes week weeks month months year years workday percent dollars cents piece
        pieces carton cartons bundle bundles packet packets sleeve sleeves inch cm mm m ml l oz kg g gsm am pm times
        photos orders""".split(),
    )
)
_REACH = 2  # words behind a figure among which its unit stands
_INDEFINITE = frozenset({"a", "an"})
_COUNTING = _INDEFINITE | frozenset(NUMBER_WORDS) - {""}
# Words that another one never stands for.
_EXACT = frozenset("before after above below under over more less until within least most first last".split())
_DENYING = frozenset("not no never none nobody nothing neither nor cannot without unable".split())

_ASIDE = re.compile(r"\([^()]*\)|\beven (?:if|when)\b[^,;.]*")
_FREE = re.compile(
    r"\bat no (?:extra |additional |further )?(?:charge|cost|fee)s?\b|\bno (?:more|less|fewer|later) than\b"
)
_DENIAL = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|cannot|without|unable|excluded|impossible|refuse[sd]?)\b|n't\b"
)
_YES_OR_NO = re.compile(r"^\s*(yes|no)[,:.]\s+")
_CLAUSE = re.compile(
    r"[;:]\s+|,\s+(?:but|and|or)\s+|,\s+(?=not\s)|\s+(?:but|unless|except|while|although|whereas|because)\s+"
)
_RANGE = re.compile(rf"\b({'|'.join(WEEKDAYS)}) (?:to|till|until|through) ({'|'.join(WEEKDAYS)})\b")
_CONDITIONS = tuple(
    re.compile(rf"\b(?:{words})\b")
    for words in (
        r"if|when|provided|as long as|in case|once|subject to",
        r"unless|except|excluding|other than|apart from|but not",
        r"only|solely|exclusively",
    )
)
_BOUNDS = re.compile(
    r"\b(?:(?P<most>within|before|until|till|no later than|at most|up to|no more than|not more than|maximum(?: of)?|"
    r"less than|below|under)|(?P<least>after|at least|minimum(?: of)?|no less than|more than|above|over))\b"
)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a sentence says. `figures` are numbers with the unit that each counts, or ""; `days` weekdays, spans too.

    `bounds` are "most" or "least" with the word that each of them limits; `conditions` the kinds of condition it sets.
    `answers` is the "yes" or "no" that it begins with, which does not count for `denies`.
    """

    text: str
    telling: tuple[str, ...]
    stems: frozenset[str]
    groups: frozenset[int]
    figures: frozenset[tuple[str, str]]
    days: frozenset[str]
    bounds: frozenset[tuple[str, str]]
    conditions: frozenset[int]
    denies: bool
    answers: str
    is_row: bool

    @property
    def numbers(self) -> frozenset[str]:
        """Its figures without units."""
        return frozenset(number for number, _ in self.figures)

    def has(self, word: str) -> bool:
        """Whether it holds a word, or one that means the same. Days and figures stand for themselves only."""
        if stem(word) in self.stems:
            return True
        if word in WEEKDAYS or is_number(word):
            return word in WEEKDAYS and WEEKDAYS[word] in self.days
        return word not in _EXACT and bool(groups().get(word, frozenset()) & self.groups)


@lru_cache(maxsize=5_000)
def claim(text: str) -> Claim:
    """A sentence, or a row of a table, taken apart."""
    folded = comparable(text)
    words = tokens(folded)
    answers = _YES_OR_NO.match(folded)
    plain = _FREE.sub(" ", _ASIDE.sub(" ", folded[answers.end() :] if answers else folded))
    row = text.count("; ") > 1 and text.count(": ") > 1
    known = groups()
    return Claim(
        text=text,
        telling=tuple(w for w in dict.fromkeys(words) if w not in FUNCTION_WORDS and w not in _DENYING),
        stems=frozenset(map(stem, words)),
        groups=frozenset(g for w in words if w not in WEEKDAYS for g in known.get(w, ())),
        figures=figures_of(words) | (_in_rows(words) if row else frozenset()),
        days=_days(folded, words),
        bounds=_bounds(folded),
        conditions=frozenset(n for n, kind in enumerate(_CONDITIONS) if kind.search(plain)),
        denies=len(_DENIAL.findall(plain)) % 2 == 1,
        answers=answers[1] if answers else "",
        is_row=row,
    )


def comparable(text: str) -> str:
    """A text in small letters, its figures as they are compared."""
    folded = text.casefold().replace("’", "'")
    for pattern, plain in _AS_COMPARED:
        folded = pattern.sub(plain, folded)
    return folded


def clauses_of(text: str) -> list[Claim]:
    """The parts of a sentence that each say something."""
    return [claim(part) for part in _CLAUSE.split(_ASIDE.sub(" ", text)) if part.strip()]


def _days(folded: str, words: Sequence[str]) -> frozenset[str]:
    spans = (f"{WEEKDAYS[first]}-{WEEKDAYS[last]}" for first, last in _RANGE.findall(folded))
    return frozenset([*(WEEKDAYS[w] for w in words if w in WEEKDAYS), *spans])


def figures_of(words: Sequence[str]) -> frozenset[tuple[str, str]]:
    """Each number with its unit, where one stands behind it; "one day", "a week" are figures, "one" alone is none."""
    found = set()
    for at, word in enumerate(words):
        behind = words[at + 1 : at + 1 + _REACH]
        counted = [w for w in _up_to_a_number(behind) if stem(w) in _UNITS]
        number = _number(word, counts=bool(counted) and (word not in _INDEFINITE or _limited(words, at)))
        if number:
            found |= {(number, stem(unit)) for unit in counted} or {(number, "")}
    return frozenset(found)


def _up_to_a_number(words: Sequence[str]) -> list[str]:
    end = next((n for n, word in enumerate(words) if is_number(word)), len(words))
    return list(words[:end])


def _limited(words: Sequence[str], at: int) -> bool:
    """ "within a day", but not "S$12 a week"."""
    return at > 0 and words[at - 1] in {"within", "in", "after", "before", "under", "than"}


def _number(word: str, *, counts: bool) -> str:
    if is_number(word):
        return stem(word)
    return str(NUMBER_WORDS.get(word, 1)) if counts and word in _COUNTING else ""


def _in_rows(words: Sequence[str]) -> frozenset[tuple[str, str]]:
    """In a table's row a unit may stand in the heading of the column."""
    units = {stem(w) for w in words if stem(w) in _UNITS}
    return frozenset((stem(w), unit) for w in words if is_number(w) for unit in (*units, ""))


def _bounds(folded: str) -> frozenset[tuple[str, str]]:
    found = set()
    for match in _BOUNDS.finditer(folded):
        behind = [
            w for w in tokens(folded[match.end() :][:60]) if w not in FUNCTION_WORDS or w in _COUNTING - _INDEFINITE
        ]
        if behind:
            found.add(("most" if match["most"] else "least", stem(behind[0])))
    return frozenset(found)
