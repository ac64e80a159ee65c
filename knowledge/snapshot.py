"""A generation of passages in memory, as searches use it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from knowledge.lexicon import Lexicon
from knowledge.ports import Passage, Vectors
from knowledge.rows import Row, indexed_text
from knowledge.store import State

if TYPE_CHECKING:
    from lancedb import AsyncTable


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one version holds; nothing of it ever changes.

    `vectors` are those of all passages one after the other; those of `passages[n]` begin at `starts[n]`.
    """

    state: State
    table: "AsyncTable"
    passages: tuple[Passage, ...]
    lexicon: Lexicon
    vectors: Vectors
    starts: NDArray[np.intp]

    def likeness(self, vector: Vectors) -> Vectors:
        """How near each passage is to a question's vector: the best cosine of its parts, 0 where it has none."""
        # Not `@`: that would set several threads to work on what one does in a tenth of a millisecond.
        nearest: Vectors = np.maximum.reduceat(np.vecdot(self.vectors, vector), self.starts)
        return np.maximum(nearest, 0.0, out=nearest)


def snapshot_of(state: State, table: "AsyncTable", rows: Sequence[Row]) -> Snapshot:
    """A snapshot of a table's rows, of which there is at least one."""
    passages = tuple(row.passage for row in rows)
    return Snapshot(
        state=state,
        table=table,
        passages=passages,
        lexicon=Lexicon([indexed_text(passage) for passage in passages]),
        vectors=np.concatenate([row.vectors for row in rows]),
        starts=np.cumsum([0, *(len(row.vectors) for row in rows[:-1])]),
    )
