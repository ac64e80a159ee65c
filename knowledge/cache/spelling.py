"""Words in one spelling: synonyms, days and months by one name, and no inflection."""

import re
from functools import lru_cache

from core.understanding.spelling import stem as singular
from knowledge.cache import guard_words as words

_PARTICIPLE = re.compile(r".{2,}ed")
_PARTICIPLES = frozenset(
    "sent paid made kept given done taken sold bought broken shown held left lost found built".split()
)


def is_participle(word: str) -> bool:
    """Whether a word looks like "delivered"."""
    return _PARTICIPLE.fullmatch(word) is not None or word in _PARTICIPLES


@lru_cache(maxsize=20_000)
def canonical(word: str) -> str:
    """The one spelling of a word: its day or month, its synonym's first, without inflection."""
    for table in (words.DAYS, words.MONTH_NAMES):
        if word in table:
            return table[word]
    base = _uninflected(word)
    meant = words.SYNONYMS.get(word) or words.SYNONYMS.get(base)
    return _uninflected(meant) if meant else base


def _uninflected(word: str) -> str:
    """Without -s, -ed and -ing, which say number and tense; -er, -able, un- and the like make another word."""
    if word in words.WHOLE or len(word) < 4 or not word.isalpha():
        return word
    base = word[:-1] if word.endswith("zes") and word[-4] != "z" else singular(word)
    if base in words.WHOLE:
        return base
    for ending in ("ing", "ed"):
        root = base.removesuffix(ending)
        if root != base and len(root) > 3 and re.search("[aeiouy]", root):
            doubled = root[-1] == root[-2] and root[-1] not in "lszf"
            base = root[:-1] if doubled else root
            break
    base = re.sub(r"is(e?)$", r"iz\1", base) if len(base) > 6 else base
    return base.removesuffix("e") if len(base) > 4 and base not in words.WHOLE else base
