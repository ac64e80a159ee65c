"""How words are spelled: plurals, roots, abbreviations, and words that stand for each other."""

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

from core.understanding.lexicon import SYNONYMS, VARIANTS

_IRREGULAR = {
    "knives": "knife",
    "shelves": "shelf",
    "halves": "half",
    "loaves": "loaf",
    "leaves": "leaf",
    "dice": "die",
}
_VOWELS = frozenset("aeiou")


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Singular of an English noun, by spelling only."""
    if not word.isalpha() and any(c.isdigit() for c in word):
        return word
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    word = word.removesuffix("'s").removesuffix("'")
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("xes", "ches", "shes", "sses", "zes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def root(word: str) -> str:
    """A word without -ed, -ing, -er: `printed` and `printing` share it."""
    for ending in ("ing", "ed", "er"):
        if len(word) > len(ending) + 3 and word.endswith(ending):
            word = word[: -len(ending)]
            return word[:-1] if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "sl" else word
    return word.removesuffix("e") if len(word) > 4 else word


def abbreviates(short: str, word: str) -> bool:
    """`bx` box, `cntnr` container, `alu` aluminium."""
    if len(short) < 2 or len(short) >= len(word) or short[0] != word[0] or (len(short) == 2 and len(word) > 4):
        return False
    if len(short) >= 3 and word.startswith(short):
        return True
    if any(c in _VOWELS for c in short[1:]):
        return False
    skeleton = word[0] + "".join(c for c in word[1:] if c not in _VOWELS)
    rest = iter(skeleton)
    return all(c in rest for c in short) and len(short) * 10 >= len(skeleton) * 6


def _groups(groups: Iterable[frozenset[str]]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for group in groups:
        for word in group:
            found[stem(word)] |= {stem(other) for other in group} - {stem(word)}
    return {word: frozenset(others) for word, others in found.items()}


VARIANT_OF = _groups(VARIANTS)
SYNONYM_OF = _groups(SYNONYMS)
