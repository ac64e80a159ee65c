"""The reference data as one snapshot, loaded when its version has changed and kept until then."""

import asyncio
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage import tables
from bot.storage.part import Part
from core.domain.catalogue import Catalogue, Product
from core.domain.delivery import DeliveryCalendar, ZoneRules
from core.domain.outlets import Directory, Outlet
from core.ports import Reference

_TRUSTED_SECONDS = 1.0
"""How long a version that the database has told is taken for the newest."""


class ReferenceData(Part):
    """Keeps the snapshot. Every opened turn tells the version, so within a turn nothing is asked."""

    async def reference(self, version: int | None = None) -> Reference:
        """The current reference data, or that of at least `version` (an open turn's `reference_version`)."""
        if version is None:
            version = await self._newest_version()
        else:
            self._saw_version(version)
        snapshot = self._snapshot
        if snapshot is None or snapshot.version < version or datetime.now(UTC) >= self._stale_at:
            async with self._loading:
                snapshot = self._snapshot
                if snapshot is None or snapshot.version < version or datetime.now(UTC) >= self._stale_at:
                    snapshot = await self._load()
        return snapshot

    async def outlet(self, code: str) -> Outlet | None:
        """The outlet of that code, one that is not served any more too: its orders are invoiced all the same."""
        if (known := (await self.reference()).directory.outlets.get(code)) is not None:
            return known
        async with self.database.reading() as connection:
            asked = select(tables.outlets).where(tables.outlets.c.code == code)
            row = (await connection.execute(asked)).one_or_none()
        return _outlet(row) if row else None

    def _start_reference(self) -> None:
        self._snapshot: Reference | None = None
        self._stale_at = datetime.max.replace(tzinfo=UTC)
        self._version = 0
        self._version_seen = -_TRUSTED_SECONDS
        self._loading = asyncio.Lock()

    def _saw_version(self, version: int) -> None:
        """Remember what the database just told."""
        self._version = max(self._version, version)
        self._version_seen = monotonic()

    def _forget_version(self) -> None:
        """Ask the database at the next use."""
        self._version_seen = -_TRUSTED_SECONDS

    async def _newest_version(self) -> int:
        if monotonic() - self._version_seen >= _TRUSTED_SECONDS:
            async with self.database.reading() as connection:
                asked = select(tables.reference_version.c.version)
                self._saw_version((await connection.execute(asked)).scalar_one())
        return self._version

    async def _load(self) -> Reference:
        async with self.database.snapshot() as connection:
            asked = select(tables.reference_version.c.version)
            version: int = (await connection.execute(asked)).scalar_one()
            directory, stale_at = await _directory(connection)
            snapshot = Reference(
                version=version,
                catalogue=await _catalogue(connection),
                directory=directory,
                calendar=DeliveryCalendar(await _zones(connection), self.default_rules, self.holidays),
            )
        self._snapshot, self._stale_at = snapshot, stale_at
        self._saw_version(version)
        return snapshot


async def _catalogue(connection: AsyncConnection) -> Catalogue:
    aliases: dict[str, list[str]] = {}
    own = tables.aliases.c
    for row in await connection.execute(select(tables.aliases).order_by(own.sku, own.position, own.alias)):
        aliases.setdefault(row.sku, []).append(row.alias)
    rows = await connection.execute(select(tables.products).order_by(tables.products.c.position))
    products = {
        row.sku: Product(
            sku=row.sku,
            name=row.name,
            unit=row.unit,
            pieces_per_unit=row.pieces_per_unit,
            price=row.price,
            currency=row.currency,
            category=row.category,
            description=row.description,
            min_quantity=row.min_quantity,
            aliases=tuple(aliases.get(row.sku, ())),
            active=row.active,
        )
        for row in rows
    }
    prices = await connection.execute(select(tables.prices))
    return Catalogue(products, {(row.price_list, row.sku): row.price for row in prices})


async def _directory(connection: AsyncConnection) -> tuple[Directory, datetime]:
    """The directory, and the moment when the first of its invites runs out."""
    active = select(tables.outlets).where(tables.outlets.c.active).order_by(tables.outlets.c.position)
    outlets = {row.code: _outlet(row) for row in await connection.execute(active)}
    contacts: dict[str, list[str]] = {}
    links = select(tables.contacts).order_by(tables.contacts.c.identity, tables.contacts.c.outlet)
    for row in await connection.execute(links):
        if row.outlet in outlets:
            contacts.setdefault(row.identity, []).append(row.outlet)
    now, stale_at = datetime.now(UTC), datetime.max.replace(tzinfo=UTC)
    invites: dict[str, str] = {}
    usable = ~tables.invites.c.revoked & (tables.invites.c.uses < tables.invites.c.max_uses)
    for row in await connection.execute(select(tables.invites).where(usable)):
        if row.outlet in outlets and (row.expires_at is None or row.expires_at > now):
            invites[row.code] = row.outlet
            stale_at = min(stale_at, row.expires_at or stale_at)
    linked = {identity: tuple(codes) for identity, codes in contacts.items()}
    return Directory(outlets, linked, invites), stale_at


def _outlet(row: Row[Any]) -> Outlet:
    return Outlet(
        code=row.code,
        name=row.name,
        address=row.address,
        postal_code=row.postal_code,
        zone=row.zone,
        delivery_days=tuple(row.delivery_days),
        payment_terms_days=row.payment_terms_days,
        price_list=row.price_list,
    )


async def _zones(connection: AsyncConnection) -> dict[str, ZoneRules]:
    return {
        row.name: ZoneRules(tuple(row.delivery_days), row.cut_off, row.lead_days, row.minimum_order)
        for row in await connection.execute(select(tables.zones).order_by(tables.zones.c.name))
    }
