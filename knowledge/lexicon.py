"""The words of the documents as the text index sees them: stems, how telling each is, and the nearest spelling."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log

from rapidfuzz import fuzz, process

from knowledge.synonyms import groups

_WORD = re.compile(r"[^\W_]+(?:['’][a-z]+)?")
_SHORTEST = 4
# As rapidfuzz counts likeness, to 100: "refnd" for "refund" has 91, "cancle" for "cancel" 83.
_LIKE = 78
_MOST_WORDS = 64


def words_of(text: str) -> list[str]:
    """The words and numbers of a text, lower case."""
    return _WORD.findall(text.casefold())


def stems_of(text: str) -> list[str]:
    """What the text index makes of a text: stems, lower case, without accents and stop words."""
    from lancedb import tokenize

    return [token.text for token in tokenize(text)]


_stems = lru_cache(maxsize=50_000)(stems_of)


@dataclass(frozen=True, slots=True)
class Term:
    """A telling word of a question, in the spelling that was meant. `kin`: stems that mean the same.

    `weight` is its inverse document frequency; a word that no document has weighs most.
    """

    stem: str
    kin: frozenset[str]
    weight: float


@dataclass(frozen=True, slots=True)
class Wanted:
    """A question as it is searched for. `words` and `kin` are for the text index, `words` for the embedder as well."""

    words: str
    kin: str
    terms: tuple[Term, ...]

    @property
    def weight(self) -> float:
        """Of all its terms together."""
        return sum(term.weight for term in self.terms)


class Lexicon:
    """The words of a set of texts. Never changes."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.stems = tuple(frozenset(stems_of(text)) for text in texts)
        self._count = len(texts)
        self._frequency = Counter(stem for stems in self.stems for stem in stems)
        self._words = frozenset(word for text in texts for word in words_of(text))
        self._by_group: dict[int, list[str]] = defaultdict(list)
        for word in sorted(self._words):
            for group in groups().get(word, ()):
                self._by_group[group].append(word)
        self._spellings = tuple(sorted(w for w in self._words if len(w) >= _SHORTEST and w.isalpha()))
        self._meant = lru_cache(maxsize=10_000)(self._find_meant)

    def weight(self, stem: str) -> float:
        """The inverse document frequency of a stem, as BM25 has it."""
        having = self._frequency[stem]
        return log(1 + (self._count - having + 0.5) / (having + 0.5))

    def wanted(self, question: str) -> Wanted:
        """A question with what no document knows put right or put otherwise.

        A word that the documents have is never changed, nor is a number.
        """
        meant = [self._meant(word) for word in words_of(question)[:_MOST_WORDS]]
        terms: dict[str, Term] = {}
        kin: dict[str, None] = {}
        for word in meant:
            others = [other for other in self._kin(word) if other not in meant]
            kin |= dict.fromkeys(others)
            for stem in _stems(word):
                same = frozenset(s for other in others for s in _stems(other))
                terms.setdefault(stem, Term(stem, same - {stem}, self.weight(stem)))
        return Wanted(" ".join(meant), " ".join(kin), tuple(terms.values()))

    def _kin(self, word: str) -> list[str]:
        """Words of the documents that mean the same."""
        return [other for group in groups().get(word, ()) for other in self._by_group.get(group, ()) if other != word]

    def _find_meant(self, word: str) -> str:
        """The word of the documents that a misspelt one means, else the word itself."""
        if len(word) < _SHORTEST or not word.isalpha() or self._known(word) or self._kin(word):
            return word
        found = process.extractOne(word, self._spellings, scorer=fuzz.ratio, score_cutoff=_LIKE)
        if found is None or found[0][0] != word[0] or abs(len(found[0]) - len(word)) > 2:
            return word
        return str(found[0])

    def _known(self, word: str) -> bool:
        """Whether the documents have it, or the index passes over it."""
        stems = _stems(word)
        return not stems or any(stem in self._frequency for stem in stems)


def share(wanted: Wanted, there: frozenset[str], kin: float) -> float:
    """How much of what a question wants is among some stems, 0 to 1, by weight; what means the same counts `kin`."""
    found = 0.0
    for term in wanted.terms:
        if term.stem in there:
            found += term.weight
        elif term.kin & there:
            found += term.weight * kin
    return found / wanted.weight if wanted.terms else 0.0
