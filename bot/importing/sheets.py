"""Rows out of a CSV or .xlsx file: the header checked by name, every cell as clean text with its line."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.importing.problems import Findings, ImportProblems, RowProblem
from bot.importing.workbook import ZIP_MAGIC, BadCell, workbook_rows

MAX_BYTES = 10 * 1024 * 1024
MAX_ROWS = 50_000
# What an Excel sheet can hold; a damaged one may claim more.
MAX_LINES = 1_048_576
MAX_COLUMNS = 64
OLD_EXCEL_MAGIC = b"\xd0\xcf\x11\xe0"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
# Enough to see what is wrong with a file; a binary file would otherwise give a problem a line.
MAX_PROBLEMS = 1_000

RawRow = tuple[int, list[str | BadCell]]


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its line in the file and its cells by column name, as trimmed text."""

    line: int
    cells: dict[str, str]


def read_rows(name: str, content: bytes, columns: tuple[str, ...], findings: Findings) -> list[Row]:
    """The rows of a file whose header must be `columns` in any order.

    Whether it is a workbook is read off the content, not the name. Problems with the file or its header
    raise ImportProblems at once; a bad row goes to `findings` and is left out.
    """
    if len(content) > MAX_BYTES:
        raise _whole_file(name, f"is larger than {MAX_BYTES // 1024 // 1024} MB")
    rows = workbook_rows(name, content) if content.startswith(ZIP_MAGIC) else _csv_rows(name, content)
    filled = _filled(name, rows)
    first = next(filled, None)
    if first is None:
        raise _whole_file(name, "is empty; the first line must be " + ",".join(columns))
    header = _header(name, first, columns)
    read: list[Row] = []
    try:
        for raw in filled:
            if row := _row(raw, header, findings):
                read.append(row)
            if len(findings.problems) >= MAX_PROBLEMS:
                raise _whole_file(name, f"has {MAX_PROBLEMS} problems or more; stopped reading", raw[0])
    except ImportProblems as broken:
        findings.problems.extend(broken.problems)
        findings.raise_if_any()
    if not read and not findings.problems:
        raise _whole_file(name, "has a header but no rows")
    return read


def _whole_file(name: str, reason: str, line: int = 0) -> ImportProblems:
    return ImportProblems(name, [RowProblem(line, "", "", reason)])


def _csv_rows(name: str, content: bytes) -> Iterator[RawRow]:
    text = _decoded(name, content)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        # A quoted cell may span lines; the row is named by the line it starts on.
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _whole_file(name, f"is not well-formed CSV from here on ({error})", line) from error
        yield line, list(cells)


def _decoded(name: str, content: bytes) -> str:
    if content.startswith(OLD_EXCEL_MAGIC):
        raise _whole_file(name, "is an old .xls workbook; save it as .xlsx or as CSV UTF-8")
    if content.startswith(UTF16_MARKS):
        raise _whole_file(name, "is UTF-16 text; save it as CSV UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _whole_file(name, "is not UTF-8 text; save it as CSV UTF-8", line) from error


def _filled(name: str, rows: Iterable[RawRow]) -> Iterator[RawRow]:
    """Rows that hold anything, trimmed of empty cells at the end."""
    count = 0
    for line, cells in rows:
        if line > MAX_LINES:
            raise _whole_file(name, f"has more than {MAX_LINES} lines")
        cleaned = [cell if isinstance(cell, BadCell) else tidy(cell) for cell in cells]
        while cleaned and cleaned[-1] == "":
            cleaned.pop()
        if not cleaned:
            continue
        count += 1
        if count > MAX_ROWS:
            raise _whole_file(name, f"has more than {MAX_ROWS} rows", line)
        yield line, cleaned


def tidy(text: str) -> str:
    """Text in composed form (NFC) with every run of white space, line breaks included, as one space."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def _header(name: str, first: RawRow, columns: tuple[str, ...]) -> list[str]:
    line, cells = first
    header = ["" if isinstance(cell, BadCell) else cell.casefold().replace(" ", "_") for cell in cells]
    findings = Findings(name)
    if len(header) == 1 and any(mark in header[0] for mark in (";", "\t")):
        raise _whole_file(name, "columns must be separated by commas", line)
    for column in sorted(set(header) - set(columns)):
        findings.refuse(line, column, "", "this column is not known" if column else "a column has no name")
    for column in columns:
        if column not in header:
            findings.refuse(line, column, "", "this column is missing")
        if header.count(column) > 1:
            findings.refuse(line, column, "", "this column is there more than once")
    findings.raise_if_any()
    return header


def _row(raw: RawRow, header: list[str], findings: Findings) -> Row | None:
    line, values = raw
    if len(values) > len(header):
        reason = f"has {len(values)} cells under {len(header)} columns; is a comma not in quotes?"
        findings.refuse(line, "", "", reason)
        return None
    padded = [*values, *[""] * (len(header) - len(values))]
    cells: dict[str, str] = {}
    for column, value in zip(header, padded, strict=True):
        if isinstance(value, BadCell):
            findings.refuse(line, column, value.shown, value.reason)
        elif any(unicodedata.category(mark) in {"Cc", "Cs"} for mark in value):
            findings.refuse(line, column, ascii(value)[1:-1], "has a control character in it")
        else:
            cells[column] = value
    return Row(line, cells) if len(cells) == len(header) else None
