"""Runs of tokens -> items: which amount, unit and product words belong together.

Recognisers mark each token; one search over the ways to read the numbers (an amount, a size, a part of a name)
and over where one item ends and the next begins picks the reading that explains most.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from itertools import product as combinations

from core.domain.units import PIECE, unit_of
from core.understanding.amounts import amount_at, unit_at
from core.understanding.ellipsis import fill_ellipses, join_across_separators, share_each, variants
from core.understanding.index import CatalogueIndex
from core.understanding.item import Item, Quantity, build_item, counted_at
from core.understanding.lexicon import MULTIPLIERS, NUMBER_WORDS, SEPARATORS
from core.understanding.spelling import stem
from core.understanding.tokens import Kind, Token, plain

_MOST_WEAK_NUMBERS = 4


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
    items = variants(join_across_separators(_split_with(items, index, within), index, within), index, within)
    share_each(items)
    fill_ellipses(items, index, within)
    return [i for i in items if (i.names_something or i.amount) and not i.header]


def _split_with(items: list[Item], index: CatalogueIndex, within: int) -> list[Item]:
    """`10 cups with dome lids`: two things, where no product is both; the second has no amount of its own."""
    found: list[Item] = []
    for item in items:
        at = next((n for n, t in enumerate(item.tokens) if n and t.text in ("with", "w/", "w")), 0)
        parts = [_alone(tokens, index, within) for tokens in (item.tokens[:at], item.tokens[at + 1 :])] if at else []
        if parts and _two_things(item, *parts):
            found += [replace(parts[0], line=item.line, before=item.before)]
            found += [replace(parts[1], line=item.line, before="and")]
        else:
            found.append(item)
    return found


def _alone(tokens: list[Token], index: CatalogueIndex, within: int) -> Item:
    """A part of a segment as an item of its own, with the first amount in it."""
    quantity = next(_quantities(tokens, frozenset(), index.units, index.packs), None)
    return build_item(tokens, 0, len(tokens), quantity, frozenset(), index, within)


def _two_things(item: Item, first: Item, second: Item) -> bool:
    """Whether the words before and after "with" each name products, and no product of the first kind has both."""
    if not first.match.skus or first.match.unexplained or not second.match.skus or second.match.unexplained:
        return False
    return not (set(item.match.skus) & set(first.match.skus)) or bool(item.match.unexplained)


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
    if token.text == "and" and 0 < at < len(tokens) - 1:
        return tokens[at - 1].text in MULTIPLIERS and tokens[at + 1].text in NUMBER_WORDS
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
        bare = [s for s in sizes if not counted_at(segment, s, index) and not _pack_form(segment, s, index)]
        counts = [w for w in weak if w not in sizes and counted_at(segment, w, index)]
        score = sum(item.score for item in reading) - 4.0 * _repeats(reading) - 0.6 * len(bare) - 2.0 * len(counts)
        if bare and not any(item.amount for item in reading) and not all(_decimal(segment[s]) for s in bare):
            continue
        if score > best_score:
            best, best_score = reading, score
    return best


def _repeats(reading: list[Item]) -> int:
    """How many items name a product that another of them names: one line cut in two, most likely."""
    single = [item.match.skus for item in reading if len(item.match.skus) == 1]
    return len(single) - len(set(single))


def _in_range(segment: list[Token], at: int) -> bool:
    """An end of "4-5" or "1 or 2"."""
    return _spans(segment, at) or (at > 1 and _spans(segment, at - 2))


def _spans(segment: list[Token], at: int) -> bool:
    """Whether a range starts here; "x 12 - 2 cartons" is none."""
    if at + 2 >= len(segment) or segment[at].kind is not Kind.NUMBER or segment[at + 2].kind is not Kind.NUMBER:
        return False
    link, low, high = segment[at + 1], segment[at].number, segment[at + 2].number
    joined = link.text in ("to", "or") or (link.text == "-" and link.glued)
    return joined and low is not None and high is not None and low < high


def _pack_form(segment: list[Token], at: int, index: CatalogueIndex) -> bool:
    """ "330ml x 24", "(100 pcs)": a number written as names write what a pack holds."""
    before = segment[at - 1].text if at else ""
    in_packs = segment[at].text in index.packs
    after = [t.text for t in segment[at + 1 : at + 2]]
    if after == ["x"] and at + 2 < len(segment) and segment[at + 2].kind is Kind.MEASURE:
        return index.names(segment[at].text)
    return (before == "(" and in_packs) or (before == "x" and segment[at].text in index.packs)


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
    if token.kind is not Kind.NUMBER or token.number is None or _in_range(segment, at):
        return False
    if counted_at(segment, at, index):
        return True
    if unit_at(segment, at + 1) and not index.names(stem(segment[at + 1].text)):
        return False
    return index.has_plain_size(plain(token.number))


def _partition(segment: list[Token], sizes: frozenset[int], index: CatalogueIndex, within: int) -> list[Item]:
    """The best split of a segment into items, each around one amount."""
    quantities = list(_quantities(segment, sizes, index.units, index.packs))
    quantities = _drop_pack_counts(segment, quantities)
    if len(quantities) <= 1:
        return _unit_readings(segment, 0, len(segment), quantities[0] if quantities else None, sizes, index, within)
    bounds: list[list[int]] = [[0]]
    for left, right in pairwise(quantities):
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


def _quantities(
    segment: list[Token], sizes: frozenset[int], units: frozenset[str], packs: set[str]
) -> Iterator[Quantity]:
    at = 0
    while at < len(segment):
        no_amount = at in sizes or segment[at].kind is Kind.MEASURE or _never_amount(segment, at, packs)
        found = None if no_amount else amount_at(segment, at)
        if found is None or any(at < s < found[1] for s in sizes):
            at += 1
            continue
        amount, after = found
        unit, unit_word = amount.unit, ""
        more = after < len(segment) and segment[after].text in ("more", "extra", "additional", "another")
        after += more
        if unit is None and unit_at(segment, after, units) and (segment[after].text != "can" or "can" in units):
            unit, unit_word = unit_at(segment, after, units), segment[after].text
            after += 1
        each = after < len(segment) and segment[after].text in ("each", "ea", "apiece")
        after += each
        more |= at > 0 and segment[at - 1].text in ("another", "extra", "additional", "more")
        yield Quantity(replace(amount, more=more), unit, unit_word, at, after, each)
        at = after


def _never_amount(segment: list[Token], at: int, packs: set[str]) -> bool:
    """A number that cannot count what is ordered: 0.7, "(100)", "100s", "box of 100", "@ 10.20"."""
    token = segment[at]
    if token.kind is not Kind.NUMBER or token.number is None:
        return False
    before = segment[at - 1].text if at else ""
    after = segment[at + 1] if at + 1 < len(segment) else None
    decimal = token.number != int(token.number)
    if (
        before == "@"
        or (before == "=" and decimal)
        or (after is not None and after.glued and after.text in ("s", "'s"))
    ):
        return True
    if before == "(" and at > 1 and after is not None and after.text == ")" and plain(token.number) in packs:
        return True
    if before == "of" and at > 1 and unit_at(segment, at - 2) and (at < 3 or segment[at - 3].kind is not Kind.NUMBER):
        return True
    return decimal and (after is None or unit_at(segment, at + 1) is None)


def _drop_pack_counts(segment: list[Token], quantities: list[Quantity]) -> list[Quantity]:
    """`2 bundles pizza box (100 pcs)`, `napkins 100pcs 2 pkt`: a piece count beside an amount of another unit."""
    others = [q for q in quantities if q.unit not in (None, PIECE)]
    if len(quantities) != 2 or len(others) != 1:
        return quantities
    return [
        q for q in quantities if q in others or not (_only_counts(segment, q, others[0]) or _of(segment, q, others[0]))
    ]


def _only_counts(segment: list[Token], quantity: Quantity, outer: Quantity) -> bool:
    """A number of pieces with no words of its own behind it."""
    after = segment[quantity.end].text if quantity.end < len(segment) else ")"
    return quantity.unit == PIECE and (after == ")" or quantity.end == outer.start)


def _of(segment: list[Token], quantity: Quantity, outer: Quantity) -> bool:
    """ "2 bundles of 50": the number right after "of" is the pack size."""
    return quantity.unit is None and quantity.start == outer.end + 1 and segment[outer.end].text == "of"


def _unit_readings(
    segment: list[Token],
    start: int,
    end: int,
    quantity: Quantity | None,
    sizes: frozenset[int],
    index: CatalogueIndex,
    within: int,
) -> list[Item]:
    """One item of a span; a word such as "box" is tried as unit and as part of the name."""
    item = build_item(segment, start, end, quantity, sizes, index, within)
    if (
        quantity is None
        or not quantity.unit_word
        or not item.names_something
        or not index.names(stem(quantity.unit_word))
    ):
        return [item]
    named = replace(quantity, unit=None, unit_word="", end=quantity.end - 1 - quantity.each)
    other = build_item(segment, start, end, named, sizes, index, within)
    if other.match.skus and not other.match.unexplained:
        units_of_item = {unit_of(index.catalogue.products[s].unit) for s in item.match.skus[:40]}
        if quantity.unit in units_of_item and item.match.skus:
            return [item]
        if other.score > item.score:
            return [other]
    return [item]
