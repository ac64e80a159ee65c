"""What items leave to their neighbours: lone amounts, shared amounts, nouns said once."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile

from core.domain.units import unit_of
from core.understanding.index import CatalogueIndex
from core.understanding.item import Item, exclude, score_of
from core.understanding.lexicon import COLOURS, SIZES

# How many items around one may lend it a noun or be its heading.
_NEAR = 12


def join_across_separators(items: list[Item], index: CatalogueIndex, within: int) -> list[Item]:
    """Lone amounts find their words, lone words their item: `cups 8oz, 2 sleeves`, `2 boxes, the kraft ones`."""
    joined: list[Item] = []
    for item in items:
        last = joined[-1] if joined else None
        if last is not None and item.excluded and not item.names_something and item.amount is None:
            last.excluded += item.excluded
            exclude(last, index)
            continue
        if last is not None and _is_header(last, item):
            last.header = True
        if last is not None and _lone_amount(item) and last.amount is None and last.names_something and not item.each:
            _give_amount(last, item, index)
        elif last is not None and _starts_item(last) and item.amount is None and item.names_something:
            item_with = replace(item, line=item.line)
            _give_amount(item_with, last, index)
            joined[-1] = item_with
        elif last is not None and not _lone_amount(item) and _continues(last, item, index, within):
            pass
        else:
            joined.append(item)
    return joined


def _starts_item(last: Item) -> bool:
    """A lone amount at the start of a line may belong to the words that follow."""
    return _lone_amount(last) and not last.each and last.before in ("", "\n")


def _is_header(last: Item, item: Item) -> bool:
    return last.amount is None and item.line > last.line and bool(last.tokens) and last.tokens[-1].text == ":"


def _lone_amount(item: Item) -> bool:
    return item.amount is not None and not item.names_something and not item.thanks


def _give_amount(item: Item, amount: Item, index: CatalogueIndex) -> None:
    item.amount, item.unit, item.unit_word, item.more = (
        amount.amount,
        amount.unit,
        amount.unit_word,
        amount.more or item.more,
    )
    item.pack = item.pack or amount.pack
    item.score = score_of(item, index)


def _continues(last: Item, item: Item, index: CatalogueIndex, within: int) -> bool:
    """Words after a comma that only describe the item before ("2 bdl pizza box, 12in, kraft") are added to it."""
    if item.amount or not item.names_something or item.before == "\n" or last.header or not last.names_something:
        return False
    if last.measures and item.measures:
        return False
    if item.match.head and item.before != ",":
        return False
    words, measures = [*last.words, *item.words], [*last.measures, *item.measures]
    match = index.find(tuple(dict.fromkeys(words)), tuple(dict.fromkeys(measures)), (), within)
    if not match.skus or match.unexplained or (item.before != "," and len(match.skus) > 1):
        return False
    if last.match.skus and len(last.match.skus) == 1 and not last.match.unexplained and item.match.head:
        return False
    last.words, last.measures, last.match = words, measures, match
    last.score = score_of(last, index)
    return True


def variants(items: list[Item], index: CatalogueIndex, within: int) -> list[Item]:
    """`vinyl gloves S M L 1 box each`: one item for each of the sizes or colours that cannot go together."""
    found: list[Item] = []
    for item in items:
        kinds = [[w for w in item.words if w in group] for group in (SIZES, COLOURS)] + [item.measures]
        split = next((k for k in kinds if len(k) > 1 and set(k) & set(item.match.unexplained)), None)
        if not item.each or split is None:
            found.append(item)
            continue
        for variant in split:
            words = [w for w in item.words if w not in split or w == variant]
            measures = [m for m in item.measures if m not in split or m == variant]
            match = index.find(tuple(words), tuple(measures), tuple(item.optional), within)
            found.append(replace(item, words=words, measures=measures, match=match))
    return found


def share_each(items: list[Item]) -> None:
    """`2 pkt each of A and B`, `A and B, 2 each`: one amount for all the items around it that have none."""
    for n, item in enumerate(items):
        if not item.each or item.amount is None:
            continue
        for side in (reversed(items[:n]), items[n + 1 :]):
            for other in takewhile(lambda i: i.amount is None, side):
                other.amount, other.unit, other.unit_word = item.amount, item.unit, item.unit_word
                other.shared = True
        if not item.names_something:
            item.header = True


def fill_ellipses(items: list[Item], index: CatalogueIndex, within: int) -> None:
    """`2 bdl 12in pizza box and 3 of the 10in`: an item that does not say what it is takes its neighbour's noun."""
    for n, item in enumerate(items):
        settled = item.match.head and not item.match.unexplained
        if (
            item.match.exact
            or item.header
            or not item.names_something
            or (settled and not (item.shared and len(item.match.skus) > 1))
        ):
            continue
        if len(item.match.skus) == 1 and not item.match.unexplained and item.match.explained > 1:
            continue
        for other in (*reversed(items[max(0, n - _NEAR) : n]), *items[n + 1 : n + 1 + _NEAR]):
            near = other.line == item.line or other.amount is None
            if not near and (other.own is not None or not _is_elliptic(item)):
                continue
            like = other.match.skus[0] if near and len(other.match.skus) == 1 and _is_elliptic(item) else None
            words = other.words if near else [w for w in other.words if w not in COLOURS and w not in SIZES]
            if borrow(item, words, index, within, like):
                other.header |= other.amount is None and other.line < item.line
                other.lent = True
                take_unit(item, other.unit, index)
                break
    _headings(items)
    _trailing_unit(items, index)


