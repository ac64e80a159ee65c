"""A PDF with text -> blocks: its headings by size and weight, tables row by row, pages kept, running heads left out."""

import io
import logging
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from dataclasses import replace as with_changes
from itertools import pairwise
from typing import Any

from pypdf import Configuration as PdfLimits
from pypdf import PasswordType, PdfReader, apply_configuration
from pypdf.errors import DependencyError, PyPdfError

from knowledge.documents.blocks import Block, Kind, Outline, tidy
from knowledge.documents.limits import MOST_PAGES
from knowledge.documents.pdf_lines import STEPS, Line, Run, lines_of
from knowledge.documents.pdf_tables import heads_of, in_columns, rows_of
from knowledge.documents.tables import is_header, rows_as_lines
from knowledge.documents.texts import ITEM, item_of
from knowledge.errors import BadDocument

# pypdf promises PyPdfError for a damaged file; these are what its parts raise besides.
_DAMAGED = (
    PyPdfError,
    DependencyError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    UnicodeError,
    ValueError,
)
_MOST_STREAM = 16_000_000
_LIMITS: dict[str, Any] = {
    "maximum_declared_stream_length": _MOST_STREAM * 2,
    "array_based_stream_maximum_output_length": _MOST_STREAM,
    "zlib_maximum_output_length": _MOST_STREAM,
    "lzw_maximum_output_length": _MOST_STREAM,
    "run_length_maximum_output_length": _MOST_STREAM,
    "stream_parsing_work_maximum_count": 1_000_000,
    "xform_maximum_invocations_per_extraction": 500,
    "page_tree_maximum_entries": MOST_PAGES * 4,
}
_LONGEST_HEADING = 14
# In parts of the body's font size: what makes a heading, and what parts two paragraphs beyond the usual pitch.
_LARGER = 1.12
_PITCH = 1.2
_PAGE_NUMBER = re.compile(r"^\W*(page\s*)?\d{1,4}(\s*(of|/)\s*\d{1,4})?\W*$", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
# Part of the margin up to which there surely is room.
_ROOM = 0.85
# A row of a table is no further from the one above than so many usual distances of lines.
_ROW_PITCH = 3.5
_PARTED = re.compile(r"[a-z]-$")
_COMPOUND = re.compile(
    r"\b(?:non|pre|post|self|half|full|two|three|four|five|one|re|co|same|next|long|short|high|low)-$"
)
_EDGE = 2  # lines at the head and foot of a page that may be running ones


def pdf_blocks(content: bytes) -> list[Block]:
    """The blocks of a PDF. Raises BadDocument for a scan, a password, or damage."""
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        with apply_configuration(with_changes(PdfLimits(), **_LIMITS)):
            pages = _pages(content)
    except _DAMAGED as error:
        raise BadDocument("it is not a readable PDF") from error
    if not any(pages):
        raise BadDocument("it holds no text; a scan has to be made readable first (OCR)")
    lines = [line for page in _without_running(pages) for line in page]
    return _Pass(_body_size(lines), _mostly_bold(lines), _pitch(lines), _margin(lines)).blocks(lines)


def _pages(content: bytes) -> list[list[Line]]:
    reader = PdfReader(io.BytesIO(content))
    if reader.is_encrypted and reader.decrypt("") is PasswordType.NOT_DECRYPTED:
        raise BadDocument("it is protected by a password")
    if len(reader.pages) > MOST_PAGES:
        raise BadDocument(f"it has more than {MOST_PAGES:,} pages")
    return [lines_of(page, number) for number, page in enumerate(reader.pages, start=1)]


def _without_running(pages: Sequence[list[Line]]) -> list[list[Line]]:
    """The pages without page numbers and without what stands at the head or foot of most of them, at one height."""
    edges = [_edges(lines) for lines in pages]
    seen = Counter(place for lines in edges for place in {_place(line) for line in lines})
    often = {place for place, count in seen.items() if count > 1 and count * 2 > len(pages)}
    found = []
    for lines, at_edge in zip(pages, edges, strict=True):
        running = {id(line) for line in at_edge if _PAGE_NUMBER.match(line.text) or _place(line) in often}
        found.append([line for line in lines if id(line) not in running])
    return found


def _edges(lines: Sequence[Line]) -> list[Line]:
    """The first and last lines of a page, but for those of a table: its header comes again on each page."""
    rows = {id(line) for pair in pairwise(lines) if all(len(one.runs) > 1 for one in pair) for line in pair}
    edges = [*lines[:_EDGE], *lines[max(_EDGE, len(lines) - _EDGE) :]]
    return [line for line in edges if id(line) not in rows]


def _place(line: Line) -> tuple[str, int]:
    return _DIGITS.sub("#", line.text), line.y


def _body_size(lines: Sequence[Line]) -> float:
    """The size that most letters have."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[line.size] += len(line.text)
    return max(sizes, key=lambda size: (sizes[size], -size)) if sizes else 1.0


def _mostly_bold(lines: Sequence[Line]) -> bool:
    return sum(len(line.text) for line in lines if line.bold) * 2 > sum(len(line.text) for line in lines)


def _pitch(lines: Sequence[Line]) -> int:
    """The usual distance of two lines, in steps."""
    steps = Counter(above.y - line.y for above, line in pairwise(lines) if above.page == line.page and above.y > line.y)
    return steps.most_common(1)[0][0] if steps else STEPS


def _margin(lines: Sequence[Line]) -> int:
    """The column where lines end that are full."""
    ends = sorted(line.end for line in lines if len(line.runs) == 1)
    return ends[int(len(ends) * 0.9)] if ends else 0


@dataclass(slots=True)
class _Pass:
    """One pass over the lines of a document, whose body has this size, weight, distance of lines and right margin.

    `_heads` and `_header` are the columns of the last table, for it may go on over the page.
    """

    size: float
    bold: bool
    pitch: int
    margin: int
    _outline: Outline = field(default_factory=Outline)
    _heads: tuple[Run, ...] = ()
    _header: list[str] = field(default_factory=list)

    def blocks(self, lines: Sequence[Line]) -> list[Block]:
        """The blocks of all lines, in order."""
        styles = sorted({self._style(line) for line in lines if self._is_heading(line)}, reverse=True)
        at, in_table = 0, False
        while at < len(lines):
            first, end = lines[at], self._end(lines, at)
            if self._is_heading(first):
                self._outline.heading(styles.index(self._style(first)), _run_on(lines[at:end]), first.page)
            elif len(first.runs) > 1:
                self._table(lines[at:end], follows=in_table and lines[at - 1].page < first.page)
            else:
                self._paragraph(lines[at:end])
            at, in_table = end, len(first.runs) > 1
        return self._outline.finished()

    def _end(self, lines: Sequence[Line], at: int) -> int:
        """Where what begins at a line ends: a heading, a table, a paragraph or an item."""
        goes_on = self._heading_on if self._is_heading(lines[at]) else self._runs_on
        end = at + 1
        if len(lines[at].runs) > 1:
            while end < len(lines) and self._in_table(lines[at:end], lines[end]):
                end += 1
            return end
        while end < len(lines) and goes_on(lines[end - 1], lines[end]):
            end += 1
        return end

    def _style(self, line: Line) -> tuple[float, bool]:
        return line.size, line.bold

    def _is_heading(self, line: Line) -> bool:
        """Larger than the body or bold in a body that is not, short, and no sentence."""
        if len(line.runs) > 1 or line.text[-1:] in ".,;" or len(line.text.split()) > _LONGEST_HEADING:
            return False
        if not any(c.isalpha() for c in line.text):
            return False
        return line.size > self.size * _LARGER or (line.bold and not self.bold and line.size > self.size * 0.95)

    def _heading_on(self, above: Line, line: Line) -> bool:
        return self._is_heading(line) and self._style(above) == self._style(line) and self._near(above, line)

    def _runs_on(self, above: Line, line: Line) -> bool:
        """Whether a line belongs to the paragraph or item of the one above."""
        if len(line.runs) > 1 or self._is_heading(line) or ITEM.match(line.text):
            return False
        if above.page != line.page:
            return above.text[-1:] not in ".!?:"
        return self._near(above, line) and not self._had_room(above, line)

    def _had_room(self, above: Line, line: Line) -> bool:
        """Whether the first word of a line had room above: then the line was not wrapped but begun."""
        return not line.text[:1].islower() and above.end + 1 + len(line.text.split()[0]) < self.margin * _ROOM

    def _near(self, above: Line, line: Line) -> bool:
        far = self.pitch * _PITCH * max(line.size / self.size, 1.0)
        return above.page == line.page and 0 <= above.y - line.y <= far

    def _in_table(self, table: Sequence[Line], line: Line) -> bool:
        near = table[-1].page == line.page and table[-1].y - line.y <= self.pitch * _ROW_PITCH
        return near and not self._is_heading(line) and in_columns(line, table)

    def _table(self, lines: Sequence[Line], *, follows: bool) -> None:
        """A table. One that `follows` another over the page has its columns and header; that may stand there again."""
        if not follows:
            self._heads, self._header = heads_of(lines), []
        rows = rows_of(lines, self._heads, self.pitch)
        if not self._header and is_header(rows):
            self._header, *rows = rows
        kind = Kind.ROW if self._header or len(rows) > 1 else Kind.TEXT
        for text in rows_as_lines([row for row in rows if row != self._header], self._header or None):
            self._outline.add(text, kind, lines[0].page)

    def _paragraph(self, lines: Sequence[Line]) -> None:
        text = _run_on(lines)
        if ITEM.match(lines[0].text):
            self._outline.add(item_of(text), Kind.ITEM, lines[0].page)
        else:
            self._outline.add(text, Kind.TEXT, lines[0].page)


def _run_on(lines: Sequence[Line]) -> str:
    """Lines as running text; a word that is parted at a line's end is one again, a compound keeps its hyphen."""
    text = lines[0].text
    for line in lines[1:]:
        if not (_PARTED.search(text) and line.text[:1].islower()):
            text += " " + line.text
        elif _COMPOUND.search(text):
            text += line.text
        else:
            text = text[:-1] + line.text
    return tidy(text)
