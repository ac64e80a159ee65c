"""Which sentences of the passages found answer a question, and whether they do at all.

No passage that supports it, no answer. A question's telling words must stand in one place: in a sentence, its heading
or, counting less, around it. What stands nowhere (a place, a product, a condition) makes the documents silent on it.
What these signs weigh together was fitted on questions with known answers, and without any (tests/eval/fitting.py).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from knowledge.ports import Passage, Vectors
from knowledge.sentences import sentences_of
from knowledge.synonyms import groups
from knowledge.words import Term, Vocabulary, is_number, stem, tokens

# How much a word counts by where it stands.
_IN_HEADING = 0.95
_IN_TITLE = 0.75
_AROUND = 0.65
_ALIKE = 0.9  # another word of the same group
_GOODS = 0.75  # a product's name where the documents speak of goods in general
_NEAR_FROM, _NEAR_FULL, _NEAR_MOST = 0.42, 0.85, 0.8  # cosine of two words
_ABSENT = 0.3
_VERY, _THE_VERY_QUESTION = 0.95, 1.0  # likeness from which an FAQ row puts the very question, and what that adds
_RIGHT_SIZE, _OTHER_SIZE = 0.2, 2.0  # what a sentence gains by the size asked about, and a passage loses by others
_OF_OTHERS, _NO_FIGURE = 0.5, 0.7  # what is left of the score of a passage about other goods, or without the figure
_FAR = 3.0  # the longest lead that counts
_READY = 1_000  # passages kept ready, each some 200 kB of vectors
_ANY_GOODS = frozenset(map(stem, "goods item items product products stock order orders thing".split()))

_GENERAL = frozenset(map(stem, "goods items products".split()))
_ANY_PLACE = frozenset(map(stem, "zone zones outlet outlets mainland".split()))
_UNITS = {
    "inch": ("inch", "inches", "in", '"', "''", "”"),
    "cm": ("cm",),
    "mm": ("mm",),
    "ml": ("ml",),
    "oz": ("oz",),
    "litre": ("l", "litre", "litres"),
}
_MEASURE = re.compile(
    r"(?P<figures>\d+(?:\.\d+)?(?:(?:\s*(?:,|and|or|to|-|x|/|&)\s*)+\d+(?:\.\d+)?)*)\s?-?"
    r"(?P<unit>inch(?:es)?|in(?= box|\b(?! (?:the|a|an|my|your|our|\d)))|\"|''|”|cm|mm|ml|oz|litres?|l)(?![a-z])"
)
_HOW_MANY = re.compile(r"\bhow many (?:of )?(?:your |the |different )?([a-z]+s)\b")
_COUNTS_WITHIN = 3  # words between a number and what it counts

# What a question asks for, and how a sentence looks that has it.
_DAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?|daily|every day|weekdays?|weekends?|holidays?"
_SPAN = (
    r"\d+ (?:\w+ )?(?:minute|hour|day|week|month|year)s?|same day|next (?:delivery |working )?day|immediately|at once"
)
_CLOCK = r"\d{1,2}[:.]\d{2}|\d{1,2} ?[ap]\.?m\b"
_MONEY = r"s?\$ ?\d|\d+(?:\.\d+)? ?%|\bfree\b|no (?:charge|fee|minimum|cost)|\d+ (?:dollars|cents)"
_KINDS = tuple(
    (re.compile(rf"\b(?:{asked})\b"), re.compile(rf"\b(?:{given})|{extra}", re.IGNORECASE))
    for asked, given, extra in (
        (r"(?:what|which|wat) days?|days of the week|delivery days?", _DAY, _DAY),
        (r"what time|by what time|cut ?-?off|closing time|opening hours|what hours|office hours", _CLOCK, _CLOCK),
        (r"how much|hw much|fees?|charges?|cost|costs|price|penalty|deposit|minimum order|min order", _MONEY, _MONEY),
        (
            r"how (?:long|soon|fast|quickly|quick|early|late)|hw long|lead ?time|deadline|within how",
            rf"{_SPAN}|{_DAY}",
            _CLOCK,
        ),
        (r"when|by when|wen", rf"{_SPAN}|{_DAY}|before|after|until", _CLOCK),
        (
            r"(?:which|what) country|where.{0,30} (?:made|from|produced)|made in|origin",
            r"made in|imported|produced in|manufactured",
            "made by",
        ),
        (r"how heavy|weigh|weighs|weight", r"\d+(?:\.\d+)? ?(?:g|kg|gsm|grams?|kilos?)\b", r"\d+ ?gsm"),
        (
            r"how (?:many|big|large|tall|high|wide|far)|what sizes?|sizes?|minimum|min|moq|maximum|max",
            r"\d",
            _SPAN,
        ),
    )
)
_DENIES = re.compile(r"\b(?:not|no|never|without|except|none|cannot)\b|n't\b")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A stretch of text made ready for matching; `vector` is the mean of its words', of unit length."""

    text: str
    stems: frozenset[str]
    groups: frozenset[int]
    vectors: Vectors
    vector: Vectors


