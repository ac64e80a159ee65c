"""Keeping and giving back the lease of a chat, beside the turn that holds it."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from bot.ports import DeskStore
from core.ports import OpenTurn

log = structlog.get_logger(__name__)


class Renewal:
    """Extends a lease while its turn runs long. Costs one timer, not a task, for a turn that is quick."""

    def __init__(self, desk_store: DeskStore, turn: OpenTurn, every: float) -> None:
        self._store = desk_store
        self._turn = turn
        self._every = every
        self._task: asyncio.Task[None] | None = None
        self._timer = asyncio.get_running_loop().call_later(every, self._begin)

    def _begin(self) -> None:
        self._task = asyncio.create_task(quietly(self._renew()))

    async def _renew(self) -> None:
        while True:
            await self._store.renew(self._turn)
            await asyncio.sleep(self._every)

    def stop(self) -> None:
        """The turn is over."""
        self._timer.cancel()
        if self._task is not None:
            self._task.cancel()


async def quietly(work: Coroutine[Any, Any, None]) -> None:
    """Do side work whose failure the lease's fence makes harmless; say so in the log."""
    try:
        await work
    except Exception as error:  # noqa: BLE001  the commit is fenced: nothing wrong can be written
        log.warning("lease_side_work_failed", error=type(error).__name__)
