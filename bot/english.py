"""Ordinary English words, from the pyspellchecker package: what is a word is not a misspelling of a product."""

from spellchecker import SpellChecker

# Words rarer than this in the package's counts are mostly misspellings themselves.
_LEAST_COUNT = 200


def english_words() -> frozenset[str]:
    """Lower-case words of everyday English; takes about 50 ms to load."""
    counts = SpellChecker(language="en").word_frequency.dictionary
    return frozenset(word for word, count in counts.items() if count > _LEAST_COUNT)
