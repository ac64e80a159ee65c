"""How many sell units a customer's amount comes to, and when that has to be asked."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum

from core.domain.catalogue import Product
from core.domain.units import PIECE

# A bare number up to here may as well count sell units although it divides by the pieces in one.
SMALL = 12


class Doubt(StrEnum):
    """Why an amount cannot be taken as it stands."""

    MISSING = "missing"
    UNIT = "unit"
    PIECES_OR_UNITS = "pieces_or_units"
    ROUNDING = "rounding"
    RANGE = "range"
    MINIMUM = "minimum"
    NOT_WHOLE = "not_whole"
    LARGE = "large"


@dataclass(frozen=True, slots=True)
class Reckoned:
    """Sell units for an amount. `rounded`: more than was asked, because units cannot be split.

    With a `doubt`, `quantity` is the first suggestion and `alternatives` are all of them, as (sell units,
    counted in pieces).
    """

    quantity: int
    in_pieces: bool = False
    rounded: bool = False
    doubt: Doubt | None = None
    alternatives: tuple[tuple[int, bool], ...] = ()


def units_for_pieces(pieces: Decimal, product: Product) -> int:
    """The least number of sell units that holds so many pieces."""
    return max(1, _ceil(pieces / product.pieces_per_unit))


def reckon(
    product: Product, amount: Decimal | None, unit: str | None, sell_unit: str, *, in_units: bool = False
) -> Reckoned:
    """Sell units of a product for an amount counted in `unit` (canonical; None where none was said).

    `sell_unit` is the product's own unit in canonical form; `in_units` says that a bare number counts
    sell units, as in an edit of a line.
    """
    if amount is None or amount <= 0:
        return Reckoned(0, doubt=Doubt.MISSING)
    if unit == sell_unit or (unit is None and (in_units or product.pieces_per_unit == 1)):
        return _whole_units(product, amount)
    if unit == PIECE and product.pieces_per_unit == 1:
        return _whole_units(product, amount)
    if unit == PIECE:
        return _pieces(product, amount)
    if unit is None:
        return _bare(product, amount)
    return Reckoned(_ceil(amount), doubt=Doubt.UNIT, alternatives=((_ceil(amount), False),))


def _ceil(amount: Decimal) -> int:
    return int(amount.to_integral_value(ROUND_CEILING))


def _whole_units(product: Product, amount: Decimal) -> Reckoned:
    if amount != int(amount):
        return Reckoned(_ceil(amount), doubt=Doubt.NOT_WHOLE, alternatives=((_ceil(amount), False),))
    return _enough(product, Reckoned(int(amount)))


def _enough(product: Product, reckoned: Reckoned) -> Reckoned:
    """A quantity below the product's minimum is asked about."""
    if reckoned.quantity >= product.min_quantity:
        return reckoned
    least = product.min_quantity
    return Reckoned(least, reckoned.in_pieces, doubt=Doubt.MINIMUM, alternatives=((least, reckoned.in_pieces),))


def _pieces(product: Product, amount: Decimal) -> Reckoned:
    units = units_for_pieces(amount, product)
    over = units * product.pieces_per_unit - amount
    if over == 0:
        return _enough(product, Reckoned(units, in_pieces=True))
    if over * 2 <= amount:
        return _enough(product, Reckoned(units, in_pieces=True, rounded=True))
    options = tuple((n, True) for n in dict.fromkeys((units, max(1, units - 1))))
    return Reckoned(units, in_pieces=True, rounded=True, doubt=Doubt.ROUNDING, alternatives=options)


def _bare(product: Product, amount: Decimal) -> Reckoned:
    """A number without a unit counts pieces, unless it is so small that it may count sell units."""
    if amount != int(amount):
        return Reckoned(_ceil(amount), doubt=Doubt.NOT_WHOLE, alternatives=((_ceil(amount), False),))
    units = units_for_pieces(amount, product)
    divides = amount % product.pieces_per_unit == 0
    if (divides and amount <= SMALL) or amount < product.pieces_per_unit:
        return Reckoned(int(amount), doubt=Doubt.PIECES_OR_UNITS, alternatives=((int(amount), False), (units, True)))
    return _pieces(product, amount)
