"""The sample supplier's passages and words, documents on a shelf in memory, and a model that writes in pieces."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache

from bot.demo import SAMPLE
from bot.english import rarity
from bot.knowing import trade_of, words_of
from core.domain.messages import Usage
from core.ports import MediaFile, Prompt
from knowledge.checking import Known
from knowledge.documents.loading import blocks_of
from knowledge.evidence import Judge, Support
from knowledge.passages import passages_of
from knowledge.ports import Passage
from knowledge.words import Trade, Vocabulary, stem, tokens
from tests.eval.loading import load_reference, supplier

REFERENCE = load_reference(supplier("sample"))


@cache
def trade() -> Trade:
    """The words of the sample supplier's goods and places."""
    return trade_of(REFERENCE)


@cache
def known() -> Known:
    """What the check of a written sentence knows of words."""
    return Known(rarity, frozenset(map(stem, trade().nouns)))


@cache
def sample_passages() -> tuple[Passage, ...]:
    """The passages of the sample supplier's documents, in the order of their files."""
    files = sorted(path for path in (SAMPLE / "documents").iterdir() if path.is_file())
    return tuple(p for path in files for p in passages_of(path.name, blocks_of(path.name, path.read_bytes())))


@cache
def sample_vocabulary() -> Vocabulary:
    """The words of the sample supplier's documents."""
    texts = (f"{p.document} {p.section} {p.question} {p.text}" for p in sample_passages())
    return Vocabulary(texts, rarity, trade())


def passage(text: str, section: str = "", question: str = "", document: str = "policy.md") -> Passage:
    """A passage of some document."""
    return Passage(f"{document}/{section}/{question}/{text[:20]}", document, section, text, question=question)


def judge_of(passages: Sequence[Passage]) -> Judge:
    """What weighs these passages."""
    texts = (f"{p.document} {p.section} {p.question} {p.text}" for p in passages)
    return Judge(Vocabulary(texts, rarity, trade()), words_of().vector)


def supports(question: str, *passages: Passage) -> list[Support]:
    """The passages as weighed against a question, best first."""
    return judge_of(passages).weigh(question, passages)


@dataclass
class Shelf:
    """Documents in memory (knowledge.ports.Documents). A search gives those that share most words first."""

    held: Sequence[Passage]
    edition: str = "1"
    error: Exception | None = None
    searches: int = 0

    async def version(self) -> str:
        if self.error is not None:
            raise self.error
        return self.edition if self.held else ""

    async def search(self, question: str, limit: int = 8) -> tuple[Passage, ...]:
        self.searches += 1
        asked = set(map(stem, tokens(question)))
        return tuple(sorted(self.held, key=lambda p: -len(asked & _stems(p)))[:limit])

    async def passages(self) -> Sequence[Passage]:
        return self.held


@lru_cache(maxsize=1_000)
def _stems(one: Passage) -> frozenset[str]:
    return frozenset(map(stem, tokens(f"{one.section} {one.question} {one.text}")))


class Seen(list[str]):
    """Somebody who watches a reply come into being, and what they saw."""

    def __call__(self, text: str) -> None:
        self.append(text)


@dataclass
class Writer:
    """A model's turn that streams these pieces, and raises what stands among them."""

    pieces: Sequence[str | Exception]
    prompts: list[Prompt] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)

    async def stream(self, prompt: Prompt) -> AsyncGenerator[str, None]:
        self.prompts.append(prompt)
        self.usage = replace(self.usage, model_calls=self.usage.model_calls + 1)
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    async def complete(self, prompt: Prompt) -> str:
        raise NotImplementedError

    async def transcribe(self, audio: MediaFile) -> str:
        raise NotImplementedError
