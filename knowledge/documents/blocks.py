"""What a loader makes of a document: its blocks in reading order, each under its headings."""

import re
import unicodedata
from dataclasses import dataclass, replace
from enum import StrEnum


class Kind(StrEnum):
    """What a block is."""

    TEXT = "text"
    ITEM = "item"
    ROW = "row"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a list item, a table row with its header's names, or the answer of an FAQ row (with `question`).

    `section` are the headings above it, outermost first; `page` of a PDF from 1.
    """

    text: str
    section: tuple[str, ...] = ()
    page: int | None = None
    kind: Kind = Kind.TEXT
    question: str = ""


# Controls, zero-width characters, soft hyphens and marks that turn the direction of writing: nobody sees them.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


# "ﬁ" and its like, which PDFs have for two letters.
_LIGATURES = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}


def tidy(text: str) -> str:
    """One line without unseen characters, ligatures and doubled blanks."""
    seen = _UNSEEN.sub("", unicodedata.normalize("NFC", text).replace("\n", " "))
    return " ".join(seen.translate(_LIGATURES).split())


class Outline:
    """The blocks of a document as a loader finds them, each put under the headings above it.

    A heading that has nothing below it is a block itself: what was taken for one may be all that is said.
    """

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._open: list[tuple[int, str]] = []
        self._bare: int | None = None  # the page of the last heading, where nothing has followed it yet
        self._is_bare = False

    def heading(self, level: int, text: str, page: int | None = None) -> None:
        """A heading begins; it closes those of its level and below."""
        if not text:
            return
        if self._is_bare and self._open[-1][0] >= level:
            self._settle()
        self._open = [(above, name) for above, name in self._open if above < level]
        self._open.append((level, text))
        self._bare, self._is_bare = page, True

    def add(self, text: str, kind: Kind = Kind.TEXT, page: int | None = None) -> None:
        """A block under the headings that are open."""
        if text:
            self.blocks.append(Block(text, tuple(name for _, name in self._open), page, kind))
            self._is_bare = False

    def finished(self, title: str = "") -> list[Block]:
        """All blocks; under `title` where there was no heading."""
        if self._is_bare:
            self._settle()
        if title and not any(block.section for block in self.blocks):
            return [replace(block, section=(title,)) for block in self.blocks]
        return self.blocks

    def _settle(self) -> None:
        _, text = self._open.pop()
        self.add(text, page=self._bare)
