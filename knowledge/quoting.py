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
_BARE = re.compile(r"(?:yes|no)[,:.;!]", re.IGNORECASE)
_SAME_QUESTION = 0.75
_NEARLY = 0.7  # of rank
_SAME = 0.5
_CLEAR = 0.7  # likeness and score from which an FAQ row says enough
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

_ITEM = re.compile(r"[-•*] |\d{1,3}[.)] ")


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
    text = support.prepared.passage.text
    if support.prepared.passage.question and support.signs.wording < _SAME_QUESTION:
        text = _YES_OR_NO.sub(lambda found: found[1].upper(), text)
        # "Yes." may be a sentence of its own: it is left empty, so that the others keep their places.
        bare = _BARE.fullmatch(sentences[0]) is not None
        sentences[0] = "" if bare else _YES_OR_NO.sub(lambda found: found[1].upper(), sentences[0])
    page = _Page(text, sentences)
    if len(page.between(0, len(sentences) - 1)) <= _SHORT:
        return page.between(0, len(sentences) - 1)
    first, last = page.needed(support.best, support.best)
    while True:
        grown = [
            (value, page.needed(low, high))
            for value, low, high in (
                (_value(support, first - 1), first - 1, last),
                (_value(support, last + 1), first, last + 1),
            )
            if value >= 0
        ]
        fitting = [span for _, span in sorted(grown, reverse=True) if len(page.between(*span)) <= _SHORT]
        if not fitting:
            return page.between(first, last)
        first, last = fitting[0]


def _value(support: Support, at: int) -> float:
    """What a sentence is worth to the question; the first of a section tells its rule. -1 where there is none."""
    if not 0 <= at < len(support.values):
        return -1.0
    return support.values[at] + (_RULE if at == 0 else 0.0)


class _Page:
    """A passage as it is quoted from: its text, and where each of its sentences stands in it."""

    def __init__(self, text: str, sentences: Sequence[str]) -> None:
        self._text = text
        self._sentences = sentences
        self._spans: list[tuple[int, int]] = []
        for sentence in sentences:
            start = text.index(sentence, self._spans[-1][1] if self._spans else 0)
            self._spans.append((start, start + len(sentence)))

    def between(self, first: int, last: int) -> str:
        """The sentences from one to another, in their lines; below the head of the list that they are of."""
        head = self._head_of(first)
        said = self._text[self._spans[first][0] : self._spans[last][1]]
        return said if head is None else f"{self._sentences[head]}\n{said}"

    def needed(self, first: int, last: int) -> tuple[int, int]:
        """A stretch with the sentences that it leans on, the list that it heads, and those that limit it."""
        while first > 0 and (_LEANS.match(self._sentences[first]) or self._introduces(first - 1)):
            first -= 1
        if self._introduces(last):
            last = self._end_of_list(last)
        while last + 1 < len(self._sentences) and _LIMITS.match(self._sentences[last + 1]):
            last += 1
        return first, last

    def _introduces(self, at: int) -> bool:
        """Whether a sentence is the head of a list."""
        return self._sentences[at].endswith(":")

    def _head_of(self, at: int) -> int | None:
        """The head of the list that a sentence is an item of, where that is not the sentence before it."""
        head = at
        while head > 0 and _ITEM.match(self._sentences[head]):
            head -= 1
        return head if head < at and self._introduces(head) else None

    def _end_of_list(self, head: int) -> int:
        last = head
        while last + 1 < len(self._sentences) and len(self.between(head, last + 1)) <= _LONGEST:
            last += 1
        return last
