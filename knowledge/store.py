"""The passages' tables in LanceDB: one a generation, and a row that names the current one.

An ingest writes a whole new table with its text index beside the old one and then changes that one row, so every
reader has all of the old or all of the new. The row is changed only if it still is what the ingest began with, so two
ingests at once cannot mix. A table that a killed ingest left behind is named nowhere, and a later ingest drops it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import numpy as np

from knowledge.errors import IndexUnusable
from knowledge.ports import Passage, Vectors

if TYPE_CHECKING:
    import pyarrow as pa
    from lancedb import AsyncConnection, AsyncTable

# Part of a version's name: raised by one whenever the tables' columns or the indexed text change.
SCHEMA = 1
# A reader that is in the middle of a question goes on with the table it has for so long.
GRACE = timedelta(minutes=10)
_STATE = "state"
_PREFIX = "passages_"
_STAMP = "%Y%m%dT%H%M%S"


@dataclass(frozen=True, slots=True)
class State:
    """What is current. `generation` names the table, `version` what it holds; all empty before the first ingest."""

    generation: str = ""
    version: str = ""
    embedder: str = ""
    dimensions: int = 0
    documents: int = 0
    passages: int = 0
    ingested_at: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A passage as stored: with the fingerprint of its file and its vector."""

    passage: Passage
    fingerprint: str
    vector: "np.ndarray[Any, np.dtype[np.float32]]"


def indexed_text(passage: Passage) -> str:
    """What the index finds a passage by: heading path, question, words."""
    return "\n".join(part for part in (passage.section, passage.question, passage.text) if part)


class Store:
    """The tables at one place. Made by `open_store`."""

    def __init__(self, connection: "AsyncConnection") -> None:
        self._connection = connection
        self._state: AsyncTable | None = None

    async def marker(self) -> int:
        """A number that changes with every change of the state; 0 before the first. Costs a look at the folder."""
        table = await self._opened()
        return 0 if table is None else int(await table.version())

    async def state(self) -> State:
        """What is current, as any process wrote it last."""
        table = await self._opened()
        if table is None:
            return State()
        rows = await table.query().to_list()
        return State(**{field.name: rows[0][field.name] for field in fields(State)}) if rows else State()

    async def table(self, generation: str) -> "AsyncTable":
        """The table of a generation. Raises IndexUnusable when it has been dropped."""
        try:
            return await self._connection.open_table(generation)
        except (ValueError, RuntimeError, OSError) as error:
            raise IndexUnusable(f"the index has no table {generation}") from error

    async def rows(self, generation: str) -> list[Row]:
        """All that a generation holds, in the documents' order."""
        table = await (await self.table(generation)).query().to_arrow()
        return _rows_of(table)

    async def write(self, rows: Sequence[Row], now: datetime, dimensions: int) -> str:
        """Write a new generation with its text index; nobody reads it yet. Returns its name."""
        from lancedb.index import FTS

        name = f"{_PREFIX}{now.astimezone(UTC).strftime(_STAMP)}_{token_hex(4)}"
        data = await asyncio.to_thread(_table_of, rows, dimensions)
        table = await self._connection.create_table(name, data)
        await table.create_index("indexed", config=FTS(with_position=False, stem=True, remove_stop_words=True))
        return name

    async def switch(self, old: State, new: State) -> bool:
        """Make a state the current one; False, and nothing changed, where another ingest has been faster."""
        table = await self._opened() or await self._created()
        result = await table.update(updates=asdict(new), where=f"generation = '{old.generation}'")
        return int(result.rows_updated) == 1

    async def clean(self, now: datetime) -> list[str]:
        """Drop generations that are neither current nor so new that somebody may use them. Returns their names."""
        current = (await self.state()).generation
        oldest = _PREFIX + (now.astimezone(UTC) - GRACE).strftime(_STAMP)
        names = [n for n in (await self._connection.list_tables()).tables if n.startswith(_PREFIX)]
        gone = [name for name in names if name != current and name < oldest]
        for name in gone:
            await self._connection.drop_table(name, ignore_missing=True)
        if (table := await self._opened()) is not None:
            await table.optimize(cleanup_older_than=GRACE)
        return gone

    def close(self) -> None:
        """Let go of files and threads."""
        self._connection.close()  # type: ignore[no-untyped-call]

    def forget(self) -> None:
        """Open the state anew next time: the folder may be another one by now."""
        self._state = None

    async def _opened(self) -> "AsyncTable | None":
        if self._state is None:
            try:
                self._state = await self._connection.open_table(_STATE)
            except ValueError:
                return None
        return self._state

    async def _created(self) -> "AsyncTable":
        """The state's table with one row that says "nothing"; of two processes that make it one wins."""
        import pyarrow as pa

        data = pa.Table.from_pylist([asdict(State())])
        self._state = await self._connection.create_table(_STATE, data, exist_ok=True)
        return self._state


async def open_store(uri: str, options: Mapping[str, str] | None = None) -> Store:
    """Open the tables in a folder or at an object store's address (s3://bucket/path); they need not exist yet."""
    import lancedb

    try:
        # Every read looks whether another process has written.
        connection = await lancedb.connect_async(
            uri, read_consistency_interval=timedelta(0), storage_options=dict(options) if options else None
        )
    except (ValueError, RuntimeError, OSError) as error:
        raise IndexUnusable(f"the index cannot be opened: {error}") from error
    return Store(connection)


def _table_of(rows: Sequence[Row], dimensions: int) -> "pa.Table":
    import pyarrow as pa

    found = [row.passage for row in rows]
    vectors = np.stack([row.vector for row in rows]) if rows else np.zeros((0, dimensions), dtype=np.float32)
    return pa.table(
        {
            "n": pa.array(range(len(rows)), pa.int32()),
            "id": pa.array([p.id for p in found], pa.string()),
            "document": pa.array([p.document for p in found], pa.string()),
            "section": pa.array([p.section for p in found], pa.string()),
            "text": pa.array([p.text for p in found], pa.string()),
            "page": pa.array([p.page for p in found], pa.int32()),
            "question": pa.array([p.question for p in found], pa.string()),
            "fingerprint": pa.array([row.fingerprint for row in rows], pa.string()),
            "indexed": pa.array([indexed_text(p) for p in found], pa.string()),
            "vector": pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), dimensions),
        }
    )


def _rows_of(table: "pa.Table") -> list[Row]:
    table = table.sort_by("n")
    vectors = vectors_of(table)
    columns = table.select(["id", "document", "section", "text", "page", "question"]).to_pylist()
    prints = table["fingerprint"].to_pylist()
    return [Row(Passage(**columns[n]), prints[n], vectors[n]) for n in range(len(columns))]


def vectors_of(table: "pa.Table") -> Vectors:
    """The vectors of a table, one row each."""
    column = table["vector"].combine_chunks()
    flat = column.flatten().to_numpy(zero_copy_only=False)
    return np.asarray(flat, dtype=np.float32).reshape(len(column), -1)
