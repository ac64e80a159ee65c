"""The passages' tables in LanceDB: one a generation, and a row that names the current one.

An ingest writes a whole new table with its text index beside the old one and then changes that one row, so every
reader has all of the old or all of the new. The row is changed only if it still is what the ingest began with, so two
ingests at once cannot mix. A table that a killed ingest left behind is named nowhere, and a later ingest drops it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from secrets import token_hex
from typing import TYPE_CHECKING

import numpy as np

from knowledge.errors import IndexUnusable
from knowledge.ports import Passage, Vectors
from knowledge.sentences import sentences_of

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
    """A passage as stored: with the fingerprint of its file and the vectors of its parts (see `embedded_texts`)."""

    passage: Passage
    fingerprint: str
    vectors: Vectors


def indexed_text(passage: Passage) -> str:
    """What the text index finds a passage by: heading path, question, words."""
    return "\n".join(part for part in (passage.section, passage.question, passage.text) if part)


def embedded_texts(passage: Passage) -> list[str]:
    """What its vectors are made of: the question of an FAQ row, and each sentence under its headings.

    A passage is as near to a question as the nearest of these; its sentences together blur what one of them says.
    """
    headings = f"{passage.section.replace(' > ', ': ')}: " if passage.section else ""
    sentences = [f"{headings}{sentence}" for sentence in sentences_of(passage.text)]
    return [passage.question, *sentences] if passage.question else sentences


class Store:
    """The tables at one place. Made by `open_store`."""

    def __init__(self, connection: "AsyncConnection", fixed: "AsyncConnection") -> None:
        """`connection` looks for changes with every read; `fixed` never, for tables that do not change."""
        self._connection = connection
        self._fixed = fixed
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
            return await self._fixed.open_table(generation)
        except (ValueError, RuntimeError, OSError) as error:
            raise IndexUnusable(f"the index has no table {generation}") from error

    async def rows(self, generation: str) -> list[Row]:
        """All that a generation holds, in the documents' order."""
        table = await (await self.table(generation)).query().to_arrow()
        return await asyncio.to_thread(_rows_of, table)

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
        self._fixed.close()  # type: ignore[no-untyped-call]

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

    given = dict(options) if options else None
    try:
        # Zero: every read looks whether another process has written.
        live = await lancedb.connect_async(uri, read_consistency_interval=timedelta(0), storage_options=given)
        return Store(live, await lancedb.connect_async(uri, storage_options=given))
    except (ValueError, RuntimeError, OSError) as error:
        raise IndexUnusable(f"the index cannot be opened: {error}") from error


def _table_of(rows: Sequence[Row], dimensions: int) -> "pa.Table":
    import pyarrow as pa

    found = [row.passage for row in rows]
    vectors = np.concatenate([row.vectors for row in rows]) if rows else np.zeros((0, dimensions), dtype=np.float32)
    ends = np.cumsum([0, *(len(row.vectors) for row in rows)])
    each = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel(), pa.float32()), dimensions)
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
            "vectors": pa.ListArray.from_arrays(pa.array(ends, pa.int32()), each),
        }
    )


def _rows_of(table: "pa.Table") -> list[Row]:
    table = table.sort_by("n").combine_chunks()
    columns = table.select(["id", "document", "section", "text", "page", "question"]).to_pylist()
    prints = table["fingerprint"].to_pylist()
    return [
        Row(Passage(**fields), mark, vectors)
        for fields, mark, vectors in zip(columns, prints, _vectors_of(table), strict=True)
    ]


def _vectors_of(table: "pa.Table") -> list[Vectors]:
    """The vectors of each row, without a copy."""
    if not len(table):
        return []
    column = table["vectors"].chunk(0)
    each = column.flatten()
    flat = each.flatten().to_numpy(zero_copy_only=False).reshape(len(each), -1)
    ends = column.offsets.to_numpy() - column.offsets[0].as_py()
    return [flat[start:end] for start, end in pairwise(ends.tolist())]
