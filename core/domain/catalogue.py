"""The supplier's catalogue as one immutable snapshot: products, price lists and what they cost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

STANDARD = "standard"


@dataclass(frozen=True, slots=True)
class Product:
    """One sellable product. `price` is for one sell unit, before tax, in `currency`."""

    sku: str
    name: str
    unit: str
    pieces_per_unit: int
    price: Decimal
    currency: str
    category: str = ""
    description: str = ""
    min_quantity: int = 1
    aliases: tuple[str, ...] = ()
    active: bool = True


@dataclass(frozen=True)
class Catalogue:
    """Every product by SKU, and the special prices by (price list, SKU)."""

    products: Mapping[str, Product]
    special_prices: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)

    def price_of(self, sku: str, price_list: str = STANDARD) -> Decimal:
        """Price of one sell unit on a price list; a product not on it costs its catalogue price."""
        return self.special_prices.get((price_list, sku), self.products[sku].price)

    @cached_property
    def active(self) -> tuple[Product, ...]:
        """Products that can be ordered, in catalogue order."""
        return tuple(p for p in self.products.values() if p.active)

    @cached_property
    def categories(self) -> tuple[str, ...]:
        """Category names of the active products, in catalogue order."""
        return tuple(dict.fromkeys(p.category for p in self.active if p.category))
