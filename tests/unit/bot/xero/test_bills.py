"""An order as an invoice: its sums are the order's to the cent, and any change of it shows."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given

from bot.xero.bills import Bill, Coding, bill_of, body_of
from bot.xero.errors import XeroRefused
from bot.xero.taxes import tax_type_of
from core.domain.money import CENT, tax_on
from core.domain.orders import Order, OrderLine
from tests.sandbox.xero.organisations import Organisation
from tests.unit.bot.ledger.builders import order, order_lines

DAYS = (date(2026, 11, 23), date(2026, 12, 23))
CODING = Coding("200", "OUTPUTY24")
RATE = Decimal("0.09")


def billed(of: Order) -> Bill:
    return bill_of(of, "INV-1", ("C0FFEE", "Crust & Co"), DAYS, CODING)


@given(order_lines())
def test_lines_and_taxes_add_up_to_the_order_and_stay_within_a_cent_of_xeros_own(lines: tuple[OrderLine, ...]) -> None:
    bill = billed(order(lines=lines))
    tax = sum((line.tax for line in bill.lines), Decimal(0))
    assert sum((line.amount for line in bill.lines), Decimal(0)) + tax == bill.total == order(lines=lines).total
    assert all(abs(line.tax - tax_on(line.amount, RATE)) <= CENT for line in bill.lines)


@given(order_lines())
def test_taxes_go_along_only_where_xero_would_come_to_another_sum(lines: tuple[OrderLine, ...]) -> None:
    bill = billed(order(lines=lines))
    told = ["TaxAmount" in line for line in body_of(bill, RATE)["LineItems"]]
    own = sum((tax_on(line.amount, RATE) for line in bill.lines), Decimal(0))
    assert set(told) == {own != order(lines=lines).tax}


def test_whatever_is_changed_is_told() -> None:
    bill = billed(order())
    line = bill.lines[0]
    changes = {
        "reference": {"reference": "x"},
        "contact": {"contact_id": "x"},
        "due date": {"due_on": date(2027, 1, 1)},
        "line 1": {"lines": (replace(line, extras="Region: East"),)},
        "line 1 ": {"lines": (replace(line, quantity=Decimal("2.25")),)},
        "line 2": {"lines": (line, line)},
        "total": {"total": Decimal(1)},
    }
    for named, change in changes.items():
        other = replace(bill, **change)
        assert bill.difference(other).startswith(f"{named.strip()} is ")
        assert bill.digest != other.digest
    round_price = replace(bill, lines=(replace(line, unit_amount=Decimal("30")),))
    same = replace(bill, lines=(replace(line, unit_amount=Decimal("30.0000")),))
    assert round_price.difference(same) == ""
    assert "2 x Pizza Box 12in (bundle of 50) PB-12-PLN at 30 = 64.00" in str(same.lines[0])
    same = replace(bill, lines=(replace(line, unit_amount=Decimal("32.0000"), quantity=Decimal("2.0000")),))
    assert bill.difference(same) == ""
    assert bill.digest == same.digest


def test_nine_percent_in_singapore_is_outputy24() -> None:
    rates = [rate.shown() for rate in Organisation("x").tax_rates.values()]
    assert tax_type_of(rates, RATE, None) == "OUTPUTY24"
    assert tax_type_of(rates, Decimal("0.07"), None) == "OUTPUT"
    assert tax_type_of(rates, Decimal("0.08"), "OUTPUTY24") == "OUTPUTY23", "an old order keeps its rate"
    assert tax_type_of(rates, Decimal(0), "ZERORATEDOUTPUT") == "ZERORATEDOUTPUT"
    for rate, wanted, says in (
        (Decimal(0), None, "Several tax types have 0%: ES33OUTPUT, NONE, OSOUTPUT, ZERORATEDOUTPUT"),
        (Decimal("0.15"), None, "No tax type for sales has 15%"),
        (RATE, "INPUTY24", "RESUPPLY_XERO_TAX_TYPE=INPUTY24 is no tax type for sales there"),
    ):
        with pytest.raises(XeroRefused, match=says):
            tax_type_of(rates, rate, wanted)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Somebody else", "contact is Somebody else, not Crust & Co"),
        ("", "contact is (beef), not Crust & Co"),
        ("Crust & Co", "contact is Crust & Co (beef), not Crust & Co (c0ffee)"),
    ],
)
def test_another_contact_is_named_for_people(name: str, said: str) -> None:
    bill = billed(order())
    other = replace(bill, contact_id="beef", contact_name=name)
    assert bill.difference(other) == said
    assert bill.digest == replace(bill, contact_name="renamed").digest
    assert bill.difference(replace(bill, contact_name="renamed")) == ""
