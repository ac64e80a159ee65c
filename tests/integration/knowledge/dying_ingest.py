"""`python -m tests.integration.knowledge.dying_ingest URI FOLDER STEP`: an ingest that kills its process at a step.

The steps: "reading" (as the first file is), "mid-write" (a moment after that began), "written" (the table and
its index are there, nothing names them), "switched" (they are current, nothing is cleaned up).
"""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import lancedb

from knowledge.library import Library
from knowledge.reports import Step
from knowledge.rows import Row
from knowledge.store import State, Store
from tests.integration.knowledge.parts import WORDLLAMA

STEPS = ("reading", "mid-write", "written", "switched")


def die() -> None:
    """As a power cut would have it."""
    os.kill(os.getpid(), signal.SIGKILL)


class DyingStore(Store):
    """Dies once it has done what the step names."""

    step = ""

    async def write(self, rows: Sequence[Row], now: datetime, dimensions: int) -> str:
        if self.step == "mid-write":
            threading.Timer(0.005, die).start()
        name = await super().write(rows, now, dimensions)
        if self.step == "written":
            die()
        return name

    async def switch(self, old: State, new: State) -> bool:
        switched = await super().switch(old, new)
        if self.step == "switched":
            die()
        return switched


async def main(uri: str, folder: str, step: str) -> None:
    """Ingest until death."""
    store = DyingStore(await lancedb.connect_async(uri), await lancedb.connect_async(uri))
    store.step = step

    def watch(told: Step) -> None:
        if told.stage.value == step:
            die()

    library = Library(store, WORDLLAMA, lambda: datetime.now(UTC))
    await library.ingest(Path(folder), watch)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
