"""What becomes of the rows of a sheet once the desk reckons: lines, questions, wrong lines that nobody would notice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.english import english_words
from bot.order_sheets.reading import read_content
from core.domain.commands import Add, Deliver, Wanted
from core.domain.quantities import reckon
from core.domain.units import PIECE, means_pieces, unit_of
from core.ports import SheetRow, Unread
from core.understanding.context import Context
from core.understanding.index import CatalogueIndex
from core.understanding.outlet_names import OutletNames
from core.understanding.sheet import SheetReading, read_sheet
from tests.eval.cases import MONDAY_MORNING
from tests.eval.loading import load_reference, supplier
from tests.unit.bot.order_sheets.making import MadeSheet, Ordered

REFERENCE = load_reference(supplier("sample"))
INDEX = CatalogueIndex(REFERENCE.catalogue, english_words())
OUTLETS = OutletNames(REFERENCE.directory.outlets.values())


def context() -> Context:
    """A chat in which nothing was said yet, on a Monday morning."""
    return Context(index=INDEX, now=datetime.fromisoformat(MONDAY_MORNING), outlets=OUTLETS, linked=True)


def reading_of(rows: Sequence[SheetRow]) -> SheetReading:
    return read_sheet(rows, context())


@dataclass(slots=True)
class Score:
    """Counts over sheets. `silent` are lines that stand wrongly or fail without a question; they are named."""

    exact: int = 0
    asked: int = 0
    reported: int = 0
    needless: int = 0
    silent: list[str] | None = None


def line_of(wanted: Wanted) -> Ordered | None:
    """The line that an item becomes at once, or None where the desk asks (as core.flows.drafting does)."""
    if len(wanted.skus) != 1 or not wanted.sure or wanted.discontinued or wanted.vague or wanted.amount_to is not None:
        return None
    product = REFERENCE.catalogue.products[wanted.skus[0]]
    unit = PIECE if means_pieces(product, wanted.unit) else wanted.unit
    reckoned = reckon(product, wanted.amount, unit, unit_of(product.unit))
    if reckoned.doubt is not None:
        return None
    if wanted.pack not in (None, product.pieces_per_unit, product.pieces_per_unit * reckoned.quantity):
        return None
    return Ordered(product.sku, reckoned.quantity)


def score(sheet: MadeSheet, total: Score) -> None:
    """Read a sheet and add up how its lines fared."""
    rows = read_content(sheet.name, sheet.content)
    assert not isinstance(rows, Unread), (sheet.name, rows)
    reading = reading_of(rows)
    silent = total.silent if total.silent is not None else []
    total.silent = silent
    wanted = [c.wanted for c in reading.commands if isinstance(c, Add)]
    lines = [line for w in wanted if (line := line_of(w))]
    for line in lines:
        if line in sheet.truth:
            total.exact += 1
        else:
            silent.append(f"{sheet.name}: ordered {line}")
    open_items = [w for w in wanted if line_of(w) is None]
    for ordered in sheet.truth:
        if ordered in lines:
            continue
        if any(ordered.sku in (*w.skus, *w.near, w.discontinued) for w in open_items):
            total.asked += 1
        elif reading.unread or any(not w.skus for w in open_items):
            total.reported += 1
        else:
            silent.append(f"{sheet.name}: lost {ordered}")
    total.needless += max(0, len(open_items) + len(reading.unread) + len(lines) - len(sheet.truth))
    if sheet.delivery != any(isinstance(c, Deliver) and c.days for c in reading.commands):
        silent.append(f"{sheet.name}: delivery")
