"""What holds for any text and any amount: the reader's and the quantities' laws."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bot.english import english_words
from core.domain.catalogue import Product
from core.domain.commands import Add, Change, Reading, Replace
from core.domain.money import tax_on, to_cents
from core.domain.quantities import Doubt, reckon
from core.domain.units import PIECE, unit_of
from core.understanding.context import Context
from core.understanding.dates import find_when
from core.understanding.index import CatalogueIndex
from core.understanding.outlet_names import OutletNames
from core.understanding.reader import read
from core.understanding.tokens import normalise, tokenise
from tests.eval.cases import MONDAY_MORNING
from tests.eval.loading import load_reference, supplier

FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
NOW = datetime.fromisoformat(MONDAY_MORNING)
REFERENCE = load_reference(supplier("sample"))
INDEX = CatalogueIndex(REFERENCE.catalogue, english_words())
OUTLETS = OutletNames(REFERENCE.directory.outlets.values())
SMALL_TALK = "boss can you tell me when the office starts on monday thanks 3 25 hello my number is 91234567 ok"
TALK = [word for word in SMALL_TALK.split() if not INDEX.knows(word)]
ACTIVE = list(REFERENCE.catalogue.active)

amounts = st.integers(1, 5000).map(Decimal)
ordinary = st.sampled_from(
    [
        "2 bdl 12in pizza box",
        "300 pcs sip lid 80mm white",
        "tmr b4 10",
        "boss",
        "no, 3",
        "and",
        "\n",
        ", ",
        "x2",
        "?",
        "half carton",
        "#01-45",
    ]
)
texts = st.one_of(st.text(max_size=60), st.lists(st.one_of(ordinary, st.text(max_size=8)), max_size=8).map(" ".join))


def context() -> Context:
    return Context(index=INDEX, now=NOW, outlets=OUTLETS, linked=True)


def reading_of(text: str) -> Reading:
    return read([text], context())


def added(reading: Reading) -> list[tuple[tuple[str, ...], object, object, object]]:
    return [
        (c.wanted.skus, c.wanted.amount, c.wanted.unit, c.wanted.sure) for c in reading.commands if isinstance(c, Add)
    ]


def product(per: int, least: int = 1, unit: str = "carton") -> Product:
    return Product("X", "X", unit, per, Decimal(1), "SGD", min_quantity=least)


# -- quantities ------------------------------------------------------------------------------------------


@given(amounts, st.integers(1, 500), st.integers(1, 6), st.sampled_from([None, PIECE, "carton", "sleeve"]))
@FEW
def test_never_fewer_pieces_than_asked_without_a_doubt(amount: Decimal, per: int, least: int, unit: str | None) -> None:
    reckoned = reckon(product(per, least), amount, unit, "carton")

    if reckoned.doubt is None:
        pieces = amount * per if unit == "carton" else amount
        assert reckoned.quantity * per >= pieces
        assert reckoned.quantity >= least


@given(st.integers(1, 200), st.integers(1, 500))
@FEW
def test_pieces_that_divide_are_exact(units: int, per: int) -> None:
    reckoned = reckon(product(per), Decimal(units * per), PIECE, "carton")

    assert (reckoned.quantity, reckoned.rounded, reckoned.doubt) == (units, False, None)


@given(amounts, amounts, st.integers(1, 500), st.sampled_from([None, PIECE, "carton"]))
@FEW
def test_more_asked_is_never_less_taken(one: Decimal, other: Decimal, per: int, unit: str | None) -> None:
    fewer, more = sorted((one, other))
    low, high = (reckon(product(per), n, unit, "carton") for n in (fewer, more))
    assume(low.doubt is None and high.doubt is None)

    assert low.quantity <= high.quantity


@given(amounts, st.integers(1, 500), st.sampled_from(["sleeve", "packet", "crate"]))
@FEW
def test_another_unit_is_always_asked(amount: Decimal, per: int, unit: str) -> None:
    assert reckon(product(per), amount, unit, "carton").doubt is Doubt.UNIT


@given(amounts, st.integers(1, 500))
@FEW
def test_what_is_rounded_is_less_than_a_unit_too_much(amount: Decimal, per: int) -> None:
    reckoned = reckon(product(per), amount, PIECE, "carton")

    if reckoned.doubt is None:
        assert reckoned.quantity * per - amount < per
        assert reckoned.rounded == (amount % per != 0)


# -- money -----------------------------------------------------------------------------------------------


@given(st.decimals(0, 10**6, places=3), st.decimals(0, 10**6, places=3))
@FEW
def test_tax_is_never_less_on_more(one: Decimal, other: Decimal) -> None:
    low, high = sorted((to_cents(one), to_cents(other)))

    assert tax_on(low, Decimal("0.09")) <= tax_on(high, Decimal("0.09"))


# -- dates -----------------------------------------------------------------------------------------------

days = st.dates(date(2026, 1, 1), date(2029, 1, 1))
DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def found(text: str, today: date) -> list[date]:
    return find_when(tokenise(normalise(text)), today, lambda word: False).days


@given(days, st.integers(0, 6), st.sampled_from(["{}", "on {}", "deliver {}", "this {}"]))
@FEW
def test_a_weekday_is_within_a_week_and_strictly_after_today(today: date, weekday: int, wording: str) -> None:
    (day,) = found(wording.format(DAYS[weekday]), today)

    assert timedelta(0) < day - today <= timedelta(7)
    assert day.weekday() == weekday


@pytest.mark.parametrize("year", [2026, 2028])
@pytest.mark.parametrize(
    "form",
    ["{d} {m}", "{d}{o} {m}", "{m} {d}", "on {d}/{n}", "{d:02}/{n:02}/{y}", "{y}-{n:02}-{d:02}", "on {d} of {m}"],
)
def test_every_day_of_a_year_is_read_back(year: int, form: str) -> None:
    today = date(year, 1, 1)
    wrong = []
    for ahead in range(366 if year % 4 == 0 else 365):
        day = today + timedelta(ahead)
        ending = "th" if 10 < day.day < 20 else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
        text = form.format(d=day.day, o=ending, m=day.strftime("%b").lower(), n=day.month, y=day.year)
        if found(text, today) != [day]:
            wrong.append((text, found(text, today)))

    assert wrong == []


@given(st.integers(7, 18), st.sampled_from(["before {}:00", "b4 {}:00", "after {}:00", "by {}:00"]))
@FEW
def test_a_clock_time_is_read_to_the_hour(hour: int, wording: str) -> None:
    when = find_when(tokenise(wording.format(hour)), date(2026, 11, 23), lambda word: False)

    side = "after" if "after" in wording else "before"
    assert when.window == f"{side} {hour:02}:00"


# -- reading ---------------------------------------------------------------------------------------------


@given(texts)
@settings(FEW, max_examples=200)
def test_tokens_of_any_text(text: str) -> None:
    plain = normalise(text)

    tokens = tokenise(plain)

    assert all(0 <= t.start <= t.end <= len(plain) for t in tokens)
    assert [t.start for t in tokens] == sorted(t.start for t in tokens)


@given(texts)
@settings(FEW, max_examples=200)
def test_any_text_is_read(text: str) -> None:
    assert reading_of(text).commands


@given(st.lists(st.sampled_from(TALK), max_size=10))
@FEW
def test_a_text_without_a_product_word_adds_no_line(words: list[str]) -> None:
    commands = reading_of(" ".join(words)).commands

    assert not [c for c in commands if isinstance(c, Replace | Change) or (isinstance(c, Add) and c.wanted.skus)]


orders = st.builds(
    lambda p, n: (p, f"{n} {p.unit} {p.name}"),
    st.sampled_from([p for p in ACTIVE if "(" not in p.name]),
    st.integers(10, 20),
)


@given(orders)
@settings(FEW, max_examples=100)
def test_an_order_by_full_name_is_that_product(order: tuple[Product, str]) -> None:
    wanted, text = order
    (skus, amount, unit, sure) = added(reading_of(text))[0]

    assert (skus, sure, unit) == ((wanted.sku,), True, unit_of(wanted.unit))
    assert amount == Decimal(text.split()[0])


@given(orders, st.sampled_from([str.upper, str.lower, str.title, str.swapcase]))
@FEW
def test_case_changes_nothing(order: tuple[Product, str], change) -> None:
    assert added(reading_of(change(order[1]))) == added(reading_of(order[1]))


@given(orders, st.sampled_from([".", "!", " !!", " ..", ",", "\n", " 🙏", " :)"]))
@FEW
def test_trailing_punctuation_changes_nothing(order: tuple[Product, str], end: str) -> None:
    assert added(reading_of(order[1] + end)) == added(reading_of(order[1]))


@given(orders, orders)
@FEW
def test_items_on_lines_are_read_one_by_one(one: tuple[Product, str], other: tuple[Product, str]) -> None:
    assume(one[0].sku != other[0].sku)

    assert added(reading_of(f"{one[1]}\n{other[1]}")) == added(reading_of(one[1])) + added(reading_of(other[1]))


@given(orders)
@FEW
def test_the_same_message_twice_in_a_burst_counts_once(order: tuple[Product, str]) -> None:
    assert read([order[1], order[1]], context()) == reading_of(order[1])
