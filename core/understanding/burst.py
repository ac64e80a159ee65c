"""One burst as it is read: the chat's context, and what earlier clauses of the burst have said."""

from collections.abc import Iterable, Sequence

from core.understanding.clauses import Clause, clauses_of
from core.understanding.context import Context
from core.understanding.dates import When, find_when
from core.understanding.features import features_of
from core.understanding.index import CatalogueIndex
from core.understanding.item import Item
from core.understanding.items import read_items
from core.understanding.lexicon import COURTESY, FILLER, NOT_GOODS, PARTICLES, PLACE_WORDS
from core.understanding.spelling import stem
from core.understanding.tokens import Kind, Token

SMALL = COURTESY | PARTICLES
NOISE = SMALL | FILLER


def _without_counts_of_people(tokens: Sequence[Token], used: set[int]) -> tuple[Sequence[Token], set[int]]:
    """ "3 staff", "2 outlets", "30 mins": numbers of what nobody orders here are marked as used."""
    found = set(used)
    for n, token in enumerate(tokens[1:], 1):
        if token.text in NOT_GOODS and tokens[n - 1].kind is Kind.NUMBER:
            found |= {n - 1, n}
        if token.kind in (Kind.NUMBER, Kind.MEASURE) and tokens[n - 1].text in PLACE_WORDS:
            found |= {n - 1, n}
    return tokens, found


class Burst:
    """What the recognisers of a burst share. `lines`, `focus` and `asked` follow the text as it is read."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.index: CatalogueIndex = context.index
        self.needs_history = False
        self.lines = list(context.lines)
        self.focus = list(context.focus)
        self.asked = list(context.asked_about)
        self.editing = False
        self.about_account = False
        self.drafting = context.drafting
        self.picked: set[str] = set()
        if context.quoted and not self.asked:
            quoted = [i for i in self.read_text(context.quoted) if len(i.match.skus) == 1]
            self.asked = [quoted[0].match.skus[0]] if len(quoted) == 1 else []

    def any_product(self, clause: Clause) -> bool:
        return any(self.index.names(stem(t.text)) and t.text not in NOISE for t in clause.tokens if t.kind is Kind.WORD)

    def any_amount(self, clause: Clause) -> bool:
        return any(t.kind is Kind.NUMBER for t in clause.tokens)

    def without(self, tokens: Sequence[Token], when: When) -> list[Token]:
        """Tokens with dates and times blanked out; they part what stands around them."""
        kept: list[Token] = []
        tokens, used = _without_counts_of_people(tokens, when.used)
        gone = (Kind.DATE, Kind.TIME, Kind.MONEY, Kind.PHONE, Kind.CODE, Kind.PLACE, Kind.LINK)
        for n, token in enumerate(tokens):
            if n in used or token.kind in gone:
                if token.kind not in (Kind.MONEY,) and kept and kept[-1].text != ",":
                    kept.append(Token(Kind.SYMBOL, ",", token.start, token.end))
            else:
                kept.append(token)
        return kept

    def read(self, tokens: Sequence[Token]) -> list[Item]:
        when = find_when(list(tokens), self.context.now.date(), self.index.names)
        return read_items(self.without(tokens, when), self.index)

    def read_text(self, text: str) -> list[Item]:
        return [item for clause in clauses_of(text, self.index) for item in self.read(clause.tokens)]

    def nouns(self, name: str) -> list[str]:
        """The words of a product's name that another size or kind of it would share."""
        return [w for w in features_of(name).words if w.isalpha() and self.index.names(w)]

    def within_lines(self, item: Item) -> tuple[str, ...]:
        """The lines of the draft that an item's words fit."""
        if not item.names_something:
            return ()
        match = self.index.find(
            tuple(item.words), tuple(item.measures), tuple(item.optional), self.index.bits(self.lines)
        )
        return match.skus if not match.unexplained else ()

    def touch(self, sku: str) -> None:
        self.focus = [sku]
        self.lines = list(dict.fromkeys([*self.lines, sku]))

    def remember(self, items: Iterable[Item]) -> None:
        settled = [i.match.skus[0] for i in items if len(i.match.skus) == 1 and i.names_something]
        if settled:
            self.focus = settled
            self.lines = list(dict.fromkeys([*self.lines, *settled]))

    def goods(self, clause: Clause) -> bool:
        return any(i.amount and i.match.skus for i in self.read(clause.tokens))
