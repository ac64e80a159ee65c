"""GET /health names each part and its state; GET /metrics is for Prometheus."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

import orjson
import structlog
from aiohttp import web

from bot.http.limits import RateLimits
from bot.metrics import Metrics
from bot.ports import Depths, DeskStore

log = structlog.get_logger(__name__)

_CHECK_SECONDS = 2.0
_KEEP_SECONDS = 1.0
_DEGRADED = "degraded"

Parts = Callable[[], Awaitable[dict[str, str]]]


class Health:
    """Asks the parts how they are. Answers are kept a second, so that probes cannot become a load."""

    def __init__(
        self,
        store: DeskStore,
        limits: RateLimits,
        metrics: Metrics,
        version: str,
        parts: Parts,
    ) -> None:
        self._store = store
        self._limits = limits
        self._metrics = metrics
        self._version = version
        self._parts = parts
        self._kept: tuple[float, Depths | None] = (0.0, None)
        self._looking = asyncio.Lock()

    async def health(self, _request: web.Request) -> web.Response:
        """200 when the desk can take orders, 503 when the database is away.

        `status` is "ok", "degraded" (orders go on, and something wants a person) or "down".
        """
        depths, redis = await asyncio.gather(self._depths(), self._limits.redis_state())
        up = depths is not None
        shown = depths or Depths()
        parts = await self._parts()
        if shown.parked_jobs or parts["dispatcher"] != "running":
            parts["dispatcher"] = _DEGRADED
        inbox = _DEGRADED if shown.parked_messages else "ok"
        body = {
            "status": _overall(up, redis, inbox, *parts.values()),
            "version": self._version,
            "database": "ok" if up else "down",
            "redis": redis,
            **parts,
            "inbox": inbox if up else "down",
            "inbox_waiting": shown.inbox if up else None,
            "oldest_waiting_seconds": round(shown.oldest_seconds, 1) if up else None,
            "outbox_depth": shown.outbox if up else None,
            "parked": shown.parked if up else None,
            "parked_messages": shown.parked_messages if up else None,
            "parked_jobs": shown.parked_jobs if up else None,
        }
        return web.Response(body=orjson.dumps(body), status=200 if up else 503, content_type="application/json")

    async def metrics(self, _request: web.Request) -> web.Response:
        """The counters, and the depths as the database has them now (the last known while it is away)."""
        await self._depths()
        return web.Response(
            body=self._metrics.page(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        )

    async def _depths(self) -> Depths | None:
        """What is waiting, or None while the database is away."""
        async with self._looking:
            at, depths = self._kept
            if monotonic() - at < _KEEP_SECONDS:
                return depths
            depths = await _within(_CHECK_SECONDS, self._store.depths())
            self._kept = (monotonic(), depths)
            if depths is not None:
                self._metrics.show_depths(depths)
            return depths


async def _within(seconds: float, question: Awaitable[Depths]) -> Depths | None:
    try:
        async with asyncio.timeout(seconds):
            return await question
    except Exception as error:  # noqa: BLE001  any failure to answer means: the database is away
        log.warning("database_away", error=type(error).__name__)
        return None


def _overall(database_up: bool, *parts: str) -> str:
    if not database_up:
        return "down"
    return _DEGRADED if any(part.startswith(_DEGRADED) for part in parts) else "ok"
