"""Whether a sentence that a model wrote says no more than the evidence: its numbers, names, negation and conditions."""

import re
from collections.abc import Callable, Sequence

from core.understanding.lexicon import MONTHS, WEEKDAYS
from knowledge.sentences import sentences_of
from knowledge.synonyms import groups
from knowledge.words import FUNCTION_WORDS, is_number, stem, tokens

_NEGATION = re.compile(r"\b(?:not|no|never|none|nobody|nothing|neither|nor|cannot|without|unable|refuse[sd]?)\b|n't\b")
_CONDITIONS = tuple(
    re.compile(rf"\b(?:{words})\b")
    for words in (
        r"if|when|where|provided|as long as|in case|once|subject to",
        r"unless|except|excluding|other than|apart from|but not",
        r"only|solely|exclusively",
        r"within|before|by|until|no later than|latest|at most|up to|maximum|less than|below|under",
        r"after|from|at least|minimum|more than|above|over|or more|onwards",
    )
)
_UNITS = frozenset(
    map(
        stem,
        """day days hour hours minute minutes week weeks month months year years percent % working business calendar piece
        pieces pcs carton cartons bundle bundles packet packets inch inches in cm mm ml oz kg am pm times""".split(),
    )
)
_REACH = re.compile(r"https?://|www\.|@|\b\w+\.(?:com|sg|net|org)\b", re.IGNORECASE)
_NAME = re.compile(r"(?<=[a-z,;:] )[A-Z][\w-]+")
_LEAST_SUPPORT = 0.6


def problem(sentence: str, evidence: Sequence[str], rarity: Callable[[str], float]) -> str | None:
    """Why a sentence may not be said on this evidence (a short fixed word), or None.

    `evidence` are the passages' texts with their headings; `rarity` as in `knowledge.words.Vocabulary`.
    """
    words, known = tokens(sentence), [tokens(text) for text in evidence]
    all_stems = {stem(w) for text in known for w in text}
    if not _numbers_stand(words, known):
        return "number"
    if _REACH.search(sentence) and not all(found in " ".join(evidence) for found in _addresses(sentence)):
        return "address"
    names = {token for name in _NAME.findall(sentence) for token in tokens(name)}
    names |= {w for w in words if w in WEEKDAYS or w in MONTHS or (w.isalpha() and len(w) > 3 and rarity(w) >= 1)}
    if any(stem(name) not in all_stems for name in names if name not in FUNCTION_WORDS):
        return "name"
    best, share = _nearest(words, evidence)
    if share < _LEAST_SUPPORT:
        return "unsupported"
    if bool(_NEGATION.search(sentence.casefold())) != bool(_NEGATION.search(best.casefold())):
        return "negation"
    folded, given = sentence.casefold(), best.casefold()
    if any(kind.search(given) and not kind.search(folded) for kind in _CONDITIONS[:3]):
        return "condition"
    return None


def _addresses(sentence: str) -> list[str]:
    return [word.strip(".,;:()") for word in sentence.split() if _REACH.search(word)]


def _numbers_stand(words: Sequence[str], known: Sequence[Sequence[str]]) -> bool:
    """Every number is one of the evidence's, and counts there what it counts here."""
    pairs = {pair for text in known for pair in _counted(text)}
    numbers = {number for number, _ in pairs}
    for number, unit in _counted(words):
        if number not in numbers or (unit in _UNITS and (number, unit) not in pairs):
            return False
    return True


def _counted(words: Sequence[str]) -> list[tuple[str, str]]:
    """Each number with each of the two words behind it."""
    found = []
    for at, word in enumerate(words):
        if is_number(word):
            number = stem(word).rstrip("0").rstrip(".") if "." in word else stem(word).replace(",", "")
            found += [(number, stem(after)) for after in (*words[at + 1 : at + 3], "")]
    return found


def _nearest(words: Sequence[str], evidence: Sequence[str]) -> tuple[str, float]:
    """The evidence's sentence, or two neighbours, that share most with the words, and the share of words it has."""
    telling = [w for w in dict.fromkeys(words) if w not in FUNCTION_WORDS]
    if not telling:
        return "", 1.0
    known = groups()
    best, most = "", 0.0
    for text in evidence:
        sentences = sentences_of(text)
        for at, sentence in enumerate(sentences):
            for span in (sentence, " ".join(sentences[at : at + 2])):
                there = tokens(span)
                stems = set(map(stem, there))
                ids = {g for w in there for g in known.get(w, ())}
                share = sum(stem(w) in stems or bool(known.get(w, frozenset()) & ids) for w in telling) / len(telling)
                if share > most + 0.05:
                    best, most = span, share
    return best, most
