"""The reader's own time: a message at a time, without server and database, over catalogues of any size."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice, product
from time import perf_counter
from zoneinfo import ZoneInfo

from bot.english import english_words
from core.domain.catalogue import Catalogue, Product
from core.domain.outlets import Outlet
from core.understanding.context import Context
from core.understanding.index import CatalogueIndex
from core.understanding.outlet_names import OutletNames
from core.understanding.reader import read

_KINDS = (
    "Pizza Box", "Paper Cup", "Flat Lid", "Paper Straw", "Carrier Bag", "Garbage Bag", "Dinner Napkin",
    "Soup Bowl", "Bento Box", "Serving Tray", "Cling Film", "Nitrile Glove", "Hair Net", "Cleaning Cloth",
    "Packing Tape", "Receipt Roll", "Plastic Spoon", "Cake Board", "Sauce Cup", "Food Container",
)  # fmt: skip
_COLOURS = (
    "White", "Black", "Kraft", "Brown", "Clear", "Red", "Blue", "Green", "Yellow", "Orange", "Pink", "Purple",
    "Grey", "Gold", "Silver", "Beige", "Ivory", "Navy", "Teal", "Maroon",
)  # fmt: skip
_SIZES = ("4in", "6in", "8in", "10in", "12in", "250ml", "500ml", "750ml", "1L", "16oz")
_UNITS = ("bundle", "sleeve", "packet", "carton")
_NOW = datetime(2026, 11, 23, 10, 0, tzinfo=ZoneInfo("Asia/Singapore"))  # a Monday


@dataclass(frozen=True, slots=True)
class ReadingTimes:
    """How long the index took to build, and each message to be read; milliseconds."""

    products: int
    index: float
    milliseconds: list[float]


def measure_reader(products: int, messages: int) -> ReadingTimes:
    """Build the index of a catalogue of that size and read so many messages, no two quite the same."""
    catalogue, english = generated(products), english_words()
    started = perf_counter()
    index = CatalogueIndex(catalogue, english)
    built = (perf_counter() - started) * 1000
    names = OutletNames([Outlet("CPZ-PSR", "Canadian Pizza Pasir Ris")])
    chance = random.Random(products)
    times = []
    for text, lines in islice(_messages(chance, list(catalogue.products.values())), messages):
        context = Context(index, _NOW, names, linked=True, lines=lines, drafting=bool(lines))
        started = perf_counter()
        read([text], context)
        times.append((perf_counter() - started) * 1000)
    return ReadingTimes(products, built, times)


def generated(products: int) -> Catalogue:
    """A catalogue of so many products (4,000 at most): every kind in sizes and colours, spread evenly."""
    variants = [
        Product(
            sku=f"{kind[:2].upper()}{at:04}",
            name=f"{kind} {size} {colour}",
            unit=_UNITS[at % len(_UNITS)],
            pieces_per_unit=50,
            price=Decimal("12.50"),
            currency="SGD",
            category=f"{kind}s",
        )
        for at, (kind, size, colour) in enumerate(product(_KINDS, _SIZES, _COLOURS))
    ]
    step = len(variants) // products
    return Catalogue({each.sku: each for each in variants[:: max(step, 1)][:products]})


def _messages(chance: random.Random, products: list[Product]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Messages with the SKUs that stand in the draft by then."""
    while True:
        some = chance.sample(products, k=4)
        full, twin, short, other = (each.name.casefold() for each in some)
        kind = " ".join(short.split()[:2])
        lines = tuple(each.sku for each in some)
        few, many = chance.randint(2, 9), chance.randint(10, 60)
        yield "hi", ()
        yield f"i want to order {few} {full}, {many} {twin} and {few} {kind}", ()
        yield f"boss nid {few} ctn {twin} n {many} pkt {other} tmr morning pls", ()
        yield f"how much is the {kind}?", lines
        yield f"make the {full} {many}", lines
        yield f"no {other}, {few} {twin} instead", lines
        yield f"{few} {full.replace('a', '', 1)}", lines
        yield "deliver on Tuesday morning", lines
        yield "show my order", lines
        yield "confirm", lines
