"""Stretches of time that a text looks back on: `last month's`, `october`, `last friday`, `12 nov`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from core.domain.units import table
from core.understanding.lexicon import MONTHS, NUMBER_WORDS, TODAY, TOMORROW, WEEKDAYS
from core.understanding.tokens import Kind, Token

_LAST = frozenset("last previous prev past".split())
_THIS = frozenset("this current".split())
_YESTERDAY = frozenset("yesterday ytd ystd yest ystdy".split())
_SPANS = table([("day", "day days"), ("week", "week weeks wk wks"), ("month", "month months mth mths")])
_TO = frozenset("to till til until through and & -".split())
_ORDINAL = frozenset("st nd rd th".split())
_YEARS = range(2000, 2100)


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `first` to `last`, and the positions of the tokens that say so."""

    first: date
    last: date
    used: frozenset[int]


def find_period(tokens: Sequence[Token], today: date) -> Period | None:
    """The first stretch of time that the tokens name, as one looks back on it; None where they name none."""
    texts = [_bare(token.text) for token in tokens]
    for at in range(len(tokens)):
        found = _from(tokens, texts, at, today)
        if found is not None:
            first, last, length = found
            return Period(first, last, frozenset(range(at, at + length)))
    return None


_Found = tuple[date, date, int]


def _from(tokens: Sequence[Token], texts: Sequence[str], at: int, today: date) -> _Found | None:
    """What begins there, with what it reaches to: `oct`, `1 oct to 15 oct`, `oct and nov`, `1 to 15 oct`."""
    found = _one(tokens, texts, at, today)
    after = at + found[2] if found else at + 1
    if after + 1 >= len(texts) or texts[after] not in _TO:
        return found
    until = _one(tokens, texts, after + 1, today)
    if until is None:
        return found
    length = after + 1 + until[2] - at
    if found is not None:
        return (found[0], until[1], length) if found[0] <= until[0] else found
    number = _whole(tokens, at)
    if number is None or until[0] != until[1] or not 1 <= number <= until[0].day:
        return None
    return until[0].replace(day=number), until[1], length


def _one(tokens: Sequence[Token], texts: Sequence[str], at: int, today: date) -> _Found | None:
    readings = (_relative, _near, _weekday, _month, _numbered)
    return next((found for reading in readings if (found := reading(tokens, texts, at, today))), None)


def _relative(_: Sequence[Token], texts: Sequence[str], at: int, today: date) -> _Found | None:
    """`last week`, `this month`, `last 2 months`, `past 30 days`."""
    if texts[at] not in _LAST | _THIS or at + 1 == len(texts):
        return None
    count = NUMBER_WORDS.get(texts[at + 1]) or (int(texts[at + 1]) if texts[at + 1].isdecimal() else 0)
    if count and texts[at] in _LAST and at + 2 < len(texts) and texts[at + 2] in _SPANS and count < 100:
        days = {"day": 1, "week": 7, "month": 30}[_SPANS[texts[at + 2]]]
        return today - timedelta(days=days * count), today, 3
    span = _SPANS.get(texts[at + 1])
    if span == "week":
        monday = today - timedelta(days=today.weekday())
        return (monday, today, 2) if texts[at] in _THIS else (monday - timedelta(7), monday - timedelta(1), 2)
    if span == "month":
        first = today.replace(day=1)
        before = first - timedelta(days=1)
        return (first, today, 2) if texts[at] in _THIS else (before.replace(day=1), before, 2)
    return None


def _near(_: Sequence[Token], texts: Sequence[str], at: int, today: date) -> _Found | None:
    """`yesterday`, `today`, `tomorrow`."""
    ahead = -1 if texts[at] in _YESTERDAY else 0 if texts[at] in TODAY else 1 if texts[at] in TOMORROW else None
    if ahead is None:
        return None
    return (day := today + timedelta(days=ahead)), day, 1


def _weekday(_: Sequence[Token], texts: Sequence[str], at: int, today: date) -> _Found | None:
    """`last friday`, `friday's`: the one that was last."""
    length = 1 + (texts[at] in _LAST | _THIS and at + 1 < len(texts))
    number = WEEKDAYS.get(texts[at + length - 1])
    if number is None:
        return None
    day = today - timedelta(days=(today.isoweekday() - int(number) - 1) % 7 + 1)
    return day, day, length


def _month(tokens: Sequence[Token], texts: Sequence[str], at: int, today: date) -> _Found | None:
    """`october`, `oct 2026`, `nov 12`, `nov 12th`; "may" only where it can be no verb."""
    number = MONTHS.get(texts[at])
    if number is None or (texts[at] == "may" and texts[at - 1 if at else 0] not in ("for", "of", "in", "last")):
        return None
    after = _whole(tokens, at + 1)
    if after is not None and after in _YEARS:
        return *_of_month(int(number), after), 2
    if after is not None and (day := _past(after, int(number), today)):
        return day, day, 2 + (at + 2 < len(texts) and texts[at + 2] in _ORDINAL)
    return *_of_month(int(number), today.year - (int(number) > today.month)), 1


def _numbered(tokens: Sequence[Token], texts: Sequence[str], at: int, today: date) -> _Found | None:
    """`12 nov`, `12th of november`, `12/11`, `12/11/2026`, `the 29th`."""
    if tokens[at].kind is Kind.DATE:
        day = _written(texts[at], today)
        return (day, day, 1) if day else None
    number = _whole(tokens, at)
    if number is None:
        return None
    length = 1 + (at + 1 < len(texts) and texts[at + 1] in _ORDINAL)
    ordinal = length > 1
    length += at + length < len(texts) and texts[at + length] == "of"
    month = MONTHS.get(texts[at + length]) if at + length < len(texts) else None
    if month is None:
        day = _past_day(number, today) if ordinal else None
        return (day, day, 2) if day else None
    day = _past(number, int(month), today)
    return (day, day, length + 1) if day else None


def _bare(text: str) -> str:
    return re.sub(r"'s?$", "", text)


def _whole(tokens: Sequence[Token], at: int) -> int | None:
    if at >= len(tokens) or tokens[at].kind is not Kind.NUMBER or not tokens[at].text.isdecimal():
        return None
    return int(tokens[at].text)


def _of_month(month: int, year: int) -> tuple[date, date]:
    first = date(year, month, 1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _past(day: int, month: int, today: date, year: int | None = None) -> date | None:
    """The day of that date that was last; one just ahead of today is a delivery's."""
    for tried in (year,) if year else (today.year, today.year - 1):
        try:
            found = date(tried, month, day)
        except ValueError:
            return None
        if year or found <= today + timedelta(days=31):
            return found
    return None


def _past_day(day: int, today: date) -> date | None:
    """That day of this month, or of an earlier one that has it: the last that is not ahead."""
    for back in range(3):
        year, month = divmod(today.year * 12 + today.month - 1 - back, 12)
        try:
            found = date(year, month + 1, day)
        except ValueError:
            continue
        if found <= today:
            return found
    return None


def _written(text: str, today: date) -> date | None:
    parts = [int(part) for part in re.split(r"[/.-]", text)]
    if len(parts) == 3 and parts[0] > 31:
        return _past(parts[2], parts[1], today, parts[0])
    if len(parts) == 3:
        return _past(parts[0], parts[1], today, parts[2] % 100 + 2000)
    return _past(parts[0], parts[1], today)
