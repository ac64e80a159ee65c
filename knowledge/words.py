"""Words of questions and documents: cut, stemmed, put right, and weighed by how much they narrow a question down."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import log

from rapidfuzz import process
from rapidfuzz.distance import OSA
from snowballstemmer import stemmer

from core.understanding.lexicon import COURTESY, NUMBER_WORDS, PARTICLES
from knowledge.synonyms import groups, phrases, unshortened

_TOKEN = re.compile(r"[^\W_]+(?:[.,:][0-9]+)*(?:'[a-z]+)?")
_MONEY = re.compile(r"(?:s\$|\$|sgd)\s?(?=\d)")
_NUMBER = re.compile(r"\d")
_STEMMER = stemmer("english")
_ENGLISH = 0.6  # how much of a word's weight is its rarity in English; the rest is how few passages have it
_MAY_BE_MISSPELT = 0.6  # rarity from which a word that the documents do not have may be another one misspelt
_CLOSE, _VERY_CLOSE = 0.7, 0.8  # similarity to it (optimal string alignment)
_THING = 0.6
_FIGURE = 0.4  # a figure in a question mostly tells the customer's own case
_FEW = frozenset("one two".split())  # "one" is mostly no number

# What every question holds. Kept out of it: negation and comparison, which may turn an answer round.
FUNCTION_WORDS = frozenset(
    """a an the of to in on at for from by with and or but if is are was were be been being am do does did done doing have has
    had having i we you u ur they he she it my our your their his her its me us them this that these those there here as so
    than then also just can could will would shall should may might must what which who whom whose when where why how any
    some all about into out up via per s t re ll ve d m let get got gets getting give given take taken come comes came go
    goes going want wants wan wanna need needs like know ask asking wonder wondering please actually really still already
    one ones thing things something anything someone anyone somebody everything u've i'm we're you're they're it's that's
    what's whats hows how's dun dont don't cant can't isnt isn't arent aren't wont won't didnt didn't hv n r wat wad wats
    y cos coz because since till until anot ornot ya yes kena bo mai wor hello guys always ever kind kinds type types sort
    say says said tell happen happens happened mean means make makes made see look much many long soon possible able thank too very
    only even now well per advise advice pls please found find excuse dear tqvm cheers yeah huh possible available sell sells selling carry supply supplies""".split()
)
_NOISE = FUNCTION_WORDS | PARTICLES | COURTESY
_NO_ADVERB = frozenset("early daily weekly monthly yearly only reply supply family apply comply assembly rely".split())
_TURNING = frozenset("not no without never except before after above below under over more less".split())


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The stem of an English word; a number stays as it is, a number word becomes one."""
    if word in NUMBER_WORDS and word not in _FEW:
        return str(NUMBER_WORDS[word])
    return word if _NUMBER.search(word) else str(_STEMMER.stemWord(word))


def tokens(text: str) -> list[str]:
    """The words and numbers of a text, lower case, phrases that mean one word as that word."""
    plain = _MONEY.sub("", text.casefold().replace("’", "'"))
    for phrase, word in phrases():
        if phrase in plain:
            plain = re.sub(rf"\b{phrase}\b", word, plain)
    return [unshortened(t.partition("'")[0]) for t in _TOKEN.findall(plain)]


def is_number(word: str) -> bool:
    """Whether a word holds a figure: such a word is matched by itself only."""
    return _NUMBER.search(word) is not None or (word in NUMBER_WORDS and word not in _FEW)


@dataclass(frozen=True, slots=True)
class Term:
    """A word of a question that narrows it down. `weight` from 0.1 (everyday) to 1 (a name nobody else has)."""

    word: str
    stem: str
    weight: float
    groups: frozenset[int]


@dataclass(frozen=True, slots=True)
class Trade:
    """Words of the supplier's own rows, in small letters.

    `goods` stand in names and categories of products, `nouns` say what a product is ("cup"); `places` are the words of
    outlets' addresses, each with its zone.
    """

    goods: frozenset[str] = frozenset()
    nouns: frozenset[str] = frozenset()
    places: frozenset[tuple[str, str]] = frozenset()


