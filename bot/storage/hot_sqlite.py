"""The hot writes on SQLite: one writer thread writes each batch as one transaction, so with one fsync."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.storage import hot_sqlite_sql as sql
from bot.storage import json
from bot.storage.batches import GroupCommitter, Outcomes
from bot.storage.database import BUSY_SECONDS, PRAGMAS
from bot.storage.errors import StorageDown
from bot.storage.hot import (
    Accept,
    AcceptedRow,
    Commit,
    CommitRows,
    Open,
    Opening,
    Row,
    Settle,
    body_of,
    commit_rows,
    verdict,
    waiting,
)
from bot.storage.types import moment_text
from core.domain.messages import ChatRef

Item = Accept | Open | Commit | Settle


class SqliteHot:
    """Accepts, openings and commits in common transactions, in that thread. Implements `hot.Hot`."""

    def __init__(self, path: Path, lease: timedelta, turn: asyncio.Lock) -> None:
        self._path = path
        self._lease = lease
        self._turn = turn
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
        self._connection: sqlite3.Connection | None = None
        self._group: GroupCommitter[Item, Any] = GroupCommitter(self._write, lambda item: item.claims())

    async def accept(self, item: Accept) -> AcceptedRow:
        """Commit an inbound message."""
        accepted: AcceptedRow = await self._group.submit(item)
        return accepted

    async def open(self, item: Open) -> tuple[ChatRef, Opening] | None:
        """Lease a chat; None when it is leased elsewhere or has nothing waiting."""
        opened: tuple[ChatRef, Opening] | None = await self._group.submit(item)
        return opened

    async def commit(self, item: Commit) -> None:
        """Write a turn. Raises what refused it."""
        await self._group.submit(item)

    async def settle(self, item: Settle) -> None:
        """Write what became of a job."""
        await self._group.submit(item)

    async def close(self) -> None:
        """Finish what was submitted and close the file."""
        await self._group.close()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._disconnect)
        self._thread.shutdown()

    async def _write(self, items: Sequence[Item]) -> Outcomes[Any]:
        async with self._turn:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._transact, items)

    # In the writer thread ------------------------------------------------------------------------------

    def _transact(self, items: Sequence[Item]) -> Outcomes[Any]:
        """One batch as one transaction; when anything raises, nothing of it stays."""
        connection = self._connected()
        now = datetime.now(UTC)
        batch = _Batch(connection, now, self._lease)
        outcomes: dict[int, Any] = {}
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                for kind, write in _WRITES:
                    places = [place for place, item in enumerate(items) if isinstance(item, kind)]
                    if places:
                        outcomes.update(zip(places, write(batch, [items[place] for place in places]), strict=True))
                connection.execute("COMMIT")
            except BaseException:
                connection.rollback()
                raise
        except sqlite3.OperationalError as error:
            raise StorageDown(f"the database file cannot be written: {error}") from error
        return [outcomes[place] for place in range(len(items))]

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            try:
                self._connection = sqlite3.connect(
                    self._path, timeout=BUSY_SECONDS, isolation_level=None, cached_statements=256
                )
                for pragma in PRAGMAS:
                    self._connection.execute(pragma)
            except sqlite3.OperationalError as error:
                self._disconnect()
                raise StorageDown(f"the database file cannot be opened: {error}") from error
        return self._connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


class _Batch:
    """A transaction in progress: runs a statement over JSON rows."""

    def __init__(self, connection: sqlite3.Connection, now: datetime, lease: timedelta) -> None:
        self.now = now
        self._connection = connection
        self._moments = {"now": moment_text(now), "until": moment_text(now + lease)}

    def run(self, statement: str, rows: Sequence[Row]) -> None:
        """Write rows; no call when there are none."""
        if rows:
            self._connection.execute(statement, {"rows": json.dumps(rows), **self._moments})

    def ask(self, statement: str, rows: Sequence[Row]) -> list[Any]:
        """Ask about rows: the answer is one JSON list."""
        if not rows:
            return []
        answer = self._connection.execute(statement, {"rows": json.dumps(rows), **self._moments}).fetchone()
        return list(json.loads(answer[0]))


def _accept(batch: _Batch, items: Sequence[Accept]) -> list[AcceptedRow]:
    rows = [item.row(position) for position, item in enumerate(items)]
    known = {found[0]: found for found in batch.ask(sql.KNOWN, rows)}
    live = []
    for row in rows:
        row["fresh"] = int(row["ord"] not in known)
        if row["fresh"] or (known[row["ord"]][3] == "waiting" and row["owner"]):
            live.append(row)
    fresh = [row for row in live if row["fresh"]]
    batch.run(sql.CHAT, live)
    batch.run(sql.LOGGED, fresh)
    batch.run(sql.RECEIVED, fresh)
    batch.run(sql.ATTEMPTED_BY_KEY, [row for row in live if row["owner"]])
    written = {found[0]: found for found in batch.ask(sql.ACCEPTED, live)}
    return [_accepted(item, known.get(position), written.get(position)) for position, item in enumerate(items)]


def _accepted(item: Accept, known: list[Any] | None, written: list[Any] | None) -> AcceptedRow:
    """One accepted message; one that was answered already is only `known`."""
    if written is None:
        assert known is not None
        return AcceptedRow(known[1], known[2], True, body_of(known[4]), Opening(False, True, 0, None, (), 0))
    _, inbox_id, chat_id, took, fence, session, version, messages = written
    opening = Opening(bool(took), True, fence, session, waiting(item.inbound.chat, messages or ()), version)
    return AcceptedRow(inbox_id, chat_id, known is not None, None, opening)


def _open(batch: _Batch, items: Sequence[Open]) -> list[tuple[ChatRef, Opening] | None]:
    rows = [item.row(position) for position, item in enumerate(items)]
    batch.run(sql.LEASED, rows)
    batch.run(sql.ATTEMPTED_BY_ID, rows)
    opened: dict[int, tuple[ChatRef, Opening]] = {}
    for position, channel, sender, session_id, fence, session, version, messages in batch.ask(sql.OPENED, rows):
        chat = ChatRef(channel, sender, session_id)
        opened[position] = chat, Opening(True, True, fence, session, waiting(chat, messages), version)
    return [opened.get(position) for position in range(len(items))]


def _commit(batch: _Batch, items: Sequence[Commit]) -> list[Exception | None]:
    rows = commit_rows(items)
    outcomes, last_seq = _judge(batch, rows)
    turns = {row["ord"]: row for row in rows.turns if row["ord"] in last_seq}

    def own(part: Sequence[Row]) -> list[Row]:
        """The rows of the turns that are written, with what they need of their turn."""
        return [
            {**row, **{name: turns[row["ord"]][name] for name in ("chat_id", "turn_id", "at")}}
            for row in part
            if row["ord"] in turns
        ]

    answered = [{**row, "inbox_id": inbox_id} for row in turns.values() for inbox_id in row["inbox_ids"]]
    for row in answered:
        if row["inbox_id"] != row["inbox_ids"][-1]:
            row["understood"] = None
    replies = own(rows.replies)
    for row in replies:
        row["seq"] = last_seq[row["ord"]] + row["place"]
    batch.run(sql.TURNS, list(turns.values()))
    batch.run(sql.ANSWERED, answered)
    batch.run(sql.READ, answered)
    batch.run(sql.REPLIED, replies)
    batch.run(sql.DRAFTED, [row for row in turns.values() if row["draft"] is not None])
    batch.run(sql.UNDRAFTED, [row for row in turns.values() if row["draft"] is None])
    batch.run(sql.JOBS, own(rows.jobs))
    orders, links, invites = own(rows.orders), own(rows.links), own(rows.invites)
    batch.run(sql.PLACED, orders)
    batch.run(sql.AMENDED, [row for row in orders if row["version"] > 1])
    batch.run(sql.LINES, own(rows.lines))
    batch.run(sql.LINKED, links)
    batch.run(sql.INVITED, invites)
    batch.run(sql.NEWS, [*links, *invites])
    return [verdict(outcomes[position], item.commit) for position, item in enumerate(items)]


def _judge(batch: _Batch, rows: CommitRows) -> tuple[dict[int, str], dict[int, int]]:
    """The outcome of every turn, and where the chat's log stands for those that may be written."""
    outcomes: dict[int, str] = {}
    last_seq: dict[int, int] = {}
    for position, seq, written in batch.ask(sql.HELD, rows.turns):
        # A turn that was written by a first try, whose answer was lost, is no loss of the lease.
        outcomes[position] = "done" if seq is not None or written else "lease_lost"
        if seq is not None:
            last_seq[position] = seq
    for row in rows.invites:
        row["at"] = rows.turns[row["ord"]]["at"]
    refused = batch.ask(sql.ORDERS_REFUSED, rows.orders) + batch.ask(sql.INVITES_REFUSED, rows.invites)
    for position, reason in refused:
        if position in last_seq:
            del last_seq[position]
            outcomes[position] = reason
    return outcomes, last_seq


def _settle(batch: _Batch, items: Sequence[Settle]) -> list[None]:
    rows = [item.row(position) for position, item in enumerate(items)]
    for row, item in zip(rows, items, strict=True):
        if item.delay is not None:
            row["due_at"] = moment_text(batch.now + timedelta(seconds=item.delay))
    batch.run(sql.SETTLE, rows)
    return [None] * len(items)


# A commit frees its chat, so the commits go first, and a waiting message can be opened right after.
_WRITES: tuple[tuple[type, Callable[[_Batch, Any], Sequence[Any]]], ...] = (
    (Commit, _commit),
    (Open, _open),
    (Accept, _accept),
    (Settle, _settle),
)
