"""Which sentences of the passages found answer a question, and whether they do at all.

No passage that supports it, no answer. A question's telling words must stand in one place: in a sentence, its heading
or, counting less, around it. What stands nowhere (a place, a product, a condition) makes the documents silent on it.
What these signs weigh together was fitted on questions with known answers, and without any (tests/eval/fitting.py).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
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
_ANY_GOODS = frozenset(map(stem, "goods item items product products stock order orders thing".split()))

_ASKS_AMOUNT = re.compile(
    r"\b(?:how (?:much|many|long|soon|fast|far|early|late|often|big|large)|hw (?:much|long|many)|when|what (?:time|day|date|size)s?|"
    r"which days?|how.{0,20}days?|minimum|min|maximum|deadline|cut ?-?off|fee|charge|cost|sizes?|moq)\b"
)
_AMOUNT = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|half|daily|weekly|monthly|immediately|free|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?|same day|next day|no (?:charge|fee|minimum))\b",
    re.IGNORECASE,
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
    title: Sentence
    all: Sentence


@dataclass(frozen=True, slots=True)
class Signs:
    """What speaks for and against a passage, each from 0 to 1 (`amount` and `denies` from -1).

    `coverage`: share of the question's telling words that stand there, by weight; `own`: in the best sentence itself;
    `heading`: in the heading; `missing`: weight of the most telling word that does not; `near`, `alike`: cosine of the
    question with the passage and with its best sentence; `retrieved`: the search's score; `amount`: 1 where a figure
    is asked for and there, -1 where it is not there; `denies`: the question denies something and the sentence does not;
    `terms`: the logarithm of how many telling words the question has, over that of 10.
    """

    coverage: float
    own: float
    heading: float
    missing: float
    near: float
    alike: float
    retrieved: float
    amount: float
    denies: float
    terms: float

    def vector(self) -> Vectors:
        """The signs in the order of `WEIGHTS`."""
        return np.array([getattr(self, name) for name in WEIGHTS], dtype=np.float32)


# Logistic regression: support = 1 / (1 + exp(-(BIAS + sum of sign * weight))).
WEIGHTS = {
    "coverage": 0.62,
    "own": 1.45,
    "heading": 1.51,
    "missing": -0.86,
    "near": 0.62,
    "alike": 2.04,
    "retrieved": 2.47,
    "amount": 0.19,
    "denies": -1.47,
    "terms": 1.04,
}
BIAS = -6.37


@dataclass(frozen=True, slots=True)
class Support:
    """How well a passage answers: `score` from 0 to 1, `values` of its sentences, `best` the place of the best."""

    prepared: Prepared
    best: int
    values: tuple[float, ...]
    signs: Signs
    score: float = field(default=0.0)


class Judge:
    """Weighs passages against a question. One for each state of the documents.

    `vector` gives a word's vector of unit length.
    """

    def __init__(self, vocabulary: Vocabulary, vector: Callable[[str], Vectors]) -> None:
        self._vocabulary = vocabulary
        self._vector = vector
        self._prepare = lru_cache(maxsize=20_000)(self._prepared)

    def weigh(self, question: str, passages: Sequence[Passage]) -> list[Support]:
        """The passages with their support, best first."""
        terms = self._vocabulary.terms(question)
        if not terms:
            return []
        asked = self._sentence(" ".join(t.word for t in terms)).vector
        found = [self._support(question.casefold(), terms, asked, self._prepare(p), p.score) for p in passages]
        return sorted(found, key=lambda s: -s.score)

    def spelt(self, question: str) -> str:
        """The question with its misspellings put right, for searching."""
        return self._vocabulary.spelt(question)

    def _support(
        self, question: str, terms: Sequence[Term], asked: Vectors, prepared: Prepared, retrieved: float
    ) -> Support:
        weights = np.array([t.weight for t in terms])
        weights = weights / weights.sum()
        heading = np.array([self._match(t, prepared.heading) for t in terms])
        title = np.array([self._match(t, prepared.title) for t in terms])
        around = np.array([self._match(t, prepared.all) for t in terms])
        outside = np.maximum.reduce([_IN_HEADING * heading, _IN_TITLE * title, _AROUND * around])
        inside = np.array([[self._match(t, s) for t in terms] for s in prepared.sentences])
        coverage, own = np.maximum(inside, outside) @ weights, inside @ weights
        asks = bool(_ASKS_AMOUNT.search(question))
        amounts = np.array([asks and bool(_AMOUNT.search(s.text)) for s in prepared.sentences])
        alike = np.array([float(s.vector @ asked) for s in prepared.sentences])
        values = coverage + 0.4 * own + 0.15 * amounts + 0.2 * alike
        best = int(np.argmax(values))
        absent = [t.weight for t, m in zip(terms, np.maximum(inside[best], outside), strict=True) if m < _ABSENT]
        signs = Signs(
            coverage=float(coverage[best]),
            own=float(own[best]),
            heading=float(np.maximum(heading, title) @ weights),
            missing=max(absent, default=0.0),
            near=float(prepared.all.vector @ asked),
            alike=float(alike[best]),
            retrieved=retrieved,
            amount=0.0 if not asks else 1.0 if amounts.any() else -1.0,
            denies=float(bool(_DENIES.search(question)) and not _DENIES.search(prepared.all.text.casefold())),
            terms=float(np.log(len(terms)) / np.log(10)),
        )
        score = 1 / (1 + float(np.exp(-(BIAS + sum(getattr(signs, n) * w for n, w in WEIGHTS.items())))))
        return Support(prepared, best, tuple(map(float, values)), signs, score)

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
        return near

    def _prepared(self, passage: Passage) -> Prepared:
        title = passage.document.rsplit("/", 1)[-1].rsplit(".", 1)[0].replace("-", " ").replace("_", " ")
        texts = sentences_of(passage.text) or [passage.text]
        return Prepared(
            passage,
            tuple(map(self._sentence, texts)),
            self._sentence(f"{passage.section} {passage.question}"),
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
