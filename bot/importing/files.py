"""`resupply import`: read a file, replace what the desk knew of its kind, and say what changed."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from bot.importing.problems import Findings, ImportProblems, RowProblem
from bot.importing.readers import OutletRow, read_catalogue, read_outlets, read_prices, read_zones
from bot.importing.sheets import MAX_BYTES
from core.domain.catalogue import STANDARD, Product
from core.domain.delivery import ZoneRules
from core.domain.outlets import Outlet
from core.ports import Reference


class ImportKind(StrEnum):
    """The files that `import_file` takes."""

    CATALOGUE = "catalogue"
    OUTLETS = "outlets"
    PRICES = "prices"
    ZONES = "zones"


class ReferenceWriter(Protocol):
    """Storage as imports use it. Each `replace_` is one transaction and raises the reference version."""

    async def reference(self) -> Reference:
        """The current reference data."""
        ...

    async def replace_catalogue(self, products: Sequence[Product]) -> None:
        """Products as they are to be; a stored one that is not among them becomes inactive."""
        ...

    async def replace_outlets(self, outlets: Sequence[Outlet], contacts: Mapping[str, tuple[str, ...]]) -> None:
        """Outlets, and the file's contacts (identity -> outlet codes). Links learnt in chats stay."""
        ...

    async def replace_prices(self, prices: Mapping[tuple[str, str], Decimal]) -> None:
        """Special prices by (price list, SKU)."""
        ...

    async def replace_zones(self, zones: Mapping[str, ZoneRules]) -> None:
        """Delivery rules by zone."""
        ...


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What an import did, in rows. `deactivated` were active before and are off or gone now."""

    kind: ImportKind
    file: str
    added: int
    changed: int
    deactivated: int
    unchanged: int
    warnings: tuple[RowProblem, ...] = ()

    def __str__(self) -> str:
        """One line for the terminal."""
        return (
            f"{self.kind} from {self.file}: {self.added} added, {self.changed} changed, "
            f"{self.deactivated} deactivated, {self.unchanged} unchanged"
        )


@dataclass(frozen=True, slots=True)
class _Change:
    """What is stored, what the file asks for, and the write that makes it so."""

    before: Mapping[str, object]
    after: Mapping[str, object]
    write: Callable[[], Awaitable[None]]
    switched_off: frozenset[str] = frozenset()


async def import_file(
    kind: ImportKind, path: Path, store: ReferenceWriter, *, country: str = "SG", currency: str | None = None
) -> ImportSummary:
    """Import one file, all or nothing. Raises ImportProblems, having changed nothing.

    `country` (ISO 3166) is the supplier's, for phone numbers and postal codes; with `currency` given, a
    catalogue in another one is refused.
    """
    findings = Findings(path.name)
    content = await asyncio.to_thread(_content, path)
    known = await store.reference()
    if kind is ImportKind.CATALOGUE:
        change = _catalogue(content, findings, store, known, currency)
    elif kind is ImportKind.OUTLETS:
        change = _outlets(content, findings, store, known, country)
    elif kind is ImportKind.PRICES:
        change = _prices(content, findings, store, known)
    else:
        change = _zones(content, findings, store, known)
    await change.write()
    return _summary(kind, findings, change)


def contacts_of(rows: Sequence[OutletRow]) -> dict[str, tuple[str, ...]]:
    """Identity -> codes of the outlets that list it, in file order."""
    contacts: dict[str, tuple[str, ...]] = {}
    for row in rows:
        for identity in row.contacts:
            contacts[identity] = (*contacts.get(identity, ()), row.outlet.code)
    return contacts


def _content(path: Path) -> bytes:
    """At most one byte more than a file may have, which is enough to refuse it."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = f"cannot be read ({error.strerror or error})"
        raise ImportProblems(path.name, [RowProblem(0, "", "", reason)]) from error


def _catalogue(
    content: bytes, findings: Findings, store: ReferenceWriter, known: Reference, currency: str | None
) -> _Change:
    products = read_catalogue(findings.file, content, findings)
    if currency and products[0].currency != currency:
        findings.refuse(0, "currency", products[0].currency, f"the desk sells in {currency}")
    findings.raise_if_any()
    before, after = known.catalogue.products, {product.sku: product for product in products}
    # A stored product that is off and missing from the file stays as it is: it is not part of the change.
    kept = {sku: product for sku, product in before.items() if sku in after or product.active}
    switched_off = {sku for sku, product in after.items() if not product.active and sku in kept and kept[sku].active}
    return _Change(kept, after, lambda: store.replace_catalogue(products), frozenset(switched_off))


def _outlets(content: bytes, findings: Findings, store: ReferenceWriter, known: Reference, country: str) -> _Change:
    rows = read_outlets(
        findings.file,
        content,
        findings,
        country=country,
        price_lists={price_list for price_list, _ in known.catalogue.special_prices},
        zones=known.calendar.zones,
    )
    contacts = contacts_of(rows)
    linked = {identity: set(codes) for identity, codes in known.directory.contacts.items()}
    asked = {row.outlet.code: frozenset(row.contacts) for row in rows}
    before = {
        code: (outlet, frozenset(i for i in asked.get(code, ()) if code in linked.get(i, ())))
        for code, outlet in known.directory.outlets.items()
    }
    after = {row.outlet.code: (row.outlet, asked[row.outlet.code]) for row in rows}
    outlets = [row.outlet for row in rows]
    return _Change(before, after, lambda: store.replace_outlets(outlets, contacts))


def _prices(content: bytes, findings: Findings, store: ReferenceWriter, known: Reference) -> _Change:
    rows = read_prices(findings.file, content, findings, skus=known.catalogue.products.keys())
    prices = {(row.price_list, row.sku): row.price for row in rows}
    lists = {row.price_list for row in rows} | {STANDARD}
    for outlet in known.directory.outlets.values():
        if outlet.price_list not in lists:
            reason = f"outlet {outlet.code} is on this price list, which is not in the file"
            findings.warn(0, "price_list", outlet.price_list, reason)
    before = {" ".join(key): price for key, price in known.catalogue.special_prices.items()}
    after = {" ".join(key): price for key, price in prices.items()}
    return _Change(before, after, lambda: store.replace_prices(prices))


def _zones(content: bytes, findings: Findings, store: ReferenceWriter, known: Reference) -> _Change:
    zones = read_zones(findings.file, content, findings)
    for outlet in known.directory.outlets.values():
        if outlet.zone not in zones:
            reason = f"outlet {outlet.code} is in this zone, which is not in the file"
            findings.warn(0, "zone", outlet.zone, reason)
    return _Change(known.calendar.zones, zones, lambda: store.replace_zones(zones))


def _summary(kind: ImportKind, findings: Findings, change: _Change) -> ImportSummary:
    before, after = change.before, change.after
    stayed = before.keys() & after.keys()
    same = {key for key in stayed if before[key] == after[key]}
    off = (before.keys() - after.keys()) | change.switched_off
    return ImportSummary(
        kind=kind,
        file=findings.file,
        added=len(after.keys() - before.keys()),
        changed=len(stayed - same - off),
        deactivated=len(off),
        unchanged=len(same),
        warnings=tuple(findings.warnings),
    )
