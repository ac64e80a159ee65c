"""The delivery calendar: which days an outlet can have, and until when it may still ask for one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import islice

from core.domain.outlets import Outlet

LOOK_AHEAD_DAYS = 60


class NotPossible(StrEnum):
    """Why a delivery date cannot be had."""

    PAST = "past"
    CUT_OFF = "cut_off"
    HOLIDAY = "holiday"
    NO_DELIVERY = "no_delivery"
    TOO_FAR = "too_far"


@dataclass(frozen=True, slots=True)
class ZoneRules:
    """Delivery rules of a zone.

    Orders close at `cut_off` (supplier's local time), `lead_days` calendar days before the delivery
    day. `minimum_order` is the smallest subtotal before tax; `delivery_days` are ISO weekdays, used for
    an outlet that names none of its own.
    """

    delivery_days: tuple[int, ...] = (1, 2, 3, 4, 5, 6)
    cut_off: time = time(17, 0)
    lead_days: int = 1
    minimum_order: Decimal = Decimal(0)


@dataclass(frozen=True)
class DeliveryCalendar:
    """Answers for every outlet, from data: zone rules, the outlet's own days and public holidays."""

    zones: Mapping[str, ZoneRules] = field(default_factory=dict)
    default: ZoneRules = ZoneRules()
    holidays: Mapping[date, str] = field(default_factory=dict)

    def rules_for(self, outlet: Outlet | None) -> ZoneRules:
        """The rules of the outlet's zone, or the supplier's defaults."""
        return self.zones.get(outlet.zone, self.default) if outlet else self.default

    def days_of(self, outlet: Outlet | None) -> tuple[int, ...]:
        """ISO weekdays on which the outlet gets deliveries."""
        return (outlet.delivery_days if outlet else ()) or self.rules_for(outlet).delivery_days

    def closes_at(self, day: date, outlet: Outlet | None) -> datetime:
        """The last moment (naive, supplier's local time) to order or change a delivery on `day`."""
        rules = self.rules_for(outlet)
        return datetime.combine(day - timedelta(days=rules.lead_days), rules.cut_off)

    def problem_with(self, day: date, outlet: Outlet | None, now: datetime) -> NotPossible | None:
        """Why `day` cannot be had when asked at `now` (aware, supplier's zone), or None when it can."""
        if day < now.date():
            return NotPossible.PAST
        if day > now.date() + timedelta(days=LOOK_AHEAD_DAYS):
            return NotPossible.TOO_FAR
        if day in self.holidays:
            return NotPossible.HOLIDAY
        if day.isoweekday() not in self.days_of(outlet):
            return NotPossible.NO_DELIVERY
        if now.replace(tzinfo=None) > self.closes_at(day, outlet):
            return NotPossible.CUT_OFF
        return None

    def next_days(
        self, outlet: Outlet | None, now: datetime, count: int = 3, *, since: date | None = None
    ) -> tuple[date, ...]:
        """The next days that can still be had, soonest first; fewer than `count` when there are not more.

        Counted from `since` where that is a day in reach, else from today.
        """
        start = since if since and now.date() < since <= now.date() + timedelta(days=LOOK_AHEAD_DAYS) else now.date()
        ahead = (start + timedelta(days=n) for n in range(LOOK_AHEAD_DAYS + 1))
        possible = (day for day in ahead if self.problem_with(day, outlet, now) is None)
        return tuple(islice(possible, count))
