"""The stand-in for Xero: Idempotency-Key, the limits, and what goes wrong on purpose."""

import asyncio
import sys
from typing import Any

import aiohttp
import pytest

from tests.sandbox.xero_caller import CONTACTS, INVOICES, Caller, Clock, messages
from tests.sandbox.xero_server import Limits, XeroServer


async def test_a_key_is_answered_again_for_six_minutes(
    server: XeroServer, call: Caller, clock: Clock, invoice: dict[str, Any]
) -> None:
    key = {"Idempotency-Key": "order-1"}
    _, first, _ = await call.create(invoice, headers=key)
    clock.on(minutes=5, seconds=59)
    status, again, _ = await call.create(invoice, headers=key)
    assert (status, again, server.idempotency.replayed) == (200, first, 1)
    status, body, _ = await call.create(invoice | {"InvoiceNumber": "SO-2"}, headers=key)
    assert (status, messages(body)) == (400, [["Idempotency Key: order-1 is used with a different request."]])
    clock.on(seconds=1)
    assert messages((await call.create(invoice, headers=key))[1]) == [["Invoice # must be unique."]]
    assert (await call.create(invoice, headers={"Idempotency-Key": "k" * 129}))[0] == 400
    assert len(server.invoices) == 1


async def test_sixty_calls_a_minute_and_no_more(server: XeroServer, call: Caller, clock: Clock) -> None:
    server.limits.per_minute = 3
    for left in (2, 1, 0):
        status, _, response = await call("GET", CONTACTS)
        assert (status, response.headers["X-MinLimit-Remaining"]) == (200, str(left))
        clock.on(seconds=10)
    status, body, response = await call("GET", CONTACTS)
    assert (status, body, response.headers["X-Rate-Limit-Problem"]) == (429, b"", "minute")
    assert response.headers["Retry-After"] == "30"
    clock.on(seconds=30)
    assert (await call("GET", CONTACTS))[0] == 200
    assert (len(server.limited), server.refusals, server.limits.peak_minute) == (1, [], 4)


async def test_a_day_and_the_app_have_limits_too(clock: Clock) -> None:
    async with (
        XeroServer(clock, limits=Limits(per_day=2, app_minute=3)) as server,
        aiohttp.ClientSession() as session,
    ):
        other = server.add_organisation("Other books")
        server.consents = [server.organisation, other]
        server.connect(organisations=server.consents)
        call = Caller(server, session)
        for _ in range(2):
            assert (await call("GET", CONTACTS))[0] == 200
        response = (await call("GET", CONTACTS))[2]
        assert (response.headers["X-Rate-Limit-Problem"], response.headers["Retry-After"]) == ("day", "86400")
        call.tenant = other.tenant_id
        assert (await call("GET", CONTACTS))[0] == 200
        assert (await call("GET", CONTACTS))[2].headers["X-Rate-Limit-Problem"] == "appminute"


async def test_five_at_once_and_no_more(server: XeroServer, call: Caller) -> None:
    server.faults.next("contact_list", hold_after=True, times=5)
    held = [asyncio.create_task(call("GET", CONTACTS)) for _ in range(5)]
    await server.faults.held(5)
    status, _, response = await call("GET", CONTACTS)
    assert (status, response.headers["X-Rate-Limit-Problem"]) == (429, "concurrent")
    await server.faults.release()
    assert [status for status, _, _ in await asyncio.gather(*held)] == [200] * 5
    assert server.limits.peak_concurrency == 6


async def test_faults_happen_as_ordered(server: XeroServer, call: Caller, invoice: dict[str, Any]) -> None:
    server.faults.next("invoices", "429_day")
    server.faults.next("invoices", "503")
    server.faults.next("invoices", "reset_before")
    status, _, response = await call.create(invoice)
    assert (status, response.headers["X-Rate-Limit-Problem"], response.headers["Retry-After"]) == (429, "day", "3600")
    assert (await call.create(invoice))[0] == 503
    with pytest.raises(aiohttp.ClientError):
        await call.create(invoice)
    assert server.invoices == []
    server.faults.next("invoices", "reset_after")
    with pytest.raises(aiohttp.ClientError):
        await call.create(invoice)
    assert [it.number for it in server.invoices] == ["SO-1"]
    server.faults.next("invoice", "garbage")
    status, raw, _ = await call("GET", f"{INVOICES}/SO-1")
    assert (status, raw[:6]) == (200, b"<html>")
    assert [request.status for request in server.requests] == [429, 503, 0, 0, 200]
    assert server.refusals == []
    with pytest.raises(ValueError, match="no such route"):
        server.faults.next("invoces", "429")


async def test_a_share_of_the_requests_fails_the_same_way_each_time(server: XeroServer, call: Caller) -> None:
    async def seen() -> list[int]:
        server.faults.always("accounts", share=0.5, seed=3, kinds=["429", "500"])
        statuses = [(await call("GET", "/api.xro/2.0/Accounts"))[0] for _ in range(12)]
        server.faults.clear()
        return statuses

    first = await seen()
    assert set(first) == {200, 429, 500}
    assert await seen() == first


async def test_it_runs_by_hand() -> None:
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.sandbox.xero_server", stdout=asyncio.subprocess.PIPE
    )
    assert program.stdout is not None
    url = (await program.stdout.readline()).decode().strip()
    async with aiohttp.ClientSession() as session, session.get(f"{url}/connections") as answer:
        assert answer.status == 401
    program.terminate()
    await program.wait()
