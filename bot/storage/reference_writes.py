"""Replaces reference data, each kind all or nothing; doing it again with the same data changes nothing."""

import secrets
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Table, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage import tables
from bot.storage.part import Part
from core.domain.catalogue import Product
from core.domain.delivery import ZoneRules
from core.domain.outlets import Outlet
from core.errors import InvalidInput

_CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ"  # none that look like another or like a digit
_CODE_DIGITS = "23456789"
_LOCK = 7_305_113  # an arbitrary number that every process of the desk agrees on


class ReferenceWrites(Part):
    """The writers behind `resupply import`. Each raises the reference version, which empties the caches."""

    async def replace_catalogue(self, products: Sequence[Product]) -> None:
        """The catalogue in file order. A product missing from it becomes inactive; staff aliases stay."""
        async with self._changing() as connection:
            await connection.execute(update(tables.products).values(active=False))
            await self._put(connection, tables.products, [_product(*each) for each in enumerate(products)])
            await connection.execute(delete(tables.aliases).where(tables.aliases.c.source == "file"))
            rows = [
                {"sku": product.sku, "alias": alias, "source": "file", "position": position}
                for product in products
                for position, alias in enumerate(dict.fromkeys(product.aliases))
            ]
            await self._put(connection, tables.aliases, rows)

    async def replace_outlets(self, outlets: Sequence[Outlet], contacts: Mapping[str, tuple[str, ...]]) -> None:
        """Outlets, and the file's contacts (identity -> outlet codes). Links learnt in chats stay.

        An outlet missing from the file becomes inactive: its orders are kept, but nobody orders for it.
        """
        async with self._changing() as connection:
            await connection.execute(update(tables.outlets).values(active=False))
            await self._put(connection, tables.outlets, [_outlet(*each) for each in enumerate(outlets)])
            await connection.execute(delete(tables.contacts).where(tables.contacts.c.source == "file"))
            now = datetime.now(UTC)
            rows = [
                {"identity": identity, "outlet": code, "source": "file", "linked_at": now}
                for identity, codes in contacts.items()
                for code in dict.fromkeys(codes)
            ]
            await self._put(connection, tables.contacts, rows)

    async def replace_prices(self, prices: Mapping[tuple[str, str], Decimal]) -> None:
        """Special prices by (price list, SKU)."""
        rows = [{"price_list": name, "sku": sku, "price": price} for (name, sku), price in prices.items()]
        async with self._changing() as connection:
            await connection.execute(delete(tables.prices))
            await self._put(connection, tables.prices, rows)

    async def replace_zones(self, zones: Mapping[str, ZoneRules]) -> None:
        """Delivery rules by zone."""
        async with self._changing() as connection:
            await connection.execute(delete(tables.zones))
            await self._put(connection, tables.zones, [_zone(*each) for each in zones.items()])

    async def add_alias(self, sku: str, alias: str) -> None:
        """A staff correction: another name for a product, which an import does not take away."""
        row = {"sku": sku, "alias": alias, "source": "staff", "position": 1_000}
        async with self._changing() as connection:
            await self._put(connection, tables.aliases, [row])

    async def link(self, identity: str, outlet: str) -> None:
        """Let a sender order for an outlet."""
        row = {"identity": identity, "outlet": outlet, "source": "link", "linked_at": datetime.now(UTC)}
        async with self._changing() as connection:
            await self._put(connection, tables.contacts, [row])

    async def unlink(self, identity: str, outlet: str) -> bool:
        """Take that away again. False where there was no such link.

        A chat in which the outlet is set already keeps it: see `bot.invites.unlink`.
        """
        own = (tables.contacts.c.identity == identity) & (tables.contacts.c.outlet == outlet)
        async with self._changing() as connection:
            return bool((await connection.execute(delete(tables.contacts).where(own))).rowcount)

    async def add_invite(
        self,
        outlet: str,
        *,
        code: str | None = None,
        max_uses: int = 1,
        expires_at: datetime | None = None,
    ) -> str:
        """A code by which an unknown sender can link to an outlet; returns it. `max_uses` senders may.

        Codes are kept in upper case, as the order reader passes them on. Raises InvalidInput when the given
        code exists.
        """
        made = code.upper() if code else _new_code()
        insert = self.database.upsert(tables.invites).on_conflict_do_nothing()
        row = {"code": made, "outlet": outlet, "max_uses": max_uses, "expires_at": expires_at}
        async with self._changing() as connection:
            if (await connection.execute(insert.values(**row))).rowcount != 1:
                raise InvalidInput(f"the invite code {made} exists already")
        return made

    async def revoke_invite(self, code: str) -> None:
        """Make an invite unusable. Raises InvalidInput for a code that was never made."""
        async with self._changing() as connection:
            revoked = update(tables.invites).where(tables.invites.c.code == code.strip().upper())
            if (await connection.execute(revoked.values(revoked=True))).rowcount != 1:
                raise InvalidInput(f"there is no invite code {code}")

    @asynccontextmanager
    async def _changing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that raises the reference version; one at a time.

        The version comes last, as in a turn's commit: both lock in the same order.
        """
        version = tables.reference_version
        async with self.database.writing() as connection:
            if not self.database.sqlite:
                await connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
            yield connection
            await connection.execute(update(version).values(version=version.c.version + 1))
        self._forget_version()

    async def _put(self, connection: AsyncConnection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
        """Insert rows, or bring those with the same key up to date."""
        rows = list(rows)
        if not rows:
            return
        statement: Any = self.database.upsert(table)
        keys = [column.name for column in table.primary_key]
        given = {name: statement.excluded[name] for name in rows[0] if name not in keys}
        if "source" in given:
            statement = statement.on_conflict_do_nothing(index_elements=keys)
        else:
            statement = statement.on_conflict_do_update(index_elements=keys, set_=given)
        await connection.execute(statement, rows)


def _new_code() -> str:
    """Eight characters in the pattern LLDL-DLLL without the dash: the order reader takes no plain word for a code."""
    return "".join(secrets.choice(_CODE_DIGITS if place in (2, 4) else _CODE_LETTERS) for place in range(8))


def _product(position: int, product: Product) -> dict[str, Any]:
    return {
        "sku": product.sku,
        "name": product.name,
        "description": product.description,
        "category": product.category,
        "unit": product.unit,
        "pieces_per_unit": product.pieces_per_unit,
        "price": product.price,
        "currency": product.currency,
        "min_quantity": product.min_quantity,
        "active": product.active,
        "position": position,
    }


def _outlet(position: int, outlet: Outlet) -> dict[str, Any]:
    return {
        "code": outlet.code,
        "name": outlet.name,
        "address": outlet.address,
        "postal_code": outlet.postal_code,
        "zone": outlet.zone,
        "delivery_days": list(outlet.delivery_days),
        "payment_terms_days": outlet.payment_terms_days,
        "price_list": outlet.price_list,
        "active": True,
        "position": position,
    }


def _zone(name: str, rules: ZoneRules) -> dict[str, Any]:
    return {
        "name": name,
        "delivery_days": list(rules.delivery_days),
        "cut_off": rules.cut_off,
        "lead_days": rules.lead_days,
        "minimum_order": rules.minimum_order,
    }
