"""Whether a sentence that a model wrote says no more than the evidence: its numbers, names, negation and conditions."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from core.understanding.lexicon import MONTHS, WEEKDAYS
from knowledge.claims import Claim, claim, clauses_of
from knowledge.ports import Passage
from knowledge.sentences import sentences_of
from knowledge.words import FUNCTION_WORDS, is_number, stem, tokens

_REACH = re.compile(r"https?://|www\.|@|\b\w+\.(?:com|sg|net|org|example)\b", re.IGNORECASE)
# No document knows how this customer's order stands, and nobody acts by writing an answer.
_ACTS = re.compile(
    r"\b(?:i|i'm|i've|i'll|i'd)\b|"
    r"\b(?:your|this) (?:\w+ ){0,2}?(?:orders?|payments?|refunds?|claims?|requests?|bookings?|accounts?|returns?)(?: [\w-]+){0,2}? "
    r"(?:is|are|was|were|has been|have been|will be)(?: \w+)? (?:confirmed|placed|cancelled|canceled|approved|accepted|"
    r"processed|booked|changed|updated|shipped|dispatched|received|on (?:its|the) way)\b|"
    r"\bwe(?:'ve| have)(?: \w+)? (?:confirmed|placed|cancelled|canceled|approved|accepted|processed|booked|changed|updated|"
    r"shipped|dispatched|received|refunded)\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<=[a-z,;:] )[A-Z][\w-]+")
_PLACE = re.compile(r"\b[A-Z][a-z]{2,}\b")
# Where a figure that belongs to another place begins: "S$30 on the mainland and S$80 for Sentosa".
_TURN = re.compile(r";\s+|,?\s+(?:and|but|or)\s+(?=(?:(?:by|for|to|on|at|from)\s+)?(?:S?\$\s?\d|\d+[:%]))")
_WORD = re.compile(r"[^\W_]+")
_OTHER_MATTER = re.compile(r";\s+|,?\s+(?:but|while|whereas)\s+")
_PIECE = re.compile(r",\s+|\s+(?:and|or)\s+")
_LEAST_SUPPORT = 0.6
_IN_HEADING = 0.5  # what a word counts that stands only in the heading, or in the question of an FAQ row
_OF_TWO = 0.75  # the share that two neighbouring sentences must have together
_AS_GOOD = 0.05
_LEAST_WORDS = 2  # telling words of a clause that is held to the evidence by itself
_BENDING = frozenset("with without all every any always double twice both or before after until inside outside".split())
_LIMITING = frozenset("first until before after unless except only".split())
_MOSTLY = 0.6  # share of a clause's telling words from which its limits belong to what is said
_ONE_SOURCE = 0.85  # the share from which a sentence is taken from a single one


@dataclass(frozen=True, slots=True)
class Known:
    """What tells names from words: how rare a word is in English (0 to 1), and the nouns of the supplier's goods."""

    rarity: Callable[[str], float]
    goods: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Stated:
    """A sentence of a passage, with the words above it."""

    claim: Claim
    heading: Claim


def problem(sentence: str, passages: Sequence[Passage], known: Known) -> str | None:
    """Why a sentence may not be said on these passages (a short fixed word), or None."""
    everything = " ".join(f"{p.section} {p.question} {p.text}" for p in passages)
    if not all(address in everything for address in _addresses(sentence)):
        return "address"
    if not _names_of(sentence, known) <= _words_of(everything):
        return "name"
    stated = [_Stated(claim(s), _heading(p)) for p in passages for s in sentences_of(p.text)]
    if any(sentence.split() == one.claim.text.split() for one in stated):
        return None
    said = claim(sentence)
    if _ACTS.search(sentence) and not said.conditions and not said.bounds:
        return "act"
    return _held(said, stated, known) or _misplaced(sentence, passages, known) or _foreign(said, passages)


