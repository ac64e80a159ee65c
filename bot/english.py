"""Ordinary English words, from the pyspellchecker package: what is a word is not a misspelling of a product."""

from functools import cache

from spellchecker import SpellChecker

# Words rarer than this in the package's counts are mostly misspellings themselves.
_LEAST_COUNT = 200


@cache
def english_words() -> frozenset[str]:
    """Lower-case words of everyday English; takes a quarter of a second to load, once a process."""
    counts = SpellChecker(language="en").word_frequency.dictionary
    return frozenset(word for word, count in counts.items() if count > _LEAST_COUNT)
