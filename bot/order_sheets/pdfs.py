"""A PDF with text: lines by place on the page, columns found under their heads, wrapped cells put together."""

import io
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from dataclasses import replace as with_changes

from pypdf import Configuration as PdfLimits
from pypdf import PasswordType, PdfReader, apply_configuration
from pypdf.errors import DependencyError, PyPdfError

from bot.order_sheets.headers import Columns, Role, columns_of
from bot.order_sheets.limits import MOST_CELL, MOST_LINES, MOST_PAGES
from bot.order_sheets.tables import rows_of
from core.ports import SheetRow, Unread
from core.understanding.sheet import LEFT_OUT

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
    NotImplementedError,
)
_MOST_STREAM = 8_000_000
_CELL = re.compile(r"\S+(?: \S+)*")
_PAGE_WIDTH = 600


@dataclass(frozen=True, slots=True)
class _Piece:
    """Words on a line without a wide gap, and where they stand."""

    text: str
    start: int
    end: int


_Line = list[_Piece]


def pdf_rows(content: bytes) -> tuple[SheetRow, ...] | Unread:
    """The rows of a PDF. NO_TEXT for a scan, BROKEN for one with a password or damage."""
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    limits = with_changes(
        PdfLimits(),
        maximum_declared_stream_length=_MOST_STREAM * 2,
        array_based_stream_maximum_output_length=_MOST_STREAM,
        zlib_maximum_output_length=_MOST_STREAM,
        lzw_maximum_output_length=_MOST_STREAM,
        run_length_maximum_output_length=_MOST_STREAM,
        stream_parsing_work_maximum_count=500_000,
        xform_maximum_invocations_per_extraction=200,
        page_tree_maximum_entries=2_000,
    )
    try:
        with apply_configuration(limits):
            return _rows(content)
    except _DAMAGED:
        return Unread.BROKEN


def _rows(content: bytes) -> tuple[SheetRow, ...] | Unread:
    reader = PdfReader(io.BytesIO(content))
    if reader.is_encrypted and reader.decrypt("") is PasswordType.NOT_DECRYPTED:
        return Unread.BROKEN
    count = len(reader.pages)
    if not count:
        return Unread.EMPTY
    blocks: list[list[_Line]] = []
    for page in reader.pages[:MOST_PAGES]:
        text = page.extract_text(extraction_mode="layout", layout_mode_strip_rotated=False)
        blocks += _blocks(text)
    if not blocks:
        return Unread.NO_TEXT
    rows = rows_of(_table(blocks)[: MOST_LINES + 1])
    if count > MOST_PAGES:
        rows.append(SheetRow(f"{LEFT_OUT} the pages after page {MOST_PAGES}"))
    return tuple(rows) or Unread.EMPTY


def _blocks(text: str) -> Iterator[list[_Line]]:
    """Lines that stand together, parted by empty ones."""
    block: list[_Line] = []
    for line in text[: MOST_LINES * _PAGE_WIDTH].replace("\t", "    ").split("\n"):
        pieces = [_Piece(m[0][:MOST_CELL], m.start(), m.end()) for m in _CELL.finditer(line[:_PAGE_WIDTH])]
        if pieces:
            block.append(pieces)
        elif block:
            yield block
            block = []
    if block:
        yield block


# -- columns ---------------------------------------------------------------------------------------------


def _table(blocks: Sequence[list[_Line]]) -> list[list[str]]:
    """The lines as rows of cells: under a header by place, elsewhere one cell a piece."""
    table: list[list[str]] = []
    header: _Line | None = None
    columns: Columns | None = None
    for block in blocks:
        lines: list[tuple[_Line, list[str]]] = []
        for line in block:
            named = columns_of([piece.text for piece in line])
            if named is not None and (named.quantities or header is None):
                table += _folded(lines, columns)
                lines, header, columns = [], line, named
                table.append([piece.text for piece in line])
            else:
                lines.append((line, _cells(line, header) if header else [piece.text for piece in line]))
        table += _folded(lines, columns)
    return table


def _cells(line: _Line, header: _Line) -> list[str]:
    """A line's pieces under the heads that they stand nearest to."""
    cells = [""] * len(header)
    for piece in line:
        at = min(range(len(header)), key=lambda n: _distance(piece, header[n]))
        cells[at] = f"{cells[at]} {piece.text}".strip()
    return cells


def _distance(piece: _Piece, head: _Piece) -> tuple[int, int]:
    """How far apart two pieces stand, across the gap and then from edge to edge (left or right)."""
    gap = max(piece.start - head.end, head.start - piece.end, 0)
    return gap, min(abs(piece.start - head.start), abs(piece.end - head.end))


# -- wrapped cells ---------------------------------------------------------------------------------------


def _folded(lines: Sequence[tuple[_Line, list[str]]], columns: Columns | None) -> list[list[str]]:
    """The rows of a block, with lines that only go on with a description put to the row they belong to."""
    rows = [cells for _, cells in lines]
    if columns is None:
        return rows
    words = [n for n, role in enumerate(columns.roles) if role in (Role.DESCRIPTION, Role.DETAIL, Role.REMARK)]
    loose = [all(n in words for n, cell in enumerate(row) if cell) for row in rows]
    whole = [n for n, only_words in enumerate(loose) if not only_words]
    if len(whole) == 1 and len(rows) > 1:
        return [_together(rows)]
    return _by_width(rows, loose, words)


def _by_width(rows: list[list[str]], loose: Sequence[bool], words: Sequence[int]) -> list[list[str]]:
    """Rows without gaps between them: a line goes on with the one before where its first word had no room there."""
    width = max((len(row[n]) for row in rows for n in words), default=0)
    folded: list[list[str]] = []
    for row, only_words in zip(rows, loose, strict=True):
        last = folded[-1] if folded else None
        if last is not None and only_words and _goes_on(row, last, words, width):
            folded[-1] = _together([last, row])
        else:
            folded.append(row)
    return folded


def _goes_on(row: Sequence[str], last: Sequence[str], words: Sequence[int], width: int) -> bool:
    for n in words:
        if not row[n]:
            continue
        first = row[n].split()[0]
        if not last[n] or len(last[n]) + 1 + len(first) <= width:
            return False
        if set(row[n].casefold().split()) & set(last[n].casefold().split()):
            return False
    return any(row)


def _together(rows: Sequence[Sequence[str]]) -> list[str]:
    return [" ".join(cell for cell in cells if cell) for cells in zip(*rows, strict=True)]
