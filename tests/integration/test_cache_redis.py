"""The cache with a real redis-server: shared by replicas, and done without when it is gone, stopped or flushed."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from core.domain.messages import Source
from knowledge.cache import AnswerCache, CacheKey, CacheLimits, Entry
from knowledge.cache.shared import GENERATION, PREFIX, SharedLimits, clear, shared_counts
from knowledge.embedding.wordllama import WordLlamaEmbedder
from knowledge.ports import Passage
from tests.sandbox.redis_server import RedisServer

pytestmark = pytest.mark.redis

EMBEDDER = WordLlamaEmbedder()
PASSAGE = Passage("1", "delivery.md", "Sentosa", "On Tuesday and Friday.", None, "", 0.9)
SENTOSA = CacheKey("Do you deliver to Sentosa?", "v1", 3, "CPZ")


class Maker:
    """Makes answers that carry their number; `gate` holds them back, `begun` says that one is under way."""

    def __init__(self, keep: bool = True) -> None:
        self.made = 0
        self.keep = keep
        self.begun = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self) -> Entry:
        self.made += 1
        number = self.made
        self.begun.set()
        await self.gate.wait()
        return Entry(f"answer {number}", (Source("a.md", "A", 0.9),), keep=self.keep)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    redis = RedisServer(tmp_path_factory.mktemp("redis"))
    redis.start()
    yield redis
    redis.stop()


@pytest.fixture
async def redis(server: RedisServer) -> AsyncIterator[Redis]:
    async with Redis.from_url(server.url) as client:
        await client.flushall()
        yield client


class Replicas:
    """Caches of several processes, each with a Redis client of its own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._open: list[tuple[AnswerCache, Redis]] = []

    def start(self, timeout: float = 5.0, rest: float = 0.0, check: float = 0.0, wait: float = 5.0) -> AnswerCache:
        client = Redis.from_url(self._url)
        limits = CacheLimits(check_seconds=check, lock_wait_seconds=wait, redis=SharedLimits(timeout, rest))
        cache = AnswerCache(embedder=EMBEDDER, redis=client, limits=limits)
        self._open.append((cache, client))
        return cache

    async def stop(self) -> None:
        for cache, client in self._open:
            await cache.aclose()
            await client.aclose()


@pytest.fixture
async def replicas(server: RedisServer, redis: Redis) -> AsyncIterator[Replicas]:
    made = Replicas(server.url)
    yield made
    await made.stop()


@pytest.fixture
async def lost(tmp_path: Path) -> AsyncIterator[tuple[RedisServer, Replicas]]:
    """A server that a test may take away."""
    redis = RedisServer(tmp_path)
    redis.start()
    made = Replicas(redis.url)
    yield redis, made
    await made.stop()
    redis.stop()


async def prefix_of(redis: Redis) -> str:
    return f"{PREFIX}{(await redis.get(GENERATION)).decode()}:"


async def keys_of(redis: Redis, kind: str) -> list[bytes]:
    return [key async for key in redis.scan_iter(f"{await prefix_of(redis)}{kind}:*")]


async def test_what_one_replica_answered_the_other_has(replicas: Replicas) -> None:
    one, other, make = replicas.start(), replicas.start(), Maker()
    entry, level = await one.answer(SENTOSA, make)
    assert level == "miss"
    assert await other.answer(SENTOSA, make) == (entry, "l2")
    assert await other.answer(SENTOSA, make) == (entry, "l1")
    assert make.made == 1


async def test_other_words_are_found_across_replicas(replicas: Replicas) -> None:
    one, other, make = replicas.start(), replicas.start(), Maker()
    entry, _ = await one.answer(SENTOSA, make)
    assert await other.answer(CacheKey("can deliver to sentosa anot", "v1", 3, "CPZ"), make) == (entry, "l3")
    assert (await other.answer(CacheKey("can deliver to tampines anot", "v1", 3, "CPZ"), make))[1] == "miss"
    assert (await other.answer(CacheKey("can deliver to sentosa anot", "v1", 3, "BBQ"), make))[1] == "miss"
    assert (await one.answer(CacheKey("do you deliver to tampines", "v1", 3, "CPZ"), make))[1] == "l3"