def _headings(items: list[Item]) -> None:
    """A line of words whose products the lines below choose from is a heading, not an item."""
    for n, item in enumerate(items):
        if item.amount is not None or len(item.match.skus) < 2:
            continue
        around = items[max(0, n - 1) : n] + items[n + 1 : n + 1 + _NEAR]
        below = [i for i in around if i.line > item.line and i.amount is not None and i.match.skus]
        alone = all(i.line != item.line for i in around)
        if alone and any(set(i.match.skus) <= set(item.match.skus) for i in below):
            item.header = True


def _trailing_unit(items: list[Item], index: CatalogueIndex) -> None:
    """`gloves S 2, M 5, L 3 boxes`: the unit said at the end holds for the items of the line that share a noun."""
    for n, last in enumerate(items):
        if last.unit is None or last.own is None:
            continue
        for item in items[max(0, n - _NEAR) : n + _NEAR]:
            if item.line == last.line and item is not last and (item.own is not None or item.lent):
                take_unit(item, last.unit, index)


def _is_elliptic(item: Item) -> bool:
    """One word or size and no more ("5 white", "3 of the 10in"): only then a neighbour's size may be meant too."""
    return len(item.words) + len(item.measures) <= 1


def borrow(item: Item, words: Sequence[str], index: CatalogueIndex, within: int = -1, like: str | None = None) -> bool:
    """Complete an item with the nouns of another, or as the product closest to one (`like`).

    False, and nothing changed, when that leads nowhere.
    """
    item.own = item.own or (tuple(item.words), tuple(item.measures))
    closest = index.closest(item.match.skus, like) if like and item.match.skus and not item.match.unexplained else None
    if closest is not None:
        item.match = replace(item.match, skus=(closest,), head=True)
        item.words = [*item.words, *(w for w in words if w not in item.words)]
        return True
    own_colour = any(w in COLOURS for w in item.words)
    own_size = any(w in SIZES for w in item.words)
    nouns = [w for w in words if not (own_colour and w in COLOURS) and not (own_size and w in SIZES)]
    nouns = [w for w in nouns if w not in item.words]
    plain_nouns = [w for w in nouns if w not in COLOURS and w not in SIZES]
    for borrowed in (nouns, plain_nouns, *([w] for w in plain_nouns)):
        if not borrowed:
            continue
        match = index.find((*item.words, *borrowed), tuple(item.measures), tuple(item.optional), within)
        alone = borrowed is not nouns and borrowed is not plain_nouns
        named = bool(match.skus) and all(index.in_name(match.skus[0], w) for w in borrowed)
        if named and not match.unexplained and (not alone or len(match.skus) == 1):
            item.match = match
            item.words = [*item.words, *borrowed]
            return True
    return False


def take_unit(item: Item, unit: str | None, index: CatalogueIndex) -> None:
    """ "2 bdl 12in box and 3 of the 10in": with its noun an item takes its unit.

    Unless the number is as large as a pack: then it counts pieces.
    """
    if item.unit or not unit or item.amount is None or item.amount.value is None or len(item.match.skus) != 1:
        return
    product = index.catalogue.products[item.match.skus[0]]
    if unit_of(product.unit) == unit and item.amount.value < max(product.pieces_per_unit, 2):
        item.unit = unit
