"""Wires the knowledge base: its library, what it knows of words, and the cache in front."""

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from zlib import crc32

import structlog

from bot.english import english_words, rarity
from bot.impatient_redis import connect
from bot.knowledge_files import is_there, open_documents_of
from bot.metrics import Metrics
from bot.settings import Settings
from core.errors import DeskError
from core.ports import Reference
from knowledge.answering import DocumentDesk, Words
from knowledge.cache import AnswerCache, CacheLimits
from knowledge.cache.guard import KnownWords
from knowledge.embedding.wordllama import WordLlamaEmbedder
from knowledge.errors import IndexUnusable
from knowledge.library import Library
from knowledge.patience import Patient
from knowledge.ports import Passage, Vectors
from knowledge.words import Trade

log = structlog.get_logger(__name__)

_WORD = re.compile(r"[a-z]{3,}")
# The noun of a product's name stands before its measure: "lunch napkin 33cm".
_COUNTED = re.compile(r"([a-z]{3,}) (?=\d)")
_STREET = frozenset(
    """street road avenue drive lane crescent place central north south east west block level unit view upper lower new
    bay receiving loading beach floor""".split()
)


@cache
def static_embedder() -> WordLlamaEmbedder:
    """The embedder in the wheel; the judge of evidence compares single words by it, whatever makes the index."""
    return WordLlamaEmbedder()


@lru_cache(maxsize=100_000)
def _vector(word: str) -> Vectors:
    found: Vectors = static_embedder().embed([word])[0]
    return found


@dataclass(frozen=True)
class _Supplier:
    """What was worked out of a snapshot of the reference data."""

    reference: Reference | None = None
    trade: Trade = field(default_factory=Trade)
    prices: int = 0


def words_of() -> Words:
    """What the knowledge base knows of words; the supplier's own change with the reference data."""
    known = _Supplier()

    def of(reference: Reference | None) -> _Supplier:
        nonlocal known
        if reference is not known.reference:
            known = _Supplier(reference, trade_of(reference), prices_of(reference)) if reference else _Supplier()
        return known

    return Words(rarity, _vector, lambda reference: of(reference).trade, lambda reference: of(reference).prices)


def prices_of(reference: Reference) -> int:
    """A number that changes with any product or price, and with nothing else."""
    catalogue = reference.catalogue
    rows = sorted(
        (p.sku, p.name, p.unit, p.pieces_per_unit, str(p.price), p.active) for p in catalogue.products.values()
    )
    return crc32(repr((rows, sorted(catalogue.special_prices.items()))).encode())


def trade_of(reference: Reference) -> Trade:
    """The words of products and places."""
    catalogue = reference.catalogue
    categories = {word for category in catalogue.categories for word in _WORD.findall(category.casefold())}
    names = [product.name.casefold() for product in catalogue.active]
    places = {
        (word, outlet.zone.casefold())
        for outlet in reference.directory.outlets.values()
        for word in _WORD.findall(f"{outlet.address} {outlet.zone}".casefold())
        if word not in _STREET and outlet.zone
    }
    return Trade(
        frozenset(categories.union(*map(_WORD.findall, names))),
        frozenset(categories | {found[1] for name in names if (found := _COUNTED.search(name))}),
        frozenset((word, zone) for word, zone in places if sum(w == word for w, _ in places) == 1),
    )


def _known(trade: Trade) -> tuple[Trade, KnownWords]:
    """The words that the cache's guard is to know, of this trade."""
    places = frozenset(place for place, _ in trade.places)
    return trade, KnownWords(trade.goods, places, english_words().__contains__)


class DocumentsOnDemand:
    """The library of the settings, opened at the first question (knowledge.ports.Documents).

    Where no folder is, nothing was ingested: then neither LanceDB nor a folder is made for the asking.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._library: Library | None = None
        self._opening = asyncio.Lock()

    async def version(self) -> str:
        """Names the state of the documents; "" before the first ingest."""
        if self._library is None and not is_there(self._settings.knowledge):
            return ""
        return await (await self._opened()).version()

    async def search(self, question: str, limit: int = 8) -> tuple[Passage, ...]:
        """The passages nearest to a question, best first."""
        return await (await self._opened()).search(question, limit)

    async def passages(self) -> Sequence[Passage]:
        """All passages."""
        if self._library is None and not is_there(self._settings.knowledge):
            return ()
        return await (await self._opened()).passages()

    async def close(self) -> None:
        """Let go of the index."""
        if self._library is not None:
            await self._library.close()

    async def _opened(self) -> Library:
        async with self._opening:
            if self._library is None:
                self._library = await open_documents_of(self._settings)
            return self._library


class Knowing:
    """The documents, the cache in front of them and what answers, as the program runs them."""

    def __init__(self, settings: Settings, metrics: Metrics, model_name: str) -> None:
        url = settings.redis_url
        self._redis = connect(url.get_secret_value()) if url is not None else None
        self._documents = DocumentsOnDemand(settings)
        words = words_of()
        self._known = _known(Trade())
        self.cache = AnswerCache(
            embedder=static_embedder(),
            redis=self._redis,
            limits=CacheLimits(
                ttl_seconds=settings.cache_ttl_seconds, unsettled_ttl_seconds=settings.cache_unsettled_ttl_seconds
            ),
            known=lambda: self._known[1],
            metrics=metrics.count_cache,
        )
        self._patient = Patient(self._documents, settings.knowledge_timeout_seconds)
        self.desk = DocumentDesk(self._patient, self.cache, replace(words, trade=self._trade(words)), model_name)

    def _trade(self, words: Words) -> Callable[[Reference | None], Trade]:
        """The supplier's words, which the cache's guard is to know as well."""

        def trade(reference: Reference | None) -> Trade:
            found = words.trade(reference)
            if found is not self._known[0]:
                self._known = _known(found)
            return found

        return trade

    async def warm(self, reference: Reference) -> None:
        """Read everything that the first question would wait for. What fails here fails again, and is told, there."""
        try:
            if await self._documents.version():
                await self.desk.judge(reference)
        except DeskError as error:
            log.warning("documents_unreadable", reason=error.code)

    async def state(self) -> str:
        """For /health: "ok" with documents, "empty" before the first ingest, or why it cannot be read."""
        try:
            passages = await self._patient.passages()
        except DeskError as error:
            return f"degraded: {error.code}"
        if self.desk.failing not in ("", IndexUnusable.code):  # the index has just been read
            return f"degraded: {self.desk.failing}"
        return "ok" if passages else "empty"

    async def close(self) -> None:
        """Let go of the index and of Redis."""
        await self.cache.aclose()
        await self._patient.close()
        await self._documents.close()
        if self._redis is not None:
            await self._redis.aclose()
