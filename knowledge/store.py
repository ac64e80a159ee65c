"""The passages' tables in LanceDB: one a generation, and a row that names the current one.

An ingest writes a whole new table with its text index beside the old one and then changes that one row, so every
reader has all of the old or all of the new. The row is changed only if it still is what the ingest began with, so two
ingests at once cannot mix. A table that a killed ingest left behind is named nowhere, and a later ingest drops it.
"""

import asyncio
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from secrets import token_hex
from typing import TYPE_CHECKING

from knowledge.errors import IndexUnusable
from knowledge.rows import SCHEMA, Row, rows_of, table_of

if TYPE_CHECKING:
    from lancedb import AsyncConnection, AsyncTable

# A reader that is in the middle of a question may go on with the table it has for so long.
GRACE = timedelta(minutes=10)
# Another schema has tables of its own: a program that is being replaced goes on with those it knows.
_STATE = f"state_{SCHEMA}"
_PREFIX = f"passages_{SCHEMA}_"
_STAMP = "%Y%m%dT%H%M%S"
# What LanceDB raises where files are gone, damaged or out of reach.
_FAILURES = (RuntimeError, OSError, ValueError)
# What it says where another process committed first and the two changes do not go together.
_CONFLICT = re.compile(r"incompatible transaction|commit conflict|concurrent|too many", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class State:
    """What is current. `generation` names the table, `version` what it holds; all empty before the first ingest.

    `ingested_at` is ISO 8601 in UTC.
    """

    generation: str = ""
    version: str = ""
    embedder: str = ""
    dimensions: int = 0
    documents: int = 0
    passages: int = 0
    ingested_at: str = ""


class Store:
    """The tables at one place. Made by `open_store`. Its methods raise IndexUnusable where the place is the matter."""

    def __init__(self, connection: "AsyncConnection", fixed: "AsyncConnection") -> None:
        """`connection` looks for changes with every read; `fixed` never, for tables that do not change."""
        self._connection = connection
        self._fixed = fixed
        self._state: AsyncTable | None = None

    async def marker(self) -> int:
        """A number that changes with every change of the state; 0 before the first. Costs a look at the place."""
        with _failing("read"):
            table = await self._opened()
            if table is None:
                return 0
            try:
                return int(await table.version())
            except _FAILURES:
                self._state = None  # the folder was removed, and may be there again
                table = await self._opened()
                return 0 if table is None else int(await table.version())

    async def state(self) -> State:
        """What is current, as any process wrote it last."""
        with _failing("read"):
            self._state = None
            table = await self._opened()
            rows = [] if table is None else await table.query().to_list()
            if table is not None and not rows:
                raise OSError("its state has no row: files of zeros read so")
        return State(**{field.name: rows[0][field.name] for field in fields(State)}) if rows else State()

    async def table(self, generation: str) -> "AsyncTable":
        """The table of a generation, its text index in memory."""
        with _failing("read"):
            table = await self._fixed.open_table(generation)
            for index in await table.list_indices():
                await table.prewarm_index(index.name)
            return table

    async def rows(self, generation: str) -> list[Row]:
        """All that a generation holds, in the documents' order."""
        with _failing("read"):
            table = await self._fixed.open_table(generation)
            return await asyncio.to_thread(rows_of, await table.query().to_arrow())

    async def write(self, rows: Sequence[Row], now: datetime, dimensions: int) -> str:
        """Write a new generation with its text index; nobody reads it yet. Returns its name."""
        from lancedb.index import FTS

        name = f"{_PREFIX}{_stamp(now)}_{token_hex(4)}"
        data = await asyncio.to_thread(table_of, rows, dimensions)
        with _failing("written"):
            table = await self._connection.create_table(name, data if rows else None, schema=data.schema)
            if rows:
                await table.create_index("indexed", config=FTS(with_position=False, stem=True, remove_stop_words=True))
        return name

    async def switch(self, old: State, new: State) -> bool:
        """Make a state the current one; False, and nothing changed, where another ingest has been faster."""
        with _failing("written"):
            table = await self._opened() or await self._created()
            try:
                result = await table.update(updates=asdict(new), where=f"generation = '{old.generation}'")
            except RuntimeError as error:
                if _CONFLICT.search(str(error)):
                    return False
                raise
        return int(result.rows_updated) == 1

    async def clean(self, now: datetime) -> list[str]:
        """Drop the generations that nobody can be using any more. Returns their names.

        One is in use from when it was made until GRACE after the next one was: an ingest may be about to name it, a
        question may still be reading it.
        """
        current = (await self.state()).generation
        with _failing("written"):
            names = sorted(n for n in (await self._connection.list_tables()).tables if n.startswith(_PREFIX))
            oldest = _PREFIX + _stamp(now - GRACE)
            gone = [name for name, following in pairwise(names) if following < oldest and name != current]
            for name in gone:
                await self._connection.drop_table(name, ignore_missing=True)
            if (table := await self._opened()) is not None:
                await table.optimize(cleanup_older_than=GRACE)
        return gone

    def close(self) -> None:
        """Let go of files and threads."""
        self._connection.close()  # type: ignore[no-untyped-call]
        self._fixed.close()  # type: ignore[no-untyped-call]

    async def _opened(self) -> "AsyncTable | None":
        if self._state is None:
            try:
                self._state = await self._connection.open_table(_STATE)
            except ValueError as error:
                if "not found" not in str(error):
                    raise
                return None
        return self._state

    async def _created(self) -> "AsyncTable":
        """The state's table with one row that says "nothing". Of two processes that make it, one does."""
        import pyarrow as pa

        with suppress(*_FAILURES):
            await self._connection.create_table(_STATE, pa.Table.from_pylist([asdict(State())]), mode="create")
        self._state = await self._connection.open_table(_STATE)
        return self._state


async def open_store(uri: str, options: Mapping[str, str] | None = None) -> Store:
    """Open the tables in a folder or at an object store's address (s3://bucket/path); they need not exist yet."""
    import lancedb

    # It warns in each process that is forked from here; those only run another program.
    warnings.filterwarnings("ignore", "lancedb fork support", RuntimeWarning)
    given = dict(options) if options else None
    with _failing("opened"):
        # Zero: every read looks whether another process has written.
        live = await lancedb.connect_async(uri, read_consistency_interval=timedelta(0), storage_options=given)
        return Store(live, await lancedb.connect_async(uri, storage_options=given))


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime(_STAMP)


@contextmanager
def _failing(done: str) -> Iterator[None]:
    """What fails in here means that the index cannot be `done`."""
    try:
        yield
    except _FAILURES as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        reason = reason.partition(", /")[0]  # where the library's own source lies says nothing here
        raise IndexUnusable(f"the documents' index cannot be {done}: {reason}") from error
