"""Accepting messages, opening turns and committing them: the store's hot path, for either database."""

from typing import Any

import structlog
from sqlalchemy import update

from bot.storage.hot import Accept, Commit, Open, Opening, new_turn_id, open_turn
from bot.storage.hot_postgres import PostgresHot
from bot.storage.hot_sqlite import SqliteHot
from bot.storage.part import Part
from bot.storage.tables import chats
from bot.traces import without_words
from core.domain.messages import ChatRef, Inbound
from core.errors import LeaseLost
from core.ports import Accepted, OpenTurn, TurnCommit

log = structlog.get_logger(__name__)


class Turns(Part):
    """A turn's writes. Each of `accept`, `open_turn` and `commit_turn` is one round trip."""

    def _connect_hot(self) -> None:
        """Make the hot writer; it connects at its first use."""
        database, lease = self.database, self.lease
        self._hot = (
            SqliteHot(database.path, lease, database.write_turn)
            if database.sqlite
            else PostgresHot(database.dsn, lease)
        )

    async def accept(self, inbound: Inbound, *, open_as: str | None = None) -> Accepted:
        """Commit an inbound message. With `open_as` (a lease owner) also try to open a turn on its chat.

        A message accepted before is a duplicate: it comes with its stored answer, or while it waits for one
        with a turn when `open_as` could get it.
        """
        item = Accept(inbound, open_as, new_turn_id() if open_as else None)
        row = await self._hot.accept(item)
        assert row.inbox_id is not None
        assert row.chat_id is not None
        turn = None
        if row.opening.took and item.owner and item.turn_id:
            opening = Open(row.chat_id, item.owner, item.turn_id)
            turn = await self._opened(opening, inbound.chat, row.opening)
        return Accepted(row.inbox_id, row.chat_id, row.known, turn, row.body)

    async def open_turn(self, chat_id: int, owner: str) -> OpenTurn | None:
        """Lease a chat that has waiting messages; None when it is leased elsewhere or has none."""
        item = Open(chat_id, owner, new_turn_id())
        opened = await self._hot.open(item)
        return None if opened is None else await self._opened(item, *opened)

    async def commit_turn(self, commit: TurnCommit) -> None:
        """Write a turn and release its lease.

        Raises LeaseLost, AlreadyOrdered, OrderChanged or InviteSpent, having written nothing.
        """
        await self._hot.commit(Commit(commit))
        if commit.parked is not None:
            raised, trace = without_words(commit.parked)
            turn = commit.turn
            log.error("message_parked", chat_id=turn.chat_id, turn_id=turn.turn_id, error=raised, trace=trace)
        if commit.links or commit.invites_used:
            self._forget_version()

    async def renew(self, turn: OpenTurn) -> None:
        """Extend the lease of a turn. Raises LeaseLost."""
        if not await self._write_lease(turn, keep=True):
            raise LeaseLost(f"turn {turn.turn_id} no longer holds its chat")

    async def release(self, turn: OpenTurn) -> None:
        """Give up a lease without a commit; its messages keep waiting. Harmless when it is lost already."""
        await self._write_lease(turn, keep=False)

    async def _opened(self, item: Open, chat: ChatRef, opening: Opening) -> OpenTurn | None:
        """The turn of a lease just taken, read again while the chat moved between snapshot and lock."""
        while not opening.current:
            again = await self._hot.open(item)
            if again is None:
                return None
            opening = again[1]
        self._saw_version(opening.reference_version)
        turn = open_turn(item.turn_id, item.chat_id, chat, item.owner, opening)
        if turn.messages:
            return turn
        await self.release(turn)
        return None

    async def _write_lease(self, turn: OpenTurn, *, keep: bool) -> bool:
        """Prolong or end a lease; whether the turn held it."""
        held = (chats.c.id == turn.chat_id) & (chats.c.lease_owner == turn.owner) & (chats.c.fence == turn.fence)
        values: dict[str, Any] = {"lease_until": self.database.moment(self.lease)}
        if not keep:
            values = {"lease_owner": None, "lease_turn": None, "lease_until": None}
        change = update(chats).where(held).values(revision=chats.c.revision + 1, **values)
        async with self.database.writing() as connection:
            return (await connection.execute(change)).rowcount == 1
