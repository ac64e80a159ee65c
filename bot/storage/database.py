"""Opens the database that a URL names, SQLite or PostgreSQL, and hands out its connections."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import URL, ColumnElement, Connection, Interval, Table, cast, event, func, literal, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.storage import json
from bot.storage.types import Moment
from core.errors import InvalidInput

BUSY_SECONDS = 10.0

# SQLite's own settings, on every connection: readers never wait for the writer, a commit is on the disk
# before it returns, and whoever finds the file locked by another process waits.
PRAGMAS = (
    f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",
)


class Database:
    """Connections to one database. `sqlite` says which of the two kinds it is."""

    def __init__(self, url: URL, engine: AsyncEngine) -> None:
        self.url = url
        self.engine = engine
        self.sqlite = url.get_backend_name() == "sqlite"
        self._reader = engine.execution_options(begin="DEFERRED")
        self._snapshot = engine.execution_options(
            **({"begin": "DEFERRED"} if self.sqlite else {"isolation_level": "REPEATABLE READ"})
        )
        self._writer = engine.execution_options(begin="IMMEDIATE")
        # SQLite has one writer at a time, and its own waiting is by polling and unfair: in this process
        # writers queue here. Another process is waited for by the busy timeout.
        self.write_turn = asyncio.Lock()

    @classmethod
    def open(cls, url: str) -> "Database":
        """Make ready for `sqlite:///file` or `postgresql://...`. Connects at the first use."""
        parsed = parse_url(url)
        if parsed.get_backend_name() == "sqlite":
            return cls(parsed, _sqlite_engine(parsed))
        return cls(parsed, _postgres_engine(parsed))

    @property
    def path(self) -> Path:
        """The file of an SQLite database."""
        return Path(self.url.database or "")

    @property
    def dsn(self) -> str:
        """The address of a PostgreSQL database as asyncpg reads it; it may hold a password."""
        return self.url.set(drivername="postgresql").render_as_string(hide_password=False)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that only reads."""
        async with self._reader.connect() as connection, connection.begin():
            yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """A transaction whose reads all see the same moment."""
        async with self._snapshot.connect() as connection, connection.begin():
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that writes; committed at the end, rolled back when an exception leaves it."""
        async with self.write_turn if self.sqlite else nullcontext(), self._writer.begin() as connection:
            yield connection

    def moment(self, after: timedelta = timedelta()) -> ColumnElement[datetime]:
        """Now, or so much later, by the one clock that every process sees: PostgreSQL's own."""
        if self.sqlite:
            return literal(datetime.now(UTC) + after, Moment)
        return cast(func.now() + literal(after, Interval), Moment)

    def upsert(self, table: Table) -> "SqliteInsert | PostgresInsert":
        """An INSERT that takes ON CONFLICT clauses."""
        return sqlite.insert(table) if self.sqlite else postgresql.insert(table)

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


def parse_url(url: str) -> URL:
    """A database URL with its driver: what people write (`postgres://`, `sqlite:///`) is enough.

    Raises InvalidInput for another database; the message does not repeat the URL, which may hold a password.
    """
    if url.startswith("postgres://"):
        url = url.replace("postgres://", "postgresql://", 1)
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend == "sqlite" and parsed.database not in (None, "", ":memory:"):
        return parsed.set(drivername="sqlite+aiosqlite")
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+asyncpg")
    raise InvalidInput("DATABASE_URL must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE")


def _sqlite_engine(url: URL) -> AsyncEngine:
    """Two or more readers beside the writer; the transaction is begun by us, not by the driver."""
    Path(url.database or "").parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(
        url,
        connect_args={"timeout": BUSY_SECONDS, "isolation_level": None},
        hide_parameters=True,  # errors are logged, and parameters hold customers' words and numbers
        json_serializer=json.dumps,
        json_deserializer=json.loads,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get('begin', 'IMMEDIATE')}")

    return engine


def _postgres_engine(url: URL) -> AsyncEngine:
    """A small pool for the cold paths; the hot statements have connections of their own."""
    return create_async_engine(
        url,
        pool_size=4,
        max_overflow=4,
        pool_pre_ping=True,
        hide_parameters=True,
        json_serializer=json.dumps,
        json_deserializer=json.loads,
    )
