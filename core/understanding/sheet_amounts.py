"""Amounts and products of a sheet's rows: what a leading number counts, which numbers are a doubt."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from core.domain.catalogue import Product
from core.domain.commands import Wanted
from core.domain.quantities import SMALL
from core.domain.units import unit_of
from core.understanding.amounts import Amount
from core.understanding.clauses import clauses_of
from core.understanding.furniture import digits_in
from core.understanding.index import CatalogueIndex
from core.understanding.tokens import Kind


@dataclass(frozen=True, slots=True)
class Lead:
    """An amount at the start of a row, with its unit if one stands behind it."""

    amount: Amount
    unit: str | None = None


def on_form(wanted: Wanted, lead: Lead | None, product: Product) -> Wanted:
    """A product of the supplier's own form with its amount: a bare number counts sell units."""
    if lead is None or lead.amount.value is None:
        return replace(wanted, vague=lead is not None)
    amount, unit = lead.amount.value, lead.unit
    if unit is None and amount > SMALL and amount >= product.pieces_per_unit > 1:
        return replace(wanted, vague=True)
    return replace(wanted, amount=amount, amount_to=lead.amount.to, unit=unit or unit_of(product.unit))


def unless_small(wanted: Wanted, index: CatalogueIndex) -> Wanted:
    """A small bare number that fills a unit (8 of a packet of 5) is rounded in a chat; in a list it is asked."""
    if wanted.unit is not None or wanted.amount is None or len(wanted.skus) != 1 or wanted.amount > SMALL:
        return wanted
    per_unit = index.catalogue.products[wanted.skus[0]].pieces_per_unit
    return replace(wanted, amount=None, vague=True) if 1 < per_unit <= wanted.amount else wanted


def gone(product: Product, lead: Lead | None, index: CatalogueIndex) -> Wanted:
    """A product that is no longer sold, with its nearest."""
    words = index.features[list(index.catalogue.products).index(product.sku)]
    near = index.find(words.words, tuple(words.measures)).near
    return Wanted(
        said=product.name,
        sure=False,
        amount=lead.amount.value if lead else None,
        unit=lead.unit if lead else None,
        discontinued=product.sku,
        near=near,
    )


def order_number(said: str) -> str:
    number = said.upper()
    return number if number.startswith("PO") else f"PO {number}"


def clear(wanted: Wanted) -> bool:
    return len(wanted.skus) == 1 and wanted.sure


def plain_numbers(text: str, index: CatalogueIndex) -> list[Decimal]:
    """The numbers of a row that are neither measures nor dates, prices, phone numbers or codes."""
    return [
        t.number
        for clause in clauses_of(text, index)
        for t in clause.tokens
        if t.kind is Kind.NUMBER and t.number is not None
    ]


def left_over(numbers: Sequence[Decimal], wanted: Wanted, index: CatalogueIndex) -> bool:
    """Whether a number besides the amount is neither in the product's name nor what a pack of it holds."""
    left = list(numbers)
    for own in (wanted.amount, wanted.amount_to):
        if own in left:
            left.remove(own)
    for sku in wanted.skus[:1]:
        product = index.catalogue.products[sku]
        known = {Decimal(product.pieces_per_unit), *(Decimal(n) for n in digits_in(product))}
        left = [n for n in left if n not in known]
    return bool(left)
