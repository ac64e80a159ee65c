"""Rate limits per user and per address: shared over Redis where there is one, else in this process.

While Redis is away each process limits on its own, and `/health` says "degraded".
"""

import time
from collections.abc import Awaitable, Callable

import structlog
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.http.errors import too_many
from bot.settings import Settings

log = structlog.get_logger(__name__)

_TRY_REDIS_AGAIN_SECONDS = 5.0
_SWEEP_SECONDS = 30.0
_TIMEOUT = 0.5
_KEY = "key"

Question = Callable[[SlidingWindowCounterRateLimiter, RateLimitItem, str, str], Awaitable[None]]


class RateLimits:
    """Counts requests in a sliding minute. `redis_state` is "not configured", "ok" or "degraded"."""

    def __init__(self, settings: Settings) -> None:
        per_user = settings.rate_limit_per_minute
        self._user = RateLimitItemPerMinute(per_user) if per_user else None
        self._address = RateLimitItemPerMinute(per_user * settings.address_limit_multiple) if per_user else None
        self._local = SlidingWindowCounterRateLimiter(QuickMemory())
        self._redis: Redis | None = None
        self._shared: SlidingWindowCounterRateLimiter | None = None
        self._away_until = 0.0
        if settings.redis_url is not None:
            self._connect(settings.redis_url.get_secret_value())

    async def count_address(self, address: str) -> None:
        """Count a request of an address. Raises ApiError 429 over the limit."""
        await self._count(self._address, "address", address)

    async def count_user(self, user: str) -> None:
        """Count a message of a sender. Raises ApiError 429 over the limit."""
        await self._count(self._user, "user", user)

    async def count_wrong_key(self, address: str) -> None:
        """Count a wrong or missing key of an address. Raises ApiError 429 over the address's limit."""
        await self._count(self._address, _KEY, address)

    async def refuse_guesser(self, address: str) -> None:
        """Raises ApiError 429 while an address is over its limit of wrong keys; counts nothing."""
        if self._address is not None:
            await self._ask(_test, self._address, _KEY, address)

    async def redis_state(self) -> str:
        """Ask Redis itself how it is."""
        if self._redis is None:
            return "not configured"
        try:
            await self._redis.ping()
        except (RedisError, OSError):
            return "degraded"
        return "ok"

    async def close(self) -> None:
        """Close the connections."""
        if self._redis is not None:
            await self._redis.aclose()

    def _connect(self, url: str) -> None:
        self._redis = Redis.from_url(url, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT)
        storage = RedisStorage(
            f"async+{url}",
            wrap_exceptions=True,
            implementation="redispy",
            key_prefix="resupply:limits",
            socket_timeout=_TIMEOUT,
            socket_connect_timeout=_TIMEOUT,
        )
        self._shared = SlidingWindowCounterRateLimiter(storage)

    async def _count(self, item: RateLimitItem | None, kind: str, who: str) -> None:
        if item is not None:
            await self._ask(_hit, item, kind, who)

    async def _ask(self, question: Question, item: RateLimitItem, kind: str, who: str) -> None:
        """Put a question to the shared limits, or to this process's own while Redis is away."""
        try:
            await question(self._limiter(), item, kind, who)
        except StorageError as error:
            self._away_until = time.monotonic() + _TRY_REDIS_AGAIN_SECONDS
            log.warning("redis_away", error=type(error.storage_error).__name__)
            await question(self._local, item, kind, who)

    def _limiter(self) -> SlidingWindowCounterRateLimiter:
        if self._shared is None or time.monotonic() < self._away_until:
            return self._local
        return self._shared


async def _hit(limiter: SlidingWindowCounterRateLimiter, item: RateLimitItem, kind: str, who: str) -> None:
    if not await limiter.hit(item, kind, who):
        await _refuse(limiter, item, kind, who)


async def _test(limiter: SlidingWindowCounterRateLimiter, item: RateLimitItem, kind: str, who: str) -> None:
    if not await limiter.test(item, kind, who):
        await _refuse(limiter, item, kind, who)


async def _refuse(limiter: SlidingWindowCounterRateLimiter, item: RateLimitItem, kind: str, who: str) -> None:
    stats = await limiter.get_window_stats(item, kind, who)
    raise too_many(stats.reset_time - time.time())


class QuickMemory(MemoryStorage):
    """The library's memory storage, without its sweep over every key on every hit."""

    def __init__(self) -> None:
        super().__init__()
        self._sweep_at = 0.0

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count `amount` for a key that lives `expiry` seconds, and return the count."""
        count = await self.get(key) + amount
        if count == amount:
            self.expirations[key] = time.time() + expiry
        self.storage[key] = count
        self._sweep()
        return count

    async def decr(self, key: str, amount: int = 1) -> int:
        """Take a count back."""
        self.storage[key] = max(await self.get(key) - amount, 0)
        return self.storage[key]

    def _sweep(self) -> None:
        now = time.time()
        if now < self._sweep_at:
            return
        self._sweep_at = now + _SWEEP_SECONDS
        for key in [key for key, expiry in self.expirations.items() if expiry <= now]:
            self.expirations.pop(key, None)
            self.storage.pop(key, None)
