"""What the cache holds: the key of a question, the entry of its answer, and both as compact JSON."""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson

from core.domain.messages import Source
from knowledge.ports import Passage


@dataclass(frozen=True, slots=True)
class CacheKey:
    """All that an answer depends on. `question` is raw, as the customer wrote it.

    `audience` parts what may be remembered for whom ("" is everybody), `model` names who writes the answers.
    """

    question: str
    knowledge_version: str
    price_version: int = 0
    audience: str = ""
    language: str = "en"
    model: str = ""

    @property
    def scope(self) -> str:
        """Digest of everything but the question: only within it may questions share an answer."""
        return digest(self.knowledge_version, self.price_version, self.audience, self.language, self.model)


@dataclass(frozen=True, slots=True)
class Entry:
    """An answer as it is remembered. Without `settled` the documents do not answer the question.

    With `keep` False it reaches those who wait for it now and nobody after them: the model was down, say.
    """

    text: str
    sources: tuple[Source, ...] = ()
    settled: bool = True
    keep: bool = True


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry and the moment its life ends (seconds since 1970), which no copy moves."""

    entry: Entry
    expires_at: float


def digest(*parts: str | float) -> str:
    """A short name of these values; two lists of values that differ have different ones."""
    return blake2b(orjson.dumps(parts), digest_size=16).hexdigest()


def pack(stored: Stored) -> bytes:
    """An entry for Redis."""
    entry = stored.entry
    sources = [[source.document, source.section, source.score] for source in entry.sources]
    return orjson.dumps([entry.text, sources, entry.settled, stored.expires_at])


def unpack(value: bytes | None) -> Stored | None:
    """An entry from Redis; None where it is not one of ours, whatever it is."""
    fields = _list_of(value, 4)
    if fields is None:
        return None
    text, sources, settled, expires_at = fields
    if not (isinstance(text, str) and isinstance(settled, bool) and isinstance(sources, list) and _number(expires_at)):
        return None
    if not all(_fits(row, (str, str, float)) for row in sources):
        return None
    found = tuple(Source(document, section, float(score)) for document, section, score in sources)
    return Stored(Entry(text, found, settled), float(expires_at))


def pack_evidence(passages: tuple[Passage, ...], expires_at: float) -> bytes:
    """Passages for Redis."""
    rows = [[p.id, p.document, p.section, p.text, p.page, p.question, p.score] for p in passages]
    return orjson.dumps([rows, expires_at])


def unpack_evidence(value: bytes | None) -> tuple[tuple[Passage, ...], float] | None:
    """Passages from Redis and when their life ends; None where it is not what we wrote."""
    fields = _list_of(value, 2)
    if fields is None:
        return None
    rows, expires_at = fields
    if not isinstance(rows, list) or not _number(expires_at):
        return None
    if not all(_fits(row, (str, str, str, str, int | None, str, float)) for row in rows):
        return None
    return tuple(Passage(*row) for row in rows), float(expires_at)


def _list_of(value: bytes | None, length: int) -> list[Any] | None:
    """A JSON list of this length."""
    if value is None:
        return None
    try:
        fields = orjson.loads(value)
    except orjson.JSONDecodeError:
        return None
    return fields if isinstance(fields, list) and len(fields) == length else None


def _fits(row: Any, types: tuple[Any, ...]) -> bool:
    if not isinstance(row, list) or len(row) != len(types):
        return False
    return all(
        _number(cell) if kind is float else isinstance(cell, kind) for cell, kind in zip(row, types, strict=True)
    )


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