@dataclass(frozen=True, slots=True)
class Prepared:
    """A passage made ready: its sentences, and what stands above and around them."""

    passage: Passage
    sentences: tuple[Sentence, ...]
    heading: Sentence
    wordings: tuple["Wording", ...]
    title: Sentence
    all: Sentence


@dataclass(frozen=True, slots=True)
class Wording:
    """A way in which an FAQ row's question is put."""

    sentence: Sentence
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Signs:
    """What speaks for and against a passage, each from 0 to 1 (`amount` and `denies` from -1).

    `coverage`: share of the question's telling words that stand there, by weight; `own`: in the best sentence itself;
    `heading`: in the heading; `wording`: how far a question of an FAQ row asks the same; `missing`: weight of the most telling word that does not; `near`, `alike`: cosine of the
    question with the passage and with its best sentence; `retrieved`: how early the search had it; `amount`: 1 where a figure
    is asked for and there, -1 where it is not there; `figure`: it is in the best sentence; `denies`: the question denies something and the sentence does not;
    `others`: it speaks of other kinds of goods only; `counts`: it does not count what is to be counted; `measures`: of other sizes than the one asked about; `terms`: the logarithm of how many telling words the question has, over that of 10.
    """

    coverage: float
    own: float
    heading: float
    wording: float
    missing: float
    near: float
    alike: float
    retrieved: float
    amount: float
    figure: float
    denies: float
    others: float
    measures: float
    counts: float
    terms: float

    def vector(self) -> Vectors:
        """The signs in the order of `SIGNS`."""
        return np.array([getattr(self, name) for name in SIGNS], dtype=np.float32)


SIGNS = (
    "coverage",
    "own",
    "heading",
    "wording",
    "missing",
    "near",
    "alike",
    "retrieved",
    "figure",
    "amount",
    "denies",
    "others",
    "terms",
)
# Which passage answers best: the sum of the signs by these weights.
RANK = np.array([2.01, 1.81, 0.53, 0.02, -1.37, 1.14, 1.08, 2.77, 0.73, 0.56, -0.01, -1.23, -0.00])
# Whether it answers at all: 1 / (1 + exp(-x)), x the sum of its signs, its rank and its lead over the next by these weights.
SETTLE = np.array([-0.08, -0.08, 0.74, -0.75, 0.93, 0.32, 0.18, 0.20, 0.22, -0.29, -0.52, -0.72, 0.13, 0.79, 0.22])
BIAS = -6.13


@dataclass(frozen=True, slots=True)
class Support:
    """How well a passage answers: `score` from 0 to 1, `values` of its sentences, `best` the place of the best.

    `rank` orders passages; `lead` is how far it is ahead of the best other one.
    """

    prepared: Prepared
    best: int
    values: tuple[float, ...]
    signs: Signs
    rank: float
    lead: float = 0.0
    score: float = 0.0

    def vector(self) -> Vectors:
        """What `SETTLE` weighs."""
        return np.array([*self.signs.vector(), self.rank, self.lead], dtype=np.float32)


def wordings_of(passage: Passage) -> list[str]:
    """The ways in which an FAQ row's question is put, split by `|`; the first is the one to show."""
    return [wording.strip() for wording in passage.question.split("|") if wording.strip()]


