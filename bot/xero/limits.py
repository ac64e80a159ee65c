"""Xero's limits, kept by all processes together: 60 calls a minute, 5 at once and some thousands a day, a tenant.

Every call is a row from before it leaves until a day later. A call counts within a minute from when it ended, for
only then is it certain that Xero has counted it; one whose process died is over when its lease is.
"""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

import structlog
from sqlalchemy import ColumnElement, and_, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.database import Database
from bot.storage.jobs import add_job
from bot.storage.tables import xero_calls, xero_connection
from bot.xero.errors import XeroLimited
from bot.xero.notices import day_limit_reached
from core.ports import Clock

log = structlog.get_logger(__name__)

_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)
_WHOLE_DAY = "day"  # as Xero's header X-Rate-Limit-Problem has it
_TOLD_FOR = timedelta(hours=12)
_AT_ONCE_SECONDS = 1.0
_LONGEST_SECONDS = 900.0  # looked at again by then: a limit may have been raised, or the connection changed


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a tenant may be asked: calls a minute, at once and a day, over rolling windows."""

    per_minute: int = 60
    at_once: int = 5
    per_day: int = 1_000


class CallCounter:
    """Lets calls through as long as the limits allow. `lease` is how long a call may take at most."""

    def __init__(self, database: Database, clock: Clock, limits: Limits, lease: timedelta) -> None:
        self._database = database
        self._clock = clock
        self._limits = limits
        self._lease = lease
        self._full_until: dict[str, datetime] = {}  # a minute that is full frees nothing before; no need to ask

    @asynccontextmanager
    async def counted(self, tenant_id: str) -> AsyncIterator[None]:
        """A call is under way within this. Raises XeroLimited, and then none may be."""
        call_id = await self._begin(tenant_id)
        try:
            yield
        finally:
            await self._end(call_id)

    async def rest(self, problem: str, seconds: float) -> None:
        """Xero itself said no (429): nobody calls for so long, or longer where it said so before."""
        until = self._clock.now() + timedelta(seconds=seconds)
        longer = or_(xero_connection.c.rest_until.is_(None), xero_connection.c.rest_until < until)
        async with self._database.writing() as connection:
            change = update(xero_connection).where(longer).values(rest_until=until, rest_reason=problem)
            await connection.execute(change)
            if problem == _WHOLE_DAY:
                await self._tell(connection, until)

    async def _begin(self, tenant_id: str) -> str:
        call_id, now = uuid4().hex, self._clock.now()
        if (full := self._full_until.get(tenant_id, now)) > now:
            raise XeroLimited("minute", _seconds(full - now))
        try:
            await self._count_in(call_id, tenant_id, now)
        except XeroLimited as limited:
            if limited.problem == _WHOLE_DAY:
                await self._told(tenant_id, now)
            raise
        return call_id

    async def _count_in(self, call_id: str, tenant_id: str, now: datetime) -> None:
        async with self._database.writing() as connection:
            await self._alone(connection, tenant_id)
            await connection.execute(delete(xero_calls).where(xero_calls.c.began_at <= now - _DAY))
            await self._check(connection, tenant_id, now)
            row = {"id": call_id, "tenant_id": tenant_id, "began_at": now, "until": now + self._lease}
            await connection.execute(insert(xero_calls).values(**row))

    async def _told(self, tenant_id: str, now: datetime) -> None:
        """Tell the staff that the day's calls are used up, where nobody has yet."""
        async with self._database.writing() as connection:
            until = await day_full_until(connection, tenant_id, now, self._limits.per_day)
            if until is not None:
                await self._tell(connection, until)

    async def _tell(self, connection: AsyncConnection, until: datetime) -> None:
        """Once for all processes. As calls of a day ago run out one by one it is full again and again: no news."""
        now, told_at = self._clock.now(), xero_connection.c.limit_told_at
        news = update(xero_connection).where(or_(told_at.is_(None), told_at <= now - _TOLD_FOR))
        found = await connection.execute(news.values(limit_told_at=now).returning(xero_connection.c.tenant_name))
        for (name,) in found.all():
            job = day_limit_reached(now, name or "", f"{until.astimezone(now.tzinfo):%H:%M}")
            await add_job(self._database, connection, job)

    async def _end(self, call_id: str) -> None:
        """Note the end. What the call brought counts more than a note that cannot be written."""
        ended = update(xero_calls).where(xero_calls.c.id == call_id).values(until=self._clock.now())
        try:
            async with self._database.writing() as connection:
                await connection.execute(ended)
        except Exception as error:  # noqa: BLE001  the lease runs out by itself
            log.warning("xero_call_end_not_noted", error=type(error).__name__)

    async def _alone(self, connection: AsyncConnection, tenant_id: str) -> None:
        """One process counts at a time. On SQLite the writing transaction is alone anyway."""
        if not self._database.sqlite:
            key = int.from_bytes(hashlib.sha256(f"xero:{tenant_id}".encode()).digest()[:8], signed=True)
            await connection.execute(select(func.pg_advisory_xact_lock(key)))

    async def _check(self, connection: AsyncConnection, tenant_id: str, now: datetime) -> None:
        """Raises XeroLimited where one more call would be one too many."""
        rest = (await connection.execute(select(xero_connection.c.rest_until, xero_connection.c.rest_reason))).first()
        if rest is not None and rest.rest_until is not None and rest.rest_until > now:
            raise XeroLimited(rest.rest_reason or "unknown", _seconds(rest.rest_until - now))
        calls, limits = xero_calls.c, self._limits
        if await _count(connection, tenant_id, calls.until > now) >= limits.at_once:
            raise XeroLimited("concurrent", _AT_ONCE_SECONDS)
        minute, day = calls.until > now - _MINUTE, calls.began_at > now - _DAY
        if await _count(connection, tenant_id, minute) >= limits.per_minute:
            first = await _first_out(connection, tenant_id, minute, calls.until, limits.per_minute)
            self._full_until[tenant_id] = first + _MINUTE
            raise XeroLimited("minute", _seconds(first + _MINUTE - now))
        if await _count(connection, tenant_id, day) >= limits.per_day:
            first = await _first_out(connection, tenant_id, day, calls.began_at, limits.per_day)
            raise XeroLimited(_WHOLE_DAY, _seconds(first + _DAY - now))


