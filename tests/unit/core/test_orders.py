"""Orders: what their lines come to."""

from dataclasses import FrozenInstanceError
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.money import CENT
from core.domain.orders import Draft, DraftLine, Order, OrderLine, OrderStatus

LINES = st.lists(
    st.builds(
        OrderLine,
        sku=st.text(max_size=8),
        name=st.just("Box"),
        quantity=st.integers(0, 100_000),
        unit=st.just("bundle"),
        pieces_per_unit=st.integers(1, 10_000),
        unit_price=st.decimals(0, 99_999, places=4),
    ),
    max_size=40,
).map(tuple)
RATES = st.sampled_from([Decimal(0), Decimal("0.06"), Decimal("0.07"), Decimal("0.09"), Decimal("0.0825")])


def line(price: str, quantity: int = 1, pieces: int = 50) -> OrderLine:
    return OrderLine("PB-12", "Pizza Box 12in", quantity, "bundle", pieces, Decimal(price))


def order(*lines: OrderLine, rate: Decimal = Decimal("0.09")) -> Order:
    return Order(OrderStatus.DRAFT, "CPZ-PSR", lines, "SGD", rate)


def test_two_bundles_of_fifty_are_a_hundred_pieces() -> None:
    boxes = line("32.00", quantity=2)
    assert boxes.pieces == 100
    assert str(boxes.line_total) == "64.00"
    placed = order(boxes)
    assert [str(amount) for amount in (placed.subtotal, placed.tax, placed.total)] == [
        "64.00",
        "5.76",
        "69.76",
    ]


def test_an_empty_order_comes_to_nothing_to_the_cent() -> None:
    empty = order()
    assert [str(amount) for amount in (empty.subtotal, empty.tax, empty.total)] == ["0.00", "0.00", "0.00"]


def test_a_price_of_part_of_a_cent_is_rounded_a_line_and_not_a_unit() -> None:
    assert str(line("0.0125", quantity=1000).line_total) == "12.50"
    assert str(line("0.0125", quantity=1).line_total) == "0.01"
    assert str(line("0.005", quantity=1).line_total) == "0.01"


def test_tax_is_counted_on_the_subtotal_and_not_line_by_line() -> None:
    # 9% of 0.05 is 0.0045 a line, which would round to nothing three times over.
    assert str(order(line("0.05"), line("0.05"), line("0.05")).tax) == "0.01"


def test_a_price_without_decimals_still_shows_cents() -> None:
    assert str(line("7").line_total) == "7.00"
    assert str(line("1E+2").line_total) == "100.00"


@given(LINES, RATES)
def test_the_total_is_the_lines_as_shown_and_the_tax_as_shown(lines: tuple[OrderLine, ...], rate: Decimal) -> None:
    placed = order(*lines, rate=rate)
    assert placed.subtotal == sum((each.line_total for each in lines), Decimal(0))
    assert placed.total == placed.subtotal + placed.tax
    assert abs(placed.tax - placed.subtotal * rate) <= CENT / 2
    for amount in (placed.subtotal, placed.tax, placed.total):
        assert amount.as_tuple().exponent == -2


@given(LINES, RATES, st.randoms(use_true_random=False))
def test_the_total_does_not_depend_on_the_order_of_lines(
    lines: tuple[OrderLine, ...], rate: Decimal, shuffler: object
) -> None:
    shuffled = list(lines)
    shuffler.shuffle(shuffled)  # type: ignore[attr-defined]
    assert order(*lines, rate=rate).total == order(*shuffled, rate=rate).total


@given(st.decimals(0, 99_999, places=4), st.integers(1, 10_000))
def test_one_more_unit_never_costs_less(price: Decimal, quantity: int) -> None:
    fewer, more = (order(line(str(price), quantity=count)) for count in (quantity, quantity + 1))
    assert more.total >= fewer.total


def test_a_draft_finds_a_line_by_its_sku() -> None:
    draft = Draft("d", (DraftLine("A", 1), DraftLine("B", 2)))
    assert draft.line("B") == DraftLine("B", 2)
    assert draft.line("C") is None


def test_an_order_does_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        order().number = "SO-1"  # type: ignore[misc]
