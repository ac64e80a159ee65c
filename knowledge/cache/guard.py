"""Whether two questions may share an answer. Likeness of vectors never decides that: this does.

Everything that may change an answer has to agree: the kind of question, who acts, tense, ownership, and every content
word with its number, unit, place, day, negation and comparison. Two wordings may only differ in what
`knowledge.cache.guard_words` promises to be harmless, in the order of words where that says nothing, and in a
misspelling that is no word itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from knowledge.cache.guard_words import DAYS, LOOSE_HEADS, MONTH_NAMES, RELATIONS, SYNONYMS, TIMES
from knowledge.cache.reading import Clause, Term
from knowledge.cache.slips import is_slip
from knowledge.cache.spelling import canonical

_FLOATING = frozenset(DAYS.values()) | frozenset(MONTH_NAMES.values()) | frozenset(map(canonical, TIMES))
_RELATIONS = frozenset(map(canonical, RELATIONS))
_LOOSE_HEADS = frozenset(map(canonical, LOOSE_HEADS))
_SPELLINGS = {
    word: tuple(spelling for spelling, meant in SYNONYMS.items() if canonical(meant) == word)
    for word in map(canonical, SYNONYMS.values())
}


def _nothing(_: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class KnownWords:
    """Lower-case words that the desk knows: of products and outlets, of places, and of everyday English.

    Without `is_english` no misspelling is forgiven, for nobody could tell one from another word.
    """

    names: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    is_english: Callable[[str], bool] | None = None


def same_answer(one: Sequence[Clause], other: Sequence[Clause], known: KnownWords) -> bool:
    """Whether what answers the one question answers the other."""
    if len(one) != len(other) or not any(clause.terms for clause in one):
        return False
    return all(_agree(a, b, known) for a, b in zip(one, other, strict=True))


def _agree(one: Clause, other: Clause, known: KnownWords) -> bool:
    if one.kind != other.kind or one.marks != other.marks or not one.stances & other.stances:
        return False
    if len(one.terms) != len(other.terms):
        return False
    paired = _pair(one.terms, other.terms, known)
    if paired is None:
        return False
    return _ties_agree(one, paired, known) and _order_agrees(one.terms, paired, known)


def _pair(one: Sequence[Term], other: Sequence[Term], known: KnownWords) -> list[tuple[int, Term]] | None:
    """For each word of the one its place and term in the other; None where a word has no counterpart."""
    free: dict[int, Term] = dict(enumerate(other))
    paired: list[tuple[int, Term] | None] = []
    for term in one:
        at = next((i for i, candidate in free.items() if candidate.word == term.word), None)
        paired.append(None if at is None else (at, free.pop(at)))
    for place, found in enumerate(paired):
        if found is None:
            at = next((i for i, candidate in free.items() if _misspelt(one[place], candidate, known)), None)
            if at is None:
                return None
            paired[place] = (at, free.pop(at))
    return [found for found in paired if found is not None]


def _misspelt(one: Term, other: Term, known: KnownWords) -> bool:
    """Whether one of two words is a slip for the other, and no word of its own."""
    if known.is_english is None or _is_word(one.typed, known) == _is_word(other.typed, known):
        return False
    slip, meant = (other, one) if _is_word(one.typed, known) else (one, other)
    return slip.typed.isalpha() and any(is_slip(slip.typed, form) for form in _spellings(meant))


def _is_word(word: str, known: KnownWords) -> bool:
    assert known.is_english is not None
    if word in known.names or word in known.places or word in SYNONYMS:
        return True
    base = canonical(word)  # "unblocked" is a word because "unblock" is
    return any(known.is_english(form) for form in (word, base, f"{base}e"))


def _spellings(term: Term) -> tuple[str, ...]:
    return (term.typed, *_SPELLINGS.get(term.word, ()))


def _ties_agree(one: Clause, paired: Sequence[tuple[int, Term]], known: KnownWords) -> bool:
    """ "Pay on delivery" is not "pay for delivery"; a place or a day is the same with any such word, or none."""
    loose = one.kind in ("how long", "price")  # "how long to deliver", "how long for delivery"
    before = ""
    for term, (_, counterpart) in zip(one.terms, paired, strict=True):
        ties = {term.tie, counterpart.tie} - {""}
        head, before = before, term.word
        if term.tie == counterpart.tie or _floats(term.word, known) or head in _LOOSE_HEADS:
            continue
        if "at" in ties or (len(ties) > 1 and not loose):
            return False
    return True


def _order_agrees(one: Sequence[Term], paired: Sequence[tuple[int, Term]], known: KnownWords) -> bool:
    """Whether two words that changed places say the same: "delivery to Sentosa", "Sentosa delivery"."""
    places = [at for at, _ in paired]
    if places == sorted(places):
        return True
    if _RELATIONS & {term.word for term in one}:
        return False
    floating = [at for term, (at, _) in zip(one, paired, strict=True) if _floats(term.word, known)]
    if len(floating) > 1 and floating != sorted(floating):
        return False
    return all(
        _may_swap(one[a], one[b], paired[a][1], paired[b][1], known)
        for a, b in combinations(range(len(one)), 2)
        if places[a] > places[b]
    )


def _may_swap(a: Term, b: Term, a_other: Term, b_other: Term, known: KnownWords) -> bool:
    """A place or day may stand anywhere, and so may what a preposition ties to its word."""
    if _floats(a.word, known) != _floats(b.word, known):
        return True
    tied = {a.tied - b.tied, a_other.tied - b_other.tied}
    return tied in ({0, 1}, {0, -1})


def _floats(word: str, known: KnownWords) -> bool:
    return word in _FLOATING or word in known.places or word in _in_one_spelling(known.places)


@lru_cache(maxsize=8)
def _in_one_spelling(places: frozenset[str]) -> frozenset[str]:
    return frozenset(map(canonical, places))
