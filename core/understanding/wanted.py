"""Items -> `Wanted`, the form in which commands carry a product phrase."""

from core.domain.commands import Wanted
from core.domain.units import PIECE, UNITS, unit_of
from core.understanding.index import CatalogueIndex
from core.understanding.item import Item
from core.understanding.lexicon import COLOURS, SIZES
from core.understanding.spelling import stem
from core.understanding.tokens import Kind, Token

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
    if all(w in match.unexplained for w in item.words) and all(m.replace(".", "").isdigit() for m in item.measures):
        return True
    unit = unit_of(index.catalogue.products[match.skus[0]].unit)
    if any(UNITS.get(w) == unit for w in item.words):
        return False
    telling = [w for w in item.words if len(w) > 1 and w not in COLOURS and w not in SIZES]
    if (item.unit == unit and telling) or any(_code_like(w) for w in item.words):
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
    """The customer's own words for the product, without amount, courtesy and talk around it."""
    kept = [t for t in item.tokens if t.kind is Kind.MEASURE or stem(t.text) in item.words or _is_unexplained(t, item)]
    if not kept:
        kept = [t for t in item.tokens if t.kind is not Kind.SYMBOL]
    return " ".join(t.text for t in kept) or " ".join((*item.measures, *item.words))


def _is_unexplained(token: Token, item: Item) -> bool:
    return token.text in item.match.unexplained or (token.kind is Kind.NUMBER and token.text in item.measures)
