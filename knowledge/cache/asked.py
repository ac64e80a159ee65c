"""The questions that were asked in a scope, and which of them are near to a new one."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_GROWTH = 64


@dataclass(frozen=True, slots=True)
class Asked:
    """A question whose answer is stored under `name` until `expires_at`; `vector` is of unit length."""

    name: str
    question: str
    vector: NDArray[np.float32]
    expires_at: float


class AskedQuestions:
    """The last `capacity` questions of one scope. `position` is how far the replicas' common list was read."""

    def __init__(self, dimensions: int, capacity: int) -> None:
        self._capacity = capacity
        self._matrix = np.zeros((min(_GROWTH, capacity), dimensions), dtype=np.float32)
        self._rows: list[Asked | None] = []
        self._row_of: dict[str, int] = {}
        self._next = 0
        self.position = "-"

    def __len__(self) -> int:
        return len(self._row_of)

    def __contains__(self, name: str) -> bool:
        return name in self._row_of

    def add(self, asked: Asked) -> None:
        """Add a question, in the oldest one's place where it is full; the same question again takes its own place."""
        row = self._row_of.get(asked.name)
        if row is None:
            row, self._next = self._next, (self._next + 1) % self._capacity
            self._make_room(row)
            old = self._rows[row]
            if old is not None:
                del self._row_of[old.name]
        self._rows[row] = asked
        self._row_of[asked.name] = row
        self._matrix[row] = asked.vector

    def discard(self, name: str) -> None:
        """Take out a question whose answer is gone."""
        row = self._row_of.pop(name, None)
        if row is not None:
            self._rows[row] = None
            self._matrix[row] = 0.0

    def near(self, vector: NDArray[np.float32], floor: float, most: int, now: float) -> Iterator[Asked]:
        """The living questions with at least this cosine, nearest first."""
        if not self._rows:
            return
        cosines = self._matrix[: len(self._rows)] @ vector
        rows = np.flatnonzero(cosines >= floor)
        for row in rows[np.argsort(-cosines[rows])][:most]:
            asked = self._rows[int(row)]
            if asked is not None and asked.expires_at > now:
                yield asked

    def _make_room(self, row: int) -> None:
        if row == len(self._rows):
            self._rows.append(None)
        if row >= len(self._matrix):
            more = min(len(self._matrix) * 2, self._capacity) - len(self._matrix)
            self._matrix = np.vstack([self._matrix, np.zeros((more, self._matrix.shape[1]), dtype=np.float32)])
