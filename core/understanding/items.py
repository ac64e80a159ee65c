"""Runs of tokens -> items: which amount, unit and product words belong together.

Recognisers mark each token; one search over the ways to read the numbers (an amount, a size, a part of a name)
and over where one item ends and the next begins picks the reading that explains most.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import product as combinations

from core.domain.units import PIECE, UNITS, unit_of
from core.understanding.amounts import Amount, amount_at, unit_at
from core.understanding.index import CatalogueIndex, Match, countable, stem
from core.understanding.lexicon import COLOURS, COURTESY, FILLER, PARTICLES, SEPARATORS, SIZES
from core.understanding.tokens import Kind, Token, plain

# After these, words no longer belong to the product but to a reason or an occasion.
_ASIDE = frozenset("for because cos since as so if when while due".split())
# Function words that may stand inside a product phrase.
_WITHIN = frozenset("of the with w/ w/ in size colour color type kind one ones x to go my our a an & per".split())
_NOISE = FILLER | COURTESY | PARTICLES
_MOST_WEAK_NUMBERS = 4


@dataclass(slots=True)
class Item:
    """An item being read. `words` are stems; `optional` ones only narrow; `line` tells lists apart."""

    words: list[str] = field(default_factory=list)
    measures: list[str] = field(default_factory=list)
    optional: list[str] = field(default_factory=list)
    amount: Amount | None = None
    unit: str | None = None
    unit_word: str = ""
    pack: int | None = None
    each: bool = False
    more: bool = False
    aside: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    tokens: list[Token] = field(default_factory=list)
    match: Match = field(default_factory=Match)
    score: float = 0.0
    line: int = 0
    before: str = ""
    header: bool = False
    shared: bool = False
    own: tuple[tuple[str, ...], tuple[str, ...]] | None = None

    @property
    def names_something(self) -> bool:
        """Whether any word or measure of a product is in it."""
        return bool(self.words or self.measures)


def read_items(tokens: Sequence[Token], index: CatalogueIndex, within: int = -1) -> list[Item]:
    """The items of a run of tokens, each with its match; ellipses are filled from their neighbours."""
    items: list[Item] = []
    line = 0
    for separator, segment in _segments(tokens):
        line += separator == "\n"
        for n, item in enumerate(_best_reading(segment, index, within)):
            item.line = line
            item.before = separator if n == 0 else ""
            items.append(item)
    items = _variants(_join_across_separators(items, index, within), index, within)
    _share_each(items)
    _fill_ellipses(items, index, within)
    return [i for i in items if (i.names_something or i.amount) and not i.header]


def _segments(tokens: Sequence[Token]) -> Iterator[tuple[str, list[Token]]]:
    """Pieces between separators, each with the separator before it."""
    segment: list[Token] = []
    separator = ""
    for at, token in enumerate(tokens):
        if token.text in SEPARATORS and not _inside(tokens, at):
            if segment:
                yield separator, segment
                segment, separator = [], ""
            if separator != "\n":
                separator = token.text
        else:
            segment.append(token)
    if segment:
        yield separator, segment


def _inside(tokens: Sequence[Token], at: int) -> bool:
    """A slash or hyphen glued between two words, or `n` as a size letter, is no separator."""
    token = tokens[at]
    return (
        token.text == "/"
        and token.glued
        and at + 1 < len(tokens)
        and tokens[at + 1].glued
        and tokens[at + 1].kind is Kind.WORD
    )


def _best_reading(segment: list[Token], index: CatalogueIndex, within: int) -> list[Item]:
    """The reading of one segment that explains most."""
    segment = _strip_bullet(segment)
    weak = [i for i, t in enumerate(segment) if _could_be_size(segment, i, index)][:_MOST_WEAK_NUMBERS]
    best: list[Item] = []
    best_score = float("-inf")
    for labels in combinations((False, True), repeat=len(weak)):
        sizes = frozenset(i for i, is_size in zip(weak, labels, strict=True) if is_size)
        reading = _partition(segment, sizes, index, within)
        bare = [s for s in sizes if not _counted(segment, s, index)]
        counts = [w for w in weak if w not in sizes and _counted(segment, w, index)]
        score = sum(item.score for item in reading) - 0.6 * len(bare) - 2.0 * len(counts)
        if bare and not any(item.amount for item in reading) and not all(_decimal(segment[s]) for s in bare):
            continue
        if score > best_score:
            best, best_score = reading, score
    return best


def _decimal(token: Token) -> bool:
    """A number with decimals and no unit is a size rather than a count."""
    return token.number is not None and token.number != int(token.number)


def _strip_bullet(segment: list[Token]) -> list[Token]:
    """Without a list marker: `-`, `1.`, `2)` before more."""
    while segment and segment[0].text in ("-", "*", ">", "."):
        segment = segment[1:]
    if len(segment) > 2 and segment[0].kind is Kind.NUMBER and segment[1].text in (")", ".") and segment[1].glued:
        return _strip_bullet(segment[2:])
    return segment


def _could_be_size(segment: list[Token], at: int, index: CatalogueIndex) -> bool:
    """A bare number that may be a size ("10 12 boxes") or belong to a word ("3 compartment")."""
    token = segment[at]
    if token.kind is not Kind.NUMBER or token.number is None:
        return False
    if _counted(segment, at, index):
        return True
    if unit_at(segment, at + 1) and not index.names(stem(segment[at + 1].text)):
        return False
    return index.has_plain_size(plain(token.number))


def _counted(segment: list[Token], at: int, index: CatalogueIndex) -> bool:
    number = segment[at].number
    after = at + 1
    if after < len(segment) and segment[after].text == "-":
        after += 1
    if number is None or after >= len(segment) or segment[after].kind is not Kind.WORD:
        return False
    return countable(segment[after]) and index.counted(plain(number), stem(segment[after].text)) is not None


@dataclass(frozen=True, slots=True)
class _Quantity:
    """An amount with its unit, at token positions start..end."""

    amount: Amount
    unit: str | None
    unit_word: str
    start: int
    end: int
    each: bool = False
    suffix: bool = False


def _partition(segment: list[Token], sizes: frozenset[int], index: CatalogueIndex, within: int) -> list[Item]:
    """The best split of a segment into items, each around one amount."""
    quantities = list(_quantities(segment, sizes, index.units))
    quantities = _drop_pack_counts(segment, quantities)
    if len(quantities) <= 1:
        return _unit_readings(segment, 0, len(segment), quantities[0] if quantities else None, sizes, index, within)
    bounds: list[list[int]] = [[0]]
    for left, right in zip(quantities, quantities[1:], strict=False):
        bounds.append(sorted({left.end, right.start}))
    bounds.append([len(segment)])
    paths: dict[int, tuple[float, list[Item]]] = {0: (0.0, [])}
    for n, quantity in enumerate(quantities):
        reached: dict[int, tuple[float, list[Item]]] = {}
        for start, (score, items) in paths.items():
            for end in bounds[n + 1]:
                if end < quantity.end or start > quantity.start:
                    continue
                read = _unit_readings(segment, start, end, quantity, sizes, index, within)
                total = score + sum(i.score for i in read)
                if end not in reached or total > reached[end][0]:
                    reached[end] = (total, items + read)
        paths = reached
    return max(paths.values(), key=lambda p: p[0])[1] if paths else []


def _quantities(segment: list[Token], sizes: frozenset[int], units: frozenset[str]) -> Iterator[_Quantity]:
    at = 0
    while at < len(segment):
        found = None if at in sizes or segment[at].kind is Kind.MEASURE else amount_at(segment, at)
        if found is None or any(at < s < found[1] for s in sizes):
            at += 1
            continue
        amount, after = found
        unit, unit_word = amount.unit, ""
        more = after < len(segment) and segment[after].text in ("more", "extra", "additional", "another")
        after += more
        if unit is None and unit_at(segment, after) and (segment[after].text != "can" or "can" in units):
            unit, unit_word = unit_at(segment, after), segment[after].text
            after += 1
        each = after < len(segment) and segment[after].text in ("each", "ea", "apiece")
        after += each
        more |= at > 0 and segment[at - 1].text in ("another", "extra", "additional", "more")
        suffix = segment[at].text[:1] == "x" or (at > 0 and segment[at - 1].text in ("-", ":", "=", "("))
        yield _Quantity(replace(amount, more=more), unit, unit_word, at, after, each, suffix)
        at = after


def _drop_pack_counts(segment: list[Token], quantities: list[_Quantity]) -> list[_Quantity]:
    """`2 bundles pizza box (100 pcs)`, `napkins 100pcs 2 pkt`: a piece count beside an amount of another unit."""
    others = [q for q in quantities if q.unit not in (None, PIECE)]
    if len(quantities) != 2 or len(others) != 1:
        return quantities
    return [q for q in quantities if q in others or not (q.unit == PIECE or _of(segment, q, others[0]))]


def _of(segment: list[Token], quantity: _Quantity, outer: _Quantity) -> bool:
    """ "2 bundles of 50": the number right after "of" is the pack size."""
    return quantity.unit is None and quantity.start == outer.end + 1 and segment[outer.end].text == "of"


def _unit_readings(
    segment: list[Token],
    start: int,
    end: int,
    quantity: _Quantity | None,
    sizes: frozenset[int],
    index: CatalogueIndex,
    within: int,
) -> list[Item]:
    """One item of a span; a word such as "box" is tried as unit and as part of the name."""
    item = _item(segment, start, end, quantity, sizes, index, within)
    if (
        quantity is None
        or not quantity.unit_word
        or not item.names_something
        or not index.names(stem(quantity.unit_word))
    ):
        return [item]
    named = replace(quantity, unit=None, unit_word="", end=quantity.end - 1 - quantity.each)
    other = _item(segment, start, end, named, sizes, index, within)
    if other.match.skus and not other.match.unexplained:
        units_of_item = {unit_of(index.catalogue.products[s].unit) for s in item.match.skus[:40]}
        if quantity.unit in units_of_item and item.match.skus:
            return [item]
        if other.score > item.score:
            return [other]
    return [item]


def _item(
    segment: list[Token],
    start: int,
    end: int,
    quantity: _Quantity | None,
    sizes: frozenset[int],
    index: CatalogueIndex,
    within: int,
) -> Item:
    item = Item(tokens=list(segment[start:end]))
    if quantity:
        item.amount, item.unit, item.unit_word = quantity.amount, quantity.unit, quantity.unit_word
        item.each, item.more = quantity.each, quantity.amount.more
    outside = [i for i in range(start, end) if quantity is None or not quantity.start <= i < quantity.end]
    _collect(item, segment, outside, sizes, index, before=quantity.start if quantity else -1)
    if item.words or item.measures:
        item.match = index.find(tuple(item.words), tuple(item.measures), tuple(item.optional), within)
        _forgive(item, index, within, segment[quantity.start].start if quantity else -1)
        _late_unit(item, index)
    item.score = _score(item, index)
    return item


def _collect(
    item: Item, segment: list[Token], positions: list[int], sizes: frozenset[int], index: CatalogueIndex, before: int
) -> None:
    """Sort the words around an amount into product words, measures, asides and noise."""
    aside = False
    chatter: list[str] = []
    n = 0
    while n < len(positions):
        at = positions[n]
        token = segment[at]
        n += 1
        word = stem(token.text)
        whole = _joined(segment, at, index) if n < len(positions) and positions[n] == at + 1 else None
        if whole is not None:
            word = whole
            n += 1
            (item.after if aside else item.words).append(word)
            item.words += [word] if aside else []
        elif token.kind is Kind.MEASURE:
            item.measures.append(token.measure)
            if aside:
                item.after.append(token.measure)
        elif at in sizes and token.number is not None:
            number = plain(token.number)
            n += n < len(positions) and segment[positions[n]].text == "-"
            counted = index.counted(number, stem(segment[positions[n]].text)) if n < len(positions) else None
            item.measures.append(counted or number)
            n += counted is not None
        elif token.kind is Kind.NUMBER:
            piece = n < len(positions) and UNITS.get(segment[positions[n]].text) == PIECE
            if token.number is not None and (piece or (at and segment[at - 1].text == "of")):
                item.pack = int(token.number)
                n += piece
            continue
        elif token.kind is not Kind.WORD:
            continue
        elif token.text in ("each", "every"):
            item.each = True
        elif token.text in ("more", "another", "extra", "additional"):
            item.more = True
        elif token.text in _NOISE:
            aside = aside or (token.text in _ASIDE and item.names_something)
            if index.names(word) and token.text not in PARTICLES and len(token.text) > 2:
                item.optional.append(word)
            if token.text not in _WITHIN and chatter and at < before:
                chatter.clear()
        elif index.knows(word) or any(index.meanings(word)):
            (item.aside if aside and not index.knows(word) else item.words).append(word)
            if aside:
                item.after.append(word)
        elif (parts := index.split(word)) is not None:
            item.words.extend(parts)
        elif aside:
            item.aside.append(token.text)
        else:
            item.words.append(word)
    item.words = list(dict.fromkeys(item.words))
    item.measures = list(dict.fromkeys(item.measures))


def _joined(segment: list[Token], at: int, index: CatalogueIndex) -> str | None:
    """`micro fibre` where the catalogue writes `microfibre`."""
    first, second = segment[at], segment[at + 1]
    if first.kind is not Kind.WORD or second.kind is not Kind.WORD or min(len(first.text), len(second.text)) < 3:
        return None
    whole = stem(first.text + second.text)
    return whole if index.names(whole) else None


def _forgive(item: Item, index: CatalogueIndex, within: int, first: int) -> None:
    """Talk is not product: what follows "for", and ordinary words of no product that stand before the amount."""
    if item.match.unexplained and set(item.match.unexplained) <= set(item.after) and item.match.explained:
        item.words = [w for w in item.words if w not in item.match.unexplained]
        item.measures = [m for m in item.measures if m not in item.match.unexplained]
        item.match = index.find(tuple(item.words), tuple(item.measures), tuple(item.optional), within)
    if not item.match.unexplained or not item.amount:
        return
    early = {stem(t.text) for t in item.tokens if t.start < first}
    talk = {
        w
        for w in item.match.unexplained
        if w in early and index.is_english(w) and not index.knows(w) and w in item.words
    }
    if talk and item.match.explained:
        item.words = [w for w in item.words if w not in talk]
        item.match = index.find(tuple(item.words), tuple(item.measures), tuple(item.optional), within)


def _late_unit(item: Item, index: CatalogueIndex) -> None:
    """ "3x peppermint box": the sell unit said after the name."""
    if item.unit or item.amount is None or len(item.match.skus) != 1:
        return
    product = index.catalogue.products[item.match.skus[0]]
    unit = unit_of(product.unit)
    if any(UNITS.get(w) == unit and not index.in_name(product.sku, w) for w in item.words):
        item.unit = unit


def _score(item: Item, index: CatalogueIndex) -> float:
    """How well an item hangs together; the search maximises the sum over a segment."""
    match = item.match
    score = 2.0 * match.explained - 2.5 * len(match.unexplained) - 0.5 * match.loose
    if item.names_something and not match.explained:
        score -= 1.0
    if match.skus:
        score += 1.0 if len(match.skus) == 1 else -0.7
        score += 0.5 * match.exact + 0.5 * match.head
    if item.amount and not item.names_something:
        score -= 3.0
    if item.amount and item.names_something:
        score += 1.5
    if item.unit and match.skus:
        fits = any(unit_of(index.catalogue.products[s].unit) == item.unit for s in match.skus[:40])
        score += 0.8 if fits else 0.2 if item.unit == PIECE else -0.4
    return score


def _join_across_separators(items: list[Item], index: CatalogueIndex, within: int) -> list[Item]:
    """Lone amounts find their words, lone words their item: `cups 8oz, 2 sleeves`, `2 boxes, the kraft ones`."""
    joined: list[Item] = []
    for item in items:
        last = joined[-1] if joined else None
        if last is not None and _is_header(last, item):
            last.header = True
        if last is not None and _lone_amount(item) and last.amount is None and last.names_something and not item.each:
            _give_amount(last, item, index)
        elif last is not None and _lone_amount(last) and item.amount is None and item.names_something and not last.each:
            item_with = replace(item, line=item.line)
            _give_amount(item_with, last, index)
            joined[-1] = item_with
        elif last is not None and not _lone_amount(item) and _continues(last, item, index, within):
            pass
        else:
            joined.append(item)
    return joined


def _is_header(last: Item, item: Item) -> bool:
    return last.amount is None and item.line > last.line and bool(last.tokens) and last.tokens[-1].text == ":"


def _lone_amount(item: Item) -> bool:
    return item.amount is not None and not item.names_something


def _give_amount(item: Item, amount: Item, index: CatalogueIndex) -> None:
    item.amount, item.unit, item.unit_word, item.more = (
        amount.amount,
        amount.unit,
        amount.unit_word,
        amount.more or item.more,
    )
    item.pack = item.pack or amount.pack
    item.score = _score(item, index)


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
    last.score = _score(last, index)
    return True


def _variants(items: list[Item], index: CatalogueIndex, within: int) -> list[Item]:
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


def _share_each(items: list[Item]) -> None:
    """`2 pkt each of A and B`, `A and B, 2 each`: one amount for all the items around it that have none."""
    for n, item in enumerate(items):
        if not item.each or item.amount is None:
            continue
        for other in (*reversed(items[:n]), *items[n + 1 :]):
            if other.amount is not None and other is not item:
                break
            other.amount, other.unit, other.unit_word = item.amount, item.unit, item.unit_word
            other.shared = True
        if not item.names_something:
            item.header = True


def _fill_ellipses(items: list[Item], index: CatalogueIndex, within: int) -> None:
    """`2 bdl 12in pizza box and 3 of the 10in`: an item that does not say what it is takes its neighbour's noun."""
    for n, item in enumerate(items):
        settled = item.match.head and not item.match.unexplained
        if item.header or not item.names_something or (settled and not (item.shared and len(item.match.skus) > 1)):
            continue
        if len(item.match.skus) == 1 and not item.match.unexplained and item.match.explained > 1:
            continue
        for other in (*reversed(items[:n]), *items[n + 1 :]):
            if borrow(item, other.words, index, within, other.match.skus[0] if len(other.match.skus) == 1 else None):
                other.header |= other.amount is None and other.line < item.line
                take_unit(item, other.unit, index)
                break


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
    for borrowed in (nouns, [w for w in nouns if w not in COLOURS and w not in SIZES]):
        if not borrowed:
            continue
        match = index.find((*item.words, *borrowed), tuple(item.measures), tuple(item.optional), within)
        if match.skus and not match.unexplained:
            item.match = match
            item.words = [*item.words, *borrowed]
            return True
    return False


def take_unit(item: Item, unit: str | None, index: CatalogueIndex) -> None:
    """ "2 bdl 12in box and 3 of the 10in": with its noun an item takes its unit, unless the number is as large as a pack."""
    if item.unit or not unit or item.amount is None or item.amount.value is None or len(item.match.skus) != 1:
        return
    product = index.catalogue.products[item.match.skus[0]]
    if unit_of(product.unit) == unit and item.amount.value < max(product.pieces_per_unit, 2):
        item.unit = unit


def amount_of(item: Item) -> Decimal | None:
    """The item's amount, where one was said."""
    return item.amount.value if item.amount else None
