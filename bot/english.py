"""Ordinary English words, from the pyspellchecker package: what is a word is not a misspelling of a product."""

from functools import cache
from math import log

from spellchecker import SpellChecker

# Words rarer than this in the package's counts are mostly misspellings themselves.
_LEAST_COUNT = 200


@cache
def english_words() -> frozenset[str]:
    """Lower-case words of everyday English; takes a quarter of a second to load, once a process."""
    counts = SpellChecker(language="en").word_frequency.dictionary
    return frozenset(word for word, count in counts.items() if count > _LEAST_COUNT)


# Natural logarithms of a word's share of running English: "order" is near the first, "halal" past the second.
_EVERYDAY, _RARE = 6.0, 13.5


@cache
def _shares() -> tuple[dict[str, int], int]:
    counts = dict(SpellChecker(language="en").word_frequency.dictionary)
    return counts, sum(counts.values())


def rarity(word: str) -> float:
    """How rare a lower-case word is in English: 0 for everyday words, 1 for words that it does not know."""
    counts, total = _shares()
    count = counts.get(word, 0)
    if count <= _LEAST_COUNT:
        return 1.0
    return min(1.0, max(0.0, (-log(count / total) - _EVERYDAY) / (_RARE - _EVERYDAY)))
