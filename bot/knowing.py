"""Wires the knowledge base: its library, what it knows of words, and the cache in front."""

import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from bot.english import rarity
from core.ports import Reference
from knowledge.answering import Words
from knowledge.embedding.wordllama import WordLlamaEmbedder
from knowledge.ports import Vectors
from knowledge.words import Trade

if TYPE_CHECKING:
    from knowledge.library import Library

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
    return static_embedder().embed([word])[0]


def words_of(reference: Callable[[], Reference | None]) -> Words:
    """What the knowledge base knows of words; the supplier's own change with the reference data."""
    known: tuple[Reference | None, Trade] = (None, Trade())

    def trade() -> Trade:
        nonlocal known
        current = reference()
        if current is not known[0]:
            known = current, trade_of(current) if current is not None else Trade()
        return known[1]

    return Words(rarity, _vector, trade)


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


async def open_documents(uri: str) -> "Library":
    """The library at a folder or an object store's address, embedded by what the wheel carries."""
    from knowledge.library import open_library

    return await open_library(uri, static_embedder())
