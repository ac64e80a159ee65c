"""A table of cells -> rows for the order reader: "<amount> <unit> <description> <remark>", and the item code.

An order form lists much that is not ordered: rows whose quantity cell is empty or zero are left out, where there is a
quantity column at all. What stands outside the table is passed on as rows of words; the core decides what they are.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.order_sheets.amounts import UNCLEAR, amount_of, unit_in
from bot.order_sheets.guessing import guessed_columns
from bot.order_sheets.headers import Columns, Role, columns_of
from bot.order_sheets.limits import MOST_CELL
from core.ports import SheetRow

_HEADER_WITHIN = 30
# Words in the first column of a row without amount that make it more than an item nobody ordered.
_TELLS = re.compile(
    r"deliver|remark|\bnotes?\b|instruct|special|attn|\bdate\b|\bday\b|urgent|p\.?o\.? ?(no|number|#)|please|\bpls\b"
    r"|:\s*\S|\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}|\b\d{1,2} ?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"^(deliver|ship|send|for|outlet|branch|attn|contact|address|prepared|ordered|requested)\b", re.IGNORECASE
)
_ASKS = re.compile(r"\d|please|\bpls\b|need|want|order", re.IGNORECASE)
_TOTAL = re.compile(r"^\W*(sub|grand|net)?[ -]?total\b|^\W*(gst|tax|amount due|balance)\b|合计|总计", re.IGNORECASE)
# Signs that part items in a message stand inside one description here; a point between digits stays.
_PARTING = re.compile(r"[,;|&+\n]|(?<!\d)\.(?!\d)|\.(?=\s|$)|(?<=\s)/(?=\s)")


def rows_of(table: Sequence[Sequence[str]]) -> list[SheetRow]:
    """The rows of a table that say something, in order."""
    cells = [[" ".join(cell.split()) for cell in row] for row in table]
    start, columns = _header(cells)
    if columns is None:
        columns = guessed_columns(cells)
        if columns is None:
            return [SheetRow(_words(row)) for row in cells if any(row)]
        start = -1
    columns = _without_numbers(columns, cells[start + 1 :])
    return [row for row in _rows(cells, start, columns) if row.text]


def _without_numbers(columns: Columns, table: Sequence[Sequence[str]]) -> Columns:
    """A column headed "Item" that holds 1, 2, 3 beside one that describes is a line number."""
    described = columns.of(Role.DESCRIPTION)
    roles = list(columns.roles)
    for n in described:
        cells = [cell for row in table if (cell := _at(row, n))]
        digits = sum(cell.rstrip(".").isdigit() for cell in cells)
        if len(described) > 1 and cells and digits * 2 > len(cells):
            roles[n] = Role.INDEX
    return replace(columns, roles=tuple(roles))


def has_order(table: Sequence[Sequence[str]]) -> bool:
    """Whether a table has a header with a quantity column."""
    _, columns = _header([[" ".join(cell.split()) for cell in row] for row in table])
    return columns is not None and bool(columns.quantities)


def _header(table: Sequence[Sequence[str]]) -> tuple[int, Columns | None]:
    """The header row: of the first rows the one that names most, one with a quantity before all others."""
    best: tuple[tuple[bool, int], int, Columns] | None = None
    for n, row in enumerate(table[:_HEADER_WITHIN]):
        columns = columns_of(row)
        if columns is None:
            continue
        rank = (bool(columns.quantities), sum(role is not Role.UNKNOWN for role in columns.roles))
        if best is None or rank > best[0]:
            best = (rank, n, columns)
    return (best[1], best[2]) if best else (-1, None)


def _rows(table: Sequence[Sequence[str]], start: int, columns: Columns) -> Iterator[SheetRow]:
    dates: set[str] = set()
    for n, row in enumerate(table):
        if n <= start:
            if n < start and any(row):
                yield SheetRow(_words(row))
            continue
        again = columns_of(row)
        if again is not None and again.quantities and not any(c.isdigit() for cell in row for c in cell):
            columns = again
            continue
        yield from _row(row, columns)
        for at in columns.of(Role.DATE):
            if _at(row, at) and _at(row, at) not in dates and _amount(row, columns)[0]:
                dates.add(_at(row, at))
                yield SheetRow(f"Delivery date {_at(row, at)}")


def _row(row: Sequence[str], columns: Columns) -> Iterator[SheetRow]:
    """A row below the header. Without amount it is passed on only where no column holds amounts or it tells more."""
    code = next((c for at in columns.of(Role.CODE) if (c := _at(row, at))), "")
    named = _joined(row, [n for n, role in enumerate(columns.roles) if role in (Role.DESCRIPTION, Role.DETAIL)])
    if _TOTAL.search(named or _words(row)) and not code:
        return
    amount, unit = _amount(row, columns)
    if amount == UNCLEAR and not code and (":" in _words(row) or _LABEL.search(named)):
        # "Prepared by: Wei Ling", "Deliver to | Tampines": below the list and by chance under its quantity.
        yield SheetRow(_words(row))
    elif not columns.quantities:
        yield SheetRow(_joined_text(unit, named or code, _extras(row, columns)), code)
    elif amount and (named or code):
        yield SheetRow(_joined_text(amount, unit, named or code, _extras(row, columns)), code)
    elif amount:
        yield SheetRow(f"{amount} {_words(_without(row, columns))}")
    elif not named:
        # Words that stand in the code column only because it is the first one ("Delivery date: ...").
        yield SheetRow("" if code and " " not in code and ":" not in code else _words(row))
    elif _ASKS.search(remark := _joined(row, columns.of(Role.REMARK))):
        # "2 ctn pls" in the remarks, with the quantity cell left empty.
        yield SheetRow(_joined_text(named, remark), code)
    elif not code and _TELLS.search(_words(row)) and not _priced(row, columns):
        yield SheetRow(_words(row))


def _priced(row: Sequence[str], columns: Columns) -> bool:
    """Whether a row has a unit or a price, as only a row of the list has."""
    return any(_at(row, n) for role in (Role.UNIT, Role.PRICE, Role.PACK) for n in columns.of(role))


def _without(row: Sequence[str], columns: Columns) -> list[str]:
    """The cells of a row that are not its quantity."""
    return [cell for n, cell in enumerate(row) if n not in columns.quantities]


def _amount(row: Sequence[str], columns: Columns) -> tuple[str, str]:
    """What is ordered, and its unit: as the quantity cell, the unit column, the header or the pack says it."""
    said = [(amount, unit) for n, unit in columns.quantities.items() if (amount := amount_of(_at(row, n)))]
    if not said:
        return "", ""
    doubtful = len(said) > 1 or (columns.guessed and len(columns.quantities) > 1)
    amount, unit = (UNCLEAR, "") if doubtful else said[0]
    if amount == UNCLEAR or any(c.isalpha() for c in amount.replace("or", "").replace("half", "")):
        return amount, ""
    own = [cell for at in columns.of(Role.UNIT) if (cell := _at(row, at))]
    if own:
        named = unit_in(own[0])
        return amount, named or (own[0] if own[0].isalpha() and own[0].casefold() not in ("unit", "units") else "")
    # A pack column tells how many pieces are in one of what; only the "what" is a unit.
    packs = [name for at in columns.of(Role.PACK) if (name := unit_in(_at(row, at))) and name != "piece"]
    return amount, unit or (packs[0] if packs else "")


def _extras(row: Sequence[str], columns: Columns) -> str:
    """Remarks, and words of columns nobody knows: they may tell one product from another."""
    unknown = [n for n in range(len(row)) if n >= len(columns.roles) or columns.roles[n] is Role.UNKNOWN]
    words = [row[n] for n in unknown if any(c.isalpha() for c in row[n])]
    return " ".join([*words, *(row[n] for n in columns.of(Role.REMARK) if n < len(row) and row[n])])


def _joined(row: Sequence[str], places: Sequence[int]) -> str:
    """The cells at some places as one description; a cell whose words stand in another is said once."""
    found: list[str] = []
    for cell in (_at(row, n) for n in places):
        plain = " ".join(_PARTING.sub(" ", cell).split())
        words = set(plain.casefold().split())
        if words and not any(words <= set(other.casefold().split()) for other in found):
            found = [other for other in found if not set(other.casefold().split()) <= words] + [plain]
    return " ".join(found)


def _joined_text(*parts: str) -> str:
    return " ".join(" ".join(part for part in parts if part).split())[: MOST_CELL * 2]


def _words(row: Sequence[str]) -> str:
    return " ".join(cell for cell in row if cell)[: MOST_CELL * 2]


def _at(row: Sequence[str], n: int) -> str:
    return row[n] if n < len(row) else ""
