"""Group commit: while one batch is being written the next one gathers, so nobody waits for company."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence
from typing import Generic, TypeAlias, TypeVar

from bot.storage.errors import StorageDown

Item = TypeVar("Item")
Result = TypeVar("Result")

Outcomes: TypeAlias = Sequence[Result | Exception]


class GroupCommitter(Generic[Item, Result]):
    """Writes items in batches, in the order they came, and gives each caller its own outcome.

    `write` writes a batch in one transaction and returns for each item a result, or the error that refused
    it alone. When it raises, nothing of the batch was written, and the items are written one by one.
    `claims` names what an item touches: two items with a claim in common never share a batch.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Item]], Awaitable[Outcomes[Result]]],
        claims: Callable[[Item], Iterable[Hashable]],
        limit: int = 64,
    ) -> None:
        self._write = write
        self._claims = claims
        self._limit = limit
        self._queue: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._task: asyncio.Task[None] | None = None

    async def submit(self, item: Item) -> Result:
        """Write an item with the next batch. A caller that stops waiting does not take it back."""
        outcome: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._queue.append((item, outcome))
        if self._task is None:
            self._task = asyncio.create_task(self._drain())
        return await outcome

    async def close(self) -> None:
        """Wait until everything submitted has been written."""
        while self._task is not None:
            await asyncio.wait([self._task])

    async def _drain(self) -> None:
        try:
            while self._queue:
                batch = self._gather()
                for (_, waiting), outcome in zip(batch, await self._outcomes([item for item, _ in batch]), strict=True):
                    _settle(waiting, outcome)
        finally:
            self._task = None

    def _gather(self) -> list[tuple[Item, asyncio.Future[Result]]]:
        """The next batch; an item that clashes with an earlier one stays queued, and so do its followers."""
        taken: list[tuple[Item, asyncio.Future[Result]]] = []
        left: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        claimed: set[Hashable] = set()
        while self._queue and len(taken) < self._limit:
            entry = self._queue.popleft()
            claims = set(self._claims(entry[0]))
            (left if claims & claimed else taken).append(entry)
            claimed |= claims
        self._queue.extendleft(reversed(left))
        return taken

    async def _outcomes(self, items: Sequence[Item]) -> Outcomes[Result]:
        """What became of each item; an error that is not one item's own is tried again item by item."""
        try:
            return await self._write(items)
        except StorageDown as error:
            return [error] * len(items)
        except Exception as error:  # noqa: BLE001  handed to the callers
            if len(items) == 1:
                return [error]
        return [outcome for item in items for outcome in await self._outcomes([item])]


def _settle(waiting: "asyncio.Future[Result]", outcome: Result | Exception) -> None:
    """Give a caller its outcome, unless it has left."""
    if waiting.done():
        return
    if isinstance(outcome, Exception):
        waiting.set_exception(outcome)
    else:
        waiting.set_result(outcome)
