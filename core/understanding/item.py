"""One item of an order: the words, measures and amount of a span of tokens, and how well they hang together."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from core.domain.units import PIECE, UNITS, unit_of
from core.understanding.amounts import Amount
from core.understanding.features import countable
from core.understanding.index import CatalogueIndex, Match
from core.understanding.lexicon import COLOURS, COURTESY, FILLER, PARTICLES, SIZES
from core.understanding.spelling import abbreviates, stem
from core.understanding.tokens import Kind, Token, plain

# After these, words no longer belong to the product but to a reason or an occasion.
_ASIDE = frozenset("for because cos since as so if when while due".split())
_NEGATING = frozenset("not non without w/o except excluding".split())
_THANKS = frozenset("thanks thank thx thnx tks tq ty".split())
_NOISE = FILLER | COURTESY | PARTICLES


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
    after: list[str] = field(default_factory=list)
    tokens: list[Token] = field(default_factory=list)
    match: Match = field(default_factory=Match)
    score: float = 0.0
    line: int = 0
    before: str = ""
    header: bool = False
    shared: bool = False
    excluded: list[str] = field(default_factory=list)
    lent: bool = False
    own: tuple[tuple[str, ...], tuple[str, ...]] | None = None

    @property
    def thanks(self) -> bool:
        """Whether it is a word of thanks with a number beside it, which counts nothing."""
        return not self.names_something and any(t.text in _THANKS for t in self.tokens)

    @property
    def names_something(self) -> bool:
        """Whether any word or measure of a product is in it."""
        return bool(self.words or self.measures)


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount with its unit, at token positions start..end."""

    amount: Amount
    unit: str | None
    unit_word: str
    start: int
    end: int
    each: bool = False


def build_item(
    segment: list[Token],
    start: int,
    end: int,
    quantity: Quantity | None,
    sizes: frozenset[int],
    index: CatalogueIndex,
    within: int,
) -> Item:
    item = Item(tokens=list(segment[start:end]))
    if quantity:
        item.amount, item.unit, item.unit_word = quantity.amount, quantity.unit, quantity.unit_word
        item.each, item.more = quantity.each, quantity.amount.more
    outside = [i for i in range(start, end) if quantity is None or not quantity.start <= i < quantity.end]
    _Collector(item, segment, sizes, index).collect(outside)
    if item.words or item.measures:
        item.match = index.find(tuple(item.words), tuple(item.measures), tuple(item.optional), within)
        _forgive(item, index, within, segment[quantity.start].start if quantity else -1)
        _late_unit(item, index)
        exclude(item, index)
    item.score = score_of(item, index)
    return item