async def test_evidence_is_found_across_replicas(replicas: Replicas) -> None:
    async def search() -> tuple[Passage, ...]:
        return (PASSAGE,)

    one, other = replicas.start(), replicas.start()
    assert await one.evidence(SENTOSA, search) == ((PASSAGE,), False)
    assert await other.evidence(CacheKey("deliver sentosa", "v1", 9, "BBQ"), search) == ((PASSAGE,), True)
    assert await other.evidence(CacheKey("deliver tampines", "v1", 9, "BBQ"), search) == ((PASSAGE,), False)


async def test_a_copy_ends_with_its_original(server: RedisServer, redis: Redis) -> None:
    now = [2_000_000_000.0]
    async with Redis.from_url(server.url) as client:
        limits = CacheLimits(ttl_seconds=1_000, redis=SharedLimits(5.0))
        one, other = (
            AnswerCache(embedder=EMBEDDER, redis=client, limits=limits, clock=lambda: now[0]) for _ in range(2)
        )
        make = Maker()
        await one.answer(SENTOSA, make)
        now[0] += 999
        assert (await other.answer(SENTOSA, make))[1] == "l2"
        now[0] += 1
        assert (await other.answer(SENTOSA, make))[1] == "miss"  # though Redis' own clock has not moved
        await one.aclose()
        await other.aclose()


async def test_a_life_longer_than_any_of_ours_is_not_believed(replicas: Replicas, redis: Redis) -> None:
    one, other, make = replicas.start(), replicas.start(), Maker()
    await one.answer(SENTOSA, make)
    (key,) = await keys_of(redis, "answer")
    await redis.set(key, b'["for ever",[],true,99999999999.0]')
    assert (await other.answer(SENTOSA, make))[0].text == "answer 2"


async def test_a_stampede_on_two_replicas_is_one_answer(replicas: Replicas) -> None:
    caches, make = (replicas.start(wait=60.0), replicas.start(wait=60.0)), Maker()
    make.gate.clear()
    tasks = [asyncio.create_task(cache.answer(SENTOSA, make)) for cache in caches for _ in range(100)]
    await make.begun.wait()
    await asyncio.sleep(0.1)  # time for the other replica to begin as well, if it would
    make.gate.set()
    assert {entry.text for entry, _ in await asyncio.gather(*tasks)} == {"answer 1"}
    assert make.made == 1


async def test_nobody_waits_long_for_an_answer_that_does_not_come(replicas: Replicas) -> None:
    slow, quick = Maker(), Maker()
    one, other = replicas.start(), replicas.start(wait=0.05)
    slow.gate.clear()
    leader = asyncio.create_task(one.answer(SENTOSA, slow))
    await slow.begun.wait()
    assert (await other.answer(SENTOSA, quick))[1] == "miss"
    slow.gate.set()
    await leader
    assert (slow.made, quick.made) == (1, 1)


async def test_what_is_not_kept_lets_the_waiting_replica_go_on(replicas: Replicas, redis: Redis) -> None:
    fallback, make = Maker(keep=False), Maker()
    one, other = replicas.start(), replicas.start(wait=60.0)
    fallback.gate.clear()
    leader = asyncio.create_task(one.answer(SENTOSA, fallback))
    await fallback.begun.wait()
    follower = asyncio.create_task(other.answer(SENTOSA, make))
    await asyncio.sleep(0.05)
    assert not make.made
    fallback.gate.set()
    await leader
    assert (await follower)[1] == "miss"
    assert len(await keys_of(redis, "answer")) == 1


async def test_a_cancelled_leader_lets_go_of_its_lock(replicas: Replicas, redis: Redis) -> None:
    one, make = replicas.start(), Maker()
    make.gate.clear()
    leader = asyncio.create_task(one.answer(SENTOSA, make))
    await make.begun.wait()
    assert len(await keys_of(redis, "lock")) == 1
    leader.cancel()
    await asyncio.wait([leader])
    while await keys_of(redis, "lock"):
        await asyncio.sleep(0.01)


async def test_without_redis_the_desk_works_and_asks_for_it_seldom(lost: tuple[RedisServer, Replicas]) -> None:
    server, replicas = lost
    cache, make = replicas.start(timeout=0.2, rest=3_600.0), Maker()
    await cache.answer(SENTOSA, make)
    server.stop()
    with capture_logs() as logs:
        levels = [(await cache.answer(CacheKey(f"is item {n} in stock", "v1"), make))[1] for n in range(50)]
    assert levels == ["miss"] * 50
    assert (await cache.answer(SENTOSA, make))[1] == "l1"
    assert (await cache.answer(CacheKey("can deliver to sentosa anot", "v1", 3, "CPZ"), make))[1] == "l3"
    assert cache.stats()["redis_errors"] == 1
    assert [entry["event"] for entry in logs] == ["cache_redis_away"]
    assert "item" not in str(logs)


