"""Delivery dates and windows in running text, and the tokens that say them."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from core.domain.units import UNITS
from core.understanding.lexicon import MONTHS, NUMBER_WORDS, TODAY, TOMORROW, WEEKDAYS, WINDOWS
from core.understanding.tokens import Kind, Token

IsWord = Callable[[str], bool]

_LEADS = frozenset(
    "on for by deliver delivery delivered delivering need needed send at in the this coming arrive come want date day each before latest around about".split()
)
_ORDINAL = frozenset("st nd rd th".split())
_BEFORE = frozenset("before b4 by latest til till until bef".split())
_AFTER = frozenset("after aft from past".split())
_AT = frozenset("at around about abt @".split())
_RECURRING = frozenset("every each".split())
_FESTIVALS = {"christmas": (12, 25), "xmas": (12, 25), "new": (1, 1)}
_SHORT_DAYS = frozenset("mon sat sun wed fri tue thu".split())


@dataclass(slots=True)
class When:
    """What a text says about delivery. `days` holds more than one where the wording fits several."""

    days: list[date] = field(default_factory=list)
    window: str | None = None
    used: set[int] = field(default_factory=set)
    said: list[str] = field(default_factory=list)
    recurring: bool = False
    past: bool = False


def find_when(tokens: list[Token], today: date, is_product_word: IsWord, greeting_ends: int = 0) -> When:
    """Dates and windows among `tokens`; `used` are the positions that they and their prepositions take.

    A word such as "sun" or "lunch" that also stands in the catalogue counts only next to a time word.
    """
    when = When()
    at = 0
    while at < len(tokens):
        length = _date_at(tokens, at, today, when, is_product_word) or _time_at(tokens, at, when, is_product_word)
        length = length or _window_at(tokens, at, when, is_product_word, greeting_ends)
        if length:
            _take(tokens, at, length, when)
        at += length or 1
    return when


def _take(tokens: list[Token], at: int, length: int, when: When) -> None:
    when.used.update(range(at, at + length))
    when.said.append(" ".join(t.text for t in tokens[at : at + length]))
    back = at - 1
    while back >= 0 and back not in when.used and tokens[back].text in _LEADS:
        when.used.add(back)
        back -= 1


def _date_at(tokens: list[Token], at: int, today: date, when: When, is_product_word: IsWord) -> int:
    """How many tokens from `at` name a day; the day itself goes into `when`."""
    token = tokens[at]
    text = token.text
    after = tokens[at + 1].text if at + 1 < len(tokens) else ""
    before = tokens[at - 1].text if at else ""
    if before in ("not", "except") and (text in WEEKDAYS or text in TOMORROW or text in TODAY):
        when.used.update((at - 1, at))
        return 0
    if before in ("last", "since", "yesterday"):
        when.past = True
        return 0
    if text in TODAY and not (text == "tonight" and is_product_word(text)):
        return _found(when, [today], 1)
    if text in TOMORROW:
        if before == "after" and at > 1:
            when.used.update(i for i in (at - 2, at - 1) if tokens[i].text in ("day", "after"))
            return _found(when, [today + timedelta(days=2)], 1)
        return _found(when, [today + timedelta(days=1)], 1)
    then = tokens[at + 2].text if at + 2 < len(tokens) else ""
    if text in ("next", "nxt") and after in ("week", "wk") and then in WEEKDAYS:
        return _found(when, [_of_next_week(int(WEEKDAYS[then]), today)], 3)
    if text in WEEKDAYS and after in ("next", "nxt") and then in ("week", "wk"):
        return _found(when, [_of_next_week(int(WEEKDAYS[text]), today)], 3)
    if text in _FESTIVALS:
        return _festival(text, after, then, today, when)
    if text in ("next", "nxt") and after in WEEKDAYS:
        return _found(when, _next_weekday(int(WEEKDAYS[after]), today), 2)
    if text in ("this", "coming") and after in WEEKDAYS:
        return _found(when, [_weekday(int(WEEKDAYS[after]), today)], 2)
    if text in WEEKDAYS and (not (text in _SHORT_DAYS and is_product_word(text)) or before in _LEADS):
        when.recurring |= before in _RECURRING or (text.endswith("days") and text != "days")
        return _found(when, _bounded([_weekday(int(WEEKDAYS[text]), today)], before, today), 1)
    if token.kind is Kind.DATE and not _rating(text, before):
        return _found(when, _bounded(_numeric(text, today), before, today), 1)
    return _written(tokens, at, today, when)


def _written(tokens: list[Token], at: int, today: date, when: When) -> int:
    """`25 nov`, `25th of november`, `nov 25`, `the 25th`, `in 2 days`."""
    texts = [t.text for t in tokens[at : at + 5]] + [""] * 5
    token = tokens[at]
    if token.kind is Kind.NUMBER and token.number is not None and token.number == int(token.number):
        number = int(token.number)
        length = 2 if texts[1] in _ORDINAL and tokens[at + 1].glued else 1
        if length == 2 and texts[2] == "thing":
            when.used.update((at, at + 1, at + 2))
            return 0
        of = 1 if texts[length] == "of" else 0
        if texts[length + of] in MONTHS:
            return _found(when, _day_of(number, int(MONTHS[texts[length + of]]), today), length + of + 1)
        if length == 2 and 1 <= number <= 31:
            return _found(when, _day_of(number, None, today), 2)
    if token.text in MONTHS and at + 1 < len(tokens) and tokens[at + 1].kind is Kind.NUMBER:
        number = int(tokens[at + 1].number or 0)
        length = 3 if texts[2] in _ORDINAL else 2
        return _found(when, _day_of(number, int(MONTHS[token.text]), today), length)
    later = _later(texts)
    if later:
        return _found(when, [today + timedelta(days=later)], 3)
    days = NUMBER_WORDS.get(texts[1]) or (int(texts[1]) if texts[1].isdigit() else 0)
    if token.text == "in" and days and texts[2] in ("day", "days"):
        return _found(when, [today + timedelta(days=days)], 3)
    return 0


def _later(texts: list[str]) -> int:
    """Days ahead of "3 days later", "2 weeks time"."""
    count = NUMBER_WORDS.get(texts[0]) or (int(texts[0]) if texts[0].isdigit() and len(texts[0]) < 3 else 0)
    if texts[2] not in ("later", "time", "from"):
        return 0
    return count * {"day": 1, "days": 1, "week": 7, "weeks": 7}.get(texts[1], 0)


def _festival(text: str, after: str, then: str, today: date, when: When) -> int:
    """`xmas`, `christmas eve`, `new year`."""
    if text == "new" and after not in ("year", "years"):
        return 0
    month, day = _FESTIVALS[text]
    length = 1 + (after in ("eve", "day", "year")) + (then in ("eve", "day"))
    days = _day_of(day, month, today)
    eve = "eve" in (after, then)
    return _found(when, [d - timedelta(days=1) for d in days] if eve else days, length)


def _rating(text: str, before: str) -> bool:
    """ "very good 10/10" is praise, not a date."""
    return text in ("5/5", "10/10") and before not in _LEADS


def _bounded(days: list[date], before: str, today: date) -> list[date]:
    """ "before friday" is a day before it, "after friday" one after: which one has to be asked."""
    if len(days) != 1:
        return days
    if before in ("before", "b4", "bef"):
        return [d for d in (days[0] - timedelta(days=2), days[0] - timedelta(days=1)) if d > today] or days
    if before == "after":
        return [days[0] + timedelta(days=1), days[0] + timedelta(days=2)]
    return days


def _found(when: When, days: list[date], length: int) -> int:
    if not days:
        return 0
    for day in days:
        if day not in when.days:
            when.days.append(day)
    return length


def _weekday(day: int, today: date) -> date:
    """The next such weekday, strictly after today."""
    return today + timedelta(days=(day - today.isoweekday() - 1) % 7 + 1)


def _of_next_week(day: int, today: date) -> date:
    """The weekday in the calendar week after this one."""
    return today + timedelta(days=7 - today.isoweekday() + day)


def _next_weekday(day: int, today: date) -> list[date]:
    """ "next Friday": the coming one and the one of next week, where these differ."""
    coming = _weekday(day, today)
    monday = today + timedelta(days=8 - today.isoweekday())
    of_next_week = monday + timedelta(days=day - 1)
    return [coming] if coming == of_next_week else [coming, of_next_week]


def _numeric(text: str, today: date) -> list[date]:
    parts = [int(p) for p in re.split(r"[/.-]", text)]
    try:
        if len(parts) == 3 and parts[0] > 31:
            return [date(*parts)]
        if len(parts) == 3:
            return [date(parts[2] % 100 + 2000, parts[1], parts[0])]
    except ValueError:
        return []
    return _day_of(parts[0], parts[1], today)


def _day_of(day: int, month: int | None, today: date) -> list[date]:
    """The next date with this day of the month (and month)."""
    for ahead in range(13):
        year, index = divmod(today.month - 1 + ahead, 12)
        if month is not None and index + 1 != month:
            continue
        try:
            found = date(today.year + year, index + 1, day)
        except ValueError:
            continue
        if found >= today:
            return [found]
    return []


def _window_at(tokens: list[Token], at: int, when: When, is_product_word: IsWord, greeting_ends: int) -> int:
    text = tokens[at].text
    before = tokens[at - 1].text if at else ""
    if text not in WINDOWS or at < greeting_ends or before in ("good", "gd", "gud"):
        return 0
    near_date = bool(when.used & {at - 1, at - 2}) or before in _LEADS | {"tmr", "this"}
    if (text in ("am", "pm", "aft", "night", "eve") or is_product_word(text)) and not near_date:
        return 0
    if text == "noon" and before in _BEFORE:
        when.window = "before 12:00"
        return 1
    when.window = when.window or WINDOWS[text]
    return 1


def _time_at(tokens: list[Token], at: int, when: When, is_product_word: IsWord) -> int:
    """`before 10`, `after 2pm`, `9-11am`, `between 9 and 11`, `10.30am`."""
    text = tokens[at].text
    side = "before" if text in _BEFORE else "after" if text in _AFTER else ""
    if side and at + 1 < len(tokens):
        clock = _clock(tokens, at + 1, bare=True, goods=is_product_word)
        if clock:
            when.window = f"{side} {clock}"
            return 2
    span = _span_at(tokens, at + (text == "between"))
    if span and (text == "between" or tokens[at].kind in (Kind.TIME, Kind.NUMBER)):
        when.window = span
        return 3 + (text == "between")
    skip = 1 if text in _AT else 0
    if at + skip < len(tokens) and tokens[at + skip].kind is Kind.TIME:
        when.window = _clock(tokens, at + skip, bare=False)
        return 1 + skip
    return 0


def _span_at(tokens: list[Token], at: int) -> str | None:
    if at + 2 >= len(tokens) or tokens[at + 1].text not in ("-", "to", "and", "till", "til"):
        return None
    ends = tokens[at + 2]
    if ends.kind is not Kind.TIME or tokens[at].kind not in (Kind.TIME, Kind.NUMBER):
        return None
    last = _clock(tokens, at + 2, bare=False)
    first = _clock(tokens, at, bare=True, like=last)
    return f"{first}-{last}" if first and last else None


def _clock(
    tokens: list[Token], at: int, *, bare: bool, like: str | None = None, goods: IsWord | None = None
) -> str | None:
    """A time of day as HH:MM; a bare number only where `bare`, as working hours or near `like`."""
    token = tokens[at]
    if token.kind is Kind.NUMBER and bare:
        follows = tokens[at + 1] if at + 1 < len(tokens) else None
        if (
            token.number is None
            or not 1 <= token.number <= 12
            or (
                follows
                and follows.kind in (Kind.WORD, Kind.MEASURE)
                and (follows.kind is Kind.MEASURE or follows.text in UNITS or goods is None or goods(follows.text))
                and like is None
            )
        ):
            return None
        hour = int(token.number)
        if like:
            hour += 12 if hour < 12 and hour + 12 < int(like[:2]) else 0
        elif hour < 7:
            hour += 12
        minute = round((token.number - int(token.number)) * 100)
        return f"{hour:02d}:{minute if minute < 60 else 0:02d}"
    if token.kind is not Kind.TIME:
        return None
    digits = re.findall(r"\d+", token.text)
    if len(digits) == 1 and len(digits[0]) == 4:
        digits = [digits[0][:2], digits[0][2:]]
    hour, minute = int(digits[0]), int(digits[1]) if len(digits) > 1 else 0
    if "p" in token.text and hour < 12:
        hour += 12
    if "a" in token.text and hour == 12:
        hour = 0
    return f"{hour:02d}:{minute:02d}" if hour < 24 else None
