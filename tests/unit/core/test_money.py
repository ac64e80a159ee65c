"""Money: to the cent, half up, and never a cent lost on a large amount."""

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.money import CENT, tax_on, to_cents

AMOUNTS = st.decimals(0, Decimal("1e12"), places=4)
RATES = st.decimals(0, Decimal("0.99"), places=4)


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [
        ("0.005", "0.01"),
        ("0.015", "0.02"),
        ("0.025", "0.03"),
        ("0.0049999", "0.00"),
        ("2.675", "2.68"),
        ("1", "1.00"),
        ("1E+2", "100.00"),
        ("0", "0.00"),
    ],
)
def test_half_a_cent_rounds_up(amount: str, rounded: str) -> None:
    assert str(to_cents(Decimal(amount))) == rounded


@given(AMOUNTS)
def test_rounding_moves_an_amount_by_half_a_cent_at_most(amount: Decimal) -> None:
    rounded = to_cents(amount)
    assert abs(rounded - amount) <= CENT / 2
    assert rounded.as_tuple().exponent == -2
    assert to_cents(rounded) == rounded


@given(AMOUNTS, AMOUNTS)
def test_rounding_keeps_the_order_of_amounts(one: Decimal, other: Decimal) -> None:
    assert (to_cents(one) <= to_cents(other)) or one > other


@pytest.mark.parametrize(
    ("subtotal", "tax"),
    [
        ("64.00", "5.76"),
        ("0.00", "0.00"),
        ("0.05", "0.00"),
        ("0.06", "0.01"),
        ("10.50", "0.95"),
        ("49.50", "4.46"),
    ],
)
def test_tax_at_nine_percent(subtotal: str, tax: str) -> None:
    assert str(tax_on(Decimal(subtotal), Decimal("0.09"))) == tax


@given(AMOUNTS, RATES)
def test_tax_is_the_exact_product_rounded_once(subtotal: Decimal, rate: Decimal) -> None:
    with localcontext() as context:
        context.prec = 60
        exact = subtotal * rate
        assert abs(tax_on(subtotal, rate) - exact) <= CENT / 2
