"""The supplier's documents, ready to be asked: the port `knowledge.ports.Index`, and ingesting."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Protocol, runtime_checkable

from knowledge import retrieval
from knowledge.errors import IndexUnusable
from knowledge.ingest import Ingest
from knowledge.ports import Embedder, Passage
from knowledge.reports import IngestReport, Progress
from knowledge.snapshot import Snapshot, snapshot_of
from knowledge.store import State, Store, open_store

_log = logging.getLogger(__name__)

# The state's row itself is read again after so long: a folder that was deleted and made anew counts its changes anew.
_LOOK_AGAIN_SECONDS = 1.0
_TRIES = 3


@runtime_checkable
class Closing(Protocol):
    """An embedder with something to close."""

    def close(self) -> None:
        """Close it."""
        ...


class Library:
    """The documents that were ingested last, whichever process did it. Safe for many questions at a time."""

    def __init__(self, store: Store, embedder: Embedder, now: Callable[[], datetime]) -> None:
        self._store = store
        self._embedder = embedder
        self._now = now
        self._marker = -1
        self._looked_at = 0.0
        self._state = State()
        self._snapshot: Snapshot | None = None
        self._loading = asyncio.Lock()

    async def version(self) -> str:
        """Names what the documents say now; "" before the first ingest."""
        return (await self.state()).version

    async def state(self) -> State:
        """What is current. The row is read only when its table has changed, else this is one look at the folder."""
        marker = await self._store.marker()
        if marker != self._marker or monotonic() - self._looked_at > _LOOK_AGAIN_SECONDS:
            self._state = await self._store.state()
            self._marker, self._looked_at = marker, monotonic()
        return self._state

    async def search(self, question: str, limit: int = 8) -> tuple[Passage, ...]:
        """The passages nearest to a question, best first. Raises IndexUnusable."""
        snapshot = await self._current()
        if snapshot is None:
            return ()
        try:
            return await retrieval.nearest(snapshot, self._embedder, question, limit)
        except (RuntimeError, OSError):
            self._forget()  # its table was dropped meanwhile
        snapshot = await self._current()
        return await retrieval.nearest(snapshot, self._embedder, question, limit) if snapshot is not None else ()

    async def warm(self) -> None:
        """Load what the first question would have to wait for."""
        await self.search("delivery")

    async def passages(self) -> tuple[Passage, ...]:
        """Every passage, in the documents' order."""
        snapshot = await self._current()
        return snapshot.passages if snapshot is not None else ()

    async def ingest(
        self, folder: Path, progress: Progress | None = None, *, allow_empty: bool = False
    ) -> IngestReport:
        """Make the library hold what a folder holds. Raises as `Ingest.run`."""
        return await Ingest(self._store, self._embedder, self._now, progress).run(folder, allow_empty=allow_empty)

    async def close(self) -> None:
        """Let go of the index, and of the embedder's connections where it has any."""
        self._store.close()
        if isinstance(self._embedder, Closing):
            self._embedder.close()

    async def _current(self) -> Snapshot | None:
        """The snapshot of what is current, None where nothing is known."""
        for _ in range(_TRIES):
            state = await self.state()
            if not state.passages:
                return None
            if self._snapshot is not None and self._snapshot.state == state:
                return self._snapshot
            try:
                return await self._loaded(state)
            except IndexUnusable as error:
                failure = error
                self._forget()  # it was replaced and dropped before it was loaded
        raise failure

    async def _loaded(self, state: State) -> Snapshot:
        async with self._loading:
            if self._snapshot is None or self._snapshot.state != state:
                table, rows = await self._store.table(state.generation), await self._store.rows(state.generation)
                self._snapshot = await asyncio.to_thread(snapshot_of, state, table, rows)
                if state.embedder != self._embedder.name:
                    _log.warning("the index was made with %s: searching by words until the next ingest", state.embedder)
            return self._snapshot

    def _forget(self) -> None:
        self._marker, self._snapshot = -1, None


def _utc_now() -> datetime:
    return datetime.now(UTC)


async def open_library(
    uri: str,
    embedder: Embedder,
    *,
    options: Mapping[str, str] | None = None,
    now: Callable[[], datetime] = _utc_now,
) -> Library:
    """Open the library in a folder or at an object store's address; it may be empty.

    `options` are the object store's (keys, region, endpoint), as LanceDB names them. Raises IndexUnusable.
    """
    return Library(await open_store(uri, options), embedder, now)
