"""Two desks on one database, as two processes would be: the real store, engine and ledger."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

import bot.demo
from bot.app import Overrides, Program, build_program
from bot.importing import ImportKind, import_file
from bot.settings import load_settings
from bot.storage.store import SqlStore
from core.domain.messages import ChatRef, Inbound

FILES = (ImportKind.ZONES, ImportKind.CATALOGUE, ImportKind.PRICES, ImportKind.OUTLETS)
SENDERS = ["+6591230001", "+6591230002"]


class Friday:
    """The clock of the tests stands still."""

    def now(self) -> datetime:
        return datetime(2026, 11, 20, 9, 30, tzinfo=ZoneInfo("Asia/Singapore"))


@pytest_asyncio.fixture
async def desks(database_url: str, tmp_path: Path) -> AsyncIterator[list[Program]]:
    settings = load_settings(_env_file=None, database_url=database_url, data_dir=tmp_path, sweep_seconds=0.2)
    async with AsyncExitStack() as stack:
        programs = [build_program(settings, Overrides(clock=Friday())) for _ in range(2)]
        store = programs[0].store
        assert isinstance(store, SqlStore)
        for kind in FILES:
            await import_file(kind, bot.demo.SAMPLE / f"{kind}.csv", store)
        yield [await stack.enter_async_context(program.running()) for program in programs]


async def say(program: Program, sender: str, text: str, key: str = "") -> dict[str, Any]:
    chat = ChatRef("api", sender, "s")
    return await program.desk.converse(Inbound(chat, key or uuid4().hex, text, program.clock.now()))


async def test_a_dialogue_sent_to_both_desks_is_one_order_and_one_invoice(desks: list[Program]) -> None:
    for n, text in enumerate(("100 12-inch pizza boxes please", "Deliver on Tuesday morning", "confirm")):
        bodies = await asyncio.gather(*(say(desk, SENDERS[0], text, f"m{n}") for desk in desks))
        assert bodies[0] == bodies[1]
    order = bodies[0]["order"]
    assert (order["status"], order["delivery_date"], order["total"]) == ("confirmed", "2026-11-24", "69.76")
    assert [each.number for each in await desks[1].store.recent_orders()] == [order["number"]]
    async with asyncio.timeout(10):
        while await desks[0].accounting.find(order["number"]) is None:
            await asyncio.sleep(0.05)


async def test_turns_of_a_chat_stay_in_order_over_two_desks(desks: list[Program]) -> None:
    async def talk(sender: str) -> None:
        messages = [say(desks[n % 2], sender, f"{n + 1} bundles of 12 inch pizza box") for n in range(12)]
        bodies = await asyncio.gather(*messages)
        assert all(body["turn_id"] for body in bodies)

    await asyncio.gather(*(talk(sender) for sender in SENDERS))
    for sender in SENDERS:
        log = await desks[0].store.history(ChatRef("api", sender, "s"))
        read = [row for row in log if row.direction == "in"]
        assert len(read) == 12
        assert {row.state for row in read} == {"answered"}
        turns = [turn for turn, _ in itertools.groupby(row.turn_id for row in read)]
        assert len(turns) == len(set(turns))


@pytest.mark.slow
async def test_many_chats_on_two_desks_lose_nothing(desks: list[Program]) -> None:
    async def talk(number: int) -> None:
        sender = f"visitor-{number}"
        for n in range(5):
            body = await say(desks[(number + n) % 2], sender, f"hello {n}")
            assert body["turn_id"]

    await asyncio.gather(*(talk(number) for number in range(30)))
    depths = await desks[0].store.depths()
    assert (depths.inbox, depths.parked) == (0, 0)
