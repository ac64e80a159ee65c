"""What a loader makes of a document: its blocks in reading order, each under its headings."""

import re
import unicodedata
from dataclasses import dataclass
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


def tidy(text: str) -> str:
    """One line without unseen characters and doubled blanks."""
    return " ".join(_UNSEEN.sub("", unicodedata.normalize("NFC", text).replace("\n", " ")).split())


class Outline:
    """The headings above the place where a loader is."""

    def __init__(self) -> None:
        self._open: list[tuple[int, str]] = []

    def enter(self, level: int, heading: str) -> None:
        """A heading begins; it closes those of its level and below."""
        self._open = [(above, name) for above, name in self._open if above < level]
        if heading:
            self._open.append((level, heading))

    @property
    def path(self) -> tuple[str, ...]:
        """The headings above, outermost first."""
        return tuple(name for _, name in self._open)
