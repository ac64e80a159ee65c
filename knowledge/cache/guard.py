"""Whether two questions may share an answer. Likeness of vectors never decides that: this does.

Everything that may change an answer has to agree: the kind of question, who acts, tense, ownership, and every content
word with its number, unit, place, day, negation and comparison. Two wordings may only differ in what
`knowledge.cache.guard_words` promises to be harmless, in the order of words where that says nothing, and in a
misspelling that is no word itself.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from knowledge.cache.guard_words import DAYS, LOOSE_HEADS, MONTH_NAMES, RELATIONS, SYNONYMS, TIMES
from knowledge.cache.reading import Clause, Term
from knowledge.cache.slips import is_slip
from knowledge.cache.spelling import canonical

Paired = tuple[int, Term]  # the place and the term of a word's counterpart

_TIMES = frozenset(DAYS.values()) | frozenset(MONTH_NAMES.values()) | frozenset(map(canonical, TIMES))
_RELATIONS = frozenset(map(canonical, RELATIONS))
_LOOSE_HEADS = frozenset(map(canonical, LOOSE_HEADS))
_SPELLINGS = {
    word: tuple(spelling for spelling, meant in SYNONYMS.items() if canonical(meant) == word)
    for word in map(canonical, SYNONYMS.values())
}


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


def _pair(one: Sequence[Term], other: Sequence[Term], known: KnownWords) -> list[Paired] | None:
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


def _ties_agree(one: Clause, paired: Sequence[Paired], known: KnownWords) -> bool:
    """ "Pay on delivery" is not "pay for delivery"; a place is the same with any such word, or none."""
    loose = one.kind in ("how long", "price")  # "how long to deliver", "how long for delivery"
    things = _things(one.terms, known)
    before = ""
    for term, (_, counterpart) in zip(one.terms, paired, strict=True):
        ties = {term.tie, counterpart.tie} - {""}
        head, before = before, term.word
        if term.tie == counterpart.tie or _is_place(term.word, known) or head in _LOOSE_HEADS:
            continue
        if term.word in _TIMES:  # "cancel orders for Monday", "cancel orders on Monday"
            if len(things) > 1 and "for" in ties:
                return False
        elif "at" in ties or (len(ties) > 1 and not loose):
            return False
    return True


def _order_agrees(one: Sequence[Term], paired: Sequence[Paired], known: KnownWords) -> bool:
    """Whether words that changed places say the same."""
    places = [at for at, _ in paired]
    if places == sorted(places):
        return True
    if _RELATIONS & {term.word for term in one}:
        return False
    moved = [at for at, term in zip(places, one, strict=True) if _floats(term.word, known)]
    things = [at for at, term in zip(places, one, strict=True) if not _floats(term.word, known)]
    if moved != sorted(moved):
        return False
    if things == sorted(things):
        return all(_may_float(at, one, paired, known) for at, term in enumerate(one) if _floats(term.word, known))
    return _compounds_agree(one, paired)


def _may_float(at: int, one: Sequence[Term], paired: Sequence[Paired], known: KnownWords) -> bool:
    """Whether a day or place may stand where it does in both.

    With a single other word it says the same anywhere. Else it has to stand apart at an end in both ("on Monday, can I
    cancel orders": not "Monday orders"), or be the same word's compound ("Sentosa delivery", "delivery to Sentosa").
    """
    term, (place, counterpart) = one[at], paired[at]
    if len(_things(one, known)) < 2:
        return True
    other = [found for _, found in sorted(paired, key=_place)]
    ends = (0, len(one) - 1)
    if at in ends and place in ends and term.apart and counterpart.apart:
        return True
    if not _is_place(term.word, known):
        return at == place
    return (
        _compound(one, at, other, place) or _compound(other, place, one, at) or _same_neighbour(one, at, other, place)
    )


def _compound(one: Sequence[Term], at: int, other: Sequence[Term], place: int) -> bool:
    """Whether one has "delivery to Sentosa" where the other has "Sentosa delivery"."""
    if not at or not one[at].tie or other[place].tie or other[place].apart or place + 1 == len(other):
        return False
    return one[at - 1].word == other[place + 1].word


def _same_neighbour(one: Sequence[Term], at: int, other: Sequence[Term], place: int) -> bool:
    """Whether it is still said of the same word, though that word has moved."""
    return bool(at and place) and one[at - 1].word == other[place - 1].word and one[at].tie == other[place].tie


def _compounds_agree(one: Sequence[Term], paired: Sequence[Paired]) -> bool:
    """ "Payment terms for new customers", "new customer payment terms": all that "for" governs goes before its word."""
    places = [at for at, _ in paired]

    def swapped(a: int, b: int) -> bool:
        return (a < b) != (places[a] < places[b])

    for a, b in combinations(range(len(one)), 2):
        if swapped(a, b) and not _is_inversion((one[a], one[b]), (paired[a][1], paired[b][1])):
            return False
    for terms in (one, [found for _, found in paired]):
        groups: dict[int, list[int]] = defaultdict(list)
        for at, term in enumerate(terms):
            if term.tied:
                groups[term.group].append(at)
        for group in groups.values():
            outside = [at for at in range(len(one)) if at not in group]
            if any(len({swapped(at, member) for member in group}) > 1 for at in outside):
                return False
    return True


def _is_inversion(one: tuple[Term, Term], other: tuple[Term, Term]) -> bool:
    """Whether one of two words is governed in the one wording, and none in the other."""
    return sorted((sum(term.tied for term in one), sum(term.tied for term in other))) == [0, 1]


def _place(found: Paired) -> int:
    return found[0]


def _things(terms: Sequence[Term], known: KnownWords) -> list[Term]:
    return [term for term in terms if not _floats(term.word, known)]


def _floats(word: str, known: KnownWords) -> bool:
    return word in _TIMES or _is_place(word, known)


def _is_place(word: str, known: KnownWords) -> bool:
    return word in known.places or word in _in_one_spelling(known.places)


@lru_cache(maxsize=8)
def _in_one_spelling(places: frozenset[str]) -> frozenset[str]:
    return frozenset(map(canonical, places))
