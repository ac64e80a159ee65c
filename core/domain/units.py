"""Sell units: how people and catalogues spell them, and which words mean single pieces."""

import re
from collections.abc import Iterable

from core.domain.catalogue import Product


def table(rows: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Rows of (canonical, spellings split by blanks) as spelling -> canonical."""
    return {spelling: canonical for canonical, spellings in rows for spelling in spellings.split()}


PIECE = "piece"
UNITS = table(
    [
        (PIECE, "pc pcs piece pieces pce pces ea nos no's pics unit units pieces. peices peice"),
        ("carton", "carton cartons ctn ctns crtn cartoon cartoons cton case cases cs catron cart karton"),
        ("packet", "packet packets pkt pkts pck pcks pack packs pk pks paket pakets pket packt"),
        ("bundle", "bundle bundles bdl bdls bndl bndls bundel bundels bdle bun"),
        ("bottle", "bottle bottles btl btls botl bottel bottels bot"),
        ("box", "box boxes bx bxs boxs"),
        ("roll", "roll rolls rl rls rols"),
        ("sleeve", "sleeve sleeves slv slvs sleve sleves slve"),
        ("bag", "bag bags bg bgs"),
        ("tin", "tin tins"),
        ("can", "can cans"),
        ("jar", "jar jars"),
        ("tub", "tub tubs"),
        ("tube", "tube tubes"),
        ("pail", "pail pails"),
        ("drum", "drum drums"),
        ("sack", "sack sacks"),
        ("tray", "tray trays"),
        ("set", "set sets"),
        ("ream", "ream reams"),
        ("pair", "pair pairs"),
        ("sheet", "sheet sheets sht shts"),
        ("length", "length lengths len"),
        ("coil", "coil coils"),
        ("crate", "crate crates"),
        ("barrel", "barrel barrels"),
        ("keg", "keg kegs"),
        ("pouch", "pouch pouches"),
        ("pallet", "pallet pallets"),
        ("jug", "jug jugs"),
        ("pad", "pad pads"),
        ("card", "card cards"),
        ("loaf", "loaf loaves"),
        ("block", "block blocks blok bloks"),
        ("strip", "strip strips"),
        ("kit", "kit kits"),
        ("wheel", "wheel wheels"),
        ("cylinder", "cylinder cylinders cyl"),
    ]
)

# Outer packs are never what is inside them.
_OUTER = frozenset({"carton", "bundle", "pallet"})


def unit_of(word: str) -> str:
    """The canonical unit of a catalogue's unit word; the word itself, in lower case, when the table lacks it."""
    folded = word.casefold().strip()
    return UNITS.get(folded, folded)


def means_pieces(product: Product, unit: str | None) -> bool:
    """Whether a unit word is what the catalogue calls the pieces: "can" of a carton of cans, "pair" of gloves."""
    if unit is None or unit in _OUTER or unit in (PIECE, unit_of(product.unit)) or product.pieces_per_unit == 1:
        return False
    words = re.findall(r"[a-z]+", f"{product.name} {product.description} {product.category}".casefold())
    return any(UNITS.get(word) == unit for word in words)
