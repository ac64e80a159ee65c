"""Rate limits per user and per address, in the process and shared over a real Redis."""

import pytest

from tests.sandbox.redis_server import RedisServer
from tests.scenarios.http.conftest import Server, StartServer


async def statuses(server: Server, count: int, user: str = "+6591230001", **headers: str) -> list[int]:
    return [(await server.say("hi", user, headers=headers)).status for _ in range(count)]


async def test_a_user_over_the_limit_is_429_with_retry_after_and_others_are_not(start: StartServer) -> None:
    server = await start(rate_limit_per_minute=3)
    assert await statuses(server, 3) == [200] * 3
    refused = await server.say()
    assert refused.status == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 120
    assert (await refused.json())["error"]["code"] == "rate_limited"
    assert await statuses(server, 1, "+6591230002") == [200]
    assert len(server.store.rows) == 4


async def test_an_address_over_its_multiple_is_429_whoever_writes(start: StartServer) -> None:
    server = await start(rate_limit_per_minute=2, address_limit_multiple=2)
    assert [(await server.say("hi", f"u{n}")).status for n in range(5)] == [200] * 4 + [429]


async def test_wrong_keys_count_for_the_address(start: StartServer) -> None:
    server = await start(rate_limit_per_minute=1, address_limit_multiple=3, api_key="sesame")
    assert await statuses(server, 4, Authorization="Bearer guess") == [401, 401, 401, 429]


async def test_wrong_keys_on_staff_endpoints_are_limited_and_then_a_guess_learns_nothing(start: StartServer) -> None:
    server = await start(rate_limit_per_minute=1, address_limit_multiple=3, api_key="sesame")
    right, wrong = {"Authorization": "Bearer sesame"}, {"Authorization": "Bearer guess"}
    for _ in range(5):
        assert (await server.get("/api/chats", headers=right)).status == 200, "the right key is not counted"
    guesses = [
        (await server.get("/api/orders.csv", headers=wrong)).status,
        (await server.post("/api/chats/1/release", headers=wrong)).status,
        (await server.get("/api/chats")).status,
    ]
    assert guesses == [401] * 3
    refused = await server.get("/api/chats", headers=wrong)
    assert refused.status == 429
    assert int(refused.headers["Retry-After"]) >= 1
    assert (await server.get("/api/chats", headers=right)).status == 429


async def test_wrong_keys_of_one_address_do_not_limit_another(start: StartServer) -> None:
    server = await start(
        rate_limit_per_minute=1, address_limit_multiple=1, api_key="sesame", trusted_proxies="127.0.0.1"
    )
    guesser, other = ({"X-Forwarded-For": f"203.0.113.{n}"} for n in (1, 2))
    assert [(await server.get("/api/chats", headers=guesser)).status for _ in range(2)] == [401, 429]
    assert (await server.get("/api/chats", headers={**other, "Authorization": "Bearer sesame"})).status == 200


async def test_forwarded_addresses_count_from_trusted_proxies_only(start: StartServer) -> None:
    trusting = await start(rate_limit_per_minute=1, address_limit_multiple=1, trusted_proxies="127.0.0.1")
    plain = await start(rate_limit_per_minute=1, address_limit_multiple=1)
    for server, expected in ((trusting, [200, 200]), (plain, [200, 429])):
        answers = [
            (await server.say("hi", f"u{n}", headers={"X-Forwarded-For": f"9.9.9.9, 203.0.113.{n}"})).status
            for n in range(2)
        ]
        assert answers == expected


async def test_zero_sets_no_limit(start: StartServer) -> None:
    server = await start(rate_limit_per_minute=0)
    assert await statuses(server, 30) == [200] * 30


@pytest.mark.redis
async def test_replicas_share_their_limits_over_redis(start: StartServer, redis_server: RedisServer) -> None:
    one = await start(rate_limit_per_minute=4, redis_url=redis_server.url)
    other = await start(rate_limit_per_minute=4, redis_url=redis_server.url)
    assert await statuses(one, 2) + await statuses(other, 3) == [200] * 4 + [429]
    assert (await (await one.get("/health")).json())["redis"] == "ok"


@pytest.mark.redis
async def test_wrong_keys_count_for_all_replicas_and_without_redis_for_each(
    start: StartServer, redis_server: RedisServer
) -> None:
    given = {"rate_limit_per_minute": 1, "address_limit_multiple": 2, "api_key": "sesame"}
    one, other = [await start(redis_url=redis_server.url, **given) for _ in range(2)]
    asked = [(await server.get("/api/chats")).status for server in (one, other, one)]
    assert asked == [401, 401, 429]
    redis_server.stop()
    assert [(await one.get("/api/chats")).status for _ in range(3)] == [401, 401, 429]


@pytest.mark.redis
async def test_without_redis_the_process_limits_on_its_own_and_health_is_degraded(
    start: StartServer, redis_server: RedisServer
) -> None:
    server = await start(rate_limit_per_minute=3, redis_url=redis_server.url)
    assert await statuses(server, 1) == [200]
    redis_server.stop()
    assert await statuses(server, 4) == [200, 200, 200, 429]
    health = await server.get("/health")
    assert health.status == 200
    assert (await health.json())["redis"] == (await health.json())["status"] == "degraded"
