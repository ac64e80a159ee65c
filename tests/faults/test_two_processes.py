"""Two `resupply serve` on one PostgreSQL, both hearing the same chats at the same time."""

import asyncio
import itertools
import random
from collections.abc import Sequence
from typing import Any

import aiohttp
import pytest

from bot.storage.database import Database
from bot.storage.tables import chats, inbox, messages
from tests.sandbox.processes import DeskProcess, Desks, health
from tests.sandbox.sample import Customer, rows_of, until

ITEMS = ("plain 8in pizza box", "plain 9in pizza box", "plain 10in pizza box", "plain 12in pizza box")
COURTESIES = ("hi boss", "good morning", "thanks", "thank you")
SKUS = {"PB-08-PLN", "PB-09-PLN", "PB-10-PLN", "PB-12-PLN"}
CHATS = [(sender, f"s{n}") for n in range(2) for sender in ("+6591230001", "+6591230002", "+6591230003")]

pytestmark = pytest.mark.slow


async def talk(session: aiohttp.ClientSession, both: Sequence[DeskProcess], sender: str, chat: str) -> None:
    """Everything is sent at once, each message to one of the desks, every third to both with its id."""
    customers = [Customer(session, desk.url, sender, chat) for desk in both]
    posts = []
    for number, item in enumerate(ITEMS):
        text, message_id = f"{number + 2} bundles of {item}", f"m-{number}"
        posts.append(customers[number % 2].insist(text, message_id))
        if number % 3 == 0:
            posts.append(customers[(number + 1) % 2].insist(text, message_id))
    posts += [random.choice(customers).insist(text, text) for text in COURTESIES]
    await asyncio.gather(*posts)


@pytest.mark.postgres
async def test_chats_keep_their_order_and_lose_nothing_over_two_processes(
    sample_postgres_url: str, desks: Desks
) -> None:
    both = [desks.serve(sample_postgres_url) for _ in range(2)]
    async with aiohttp.ClientSession() as session:
        for desk in both:
            assert (await health(session, desk))["database"] == "ok"
        await asyncio.gather(*(talk(session, both, sender, chat) for sender, chat in CHATS))
        for sender, chat in CHATS:
            shown = await Customer(session, both[0].url, sender, chat).insist("show my order")
            lines = {line["sku"]: line["quantity"] for line in shown["order"]["lines"]}
            assert lines.keys() == SKUS
            assert [lines[sku] for sku in sorted(lines)] == [2, 3, 4, 5]
    await check(sample_postgres_url)


async def check(url: str) -> None:
    """Each message once, each turn once and whole, in the order of arrival, and no lease left behind."""
    database = Database.open(url)
    try:
        here = await rows_of(database, chats)
        waiting = await rows_of(database, inbox)
        log = await rows_of(database, messages)
    finally:
        await database.close()
    assert len(here) == len(CHATS)
    assert [row.lease_owner for row in here] == [None] * len(CHATS)
    for chat in here:
        mine = sorted((row for row in waiting if row.chat_id == chat.id), key=lambda row: row.seq)
        assert len(mine) == 9
        assert {row.state for row in mine} == {"answered"}
        turns = [turn for turn, _ in itertools.groupby(row.turn_id for row in mine)]
        assert len(turns) == len(set(turns)), "a turn's messages arrived one after the other"
        said = sorted((row for row in log if row.chat_id == chat.id), key=lambda row: row.seq)
        assert answered_in_order(said) == turns


def answered_in_order(said: Sequence[Any]) -> list[str]:
    """The turns of the replies, in the order in which the replies stand in the log."""
    return [turn for turn, _ in itertools.groupby(row.turn_id for row in said if row.direction == "out")]


@pytest.mark.postgres
async def test_the_other_process_answers_the_chats_of_one_that_died(sample_postgres_url: str, desks: Desks) -> None:
    slow = "2 bundles of plain 12in pizza box"
    dying = desks.forked(sample_postgres_url, "--slow-on", slow, "--seconds", "600")
    database = Database.open(sample_postgres_url)

    async def in_the_middle_of_it() -> bool:
        return [bool(row.lease_owner) for row in await rows_of(database, chats)] == [True]

    async def answered() -> bool:
        return {row.state for row in await rows_of(database, inbox)} == {"answered"}

    try:
        async with aiohttp.ClientSession() as session:
            customer = Customer(session, dying.url, "+6591230001")
            lost = asyncio.create_task(customer.post(slow, "m-0"))
            await until(in_the_middle_of_it)
            other = desks.serve(sample_postgres_url)
            dying.kill()
            with pytest.raises(aiohttp.ClientError):
                await lost
            await until(answered)
            body = await Customer(session, other.url, "+6591230001").insist(slow, "m-0")
            assert [line["quantity"] for line in body["order"]["lines"]] == [2]
            assert len(await rows_of(database, inbox)) == 1
    finally:
        await database.close()