async def day_full_until(connection: AsyncConnection, tenant_id: str, now: datetime, per_day: int) -> datetime | None:
    """Until when no call is left of the day's, by Xero's word or our own count; None while there are some."""
    resting = select(xero_connection.c.rest_until).where(xero_connection.c.rest_reason == _WHOLE_DAY)
    rest: datetime | None = (await connection.execute(resting)).scalar_one_or_none()
    if rest is not None and rest > now:
        return rest
    day = xero_calls.c.began_at > now - _DAY
    if await _count(connection, tenant_id, day) < per_day:
        return None
    return await _first_out(connection, tenant_id, day, xero_calls.c.began_at, per_day) + _DAY


async def _count(connection: AsyncConnection, tenant_id: str, which: ColumnElement[bool]) -> int:
    asked = select(func.count()).select_from(xero_calls).where(and_(xero_calls.c.tenant_id == tenant_id, which))
    return int((await connection.execute(asked)).scalar_one())


async def _first_out(
    connection: AsyncConnection,
    tenant_id: str,
    which: ColumnElement[bool],
    moment: ColumnElement[datetime],
    limit: int,
) -> datetime:
    """When the call began or ended whose leaving the window makes room for one more."""
    asked = select(moment).where(xero_calls.c.tenant_id == tenant_id, which).order_by(moment.desc())
    found: datetime = (await connection.execute(asked.offset(limit - 1).limit(1))).scalar_one()
    return found


def _seconds(left: timedelta) -> float:
    return min(max(left.total_seconds(), 0.1), _LONGEST_SECONDS)
