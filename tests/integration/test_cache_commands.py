"""`resupply cache stats` and `clear` as they are typed."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis
from typer.testing import CliRunner, Result

from bot.cli import app, out
from core.errors import DeskError, InvalidInput
from knowledge.cache import AnswerCache, CacheKey, Entry
from tests.sandbox.redis_server import RedisServer

Type = Callable[..., Result]
QUESTION = CacheKey("Do you deliver to Sentosa?", "v1")


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Type:
    """Types a command without a Redis."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setattr(out, "width", 200)
    return lambda *words: CliRunner().invoke(app, words)


@pytest.fixture
def server(typed: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RedisServer]:
    """The Redis of the settings."""
    redis = RedisServer(tmp_path)
    redis.start()
    monkeypatch.setenv("REDIS_URL", redis.url)
    yield redis
    redis.stop()


def ask(server: RedisServer, times: int = 1) -> list[str]:
    """Ask the question of a replica that has just started; returns the levels that answered."""

    async def make() -> Entry:
        return Entry("On Tuesday and Friday.")

    async def work() -> list[str]:
        async with Redis.from_url(server.url) as client:
            cache = AnswerCache(redis=client)
            levels = [(await cache.answer(QUESTION, make))[1] for _ in range(times)]
            await cache.aclose()
            return levels

    return asyncio.run(work())


@pytest.mark.redis
def test_stats_add_up_what_all_replicas_counted(server: RedisServer, typed: Type) -> None:
    assert ask(server, 3) == ["miss", "l1", "l1"]
    assert ask(server) == ["l2"]
    shown = typed("cache", "stats")
    assert shown.exit_code == 0
    assert "4 questions" in shown.output
    for level, count, share in (("l1", 2, "50.0%"), ("l2", 1, "25.0%"), ("miss", 1, "25.0%")):
        assert any({level, str(count), share} <= set(line.split()) for line in shown.output.splitlines())


@pytest.mark.redis
def test_clear_forgets_answers_and_counts(server: RedisServer, typed: Type) -> None:
    ask(server)
    cleared = typed("cache", "clear")
    assert cleared.exit_code == 0
    assert "0 questions" in typed("cache", "stats").output
    assert ask(server) == ["miss"]


@pytest.mark.redis
def test_redis_that_is_away_is_named(server: RedisServer, typed: Type) -> None:
    server.stop()
    for command in ("stats", "clear"):
        failed = typed("cache", command)
        assert isinstance(failed.exception, DeskError)
        assert "check REDIS_URL" in str(failed.exception)


def test_without_redis_it_says_where_the_cache_is(typed: Type) -> None:
    shown = typed("cache", "stats")
    assert shown.exit_code == 0
    assert "memory of the running server" in shown.output
    refused = typed("cache", "clear")
    assert isinstance(refused.exception, InvalidInput)
