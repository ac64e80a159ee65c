"""What `resupply xero ...` does, apart from how it is typed and printed."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.clock import SystemClock
from bot.schema import check_schema
from bot.settings import InvalidSettings, Settings
from bot.storage.database import Database
from bot.xero.authorizing import Authorizing, Undecided, Wish
from bot.xero.callback import LocalCallback
from bot.xero.connection import XeroConnection, open_connection
from bot.xero.rows import ConnectionRow
from bot.xero.tokens import Organisation
from core.ports import Clock


@dataclass(frozen=True, slots=True)
class Talk:
    """How connecting speaks with the person: shows the address, tells of foreign answers, asks which organisation.

    `choose` raises Undecided where nobody is there to ask.
    """

    show: Callable[[str, str], None]
    warn: Callable[[str], None]
    choose: Callable[[Undecided], Organisation]


async def connect(settings: Settings, wish: Wish, seconds: float, talk: Talk) -> Organisation:
    """Connect through the browser. Raises NotAuthorized, having changed nothing."""
    async with _opened(settings) as (database, connection, clock):
        authorizing = Authorizing(settings, database, clock, connection)
        async with LocalCallback(authorizing, talk.warn).listening(settings.xero_redirect_port) as callback:
            talk.show(await authorizing.begin(callback.redirect_uri, wish), callback.redirect_uri)
            consent = await callback.consent(seconds)
        try:
            return await authorizing.settle(consent)
        except Undecided as undecided:
            if wish.tenant_id:
                raise
            return await authorizing.settle(consent, talk.choose(undecided).tenant_id)


async def status(settings: Settings) -> tuple[ConnectionRow | None, str]:
    """The connection as it is stored, and its state in words."""
    async with _opened(settings) as (_, connection, _):
        return await connection.row(), await connection.state()


async def disconnect(settings: Settings) -> None:
    """Disconnect here and at Xero. Raises NotConnected, or NotNow where Xero was not reached and only we forgot."""
    async with _opened(settings) as (_, connection, _):
        await connection.disconnect()


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[tuple[Database, XeroConnection, Clock]]:
    if settings.xero_client_id is None:
        raise InvalidSettings("XERO_CLIENT_ID is not set: make an app at https://developer.xero.com/app/manage")
    clock, database = SystemClock(settings.zone), Database.open(settings.database)
    try:
        await check_schema(database)
        connection = open_connection(settings, database, clock)
        try:
            yield database, connection, clock
        finally:
            await connection.close()
    finally:
        await database.close()
