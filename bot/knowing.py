"""Wires the knowledge base: its library, what it knows of words, and the cache in front."""

import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from bot.english import rarity
from core.domain.catalogue import Catalogue
from knowledge.answering import Words
from knowledge.embedding.wordllama import WordLlamaEmbedder
from knowledge.ports import Vectors

if TYPE_CHECKING:
    from knowledge.library import Library

_WORD = re.compile(r"[a-z]{3,}")


@cache
def static_embedder() -> WordLlamaEmbedder:
    """The embedder in the wheel; the judge of evidence compares single words by it, whatever makes the index."""
    return WordLlamaEmbedder()


@lru_cache(maxsize=100_000)
def _vector(word: str) -> Vectors:
    return static_embedder().embed([word])[0]


def words_of(catalogue: Callable[[], Catalogue | None]) -> Words:
    """What the knowledge base knows of words; the catalogue's own change with it."""
    known: tuple[Catalogue | None, frozenset[str]] = (None, frozenset())

    def goods() -> frozenset[str]:
        nonlocal known
        current = catalogue()
        if current is not known[0]:
            known = current, _goods(current) if current is not None else frozenset()
        return known[1]

    return Words(rarity, _vector, goods)


def _goods(catalogue: Catalogue) -> frozenset[str]:
    """The words that name goods: those of the categories and of the products' names."""
    words = {word for category in catalogue.categories for word in _WORD.findall(category.casefold())}
    for product in catalogue.active:
        words |= set(_WORD.findall(product.name.casefold()))
    return frozenset(words)


async def open_documents(uri: str) -> "Library":
    """The library at a folder or an object store's address, embedded by what the wheel carries."""
    from knowledge.library import open_library

    return await open_library(uri, static_embedder())
