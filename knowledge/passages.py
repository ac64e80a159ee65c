"""Blocks of a document -> passages that can be quoted."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from textwrap import wrap

from knowledge.documents.blocks import Block, Kind
from knowledge.ports import Passage
from knowledge.sentences import sentences_of

# In words. A passage closes at the first end of a sentence after ENOUGH, and before it would pass MOST.
ENOUGH = 90
MOST = 150
_NO_SENTENCE = 3_000  # characters
_LONGEST_WORD = 20
_BETWEEN = " > "
_NUMBER = re.compile(r"\d{1,3}[.)]\s")
_ID_LENGTH = 16


@dataclass(frozen=True, slots=True)
class _Piece:
    """What is never parted: a sentence, a list item, a table row. `lead` introduces it ("You need:").

    `opens`: it begins a line. `again`: a lead said once more.
    """

    text: str
    page: int | None
    kind: Kind
    opens: bool = True
    lead: str = ""
    again: bool = False

    @property
    def words(self) -> int:
        """How many words; of a text without blanks so many as its length would have."""
        return max(len(self.text.split()), len(self.text) // _LONGEST_WORD)


def passages_of(document: str, blocks: Sequence[Block]) -> list[Passage]:
    """The passages of a document in reading order. None holds text of two sections; a sentence is never parted.

    An FAQ row is a passage of its own. A list that does not fit goes on in the next passage under its
    introduction again.
    """
    made: list[Passage] = []
    for section, group in groupby(blocks, key=lambda block: block.section):
        name = _BETWEEN.join(section)
        for question, text, page in _texts(list(group)):
            made.append(Passage("", document, name, text, page, question))
    return list(_named(made))


def _texts(blocks: Sequence[Block]) -> Iterator[tuple[str, str, int | None]]:
    for answers, group in groupby(blocks, key=lambda block: block.kind is Kind.ANSWER):
        if answers:
            yield from ((block.question, block.text, block.page) for block in group)
        else:
            yield from (("", _joined(pieces), pieces[0].page) for pieces in _packed(list(_pieces(group))))


def _pieces(blocks: Iterable[Block]) -> Iterator[_Piece]:
    """Sentences, items and rows, each with the words that introduce it."""
    lead = ""
    for block in blocks:
        if block.kind is Kind.TEXT:
            sentences = [part for sentence in sentences_of(block.text) for part in _parts(sentence)]
            lead = sentences[-1] if sentences and sentences[-1].endswith(":") else ""
            for n, sentence in enumerate(sentences):
                yield _Piece(sentence, block.page, block.kind, opens=n == 0)
        else:
            mark = "- " if block.kind is Kind.ITEM and not _NUMBER.match(block.text) else ""
            for n, part in enumerate(_parts(block.text)):
                yield _Piece(mark + part if n == 0 else part, block.page, block.kind, opens=n == 0, lead=lead)


def _parts(sentence: str) -> list[str]:
    """The sentence; what is far too long for one is a text without punctuation, and goes in parts."""
    return [sentence] if len(sentence) <= _NO_SENTENCE else wrap(sentence, _NO_SENTENCE // 3)


def _packed(pieces: Sequence[_Piece]) -> Iterator[list[_Piece]]:
    """Neighbours together until there are enough words; what is left over joins the last one if it fits."""
    packs: list[list[_Piece]] = []
    pack: list[_Piece] = []
    for piece in pieces:
        if pack and (_size(pack) >= ENOUGH or _size(pack) + piece.words > MOST):
            ending = [pack.pop()] if _introduces(pack[-1]) and len(pack) > 1 else []
            packs.append(pack)
            pack = ending
            if piece.lead and not ending:
                pack = [_Piece(piece.lead, piece.page, Kind.TEXT, again=True)]
        pack.append(piece)
    if packs and _size(packs[-1]) + _size(pack) <= MOST:
        packs[-1] += pack[1:] if pack and pack[0].again else pack
    elif pack:
        packs.append(pack)
    yield from packs


def _introduces(piece: _Piece) -> bool:
    return piece.kind is Kind.TEXT and piece.text.endswith(":")


def _size(pack: Sequence[_Piece]) -> int:
    return sum(piece.words for piece in pack)


def _joined(pieces: Sequence[_Piece]) -> str:
    """Sentences of a paragraph on one line; paragraphs, items and rows on lines of their own."""
    text = pieces[0].text
    for piece in pieces[1:]:
        text += ("\n" if piece.opens else " ") + piece.text
    return text


def _named(passages: Iterable[Passage]) -> Iterator[Passage]:
    """With ids that stay while document, section and words do; equal passages are counted."""
    seen: dict[str, int] = {}
    for passage in passages:
        parts = (passage.document, passage.section, passage.question, passage.text)
        name = sha256("\x00".join(parts).encode()).hexdigest()[:_ID_LENGTH]
        count = seen[name] = seen.get(name, 0) + 1
        yield Passage(
            name if count == 1 else f"{name}-{count}",
            passage.document, passage.section, passage.text, passage.page, passage.question,
        )  # fmt: skip
