"""The row of the connection: read by everybody, refreshed by whoever holds its lease, fenced by its generation.

Leases and rests run by the database's clock, which all processes share; tokens by the clock that is passed in.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.database import Database
from bot.storage.errors import as_storage_down
from bot.storage.jobs import add_job
from bot.storage.tables import outbox, xero_connection
from bot.xero.limits import day_full_until
from bot.xero.notices import connected_again, lost

_row = xero_connection
CONNECTED, LOST = "connected", "lost"
_NOBODY = ""  # owns it while it rests
DISCONNECTED = "it was disconnected here"


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    """The connection as it is stored. `held` is how long nobody else refreshes it; None where nobody has begun to."""

    state: str
    reason: str | None
    tenant_id: str | None
    tenant_name: str | None
    scopes: str | None
    tokens: str | None = field(repr=False)
    generation: int
    access_until: datetime | None
    refreshed_at: datetime | None
    connected_at: datetime | None
    owner: str | None
    held: timedelta | None

    @property
    def overdue(self) -> bool:
        """Whether a refresh was begun, and nobody has told of its end or done it again."""
        return self.held is not None and self.held <= timedelta()

    @property
    def resting(self) -> bool:
        """Whether a refresh has failed, and is not tried again yet."""
        return self.owner == _NOBODY and not self.overdue

    @property
    def connected(self) -> bool:
        """Whether there are tokens."""
        return self.state == CONNECTED and self.tokens is not None


@dataclass(frozen=True, slots=True)
class NewTokens:
    """A sealed token set to be written."""

    sealed: str = field(repr=False)
    access_until: datetime
    at: datetime


_COLUMNS = [_row.c[name] for name in ConnectionRow.__slots__ if name != "held"]


class ConnectionRows:
    """Reads and writes the row. Every method raises StorageDown where the database does not do it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self) -> ConnectionRow | None:
        """The row; None where nothing was ever connected."""
        async with as_storage_down(), self._database.reading() as connection:
            return await self._read(connection)

    async def day_full_until(self, tenant_id: str, now: datetime, per_day: int) -> datetime | None:
        """Until when no call is left of the day's; None while there are some."""
        async with as_storage_down(), self._database.reading() as connection:
            return await day_full_until(connection, tenant_id, now, per_day)

    async def take(self, owner: str, generation: int, lease: timedelta) -> bool:
        """Begin a refresh of this generation. False where another does, or has done so."""
        free = or_(_row.c.owner.is_(None), _row.c.owned_until < self._database.moment())
        return await self._update(
            and_(_row.c.generation == generation, _row.c.state == CONNECTED, free),
            owner=owner,
            owned_until=self._database.moment(lease),
        )

    async def rest(self, owner: str, generation: int, rest: timedelta) -> None:
        """A refresh did not work, or nobody knows: it is done again, by anybody, after a rest."""
        await self._update(_held(owner, generation), owner=_NOBODY, owned_until=self._database.moment(rest))

    async def save(self, owner: str, generation: int, new: NewTokens) -> bool:
        """Write the tokens of a refresh. False, and no change, where another has taken the lease meanwhile.

        Of two refreshes with one token the later began after the earlier one's lease had run out: it is the one that
        counts, at Xero too.
        """
        return await self._update(
            _held(owner, generation),
            tokens=new.sealed,
            generation=generation + 1,
            access_until=new.access_until,
            refreshed_at=new.at,
            updated_at=new.at,
            owner=None,
            owned_until=None,
        )

    async def expire(self, generation: int, at: datetime) -> None:
        """Xero does not take this access token any more."""
        await self._update(_row.c.generation == generation, access_until=at)

    async def lose(self, generation: int, reason: str, at: datetime, owner: str | None = None) -> bool:
        """The connection is gone: forget the tokens and tell staff, in one. False where things have moved on.

        With `owner` only while that owner's lease stands.
        """
        where = _held(owner, generation) if owner else _row.c.generation == generation
        async with self._writing() as connection:
            before = await self._read(connection, lock=True)
            gone = {"state": LOST, "reason": reason, "tokens": None, "access_until": None, "updated_at": at}
            change = update(_row).where(where, _row.c.state == CONNECTED).values(**gone, owner=None, owned_until=None)
            if before is None or not (await connection.execute(change)).rowcount:
                return False
            await add_job(self._database, connection, lost(generation, before.tenant_name or "", reason))
            return True

    async def connect(self, tenant_id: str, name: str, scopes: str, new: NewTokens) -> bool:
        """Connect: write the tokens, wake the invoices that wait, tell staff where it had been lost.

        True where another organisation was connected before.
        """
        async with self._writing() as connection:
            before = await self._read(connection, lock=True)
            generation = before.generation + 1 if before else 1
            switched = before is not None and before.tenant_id != tenant_id
            values: dict[str, Any] = {
                **{"state": CONNECTED, "reason": None, "tenant_id": tenant_id, "tenant_name": name, "scopes": scopes},
                **{"tokens": new.sealed, "generation": generation, "access_until": new.access_until},
                **{"refreshed_at": new.at, "connected_at": new.at, "updated_at": new.at},
                **{"owner": None, "owned_until": None, "rest_until": None, "rest_reason": None},
            }
            if switched:
                values |= {"polled_at": None, "limit_told_at": None}
            insert = self._database.upsert(_row).values(id=1, **values)
            await connection.execute(insert.on_conflict_do_update(index_elements=["id"], set_=values))
            await self._wake_invoices(connection)
            if before is not None and before.state == LOST:
                await add_job(self._database, connection, connected_again(generation, name))
            return switched

    async def _wake_invoices(self, connection: AsyncConnection) -> None:
        """What waited for the connection is done now."""
        now = self._database.moment()
        waiting = and_(outbox.c.kind == "invoice", outbox.c.state == "waiting", outbox.c.due_at > now)
        await connection.execute(update(outbox).where(waiting).values(due_at=now, updated_at=now))

    async def _read(self, connection: AsyncConnection, *, lock: bool = False) -> ConnectionRow | None:
        asked = select(*_COLUMNS, _row.c.owned_until, self._database.moment().label("now"))
        row = (await connection.execute(asked.with_for_update() if lock else asked)).one_or_none()
        if row is None:
            return None
        found = dict(row._mapping)
        until, now = found.pop("owned_until"), found.pop("now")
        return ConnectionRow(**found, held=until - now if until else None)

    async def _update(self, where: Any, **values: Any) -> bool:
        async with self._writing() as connection:
            return bool((await connection.execute(update(_row).where(where).values(**values))).rowcount)

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[AsyncConnection]:
        async with as_storage_down(), self._database.writing() as connection:
            yield connection


def _held(owner: str, generation: int) -> Any:
    return and_(_row.c.generation == generation, _row.c.owner == owner)
