"""A staff room on the Telegram sandbox and SQLite, with one customer's chat in it."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio
from telegram import Update

from bot.ports import ClaimedJob
from bot.settings import load_settings
from bot.staff_room import StaffRoom
from bot.storage.database import Database
from bot.storage.store import SqlStore
from bot.storage.tables import outbox
from channels.contract import Channel
from channels.telegram.bot import DeskBot, make_bot
from core.domain.messages import ChatRef
from core.domain.sessions import Handoff, Session
from tests.databases import SINGAPORE
from tests.integration.storage.builders import NOW, OUTLET, commit, message, opened, with_outlet
from tests.sandbox.sample import StoppedClock, rows_of
from tests.sandbox.telegram_server import Actor, Group, Shown, TelegramServer

GROUP = -1001000000001
CUSTOMER = ChatRef("whatsapp", "+6591230001")


class Scene:
    """The group with Ana and Ben in it, and the room that serves it."""

    def __init__(self, server: TelegramServer, bot: DeskBot, store: SqlStore, channels: dict[str, Channel]) -> None:
        self.server = server
        self.bot = bot
        self.store = store
        self.group: Group = server.group(GROUP, "Staff")
        self.ana: Actor = self.group.member(710_002, "Ana", last_name="Lim")
        self.ben: Actor = self.group.member(710_003, "Ben")
        self.stirred: list[ChatRef] = []
        self.room = self.build(channels)
        self._seen = 0

    def build(self, channels: dict[str, Channel] | None = None) -> StaffRoom:
        """Another process's room on the same group and database."""
        settings = load_settings(_env_file=None, staff_chat=GROUP)
        clock = StoppedClock("2026-11-23T10:15:00")
        return StaffRoom(
            self.bot, self.store, settings, clock, channels or {}, self.stirred.append, lambda: "resupply_test_bot"
        )

    async def chat(self, chat: ChatRef = CUSTOMER, **session: Any) -> int:
        """A customer's chat with a stored session; returns its id."""
        turn = await opened(self.store, message("hello", chat=chat))
        stored = Session(outlet=OUTLET.code, **session).to_json()
        await self.store.commit_turn(commit(turn, session=stored))
        return turn.chat_id

    async def announce(
        self, about: str, chat_id: int | None, *, key: str = "j1", attempts: int = 1, **more: Any
    ) -> Shown:
        """Announce a job; returns the newest message of the group."""
        payload = {"about": about, "chat": chat_id, "outlet": OUTLET.code, "author": "Mei <3 Tan", **more}
        await self.room.announce(ClaimedJob(1, "staff", key, "staff", payload, attempts))
        return self.group.last

    async def serve(self, *, again: bool = False) -> None:
        """Hand the updates made since the last time to the room; `again` those of before as well."""
        updates = self.server.updates.made
        for raw in updates if again else updates[self._seen :]:
            update = Update.de_json(raw, self.bot)
            if await self.room.handles(update):
                await self.room.handle(update)
        self._seen = len(updates)

    async def session(self, chat_id: int) -> Session:
        row = await self.store.chat(chat_id)
        assert row is not None
        return Session.from_json(row.session)

    async def sent_to_customers(self) -> list[str]:
        """The texts of the replies that are on their way to customers because of staff."""
        rows = await rows_of(self.store.database, outbox)
        return [row.payload["text"] for row in rows if row.kind == "reply" and "Noted." not in row.payload["text"]]


def waiting_since_ten() -> Handoff:
    return Handoff("asked for a person", NOW)


@pytest_asyncio.fixture
async def sqlite_store(migrated_file: Path, tmp_path: Path) -> AsyncIterator[SqlStore]:
    path = tmp_path / "room.db"
    shutil.copy(migrated_file, path)
    store = SqlStore(Database.open(f"sqlite:///{path}"), zone=SINGAPORE)
    await with_outlet(store)
    yield store
    await store.close()


@pytest_asyncio.fixture
async def scene(sqlite_store: SqlStore) -> AsyncIterator[Scene]:
    async with TelegramServer() as server:
        bot = make_bot(server.token, server.url)
        yield Scene(server, bot, sqlite_store, {})
        await bot.close_connections()
