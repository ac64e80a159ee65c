"""What the replicas share in Redis. It may be away, slow, flushed or full of garbage: then there is nothing, soon.

Every key carries the generation, a random word under one fixed key. To clear the cache is to replace that word:
nobody finds the old keys again, and they end by themselves. Each answer of Redis brings the word along.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.exceptions import RedisError, ResponseError

from knowledge.cache.circuit import Circuit
from knowledge.cache.counting import Counts

log = structlog.get_logger(__name__)

PREFIX = "resupply:cache:1:"  # 1 is the form of the values; another form has keys of its own
GENERATION = f"{PREFIX}generation"

_WORD = re.compile(rb"[0-9a-f]{32}")
_MOST_AT_ONCE = 16
_COUNTS_SECONDS = 40 * 86_400

# Only its holder lets go of a lock: it may have run out, and be another's by now.
_RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"

Build = Callable[[Pipeline, str], Any]


@dataclass(frozen=True, slots=True)
class SharedLimits:
    """Seconds: how long one exchange may take, and how long Redis is left alone after it failed."""

    timeout: float = 0.25
    rest: float = 5.0


class Shared:
    """One Redis client's use for the cache. No call raises for Redis, or takes much longer than the timeout.

    The client answers in bytes (`decode_responses` off); it stays its owner's to close.
    """

    def __init__(
        self, redis: Redis, counts: Counts, on_cleared: Callable[[], None], limits: SharedLimits | None = None
    ) -> None:
        if redis.connection_pool.connection_kwargs.get("decode_responses"):
            raise ValueError("the cache needs a Redis client without decode_responses")
        limits = limits or SharedLimits()
        self._redis = redis
        self._counts = counts
        self._on_cleared = on_cleared
        self._timeout = limits.timeout
        self._circuit = Circuit(limits.rest)
        self._gate = asyncio.Semaphore(_MOST_AT_ONCE)  # the client's pool has an end, and refuses beyond it
        self.generation: str | None = None

    async def ask(self, build: Build) -> list[Any] | None:
        """The results of the commands that `build(pipeline, prefix)` adds; None where Redis is away.

        A command that Redis refuses (a key of a wrong type, no memory) has None for its result.
        """
        return await self._exchange(build, None)

    async def tell(self, build: Build, generation: str | None) -> list[Any] | None:
        """As `ask`, for writing what was made under a generation: nobody reads it where that is over."""
        return await self._exchange(build, generation) if generation is not None else None

    async def check(self) -> None:
        """Hear whether the cache was cleared, and tell the counts."""
        await self._exchange(lambda pipe, prefix: None, None)

    async def claim(
        self, name: str, value: str, seconds: float, generation: str | None
    ) -> tuple[str | None, bytes | None]:
        """The lock of a question: its token where it is ours or Redis is away, None where another replica has it.

        And what stands at `value`, where another one has just put it there.
        """
        token = uuid4().hex

        def build(pipe: Pipeline, prefix: str) -> None:
            pipe.set(f"{prefix}lock:{name}", token, nx=True, px=int(seconds * 1000))
            pipe.get(f"{prefix}{value}")

        results = await self.tell(build, generation)
        if results is None:
            return token, None
        return token if results[0] else None, results[1]

    async def release(self, name: str, token: str, generation: str | None) -> None:
        """Let go of a lock."""
        await self.tell(lambda pipe, prefix: pipe.eval(_RELEASE, 1, f"{prefix}lock:{name}", token), generation)

    async def wait_for(self, name: str, value: str, seconds: float) -> bytes | None:
        """The value at `value` as soon as the holder of the lock has put it there; None where that does not come."""
        lock = f"lock:{name}"

        def build(pipe: Pipeline, prefix: str) -> None:
            pipe.get(f"{prefix}{value}")
            pipe.pttl(f"{prefix}{lock}")

        pause, waited = 0.01, 0.0
        while waited < seconds:
            results = await self.ask(build)
            if results is None:
                return None
            found, left = results
            if found is not None:
                return bytes(found)
            if left is None or left < 0:
                await self._drop_endless(lock, left)
                return None
            await asyncio.sleep(pause)
            waited += pause
            pause = min(pause * 2, 0.1)
        return None

    async def _drop_endless(self, lock: str, left: int | None) -> None:
        """Remove what stands in a lock's place without an end: no lock of ours, and nobody would let go of it."""
        if left == -1:
            await self.ask(lambda pipe, prefix: pipe.delete(f"{prefix}{lock}"))

    async def _exchange(self, build: Build, generation: str | None) -> list[Any] | None:
        async with self._gate:
            if not self._circuit.enter():
                return None
            try:
                async with asyncio.timeout(self._timeout):
                    results = await self._send(build, generation)
            except (RedisError, OSError, TimeoutError) as error:
                self._counts.add("redis_errors")
                if self._circuit.failed():
                    log.warning("cache_redis_away", error=type(error).__name__)
                return None
            except BaseException:
                self._circuit.left()
                raise
            if self._circuit.worked():
                log.info("cache_redis_back")
            return results

    async def _send(self, build: Build, fixed: str | None) -> list[Any]:
        """Send the commands; again where the generation turned out to be another than the one they were for."""
        while True:
            believed = fixed or self.generation or await self._first_generation()
            untold = self._counts.take_untold()
            try:
                async with self._redis.pipeline(transaction=False) as pipe:
                    pipe.get(GENERATION)
                    told = _add_counts(pipe, believed, untold)
                    build(pipe, _prefix(believed))
                    raw = await pipe.execute(raise_on_error=False)
            except BaseException:
                self._counts.give_back(untold)
                raise
            found, *results = [self._checked(result) for result in raw]
            actual = found.decode() if isinstance(found, bytes) and _WORD.fullmatch(found) else None
            if actual != self.generation:
                self._turn_to(actual)
            if fixed is not None or actual == believed:
                return results[told:]

    async def _first_generation(self) -> str:
        """The word that stands in Redis; one of ours where there is none or no word."""
        found: Any
        try:
            found = await self._redis.get(GENERATION)
        except ResponseError:
            found = b""
        if found is None or _WORD.fullmatch(found) is None:
            await self._redis.set(GENERATION, uuid4().hex, nx=found is None)
            found = await self._redis.get(GENERATION)
        self._turn_to(found.decode())
        return str(self.generation)

    def _turn_to(self, generation: str | None) -> None:
        """Forget what is in memory: the cache was cleared, or Redis was while nobody looked."""
        if generation != self.generation:
            self.generation = generation
            self._on_cleared()

    def _checked(self, result: Any) -> Any:
        if isinstance(result, Exception):
            self._counts.add("redis_errors")
            return None
        return result


async def clear(redis: Redis) -> None:
    """Make everything that is shared unfindable, and every replica forget its own within about a second."""
    await redis.set(GENERATION, uuid4().hex)


async def shared_counts(redis: Redis) -> dict[str, int]:
    """What all replicas have counted since the cache was last cleared."""
    generation: Any = await redis.get(GENERATION)
    if generation is None:
        return {}
    found: Any = await redis.hgetall(_counts_key(generation.decode()))
    return {name.decode(): int(count) for name, count in found.items()}


def _prefix(generation: str) -> str:
    return f"{PREFIX}{generation}:"


def _counts_key(generation: str) -> str:
    return f"{_prefix(generation)}counts"


def _add_counts(pipe: Pipeline, generation: str, counts: Mapping[str, int]) -> int:
    """Add the commands that tell the counts; returns how many they are."""
    if not counts:
        return 0
    for name, count in counts.items():
        pipe.hincrby(_counts_key(generation), name, count)
    pipe.expire(_counts_key(generation), _COUNTS_SECONDS)
    return len(counts) + 1
