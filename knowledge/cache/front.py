"""The cache as the question flow sees it: four levels behind two calls."""

import time
from collections.abc import Awaitable, Callable, Set
from dataclasses import dataclass

from cachetools import TLRUCache

from knowledge.cache.counting import Counts, Hook, Level
from knowledge.cache.entries import CacheKey, Entry, Stored, digest
from knowledge.cache.flights import Flights
from knowledge.cache.normalising import normalised
from knowledge.cache.terms import content_terms
from knowledge.ports import Passage

Clock = Callable[[], float]
Make = Callable[[], Awaitable[Entry]]
Search = Callable[[], Awaitable[tuple[Passage, ...]]]


@dataclass(frozen=True, slots=True)
class CacheLimits:
    """How long and how much the cache remembers; seconds and entries."""

    ttl_seconds: float = 86_400.0
    unsettled_ttl_seconds: float = 600.0
    answers: int = 10_000
    evidence: int = 5_000


class AnswerCache:
    """Remembers answers and evidence. A version in the key that changed is a question never asked before."""

    def __init__(
        self,
        *,
        limits: CacheLimits | None = None,
        names: Callable[[], Set[str]] = frozenset,
        clock: Clock = time.time,
        metrics: Hook | None = None,
    ) -> None:
        self._limits = limits or CacheLimits()
        self._names = names
        self._clock = clock
        self._counts = Counts(metrics)
        self._answers: TLRUCache[str, Stored] = TLRUCache(self._limits.answers, _end_of_answer, clock)
        self._evidence: TLRUCache[str, tuple[tuple[Passage, ...], float]] = TLRUCache(
            self._limits.evidence, _end_of_evidence, clock
        )
        self._flights: Flights[tuple[Entry, Level]] = Flights()
        self._searches: Flights[tuple[tuple[Passage, ...], bool]] = Flights()

    async def answer(self, key: CacheKey, make: Make) -> tuple[Entry, Level]:
        """The remembered answer and the level that had it, or what `make` returns and "miss".

        Who asks what is being made already waits for it; an exception of `make` reaches all of them, and is
        not remembered.
        """
        name = digest(key.scope, normalised(key.question, self._names()))
        stored = self._answers.get(name)
        if stored is not None:
            return self._found(stored.entry, "l1")
        (entry, level), led = await self._flights.join(name, lambda: self._make(name, make))
        if led or not entry.keep:
            return self._found(entry, level)
        self._counts.add("coalesced")
        return self._found(entry, "l1")

    async def evidence(self, key: CacheKey, search: Search) -> tuple[tuple[Passage, ...], bool]:
        """The passages for a question's content words, and whether they were remembered.

        They depend on the documents alone, so that other prices, audiences or wordings share them. The answer is
        still to be gated on the question itself.
        """
        terms = content_terms(key.question)
        if not terms:
            return await search(), False
        name = digest("evidence", key.knowledge_version, *terms)
        known = self._evidence.get(name)
        if known is None:
            (passages, hit), led = await self._searches.join(name, lambda: self._search(name, search))
            hit = hit or not led
        else:
            passages, hit = known[0], True
        if hit:
            self._counts.add("l4")
        return passages, hit

    def stats(self) -> dict[str, int]:
        """What this process has counted."""
        return self._counts.all()

    async def aclose(self) -> None:
        """Let go of what the cache holds."""
        self._answers.clear()
        self._evidence.clear()

    async def _make(self, name: str, make: Make) -> tuple[Entry, Level]:
        entry = await make()
        if entry.keep:
            self._answers[name] = Stored(entry, self._clock() + self._life(entry))
        else:
            self._counts.add("unkept")
        return entry, "miss"

    async def _search(self, name: str, search: Search) -> tuple[tuple[Passage, ...], bool]:
        passages = await search()
        self._evidence[name] = passages, self._clock() + self._limits.ttl_seconds
        return passages, False

    def _life(self, entry: Entry) -> float:
        return self._limits.ttl_seconds if entry.settled else self._limits.unsettled_ttl_seconds

    def _found(self, entry: Entry, level: Level) -> tuple[Entry, Level]:
        self._counts.add(level)
        return entry, level


def _end_of_answer(_: str, stored: Stored, __: float) -> float:
    return stored.expires_at


def _end_of_evidence(_: str, found: tuple[tuple[Passage, ...], float], __: float) -> float:
    return found[1]