def _foreign(said: Claim, passages: Sequence[Passage]) -> str | None:
    """A telling word that no passage has is what a lie is made of; the quote will do as well."""
    pages = [claim(f"{p.section} {p.question} {p.text}") for p in passages]
    words = [word for word in said.telling if word.isalpha() and not is_number(word)]
    return None if all(any(stem(word) in page.stems for page in pages) for word in words) else "unsupported"


def _held(said: Claim, stated: Sequence[_Stated], known: Known) -> str | None:
    """What is wrong with a sentence by the one nearest to it; what joins several is held to them clause by clause."""
    fault = _fault(said, stated, known)
    clauses = [c for c in clauses_of(said.text) if c.telling]
    joins = len(clauses) > 1 and min(len(c.telling) for c in clauses) >= _LEAST_WORDS
    if fault is None or not joins or max((_share(said, one) for one in stated), default=0.0) > _ONE_SOURCE:
        return fault
    return next((found for c in clauses if (found := _fault(c, stated, known)) is not None), None)


def _fault(said: Claim, stated: Sequence[_Stated], known: Known) -> str | None:
    if not _figures_stand(said, stated):
        return "number"
    best = _nearest(said, stated)
    faults = [_turned(said, one, known) for one in best]
    return None if None in faults else (faults or ["unsupported"])[0]


def _heading(passage: Passage) -> Claim:
    return claim(f"{passage.section} {passage.question}")


def _words_of(text: str) -> frozenset[str]:
    """The stems of its words, also of those that mean another together ("Chinese New Year" is a holiday)."""
    return frozenset(map(stem, [*tokens(text), *_WORD.findall(text.casefold())]))


def _addresses(sentence: str) -> list[str]:
    return [word.strip(".,;:!?()\"'") for word in sentence.split() if _REACH.search(word)]


def _figures_stand(said: Claim, stated: Sequence[_Stated]) -> bool:
    """Every number is one of the evidence's, and counts there what it counts here."""
    pairs = {pair for one in stated for part in (one.claim, one.heading) for pair in part.figures}
    numbers = {number for number, _ in pairs}
    return all((number, unit) in pairs if unit else number in numbers for number, unit in said.figures)


def _names_of(sentence: str, known: Known) -> frozenset[str]:
    """The stems of what is a name: of a place, a company, a day, a month."""
    words = tokens(sentence)
    names = {word for name in _NAME.findall(sentence) for word in _WORD.findall(name.casefold())}
    names |= {w for w in words if w in WEEKDAYS or w in MONTHS}
    names |= {w for w in words if w.isalpha() and len(w) > 3 and known.rarity(w) >= 1}
    return frozenset(stem(name) for name in names if name not in FUNCTION_WORDS)


def _nearest(said: Claim, stated: Sequence[_Stated]) -> list[_Stated]:
    """What the evidence states that shares most with what is said, all that are as good; or two neighbours together."""
    if not said.telling:
        return list(stated[:1])
    shares = [_share(said, one) for one in stated]
    most = max(shares, default=0.0)
    if most >= _LEAST_SUPPORT:
        return [one for one, share in zip(stated, shares, strict=True) if share >= most - _AS_GOOD]
    together = [
        _Stated(claim(f"{one.claim.text} {other.claim.text}"), one.heading)
        for one, other in pairwise(stated)
        if one.heading == other.heading
    ]
    shares = [_share(said, one) for one in together]
    most = max(shares, default=0.0)
    return [together[shares.index(most)]] if most >= _OF_TWO else []


def _share(said: Claim, stated: _Stated) -> float:
    """The share of the telling words that a sentence has, or its heading; days and figures must be its own."""
    return sum(_shared(word, stated) for word in said.telling) / len(said.telling)


def _shared(word: str, stated: _Stated) -> float:
    if stated.claim.has(word):
        return 1.0
    return _IN_HEADING if word not in WEEKDAYS and word.isalpha() and stated.heading.has(word) else 0.0


