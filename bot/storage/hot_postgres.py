"""The hot writes on PostgreSQL: each batch is one prepared statement on a connection of its own."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncpg

from bot.storage import hot_postgres_sql as sql
from bot.storage import json
from bot.storage.batches import GroupCommitter, Outcomes
from bot.storage.errors import StorageDown
from bot.storage.hot import (
    Accept,
    AcceptedRow,
    Commit,
    Open,
    Opening,
    Settle,
    body_of,
    commit_rows,
    verdict,
    waiting,
)
from core.domain.messages import ChatRef
from core.errors import AlreadyOrdered
from core.ports import Waiting

# Every statement here walks from a handful of input rows to rows by index: the plan is known beforehand,
# and on small or freshly filled tables the planner would otherwise scan or hash them whole. The nested
# loops also keep the order in which chats are locked.
_SESSION = {
    "application_name": "resupply hot",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_seqscan": "off",
    "plan_cache_mode": "force_generic_plan",
    "jit": "off",
    "synchronous_commit": "on",
    "timezone": "UTC",
}
_CONNECT_SECONDS = 10.0
_LOST = (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.AdminShutdownError, OSError)


class HotConnection:
    """One connection with its prepared statements; it reconnects, and repeats once what a break cut off."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None
        self._prepared: dict[str, Any] = {}

    async def fetch(self, statement: str, *arguments: Any) -> list[asyncpg.Record]:
        """Run a statement. Raises StorageDown when the database is away."""
        for attempt in (1, 2):
            prepared = await self._prepare(statement)
            try:
                rows: list[asyncpg.Record] = await prepared.fetch(*arguments)
                return rows
            except _LOST as error:
                if self._connection is not None and not self._connection.is_closed():
                    raise  # a fault of the statement or its arguments, not of the connection
                await self.close()
                if attempt == 2:
                    raise StorageDown(f"the database broke off: {error}") from error
        raise AssertionError("unreachable")

    async def close(self) -> None:
        """Drop the connection."""
        connection, self._connection = self._connection, None
        self._prepared.clear()
        if connection is not None:
            connection.terminate()

    async def _prepare(self, statement: str) -> Any:
        try:
            if self._connection is None or self._connection.is_closed():
                await self.close()
                self._connection = await asyncpg.connect(self._dsn, server_settings=_SESSION, timeout=_CONNECT_SECONDS)
            if statement not in self._prepared:
                self._prepared[statement] = await self._connection.prepare(statement)
        except (*_LOST, TimeoutError, asyncpg.CannotConnectNowError) as error:
            await self.close()
            raise StorageDown(f"the database is away: {error}") from error
        return self._prepared[statement]


class PostgresHot:
    """Accepts, openings and commits, each grouped on its own connection. Implements `hot.Hot`."""

    def __init__(self, dsn: str, lease: timedelta) -> None:
        self._lease = lease
        self._connections = [HotConnection(dsn) for _ in range(4)]
        self._accepts = GroupCommitter(self._write_accepts, Accept.claims)
        self._opens = GroupCommitter(self._write_opens, Open.claims)
        self._commits = GroupCommitter(self._write_commits, Commit.claims)
        self._settles = GroupCommitter(self._write_settles, Settle.claims)

    async def accept(self, item: Accept) -> AcceptedRow:
        """Commit an inbound message."""
        row = await self._accepts.submit(item)
        raced = None
        while row.inbox_id is None:
            # Another process committed the same provider id between our snapshot and our insert.
            raced = row.opening
            row = await self._accepts.submit(item)
        if raced is not None and raced.took and not row.opening.took:
            # It was answered meanwhile, but we hold the lease: hand it on, to be read again and given back.
            return replace(row, opening=replace(raced, current=False))
        return row

    async def open(self, item: Open) -> tuple[ChatRef, Opening] | None:
        """Lease a chat; None when it is leased elsewhere or has nothing waiting."""
        return await self._opens.submit(item)

    async def commit(self, item: Commit) -> None:
        """Write a turn. Raises what refused it."""
        try:
            await self._commits.submit(item)
        except asyncpg.UniqueViolationError as error:
            raise AlreadyOrdered(str(error)) from error

    async def settle(self, item: Settle) -> None:
        """Write what became of a job."""
        await self._settles.submit(item)

    async def close(self) -> None:
        """Finish what was submitted and disconnect."""
        groups = (self._accepts, self._opens, self._commits, self._settles)
        await asyncio.gather(*(group.close() for group in groups))
        for connection in self._connections:
            await connection.close()

    async def _write_accepts(self, items: Sequence[Accept]) -> Outcomes[AcceptedRow]:
        batch = encoded([item.row(position) for position, item in enumerate(items)])
        rows = await self._connections[0].fetch(sql.ACCEPT, batch, self._lease)
        return [_accepted(items[row[0]], row) for row in sorted(rows, key=_position)]

    async def _write_opens(self, items: Sequence[Open]) -> Outcomes[tuple[ChatRef, Opening] | None]:
        batch = encoded([item.row(position) for position, item in enumerate(items)])
        rows = await self._connections[1].fetch(sql.OPEN, batch, self._lease)
        opened = {row[0]: _opened(row) for row in rows}
        return [opened.get(position) for position in range(len(items))]

    async def _write_commits(self, items: Sequence[Commit]) -> Outcomes[None]:
        rows = commit_rows(items)
        arguments = [encoded(rows.turns), encoded(rows.replies), encoded(rows.jobs)]
        if not rows.plain:
            arguments += [encoded(part) for part in (rows.orders, rows.lines, rows.links, rows.invites)]
        statement = sql.COMMIT_PLAIN if rows.plain else sql.COMMIT
        verdicts = await self._connections[2].fetch(statement, *arguments)
        return [verdict(outcome, items[position].commit) for position, outcome in sorted(verdicts, key=_position)]

    async def _write_settles(self, items: Sequence[Settle]) -> Outcomes[None]:
        ordered = sorted(items, key=lambda item: item.job_id)
        batch = encoded([item.row(position) for position, item in enumerate(ordered)])
        await self._connections[3].fetch(sql.SETTLE, batch)
        return [None] * len(items)


def encoded(rows: list[dict[str, Any]]) -> str:
    """Rows as JSON for a statement, without the NUL that PostgreSQL's text refuses."""
    text = json.dumps(rows)
    return json.dumps(json.without_nul(json.loads(text))) if "\\u0000" in text else text


def _position(row: asyncpg.Record) -> int:
    return int(row[0])


def _accepted(item: Accept, row: asyncpg.Record) -> AcceptedRow:
    _, inbox_id, chat_id, known, body, took, current, fence, session, version, older = row
    chat = item.inbound.chat
    messages = waiting(chat, json.loads(older)) if older else ()
    if took and not known and inbox_id is not None:
        messages = (*messages, Waiting(inbox_id, item.inbound, 1))
    return AcceptedRow(
        inbox_id, chat_id, known, body_of(body), Opening(took, current, fence, session, messages, version)
    )


def _opened(row: asyncpg.Record) -> tuple[ChatRef, Opening]:
    _, channel, sender, session_id, current, fence, session, version, older = row
    chat = ChatRef(channel, sender, session_id)
    return chat, Opening(True, current, fence, session, waiting(chat, json.loads(older or "[]")), version)
