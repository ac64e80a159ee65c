"""A generation of passages in memory, as searches use it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from knowledge.ports import Passage, Vectors
from knowledge.store import Row, State

if TYPE_CHECKING:
    from lancedb import AsyncTable


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one version holds; nothing of it ever changes. `passages[n]` has the vector `vectors[n]`."""

    state: State
    table: "AsyncTable"
    passages: tuple[Passage, ...]
    vectors: Vectors


def snapshot_of(state: State, table: "AsyncTable", rows: Sequence[Row]) -> Snapshot:
    """A snapshot of a table's rows."""
    vectors = np.stack([row.vector for row in rows]) if rows else np.zeros((0, state.dimensions), dtype=np.float32)
    return Snapshot(state, table, tuple(row.passage for row in rows), vectors)
