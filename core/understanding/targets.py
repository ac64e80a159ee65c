"""Which lines an edit means, and setting what they count to: the common part of edits and removals."""

from dataclasses import replace

from core.domain.commands import Change, Command, Replace, Sign, Wanted
from core.domain.units import PIECE
from core.understanding import cues
from core.understanding.burst import Burst
from core.understanding.clauses import clauses_of
from core.understanding.ellipsis import borrow
from core.understanding.item import Item
from core.understanding.tokens import Token
from core.understanding.wanted import wanted_of


class Targets:
    """Finds the lines that words, pronouns and places mean, in the burst that is being read."""

    def __init__(self, burst: Burst) -> None:
        self._burst = burst

    def _target(self, items: list[Item], text: str) -> Wanted | None:
        """The line that is to be edited; a pronoun means the lines touched last."""
        focus = tuple(s for s in self._burst.focus if s in self._burst.lines)
        if cues.PRONOUN.match(text.strip()) or not text.strip():
            return Wanted(text, focus or tuple(self._burst.lines))
        for item in items:
            within = self._burst.within_lines(item)
            if within:
                return replace(self._wanted(item), skus=within, sure=True, unexplained=())
        return None

    def _at(self, place: str) -> str:
        n = {"first": 0, "1st": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "fourth": 3, "4th": 3, "last": -1}[
            place
        ]
        return self._burst.lines[n if n < len(self._burst.lines) else -1]

    def _many(self) -> list[str]:
        """What "both" and "each" mean: the lines touched together last, else all."""
        touched = [s for s in self._burst.focus if s in self._burst.lines]
        return touched if len(touched) > 1 else list(self._burst.lines)

    def _set(self, item: Item, sign: Sign = Sign.SET) -> list[Command] | None:
        """An amount for the line that the item names, or for the line touched last when it names none."""
        if item.amount is None:
            return None
        wanted = self._wanted(item)
        if not item.names_something:
            return self._set_focus(wanted, sign, item)
        within = self._burst.within_lines(item)
        if within:
            return [Change(replace(wanted, skus=within, sure=True, unexplained=()), sign)]
        return None

    def _set_focus(self, wanted: Wanted, sign: Sign, item: Item) -> list[Command]:
        focus = tuple(s for s in self._burst.focus if s in self._burst.lines) or tuple(self._burst.lines)
        if item.each:
            return [Change(replace(wanted, skus=(s,)), sign) for s in focus]
        if len(focus) > 1 and wanted.unit and wanted.unit != PIECE:
            fitting = tuple(s for s in focus if self._unit(s) == wanted.unit)
            focus = fitting if len(fitting) == 1 else focus
        return [Change(replace(wanted, skus=focus), sign)]

    def _unit(self, sku: str) -> str:
        return self._burst.index.catalogue.products[sku].unit

    def _replace_focus(self, item: Item) -> list[Command] | None:
        """Another product for the line touched last ("the kraft one", "10in")."""
        focus = [s for s in self._burst.focus if s in self._burst.lines]
        if not item.names_something or not focus:
            return None
        products = self._burst.index.catalogue.products
        for sku in focus:
            nouns = self._nouns(products[sku].name)
            whole = item.match.head and not item.match.unexplained and len(item.match.skus) == 1
            if (
                whole
                or borrow(item, nouns, self._burst.index, like=sku)
                or (item.match.skus and not item.match.unexplained)
            ):
                if item.match.skus and sku in item.match.skus and len(item.match.skus) == 1:
                    continue
                return [Replace(Wanted("", (sku,)), self._wanted(item))]
        return None

    def _words_of(self, target: Wanted) -> list[str]:
        products = self._burst.index.catalogue.products
        return self._nouns(products[target.skus[0]].name) if len(target.skus) == 1 else []

    def _nouns(self, name: str) -> list[str]:
        return self._burst.nouns(name)

    def _wanted(self, item: Item) -> Wanted:
        return wanted_of(item, self._burst.index)

    def _items(self, text: str) -> list[Item]:
        return self._burst.read_text(text)

    def _tokens(self, text: str) -> list[Token]:
        return [t for c in clauses_of(text, self._burst.index) for t in c.tokens]

    def _amounts(self, text: str) -> bool:
        return any(i.amount for i in self._items(text))

    def _named(self, text: str) -> bool:
        return any(i.match.skus for i in self._items(text))
