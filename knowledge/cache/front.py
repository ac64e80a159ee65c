"""The cache as the question flow sees it: four levels behind two calls."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from cachetools import TLRUCache
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from knowledge.cache.asked import Asked
from knowledge.cache.counting import Counts, Hook, Level
from knowledge.cache.entries import CacheKey, Entry, Stored, digest, pack, unpack
from knowledge.cache.evidence import EvidenceMemory, Search
from knowledge.cache.flights import Flights
from knowledge.cache.guard import KnownWords
from knowledge.cache.normalising import normalised
from knowledge.cache.semantic import AskedBefore, Vector
from knowledge.cache.shared import Shared, SharedLimits
from knowledge.cache.versions import Versions
from knowledge.ports import Embedder, Passage

Clock = Callable[[], float]
Make = Callable[[], Awaitable[Entry]]


@dataclass(frozen=True, slots=True)
class CacheLimits:
    """How long and how much the cache remembers; seconds and entries.

    A replica waits `lock_wait_seconds` for an answer that another one is making, and `lock_seconds` after that one
    died nobody waits for it any more.
    """

    ttl_seconds: float = 86_400.0
    unsettled_ttl_seconds: float = 600.0
    answers: int = 10_000
    evidence: int = 5_000
    asked: int = 2_000
    lock_seconds: float = 15.0
    lock_wait_seconds: float = 5.0
    check_seconds: float = 1.0
    redis: SharedLimits = field(default_factory=SharedLimits)


@dataclass(frozen=True, slots=True)
class _Asking:
    """One question on its way through the levels."""

    key: CacheKey
    scope: str
    question: str
    name: str


class AnswerCache:
    """Remembers answers and evidence. A version in the key that changed is a question never asked before.

    Without `redis` the cache is this process's own; without `embedder` there is no third level. `metrics` hears
    "l1", "l2", "l3", "miss" for every answer, "l4" for a miss that found its evidence, and the other names of
    `knowledge.cache.counting.COUNTED`.
    """

    def __init__(
        self,
        *,
        embedder: Embedder | None = None,
        redis: Redis | None = None,
        limits: CacheLimits | None = None,
        known: Callable[[], KnownWords] = KnownWords,
        clock: Clock = time.time,
        metrics: Hook | None = None,
    ) -> None:
        self._limits = limits = limits or CacheLimits()
        self._known = known
        self._clock = clock
        self._counts = Counts(metrics)
        self._answers: TLRUCache[str, Stored] = TLRUCache(limits.answers, _end_of_answer, clock)
        self._before: AskedBefore | None = None
        if embedder is not None:
            self._before = AskedBefore(embedder, known, capacity=limits.asked, life=limits.ttl_seconds, clock=clock)
        self._shared = Shared(redis, self._counts, self._forget, limits.redis) if redis is not None else None
        self._evidence = EvidenceMemory(self._shared, limits.evidence, limits.ttl_seconds, clock)
        self._versions = Versions()
        self._flights: Flights[tuple[Entry, Level]] = Flights()
        self._checked_at = float("-inf")
        self._telling: asyncio.Task[None] | None = None
        self._era = 0  # counts how often the memory was cleared

    async def answer(self, key: CacheKey, make: Make) -> tuple[Entry, Level]:
        """The remembered answer and the level that had it, or what `make` returns and "miss".

        Who asks what is being made already waits for it; an exception of `make` reaches all of them, and is
        not remembered.
        """
        if self._versions.moved_on(key):
            self._forget()
        question = normalised(key.question, self._known().names)
        asking = _Asking(key, key.scope, question, digest(key.scope, question))
        await self._check()
        stored = self._answers.get(asking.name)
        if stored is not None:
            return self._found(stored.entry, "l1")
        (entry, level), led = await self._flights.join(
            f"{self._era}:{asking.name}", lambda: self._look_further(asking, make)
        )
        if led or not entry.keep:
            return self._found(entry, level)
        self._counts.add("coalesced")
        return self._found(entry, "l1")

    async def evidence(self, key: CacheKey, search: Search) -> tuple[tuple[Passage, ...], bool]:
        """The passages for a question's content words, and whether they were remembered.

        They depend on the documents alone, so that other prices, audiences or wordings share them. The answer is
        still to be gated on the question itself.
        """
        passages, hit = await self._evidence.find(key, search)
        if hit:
            self._count("l4")
        return passages, hit

    def stats(self) -> dict[str, int]:
        """What this process has counted."""
        return self._counts.all()

    async def aclose(self) -> None:
        """Tell the last counts, and let go of what is in memory. The Redis client stays its owner's."""
        if self._telling is not None:
            self._telling.cancel()
            await asyncio.wait([self._telling])
        if self._shared is not None and self._counts.untold:
            await self._shared.check()
        self._forget()

    async def _look_further(self, asking: _Asking, make: Make) -> tuple[Entry, Level]:
        """The levels behind this process's memory, then `make`, which one replica at a time does."""
        stored = await self._from_redis(asking)
        era = self._era
        if stored is not None:
            return self._remember(asking.name, stored), "l2"
        vector = await self._before.vector(asking.question) if self._before is not None else None
        stored = await self._asked_before(asking, vector)
        if stored is not None:
            return self._remember(asking.name, stored), "l3"
        if self._shared is None:
            return await self._make(asking, vector, era, make)
        return await self._make_once(self._shared, asking, vector, era, make)

    async def _make_once(
        self, shared: Shared, asking: _Asking, vector: Vector | None, era: int, make: Make
    ) -> tuple[Entry, Level]:
        """Make it under the lock that all replicas share, or take what the one that has the lock has made."""
        generation = shared.generation
        at = _answer_key(asking.name)
        token, value = await shared.claim(asking.name, at, self._limits.lock_seconds, generation)
        if token is None and value is None:
            value = await shared.wait_for(asking.name, at, self._limits.lock_wait_seconds)
        try:
            stored = self._alive(unpack(value))
            if stored is not None and era == self._era:
                return self._remember(asking.name, stored), "l2"
            return await self._make(asking, vector, era, make, generation)
        finally:
            if token is not None:
                await shared.release(asking.name, token, generation)

    async def _make(
        self, asking: _Asking, vector: Vector | None, era: int, make: Make, generation: str | None = None
    ) -> tuple[Entry, Level]:
        entry = await make()
        if not entry.keep:
            self._counts.add("unkept")
        elif era == self._era:  # else it was made of what is not to be remembered any more
            stored = Stored(entry, self._clock() + self._life(entry))
            self._remember(asking.name, stored)
            asked = None
            if vector is not None and entry.settled:  # other words may find what these did not
                asked = Asked(asking.name, asking.question, vector, stored.expires_at)
            if self._before is not None and asked is not None:
                self._before.add(asking.scope, asked)
            await self._tell(asking, stored, asked, generation)
        return entry, "miss"

    async def _tell(self, asking: _Asking, stored: Stored, asked: Asked | None, generation: str | None) -> None:
        """Give an answer to the other replicas."""

        def build(pipe: Pipeline, prefix: str) -> None:
            life = max(int((stored.expires_at - self._clock()) * 1000), 1)
            pipe.set(f"{prefix}{_answer_key(asking.name)}", pack(stored), px=life)
            if self._before is not None and asked is not None:
                self._before.write_list(pipe, prefix, asking.scope, asked)

        if self._shared is not None:
            await self._shared.tell(build, generation)

    async def _from_redis(self, asking: _Asking) -> Stored | None:
        """The answer to this very question; what the replicas asked meanwhile comes along."""
        before = self._before

        def build(pipe: Pipeline, prefix: str) -> None:
            pipe.get(f"{prefix}{_answer_key(asking.name)}")
            if before is not None:
                before.read_list(pipe, prefix, asking.scope)

        results = await self._shared.ask(build) if self._shared is not None else None
        if results is None:
            return None
        if before is not None:
            before.hear(asking.scope, results[1])
        return self._alive(unpack(results[0]))

    async def _asked_before(self, asking: _Asking, vector: Vector | None) -> Stored | None:
        """The answer to a question that asks the same in other words."""
        if self._before is None or vector is None:
            return None
        for name in self._before.like(asking.scope, asking.question, vector):
            stored = self._answers.get(name) or await self._answer_of(name)
            if stored is not None:
                return stored
            self._before.discard(asking.scope, name)
        return None

    async def _answer_of(self, name: str) -> Stored | None:
        if self._shared is None:
            return None
        results = await self._shared.ask(lambda pipe, prefix: pipe.get(f"{prefix}{_answer_key(name)}"))
        return self._alive(unpack(results[0])) if results is not None else None

    async def _check(self) -> None:
        """Now and then, hear from Redis whether the cache was cleared."""
        now = time.monotonic()
        if self._shared is not None and now - self._checked_at >= self._limits.check_seconds:
            self._checked_at = now  # before waiting: one of many callers is enough
            await self._shared.check()

    def _count(self, name: str) -> None:
        """Count, and see to it that the other replicas hear of it."""
        self._counts.add(name)
        if self._shared is not None and (self._telling is None or self._telling.done()):
            self._telling = asyncio.create_task(self._tell_counts(self._shared))

    async def _tell_counts(self, shared: Shared) -> None:
        await asyncio.sleep(self._limits.check_seconds)
        if self._counts.untold:
            await shared.check()

    def _alive(self, stored: Stored | None) -> Stored | None:
        """The entry, unless its life is over or longer than any that we give."""
        return stored if stored is not None and self._clock() < stored.expires_at <= self._latest() else None

    def _latest(self) -> float:
        """The latest end that anything written now has, with some seconds for clocks that differ."""
        return self._clock() + self._limits.ttl_seconds + 60.0

    def _remember(self, name: str, stored: Stored) -> Entry:
        self._answers[name] = stored
        return stored.entry

    def _forget(self) -> None:
        """Drop what is in memory: none of it may be served any more."""
        self._era += 1
        self._answers.clear()
        self._evidence.clear()
        if self._before is not None:
            self._before.clear()

    def _life(self, entry: Entry) -> float:
        return self._limits.ttl_seconds if entry.settled else self._limits.unsettled_ttl_seconds

    def _found(self, entry: Entry, level: Level) -> tuple[Entry, Level]:
        self._count(level)
        return entry, level


def _answer_key(name: str) -> str:
    return f"answer:{name}"


def _end_of_answer(_: str, stored: Stored, __: float) -> float:
    return stored.expires_at
