"""Desks as real processes, to be killed and started again on the same database."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

REPOSITORY = Path(__file__).parents[2]
RESUPPLY = str(Path(sys.executable).with_name("resupply"))


class DeskProcess:
    """A desk in a process of its own; `start` after `kill` is the same desk again on the same port.

    `command` prints the address it listens on.
    """

    def __init__(self, command: list[str], database_url: str, folder: Path, **settings: str) -> None:
        self._command = command
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
        self._environment = {
            **kept,
            "DATABASE_URL": database_url,
            "RESUPPLY_DATA_DIR": str(folder),
            "RESUPPLY_PORT": "0",
            "RESUPPLY_RATE_LIMIT_PER_MINUTE": "0",
            "RESUPPLY_BURST_SECONDS": "0",
            "RESUPPLY_SWEEP_SECONDS": "0.1",
            "RESUPPLY_LEASE_SECONDS": "1",
            "RESUPPLY_LOG_LEVEL": "warning",
            "PYTHONUNBUFFERED": "1",
            **settings,
        }
        self._log = (folder / f"desk-{id(self)}.log").open("ab")
        self.process: subprocess.Popen[str] | None = None
        self.url = ""

    def start(self) -> None:
        """Start it, again on the port that it had."""
        self._launch()

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def terminate(self) -> None:
        """SIGTERM."""
        assert self.process is not None
        self.process.terminate()

    async def ended(self) -> int:
        """Wait for its end; the exit code."""
        assert self.process is not None
        return await asyncio.to_thread(self.process.wait, 60)

    @property
    def logged(self) -> str:
        """What it has logged."""
        return Path(self._log.name).read_text()

    def close(self) -> None:
        """End it, whatever it is doing."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self._close_pipes()
        self._log.close()

    def _launch(self) -> None:
        if self.process is not None:
            self._close_pipes()
        self.process = subprocess.Popen(
            self._command,
            cwd=REPOSITORY,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.search(r"http://[\d.]+:(\d+)", line):
                self.url, self._environment["RESUPPLY_PORT"] = found[0], found[1]
                return
        raise AssertionError(f"it printed no address and ended with {self.process.wait()}")

    def _close_pipes(self) -> None:
        assert self.process is not None
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


class ForkedDesk(DeskProcess):
    """A desk whose server is forked by a parent that has loaded the program: it is back within moments."""

    def __init__(self, database_url: str, folder: Path, *options: str, **settings: str) -> None:
        command = [sys.executable, "-m", "tests.sandbox.forking", *options]
        super().__init__(command, database_url, folder, **settings)
        self._pid = 0

    def start(self) -> None:
        if self.process is None:
            self._launch()
        self._ask("start")

    def revive(self) -> None:
        """Wait for its end, and start it."""
        self._ask("start")

    def ensure(self) -> None:
        """Start it where it has died by itself."""
        self._ask("ensure")

    def _ask(self, command: str) -> None:
        assert self.process is not None
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{command}\n")
        self.process.stdin.flush()
        self._pid = int(self.process.stdout.readline())

    def kill(self) -> None:
        os.kill(self._pid, signal.SIGKILL)

    def terminate(self) -> None:
        os.kill(self._pid, signal.SIGTERM)

    def close(self) -> None:
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()
            self.process.wait(timeout=30)
        super().close()


async def health(session: aiohttp.ClientSession, desk: DeskProcess, seconds: float = 60.0) -> dict[str, Any]:
    """What /health says, once the desk answers."""
    end = time.monotonic() + seconds
    while True:
        try:
            async with session.get(f"{desk.url}/health") as response:
                answer: dict[str, Any] = await response.json()
                return answer
        except (aiohttp.ClientError, OSError):
            assert time.monotonic() < end, "the desk does not answer"
            await asyncio.sleep(0.02)


class Desks:
    """Makes desks for a test and ends them after it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: list[DeskProcess] = []

    def serve(self, database_url: str, **settings: str) -> DeskProcess:
        """`resupply serve`, started."""
        return self._started(DeskProcess([RESUPPLY, "serve"], database_url, self._folder, **settings))

    def forked(self, database_url: str, *options: str, **settings: str) -> ForkedDesk:
        """A forked desk, started. `options` are those of tests.sandbox.forking."""
        desk = ForkedDesk(database_url, self._folder, *options, **settings)
        self._started(desk)
        return desk

    def close(self) -> None:
        for desk in self._made:
            desk.close()

    def _started(self, desk: DeskProcess) -> DeskProcess:
        self._made.append(desk)
        desk.start()
        return desk


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[Desks]:
    """Real desk processes on the test's database."""
    made = Desks(tmp_path)
    yield made
    made.close()
