"""Readers of a supplier's files (DESIGN 8): bytes in, typed rows out, or every problem at once."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from typing import TypeVar

from bot.importing import cells as read
from bot.importing.cells import Cells
from bot.importing.contacts import UnknownIdentity, is_assigned, read_identity
from bot.importing.naming import refuse_shared_names
from bot.importing.problems import Findings
from bot.importing.sheets import read_rows
from core.domain.catalogue import STANDARD, Product
from core.domain.delivery import ZoneRules
from core.domain.outlets import Outlet

CATALOGUE_COLUMNS = (
    *("sku", "name", "description", "category", "unit", "pieces_per_unit"),
    *("price", "currency", "min_quantity", "aliases", "active"),
)
OUTLET_COLUMNS = (
    *("code", "name", "address", "postal_code", "zone", "contacts"),
    *("delivery_days", "payment_terms_days", "price_list"),
)
PRICE_COLUMNS = ("price_list", "sku", "price")
ZONE_COLUMNS = ("zone", "delivery_days", "cut_off", "lead_days", "minimum_order")
HISTORY_COLUMNS = ("outlet", "days_ago", "sku", "quantity")
LONGEST_CODE = 64
SINGAPORE_POSTCODE = 6
MOST = 1_000_000

Parsed = TypeVar("Parsed")


@dataclass(frozen=True, slots=True)
class PriceRow:
    """A special price of one sell unit on a price list, before tax, in the catalogue's currency."""

    price_list: str
    sku: str
    price: Decimal


