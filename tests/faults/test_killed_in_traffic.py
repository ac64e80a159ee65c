"""Fifty kill -9 during traffic, on each database: nothing is lost and nothing is doubled."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from bot.storage.database import Database
from bot.storage.tables import chats, drafts, inbox, invoices, messages, order_lines, orders, outbox
from core import wording
from tests.sandbox.processes import Desks, ForkedDesk, health
from tests.sandbox.sample import Customer, release_claims, rows_of, until

MONDAY = "2026-11-23T09:30"
SENDERS = ["+6591230001", "+6591230002", "+6591230003", "+6591230005", "+6591230006", "+6591230007"]
KILLS = 50
BOX, STRAW = "PB-12-PLN", "ST-PA06-WHT"


@dataclass
class Talker:
    """A customer who places one order after another, each with other amounts, and checks every answer."""

    customer: Customer
    sent: list[str] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    placed: dict[str, dict[str, int]] = field(default_factory=dict)

    async def say(self, text: str) -> dict[str, Any]:
        self.sent.append(text)
        body = await self.customer.insist(text, f"{len(self.sent)}-{uuid4().hex[:6]}")
        self.answers.append(body)
        assert wording.APOLOGY not in body["reply"], f"{text!r} was set aside"
        await asyncio.sleep(random.uniform(0, 0.03))
        return body

    async def order(self, number: int) -> None:
        """One order in five messages. Its amounts are its own, so that no two orders look alike."""
        boxes, straws = 2 + number % 4, 2 + number // 4 % 4
        await self.say(f"{boxes} bundles of plain 12in pizza box")
        await self.say(f"{straws + 1} packets of 6mm white paper straw")
        await self.say(f"make the straws {straws}")
        await self.say("deliver on friday afternoon")
        body = await self.say("confirm")
        order = body["order"]
        assert order["status"] == "confirmed", body["reply"]
        assert order["number"] not in self.placed
        self.placed[order["number"]] = {BOX: boxes, STRAW: straws}


async def kill_and_restart(
    desk: ForkedDesk, session: aiohttp.ClientSession, talkers: Sequence[Talker], silent: asyncio.Event
) -> None:
    """Kill in traffic: something has been said since the time before, while anybody still talks."""
    for _ in range(KILLS):
        said = sum(len(talker.sent) for talker in talkers)
        await asyncio.sleep(random.uniform(0.05, 0.4))
        while sum(len(talker.sent) for talker in talkers) == said and not silent.is_set():
            await asyncio.sleep(0.01)
        desk.kill()
        desk.start()
        await health(session, desk)


@pytest.mark.slow
@pytest.mark.heavy
async def test_fifty_kills_during_traffic_lose_and_double_nothing(sample_url: str, desks: Desks) -> None:
    desk = desks.forked(sample_url, "--at", MONDAY, "--patient")
    async with aiohttp.ClientSession() as session:
        talkers = [Talker(Customer(session, desk.url, sender)) for sender in SENDERS]
        silent = asyncio.Event()
        killer = asyncio.create_task(kill_and_restart(desk, session, talkers, silent))

        async def talk(talker: Talker) -> None:
            for number in range(16):
                if killer.done():
                    return
                await talker.order(number)

        try:
            await asyncio.gather(*(talk(talker) for talker in talkers))
        except AssertionError:
            print(await traces(sample_url))
            raise
        finally:
            silent.set()
        await killer
        await release_claims(sample_url)

        async def settled() -> bool:
            return (await health(session, desk))["outbox_depth"] == 0

        await until(settled)
    assert sum(len(talker.sent) for talker in talkers) > KILLS
    await check(sample_url, talkers)


async def traces(url: str) -> list[str]:
    """Why messages were set aside, for whoever reads a failure of this test."""
    database = Database.open(url)
    try:
        return [row.trace for row in await rows_of(database, inbox) if row.trace]
    finally:
        await database.close()


async def check(url: str, talkers: Sequence[Talker]) -> None:
    """Compare what the customers saw with what the database holds."""
    database = Database.open(url)
    try:
        by_chat = {row.id: row.sender for row in await rows_of(database, chats)}
        rows = await rows_of(database, inbox)
        log = await rows_of(database, messages)
        for talker in talkers:
            sender = talker.customer.sender
            mine = sorted((row for row in rows if by_chat[row.chat_id] == sender), key=lambda row: row.seq)
            assert [row.payload["text"] for row in mine] == talker.sent
            assert {row.state for row in mine} == {"answered"}
            assert [row.turn_id for row in mine] == [body["turn_id"] for body in talker.answers]
            lines = sorted((row for row in log if by_chat[row.chat_id] == sender), key=lambda row: row.seq)
            assert [row.turn_id for row in lines if row.direction == "in"] == [row.turn_id for row in mine]
            replies = [(row.turn_id, row.text) for row in lines if row.direction == "out"]
            assert replies == [(body["turn_id"], body["reply"]) for body in talker.answers]
        await check_orders(database, talkers)
    finally:
        await database.close()


async def check_orders(database: Database, talkers: Sequence[Talker]) -> None:
    """Every confirmed draft is one order with its own lines and one invoice; no other order is there."""
    seen = {number: lines for talker in talkers for number, lines in talker.placed.items()}
    stored: dict[str, dict[str, int]] = defaultdict(dict)
    for line in await rows_of(database, order_lines):
        stored[line.order_number][line.sku] = line.quantity
    assert stored == seen
    assert {row.number for row in await rows_of(database, orders)} == seen.keys()
    assert sorted(row.order_number for row in await rows_of(database, invoices)) == sorted(seen)
    jobs = await rows_of(database, outbox)
    assert sorted(job.key for job in jobs) == sorted(f"invoice:{number}:1" for number in seen)
    assert {job.state for job in jobs} == {"done"}
    assert await rows_of(database, drafts) == []