async def test_redis_that_comes_back_is_used_again(lost: tuple[RedisServer, Replicas]) -> None:
    server, replicas = lost
    one, other, make = replicas.start(), replicas.start(), Maker()
    server.stop()
    await one.answer(SENTOSA, make)
    server.start()
    await one.answer(CacheKey("is it open on sunday", "v1"), make)
    assert (await other.answer(CacheKey("is it open on sunday", "v1"), make))[1] == "l2"


async def test_a_redis_that_hangs_costs_one_timeout(lost: tuple[RedisServer, Replicas]) -> None:
    server, replicas = lost
    cache, make = replicas.start(timeout=0.2, rest=3_600.0), Maker()
    await cache.answer(SENTOSA, make)
    async with Redis.from_url(server.url) as client:
        process = (await client.info("server"))["process_id"]
    os.kill(process, signal.SIGSTOP)
    try:
        questions = [CacheKey(f"is item {n} in stock", "v1") for n in range(50)]
        levels = [(await cache.answer(question, make))[1] for question in questions]
        assert levels == ["miss"] * 50
        assert cache.stats()["redis_errors"] == 1
    finally:
        os.kill(process, signal.SIGCONT)


async def test_a_hang_while_an_answer_is_made_loses_nothing(lost: tuple[RedisServer, Replicas]) -> None:
    server, replicas = lost
    cache, make = replicas.start(timeout=0.3, rest=3_600.0), Maker()
    make.gate.clear()
    asking = asyncio.create_task(cache.answer(SENTOSA, make))
    await make.begun.wait()
    async with Redis.from_url(server.url) as client:
        process = (await client.info("server"))["process_id"]
    os.kill(process, signal.SIGSTOP)
    try:
        make.gate.set()
        assert (await asking)[1] == "miss"
        assert (await cache.answer(SENTOSA, make))[1] == "l1"
    finally:
        os.kill(process, signal.SIGCONT)


async def test_a_flush_during_use_is_a_miss_and_no_more(replicas: Replicas, redis: Redis) -> None:
    one, other, make = replicas.start(), replicas.start(), Maker()
    await one.answer(SENTOSA, make)
    await redis.flushall()
    assert (await other.answer(SENTOSA, make))[1] == "miss"
    assert (await one.answer(SENTOSA, make))[1] == "l2"


async def test_clearing_reaches_every_replica_and_nobody_elses_keys(replicas: Replicas, redis: Redis) -> None:
    async def search() -> tuple[Passage, ...]:
        return (PASSAGE,)

    await redis.set("resupply:limits:somebody", "5")
    one, other, make = replicas.start(), replicas.start(), Maker()
    for cache in (one, other):
        await cache.answer(SENTOSA, make)
        await cache.evidence(SENTOSA, search)
    await clear(redis)
    assert (await one.answer(SENTOSA, make))[1] == "miss"
    assert (await other.answer(SENTOSA, make))[1] == "l2"
    assert not (await one.evidence(SENTOSA, search))[1]
    assert (await redis.get("resupply:limits:somebody")) == b"5"


async def test_an_answer_made_before_clearing_is_not_remembered_after(replicas: Replicas, redis: Redis) -> None:
    one, other, make = replicas.start(), replicas.start(), Maker()
    make.gate.clear()
    asking = asyncio.create_task(one.answer(SENTOSA, make))
    await make.begun.wait()
    await clear(redis)
    make.gate.set()
    await asking
    assert (await other.answer(SENTOSA, make))[1] == "miss"
    assert (await one.answer(SENTOSA, make))[0].text == "answer 2"


GARBAGE = [b"", b"{", b"\xff\xfe\x00", b"null", b"[]", b'{"text":"an older form"}', b'["text",[],true,"soon"]']


@pytest.mark.parametrize("value", GARBAGE)
async def test_garbage_is_a_miss_and_replaced(replicas: Replicas, redis: Redis, value: bytes) -> None:
    one, other, make = replicas.start(), replicas.start(), Maker()
    await one.answer(SENTOSA, make)
    (key,) = await keys_of(redis, "answer")
    await redis.set(key, value)
    assert (await other.answer(SENTOSA, make))[1] == "miss"
    assert (await replicas.start().answer(SENTOSA, make))[1] == "l2"


