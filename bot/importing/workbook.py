"""The first sheet of an .xlsx workbook as rows of text, as a person sees them in Excel."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from struct import error as StructError
from typing import Any
from warnings import catch_warnings, simplefilter
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from bot.importing.problems import ImportProblems, RowProblem

ZIP_MAGIC = b"PK\x03\x04"
MAX_UNPACKED_BYTES = 100 * 1024 * 1024
MAX_WIDTH = 64
# openpyxl promises no exception of its own for a damaged workbook; these are what its parts raise.
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    StructError,
    ParseError,
    InvalidFileException,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class BadCell:
    """A cell that has no trustworthy text, and why."""

    shown: str
    reason: str


def workbook_rows(name: str, content: bytes) -> Iterator[tuple[int, list[str | BadCell]]]:
    """The first sheet's rows with their line numbers. Raises ImportProblems on a damaged workbook.

    Formulas count as their last computed value.
    """
    try:
        # openpyxl warns of styles and extensions it does not read; none of them matters to a table.
        with catch_warnings():
            simplefilter("ignore")
            yield from _rows(content)
    except DAMAGED as error:
        reason = f"is not a readable .xlsx workbook ({error})"
        raise ImportProblems(name, [RowProblem(0, "", "", reason)]) from error


def _rows(content: bytes) -> Iterator[tuple[int, list[str | BadCell]]]:
    if unpacked_size(content) > MAX_UNPACKED_BYTES:
        raise ValueError("too large when unpacked")
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    try:
        if not book.worksheets:
            raise ValueError("it has no sheet")
        sheet = book.worksheets[0]
        # The size a sheet claims is often wrong (Google Sheets) and sometimes a million rows.
        sheet.reset_dimensions()
        for line, cells in enumerate(sheet.iter_rows(max_col=MAX_WIDTH), start=1):
            yield line, [cell_text(cell) for cell in cells]
    finally:
        book.close()


def unpacked_size(content: bytes) -> int:
    """How many bytes a zip archive says it unpacks to; zipfile reads no more than that. Raises one of DAMAGED."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return sum(member.file_size for member in archive.infolist())


def cell_text(cell: Any) -> str | BadCell:
    """A cell of openpyxl's as a person sees it in Excel."""
    value = cell.value
    if cell.data_type == "e":
        return BadCell(str(value), "is an Excel error")
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _number(value, str(cell.number_format or ""))
    return _other(value)


def _number(value: int | float, number_format: str) -> str:
    """A number without exponent or float noise; the format 000000 keeps its leading zeros."""
    # Excel keeps 15 significant digits; what follows them in the file is noise of the binary form.
    text = f"{value:.15g}" if isinstance(value, float) else str(value)
    if "e" in text:
        text = f"{value:.0f}" if value == int(value) else f"{value:.15f}".rstrip("0")
    if re.fullmatch(r"0+", number_format) and text.isdigit():
        return text.zfill(len(number_format))
    return text


def _other(value: object) -> str | BadCell:
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, timedelta) and timedelta(0) <= value < timedelta(days=1):
        return f"{value.seconds // 3600:02d}:{value.seconds // 60 % 60:02d}"
    if isinstance(value, datetime | date | timedelta):
        return BadCell(str(value), "was turned into a date by the spreadsheet; format the column as text")
    return str(value)
