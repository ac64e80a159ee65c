"""An .xlsx workbook: its sheets as tables of text, within limits."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from warnings import catch_warnings, simplefilter

from openpyxl import load_workbook

from bot.importing.workbook import DAMAGED, BadCell, cell_text, unpacked_size
from bot.order_sheets.limits import MOST_CELL, MOST_COLUMNS, MOST_LINES, MOST_SHEETS, MOST_UNPACKED_BYTES
from bot.order_sheets.tables import has_order, rows_of
from core.domain.sheets import LEFT_OUT
from core.ports import SheetRow, Unread

Table = list[list[str]]
_NO_VALUE = "=?"


@dataclass(frozen=True, slots=True)
class _Tab:
    """A sheet of the workbook."""

    title: str
    table: Table


def workbook_rows(content: bytes) -> tuple[SheetRow, ...] | Unread:
    """The rows of the first sheet that looks like an order, else of the first that holds anything.

    Further sheets with orders on them may be last week's: they are named in a row of their own, not read.
    """
    try:
        if unpacked_size(content) > MOST_UNPACKED_BYTES:
            return Unread.TOO_LARGE
        with catch_warnings():
            simplefilter("ignore")
            tabs = list(_tabs(content))
    except DAMAGED:
        return Unread.BROKEN
    filled = [tab for tab in tabs if any(any(row) for row in tab.table)]
    if not filled:
        return Unread.EMPTY
    orders = [tab for tab in filled if has_order(tab.table) and _asks(tab)]
    chosen = orders[0] if orders else filled[0]
    rows = rows_of(chosen.table)
    rows += [SheetRow(f"{LEFT_OUT} the sheet “{tab.title[:60]}” of the workbook") for tab in orders[1:]]
    return tuple(rows) or Unread.EMPTY


def _asks(tab: _Tab) -> bool:
    """Whether any row of an order form is filled in."""
    return any(row.text[:1].isdigit() for row in rows_of(tab.table))


def _tabs(content: bytes) -> Iterator[_Tab]:
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    formulas = load_workbook(io.BytesIO(content), read_only=True)
    try:
        visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        for sheet in (visible or book.worksheets)[:MOST_SHEETS]:
            rows = zip(_cells(sheet), _cells(formulas[sheet.title]), strict=False)
            yield _Tab(sheet.title, [[_text(*cells) for cells in zip(*both, strict=False)] for both in rows])
    finally:
        book.close()
        formulas.close()


def _cells(sheet: Any) -> Iterator[tuple[Any, ...]]:
    """The rows of a sheet. The size it claims is often wrong (Google Sheets) and sometimes a million rows."""
    sheet.reset_dimensions()
    return islice(sheet.iter_rows(max_col=MOST_COLUMNS), MOST_LINES + 1)


def _text(cell: Any, written: Any) -> str:
    """A cell as text; a date as it is written here (Excel also makes dates of "1/2", which no amount is).

    A formula whose value no program has worked out yet is not an empty cell: it stands as words that say nothing.
    """
    if cell.value is None and written.value is not None:
        return _NO_VALUE
    if isinstance(cell.value, datetime):
        return cell.value.strftime("%d/%m/%Y")
    text = cell_text(cell)
    shown = text.shown if isinstance(text, BadCell) else text
    return " ".join(shown[: MOST_CELL * 2].split())[:MOST_CELL]
