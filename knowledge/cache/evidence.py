"""The fourth level: the passages for a question's content words, whoever asks, in this process and in Redis."""

from collections.abc import Awaitable, Callable

from cachetools import TLRUCache

from knowledge.cache.entries import CacheKey, digest, pack_evidence, unpack_evidence
from knowledge.cache.flights import Flights
from knowledge.cache.shared import Shared
from knowledge.cache.terms import content_terms
from knowledge.ports import Passage

Search = Callable[[], Awaitable[tuple[Passage, ...]]]
Passages = tuple[Passage, ...]


class EvidenceMemory:
    """Remembers what searches found; each lives `life` seconds."""

    def __init__(self, shared: Shared | None, capacity: int, life: float, clock: Callable[[], float]) -> None:
        self._shared = shared
        self._life = life
        self._clock = clock
        self._known: TLRUCache[str, tuple[Passages, float]] = TLRUCache(capacity, _end, clock)
        self._searches: Flights[tuple[Passages, bool]] = Flights()
        self._era = 0

    async def find(self, key: CacheKey, search: Search) -> tuple[Passages, bool]:
        """The passages, and whether no search of this caller's was needed."""
        terms = content_terms(key.question)
        if not terms:
            return await search(), False
        name = digest(key.knowledge_version, *terms)
        known = self._known.get(name)
        if known is not None:
            return known[0], True
        (passages, hit), led = await self._searches.join(f"{self._era}:{name}", lambda: self._search(name, search))
        return passages, hit or not led

    def clear(self) -> None:
        """Forget all; what is being searched for now is not remembered either."""
        self._era += 1
        self._known.clear()

    async def _search(self, name: str, search: Search) -> tuple[Passages, bool]:
        key, generation = f"evidence:{name}", None
        if self._shared is not None:
            results = await self._shared.ask(lambda pipe, prefix: pipe.get(f"{prefix}{key}"))
            generation = self._shared.generation
            found = unpack_evidence(results[0]) if results is not None else None
            if found is not None and self._clock() < found[1]:
                self._known[name] = found[0], min(found[1], self._clock() + self._life)
                return found[0], True
        era = self._era
        passages = await search()
        if era == self._era:
            expires_at = self._clock() + self._life
            self._known[name] = passages, expires_at
            value = pack_evidence(passages, expires_at)
            if self._shared is not None:
                await self._shared.tell(
                    lambda pipe, prefix: pipe.set(f"{prefix}{key}", value, px=int(self._life * 1000)), generation
                )
        return passages, False


def _end(_: str, found: tuple[Passages, float], __: float) -> float:
    return found[1]