@dataclass(frozen=True, slots=True)
class OutletRow:
    """An outlet and the identities that may order for it."""

    outlet: Outlet
    contacts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A line of a past order of the demo: so many days ago, so many sell units."""

    outlet: str
    days_ago: int
    sku: str
    quantity: int


def read_catalogue(name: str, content: bytes, findings: Findings | None = None) -> list[Product]:
    """Products of a catalogue file, in file order. Raises ImportProblems; `findings` takes warnings."""
    findings = findings or Findings(name)
    read_lines = _parse(name, content, CATALOGUE_COLUMNS, _product, findings)
    _refuse_repeats(read_lines, lambda product: product.sku, "sku", findings)
    _refuse_other_currencies(read_lines, findings)
    refuse_shared_names(read_lines, findings)
    findings.raise_if_any()
    return [product for _, product in read_lines]


def read_outlets(
    name: str,
    content: bytes,
    findings: Findings | None = None,
    *,
    country: str = "SG",
    price_lists: Collection[str] = (),
    zones: Mapping[str, ZoneRules] | None = None,
) -> list[OutletRow]:
    """Outlets of a file, in file order. Raises ImportProblems; `findings` takes warnings.

    A price list that is not among `price_lists` is refused when there are any, and a warning when none is
    loaded yet. A zone that is not among `zones`, and a day on which its zone has no delivery, are warnings.
    """
    findings = findings or Findings(name)

    def parse(cells: Cells) -> OutletRow:
        row = _outlet(cells, country)
        _check_price_list(cells, row.outlet.price_list, price_lists)
        if zones:
            _check_zone(cells, row.outlet, zones)
        return row

    read_lines = _parse(name, content, OUTLET_COLUMNS, parse, findings)
    _refuse_repeats(read_lines, lambda row: row.outlet.code, "code", findings)
    findings.raise_if_any()
    return [row for _, row in read_lines]


def read_prices(
    name: str, content: bytes, findings: Findings | None = None, *, skus: Collection[str]
) -> list[PriceRow]:
    """Special prices of a file, in file order; each `sku` must be among `skus`. Raises ImportProblems."""
    findings = findings or Findings(name)

    def parse(cells: Cells) -> PriceRow:
        row = PriceRow(cells.text("price_list", LONGEST_CODE), cells.text("sku", LONGEST_CODE), cells.money("price"))
        if row.sku and row.sku not in skus:
            cells.refuse("sku", "is not in the catalogue")
        return row

    read_lines = _parse(name, content, PRICE_COLUMNS, parse, findings)
    _refuse_repeats(read_lines, lambda row: f"{row.price_list} {row.sku}", "sku", findings)
    findings.raise_if_any()
    return [row for _, row in read_lines]


def read_zones(name: str, content: bytes, findings: Findings | None = None) -> dict[str, ZoneRules]:
    """Delivery rules by zone. Raises ImportProblems."""
    findings = findings or Findings(name)
    read_lines = _parse(name, content, ZONE_COLUMNS, _zone, findings)
    _refuse_repeats(read_lines, lambda row: row[0], "zone", findings)
    findings.raise_if_any()
    return dict(row for _, row in read_lines)


def read_history(
    name: str,
    content: bytes,
    findings: Findings | None = None,
    *,
    outlets: Collection[str],
    skus: Collection[str],
) -> list[HistoryRow]:
    """Past order lines of the demo; outlets and SKUs must exist. Raises ImportProblems."""
    findings = findings or Findings(name)

    def parse(cells: Cells) -> HistoryRow:
        row = HistoryRow(
            cells.text("outlet", LONGEST_CODE),
            cells.whole("days_ago", 1, 3650),
            cells.text("sku", LONGEST_CODE),
            cells.whole("quantity", 1, MOST),
        )
        if row.outlet and row.outlet not in outlets:
            cells.refuse("outlet", "is not a known outlet")
        if row.sku and row.sku not in skus:
            cells.refuse("sku", "is not in the catalogue")
        return row

    read_lines = _parse(name, content, HISTORY_COLUMNS, parse, findings)
    findings.raise_if_any()
    return [row for _, row in read_lines]


def _parse(
    name: str,
    content: bytes,
    columns: tuple[str, ...],
    parse: Callable[[Cells], Parsed],
    findings: Findings,
) -> list[tuple[int, Parsed]]:
    """Every row as (line, parsed), without the refused ones."""
    parsed: list[tuple[int, Parsed]] = []
    for row in read_rows(name, content, columns, findings):
        cells = Cells(row, findings)
        value = parse(cells)
        if cells.ok:
            parsed.append((row.line, value))
    return parsed


def _product(cells: Cells) -> Product:
    name = cells.text("name")
    aliases = dict.fromkeys(cells.parts("aliases"))
    for alias in aliases:
        if len(alias) > 100:
            cells.refuse("aliases", "an alias is longer than 100 characters", alias)
    return Product(
        sku=cells.text("sku", LONGEST_CODE),
        name=name,
        description=cells.optional("description"),
        category=cells.optional("category", 100),
        unit=cells.read("unit", read.sell_unit, ""),
        pieces_per_unit=cells.whole("pieces_per_unit", 1, MOST),
        price=cells.money("price"),
        currency=cells.read("currency", read.currency_code, ""),
        min_quantity=cells.whole("min_quantity", 1, MOST, empty=1),
        aliases=tuple(aliases),
        active=cells.read("active", read.yes_or_no, missing=False),
    )


def _outlet(cells: Cells, country: str) -> OutletRow:
    outlet = Outlet(
        code=cells.text("code", LONGEST_CODE),
        name=cells.text("name"),
        address=cells.optional("address", 300),
        postal_code=_postal_code(cells, country),
        zone=cells.optional("zone", LONGEST_CODE),
        delivery_days=cells.read("delivery_days", read.weekdays, ()),
        payment_terms_days=cells.whole("payment_terms_days", 0, 365),
        price_list=cells.optional("price_list", LONGEST_CODE) or STANDARD,
    )
    return OutletRow(outlet, _contacts(cells, country))


def _contacts(cells: Cells, country: str) -> tuple[str, ...]:
    identities: dict[str, None] = {}
    for part in cells.parts("contacts"):
        try:
            identity = read_identity(part, country)
        except UnknownIdentity as error:
            cells.refuse("contacts", str(error), part)
            continue
        identities[identity] = None
        if not is_assigned(identity):
            cells.warn("contacts", "is in no number range known to be in use", part)
    return tuple(identities)


def _postal_code(cells: Cells, country: str) -> str:
    code = cells.optional("postal_code", 16)
    if country == "SG" and code.isascii() and code.isdigit() and len(code) == SINGAPORE_POSTCODE - 1:
        cells.warn("postal_code", f"read as 0{code}; a spreadsheet drops the first zero")
        return f"0{code}"
    return code


def _check_price_list(cells: Cells, price_list: str, known: Collection[str]) -> None:
    if price_list == STANDARD or price_list in known:
        return
    if known:
        cells.refuse("price_list", f"is not a price list; known are {', '.join(sorted({STANDARD, *known}))}")
    else:
        cells.warn("price_list", "has no prices yet; catalogue prices apply until they are imported")


def _check_zone(cells: Cells, outlet: Outlet, zones: Mapping[str, ZoneRules]) -> None:
    if outlet.zone not in zones:
        cells.warn("zone", "has no delivery rules; the supplier's defaults apply")
    elif not set(outlet.delivery_days) <= set(zones[outlet.zone].delivery_days):
        cells.warn("delivery_days", f"has days on which zone {outlet.zone} is not served; the outlet's count")


def _zone(cells: Cells) -> tuple[str, ZoneRules]:
    rules = ZoneRules(
        delivery_days=cells.read("delivery_days", read.some_weekdays, ()),
        cut_off=cells.read("cut_off", read.time_of_day, time(0)),
        lead_days=cells.whole("lead_days", 0, 30),
        minimum_order=cells.money("minimum_order"),
    )
    return cells.text("zone", LONGEST_CODE), rules


def _refuse_repeats(
    rows: Sequence[tuple[int, Parsed]], key: Callable[[Parsed], str], column: str, findings: Findings
) -> None:
    seen: dict[str, int] = {}
    for line, row in rows:
        first = seen.setdefault(key(row).casefold(), line)
        if first != line:
            findings.refuse(line, column, key(row), f"is on line {first} already")


def _refuse_other_currencies(rows: Sequence[tuple[int, Product]], findings: Findings) -> None:
    counted = Counter(product.currency for _, product in rows)
    if len(counted) < 2:
        return
    usual = counted.most_common(1)[0][0]
    for line, product in rows:
        if product.currency != usual:
            findings.refuse(line, "currency", product.currency, f"must be {usual}, as in the rest of the file")
