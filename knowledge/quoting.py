"""An answer in the documents' own words: the sentence that answers, with what belongs to it."""

import re
from collections.abc import Sequence

from knowledge.evidence import Support
from knowledge.words import FUNCTION_WORDS, stem, tokens

_SHORT = 400  # characters of a passage that is quoted whole
_LONGEST = 600
_RULE = 0.15
_MOST_READ = 4
# "Yes" answers the FAQ row's own question, and no other.
_YES_OR_NO = re.compile(r"^(?:yes|no)[,:.;]\s+(\w)", re.IGNORECASE)
_SAME_QUESTION = 0.75
_NEARLY = 0.7  # of rank
_SAME = 0.5
_CLEAR, _LEADS = 0.7, 0.3  # likeness and lead from which an FAQ row says enough
# A sentence that begins so leans on the one before it.
_LEANS = re.compile(
    r"^(?:it|this|that|these|those|they|he|she|such|however|but|otherwise|in (?:this|that|such) case|the same|after that|"
    r"then|if not|if so|also|and|or)\b",
    re.IGNORECASE,
)
# A sentence that begins so limits the one before it: without it the quote would promise too much.
_LIMITS = re.compile(
    r"^(?:however|but|unless|except|otherwise|only|if|this (?:does not|doesn't|applies|excludes)|these (?:do not|don't)|"
    r"not |no |exceptions?|provided|please note|note|the exception)\b",
    re.IGNORECASE,
)


def quotes(supports: Sequence[Support]) -> tuple[str, list[Support]]:
    """The best passage's words, and those of a second that is nearly as good and says something else; and whose they are."""
    best = supports[0]
    text = quote(best)
    for other in supports[1:_MOST_READ]:
        if (
            (best.signs.wording > _CLEAR and best.score > _CLEAR)
            or other.rank < best.rank - _NEARLY
            or len(text) > _SHORT
        ):
            break
        more = quote(other)
        if not _repeats(more, text) and len(text) + len(more) <= _LONGEST:
            return f"{text}\n{more}", [best, other]
    return text, [best]


def _repeats(text: str, other: str) -> bool:
    """Whether most of a text's telling words stand in another."""
    words = {stem(w) for w in tokens(text)} - FUNCTION_WORDS
    return len(words & {stem(w) for w in tokens(other)}) > _SAME * len(words)


def quote(support: Support) -> str:
    """The passage where it is short, else its best sentences in one stretch, with those that they need."""
    sentences = [sentence.text for sentence in support.prepared.sentences]
    if support.prepared.passage.question and support.signs.wording < _SAME_QUESTION:
        sentences[0] = _YES_OR_NO.sub(lambda found: found[1].upper(), sentences[0])
    whole = _joined(sentences)
    if len(whole) <= _SHORT:
        return whole
    first, last = _needed(sentences, support.best, support.best)
    while True:
        grown = [
            (value, _needed(sentences, low, high))
            for value, low, high in (
                (_value(support, first - 1), first - 1, last),
                (_value(support, last + 1), first, last + 1),
            )
            if value >= 0
        ]
        fitting = [
            span for _, span in sorted(grown, reverse=True) if len(_joined(sentences[span[0] : span[1] + 1])) <= _SHORT
        ]
        if not fitting:
            return _joined(sentences[first : last + 1])
        first, last = fitting[0]


def _value(support: Support, at: int) -> float:
    """What a sentence is worth to the question; the first of a section tells its rule. -1 where there is none."""
    if not 0 <= at < len(support.values):
        return -1.0
    return support.values[at] + (_RULE if at == 0 else 0.0)


def _needed(sentences: list[str], first: int, last: int) -> tuple[int, int]:
    """A stretch with the sentences that it leans on, the list that it heads, and those that limit it."""
    while first > 0 and (_LEANS.match(sentences[first]) or _introduces(sentences[first - 1])):
        first -= 1
    if _introduces(sentences[last]):
        last = _end_of_list(sentences, last)
    while last + 1 < len(sentences) and _LIMITS.match(sentences[last + 1]):
        last += 1
    return first, last


def _introduces(sentence: str) -> bool:
    """Whether a sentence is the head of a list."""
    return sentence.rstrip().endswith(":")


def _end_of_list(sentences: list[str], head: int) -> int:
    last = head
    while last + 1 < len(sentences) and len(_joined(sentences[head : last + 2])) <= _LONGEST:
        last += 1
    return last


def _joined(sentences: list[str]) -> str:
    """Sentences as running text; list items and rows keep their lines."""
    text = ""
    for sentence in sentences:
        separator = (
            "\n" if sentence.startswith(("- ", "• ", "* ")) or text.endswith(":") or "; " in sentence[:60] else " "
        )
        text += (separator if text else "") + sentence
    return text