class Judge:
    """Weighs passages against a question. One for each state of the documents.

    `vector` gives a word's vector of unit length.
    """

    def __init__(self, vocabulary: Vocabulary, vector: Callable[[str], Vectors]) -> None:
        self._vocabulary = vocabulary
        self._vector = vector
        self._prepare = lru_cache(maxsize=_READY)(self._prepared)

    def weigh(self, question: str, passages: Sequence[Passage]) -> list[Support]:
        """The passages with their support, best first."""
        terms = self._vocabulary.terms(question)
        if not terms:
            return []
        asked = self._sentence(" ".join(t.word for t in terms))
        found = [
            self._support(question.casefold(), terms, asked, self._prepare(replace(p, score=0.0)), 1 / (1 + n / 4))
            for n, p in enumerate(passages)
        ]
        return _judged(sorted(found, key=lambda s: -s.rank))

    def spelt(self, question: str) -> str:
        """The question with its misspellings put right, for searching."""
        return self._vocabulary.spelt(question)

    def _support(
        self, question: str, terms: Sequence[Term], asked: Sentence, prepared: Prepared, retrieved: float
    ) -> Support:
        weights = np.array([t.weight for t in terms])
        weights = weights / weights.sum()
        heading = np.array([self._match(t, prepared.heading) for t in terms])
        title = np.array([self._match(t, prepared.title) for t in terms])
        around = np.array([self._match(t, prepared.all) for t in terms])
        outside = np.maximum.reduce([_IN_HEADING * heading, _IN_TITLE * title, _AROUND * around])
        inside = np.array([[self._match(t, s) for t in terms] for s in prepared.sentences])
        coverage, own = np.maximum(inside, outside) @ weights, inside @ weights
        wanted = next((given for kind, given in _KINDS if kind.search(question)), None)
        asks = wanted is not None
        amounts = np.array([asks and _has_figure(question, s.text, wanted) for s in prepared.sentences])
        alike = np.array([float(s.vector @ asked.vector) for s in prepared.sentences])
        sized = np.array([_of_the_size(question, f"{prepared.passage.question} {s.text}") for s in prepared.sentences])
        values = coverage + 0.4 * own + 0.15 * amounts + 0.2 * alike + _RIGHT_SIZE * sized
        best = int(np.argmax(values))
        put = [self._put(terms, weights, asked, wording) for wording in prepared.wordings] or [(0.0, 0.0, 0.0)]
        absent = [t.weight for t, m in zip(terms, np.maximum(inside[best], outside), strict=True) if m < _ABSENT]
        signs = Signs(
            coverage=float(coverage[best]),
            own=max(float(own[best]), *(forth for forth, _, _ in put)),
            heading=float(np.maximum(heading, title) @ weights),
            wording=max(same for _, same, _ in put),
            missing=max(absent, default=0.0),
            near=float(prepared.all.vector @ asked.vector),
            alike=max(float(alike[best]), *(cosine for _, _, cosine in put)),
            retrieved=retrieved,
            amount=0.0 if not asks else 1.0 if amounts.any() else -1.0,
            figure=float(amounts[best]),
            denies=float(bool(_DENIES.search(question)) and not _DENIES.search(prepared.all.text.casefold())),
            others=float(self._speaks_of_others(terms, prepared, best)),
            counts=float(_HOW_MANY.search(question) is not None and not amounts.any()),
            measures=max(0.0, -float(sized[best])),
            terms=float(np.log(len(terms)) / np.log(10)),
        )
        return Support(prepared, best, tuple(map(float, values)), signs, _rank_of(signs))

    def _speaks_of_others(self, terms: Sequence[Term], prepared: Prepared, best: int) -> bool:
        """Whether a question about forks is answered by a sentence about boxes, or one about paper straws by plastic ones."""
        asked = self._vocabulary.nouns(t.stem for t in terms)
        spoken = self._vocabulary.nouns(prepared.sentences[best].stems | prepared.heading.stems)
        if not asked or not spoken or _GENERAL & prepared.heading.stems:
            return False
        here = asked & self._vocabulary.nouns(prepared.all.stems)
        return len(here) < len(asked) or all(self._of_another_make(noun, terms, prepared) for noun in here)

    def _of_another_make(self, noun: str, terms: Sequence[Term], prepared: Prepared) -> bool:
        """Whether a noun stands in a passage only behind other words of the catalogue than in the question."""
        at = next(n for n, term in enumerate(terms) if term.stem == noun)
        make = terms[at - 1] if at else None
        if make is None or not self._vocabulary.is_goods(make):
            return False
        words = [stem(w) for w in tokens(prepared.all.text)]
        before = {words[n - 1] for n, word in enumerate(words) if word == noun and n}
        return all(word != make.stem and self._vocabulary.names_goods(word) for word in before)

    def _put(
        self, terms: Sequence[Term], weights: Vectors, asked: Sentence, wording: Wording
    ) -> tuple[float, float, float]:
        """How an FAQ row's question is like this one: words of ours that it has, words both ways, cosine."""
        if not wording.terms:
            return 0.0, 0.0, 0.0
        forth = float(sum(w * self._match(t, wording.sentence) for t, w in zip(terms, weights, strict=True)))
        back = sum(t.weight * self._match(t, asked) for t in wording.terms) / sum(t.weight for t in wording.terms)
        same = 2 * forth * back / (forth + back) if forth + back else 0.0
        return forth, same, float(wording.sentence.vector @ asked.vector)

    def _match(self, term: Term, sentence: Sentence) -> float:
        if term.stem in sentence.stems:
            return 1.0
        if is_number(term.word):
            return 0.0
        if term.groups & sentence.groups:
            return _ALIKE
        near = 0.0
        if len(sentence.vectors):
            cosine = float((sentence.vectors @ self._vector(term.word)).max())
            near = _NEAR_MOST * min(1.0, max(0.0, (cosine - _NEAR_FROM) / (_NEAR_FULL - _NEAR_FROM)))
        if self._vocabulary.is_goods(term) and sentence.stems & _ANY_GOODS:
            near = max(near, _GOODS)
        zone = self._vocabulary.zone_of(term)
        if zone is not None and sentence.stems & {zone, *_ANY_PLACE}:
            near = 1.0 if zone in sentence.stems else _GOODS
        return near

    def _prepared(self, passage: Passage) -> Prepared:
        title = passage.document.rsplit("/", 1)[-1].rsplit(".", 1)[0].replace("-", " ").replace("_", " ")
        texts = sentences_of(passage.text) or [passage.text]
        return Prepared(
            passage,
            tuple(map(self._sentence, texts)),
            self._sentence(f"{passage.section} {passage.question}"),
            tuple(Wording(self._sentence(w), self._vocabulary.terms(w)) for w in wordings_of(passage)),
            self._sentence(title),
            self._sentence(f"{passage.section} {passage.question} {passage.text}"),
        )

    def _sentence(self, text: str) -> Sentence:
        words = list(dict.fromkeys(tokens(text)))
        known = groups()
        telling = [w for w in words if w.isalpha() and len(w) > 2]
        vectors = np.stack([self._vector(w) for w in telling]) if telling else np.zeros((0, 0), np.float32)
        weighted = [self._vocabulary.weight(w) * v for w, v in zip(telling, vectors, strict=True)]
        mean = np.sum(weighted, axis=0) if telling else np.zeros(len(self._vector("a")), np.float32)
        in_groups = frozenset(g for w in words for g in known.get(w, known.get(stem(w), frozenset())))
        return Sentence(text, frozenset(map(stem, words)), in_groups, vectors, mean / (np.linalg.norm(mean) or 1.0))


