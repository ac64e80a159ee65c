"""A question in, what the documents say to it out: remembered where that is safe, quoted or written from evidence."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from core.domain.messages import Source
from core.errors import DeskError
from core.ports import Finding, Inquiry, Live, ModelTurn, Reference
from knowledge.cache import AnswerCache, CacheKey, Entry
from knowledge.checking import Known
from knowledge.evidence import Judge, Support, wordings_of
from knowledge.ports import Documents, Passage, Vectors
from knowledge.quoting import quotes
from knowledge.words import Trade, Vocabulary, stem
from knowledge.writing import Quoted, write

log = structlog.get_logger(__name__)

# Support from which the documents settle a question, and from which words that may be no question are answered.
SETTLES = 0.35
SURE = 0.6
# Support from which a passage is shown to the model, which may find that it settles nothing.
WORTH_READING = 0.2
_MOST_PASSAGES = 16


@dataclass(frozen=True, slots=True)
class Words:
    """What is known of words: how rare in English (0 to 1), their vectors, and the supplier's own; `prices`
    gives a number that changes with any product or price."""

    rarity: Callable[[str], float]
    vector: Callable[[str], Vectors]
    trade: Callable[[Reference | None], Trade]
    prices: Callable[[Reference | None], int]


class DocumentDesk:
    """Answers questions from documents (core.ports.Knowledge)."""

    def __init__(self, documents: Documents, cache: AnswerCache, words: Words, model_name: str = "") -> None:
        self._documents = documents
        self._cache = cache
        self._words = words
        self._model_name = model_name
        self._judge: tuple[str, Trade, Judge] | None = None
        self._judging = asyncio.Lock()
        self.failing = ""

    async def answer(self, inquiry: Inquiry, model: ModelTurn | None = None, live: Live | None = None) -> Finding:
        """What the documents say, or nothing; an index that cannot be read says nothing."""
        try:
            version = await self._documents.version()
            if not version:
                return Finding(cache="none")
            finding = await self._answer(inquiry, version, model, live)
        except DeskError as error:
            self.failing = error.code
            log.warning("documents_unreadable", reason=error.code)
            return Finding(cache="none")
        except Exception as error:  # a question is never worth the order beside it
            self.failing = "fault"
            log.exception("question_failed", error=type(error).__name__)
            return Finding(cache="none")
        self.failing = ""
        return finding

    async def _answer(self, inquiry: Inquiry, version: str, model: ModelTurn | None, live: Live | None) -> Finding:
        writer = self._model_name if model is not None else ""
        key = CacheKey(
            inquiry.text, version, self._words.prices(inquiry.reference), inquiry.audience, inquiry.language, writer
        )
        evidence_known = False

        async def make() -> Entry:
            nonlocal evidence_known
            judge = await self._judge_of(version, inquiry.reference)
            passages, evidence_known = await self._cache.evidence(key, lambda: self.search(judge, inquiry.text))
            supports = judge.weigh(inquiry.text, passages)
            return await self._entry(inquiry, supports, model, None if inquiry.lightly else live)

        entry, level = await self._cache.answer(key, make)
        shown = "l4" if level == "miss" and evidence_known else level
        if not entry.settled or (inquiry.lightly and entry.sources[0].score < SURE):
            return Finding(cache=shown)
        return Finding(entry.text, entry.sources, shown)

    async def _entry(
        self, inquiry: Inquiry, supports: Sequence[Support], model: ModelTurn | None, live: Live | None
    ) -> Entry:
        """The answer to keep: written by the model and checked, or quoted, or none."""
        best = supports[0] if supports else None
        quoted = Quoted()
        if best is not None and best.score >= SETTLES:
            text, used = quotes(supports)
            quoted = Quoted(text, tuple(used))
        if model is not None and best is not None and best.score >= WORTH_READING:
            evidence = [s for s in supports if s.score >= WORTH_READING][:4]
            known = Known(self._words.rarity, frozenset(map(stem, self._words.trade(inquiry.reference).nouns)))
            written = await write(inquiry.text, evidence, quoted, model, live, known)
            return Entry(written.text, _sources(written.sources), settled=bool(written.text), keep=written.keep)
        if quoted.text and live is not None:
            live(quoted.text)
        return Entry(quoted.text, _sources(quoted.sources), settled=bool(quoted.text))

    async def judge(self, reference: Reference | None = None) -> Judge:
        """What weighs the passages of the current documents."""
        return await self._judge_of(await self._documents.version(), reference)

    async def search(self, judge: Judge, question: str) -> tuple[Passage, ...]:
        """The passages that may answer a question."""
        return await self._documents.search(judge.spelt(question), _MOST_PASSAGES)

    async def _judge_of(self, version: str, reference: Reference | None) -> Judge:
        """The judge of these documents and this catalogue; made anew when one of them changed."""
        trade = self._words.trade(reference)
        async with self._judging:
            if self._judge is None or self._judge[:2] != (version, trade):
                passages = await self._documents.passages()
                judge = await asyncio.to_thread(self._make_judge, passages, trade)
                self._judge = version, trade, judge
            return self._judge[2]

    def _make_judge(self, passages: Sequence[Passage], trade: Trade) -> Judge:
        texts = [f"{p.document} {p.section} {p.question} {p.text}" for p in passages]
        return Judge(Vocabulary(texts, self._words.rarity, trade), self._words.vector)


def _sources(supports: Sequence[Support]) -> tuple[Source, ...]:
    found = (s.prepared.passage for s in supports)
    scores = [round(min(1.0, max(0.0, s.score)), 2) for s in supports]
    return tuple(
        Source(p.document, p.section or next(iter(wordings_of(p)), ""), score)
        for p, score in zip(found, scores, strict=True)
    )
