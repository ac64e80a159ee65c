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
from knowledge.documents.pdf_lines import Line, lines_of
from knowledge.documents.tables import rows_as_lines
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
_PITCH = 1.35
_PAGE_NUMBER = re.compile(r"^\W*(page\s*)?\d{1,4}(\s*(of|/)\s*\d{1,4})?\W*$", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
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
    return _Page(_body_size(lines), _mostly_bold(lines), _pitch(lines)).blocks(lines)


def _pages(content: bytes) -> list[list[Line]]:
    reader = PdfReader(io.BytesIO(content))
    if reader.is_encrypted and reader.decrypt("") is PasswordType.NOT_DECRYPTED:
        raise BadDocument("it is protected by a password")
    if len(reader.pages) > MOST_PAGES:
        raise BadDocument(f"it has more than {MOST_PAGES:,} pages")
    return [lines_of(page, number) for number, page in enumerate(reader.pages, start=1)]


def _without_running(pages: Sequence[list[Line]]) -> list[list[Line]]:
    """The pages without page numbers and without what stands at the head or foot of most of them."""
    seen = Counter(key for lines in pages for key in {_DIGITS.sub("#", line.text) for line in _edges(lines)})
    often = {key for key, count in seen.items() if count >= 3 and count * 2 > len(pages)}
    found = []
    for lines in pages:
        edges = {id(line) for line in _edges(lines)}
        found.append(
            [
                line
                for line in lines
                if id(line) not in edges or not (_PAGE_NUMBER.match(line.text) or _DIGITS.sub("#", line.text) in often)
            ]
        )
    return found


def _edges(lines: Sequence[Line]) -> list[Line]:
    return [*lines[:_EDGE], *lines[max(_EDGE, len(lines) - _EDGE) :]]


def _body_size(lines: Sequence[Line]) -> float:
    """The size that most letters have."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size, 1)] += len(line.text)
    return max(sizes, key=lambda size: (sizes[size], -size)) if sizes else 1.0


def _mostly_bold(lines: Sequence[Line]) -> bool:
    return sum(len(line.text) for line in lines if line.bold) * 2 > sum(len(line.text) for line in lines)


def _pitch(lines: Sequence[Line]) -> float:
    """The usual distance of two lines, in points."""
    steps = Counter(
        round(above.y - line.y, 1) for above, line in pairwise(lines) if above.page == line.page and above.y > line.y
    )
    return steps.most_common(1)[0][0] if steps else 1.0


@dataclass(slots=True)
class _Page:
    """One pass over the lines of a document."""

    size: float
    bold: bool
    pitch: float
    _outline: Outline = field(default_factory=Outline)

    def blocks(self, lines: Sequence[Line]) -> list[Block]:
        """The blocks of all lines, in order."""
        styles = sorted({self._style(line) for line in lines if self._is_heading(line)}, reverse=True)
        at = 0
        while at < len(lines):
            heading = self._is_heading(lines[at])
            end = at + 1
            while end < len(lines) and self._goes_on(lines[end - 1], lines[end], heading):
                end += 1
            group = lines[at:end]
            if heading:
                self._outline.heading(styles.index(self._style(lines[at])), _run_on(group), lines[at].page)
            elif len(lines[at].runs) > 1:
                self._table(group)
            else:
                self._paragraph(group)
            at = end
        return self._outline.finished()

    def _style(self, line: Line) -> tuple[float, bool]:
        return round(line.size, 1), line.bold

    def _is_heading(self, line: Line) -> bool:
        """Larger than the body or bold in a body that is not, short, and no sentence."""
        if len(line.runs) > 1 or line.text[-1:] in ".,;" or len(line.text.split()) > _LONGEST_HEADING:
            return False
        if not any(c.isalpha() for c in line.text):
            return False
        return line.size > self.size * _LARGER or (line.bold and not self.bold and line.size > self.size * 0.95)

    def _goes_on(self, above: Line, line: Line, heading: bool) -> bool:
        """Whether a line belongs to what the line above began: a heading, a table, a paragraph or an item."""
        if heading or self._is_heading(line):
            return heading and self._style(above) == self._style(line) and self._near(above, line)
        if len(above.runs) > 1 or len(line.runs) > 1:
            return self._in_table(above, line)
        if ITEM.match(line.text):
            return False
        if above.page != line.page:
            return above.text[-1:] not in ".!?:"
        return self._near(above, line)

    def _near(self, above: Line, line: Line) -> bool:
        return above.page == line.page and 0 <= above.y - line.y <= self.pitch * _PITCH * max(
            line.size / self.size, 1.0
        )

    def _in_table(self, above: Line, line: Line) -> bool:
        """Rows follow each other; a single cell that does not stand first goes on with the row above it."""
        if above.page != line.page or above.y - line.y > self.pitch * 3:
            return False
        if len(above.runs) > 1 and len(line.runs) > 1:
            return True
        first, second = (above, line) if len(above.runs) > 1 else (line, above)
        wrapped = second.runs[0].x > first.runs[0].end
        return wrapped and abs(above.y - line.y) <= self.pitch * _PITCH

    def _table(self, lines: Sequence[Line]) -> None:
        for row in rows_as_lines(_rows(lines)):
            self._outline.add(row, Kind.ROW if len(lines) > 1 else Kind.TEXT, lines[0].page)

    def _paragraph(self, lines: Sequence[Line]) -> None:
        text = _run_on(lines)
        if ITEM.match(lines[0].text):
            self._outline.add(item_of(text), Kind.ITEM, lines[0].page)
        else:
            self._outline.add(text, Kind.TEXT, lines[0].page)


def _run_on(lines: Sequence[Line]) -> str:
    """Lines as running text; a word that was parted at a line's end stays hyphenated only if it begins a compound."""
    text = lines[0].text
    for line in lines[1:]:
        if re.search(r"[a-z]-$", text) and line.text[:1].islower():
            text = (
                text[:-1] + line.text
                if not re.search(r"\b(?:non|pre|self|two|three|one|re|co)-$", text)
                else text + line.text
            )
        else:
            text += " " + line.text
    return tidy(text)


def _rows(lines: Sequence[Line]) -> list[list[str]]:
    """Lines of a table as rows: each run under the head that it stands nearest to; wrapped cells put together."""
    heads = max(lines, key=lambda line: len(line.runs)).runs
    rows: list[list[str]] = []
    for line in lines:
        cells = [""] * len(heads)
        for run in line.runs:
            at = min(range(len(heads)), key=lambda n: _distance(run.x, run.end, heads[n].x, heads[n].end))
            cells[at] = f"{cells[at]} {run.text}".strip()
        if rows and not cells[0]:
            rows[-1] = [f"{above} {cell}".strip() for above, cell in zip(rows[-1], cells, strict=True)]
        else:
            rows.append(cells)
    return rows


def _distance(start: float, end: float, head_start: float, head_end: float) -> float:
    """How far two runs stand apart sideways; by their middles and left ends where they overlap."""
    gap = max(start - head_end, head_start - end, 0.0)
    return gap * 10 + min(abs(start - head_start), abs(start + end - head_start - head_end) / 2)
