"""Typed values out of one row; whatever does not fit is noted with its column, and reading goes on."""

import re
from collections.abc import Callable
from datetime import time
from decimal import Decimal
from typing import TypeVar

from bot.importing.problems import Findings
from bot.importing.sheets import Row

PLAIN_MONEY = re.compile(r"[0-9]{1,9}(\.[0-9]+)?")
MONEY_DECIMALS = 4
YES = {"yes", "y", "true", "1"}
NO = {"no", "n", "false", "0"}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAYS = {name[:size]: day for day, name in enumerate(WEEKDAYS, start=1) for size in (3, len(name))}

Value = TypeVar("Value")


class Refused(ValueError):
    """A cell's text is not what its column holds; the message is the reason."""


class Cells:
    """Reads the cells of one row. `ok` turns false when any was refused; its values then mean nothing."""

    def __init__(self, row: Row, findings: Findings) -> None:
        self.line = row.line
        self.ok = True
        self._cells = row.cells
        self._findings = findings

    def read(self, column: str, reader: Callable[[str], Value], missing: Value) -> Value:
        """The cell as `reader` reads it, or `missing` after noting why it cannot be read."""
        try:
            return reader(self._cells[column])
        except Refused as refused:
            self.refuse(column, str(refused))
            return missing

    def refuse(self, column: str, reason: str, value: str | None = None) -> None:
        """Note that this row stops the import."""
        self.ok = False
        self._findings.refuse(self.line, column, self._cells[column] if value is None else value, reason)

    def warn(self, column: str, reason: str, value: str | None = None) -> None:
        """Note something about this row that a person should look at."""
        self._findings.warn(self.line, column, self._cells[column] if value is None else value, reason)

    def text(self, column: str, longest: int = 200) -> str:
        """Text that may not be empty."""
        return self.read(column, lambda text: bounded(filled(text), longest), "")

    def optional(self, column: str, longest: int = 1000) -> str:
        """Text that may be empty."""
        return self.read(column, lambda text: bounded(text, longest), "")

    def money(self, column: str) -> Decimal:
        """An amount of zero or more, as written, with at most four decimals."""
        return self.read(column, money, Decimal(0))

    def whole(self, column: str, least: int, most: int, empty: int | None = None) -> int:
        """A whole number within bounds; `empty` is what an empty cell means, if it may be empty."""

        def reader(text: str) -> int:
            return empty if empty is not None and not text else whole(text, least, most)

        return self.read(column, reader, least)

    def parts(self, column: str) -> list[str]:
        """The parts of a cell split by `|`, trimmed, without empty ones."""
        return [part for each in self._cells[column].split("|") if (part := each.strip())]


def filled(text: str) -> str:
    """The text itself; Refused when it is empty."""
    if not text:
        raise Refused("is empty")
    return text


def bounded(text: str, longest: int) -> str:
    """The text itself; Refused when it is too long."""
    if len(text) > longest:
        raise Refused(f"is longer than {longest} characters")
    return text


def money(text: str) -> Decimal:
    """A decimal amount without sign, currency or thousands comma."""
    if not PLAIN_MONEY.fullmatch(filled(text)):
        raise Refused(_not_money(text))
    if len(text.partition(".")[2]) > MONEY_DECIMALS:
        raise Refused(f"has more than {MONEY_DECIMALS} decimals")
    return Decimal(text)


def _not_money(text: str) -> str:
    if text.startswith("-"):
        return "may not be below zero"
    if "," in text:
        return "write the number without a comma, such as 1234.50"
    if re.search(r"[^\W\d_]|[$€£¥]", text):
        return "write the number alone, without a currency, such as 4.50"
    return "is not an amount such as 4.50 (at most 9 digits before the point)"


def whole(text: str, least: int, most: int) -> int:
    """A whole number from `least` to `most`; 50.0, as spreadsheets write it, is 50."""
    if not re.fullmatch(r"[0-9]{1,12}(\.0+)?", filled(text)):
        raise Refused(f"is not a whole number from {least}")
    number = int(text.partition(".")[0])
    if not least <= number <= most:
        raise Refused(f"must be from {least} to {most}")
    return number


def yes_or_no(text: str) -> bool:
    """Yes or no."""
    word = filled(text).casefold()
    if word not in YES | NO:
        raise Refused("must be yes or no")
    return word in YES


def sell_unit(text: str) -> str:
    """The name of a sell unit, such as "bundle": a word, not a number."""
    if not re.fullmatch(r"[^\W_][\w .'/-]*", filled(text)) or not re.search(r"[^\W\d_]", text):
        raise Refused("is not the name of a sell unit, such as bundle")
    return bounded(text, 32)


def weekdays(text: str) -> tuple[int, ...]:
    """`Mon|Wed|Fri` as ISO weekdays in order; an empty text is no day."""
    names = [name.strip().casefold() for name in text.split("|") if name.strip()]
    unknown = [name for name in names if name not in DAYS]
    if unknown:
        raise Refused(f"{unknown[0][:20]!r} is not a weekday; write Mon|Wed|Fri")
    return tuple(sorted({DAYS[name] for name in names}))


def some_weekdays(text: str) -> tuple[int, ...]:
    """As `weekdays`, with at least one."""
    return weekdays(filled(text))


def time_of_day(text: str) -> time:
    """`17:00` (seconds, if any, must be zero), supplier's local time."""
    found = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})(:00)?", filled(text))
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        raise Refused("is not a time such as 17:00")
    return time(int(found[1]), int(found[2]))


def currency_code(text: str) -> str:
    """A currency by its three letters (ISO 4217)."""
    code = filled(text).upper()
    if not re.fullmatch(r"[A-Z]{3}", code):
        raise Refused("is not a currency code such as SGD")
    return code