class Vocabulary:
    """The words of the documents, and of English: tells misspellings, and what a word is worth.

    `rarity` gives 0 for everyday words to 1 for words that English does not know. `trade` are the catalogue's and
    the outlets' words: in a question "cups" may stand for the "goods" that a policy speaks of, a town for its zone.
    """

    def __init__(self, texts: Iterable[str], rarity: Callable[[str], float], trade: Trade | None = None) -> None:
        self._trade = trade or Trade()
        self._rarity = rarity
        self._frequency: Counter[str] = Counter()
        words: set[str] = set()
        all_texts = list(texts)
        for text in all_texts:
            found = set(tokens(text))
            words |= found
            self._frequency.update({stem(w) for w in found})
        self._most = log(1 + len(all_texts))
        self.stems = frozenset(self._frequency)
        self._goods = frozenset(stem(w) for w in self._trade.goods)
        self._nouns = frozenset(stem(w) for w in self._trade.nouns)
        self._zones = {stem(place): stem(zone) for place, zone in self._trade.places}
        self._right = tuple(sorted(w for w in words | _NOISE | set(groups()) if len(w) > 3 and w.isalpha()))
        self.correct = lru_cache(maxsize=10_000)(self._correct)

    def _correct(self, word: str) -> str:
        """The word of the documents that a misspelt one means, else the word itself. Numbers and names never change."""
        if len(word) < 4 or not word.isalpha() or word in _NOISE or stem(word) in self.stems or word in groups():
            return word
        strange = self._rarity(word)
        if strange < _MAY_BE_MISSPELT or stem(word) in self._goods:
            return word
        close = _CLOSE if strange >= 1 else _VERY_CLOSE
        found = process.extractOne(word, self._right, scorer=OSA.normalized_similarity, score_cutoff=close)
        if found is None or found[0][0] != word[0]:
            return word
        return str(found[0])

    def terms(self, question: str) -> tuple[Term, ...]:
        """The telling words of a question, put right, each once."""
        known = groups()
        found: dict[str, Term] = {}
        for token in tokens(question):
            if token in _NOISE:
                continue
            word = self.correct(token)
            if word in _NOISE:
                continue
            found.setdefault(
                stem(word),
                Term(word, stem(word), self._telling(word), known.get(word, known.get(stem(word), frozenset()))),
            )
        return tuple(found.values())

    def _telling(self, word: str) -> float:
        """What a word of a question is worth: which goods it is about matters less than what is asked of them."""
        return self.weight(word) * (_THING if stem(word) in self._nouns else 1.0)

    def weight(self, word: str) -> float:
        """How much a word narrows a question down."""
        if is_number(word):
            return _FIGURE
        if word in _TURNING or (word.endswith("ly") and word not in _NO_ADVERB and self._rarity(word) < 1):
            return 0.15
        seen = self._frequency.get(stem(word), 0)
        here = 1.0 - log(1 + seen) / self._most if self._most else 1.0
        return 0.1 + 0.9 * (_ENGLISH * self._rarity(word) + (1 - _ENGLISH) * here)

    def is_goods(self, term: Term) -> bool:
        """Whether a word names goods of the catalogue."""
        return self.names_goods(term.stem)

    def names_goods(self, stem: str) -> bool:
        """Whether a stem stands in names of products."""
        return stem in self._goods

    def nouns(self, stems: Iterable[str]) -> frozenset[str]:
        """Those of the stems that name a kind of goods, such as "cup"."""
        return self._nouns & frozenset(stems)

    def zone_of(self, term: Term) -> str | None:
        """The stem of the zone that a place lies in, where an outlet is there."""
        return self._zones.get(term.stem)

    def spelt(self, question: str) -> str:
        """The question with its misspellings put right, for searching."""
        return " ".join(self.correct(t) for t in tokens(question))
