"""Pages of a PDF -> lines of text with their place, size and weight.

pypdf's layout mode sets a page in characters of one width, as wide apart as they stand there: that tells words, cells
of tables and columns. It tells nothing of fonts; these come from its plain mode, and meet by the letters of a line.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import hypot
from typing import Any

from pypdf import PageObject

from knowledge.documents.blocks import tidy
from knowledge.documents.limits import MOST_CELL

# So many steps make the height of a line; layout mode shows more than that as empty lines.
STEPS = 10
# Blanks that part two cells; justified text may have two between its words.
_CELL = re.compile(r"\S+(?: {1,2}\S+)*")
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Run:
    """A cell, or a whole line where there are none: its text and the column of its first letter."""

    text: str
    x: int

    @property
    def end(self) -> int:
        """The column behind its last letter."""
        return self.x + len(self.text)


@dataclass(frozen=True, slots=True)
class Line:
    """What stands at one height of a page. `y` falls down the page, in steps (see STEPS); `size` in points."""

    runs: tuple[Run, ...]
    page: int
    y: int
    size: float = 0.0
    bold: bool = False

    @property
    def end(self) -> int:
        """The column behind its last letter."""
        return self.runs[-1].end

    @property
    def text(self) -> str:
        """The words of the line."""
        return " ".join(run.text for run in self.runs)


def lines_of(page: PageObject, number: int) -> list[Line]:
    """The lines of a page from top to bottom; of two columns of text first the left one's."""
    letters = _Letters()
    plain = page.extract_text(visitor_text=letters.hear)
    shown = page.extract_text(extraction_mode="layout", layout_mode_font_height_weight=1 / STEPS)
    lines = list(_lines(shown, number, letters))
    if not lines:
        # Layout mode does not look into forms, which some programs put whole pages in.
        return [
            Line((Run(text, 0),), number, -n * STEPS) for n, row in enumerate(plain.splitlines()) if (text := tidy(row))
        ]
    gutter = _gutter(lines)
    return lines if gutter is None else [*_part(lines, 0, gutter), *_part(lines, gutter, None)]


def _lines(shown: str, page: int, letters: "_Letters") -> Iterator[Line]:
    for n, row in enumerate(shown.split("\n")):
        cells = ((tidy(cell.group())[:MOST_CELL], cell.start()) for cell in _CELL.finditer(row))
        runs = tuple(Run(text, x) for text, x in cells if text)
        if runs:
            size, bold = letters.style_of(runs)
            yield Line(runs, page, -n, size, bold)


def _gutter(lines: Sequence[Line]) -> int | None:
    """Where the right one of two columns of running text starts, or None: then no line is parted."""
    parted = [line for line in lines if len(line.runs) == 2 and all(len(run.text.split()) > 3 for run in line.runs)]
    if len(parted) < 6 or len(parted) * 3 < len(lines):
        return None
    start = sorted(line.runs[1].x for line in parted)[len(parted) // 2]
    agreeing = sum(abs(line.runs[1].x - start) <= 1 for line in parted)
    return start - 1 if agreeing * 4 > len(parted) * 3 else None


def _part(lines: Sequence[Line], start: int, end: int | None) -> Iterator[Line]:
    """What of the lines stands in some columns of the page."""
    for line in lines:
        runs = tuple(run for run in line.runs if run.x >= start and (end is None or run.x < end))
        if runs:
            yield Line(runs, line.page, line.y, line.size, line.bold)


@dataclass(slots=True)
class _Letters:
    """The letters of a page in the order in which they are drawn, without blanks, and their fonts."""

    _text: str = ""
    _starts: list[int] = field(default_factory=list)
    _styles: list[tuple[float, bool]] = field(default_factory=list)
    _at: int = 0

    def hear(self, text: str, outer: Sequence[float], inner: Sequence[float], font: Any, size: float) -> None:
        """A piece of text as pypdf comes to it, with its matrices and its font."""
        letters = _BLANKS.sub("", tidy(text))
        if letters:
            # The height of a letter: the font's size times what both matrices make of it (PDF 1.7, 8.3.4).
            scale = hypot(inner[2], inner[3]) * hypot(outer[2], outer[3])
            self._starts.append(len(self._text))
            self._styles.append((abs(size) * scale, "bold" in str((font or {}).get("/BaseFont", "")).casefold()))
            self._text += letters

    def style_of(self, runs: Sequence[Run]) -> tuple[float, bool]:
        """The largest size of a line's letters, and whether all are bold; (0, False) where they are not found."""
        found = [self._styles_of(_BLANKS.sub("", run.text)) for run in runs]
        styles = [style for one in found for style in one]
        if not styles:
            return 0.0, False
        return round(max(size for size, _ in styles), 1), all(bold for _, bold in styles)

    def _styles_of(self, letters: str) -> list[tuple[float, bool]]:
        start = self._place_of(letters)
        if start < 0:
            return []
        self._at = start
        first = bisect_right(self._starts, start) - 1
        last = bisect_right(self._starts, start + len(letters) - 1)
        return self._styles[first:last]

    def _place_of(self, letters: str) -> int:
        """Where letters were drawn: best where a piece starts, and after the line before, for words come again."""
        anywhere = self._text.find(letters)
        if anywhere < 0:
            return anywhere
        starts = set(self._starts)
        for begin, end in ((self._at, len(self._text)), (0, self._at)):
            at = self._text.find(letters, begin)
            while 0 <= at < end:
                if at in starts:
                    return at
                at = self._text.find(letters, at + 1)
        return anywhere