def _turned(said: Claim, stated: _Stated, known: Known) -> str | None:
    """What a sentence turns round, or leaves out, of the one that it is taken from."""
    there, heading = stated.claim, stated.heading
    if any(stem(w) in known.goods and not there.has(w) and not heading.has(w) for w in said.telling):
        return "product"
    if not _figures_stand(said, [stated]):
        return "number"
    if not said.days <= there.days | heading.days:
        return "name"
    if {said.answers, there.answers} == {"yes", "no"} or _turns_denial(said, there):
        return "negation"
    other = {("least" if side == "most" else "most", word) for side, word in said.bounds}
    if not there.conditions <= said.conditions or other & there.bounds - said.bounds:
        return "condition"
    return _bent(said, there, heading)


def _bent(said: Claim, there: Claim, heading: Claim) -> str | None:
    """A small word that is put in, or a limiting one that is left out: "with GST", "all orders", "their 3 orders"."""
    ours, theirs = frozenset(tokens(said.text)), frozenset(tokens(f"{there.text} {heading.text}"))
    if ours & _BENDING - theirs - (frozenset({"or"}) if said.denies else frozenset()):
        return "condition"
    for clause in clauses_of(there.text):
        shared = sum(said.has(word) for word in clause.telling)
        if (
            clause.telling
            and shared >= _MOSTLY * len(clause.telling)
            and frozenset(tokens(clause.text)) & _LIMITING - ours
        ):
            return "condition"
    return None


def _turns_denial(said: Claim, there: Claim) -> bool:
    """Whether something is said that is denied there, or the other way round; clause by clause where they match."""
    clauses = clauses_of(there.text)
    for part in clauses_of(said.text):
        shares = [_overlap(part, clause) for clause in clauses]
        alike = [c for c, share in zip(clauses, shares, strict=True) if share == max(shares)]
        if max(shares, default=0.0) < _overlap(part, there):
            alike = [there]
        if part.telling and all(one.denies != part.denies for one in alike):
            return True
    return False


def _overlap(said: Claim, there: Claim) -> float:
    return sum(there.has(w) for w in said.telling) / len(said.telling) if said.telling else 0.0


def _misplaced(sentence: str, passages: Sequence[Passage], known: Known) -> str | None:
    """Whether a figure or a day is said of a place that the evidence does not say it of."""
    names = frozenset(stem(w.casefold()) for p in passages for w in _places(f"{p.section}. {p.text}", known))
    stated = [(claim(part), p) for p in passages for s in sentences_of(p.text) for part in _parts(s)]
    for place, piece in _said_of(sentence, names):
        theirs = [part for part, p in stated if place in part.stems or _heads(place, p, part, names)]
        if not piece.days <= frozenset().union(*(part.days for part in theirs)):
            return "name"
        if not piece.numbers <= frozenset().union(*(part.numbers for part in theirs)):
            return "number"
    return None


def _said_of(sentence: str, names: frozenset[str]) -> Iterable[tuple[str, Claim]]:
    """The pieces of a sentence with each place that they speak of: their own, or the one named before."""
    for part in _OTHER_MATTER.split(sentence):
        places: frozenset[str] = frozenset()
        for piece in map(claim, _PIECE.split(part)):
            places = piece.stems & names or places
            yield from ((place, piece) for place in places)


def _parts(sentence: str) -> Iterable[str]:
    return [sentence] if claim(sentence).is_row else _TURN.split(sentence)


def _places(text: str, known: Known) -> list[str]:
    """Capitalised words within a sentence, and at its beginning those that are no English words."""
    within = {w for name in _NAME.findall(text) for w in _PLACE.findall(name)}
    found = (w for w in _PLACE.findall(text) if w in within or known.rarity(w.casefold()) >= 1)
    return [w for w in found if w.casefold() not in WEEKDAYS]


def _heads(place: str, passage: Passage, part: Claim, names: frozenset[str]) -> bool:
    """Whether a part of a passage speaks of the place in its heading, naming none itself."""
    return place in _heading(passage).stems and not part.stems & names
