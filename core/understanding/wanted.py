"""Items -> `Wanted`, the form in which commands carry a product phrase."""

from core.domain.commands import Wanted
from core.domain.units import PIECE, UNITS, unit_of
from core.understanding.index import CatalogueIndex
from core.understanding.item import Item

_MOST = 40


def wanted_of(item: Item, index: CatalogueIndex, skus: tuple[str, ...] | None = None) -> Wanted:
    """The item as a product phrase with its amount; `skus` overrides what its words found."""
    match = item.match
    found = skus if skus is not None else sold_by(match.skus, item.unit, index)
    amount = item.amount
    return Wanted(
        said=said(item),
        skus=found[:_MOST],
        sure=not match.unexplained and not doubtful(item, index),
        amount=amount.value if amount else None,
        unit=item.unit,
        amount_to=amount.to if amount else None,
        vague=bool(amount and amount.vague),
        more=item.more,
        pack=item.pack,
        unexplained=match.unexplained,
        discontinued=match.discontinued,
        near=match.near,
    )


def doubtful(item: Item, index: CatalogueIndex) -> bool:
    """One product, but found by a single word that does not name the kind of thing, or by guesses alone."""
    match = item.match
    if not item.names_something or match.exact or len(match.skus) != 1:
        return False
    unit = unit_of(index.catalogue.products[match.skus[0]].unit)
    if any(UNITS.get(w) == unit for w in item.words):
        return False
    if item.unit == unit_of(index.catalogue.products[match.skus[0]].unit) or any(_code_like(w) for w in item.words):
        return False
    return not match.head and match.explained - match.loose < 2


def _code_like(word: str) -> bool:
    """Letters and digits in one word, as in M5X30: nothing is called that by chance."""
    return any(c.isdigit() for c in word) and any(c.isalpha() for c in word)


def sold_by(skus: tuple[str, ...], unit: str | None, index: CatalogueIndex) -> tuple[str, ...]:
    """Of several products those that are sold by the unit said, where there are any."""
    if len(skus) < 2 or unit in (None, PIECE):
        return skus
    fitting = tuple(s for s in skus if unit_of(index.catalogue.products[s].unit) == unit)
    return fitting or skus


def said(item: Item) -> str:
    """The customer's own words for the product, without the amount."""
    skip = {"\n", ",", "-", ":", "x", "(", ")", "."}
    words = [t.text for t in item.tokens if t.text not in skip]
    return " ".join(words) if words else " ".join((*item.measures, *item.words))
