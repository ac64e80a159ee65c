"""When reminders are due: the rules, and what holds whatever the hours, days and settings are."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.delivery import DeliveryCalendar, ZoneRules
from core.domain.orders import OrderStatus
from core.domain.outlets import Outlet
from core.domain.reminder_times import QuietHours, ReminderTimes, Times
from core.domain.reminders import ReminderKind
from core.domain.reminding import DELIVERY_KINDS, OpenDraft, ReminderRules, weeks_before

SINGAPORE = ZoneInfo("Asia/Singapore")
NATIONAL_DAY = date(2026, 8, 10)  # a Monday
TUESDAY = date(2026, 11, 24)
OUTLET = Outlet("A", "Kitchen A", zone="East", delivery_days=(1, 2, 3, 4, 5))
CALENDAR = DeliveryCalendar(
    {"East": ZoneRules(cut_off=time(17)), "Early": ZoneRules(cut_off=time(9), lead_days=2)},
    holidays={NATIONAL_DAY: "National Day"},
)
DONE, CANCELLED = OrderStatus.CONFIRMED, OrderStatus.CANCELLED


def rules(times: Any = None, quiet: str = "21:00-08:00") -> ReminderRules:
    """Rules for every kind."""
    hours = QuietHours.from_text(quiet)
    return ReminderRules(SINGAPORE, frozenset(ReminderKind), ReminderTimes.from_json(times or {}), hours)


def at(text: str) -> datetime:
    """A moment in Singapore."""
    return datetime.fromisoformat(text).replace(tzinfo=SINGAPORE)


def usually(day: date = TUESDAY, weeks: int = 4) -> dict[date, OrderStatus]:
    """Orders for the same weekday of the last weeks."""
    return {day - timedelta(weeks=n): DONE for n in range(1, weeks + 1)}


@pytest.mark.parametrize(
    ("kind", "due_at", "until"),
    [
        (ReminderKind.DELIVERY_TOMORROW, "2026-11-23T16:00", "2026-11-23T20:59"),
        (ReminderKind.DELIVERY_TODAY, "2026-11-24T08:00", "2026-11-24T12:00"),
        (ReminderKind.RECEIVED, "2026-11-24T18:00", "2026-11-25T20:59"),
    ],
)
def test_a_delivery_is_spoken_of_at_its_times(kind: ReminderKind, due_at: str, until: str) -> None:
    due = rules().delivery(kind, OUTLET, TUESDAY, at("2026-11-20T10:00"))
    assert due is not None
    assert (due.due_at, due.useful_until) == (at(due_at), at(until))
    assert (due.occasion.kind, due.occasion.outlet, due.occasion.day) == (kind, "A", TUESDAY)


def test_who_orders_after_the_reminders_moment_has_just_seen_the_day() -> None:
    tomorrow = ReminderKind.DELIVERY_TOMORROW
    assert rules().delivery(tomorrow, OUTLET, TUESDAY, at("2026-11-23T16:00")) is not None
    assert rules().delivery(tomorrow, OUTLET, TUESDAY, at("2026-11-23T16:01")) is None


def test_an_orders_own_day_rules_be_it_a_holiday() -> None:
    assert rules().delivery(ReminderKind.DELIVERY_TODAY, OUTLET, NATIONAL_DAY, None) is not None


def test_a_time_that_quiet_hours_leave_no_room_for_is_none() -> None:
    late = rules({"delivery tomorrow": "21:30"})
    assert late.delivery(ReminderKind.DELIVERY_TOMORROW, OUTLET, TUESDAY, None) is None
    early = rules({"East": {"cut-off": "10h"}})  # 07:00 becomes 08:00, which is still before 17:00
    due = early.cut_off(OUTLET, TUESDAY, CALENDAR, usually(), ())
    assert due is not None
    assert due.due_at == at("2026-11-23T08:00")


@pytest.mark.parametrize(
    ("orders", "is_due"),
    [
        (usually(), True),
        (usually(weeks=3), True),
        (usually(weeks=2), False),
        ({}, False),
        ({**usually(), TUESDAY: DONE}, False),
        ({**usually(), TUESDAY: CANCELLED}, False),  # that was a decision
        ({**usually(weeks=2), TUESDAY - timedelta(weeks=3): CANCELLED}, False),
        ({**usually(), TUESDAY - timedelta(weeks=2): CANCELLED}, True),
    ],
)
def test_only_those_who_usually_order_and_have_not(orders: Mapping[date, OrderStatus], is_due: bool) -> None:
    due = rules().cut_off(OUTLET, TUESDAY, CALENDAR, orders, ())
    assert (due is not None) is is_due
    if due is not None:
        assert (due.due_at, due.useful_until) == (at("2026-11-23T15:00"), at("2026-11-23T17:00"))


def test_weeks_whose_day_was_a_holiday_are_passed_over() -> None:
    monday = NATIONAL_DAY + timedelta(weeks=2)
    assert weeks_before(monday, CALENDAR) == tuple(monday - timedelta(weeks=n) for n in (1, 3, 4, 5))


def test_nobody_is_hurried_to_order_for_a_day_without_deliveries() -> None:
    assert rules().cut_off(OUTLET, NATIONAL_DAY, CALENDAR, usually(NATIONAL_DAY), ()) is None
    sunday = date(2026, 11, 29)
    assert rules().cut_off(OUTLET, sunday, CALENDAR, usually(sunday), ()) is None


@pytest.mark.parametrize(
    ("closes", "due_at"),
    [
        (time(17), "2026-11-23T15:00"),
        (time(22, 30), "2026-11-23T20:30"),
        (time(23), "2026-11-23T20:00"),  # 21:00 is quiet, and tomorrow is too late
        (time(23, 59), "2026-11-23T20:00"),
        (time(6), "2026-11-22T20:00"),
        (time(8, 15), "2026-11-22T20:00"),
        (time(9), "2026-11-23T08:00"),  # an hour is left after quiet hours
    ],
)
def test_a_cut_off_at_night_is_spoken_of_in_the_evening_before_it(closes: time, due_at: str) -> None:
    calendar = DeliveryCalendar({"East": ZoneRules(cut_off=closes)})
    due = rules().cut_off(OUTLET, TUESDAY, calendar, usually(), ())
    assert due is not None
    assert (due.due_at, due.useful_until) == (at(due_at), datetime.combine(TUESDAY - timedelta(1), closes, SINGAPORE))
    assert TUESDAY in rules().closing_days(OUTLET, calendar, due.due_at, due.due_at)


@pytest.mark.parametrize(
    ("draft", "is_due"),
    [
        (OpenDraft(at("2026-11-20T10:00"), TUESDAY), False),
        (OpenDraft(at("2026-11-23T10:00")), False),
        (OpenDraft(at("2026-11-20T10:00")), True),  # long forgotten
        (OpenDraft(at("2026-11-23T10:00"), TUESDAY + timedelta(days=1)), True),  # for another day
    ],
)
def test_a_draft_under_way_needs_no_word_of_the_cut_off(draft: OpenDraft, is_due: bool) -> None:
    assert (rules().cut_off(OUTLET, TUESDAY, CALENDAR, usually(), [draft]) is not None) is is_due


@pytest.mark.parametrize(
    ("touched", "day", "due_at", "until"),
    [
        ("2026-11-23T10:15", None, "2026-11-23T13:15", "2026-11-23T20:59"),
        ("2026-11-23T10:15", TUESDAY, "2026-11-23T13:15", "2026-11-23T17:00"),
        ("2026-11-23T14:30", TUESDAY, "2026-11-23T16:00", "2026-11-23T17:00"),  # while there is time to place it
        ("2026-11-23T16:20", TUESDAY, "2026-11-23T16:50", "2026-11-23T17:00"),
        ("2026-11-23T16:40", TUESDAY, None, None),
        ("2026-11-23T17:30", None, "2026-11-23T19:59", "2026-11-23T20:59"),
        ("2026-11-23T18:30", None, "2026-11-23T19:59", "2026-11-23T20:59"),  # 21:30 is quiet
        ("2026-11-23T20:40", None, None, None),
        ("2026-11-23T02:00", None, "2026-11-23T08:00", "2026-11-23T20:59"),
        ("2026-11-23T10:15", date(2026, 11, 20), None, None),  # its day has passed
    ],
)
def test_a_draft_is_remembered_the_same_day(
    touched: str, day: date | None, due_at: str | None, until: str | None
) -> None:
    due = rules().draft(OUTLET, OpenDraft(at(touched), day), CALENDAR)
    assert (due and due.due_at, due and due.useful_until) == (due_at and at(due_at), until and at(until))


def test_the_weeks_word_about_overdue_invoices_comes_on_a_working_day() -> None:
    due = rules().overdue(OUTLET, date(2026, 11, 23), CALENDAR)
    assert due is not None
    assert (due.due_at, due.useful_until) == (at("2026-11-23T09:30"), at("2026-11-23T18:00"))
    days = [NATIONAL_DAY + timedelta(days=n) for n in range(7)]
    assert [day for day in days if rules().overdue(OUTLET, day, CALENDAR)] == [date(2026, 8, 11)]


def test_zones_have_times_of_their_own() -> None:
    given = rules({"cut-off": "1h", "Early": {"cut-off": "90m", "overdue": "Fri 10:00"}})
    assert given.times.of("East") == Times(cut_off=timedelta(hours=1))
    assert given.times.of("Early") == Times(cut_off=timedelta(minutes=90), overdue=(5, time(10)))
    early = Outlet("B", "Kitchen B", zone="Early", delivery_days=(2,))
    due = given.cut_off(early, TUESDAY, CALENDAR, usually(), ())
    assert due is not None
    assert (due.due_at, due.useful_until) == (at("2026-11-22T08:00"), at("2026-11-22T09:00"))  # 07:30 is quiet


@pytest.mark.parametrize(
    "given",
    [
        [],
        {"lunch": "12:00"},
        {"delivery tomorrow": "4 pm"},
        {"delivery tomorrow": "24:00"},
        {"delivery tomorrow": 16},
        {"cut-off": "16:00"},
        {"cut-off": "0h"},
        {"draft": "25h"},
        {"overdue": "Sun 09:00"},
        {"overdue": "09:00"},
        {"East": {"East": {"draft": "2h"}}},
        {"East": {"lunch": "12:00"}},
    ],
)
def test_times_that_mean_nothing_are_refused(given: Any) -> None:
    with pytest.raises(ValueError):
        ReminderTimes.from_json(given)


@pytest.mark.parametrize("text", ["", "21:00", "21:00-", "9:00-10:00", "25:00-08:00", "21:00-08:60", "21:00 08:00"])
def test_quiet_hours_that_mean_nothing_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        QuietHours.from_text(text)


# What holds for every setting ------------------------------------------------------------------------

clocks = st.times().map(lambda each: each.replace(second=0, microsecond=0, fold=0))
hours = st.builds(QuietHours, clocks, clocks)
days = st.dates(date(2026, 1, 1), date(2027, 12, 31))
minutes = st.integers(1, 24 * 60).map(lambda each: timedelta(minutes=each))
moments = st.builds(lambda day, clock: datetime.combine(day, clock, SINGAPORE), days, clocks)
every_times = st.builds(Times, clocks, clocks, clocks, minutes, minutes, st.tuples(st.integers(1, 5), clocks))
every_rules = st.builds(
    lambda times, quiet: ReminderRules(SINGAPORE, frozenset(ReminderKind), ReminderTimes(times), quiet),
    every_times,
    hours,
)
calendars = st.builds(
    lambda cut_off, lead: DeliveryCalendar({"East": ZoneRules(cut_off=cut_off, lead_days=lead)}),
    clocks,
    st.integers(0, 5),
)


@given(hours, moments)
def test_after_quiet_hours_it_is_not_quiet(quiet: QuietHours, moment: datetime) -> None:
    after = quiet.after(moment)
    assert not quiet.cover(after)
    assert moment <= after < moment + timedelta(days=1)
    assert (after == moment) is not quiet.cover(moment)


@given(every_rules, days, st.sampled_from(DELIVERY_KINDS))
def test_no_delivery_reminder_is_due_in_quiet_hours(rules: ReminderRules, day: date, kind: ReminderKind) -> None:
    due = rules.delivery(kind, OUTLET, day, None)
    if due is not None:
        assert not rules.quiet.cover(due.due_at)
        assert due.due_at <= due.useful_until
        assert rules.delivery_days(kind, due.due_at, due.due_at).count(day) == 1
        assert day in rules.delivery_days(kind, due.useful_until + timedelta(days=1), due.due_at - timedelta(days=1))


@given(every_rules, days, calendars)
def test_the_cut_off_is_spoken_of_before_it(rules: ReminderRules, day: date, calendar: DeliveryCalendar) -> None:
    due = rules.cut_off(OUTLET, day, calendar, usually(day), ())
    if due is not None:
        assert not rules.quiet.cover(due.due_at)
        closes = calendar.closes_at(day, OUTLET).replace(tzinfo=SINGAPORE)
        assert due.due_at <= due.useful_until == closes
        assert day in rules.closing_days(OUTLET, calendar, due.due_at, due.due_at)


@given(every_rules, moments, st.none() | days, calendars)
def test_a_draft_is_remembered_the_day_it_was_touched_or_not(
    rules: ReminderRules, touched: datetime, day: date | None, calendar: DeliveryCalendar
) -> None:
    due = rules.draft(OUTLET, OpenDraft(touched, day), calendar)
    if due is not None:
        assert touched <= due.due_at <= due.useful_until
        assert due.due_at.date() == due.occasion.day == touched.date()
        assert not rules.quiet.cover(due.due_at)


@given(every_rules, days)
def test_overdue_invoices_are_spoken_of_at_most_once_a_week(rules: ReminderRules, day: date) -> None:
    monday = day - timedelta(days=day.isoweekday() - 1)
    found = [rules.overdue(OUTLET, monday + timedelta(days=n), CALENDAR) for n in range(7)]
    assert sum(due is not None for due in found) <= 1


@pytest.mark.parametrize(
    ("day", "due_at", "until"),
    [
        (date(2026, 10, 25), "2026-10-24T15:00", "2026-10-24T19:59"),  # summer time ends on that day
        (date(2026, 10, 26), "2026-10-25T16:00", "2026-10-25T20:59"),
        (date(2026, 3, 29), "2026-03-28T16:00", "2026-03-28T20:59"),  # and begins on this one
        (date(2026, 3, 30), "2026-03-29T15:00", "2026-03-29T19:59"),
    ],
)
def test_as_clocks_change_it_is_due_by_the_clock_on_the_wall(day: date, due_at: str, until: str) -> None:
    london = ReminderRules(ZoneInfo("Europe/London"), frozenset(ReminderKind))
    due = london.delivery(ReminderKind.DELIVERY_TOMORROW, OUTLET, day, None)
    assert due is not None
    greenwich = (due.due_at.astimezone(UTC), due.useful_until.astimezone(UTC))
    assert [f"{moment:%Y-%m-%dT%H:%M}" for moment in greenwich] == [due_at, until]


@pytest.mark.parametrize("first", [date(2026, 3, 28), date(2026, 10, 24)])
def test_as_clocks_change_a_minutely_look_finds_each_reminder_once(first: date) -> None:
    zone = ZoneInfo("Europe/London")
    london = ReminderRules(zone, frozenset(ReminderKind), quiet=QuietHours(time(0), time(0)))
    touched = [datetime.combine(first, time(22, 30), zone), datetime.combine(first + timedelta(1), time(0, 30), zone)]
    opened = {}
    start = datetime.combine(first, time(12), UTC)
    for minute in range(48 * 60):
        now = (start + timedelta(minutes=minute)).astimezone(zone)
        for kind in DELIVERY_KINDS:
            for day in london.delivery_days(kind, now, now - timedelta(minutes=1)):
                due = london.delivery(kind, OUTLET, day, None)
                if due is not None and due.is_open(now):
                    opened.setdefault(due.occasion, now)
        for moment in touched:
            due = london.draft(OUTLET, OpenDraft(moment), CALENDAR)
            if due is not None and due.is_open(now):
                opened.setdefault(due.occasion, now)
    at_times = {(o.kind, o.day): f"{now:%a %H:%M}" for o, now in opened.items()}
    sunday = first + timedelta(1)
    assert at_times[ReminderKind.DELIVERY_TOMORROW, sunday] == "Sat 16:00"
    assert at_times[ReminderKind.DELIVERY_TODAY, sunday] == "Sun 08:00"
    assert at_times[ReminderKind.RECEIVED, sunday] == "Sun 18:00"
    assert at_times[ReminderKind.DRAFT, sunday] == "Sun 03:30"


def test_by_default_an_outlet_with_a_delivery_every_day_hears_of_one_thing_at_a_time() -> None:
    usual = Times()
    assert len({usual.delivery_tomorrow, usual.delivery_today, usual.received}) == 3
    found = [rules().delivery(kind, OUTLET, TUESDAY + timedelta(n), None) for kind in DELIVERY_KINDS for n in (0, 1)]
    moments = [due.due_at for due in found if due is not None]
    assert len(set(moments)) == len(moments)
    assert not any(QuietHours().cover(at(f"2026-11-24T{when}")) for when in (usual.delivery_today, usual.received))
