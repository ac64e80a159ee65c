"""At what time of day reminders are due, by kind and delivery zone, and when nobody is written to."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from core.domain.reminders import ReminderKind

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\Z", re.ASCII)
_LENGTH = re.compile(r"(?:(\d{1,2})h)?(?:(\d{1,3})m)?\Z", re.ASCII)
_WEEKDAYS = {"Mon": 1, "Tue": 2, "Wed": 3, "Thu": 4, "Fri": 5}
_LONGEST = timedelta(hours=24)
_MINUTE = timedelta(minutes=1)
_NO_EVENING = time(20, 59)
_EVENING_BEGINS = time(17)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `begins` until `ends`, in the supplier's time zone, nobody is written to; it may pass midnight.

    Where both are the same there are none.
    """

    begins: time = time(21)
    ends: time = time(8)

    @classmethod
    def from_text(cls, text: str) -> "QuietHours":
        """As a setting has it: "21:00-08:00". Raises ValueError."""
        first, _, last = text.partition("-")
        begins, ends = _clock(first), _clock(last)
        if begins is None or ends is None:
            raise ValueError("must be two times of day, such as 21:00-08:00")
        return cls(begins, ends)

    def cover(self, at: datetime) -> bool:
        """Whether `at` (supplier's time) is quiet."""
        clock = at.time()
        if self.begins <= self.ends:
            return self.begins <= clock < self.ends
        return clock >= self.begins or clock < self.ends

    def after(self, at: datetime) -> datetime:
        """`at` itself, or where it is quiet the end of that."""
        if not self.cover(at):
            return at
        day = at.date() if at.time() < self.ends else at.date() + timedelta(days=1)
        return datetime.combine(day, self.ends, at.tzinfo)

    def began(self, at: datetime) -> datetime:
        """When the quiet hours that cover `at` began."""
        day = at.date() if at.time() >= self.begins else at.date() - timedelta(days=1)
        return datetime.combine(day, self.begins, at.tzinfo)

    def evening(self, day: date) -> datetime:
        """The last minute of a day (naive) at which it is not late: before quiet hours that begin in the evening."""
        if self.begins == self.ends or self.begins < _EVENING_BEGINS:
            return datetime.combine(day, _NO_EVENING)
        return datetime.combine(day, self.begins) - _MINUTE


@dataclass(frozen=True, slots=True)
class Times:
    """When each kind is due. `cut_off` is so long before it, `draft` so long after the last touch.

    `overdue` is an ISO weekday (Monday to Friday) and a time of day. Whether it arrived is asked once the last windows
    are over, and apart from what comes tomorrow: to an outlet with a delivery every day one message after the other
    would make it unclear which of them a typed "1" answers.
    """

    delivery_tomorrow: time = time(16)
    delivery_today: time = time(8)
    received: time = time(18)
    cut_off: timedelta = timedelta(hours=2)
    draft: timedelta = timedelta(hours=3)
    overdue: tuple[int, time] = (1, time(9, 30))


@dataclass(frozen=True)
class ReminderTimes:
    """The times of every delivery zone: its own where it has any, else the usual ones."""

    usual: Times = Times()
    zones: Mapping[str, Times] = field(default_factory=dict)

    def of(self, zone: str) -> Times:
        """The times of a zone."""
        return self.zones.get(zone, self.usual)

    @property
    def every(self) -> tuple[Times, ...]:
        """All that there are."""
        return tuple(dict.fromkeys((self.usual, *self.zones.values())))

    @classmethod
    def from_json(cls, given: Any) -> "ReminderTimes":
        """As a setting has it: `{"<kind>": "<when>", "<zone>": {"<kind>": "<when>"}}`. Raises ValueError.

        A zone's own times go before the usual ones, for the kinds that it names.
        """
        if not isinstance(given, dict):
            raise ValueError('must be an object, such as {"delivery tomorrow": "16:00"}')
        usual = _changed(Times(), {name: when for name, when in given.items() if not isinstance(when, dict)})
        zones = {zone: whens for zone, whens in given.items() if isinstance(whens, dict)}
        return cls(usual, {zone: _changed(usual, whens) for zone, whens in zones.items()})


def _changed(times: Times, given: Mapping[str, Any]) -> Times:
    known = {kind.value: kind for kind in ReminderKind}
    for name, when in given.items():
        if name not in known:
            raise ValueError(f"names a kind that there is not; the kinds are {', '.join(known)}")
        times = replace(times, **{known[name].name.lower(): _when(known[name], when)})
    return times


def _when(kind: ReminderKind, text: Any) -> Any:
    """What a kind's "when" means. Raises ValueError that says how it is written, and never what was."""
    text = text if isinstance(text, str) else ""
    meant: Any
    if kind in (ReminderKind.CUT_OFF, ReminderKind.DRAFT):
        meant, example = _length(text), 'a length of time up to 24 hours, such as "2h", "90m" or "1h30m"'
    elif kind is ReminderKind.OVERDUE:
        meant, example = _weekly(text), 'a weekday and a time of day, such as "Mon 09:30"'
    else:
        meant, example = _clock(text), 'a time of day, such as "16:00"'
    if meant is None:
        raise ValueError(f"{kind.value!r} must be {example}")
    return meant


def _clock(text: str) -> time | None:
    found = _CLOCK.match(text)
    return time(int(found[1]), int(found[2])) if found else None


def _length(text: str) -> timedelta | None:
    found = _LENGTH.match(text)
    length = timedelta(hours=int(found[1] or 0), minutes=int(found[2] or 0)) if found else timedelta()
    return length if timedelta() < length <= _LONGEST else None


def _weekly(text: str) -> tuple[int, time] | None:
    name, _, clock = text.partition(" ")
    at = _clock(clock)
    return (_WEEKDAYS[name], at) if name in _WEEKDAYS and at is not None else None
