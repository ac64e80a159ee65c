"""An order sheet as rows -> what it orders. A sheet only orders, dates and notes: whatever else stands in it is data.

Decisions that policy.md leaves open:
- A row with a SKU is that product; a bare number in it counts sell units, as on the supplier's own form. A number over
  a dozen that would fill whole units of pieces is asked about all the same.
- A row without a known SKU is read like a typed line: a bare number below a pack is asked about.
- The same product in two rows is one line with the sum, where both count the same unit.
- A row that a person crossed out or asks something in ("cancelled", "how much?") orders nothing and is reported.
- Of dates only those said with "deliver" or the like count: a form bears the day it was written, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol

from core.domain.catalogue import Product
from core.domain.commands import (
    Acknowledge,
    Add,
    AddNote,
    Agree,
    Command,
    Deliver,
    Greet,
    NameOutlet,
    Thank,
    Wanted,
)
from core.domain.sheets import LEFT_OUT
from core.understanding import furniture
from core.understanding.amounts import amount_at, unit_at
from core.understanding.burst import Burst
from core.understanding.clauses import clauses_of
from core.understanding.context import Context
from core.understanding.dates import find_when
from core.understanding.features import sku_key
from core.understanding.index import CatalogueIndex
from core.understanding.item import Item
from core.understanding.items import read_items
from core.understanding.lexicon import SEPARATORS
from core.understanding.reader import read
from core.understanding.sheet_amounts import (
    Lead,
    clear,
    gone,
    left_over,
    on_form,
    order_number,
    plain_numbers,
    unless_small,
)
from core.understanding.tokens import Kind, Token, normalise, tokenise
from core.understanding.wanted import wanted_of

# Rows with words that are read; a form lists more, but nobody fills in so many.
MOST_ROWS = 400
_LONGEST_ROW = 400
_LONGEST_NOTE = 300
_MOST_NOTES = 6
_MOST_UNREAD = 40
_MOST_OTHERS = 6
# A list in which so many items have no amount is a price list rather than an order.
_MOST_WITHOUT_AMOUNT = 8
_HARMLESS = (Add, Deliver, AddNote, Greet, Thank, Acknowledge, Agree, NameOutlet)


class Row(Protocol):
    """A row of a sheet: its words, amount first where a column holds amounts, and the item code beside them."""

    @property
    def text(self) -> str: ...

    @property
    def code(self) -> str: ...


@dataclass(frozen=True, slots=True)
class SheetReading:
    """What a sheet asks for: Add, Deliver and AddNote only, and the rows that could not be read.

    `outlets` are the sender's own outlets that it names.
    """

    commands: tuple[Command, ...]
    unread: tuple[str, ...] = ()
    outlets: tuple[str, ...] = ()


def read_sheet(rows: Sequence[Row], context: Context) -> SheetReading:
    """Read the rows of a sheet, each for itself; neither draft nor open questions colour what they mean."""
    return _SheetReader(context).read(rows)


class _SheetReader:
    """Reads one sheet."""

    def __init__(self, context: Context) -> None:
        self._context = replace(
            context, lines=(), focus=(), asked_about=(), questions=(), basket=None, quoted=None, drafting=False,
            units={}, quantities={},
        )  # fmt: skip
        self._index: CatalogueIndex = context.index
        self._adds: list[Wanted] = []
        self._days: list[Deliver] = []
        self._notes: list[str] = []
        self._unread: list[str] = []
        self._readings: dict[str, tuple[Command, ...]] = {}
        self._outlets: dict[str, None] = {}

    def read(self, rows: Sequence[Row]) -> SheetReading:
        filled = [(" ".join(r.text.split()), r.code.strip()) for r in rows if r.text.strip() or r.code.strip()]
        for text, code in filled[:MOST_ROWS]:
            self._row(text, code)
        if len(filled) > MOST_ROWS:
            self._unread.append(f"{LEFT_OUT} {len(filled) - MOST_ROWS} more rows")
        return SheetReading(
            (*self._wanted(), *self._delivery(), *map(AddNote, self._notes)), self._reported(), tuple(self._outlets)
        )

    def _row(self, text: str, code: str) -> None:
        sku = self._index.skus.get(sku_key(code)) if code else None
        self._outlet(text)
        if text.startswith(LEFT_OUT):
            self._unread.append(text)
        elif len(text) > _LONGEST_ROW:
            self._report(text[:_LONGEST_ROW])
        elif sku is not None:
            self._coded(text, sku)
        elif not (self._dated(text) or self._noted(text) or furniture.is_furniture(text, self._context)):
            self._worded(text)

    def _outlet(self, text: str) -> None:
        """ "Outlet: Tampines": one of the sender's own, or a name that is reported, for nobody may miss it."""
        label, outlets = furniture.OUTLET.match(text), self._context.outlets
        tokens = tokenise(normalise(label["name"])) if label else []
        if (
            not outlets.own
            or not any(t.kind is Kind.WORD for t in tokens)
            or any(t.kind is Kind.NUMBER for t in tokens)
        ):
            return
        named = outlets.find(tokens, 1)
        if named is None or not outlets.all_named(tokens, named):
            self._report(text)
        elif len(named.codes) == 1:
            self._outlets[named.codes[0]] = None

    # -- beside the list -------------------------------------------------------------------------------

    def _dated(self, text: str) -> bool:
        """ "Delivery date: 24/11/2026 morning"."""
        label = furniture.DELIVERY.search(text)
        said = text[label.start() :] if label else ""
        if not said or furniture.ADDRESS.search(said) or self._orders(said):
            return False
        found = [c for c in self._said(said) if isinstance(c, Deliver)]
        self._days += found
        return bool(found) or bool(furniture.DELIVERY_LABEL.match(text))

    def _noted(self, text: str) -> bool:
        """ "Remarks: use the back door", and the customer's own order number."""
        found = furniture.NOTE.match(text)
        number = furniture.ORDER_NUMBER.match(text)
        said = found["note"].strip() if found else order_number(number["number"]) if number else ""
        if (found is None and number is None) or (said and self._orders(said)):
            return False
        self._note(said)
        return True

    def _note(self, said: str) -> None:
        if any(c.isalnum() for c in said) and len(self._notes) < _MOST_NOTES and said not in self._notes:
            self._notes.append(said[:_LONGEST_NOTE])

    def _orders(self, text: str) -> bool:
        """Whether words beside the list order something themselves."""
        return any(i.amount and i.match.skus and not i.match.unexplained for i in Burst(self._context).read_text(text))

    # -- a row with a SKU ------------------------------------------------------------------------------

    def _coded(self, text: str, sku: str) -> None:
        """A product by its code, whatever the words; words that clearly say another one are asked about."""
        product = self._index.catalogue.products[sku]
        lead, words = self._lead(text)
        if lead is not None and lead.amount.value == 0:
            return
        if not product.active:
            self._adds.append(gone(product, lead, self._index))
        elif self._says_more(text):
            self._report(text)
        else:
            others = self._others(words, product)
            wanted = Wanted(said=product.name if not others else text[:80], skus=(sku, *others))
            self._adds.append(on_form(wanted, lead, product))
            _, named, remark = text.casefold().partition(product.name.casefold())
            if named and any(c.isalpha() for c in remark):
                self._note(f"{product.name}: {remark.strip()}")

    def _others(self, words: Sequence[Token], product: Product) -> tuple[str, ...]:
        """The products that a row's words name instead of the one whose code it bears."""
        named = self._named(words)
        if named is None or named.match.unexplained or named.match.loose or not named.match.head:
            return ()
        skus = named.match.skus
        if product.sku in skus or len(skus) > _MOST_OTHERS:
            return ()
        shared = any(self._index.in_name(product.sku, word) for word in named.words)
        clear = named.match.exact or (len(skus) == 1 and named.match.explained > 1) or not shared
        return skus if clear else ()

    # -- a row of words --------------------------------------------------------------------------------

    def _worded(self, text: str) -> None:
        lead, words = self._lead(text)
        named = self._named(words)
        if lead is not None and lead.amount.value == 0:
            return
        if lead is not None and named is not None and named.names_something and named.amount is None:
            self._led(text, lead, named)
            return
        commands = self._said(text)
        adds = [c.wanted for c in commands if isinstance(c, Add)]
        self._days += [c for c in commands if isinstance(c, Deliver) and furniture.DELIVERY.search(text)]
        if any(not isinstance(c, _HARMLESS) for c in commands) or not adds:
            if any(isinstance(c, furniture.ASKING) for c in commands) or furniture.looks_like_item(text, self._index):
                self._report(text)
            return
        numbers = plain_numbers(text, self._index)
        for wanted in adds:
            self._plain(text, wanted, numbers if len(adds) == 1 else [])

    def _led(self, text: str, lead: "Lead", named: Item) -> None:
        """ "2 bundle Pizza Box 12in urgent": the amount first, one product behind it."""
        if self._says_more(text):
            self._report(text)
            return
        self._days += [c for c in self._said(text) if isinstance(c, Deliver) and furniture.DELIVERY.search(text)]
        named.amount, named.unit = lead.amount, lead.unit
        wanted = wanted_of(named, self._index)
        if not wanted.skus and not wanted.near and furniture.ADDRESS.search(text):
            return
        self._adds.append(replace(unless_small(wanted, self._index), more=False))

    def _plain(self, text: str, wanted: Wanted, numbers: list[Decimal]) -> None:
        """A line of words as a person types it; a number beside the amount that no name explains is a doubt."""
        if wanted.amount is None and not wanted.vague and not clear(wanted):
            if furniture.looks_like_item(text, self._index):
                self._report(text)
            return
        if not wanted.skus and not wanted.near:
            if furniture.looks_like_item(text, self._index):
                self._report(text)
            return
        if wanted.amount is not None and left_over(numbers, wanted, self._index):
            wanted = replace(wanted, amount=None, amount_to=None, unit=None, vague=True)
        self._adds.append(replace(wanted, more=False))

    def _said(self, text: str) -> tuple[Command, ...]:
        """What the order reader makes of a row as a message of its own."""
        if text not in self._readings:
            self._readings[text] = read([text], self._context).commands
        return self._readings[text]

    # -- parts of a row --------------------------------------------------------------------------------

    def _lead(self, text: str) -> "tuple[Lead | None, list[Token]]":
        """The amount that a row begins with, and the tokens behind it."""
        tokens = [t for clause in clauses_of(text, self._index) for t in clause.tokens]
        found = amount_at(tokens, 0) if tokens and tokens[0].kind in (Kind.NUMBER, Kind.WORD) else None
        if found is None:
            return None, tokens
        amount, after = found
        unit = amount.unit or unit_at(tokens, after, self._index.units)
        if unit is not None and amount.unit is None:
            after += 1
        return Lead(amount, unit), tokens[after:]

    def _named(self, words: Sequence[Token]) -> Item | None:
        """The one product phrase that words make, whatever signs part them; dates and prices are no part of it."""
        burst = Burst(self._context)
        kept = [t for t in words if t.text not in SEPARATORS or t.kind is Kind.WORD]
        kept = [t for t in kept if t.text not in ("and", "n", "also", "plus", "then")]
        if not kept:
            return None
        when = find_when(kept, self._context.now.date(), self._index.names)
        items = read_items([t for t in burst.without(kept, when) if t.text != ","], self._index)
        return items[0] if len(items) == 1 else None

    def _says_more(self, text: str) -> bool:
        """Whether a row also says what no row of a list says: a question, a cancelling, an edit."""
        return furniture.STRUCK.search(text) is not None or any(
            not isinstance(c, _HARMLESS) and furniture.TELLING.get(type(c), False) for c in self._said(text)
        )

    def _report(self, text: str) -> None:
        if text not in self._unread:
            self._unread.append(text)

    # -- what comes out --------------------------------------------------------------------------------

    def _reported(self) -> tuple[str, ...]:
        if len(self._unread) <= _MOST_UNREAD:
            return tuple(self._unread)
        left = len(self._unread) - _MOST_UNREAD
        return (*self._unread[:_MOST_UNREAD], f"{LEFT_OUT} {left} more rows")

    def _wanted(self) -> list[Command]:
        """One command for each product and unit, amounts added up."""
        without = [w for w in self._adds if w.amount is None and not w.vague]
        adds = self._adds
        if len(without) > _MOST_WITHOUT_AMOUNT and len(without) * 2 > len(adds):
            adds = [w for w in adds if w not in without]
            self._unread.append(f"{LEFT_OUT} {len(without)} items without an amount")
        summed: list[Wanted] = []
        for wanted in adds:
            at = next((n for n, other in enumerate(summed) if self._same(wanted, other)), None)
            if at is None:
                summed.append(wanted)
            else:
                summed[at] = replace(
                    summed[at], amount=(summed[at].amount or Decimal()) + (wanted.amount or Decimal()), pack=None
                )
        return [Add(w) for w in summed]

    def _same(self, one: Wanted, other: Wanted) -> bool:
        """Whether two rows are the same product counted in the same unit, both beyond doubt."""
        if one.skus != other.skus or len(one.skus) != 1 or one.unit != other.unit or not (one.sure and other.sure):
            return False
        plain = all(w.amount is not None and w.amount_to is None for w in (one, other))
        single = self._index.catalogue.products[one.skus[0]].pieces_per_unit == 1
        return plain and (one.unit is not None or single)

    def _delivery(self) -> list[Command]:
        """One delivery; several days that the sheet says are a doubt between them."""
        if not self._days:
            return []
        days = tuple(dict.fromkeys(day for d in self._days for day in d.days))
        windows = list(dict.fromkeys(d.window for d in self._days if d.window))
        said = ", ".join(dict.fromkeys(d.said for d in self._days if d.said))
        soonest = not days and any(d.soonest for d in self._days)
        return [Deliver(days, windows[0] if len(windows) == 1 else None, said, soonest=soonest)]
