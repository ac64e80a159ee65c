"""The circuit breaker: replicas that share a Redis stop together, one request tries, and without Redis it goes on."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.llm.client import ModelClient
from core.ports import MediaFile
from tests.sandbox.openai.clients import ASK, Desk, desk, heard, openai, why
from tests.sandbox.openai_server import MODEL, OpenAIServer
from tests.sandbox.redis_server import RedisServer

__all__ = ["desk", "openai"]

OPEN_SECONDS = 0.3  # how long the breaker of these tests stays open


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.stop()


class SilentServer:
    """Takes connections and never answers."""

    def __init__(self) -> None:
        self.connections: list[asyncio.StreamWriter] = []
        self.url = ""

    def take(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.append(writer)


@pytest.fixture
async def silent_redis() -> AsyncIterator[SilentServer]:
    silent = SilentServer()
    server = await asyncio.start_server(silent.take, "127.0.0.1", 0)
    silent.url = f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
    yield silent
    for writer in silent.connections:
        writer.close()
    server.close()


def replica(desk: Desk, redis_url: str | None, seconds: float = OPEN_SECONDS, **changes: Any) -> ModelClient:
    """A client whose breaker opens after three failures, of which every turn makes one at most."""
    fixed = {"redis_url": redis_url, "model_attempts": 1, "model_breaker_seconds": seconds}
    return desk.open(**{**fixed, "model_breaker_failures": 3, **changes})


async def fail(client: ModelClient, times: int) -> list[str]:
    return [await why(client.turn().complete(ASK)) for _ in range(times)]


def gauge(desk: Desk) -> float | None:
    return desk.metrics.registry.get_sample_value("resupply_model_breaker", {"endpoint": "chat"})


@pytest.mark.redis
async def test_replicas_stop_together_and_one_request_tries(
    openai: OpenAIServer, desk: Desk, redis: RedisServer
) -> None:
    one, two = replica(desk, redis.url), replica(desk, redis.url)
    openai.faults.always(status=500)
    assert await fail(one, 2) + await fail(two, 2) == ["server", "server", "server", "breaker"]
    assert await fail(one, 1) == ["breaker"]
    assert (one.state, two.state) == ("degraded: breaker open", "degraded: breaker open")
    assert len(openai.requests) == 3
    assert gauge(desk) == 1

    openai.faults.clear()
    openai.faults.next(hold_before=True)
    await asyncio.sleep(OPEN_SECONDS)
    probe = asyncio.create_task(one.turn().complete(ASK))
    await openai.faults.held()
    assert await fail(two, 3) + await fail(one, 3) == ["breaker"] * 6
    assert len(openai.requests) == 4
    await openai.faults.release()
    assert await probe
    assert await two.turn().complete(ASK)
    assert await one.turn().complete(ASK)
    assert (one.state, two.state, gauge(desk)) == ("connected", "connected", 0)


@pytest.mark.redis
async def test_a_try_that_fails_opens_it_again_for_all(openai: OpenAIServer, desk: Desk, redis: RedisServer) -> None:
    one, two = replica(desk, redis.url), replica(desk, redis.url)
    openai.faults.always(status=500)
    assert await fail(one, 3) == ["server"] * 3
    await asyncio.sleep(OPEN_SECONDS)
    assert await fail(two, 2) == ["server", "breaker"]
    assert await fail(one, 1) == ["breaker"]
    await asyncio.sleep(OPEN_SECONDS)
    openai.faults.clear()
    assert await one.turn().complete(ASK)


async def test_without_redis_a_process_has_a_breaker_of_its_own(openai: OpenAIServer, desk: Desk) -> None:
    one, two = replica(desk, None), replica(desk, None)
    openai.faults.always(status=500)
    assert await fail(one, 4) == ["server"] * 3 + ["breaker"]
    assert await fail(two, 1) == ["server"]
    openai.faults.clear()
    openai.faults.next(hold_before=True)
    await asyncio.sleep(OPEN_SECONDS)
    probe = asyncio.create_task(one.turn().complete(ASK))
    await openai.faults.held()
    assert await fail(one, 2) == ["breaker"] * 2
    await openai.faults.release()
    assert await probe
    assert await one.turn().complete(ASK)


async def test_a_stream_is_refused_and_judged_as_well(openai: OpenAIServer, desk: Desk) -> None:
    client = replica(desk, None, seconds=60)
    openai.faults.always(reset_after_pieces=1)
    for _ in range(3):
        assert (await heard(client.turn().stream(ASK)))[1] == "connection"
    assert await heard(client.turn().stream(ASK)) == ([], "breaker")


async def test_a_try_whose_caller_had_heard_enough_closes_it(openai: OpenAIServer, desk: Desk) -> None:
    client = replica(desk, None, model_breaker_failures=1)
    openai.faults.next(status=500)
    assert await fail(client, 1) == ["server"]
    await asyncio.sleep(OPEN_SECONDS)
    stream = client.turn().stream(ASK)
    await anext(stream)
    await stream.aclose()  # type: ignore[attr-defined]
    assert await client.turn().complete(ASK)


async def test_a_success_in_between_starts_the_count_anew(openai: OpenAIServer, desk: Desk) -> None:
    client = replica(desk, None, seconds=60)
    for _ in range(3):
        openai.faults.next(status=500, times=2)
        assert await fail(client, 2) == ["server"] * 2
        assert await client.turn().complete(ASK)


async def test_answers_that_cannot_be_used_are_not_the_servers_outage(openai: OpenAIServer, desk: Desk) -> None:
    client = replica(desk, None, seconds=60)
    openai.faults.next(status=400, times=4)
    openai.faults.next(no_choices=True, times=4)
    assert await fail(client, 8) == ["rejected"] * 4 + ["garbage"] * 4
    assert await client.turn().complete(ASK)


async def test_a_request_that_was_given_little_time_says_nothing_about_the_server(
    openai: OpenAIServer, desk: Desk
) -> None:
    client = replica(desk, None, seconds=60, model_deadline_seconds=2.0, model_breaker_failures=1)
    turn = client.turn()
    openai.faults.next(slow_before=1.2)
    openai.faults.next(hold_before=True)
    assert await turn.complete(ASK)
    assert await why(turn.complete(ASK)) == "deadline"
    assert await client.turn().complete(ASK)


async def test_a_server_that_never_answers_in_time_opens_it(openai: OpenAIServer, desk: Desk) -> None:
    client = replica(desk, None, seconds=60, model_deadline_seconds=0.5)
    openai.faults.always(hold_before=True)
    assert await fail(client, 4) == ["deadline"] * 3 + ["breaker"]


async def test_voice_notes_have_a_breaker_of_their_own(openai: OpenAIServer, desk: Desk) -> None:
    client = replica(desk, None, seconds=60)
    openai.faults.next(status=404, times=3)
    note = MediaFile(b"OggS", "audio/ogg")
    assert [await why(client.turn().transcribe(note)) for _ in range(4)] == ["rejected"] * 3 + ["breaker"]
    assert await client.turn().complete(ASK)
    assert client.state == "degraded: breaker open"


@pytest.mark.redis
async def test_redis_may_go_away_and_come_back(openai: OpenAIServer, desk: Desk, redis: RedisServer) -> None:
    client = replica(desk, redis.url, seconds=60)
    assert await client.turn().complete(ASK)
    redis.stop()
    assert await client.turn().complete(ASK)
    openai.faults.next(status=500, times=3)
    assert await fail(client, 4) == ["server"] * 3 + ["breaker"]  # by the process's own count
    redis.start()
    assert await replica(desk, redis.url).turn().complete(ASK)


async def test_redis_that_does_not_answer_holds_up_no_turn(
    openai: OpenAIServer, desk: Desk, silent_redis: SilentServer
) -> None:
    client = replica(desk, silent_redis.url, seconds=60)
    for _ in range(20):
        assert await client.turn().complete(ASK)
    assert len(silent_redis.connections) == 1  # one turn has waited for it, once
    openai.faults.next(status=500, times=3)
    assert await fail(client, 4) == ["server"] * 3 + ["breaker"]


@pytest.mark.redis
async def test_what_somebody_else_left_in_redis_stops_nobody(
    openai: OpenAIServer, desk: Desk, redis: RedisServer
) -> None:
    async with Redis.from_url(redis.url) as client:
        await client.set(f"resupply:breaker:chat:{MODEL}", "not ours")
    assert await replica(desk, redis.url).turn().complete(ASK)


@pytest.mark.redis
async def test_new_settings_hold_for_a_breaker_that_redis_remembers(
    openai: OpenAIServer, desk: Desk, redis: RedisServer
) -> None:
    openai.faults.always(status=500)
    assert await fail(replica(desk, redis.url, seconds=3_600), 4) == ["server"] * 3 + ["breaker"]
    openai.faults.clear()
    await asyncio.sleep(OPEN_SECONDS)
    assert await replica(desk, redis.url).turn().complete(ASK)
