"""Tables of frequent questions, CSV or .xlsx -> a block a row."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from itertools import islice
from typing import Any
from warnings import catch_warnings, simplefilter

from openpyxl import load_workbook

from knowledge.documents.archives import DAMAGED, check_unpacked
from knowledge.documents.blocks import Block, Kind, tidy
from knowledge.documents.limits import MOST_CELL, MOST_COLUMNS, MOST_ROWS
from knowledge.errors import BadDocument

_NAMES = {
    "question": ("question", "questions", "q"),
    "answer": ("answer", "answers", "a"),
    "section": ("section", "category", "topic"),
}
_HEADER_WITHIN = 10
_SEPARATORS = ",;\t|"
_NO_COLUMNS = "it has no columns named question and answer"

Table = list[list[str]]


def csv_blocks(source: str) -> list[Block]:
    """The rows of a CSV file, whatever separates its columns."""
    for separator in _SEPARATORS:
        try:
            rows = [row[:MOST_COLUMNS] for row in csv.reader(io.StringIO(source, newline=""), delimiter=separator)]
        except csv.Error as error:
            raise BadDocument(f"it is not a readable CSV file ({error})") from None
        if (blocks := _blocks(rows)) is not None:
            return blocks
    raise BadDocument(_NO_COLUMNS)


def workbook_blocks(content: bytes) -> list[Block]:
    """The rows of every visible sheet that is such a table, under the sheet's name where several are."""
    try:
        check_unpacked(content)
        # openpyxl warns of styles and extensions that it does not read; none of them matters here.
        with catch_warnings():
            simplefilter("ignore")
            tables = list(_tables(content))
    except DAMAGED as error:
        raise BadDocument("it is not a readable .xlsx workbook") from error
    found = [(title, blocks) for title, rows in tables if (blocks := _blocks(rows)) is not None]
    if not found:
        raise BadDocument(_NO_COLUMNS)
    if len(found) == 1:
        return found[0][1]
    return [
        Block(b.text, b.section or (tidy(title),), kind=b.kind, question=b.question)
        for title, rows in found
        for b in rows
    ]


def _tables(content: bytes) -> Iterator[tuple[str, Table]]:
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    try:
        for sheet in book.worksheets:
            if sheet.sheet_state == "visible":
                # The size that a sheet claims is often wrong, and sometimes a million rows.
                sheet.reset_dimensions()
                rows = islice(sheet.iter_rows(max_col=MOST_COLUMNS), MOST_ROWS + 2)
                yield sheet.title, [[_shown(cell) for cell in row] for row in rows]
    finally:
        book.close()


def _shown(cell: Any) -> str:
    """A cell as a person sees it, near enough."""
    value = cell.value
    if value is None or cell.data_type == "e":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value * 100:g}%" if "%" in str(cell.number_format) else f"{value:.15g}"
    if isinstance(value, datetime | date):
        return f"{value:%d %b %Y}"
    return f"{value:%H:%M}" if isinstance(value, time) else str(value)


def _blocks(rows: Sequence[Sequence[str]]) -> list[Block] | None:
    """The questions below the header; None where there is no such header."""
    for n, row in enumerate(rows[:_HEADER_WITHIN]):
        places = _places(row)
        if "question" in places and "answer" in places:
            if len(rows) > MOST_ROWS:
                raise BadDocument(f"it has more than {MOST_ROWS:,} rows")
            return list(_answers(rows[n + 1 :], places))
    return None


def _places(header: Iterable[str]) -> dict[str, int]:
    named = [tidy(cell).casefold() for cell in header]
    return {role: n for role, names in _NAMES.items() for n, name in enumerate(named) if name in names}


def _answers(rows: Iterable[Sequence[str]], places: dict[str, int]) -> Iterator[Block]:
    """A row without an answer is a question that nobody has settled yet."""
    for row in rows:
        cells = {role: row[n][:MOST_CELL] if n < len(row) else "" for role, n in places.items()}
        answer = "\n".join(line for part in cells["answer"].splitlines() if (line := tidy(part)))
        if answer:
            section = tidy(cells.get("section", ""))
            yield Block(answer, (section,) if section else (), kind=Kind.ANSWER, question=tidy(cells["question"]))
