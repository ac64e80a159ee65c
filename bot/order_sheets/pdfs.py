"""A PDF with text -> its lines, every run of text with its place on the page; scans and broken files told apart."""

import io
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from dataclasses import replace as with_changes
from math import hypot
from typing import Any

from pypdf import Configuration as PdfLimits
from pypdf import PageObject, PasswordType, PdfReader, apply_configuration
from pypdf.errors import DependencyError, PyPdfError
from pypdf.generic import ArrayObject, ContentStream, FloatObject, NameObject, is_null_or_none

from bot.order_sheets.limits import MOST_CELL, MOST_LINES, MOST_PAGES
from bot.order_sheets.pdf_tables import Line, Run, table_of_lines
from bot.order_sheets.tables import rows_of
from core.domain.sheets import LEFT_OUT
from core.ports import SheetRow, Unread

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
_MOST_STREAM = 8_000_000
_MOST_RUNS = 20_000
_LIMITS: dict[str, Any] = {
    "maximum_declared_stream_length": _MOST_STREAM * 2,
    "array_based_stream_maximum_output_length": _MOST_STREAM,
    "zlib_maximum_output_length": _MOST_STREAM,
    "lzw_maximum_output_length": _MOST_STREAM,
    "run_length_maximum_output_length": _MOST_STREAM,
    "stream_parsing_work_maximum_count": 500_000,
    "xform_maximum_invocations_per_extraction": 200,
    "page_tree_maximum_entries": 2_000,
}
_IDENTITY = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
Matrix = tuple[float, ...]


def pdf_rows(content: bytes) -> tuple[SheetRow, ...] | Unread:
    """The rows of a PDF. NO_TEXT for a scan, BROKEN for one with a password or damage."""
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        with apply_configuration(with_changes(PdfLimits(), **_LIMITS)):
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
    pages = [_lines(page) for page in reader.pages[:MOST_PAGES]]
    if not any(pages):
        return Unread.NO_TEXT
    rows = rows_of(table_of_lines(pages)[: MOST_LINES + 1])
    if count > MOST_PAGES:
        rows.append(SheetRow(f"{LEFT_OUT} the pages after page {MOST_PAGES}"))
    return tuple(rows) or Unread.EMPTY


# -- runs of text ----------------------------------------------------------------------------------------


def _lines(page: PageObject) -> list[Line]:
    """The lines of a page from top to bottom, their runs from left to right."""
    runs: list[Run] = []

    def keep(text: str, outer: Sequence[float], inner: Sequence[float], _: Any, size: float) -> None:
        matrix = _times(inner, outer)
        # Text on its side is no line of an order.
        upright = abs(matrix[1]) < abs(matrix[0]) / 10
        words = " ".join(text.split())[:MOST_CELL]
        if words and upright and len(runs) < _MOST_RUNS:
            runs.append(Run(words, matrix[4], matrix[5], abs(size) * hypot(matrix[2], matrix[3])))

    _part_runs(page)
    page.extract_text(visitor_text=keep)
    return list(_on_lines(runs))


def _on_lines(runs: list[Run]) -> Iterator[Line]:
    """Runs whose baselines are (nearly) the same height stand on one line."""
    line: list[Run] = []
    for run in sorted(runs, key=lambda r: (-r.y, r.x)):
        if line and line[0].y - run.y > 0.3 * max(run.size, 1.0):
            yield Line(sorted(line, key=lambda r: r.x))
            line = []
        line.append(run)
    if line:
        yield Line(sorted(line, key=lambda r: r.x))


@dataclass(slots=True)
class _TextPlace:
    """Where the next line of text starts: the text line matrix of PDF 1.7, 9.4.1, and the leading."""

    matrix: Matrix = _IDENTITY
    leading: float = 0.0

    def after(self, operator: bytes, operands: list[Any]) -> bool:
        """Follow a text-positioning operator; False for any other."""
        numbers = [float(o) for o in operands if isinstance(o, int | float)]
        if operator == b"Tm" and len(numbers) == 6:
            self.matrix = tuple(numbers)
        elif operator in (b"Td", b"TD") and len(numbers) == 2:
            self.leading = -numbers[1] if operator == b"TD" else self.leading
            self.matrix = _times((1.0, 0.0, 0.0, 1.0, *numbers), self.matrix)
        elif operator == b"T*":
            self.matrix = _times((1.0, 0.0, 0.0, 1.0, 0.0, -self.leading), self.matrix)
        elif operator == b"TL" and len(numbers) == 1:
            self.leading = numbers[0]
            return False
        else:
            return False
        return True


def _part_runs(page: PageObject) -> None:
    """Make every positioned piece of text an object of its own, so that each is reported with its own place.

    pypdf joins what one text object shows on a line, cells of a table included.
    """
    contents = page.get("/Contents")
    if contents is None or is_null_or_none(contents):
        return
    stream = ContentStream(contents, page.pdf, "bytes")  # as text it would lose the codes of two-byte fonts
    place = _TextPlace()
    parted: list[tuple[Any, bytes]] = []
    for operands, operator in stream.operations:
        if operator == b"BT":
            place.matrix = _IDENTITY
        listed = list(operands) if isinstance(operands, list) else []
        if operator in (b"Td", b"TD", b"T*", b"Tm") and place.after(operator, listed):
            matrix = ArrayObject(FloatObject(n) for n in place.matrix)
            parted += [([], b"ET"), ([], b"BT"), (matrix, b"Tm")]
        else:
            place.after(operator, listed)
            parted.append((operands, operator))
    stream.operations = parted
    page[NameObject("/Contents")] = stream


def _times(first: Sequence[float], then: Sequence[float]) -> Matrix:
    """The product of two transformations (PDF 1.7, 8.3.4)."""
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m)
