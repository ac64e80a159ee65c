"""The third level: a question in other words. Vectors find what was asked nearby, the guard decides."""

import asyncio
import base64
import binascii
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from redis.asyncio.client import Pipeline

from knowledge.cache.asked import Asked, AskedQuestions
from knowledge.cache.guard import KnownWords, same_answer
from knowledge.cache.reading import Clause, gist, read
from knowledge.errors import EmbedderUnusable
from knowledge.ports import Embedder

FLOOR = 0.55

_MOST_SCOPES = 64
_MOST_CANDIDATES = 24
_MOST_READ = 500
_MOST_WORDS = 60  # of a question; what is longer is asked once

Vector = NDArray[np.float32]


class AskedBefore:
    """The questions whose answers are stored, by scope, in this process; other replicas' come from Redis."""

    def __init__(
        self,
        embedder: Embedder,
        known: Callable[[], KnownWords],
        *,
        capacity: int,
        life: float,
        clock: Callable[[], float],
    ) -> None:
        self._embedder = embedder
        self._known = known
        self._capacity = capacity
        self._life = life
        self._clock = clock
        self._scopes: OrderedDict[str, AskedQuestions] = OrderedDict()
        self._read = lru_cache(maxsize=20_000)(read)

    async def vector(self, question: str) -> Vector | None:
        """The vector of what a question asks; None where it cannot be compared with others, or not now."""
        asked = gist(self._asks(question)) if question.count(" ") < _MOST_WORDS else ""
        if not asked:
            return None
        try:
            rows = await asyncio.to_thread(self._embedder.embed, [asked])
        except EmbedderUnusable:
            return None
        return np.asarray(rows[0], dtype=np.float32)

    def like(self, scope: str, question: str, vector: Vector) -> Iterator[str]:
        """Names of the answers to questions that ask the same, the nearest first."""
        asks, known = self._asks(question), self._known()
        for asked in self._of(scope).near(vector, FLOOR, _MOST_CANDIDATES, self._clock()):
            if same_answer(asks, self._asks(asked.question), known):
                yield asked.name

    def add(self, scope: str, asked: Asked) -> None:
        """Remember that a question was asked."""
        self._of(scope).add(asked)

    def discard(self, scope: str, name: str) -> None:
        """Forget a question whose answer is gone."""
        self._of(scope).discard(name)

    def clear(self) -> None:
        """Forget all."""
        self._scopes.clear()

    def read_list(self, pipe: Pipeline, prefix: str, scope: str) -> None:
        """Add the command that reads what the replicas asked since the last time."""
        pipe.xrange(_list_key(prefix, scope), self._of(scope).position, "+", _MOST_READ)

    def write_list(self, pipe: Pipeline, prefix: str, scope: str, asked: Asked) -> None:
        """Add the commands that tell the replicas of a question."""
        key = _list_key(prefix, scope)
        vector = base64.b64encode(asked.vector.astype(np.float16).tobytes())
        fields: dict[Any, Any] = {"n": asked.name, "q": asked.question, "e": asked.expires_at, "v": vector}
        pipe.xadd(key, fields, maxlen=self._capacity)
        pipe.expireat(key, int(self._clock() + self._life) + 1)

    def hear(self, scope: str, rows: Iterable[Any] | None) -> None:
        """Take in what `read_list` returned; rows that are not of our form are passed over."""
        here = self._of(scope)
        for row in rows or ():
            position, fields = row
            here.position = f"({position.decode()}"
            asked = self._asked(fields or {})
            if asked is not None and asked.name not in here:
                here.add(asked)

    def _asks(self, question: str) -> tuple[Clause, ...]:
        return self._read(question, self._known().names)

    def _asked(self, fields: dict[bytes, bytes]) -> Asked | None:
        try:
            vector = np.frombuffer(base64.b64decode(fields[b"v"], validate=True), dtype=np.float16)
            name, question, expires_at = fields[b"n"].decode(), fields[b"q"].decode(), float(fields[b"e"])
        except (KeyError, ValueError, binascii.Error):
            return None
        if len(vector) != self._embedder.dimensions or not np.all(np.isfinite(vector)):
            return None
        return Asked(name, question, vector.astype(np.float32), expires_at)

    def _of(self, scope: str) -> AskedQuestions:
        found = self._scopes.get(scope)
        if found is None:
            found = self._scopes[scope] = AskedQuestions(self._embedder.dimensions, self._capacity)
            while len(self._scopes) > _MOST_SCOPES:
                self._scopes.popitem(last=False)
        self._scopes.move_to_end(scope)
        return found


def _list_key(prefix: str, scope: str) -> str:
    return f"{prefix}asked:{scope}"
