"""Reference data and order history of the evaluation suppliers, straight from their CSV files."""

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import holidays

from core.domain.catalogue import Catalogue, Product
from core.domain.delivery import DeliveryCalendar, ZoneRules
from core.domain.orders import Order, OrderLine, OrderStatus
from core.domain.outlets import Directory, Outlet
from core.ports import Reference

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "bot" / "sample"
OTHERS = Path(__file__).parent / "catalogues"
WEEKDAYS = {name: number for number, name in enumerate(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], 1)}


@dataclass(frozen=True)
class Supplier:
    """A supplier's files. Files that are absent mean no special prices and no history."""

    catalogue: Path
    outlets: Path
    prices: Path
    zones: Path
    history: Path


def supplier(name: str) -> Supplier:
    """The files of "sample", or of `catalogues/NAME*.csv`, which falls back to the sample's zones."""
    if name == "sample":
        return Supplier(*(SAMPLE / f"{f}.csv" for f in ("catalogue", "outlets", "prices", "zones", "history")))
    own = {f: OTHERS / f"{name}_{f}.csv" for f in ("outlets", "prices", "zones", "history")}
    zones = own["zones"] if own["zones"].exists() else SAMPLE / "zones.csv"
    return Supplier(OTHERS / f"{name}.csv", own["outlets"], own["prices"], zones, own["history"])


def load_reference(files: Supplier) -> Reference:
    """The supplier's reference data as one snapshot, with Singapore's holidays of 2026 and 2027."""
    return Reference(
        version=1,
        catalogue=Catalogue({p.sku: p for p in _products(files.catalogue)}, _special_prices(files.prices)),
        directory=_directory(files.outlets),
        calendar=DeliveryCalendar(
            zones={row["zone"]: _zone(row) for row in _rows(files.zones)},
            holidays=dict(holidays.country_holidays("SG", years=(2026, 2027)).items()),
        ),
    )


def load_history(files: Supplier, reference: Reference, now: datetime) -> list[Order]:
    """Confirmed orders placed at 10:00, days before `now`, each for the first possible delivery day."""
    baskets: dict[tuple[int, str], dict[str, int]] = defaultdict(dict)
    for row in _rows(files.history):
        baskets[int(row["days_ago"]), row["outlet"]][row["sku"]] = int(row["quantity"])
    return [
        _past_order(reference, outlet, basket, now, days_ago)
        for (days_ago, outlet), basket in sorted(baskets.items(), reverse=True)
    ]


def _past_order(reference: Reference, code: str, basket: Mapping[str, int], now: datetime, days_ago: int) -> Order:
    outlet = reference.directory.outlets[code]
    placed = datetime.combine(now.date() - timedelta(days=days_ago), time(10), now.tzinfo)
    lines = tuple(
        _order_line(reference.catalogue, sku, quantity, outlet.price_list) for sku, quantity in basket.items()
    )
    return Order(
        status=OrderStatus.CONFIRMED,
        outlet=code,
        lines=lines,
        currency="SGD",
        tax_rate=Decimal("0.09"),
        delivery_date=reference.calendar.next_days(outlet, placed, 1)[0],
        placed_at=placed,
    )


def _order_line(catalogue: Catalogue, sku: str, quantity: int, price_list: str) -> OrderLine:
    product = catalogue.products[sku]
    price = catalogue.price_of(sku, price_list)
    return OrderLine(sku, product.name, quantity, product.unit, product.pieces_per_unit, price)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    if not path.exists():
        return
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _products(path: Path) -> Iterator[Product]:
    for row in _rows(path):
        yield Product(
            sku=row["sku"],
            name=row["name"],
            unit=row["unit"],
            pieces_per_unit=int(row["pieces_per_unit"]),
            price=Decimal(row["price"]),
            currency=row["currency"],
            category=row["category"],
            description=row["description"],
            min_quantity=int(row["min_quantity"]),
            aliases=tuple(_split(row["aliases"])),
            active=row["active"] == "yes",
        )


def _special_prices(path: Path) -> dict[tuple[str, str], Decimal]:
    return {(row["price_list"], row["sku"]): Decimal(row["price"]) for row in _rows(path)}


def _directory(path: Path) -> Directory:
    outlets: dict[str, Outlet] = {}
    contacts: dict[str, tuple[str, ...]] = {}
    for row in _rows(path):
        outlets[row["code"]] = Outlet(
            code=row["code"],
            name=row["name"],
            address=row["address"],
            postal_code=row["postal_code"],
            zone=row["zone"],
            delivery_days=_weekdays(row["delivery_days"]),
            payment_terms_days=int(row["payment_terms_days"]),
            price_list=row["price_list"],
        )
        for identity in _split(row["contacts"]):
            contacts[identity] = (*contacts.get(identity, ()), row["code"])
    return Directory(outlets, contacts)


def _zone(row: Mapping[str, str]) -> ZoneRules:
    return ZoneRules(
        delivery_days=_weekdays(row["delivery_days"]),
        cut_off=time.fromisoformat(row["cut_off"]),
        lead_days=int(row["lead_days"]),
        minimum_order=Decimal(row["minimum_order"]),
    )


def _weekdays(text: str) -> tuple[int, ...]:
    return tuple(WEEKDAYS[day] for day in _split(text))


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split("|") if part.strip()]
