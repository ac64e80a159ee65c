"""SIGTERM: the turns in flight are finished, nothing new is begun, and no chat stays leased."""

import asyncio
import json

import aiohttp
import pytest

from bot.storage.database import Database
from bot.storage.tables import chats, inbox
from tests.sandbox.processes import Desks, health
from tests.sandbox.sample import Customer, rows_of, until

MONDAY = "2026-11-23T09:30"
SLOW = "2 bundles 12in pizza box"
SENDERS = ["+6591230001", "+6591230002", "+6591230003", "+6591230005"]


@pytest.mark.slow
async def test_a_desk_told_to_stop_finishes_its_turns(sample_url: str, desks: Desks) -> None:
    desk = desks.forked(sample_url, "--at", MONDAY, "--slow-on", SLOW, "--seconds", "1")
    database = Database.open(sample_url)

    async def all_begun() -> bool:
        rows = await rows_of(database, chats)
        return len(rows) == len(SENDERS) and all(row.lease_owner for row in rows)

    try:
        async with aiohttp.ClientSession() as session:
            await health(session, desk)
            customers = [Customer(session, desk.url, sender) for sender in SENDERS]
            asked = [asyncio.create_task(customer.say(SLOW, "m-0")) for customer in customers]
            await until(all_begun)
            desk.terminate()
            bodies = await asyncio.gather(*asked)
            for body in bodies:
                assert [line["quantity"] for line in body["order"]["lines"]] == [2]
            rows = await rows_of(database, inbox)
            assert [row.state for row in rows] == ["answered"] * len(SENDERS)
            assert [row.lease_owner for row in await rows_of(database, chats)] == [None] * len(SENDERS)
            desk.start()
            for customer, body in zip(customers, bodies, strict=True):
                again = await customer.insist(SLOW, "m-0")
                assert again["turn_id"] == body["turn_id"]
                assert (await customer.insist("show my order"))["order"] == body["order"]
    finally:
        await database.close()


@pytest.mark.slow
async def test_a_desk_logs_that_it_stops_and_that_it_has_stopped(sample_url: str, desks: Desks) -> None:
    desk = desks.serve(sample_url, RESUPPLY_LOG_LEVEL="info", RESUPPLY_LOG_FORMAT="json")
    async with aiohttp.ClientSession() as session:
        await health(session, desk)
    desk.terminate()
    assert await desk.ended() == 0
    events = [json.loads(line)["event"] for line in desk.logged.splitlines() if line.startswith("{")]
    assert [each for each in events if each.startswith("stop")] == ["stopping", "stopped"]
