"""A message as words in a row, with the amounts that the order reader finds in it: what a quote is held against."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.understanding.amounts import amount_at, unit_at
from core.understanding.burst import NOISE, Burst
from core.understanding.clauses import clauses_of
from core.understanding.context import Context
from core.understanding.item import Item
from core.understanding.lexicon import SEPARATORS
from core.understanding.spelling import stem
from core.understanding.tokens import Kind, Token


@dataclass(frozen=True, slots=True)
class Counted:
    """An amount that is neither a size, a price, a date, a number of a phone nor a code.

    `first` and `last` are the places of its words, the unit's included, in `Spoken.words`.
    """

    value: Decimal
    unit: str | None
    more: bool
    first: int
    last: int


class Spoken:
    """The words of a burst of messages in order, as the order reader cuts them. Signs are left out."""

    def __init__(self, text: str, context: Context) -> None:
        burst = Burst(context)
        clauses = clauses_of(text, context.index)
        self._index = context.index
        self.units = context.index.units
        self.words = [t for clause in clauses for t in clause.tokens if t.kind is not Kind.SYMBOL]
        self.parts = sum(1 + sum(t.text in SEPARATORS for t in clause.tokens) for clause in clauses)
        self._at = {token.start: n for n, token in enumerate(self.words)}
        read = [(clause, item) for clause in clauses for item in burst.read(clause.tokens)]
        found = (self._amount_of(item, clause.tokens) for clause, item in read)
        self.amounts = tuple(dict.fromkeys(counted for counted in found if counted is not None))

    def places(self, quote: str) -> Iterator[tuple[int, int]]:
        """Where a quote stands, word by word, end exclusive. A part of a word or of a number is no place."""
        sought = self._texts(quote)
        for start in range(len(self.words) - len(sought) + 1 if sought else 0):
            if [t.text for t in self.words[start : start + len(sought)]] == sought:
                yield start, start + len(sought)

    def window(self, phrase: str) -> tuple[int, int] | None:
        """The narrowest stretch that has the words of a phrase in their order, with others between them."""
        sought = self._texts(phrase)
        found = [w for w in (self._from(n, sought) for n in range(len(self.words))) if w is not None] if sought else []
        return min(found, key=lambda w: w[1] - w[0], default=None)

    def telling(self, span: tuple[int, int]) -> set[int]:
        """The places within a span whose words say something: no courtesy, no function words."""
        return {n for n in range(*span) if self.words[n].text not in NOISE}

    def matters(self, place: int) -> bool:
        """Whether a word may ask for goods: a number, a measure, or a word of some product's name."""
        token = self.words[place]
        return token.kind is not Kind.WORD or (token.text not in NOISE and self._index.names(stem(token.text)))

    def text(self, span: tuple[int, int]) -> str:
        """The words of a span."""
        return " ".join(token.text for token in self.words[slice(*span)])

    def _texts(self, text: str) -> list[str]:
        clauses = clauses_of(text, self._index)
        return [t.text for clause in clauses for t in clause.tokens if t.kind is not Kind.SYMBOL]

    def _from(self, start: int, sought: Sequence[str]) -> tuple[int, int] | None:
        at = start
        if self.words[start].text != sought[0]:
            return None
        for text in sought:
            while at < len(self.words) and self.words[at].text != text:
                at += 1
            if at == len(self.words):
                return None
            at += 1
        return start, at

    def _amount_of(self, item: Item, clause: Sequence[Token]) -> Counted | None:
        """The amount of an item with the place where it was said: among its words, or elsewhere in its clause."""
        amount = item.amount
        if amount is None or amount.value is None or amount.vague or amount.to is not None:
            return None
        for tokens in (item.tokens, list(clause)):
            for start in range(len(tokens)):
                found = amount_at(tokens, start)
                if found is None or found[0].value != amount.value:
                    continue
                end = found[1] + (item.unit is not None and unit_at(tokens, found[1], self.units) == item.unit)
                places = [self._at[t.start] for t in tokens[start:end] if t.start in self._at]
                if places:
                    return Counted(amount.value, item.unit, item.more, places[0], places[-1])
        return None
