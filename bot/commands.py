"""What the commands do, apart from how they are typed and printed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from bot.app import build_program, open_store
from bot.clock import SystemClock
from bot.handoff import release_chat
from bot.identities import normalise
from bot.importing import ImportKind, ImportSummary, import_file
from bot.ports import ChatRow
from bot.schema import check_schema
from bot.settings import Settings, load_settings
from bot.storage.store import SqlStore
from bot.terminal import TerminalChat
from core.domain.sessions import Session
from core.errors import InvalidInput


async def import_data(kind: str, file: Path) -> ImportSummary:
    """Import a file. Raises InvalidInput or ImportProblems, having changed nothing."""
    try:
        wanted = ImportKind(kind)
    except ValueError:
        raise InvalidInput(f"cannot import {kind!r}; one of: {', '.join(ImportKind)}") from None
    settings = load_settings()
    async with _store(settings) as store:
        return await import_file(wanted, file, store, country=settings.country, currency=settings.currency)


async def chat_as(settings: Settings, sender: str, console: Console) -> None:
    """Chat as a sender until the input ends."""
    identity = normalise(sender)
    if not identity or "|" in identity:
        raise InvalidInput("--as must be a number such as +6591230001, or an id without '|'")
    async with _store(settings):
        pass
    program = build_program(settings)
    async with program.running():
        await TerminalChat(program, identity, console).run()


async def make_invite(outlet: str, uses: int, days: int) -> str:
    """An invite code for an outlet."""
    settings = load_settings()
    async with _store(settings) as store:
        if outlet not in (await store.reference()).directory.outlets:
            raise InvalidInput(f"there is no outlet {outlet!r}")
        until = SystemClock(settings.zone).now() + timedelta(days=days)
        return await store.add_invite(outlet, max_uses=uses, expires_at=until)


async def list_chats() -> list[tuple[ChatRow, Session]]:
    """The chats that moved last, with what stands in their sessions."""
    async with _store(load_settings()) as store:
        return [(row, Session.from_json(row.session)) for row in await store.chat_rows()]


async def release(chat_id: int) -> None:
    """Give a chat back to the desk."""
    async with _store(load_settings()) as store:
        if await release_chat(store, chat_id) is None:
            raise InvalidInput(f"there is no chat {chat_id}")


@asynccontextmanager
async def _store(settings: Settings) -> AsyncIterator[SqlStore]:
    """The database, checked and open for the length of a command."""
    store = open_store(settings)
    try:
        await check_schema(store.database)
        yield store
    finally:
        await store.close()
