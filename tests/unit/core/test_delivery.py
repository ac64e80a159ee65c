"""The delivery calendar: which days an outlet can have, and until when."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.delivery import LOOK_AHEAD_DAYS, DeliveryCalendar, NotPossible, ZoneRules
from core.domain.outlets import Outlet

SINGAPORE = ZoneInfo("Asia/Singapore")
MONDAY = date(2026, 11, 23)
TUESDAY, WEDNESDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)
SUNDAY = MONDAY + timedelta(days=6)
SHOP = Outlet("A", "Shop", zone="East")
EAST = ZoneRules((1, 2, 3, 4, 5, 6), time(17, 0), 1, Decimal(30))


def calendar(rules: ZoneRules = EAST, **holidays: date) -> DeliveryCalendar:
    return DeliveryCalendar({"East": rules}, holidays={day: name for name, day in holidays.items()})


def at(day: date, clock: str = "12:00") -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), SINGAPORE)


@pytest.mark.parametrize(
    ("clock", "problem"),
    [
        ("16:59:59.999999", None),
        ("17:00", None),
        ("17:00:00.000001", NotPossible.CUT_OFF),
        ("23:59:59", NotPossible.CUT_OFF),
        ("00:00", None),
    ],
)
def test_tomorrow_can_be_had_until_the_cut_off(clock: str, problem: NotPossible | None) -> None:
    assert calendar().problem_with(TUESDAY, SHOP, at(MONDAY, clock)) == problem


def test_after_the_cut_off_the_day_after_tomorrow_is_next() -> None:
    assert calendar().next_days(SHOP, at(MONDAY, "17:01"), 1) == (WEDNESDAY,)


@pytest.mark.parametrize(("lead", "closes"), [(0, "2026-11-25"), (1, "2026-11-24"), (2, "2026-11-23")])
def test_lead_days_are_calendar_days_before_the_delivery(lead: int, closes: str) -> None:
    rules = replace(EAST, lead_days=lead)
    assert calendar(rules).closes_at(WEDNESDAY, SHOP) == datetime.fromisoformat(f"{closes}T17:00")


def test_lead_days_count_sundays_and_holidays() -> None:
    # An order for Monday closes on Sunday: the desk takes orders every day, only the van rests.
    next_monday = MONDAY + timedelta(days=7)
    asked = calendar(EAST, Rest=SUNDAY)
    assert asked.problem_with(next_monday, SHOP, at(SUNDAY, "17:00")) is None
    assert asked.problem_with(next_monday, SHOP, at(SUNDAY, "17:01")) is NotPossible.CUT_OFF


def test_the_same_day_can_be_had_where_there_is_no_lead_time() -> None:
    rules = replace(EAST, lead_days=0, cut_off=time(9, 0))
    assert calendar(rules).problem_with(MONDAY, SHOP, at(MONDAY, "09:00")) is None
    assert calendar(rules).problem_with(MONDAY, SHOP, at(MONDAY, "09:01")) is NotPossible.CUT_OFF


@pytest.mark.parametrize(
    ("day", "problem"),
    [
        (MONDAY - timedelta(days=1), NotPossible.PAST),
        (date.min, NotPossible.PAST),
        (MONDAY, NotPossible.CUT_OFF),
        (SUNDAY, NotPossible.NO_DELIVERY),
        (WEDNESDAY, NotPossible.HOLIDAY),
        (MONDAY + timedelta(days=LOOK_AHEAD_DAYS + 1), NotPossible.TOO_FAR),
        (date.max, NotPossible.TOO_FAR),
        (TUESDAY, None),
    ],
)
def test_each_reason_is_named(day: date, problem: NotPossible | None) -> None:
    assert calendar(EAST, Deepavali=WEDNESDAY).problem_with(day, SHOP, at(MONDAY)) == problem


def test_a_holiday_is_said_before_that_there_is_no_delivery_that_weekday() -> None:
    assert calendar(EAST, Rest=SUNDAY).problem_with(SUNDAY, SHOP, at(MONDAY)) is NotPossible.HOLIDAY


def test_the_supplier_decides_what_today_is() -> None:
    # One in the morning on Tuesday in Singapore is still Monday in UTC.
    now = datetime(2026, 11, 23, 17, 30, tzinfo=UTC).astimezone(SINGAPORE)
    assert calendar().problem_with(MONDAY, SHOP, now) is NotPossible.PAST


def test_an_outlets_own_days_come_before_its_zones() -> None:
    own = replace(SHOP, delivery_days=(3,))
    assert calendar().days_of(own) == (3,)
    assert calendar().days_of(SHOP) == EAST.delivery_days
    assert calendar().next_days(own, at(MONDAY), 2) == (WEDNESDAY, WEDNESDAY + timedelta(days=7))


def test_without_a_zone_the_suppliers_defaults_apply() -> None:
    asked = DeliveryCalendar({"East": EAST}, ZoneRules((7,)))
    assert asked.days_of(None) == (7,)
    assert asked.days_of(replace(SHOP, zone="Sentosa")) == (7,)
    assert asked.rules_for(SHOP) is EAST


def test_where_no_day_can_be_had_there_are_no_next_days() -> None:
    assert calendar(replace(EAST, delivery_days=())).next_days(SHOP, at(MONDAY)) == ()
    assert calendar(replace(EAST, lead_days=LOOK_AHEAD_DAYS + 5)).next_days(SHOP, at(MONDAY)) == ()


RULES = st.builds(
    ZoneRules,
    delivery_days=st.sets(st.integers(1, 7)).map(lambda days: tuple(sorted(days))),
    cut_off=st.times(),
    lead_days=st.integers(0, 10),
)
MOMENTS = st.datetimes(
    datetime.fromisoformat("2024-01-01"), datetime.fromisoformat("2040-01-01"), timezones=st.just(SINGAPORE)
)
HOLIDAYS = st.sets(st.integers(0, LOOK_AHEAD_DAYS))


@given(RULES, MOMENTS, HOLIDAYS, st.integers(1, 10))
def test_next_days_are_the_soonest_possible_ones(rules: ZoneRules, now: datetime, rest: set[int], count: int) -> None:
    holidays = {now.date() + timedelta(days=ahead): "Rest" for ahead in rest}
    asked = DeliveryCalendar({"East": rules}, holidays=holidays)
    days = asked.next_days(SHOP, now, count)
    possible = [
        day
        for day in (now.date() + timedelta(days=ahead) for ahead in range(LOOK_AHEAD_DAYS + 1))
        if asked.problem_with(day, SHOP, now) is None
    ]
    assert list(days) == possible[:count]
    for day in days:
        assert day.isoweekday() in rules.delivery_days
        assert day not in holidays
        assert now.replace(tzinfo=None) <= asked.closes_at(day, SHOP)


@given(RULES, MOMENTS, st.timedeltas(timedelta(0), timedelta(days=30)), st.integers(0, LOOK_AHEAD_DAYS))
def test_a_day_once_closed_stays_closed(rules: ZoneRules, now: datetime, later: timedelta, ahead: int) -> None:
    asked = DeliveryCalendar({"East": rules})
    day = now.date() + timedelta(days=ahead)
    if asked.problem_with(day, SHOP, now) is not None:
        assert asked.problem_with(day, SHOP, now + later) is not None


@given(st.dates(), MOMENTS, RULES)
def test_any_date_gets_an_answer(day: date, now: datetime, rules: ZoneRules) -> None:
    problem = DeliveryCalendar({"East": rules}).problem_with(day, SHOP, now)
    assert problem is None or isinstance(problem, NotPossible)
