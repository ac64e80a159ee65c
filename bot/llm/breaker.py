"""The circuit breaker: after several failures nobody asks the server for a while, then one request tries it.

Purgatory keeps the count and the state, in Redis where there is one, so that all replicas stop together. While Redis
is away each process keeps its own. What purgatory leaves out is here: short timeouts, and that only one request of
all replicas goes through while the breaker is half open.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from purgatory import AsyncCircuitBreakerFactory
from purgatory.domain.model import OpenedState
from purgatory.service._async.circuitbreaker import AsyncCircuitBreaker
from purgatory.service._async.repository import AsyncRedisRepository
from purgatory.service._async.unit_of_work import AsyncInMemoryUnitOfWork, AsyncRedisUnitOfWork
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.impatient_redis import SECONDS
from bot.llm.failures import CallFailed, Reason

log = structlog.get_logger(__name__)

CLOSED, OPENED = "closed", "opened"

_PREFIX = "resupply:breaker:"
_TRY_REDIS_AGAIN_SECONDS = 5.0

T = TypeVar("T")


class Pass:
    """One request that the breaker let through. `probe`: it tries whether the server is back."""

    def __init__(self, breaker: AsyncCircuitBreaker, *, probe: bool, shared: bool) -> None:
        self.breaker = breaker
        self.probe = probe
        self.shared = shared


class Breaker:
    """The breaker of one endpoint. Opens after `failures` in a row, for `seconds`.

    A probe that brings no verdict (its turn was called off) keeps the next one waiting for `probe_seconds`.
    """

    def __init__(self, name: str, redis: Redis | None, *, failures: int, seconds: float, probe_seconds: float) -> None:
        self._name = name
        self._redis = redis
        self._failures = failures
        self._seconds = seconds
        self._probe_seconds = probe_seconds
        self._local = AsyncCircuitBreakerFactory(uow=AsyncInMemoryUnitOfWork())
        self._shared = AsyncCircuitBreakerFactory(uow=_Shared(redis)) if redis is not None else None
        self._away_until = 0.0
        self._probe_until = 0.0
        self.state = CLOSED  # as this process saw it last

    async def admit(self) -> Pass:
        """Let a request through. Raises CallFailed while the breaker is open, or half open and being tried."""
        if self._shared is not None and time.monotonic() >= self._away_until:
            admitted = await self._with_redis(self._admit(self._shared, self._take_shared_probe, shared=True))
            if admitted is not None:
                return admitted
        return await self._admit(self._local, self._take_local_probe, shared=False)

    async def report(self, passed: Pass, *, worked: bool) -> None:
        """Tell how a request went that was let through."""
        if passed.shared:
            await self._with_redis(self._report(passed, worked))
        else:
            await self._report(passed, worked)

    async def _admit(
        self, factory: AsyncCircuitBreakerFactory, take_probe: Callable[[], Awaitable[bool]], *, shared: bool
    ) -> Pass:
        breaker = await factory.get_breaker(self._name)
        context = breaker.context
        context.threshold, context.ttl = self._failures, self._seconds  # Redis keeps those of an earlier start
        self._see(context.state)
        probe = context.state != CLOSED
        try:
            await breaker.__aenter__()
        except OpenedState:
            raise CallFailed(Reason.BREAKER) from None
        if probe and not await take_probe():
            raise CallFailed(Reason.BREAKER, "being tried")
        return Pass(breaker, probe=probe, shared=shared)

    async def _report(self, passed: Pass, worked: bool) -> None:
        error = None if worked else CallFailed(Reason.SERVER)
        await passed.breaker.__aexit__(type(error) if error else None, error, None)
        self._see(passed.breaker.context.state)
        if passed.probe:
            self._probe_until = 0.0
            if passed.shared and self._redis is not None:
                await self._redis.delete(self._probe_key)

    def _see(self, state: str) -> None:
        if state != self.state:
            log.warning("model_breaker", circuit=self._name, state=state)
        self.state = state

    async def _take_shared_probe(self) -> bool:
        assert self._redis is not None
        return bool(await self._redis.set(self._probe_key, "1", nx=True, px=int(self._probe_seconds * 1000)))

    async def _take_local_probe(self) -> bool:
        now = time.monotonic()
        if now < self._probe_until:
            return False
        self._probe_until = now + self._probe_seconds
        return True

    @property
    def _probe_key(self) -> str:
        return f"{_PREFIX}{self._name}:probe"

    async def _with_redis(self, work: Awaitable[T]) -> T | None:
        """Do it, or do without Redis for a while: no turn waits for it more than once."""
        try:
            async with asyncio.timeout(SECONDS):
                return await work
        except (RedisError, OSError, TimeoutError) as error:
            note = type(error).__name__
        except (ValueError, TypeError, KeyError) as error:  # what lies there is not purgatory's
            note = type(error).__name__
        self._away_until = time.monotonic() + _TRY_REDIS_AGAIN_SECONDS
        log.warning("model_breaker_redis_away", error=note)
        return None


class _SharedContexts(AsyncRedisRepository):
    """Purgatory's repository with our client and our names; its own client would wait for ever."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.messages = []
        self.prefix = _PREFIX


class _Shared(AsyncRedisUnitOfWork):
    """Purgatory's unit of work on those."""

    def __init__(self, redis: Redis) -> None:
        self.contexts = _SharedContexts(redis)
