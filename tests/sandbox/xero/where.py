"""`where`, `order` and paging over records as they are shown.

Read: comparisons (== != > >= < <=) of a field, dotted or not, with "text", a number, true, false, null, guid("...") or
DateTime(y, m, d[, h, m, s]); .Contains, .StartsWith and .EndsWith; AND, OR, && and ||; parentheses.
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.sandbox.xero.refusals import bad_query
from tests.sandbox.xero.wire import Json, moment_of

Test = Callable[[Json], bool]

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[A-Za-z][\w.]*)"""
    r"""|(?P<sign>==|!=|>=|<=|>|<|=|&&|\|\||\(|\)|,))"""
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_METHODS: dict[str, Callable[[str, str], bool]] = {
    "Contains": lambda value, part: part in value,
    "StartsWith": str.startswith,
    "EndsWith": str.endswith,
}


def parsed(text: str) -> Test:
    """The test that a `where` is. Raises Refused for one that cannot be read."""
    reader = _Reader(text)
    test = reader.any_of()
    if reader.peek() is not None:
        raise reader.refusal()
    return test


def ordered(records: list[Json], order: str | None, default: str) -> list[Json]:
    """Records by `order` ("Date DESC, InvoiceNumber"), by `default` where none is given."""
    result = list(records)
    for part in reversed((order or default).split(",")):
        field, _, direction = part.strip().partition(" ")
        if direction.strip().upper() not in ("", "ASC", "DESC") or not field:
            raise bad_query(f"Invalid order: {order}")
        result.sort(key=lambda record: _sortable(value_of(record, field)), reverse=direction.strip().upper() == "DESC")
    return result


def paged(records: Sequence[Json], query: Mapping[str, str], largest: int = 1000) -> tuple[list[Json], Json | None]:
    """(the page, `pagination`), everything and None where no page is asked for."""
    if "page" not in query:
        if "pageSize" in query:
            raise bad_query("pageSize without page")
        return list(records), None
    page, size = whole(query, "page", 1), whole(query, "pageSize", 100)
    if not 1 <= size <= largest or page < 1:
        raise bad_query("page and pageSize are out of range")
    pages = -(-len(records) // size)
    shown = list(records[(page - 1) * size : page * size])
    return shown, {"page": page, "pageSize": size, "pageCount": pages, "itemCount": len(records)}


def whole(query: Mapping[str, str], name: str, default: int) -> int:
    """A whole number of a query."""
    try:
        return int(query.get(name, default))
    except ValueError:
        raise bad_query(f"{name} is not a number") from None


def flag(query: Mapping[str, str], name: str, default: bool = False) -> bool:
    """A boolean of a query, in any case: the SDK writes True."""
    value = query.get(name, str(default)).lower()
    if value not in ("true", "false"):
        raise bad_query(f"{name} is not a boolean")
    return value == "true"


def listed(query: Mapping[str, str], name: str) -> list[str] | None:
    """A comma-separated list of a query, None where there is none."""
    return None if name not in query else [part.strip() for part in query[name].split(",") if part.strip()]


def value_of(record: Json, field: str) -> Any:
    """A field, dotted or not, with dates as moments."""
    value: Any = record
    for name in field.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return moment_of(value) or value if isinstance(value, str) else value


def _sortable(value: Any) -> tuple[bool, Any]:
    return (value is not None, value if value is not None else 0)


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.tokens: list[tuple[str, str]] = []
        place, end = 0, len(text.rstrip())
        while place < end:
            found = _TOKEN.match(text, place)
            if found is None:
                raise self.refusal()
            self.tokens.append((str(found.lastgroup), found[str(found.lastgroup)]))
            place = found.end()

    def refusal(self) -> Exception:
        return bad_query(f"No property or operator could be read in: {self.text}")

    def peek(self) -> str | None:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else None

    def next(self) -> tuple[str, str]:
        if self.at >= len(self.tokens):
            raise self.refusal()
        self.at += 1
        return self.tokens[self.at - 1]

    def expect(self, sign: str) -> None:
        if self.next()[1] != sign:
            raise self.refusal()

    def any_of(self) -> Test:
        tests = [self.all_of()]
        while (self.peek() or "").upper() in ("OR", "||"):
            self.next()
            tests.append(self.all_of())
        return lambda record: any(test(record) for test in tests)

    def all_of(self) -> Test:
        tests = [self.one()]
        while (self.peek() or "").upper() in ("AND", "&&"):
            self.next()
            tests.append(self.one())
        return lambda record: all(test(record) for test in tests)

    def one(self) -> Test:
        if self.peek() == "(":
            self.next()
            test = self.any_of()
            self.expect(")")
            return test
        kind, field = self.next()
        if kind != "name":
            raise self.refusal()
        if self.peek() == "(":
            return self.method(field)
        compare = _COMPARE.get(self.next()[1])
        if compare is None:
            raise self.refusal()
        wanted = self.value()
        return lambda record: _holds(compare, value_of(record, field), wanted)

    def method(self, name: str) -> Test:
        field, _, method = name.rpartition(".")
        if method not in _METHODS or not field:
            raise self.refusal()
        self.expect("(")
        kind, text = self.next()
        self.expect(")")
        if kind != "text":
            raise self.refusal()
        part = text[1:-1]
        return lambda record: _METHODS[method](str(value_of(record, field) or ""), part)

    def value(self) -> Any:
        kind, text = self.next()
        if kind == "text":
            return text[1:-1]
        if kind == "number":
            return Decimal(text)
        match text.lower():
            case "true" | "false":
                return text.lower() == "true"
            case "null":
                return None
            case "guid":
                return str(self.arguments()[0]).lower()
            case "datetime":
                return datetime(*(int(part) for part in self.arguments()), tzinfo=UTC)  # type: ignore[misc,arg-type]
        raise self.refusal()

    def arguments(self) -> list[Any]:
        self.expect("(")
        found = [self.value()]
        while self.peek() == ",":
            self.next()
            found.append(self.value())
        self.expect(")")
        return found


def _holds(compare: Callable[[Any, Any], bool], value: Any, wanted: Any) -> bool:
    try:
        return compare(value, wanted)
    except TypeError:
        return False
