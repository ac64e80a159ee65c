"""Which reminders are due, and until when they are of use. Pure rules: orders, drafts and days in, moments out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo

from core.domain.delivery import DeliveryCalendar
from core.domain.orders import OrderStatus
from core.domain.outlets import Outlet
from core.domain.reminder_times import QuietHours, ReminderTimes, Times
from core.domain.reminders import Occasion, ReminderKind

DELIVERY_KINDS = (ReminderKind.DELIVERY_TOMORROW, ReminderKind.DELIVERY_TODAY, ReminderKind.RECEIVED)

_DAY = timedelta(days=1)
_WEEK = timedelta(weeks=1)
_WEEKS = 4  # an outlet "usually" orders for a weekday when it did so for 3 of its last 4
_OFTEN = 3
_FURTHEST_WEEKS = 12
_DRAFT_LIVES = timedelta(hours=24)
_AT_LEAST = timedelta(hours=2)
_HOUR = timedelta(hours=1)
_HALF_AN_HOUR = timedelta(minutes=30)
_NOON = time(12)
_AFTER_WORK = time(18)


@dataclass(frozen=True, slots=True)
class Due:
    """An occasion that has come at `due_at`; saying it later than `useful_until` would help nobody."""

    occasion: Occasion
    due_at: datetime
    useful_until: datetime

    def is_open(self, now: datetime) -> bool:
        """Whether this is the time to say it."""
        return self.due_at <= now <= self.useful_until

    def was_missed(self, now: datetime, since: datetime) -> bool:
        """Whether all of its time lay between the last look, `since`, and now."""
        return since < self.due_at and self.useful_until < now


@dataclass(frozen=True, slots=True)
class OpenDraft:
    """A draft with lines: when it was touched last, and the delivery day that it names."""

    touched_at: datetime
    day: date | None = None


@dataclass(frozen=True)
class ReminderRules:
    """The supplier's rules. Moments in and out are aware, in `zone`, the supplier's time zone.

    Quiet hours move a reminder to their end; where that is too late for it, it is none (None).
    """

    zone: tzinfo
    kinds: frozenset[ReminderKind]
    times: ReminderTimes = field(default_factory=ReminderTimes)
    quiet: QuietHours = field(default_factory=QuietHours)

    # -- one occasion ------------------------------------------------------------------------------

    def delivery(self, kind: ReminderKind, outlet: Outlet, day: date, placed_at: datetime | None) -> Due | None:
        """The reminder of a delivery on `day`, the first of whose orders was placed at `placed_at`.

        An order's own day rules, be it a holiday or not. Who orders after the reminder's moment has just seen
        the day, and is not told again.
        """
        due = self._due(kind, outlet, day, *self._around_delivery(kind, self.times.of(outlet.zone), day))
        return due if due is not None and (placed_at is None or placed_at <= due.due_at) else None

    def cut_off(
        self,
        outlet: Outlet,
        day: date,
        calendar: DeliveryCalendar,
        orders: Mapping[date, OrderStatus],
        drafts: Sequence[OpenDraft],
    ) -> Due | None:
        """Orders for `day` close soon, and the outlet, which usually has ordered, has not.

        `orders` tells of days the status of what was ordered for them, cancelled only where all was. A cancelled
        order for `day` was a decision; a draft under way needs no second reminder.
        """
        if not is_delivery_day(outlet, day, calendar) or day in orders:
            return None
        ordered = sum(orders.get(earlier) is OrderStatus.CONFIRMED for earlier in weeks_before(day, calendar))
        closes = calendar.closes_at(day, outlet)
        if ordered < _OFTEN or any(_under_way(draft, day, self._aware(closes)) for draft in drafts):
            return None
        return self._due(ReminderKind.CUT_OFF, outlet, day, self._before_closing(outlet, closes), closes)

    def draft(self, outlet: Outlet, draft: OpenDraft, calendar: DeliveryCalendar) -> Due | None:
        """A draft that lies unconfirmed: the same day, and before the orders for its day close.

        It is spoken of earlier than usual where waiting would leave less than an hour to place it.
        """
        touched = draft.touched_at.astimezone(self.zone).replace(tzinfo=None)
        until = self.quiet.evening(touched.date())
        if draft.day is not None:
            until = min(until, calendar.closes_at(draft.day, outlet))
        in_time = max(touched + _HALF_AN_HOUR, until - _HOUR)
        due_at = min(touched + self.times.of(outlet.zone).draft, in_time)
        return self._due(ReminderKind.DRAFT, outlet, touched.date(), due_at, until)

    def overdue(self, outlet: Outlet, day: date, calendar: DeliveryCalendar) -> Due | None:
        """The week's look at what is overdue, on a working day; None where `day` is not this week's."""
        weekday, at = self.times.of(outlet.zone).overdue
        monday = day - timedelta(days=day.isoweekday() - 1)
        week = (monday + timedelta(days=n) for n in range(weekday - 1, 5))
        if day != next((each for each in week if each not in calendar.holidays), None):
            return None
        due_at = datetime.combine(day, at)
        return self._due(ReminderKind.OVERDUE, outlet, day, due_at, self._until(due_at, _AFTER_WORK))

    # -- where to look -----------------------------------------------------------------------------

    def delivery_days(self, kind: ReminderKind, now: datetime, since: datetime) -> list[date]:
        """The delivery days whose reminders of a kind can be due now, or have been since the last look."""
        first, last = since.date() - _DAY, now.date() + _DAY
        days = (first + n * _DAY for n in range((last - first).days + 1))
        return [day for day in days if any(self._matters(kind, times, day, now, since) for times in self.times.every)]

    def closing_days(self, outlet: Outlet, calendar: DeliveryCalendar, now: datetime, since: datetime) -> list[date]:
        """The outlet's delivery days whose cut-off reminder can be due now, or has been since the last look."""
        lead = timedelta(days=calendar.rules_for(outlet).lead_days)
        first, last = since.date() + lead, now.date() + lead + 2 * _DAY
        days = (first + n * _DAY for n in range((last - first).days + 1))
        return [
            day
            for day in days
            if is_delivery_day(outlet, day, calendar)
            and self._aware(calendar.closes_at(day, outlet)) >= since
            and self._aware(self._before_closing(outlet, calendar.closes_at(day, outlet))) <= now
        ]

    def overdue_days(self, now: datetime, since: datetime) -> list[date]:
        """The working days since the last look, today's among them."""
        days = (since.date() + n * _DAY for n in range((now.date() - since.date()).days + 1))
        return [day for day in days if day.isoweekday() <= 5]

    # -- times -------------------------------------------------------------------------------------

    def _around_delivery(self, kind: ReminderKind, times: Times, day: date) -> tuple[datetime, datetime]:
        """Due and useful until (naive), before quiet hours are heeded."""
        if kind is ReminderKind.DELIVERY_TOMORROW:
            return datetime.combine(day - _DAY, times.delivery_tomorrow), self.quiet.evening(day - _DAY)
        if kind is ReminderKind.RECEIVED:
            return datetime.combine(day, times.received), self.quiet.evening(day + _DAY)
        due_at = datetime.combine(day, times.delivery_today)
        return due_at, self._until(due_at, _NOON)

    def _before_closing(self, outlet: Outlet, closes: datetime) -> datetime:
        """When it is said that orders close; in the evening before where quiet hours would leave no time to order."""
        due_at = closes - self.times.of(outlet.zone).cut_off
        if self.quiet.after(due_at) + min(_HALF_AN_HOUR, closes - due_at) <= closes:
            return self.quiet.after(due_at)
        return self.quiet.began(due_at) - _HOUR

    def _until(self, due_at: datetime, usually: time) -> datetime:
        """Until a time of the same day, and in any case a while, but not until late."""
        usual = datetime.combine(due_at.date(), usually)
        return min(max(usual, self.quiet.after(due_at) + _AT_LEAST), self.quiet.evening(due_at.date()))

    def _matters(self, kind: ReminderKind, times: Times, day: date, now: datetime, since: datetime) -> bool:
        due_at, until = self._around_delivery(kind, times, day)
        return self._aware(self.quiet.after(due_at)) <= now and self._aware(until) >= since

    def _due(self, kind: ReminderKind, outlet: Outlet, day: date, due_at: datetime, until: datetime) -> Due | None:
        due_at = self.quiet.after(due_at)
        if kind not in self.kinds or due_at > until:
            return None
        return Due(Occasion(kind, outlet.code, day), self._aware(due_at), self._aware(until))

    def _aware(self, moment: datetime) -> datetime:
        return moment.replace(tzinfo=self.zone)


def is_delivery_day(outlet: Outlet, day: date, calendar: DeliveryCalendar) -> bool:
    """Whether the outlet can have a delivery on that day at all."""
    return day not in calendar.holidays and day.isoweekday() in calendar.days_of(outlet)


def weeks_before(day: date, calendar: DeliveryCalendar) -> tuple[date, ...]:
    """The last four days of the same weekday before `day` that were no holidays, newest first."""
    return tuple(_working_weeks(day, calendar))


def _working_weeks(day: date, calendar: DeliveryCalendar) -> Iterator[date]:
    found = 0
    for weeks in range(1, _FURTHEST_WEEKS + 1):
        earlier = day - weeks * _WEEK
        if earlier not in calendar.holidays:
            found += 1
            yield earlier
        if found == _WEEKS:
            return


def _under_way(draft: OpenDraft, day: date, closes_at: datetime) -> bool:
    """Whether a draft may become the order for `day`."""
    return draft.day == day or (draft.day is None and draft.touched_at >= closes_at - _DRAFT_LIVES)
