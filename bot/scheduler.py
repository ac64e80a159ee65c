"""The clock that ticks: APScheduler calls each minute, and rows in the database decide what is due.

Nothing of it is stored, and every process has its own: a job store must not be shared (APScheduler's manual, "Can I
share one job store among one or more process?": not with 3.x), and a tick that comes twice finds the same rows.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from time import monotonic

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

log = structlog.get_logger(__name__)

_GRACE_SECONDS = 60  # a tick that comes so late is still made; of several that are late, one
_LATE_SECONDS = 180.0
_FINISH_SECONDS = 20.0


class Scheduler:
    """Does one piece of work every minute, at once at the start, and never twice at a time."""

    def __init__(self, work: Callable[[], Awaitable[None]] | None) -> None:
        self._work = work
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._busy = asyncio.Lock()
        self._stopping = False
        self._ticked = 0.0

    @property
    def state(self) -> str:
        """For /health: "off", "running", or "degraded" with how long no tick went well."""
        if self._work is None or not self._scheduler.running:
            return "off"
        late = monotonic() - self._ticked
        return "running" if late < _LATE_SECONDS else f"degraded: no tick went well for {int(late // 60)} min"

    def start(self) -> None:
        """Begin to tick, where there is work to do. In a running event loop."""
        if self._work is None:
            return
        self._ticked = monotonic()
        self._scheduler.add_job(
            self._tick,
            "interval",
            minutes=1,
            next_run_time=datetime.now(UTC),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=_GRACE_SECONDS,
        )
        self._scheduler.start()

    async def stop(self) -> None:
        """Tick no more; a tick in progress is finished."""
        if not self._scheduler.running:
            return
        self._stopping = True
        self._scheduler.pause()
        await asyncio.sleep(0)  # a tick that was called and has not begun yet begins, and sees that it is not wanted
        try:
            async with asyncio.timeout(_FINISH_SECONDS), self._busy:
                self._scheduler.shutdown(wait=False)
        except TimeoutError:
            self._scheduler.shutdown(wait=False)  # which cancels it: what it began is made up by a later one

    async def _tick(self) -> None:
        assert self._work is not None
        if self._stopping:
            return
        async with self._busy:
            try:
                await self._work()
            except Exception as error:  # noqa: BLE001  the database may be away; the next tick does what is left
                log.warning("tick_failed", error=type(error).__name__)
            else:
                self._ticked = monotonic()
