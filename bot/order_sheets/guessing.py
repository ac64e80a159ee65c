"""The columns of a table without header, by what is in them."""

import re
from collections.abc import Sequence

from bot.order_sheets.amounts import UNCLEAR, amount_of, names_unit
from bot.order_sheets.headers import Columns, Role

_CODE = re.compile(r"(?=[A-Za-z0-9/._-]*\d)(?=[A-Za-z0-9/._-]*[A-Za-z])[A-Za-z0-9/._-]{4,20}")
_MONEY = re.compile(r"(S?\$|SGD|RM) ?\d.*|\d+\.\d{2}")
_MOSTLY = 0.6


def guessed_columns(table: Sequence[Sequence[str]]) -> Columns | None:
    """Which columns hold words, amounts, units and codes; None where no column is amounts beside one of words.

    Where several columns may hold the amount, all of them are named, so that none is taken silently.
    """
    rows = [row for row in table if sum(bool(cell) for cell in row) > 1]
    if not rows:
        return None
    width = max(len(row) for row in rows)
    columns = [[row[n] if n < len(row) else "" for row in rows] for n in range(width)]
    roles = [_role([cell for cell in column if cell], len(rows)) for column in columns]
    words = [n for n, role in enumerate(roles) if role is Role.DESCRIPTION]
    amounts = {n: "" for n, role in enumerate(roles) if role is Role.QUANTITY}
    if not words or not amounts:
        return None
    longest = max(words, key=lambda n: sum(len(cell) for cell in columns[n]))
    roles = [Role.UNKNOWN if role is Role.DESCRIPTION and n != longest else role for n, role in enumerate(roles)]
    return Columns(tuple(roles), amounts, guessed=True)


def _role(cells: Sequence[str], rows: int) -> Role:
    """What most cells of a column are."""
    if not cells:
        return Role.IGNORED
    if _counts_up(cells, rows):
        return Role.INDEX
    shares = (
        (Role.PRICE, sum(bool(_MONEY.fullmatch(cell)) for cell in cells)),
        (Role.QUANTITY, sum(amount_of(cell) not in ("", UNCLEAR) or cell in ("0", "-") for cell in cells)),
        (Role.UNIT, sum(names_unit(cell) and len(cell) < 12 and not cell[:1].isdigit() for cell in cells)),
        (Role.CODE, sum(bool(_CODE.fullmatch(cell)) for cell in cells)),
        (Role.DESCRIPTION, sum(sum(c.isalpha() for c in cell) > 3 for cell in cells)),
    )
    return next((role for role, count in shares if count >= len(cells) * _MOSTLY), Role.UNKNOWN)


def _counts_up(cells: Sequence[str], rows: int) -> bool:
    """1, 2, 3, ...: line numbers, where there is one on nearly every line."""
    numbers = [int(cell.rstrip(".")) for cell in cells if re.fullmatch(r"\d{1,4}\.?", cell)]
    return len(numbers) > 2 and numbers == list(range(1, len(numbers) + 1)) and len(numbers) >= rows * _MOSTLY