async def test_keys_of_a_wrong_type_are_misses_and_replaced(replicas: Replicas, redis: Redis) -> None:
    one, other, make = replicas.start(), replicas.start(), Maker()
    await one.answer(SENTOSA, make)
    for key in [*await keys_of(redis, "answer"), *await keys_of(redis, "asked")]:
        await redis.delete(key)
        await redis.hset(key, "some", "thing")
    assert (await other.answer(SENTOSA, make))[1] == "miss"
    third = replicas.start()
    assert (await third.answer(SENTOSA, make))[1] == "l2"
    assert (await third.answer(CacheKey("sentosa can deliver?", "v1", 3, "CPZ"), make))[1] == "miss"


async def test_garbage_among_the_questions_asked_is_passed_over(replicas: Replicas, redis: Redis) -> None:
    one, other, make = replicas.start(), replicas.start(), Maker()
    await one.answer(SENTOSA, make)
    (key,) = await keys_of(redis, "asked")
    for fields in ({"n": "x"}, {"n": b"\xff", "q": b"\xff", "e": "soon", "v": "!"}, {"v": "AAAA", "q": "a", "n": "b"}):
        await redis.xadd(key, fields)
    assert (await other.answer(CacheKey("sentosa can deliver?", "v1", 3, "CPZ"), make))[1] == "l3"


@pytest.mark.parametrize("lock", ["a lock without an end", ["a list"]])
async def test_a_lock_that_would_never_end_holds_nobody_up(
    replicas: Replicas, redis: Redis, lock: str | list[str]
) -> None:
    one, make = replicas.start(wait=3_600.0), Maker()
    await one.answer(SENTOSA, make)
    (key,) = await keys_of(redis, "answer")
    await redis.delete(key)
    name = key.replace(b"answer:", b"lock:")
    await (redis.set(name, lock) if isinstance(lock, str) else redis.rpush(name, *lock))
    assert (await replicas.start(wait=3_600.0).answer(SENTOSA, make))[1] == "miss"


@pytest.mark.parametrize("value", [b"", b"no word", None])
async def test_a_spoilt_generation_is_made_anew(replicas: Replicas, redis: Redis, value: bytes | None) -> None:
    one, other, make = replicas.start(), replicas.start(), Maker()
    await one.answer(SENTOSA, make)
    await redis.delete(GENERATION)
    await (redis.set(GENERATION, value) if value is not None else redis.rpush(GENERATION, "a"))
    assert (await one.answer(SENTOSA, make))[1] == "miss"
    assert (await other.answer(SENTOSA, make))[1] == "l2"


async def test_all_replicas_counts_come_together(replicas: Replicas, redis: Redis) -> None:
    one, other, make = replicas.start(), replicas.start(), Maker()
    await one.answer(SENTOSA, make)
    await one.answer(SENTOSA, make)
    await other.answer(SENTOSA, make)
    await one.aclose()
    await other.aclose()
    assert await shared_counts(redis) == {"miss": 1, "l1": 1, "l2": 1}


async def test_counts_are_told_without_another_question(replicas: Replicas, redis: Redis) -> None:
    cache = replicas.start(check=0.02)
    await cache.answer(SENTOSA, Maker())
    while not await shared_counts(redis):
        await asyncio.sleep(0.01)


async def test_everything_ends_by_itself(replicas: Replicas, redis: Redis) -> None:
    async def search() -> tuple[Passage, ...]:
        return (PASSAGE,)

    cache = replicas.start()
    await cache.answer(SENTOSA, Maker())
    await cache.evidence(SENTOSA, search)
    await cache.aclose()
    keys = [key async for key in redis.scan_iter("*") if key != GENERATION.encode()]
    assert len(keys) == 4
    assert all([await redis.ttl(key) > 0 for key in keys])


async def test_no_question_stands_in_a_key(replicas: Replicas, redis: Redis) -> None:
    await replicas.start().answer(SENTOSA, Maker())
    assert not [key async for key in redis.scan_iter("*entosa*")]


async def test_a_client_that_decodes_is_refused(server: RedisServer) -> None:
    async with Redis.from_url(server.url, decode_responses=True) as client:
        with pytest.raises(ValueError, match="decode_responses"):
            AnswerCache(redis=client)