class _Collector:
    """Sorts the words around an amount into product words, measures, asides and noise."""

    def __init__(self, item: Item, segment: list[Token], sizes: frozenset[int], index: CatalogueIndex) -> None:
        self._item, self._segment, self._sizes, self._index = item, segment, sizes, index
        self._aside = False
        self._negated = False

    def collect(self, positions: Sequence[int]) -> None:
        """Take the tokens at these positions of the segment, in order."""
        n = 0
        while n < len(positions):
            following = positions[n + 1 :]
            n += 1 + self._take(positions[n], following)
        self._item.words = list(dict.fromkeys(self._item.words))
        self._item.measures = list(dict.fromkeys(self._item.measures))

    def _take(self, at: int, following: Sequence[int]) -> int:
        """Take one token; how many of those that follow went with it."""
        token = self._segment[at]
        whole = _joined(self._segment, at, self._index) if following[:1] == [at + 1] else None
        if whole is not None:
            self._word(whole)
            return 1
        if at in self._sizes and token.number is not None and token.kind is Kind.NUMBER:
            return self._size(plain(token.number), following)
        if token.kind is Kind.NUMBER:
            return self._pack(at, following)
        if token.kind is Kind.MEASURE:
            self._measure(token.measure)
        elif token.kind is Kind.WORD:
            self._plain_word(token.text)
        return 0

    def _measure(self, measure: str) -> None:
        self._item.measures.append(measure)
        if self._aside:
            self._item.after.append(measure)

    def _size(self, number: str, following: Sequence[int]) -> int:
        """A number read as a size, alone or with the word it counts (`3-compartment`)."""
        hyphen = 1 if following and self._segment[following[0]].text == "-" else 0
        word = self._segment[following[hyphen]] if len(following) > hyphen else None
        counted = self._index.counted(number, stem(word.text)) if word else None
        self._item.measures.append(counted or number)
        return hyphen + 1 if counted else hyphen

    def _pack(self, at: int, following: Sequence[int]) -> int:
        """`100 pcs` or `of 50` beside the amount."""
        number = self._segment[at].number
        if number is not None and number != int(number) and (at == 0 or self._segment[at - 1].text not in ("@", "=")):
            self._measure(plain(number))
            return 0
        after = self._segment[following[0]] if following else None
        if number is not None and after is not None and after.glued and after.text in ("s", "'s"):
            self._item.pack = int(number)
            return 1
        if number is not None and at and self._segment[at - 1].text == "(":
            self._item.pack = int(number)
        piece = bool(following) and UNITS.get(self._segment[following[0]].text) == PIECE
        if number is not None and (piece or (at > 0 and self._segment[at - 1].text == "of")):
            self._item.pack = int(number)
            return int(piece)
        return 0

    def _plain_word(self, text: str) -> None:
        word = stem(text)
        if text in _NEGATING and (self._item.names_something or text == "not"):
            self._negated = True
        elif self._negated and word not in _NOISE:
            self._item.excluded.append(word)
        elif text in ("each", "every"):
            self._item.each = True
        elif text in ("more", "another", "extra", "additional"):
            self._item.more = True
        elif text in _NOISE:
            self._aside = self._aside or (text in _ASIDE and self._item.names_something)
            if self._index.names(word) and text not in PARTICLES and len(text) > 2:
                self._item.optional.append(word)
        elif self._index.knows(word) or any(self._index.meanings(word)):
            self._word(word)
        elif (parts := self._index.split(word)) is not None:
            self._item.words.extend(parts)
        elif not self._aside:
            self._item.words.append(word)

    def _word(self, word: str) -> None:
        """A word of the catalogue, or close to one. After "for" it may be about something else."""
        if self._aside:
            self._item.after.append(word)
        if not self._aside or self._index.knows(word):
            self._item.words.append(word)


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
    talk = (
        {w for w in _talk_before(item, first) if w in item.match.unexplained and not index.knows(w)} - COLOURS - SIZES
    )
    if talk and item.match.explained:
        item.words = [w for w in item.words if w not in talk]
        item.match = index.find(tuple(item.words), tuple(item.measures), tuple(item.optional), within)


def _talk_before(item: Item, first: int) -> set[str]:
    """Words before the amount and before anything of the product, none of them next to it."""
    found: list[str] = []
    for token in item.tokens:
        if token.start >= first:
            return set(found)
        word = stem(token.text)
        if token.kind in (Kind.MEASURE, Kind.NUMBER) or (word in item.words and word not in item.match.unexplained):
            return set(found[:-1])
        if token.kind is Kind.WORD and token.text not in _NOISE:
            found.append(word)
    return set(found)


def exclude(item: Item, index: CatalogueIndex) -> None:
    """`12in box not kraft`: without the products that are what was excluded; nothing left is a doubt."""
    if not item.excluded or not item.match.skus:
        return
    kept = tuple(s for s in item.match.skus if not any(index.in_name(s, w) for w in item.excluded))
    unexplained = () if kept else tuple(item.excluded)
    item.match = replace(item.match, skus=kept or item.match.skus, unexplained=(*item.match.unexplained, *unexplained))


def _late_unit(item: Item, index: CatalogueIndex) -> None:
    """ "3x peppermint box", "2 blk fresh yeast": the sell unit said after the name, or in a spelling of its own."""
    if item.unit or item.amount is None or len(item.match.skus) != 1:
        return
    product = index.catalogue.products[item.match.skus[0]]
    unit = unit_of(product.unit)
    spelt = [w for w in item.match.unexplained if UNITS.get(w) == unit or abbreviates(w, unit)]
    if spelt and len(spelt) == len(item.match.unexplained):
        item.unit = unit
        item.words = [w for w in item.words if w not in spelt]
        item.match = index.find(tuple(item.words), tuple(item.measures), tuple(item.optional))
        return
    if any(UNITS.get(w) == unit and not index.in_name(product.sku, w) for w in item.words):
        item.unit = unit


def score_of(item: Item, index: CatalogueIndex) -> float:
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


def counted_at(segment: list[Token], at: int, index: CatalogueIndex) -> bool:
    number = segment[at].number
    after = at + 1
    if after < len(segment) and segment[after].text == "-":
        after += 1
    if number is None or after >= len(segment) or segment[after].kind is not Kind.WORD:
        return False
    return countable(segment[after]) and index.counted(plain(number), stem(segment[after].text)) is not None