def _of_the_size(question: str, sentence: str) -> float:
    """1 for a sentence on the size that is asked about ("14 inch"), -1 for one on other sizes of that kind, else 0."""
    asked, there = set(_measures(question)), set(_measures(sentence.casefold()))
    if any(size in there for size in asked):
        return 1.0
    return -1.0 if any(unit == kind for _, unit in asked for _, kind in there) else 0.0


def _measures(text: str) -> list[tuple[str, str]]:
    """The sizes in a text as (figure, kind of unit); "12 and 14 inches" are two."""
    found: list[tuple[str, str]] = []
    for match in _MEASURE.finditer(text):
        kind = next(kind for kind, units in _UNITS.items() if match["unit"] in units)
        found += [(figure, kind) for figure in re.findall(r"\d+(?:\.\d+)?", match["figures"])]
    return found


def _has_figure(question: str, sentence: str, wanted: re.Pattern[str] | None) -> bool:
    """Whether a sentence holds what is asked for; after "how many vans" a figure that counts vans."""
    counted = _HOW_MANY.search(question)
    if counted is None:
        return wanted is not None and wanted.search(sentence) is not None
    words, noun = tokens(sentence), stem(counted.group(1))
    same = groups().get(counted.group(1), frozenset())
    return any(
        is_number(word)
        and any(stem(w) == noun or same & groups().get(w, frozenset()) for w in words[at + 1 : at + 1 + _COUNTS_WITHIN])
        for at, word in enumerate(words)
    )


def _rank_of(signs: Signs) -> float:
    very = _THE_VERY_QUESTION if signs.wording >= _VERY else 0.0
    return float(signs.vector() @ RANK) + very - _OTHER_SIZE * signs.measures


def _doubted(signs: Signs) -> float:
    """What is left of a score where the passage speaks of something else than the question."""
    return (
        (_OF_OTHERS if signs.others else 1.0)
        * (_OF_OTHERS if signs.measures or signs.counts else 1.0)
        * (_NO_FIGURE if signs.amount < 0 else 1.0)
    )


def _judged(ranked: list[Support]) -> list[Support]:
    """Supports, best first, with their lead and score."""
    found = []
    for n, support in enumerate(ranked):
        other = ranked[1 if n == 0 else 0].rank if len(ranked) > 1 else support.rank - _FAR
        support = replace(support, lead=max(-_FAR, min(_FAR, support.rank - other)))
        score = 1 / (1 + float(np.exp(-(BIAS + support.vector() @ SETTLE))))
        found.append(replace(support, score=score * _doubted(support.signs)))
    return found
