"""Documents that nobody waits long for: where their place is out of reach, the desk goes on without them."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from knowledge.errors import IndexUnusable
from knowledge.ports import Documents, Passage

T = TypeVar("T")

PATIENCE_SECONDS = 5.0
# After a failure nobody tries again for so many times what it took, and at least for a second.
_REST = 3.0
_LEAST_REST_SECONDS = 1.0


class Patient:
    """Documents (`knowledge.ports.Documents`) that fail at once while their place is known to fail or to hang.

    What is still under way after `patience` seconds goes on by itself: a large index is there for a later question.
    """

    def __init__(
        self,
        documents: Documents,
        patience: float = PATIENCE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._documents = documents
        self._patience = patience
        self._clock = clock
        self._rests_until = float("-inf")
        self._late: set[asyncio.Task[object]] = set()

    async def version(self) -> str:
        """Names the state of the documents; "" before the first ingest. Raises IndexUnusable."""
        return await self._wait_for(self._documents.version)

    async def search(self, question: str, limit: int = 8) -> tuple[Passage, ...]:
        """The passages nearest to a question, best first. Raises IndexUnusable."""
        return await self._wait_for(lambda: self._documents.search(question, limit))

    async def passages(self) -> Sequence[Passage]:
        """All passages. Raises IndexUnusable."""
        return await self._wait_for(self._documents.passages)

    async def close(self) -> None:
        """Give up what is still under way."""
        for task in self._late:
            task.cancel()
        await asyncio.gather(*self._late, return_exceptions=True)

    async def _wait_for(self, call: Callable[[], Awaitable[T]]) -> T:
        began = self._clock()
        if began < self._rests_until:
            raise IndexUnusable("the documents' index has just failed and is not tried again yet")
        task = asyncio.ensure_future(call())
        try:
            await asyncio.wait({task}, timeout=self._patience)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if not task.done():
            self._late.add(task)
            task.add_done_callback(self._forget)
            self._rest(began)
            raise IndexUnusable(f"the documents' index did not answer within {self._patience:g} seconds")
        try:
            return task.result()
        except IndexUnusable:
            self._rest(began)
            raise

    def _rest(self, began: float) -> None:
        now = self._clock()
        self._rests_until = now + max(_LEAST_REST_SECONDS, _REST * (now - began))

    def _forget(self, task: asyncio.Task[object]) -> None:
        self._late.discard(task)
        if not task.cancelled():
            task.exception()  # nobody waits for it any more
