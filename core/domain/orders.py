"""Drafts and orders: lines counted in sell units, and what they come to."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from core.domain.money import tax_on, to_cents


class OrderStatus(StrEnum):
    """Where an order stands."""

    DRAFT = "draft"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class DraftLine:
    """`quantity` sell units of a product. `in_pieces`: the customer counted pieces, not sell units."""

    sku: str
    quantity: int
    in_pieces: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """What the chat has put together so far. `id` makes confirming idempotent: one order per draft id."""

    id: str = ""
    lines: tuple[DraftLine, ...] = ()
    delivery_date: date | None = None
    delivery_window: str | None = None
    notes: tuple[str, ...] = ()
    amends: str | None = None

    def line(self, sku: str) -> DraftLine | None:
        """The line of a product, or None."""
        return next((line for line in self.lines if line.sku == sku), None)


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A priced line, as it stands on the review, the order and the invoice. Money before tax."""

    sku: str
    name: str
    quantity: int
    unit: str
    pieces_per_unit: int
    unit_price: Decimal

    @property
    def pieces(self) -> int:
        """Pieces in all the sell units of the line."""
        return self.quantity * self.pieces_per_unit

    @property
    def line_total(self) -> Decimal:
        """Unit price times quantity, to the cent."""
        return to_cents(self.unit_price * self.quantity)


@dataclass(frozen=True, slots=True)
class Order:
    """A draft with prices, or a confirmed order (`number` set). Money in `currency`, `tax_rate` a fraction."""

    status: OrderStatus
    outlet: str | None
    lines: tuple[OrderLine, ...]
    currency: str
    tax_rate: Decimal
    number: str | None = None
    draft_id: str = ""
    delivery_date: date | None = None
    delivery_window: str | None = None
    notes: tuple[str, ...] = ()
    placed_at: datetime | None = None
    placed_by: str = ""
    version: int = 1

    @property
    def subtotal(self) -> Decimal:
        """Sum of the lines, before tax."""
        return sum((line.line_total for line in self.lines), Decimal("0.00"))

    @property
    def tax(self) -> Decimal:
        """Tax on the subtotal."""
        return tax_on(self.subtotal, self.tax_rate)

    @property
    def total(self) -> Decimal:
        """What the outlet pays."""
        return self.subtotal + self.tax
