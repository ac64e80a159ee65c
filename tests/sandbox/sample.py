"""The sample supplier on a fresh database, clocks that stand still, and customers who speak real HTTP."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from sqlalchemy import Table, select, update

from bot.app import PROGRAM, Overrides, Program, build_app
from bot.demo import SAMPLE
from bot.importing import ImportKind, import_file
from bot.settings import Settings, load_settings
from bot.storage.database import Database
from bot.storage.store import SqlStore
from bot.storage.tables import inbox, outbox
from tests.databases import PostgresServer

SINGAPORE = ZoneInfo("Asia/Singapore")
FILES = (ImportKind.ZONES, ImportKind.CATALOGUE, ImportKind.PRICES, ImportKind.OUTLETS)
PASIR_RIS = "+6591230001"


class StoppedClock:
    """A clock that stands still at a moment in Singapore, until it is set."""

    def __init__(self, at: str) -> None:
        self.at = datetime.fromisoformat(at).replace(tzinfo=SINGAPORE)

    def now(self) -> datetime:
        return self.at


class Customer:
    """One chat over POST /api/chatbot."""

    def __init__(self, session: aiohttp.ClientSession, url: str, sender: str, chat: str = "s") -> None:
        self.session = session
        self.url = url
        self.sender = sender
        self.chat = chat

    async def post(self, text: str, message_id: str | None = None) -> tuple[int, dict[str, Any], Any]:
        """Send a message once; the status, the body and the headers."""
        body = {"message": text, "user_id": self.sender, "session_id": self.chat}
        if message_id:
            body["message_id"] = message_id
        async with self.session.post(f"{self.url}/api/chatbot", json=body) as response:
            return response.status, await response.json(), response.headers

    async def say(self, text: str, message_id: str | None = None) -> dict[str, Any]:
        """Send a message and have its turn."""
        status, body, _ = await self.post(text, message_id)
        assert status == 200, body
        return body

    async def insist(self, text: str, message_id: str | None = None) -> dict[str, Any]:
        """Send a message with one id again and again until it is answered, whatever breaks meanwhile."""
        message_id = message_id or uuid4().hex
        while True:
            try:
                status, body, _ = await self.post(text, message_id)
            except (aiohttp.ClientError, OSError, TimeoutError):
                await asyncio.sleep(0.02)
                continue
            if status == 200:
                return body
            assert status == 503, body
            await asyncio.sleep(0.05)


class Shop:
    """A running desk of this process with its server: for looking inside while customers write."""

    def __init__(self, program: Program, url: str, session: aiohttp.ClientSession) -> None:
        self.program = program
        self.url = url
        self.session = session

    def customer(self, sender: str, chat: str = "s") -> Customer:
        return Customer(self.session, self.url, sender, chat)

    @property
    def store(self) -> SqlStore:
        assert isinstance(self.program.store, SqlStore)
        return self.program.store

    async def rows(self, table: Table) -> list[Any]:
        """Every row of a table, as it stands in the database."""
        return await rows_of(self.store.database, table)

    async def idle(self) -> bool:
        """Whether no message and no job waits, both at one moment: a job may leave a message and a turn leaves jobs."""
        async with self.store.database.snapshot() as connection:
            for table in (inbox, outbox):
                waiting = select(table.c.id).where(table.c.state == "waiting").limit(1)
                if (await connection.execute(waiting)).first() is not None:
                    return False
        return True

    async def health(self) -> tuple[int, dict[str, Any]]:
        async with self.session.get(f"{self.url}/health") as response:
            return response.status, await response.json()


def sample_settings(url: str, folder: Path, **more: Any) -> Settings:
    """Settings of a test's desk: no limit of requests, quick sweeps, and documents that a busy machine may read."""
    given = {"database_url": url, "data_dir": folder, "rate_limit_per_minute": 0, "sweep_seconds": 0.1}
    given["knowledge_timeout_seconds"] = 60
    return load_settings(_env_file=None, **{**given, **more})


@asynccontextmanager
async def open_shop(settings: Settings, overrides: Overrides) -> AsyncIterator[Shop]:
    """Serve on a free port until the block ends."""
    app = build_app(settings, overrides)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        yield Shop(app[PROGRAM], str(server.make_url("")).rstrip("/"), session)


async def until(condition: Callable[[], Any], seconds: float = 60.0) -> None:
    """Wait for an awaited condition to hold; fail when it never does."""
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.02)


async def rows_of(database: Database, table: Table) -> list[Any]:
    """Every row of a table."""
    async with database.reading() as connection:
        return list((await connection.execute(select(table))).all())


async def release_claims(url: str) -> None:
    """Let the claims of killed processes on outbox rows run out now, rather than in a minute."""
    database = Database.open(url)
    try:
        async with database.writing() as connection:
            await connection.execute(update(outbox).values(lease_owner=None, lease_until=None))
    finally:
        await database.close()


async def load_sample(url: str) -> None:
    """Import the sample supplier's files into a migrated database."""
    store = SqlStore(Database.open(url), zone=SINGAPORE)
    try:
        for kind in FILES:
            await import_file(kind, SAMPLE / f"{kind}.csv", store)
    finally:
        await store.close()


def _run(work: Any) -> None:
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(work)
    finally:
        loop.close()


@pytest.fixture(scope="session")
def sample_file(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the sample supplier, to copy."""
    path = tmp_path_factory.mktemp("sample") / "sample.db"
    shutil.copy(migrated_file, path)
    _run(load_sample(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def sample_template(postgres_server: PostgresServer) -> str:
    """The name of a PostgreSQL database with the sample supplier, to copy."""
    name = postgres_server.create(template="migrated")
    _run(load_sample(postgres_server.address(name)))
    return name


@pytest.fixture
def sample_postgres_url(postgres_server: PostgresServer, sample_template: str) -> Iterator[str]:
    """The URL of a fresh PostgreSQL database with the sample supplier."""
    name = postgres_server.create(template=sample_template)
    yield postgres_server.address(name)
    postgres_server.drop(name)


@pytest.fixture
def sample_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a fresh database with the sample supplier: SQLite, then PostgreSQL."""
    if database_kind == "sqlite":
        path = tmp_path / "sample.db"
        shutil.copy(request.getfixturevalue("sample_file"), path)
        return f"sqlite:///{path}"
    url: str = request.getfixturevalue("sample_postgres_url")
    return url
