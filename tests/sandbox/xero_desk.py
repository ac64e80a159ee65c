"""Desks that are connected to the stand-in for Xero, as the tests of the connection want them."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.fernet import Fernet
from sqlalchemy import Row, select, update

from bot.settings import Settings, load_settings
from bot.storage.database import Database
from bot.storage.tables import outbox, xero_connection
from bot.xero.connection import XeroConnection, open_connection
from bot.xero.tokens import Organisation, TokenSet
from tests.sandbox.sample import StoppedClock
from tests.sandbox.xero_server import CLIENT_ID, CLIENT_SECRET, XeroServer

SECRET_KEY = Fernet.generate_key().decode()
SCOPES = "offline_access accounting.invoices accounting.contacts accounting.settings.read"
NOON = "2026-11-23T12:00:00"


def xero_settings(xero: XeroServer, **given: Any) -> Settings:
    """The settings of a desk that knows the stand-in, and nothing else."""
    fields = {
        **{"xero_client_id": CLIENT_ID, "xero_client_secret": CLIENT_SECRET, "secret_key": SECRET_KEY},
        **{"xero_api_url": xero.api_url, "xero_token_url": xero.token_url},
        "xero_authorize_url": xero.authorize_url,
        **given,
    }
    return load_settings(_env_file=None, **fields)


class XeroDesk:
    """A clock, the stand-in that goes by it, and connections on one database, each as in a process of its own."""

    def __init__(self, database_url: str) -> None:
        self.clock = StoppedClock(NOON)
        self.xero = XeroServer(self.clock.now)
        self.url = database_url
        self.database = Database.open(database_url)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> "XeroDesk":
        self._stack.push_async_callback(self.database.close)
        await self._stack.enter_async_context(self.xero)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def open(self, **given: Any) -> XeroConnection:
        """Another process's connection."""
        database = Database.open(self.url)
        made = open_connection(xero_settings(self.xero, **given), database, self.clock)
        self._stack.push_async_callback(database.close)
        self._stack.push_async_callback(made.close)
        return made

    async def connected(self, **given: Any) -> XeroConnection:
        """A connection to the stand-in's organisation, made without the browser."""
        made = self.open(**given)
        await self.reconnect(made)
        return made

    async def reconnect(self, connection: XeroConnection) -> bool:
        """Connect (again) to the stand-in's organisation."""
        answer = self.xero.connect(scope=SCOPES)
        tokens = TokenSet(answer["access_token"], answer["refresh_token"], timedelta(seconds=answer["expires_in"]))
        organisation = self.xero.organisation
        return await connection.connect(tokens, Organisation(organisation.tenant_id, organisation.name), SCOPES)

    def later(self, **time: float) -> None:
        """Let time pass."""
        self.clock.at += timedelta(**time)

    async def row(self) -> Row[Any]:
        """The connection's row."""
        async with self.database.reading() as connection:
            return (await connection.execute(select(xero_connection))).one()

    async def change_row(self, **values: Any) -> None:
        """Change the row, as another process (or its death) would."""
        async with self.database.writing() as connection:
            await connection.execute(update(xero_connection).values(**values))

    async def let_lease_run_out(self) -> None:
        """What is held, or rests, is free."""
        await self.change_row(owned_until=datetime.now(UTC) - timedelta(seconds=1))

    async def jobs(self, kind: str) -> Sequence[Row[Any]]:
        """The jobs of a kind, oldest first."""
        async with self.database.reading() as connection:
            asked = select(outbox).where(outbox.c.kind == kind).order_by(outbox.c.id)
            return (await connection.execute(asked)).all()
