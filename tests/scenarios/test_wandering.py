"""A conversation that wanders, with the state checked after every turn; then with a kill -9 between any two."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.app import Overrides
from bot.storage.database import Database
from bot.storage.tables import inbox, invoices, order_lines, orders
from tests.sandbox.processes import Desks, health
from tests.sandbox.sample import (
    PASIR_RIS,
    Customer,
    StoppedClock,
    open_shop,
    release_claims,
    rows_of,
    sample_settings,
    until,
)

MONDAY = "2026-11-23T09:30"
BOX12, BOX10, STRAW = "PB-12-PLN", "PB-10-PLN", "ST-PA06-BLK"


@dataclass(frozen=True)
class Turn:
    """What is said, and how things must stand after it. `says` must be in the reply, `not_said` must not."""

    text: str
    intent: str
    lines: Mapping[str, int]
    status: str = "draft"
    day: str | None = None
    says: tuple[str, ...] = ()
    not_said: tuple[str, ...] = field(default=("sorry", "didn't get"))


FIRST = {BOX12: 2, STRAW: 5}
EIGHT = {BOX12: 2, STRAW: 8}
THREE = {BOX12: 2, STRAW: 8, BOX10: 3}
LATER = {BOX12: 4, STRAW: 8, BOX10: 3}
WED = "2026-11-25"

CONVERSATION = (
    Turn("hi boss, 2 bundles 12in pizza box and 5 pkt black paper straws", "order", FIRST, says=("Got it",)),
    Turn("do you have 10 inch pizza boxes?", "question", FIRST, says=("Pizza Box 10in", "25.00")),
    Turn("make the straws 8", "amend", EIGHT, says=("8 packets",)),
    Turn("how much is the 12in box?", "question", EIGHT, says=("32.00",)),
    Turn("deliver wed morning", "delivery", EIGHT, day=WED, says=("Wed 25 Nov, morning", "132.54")),
    Turn("also 3 bundles of the 10 inch", "order", THREE, day=WED, says=("3 bundles Pizza Box 10in", "214.29")),
    Turn("thanks", "smalltalk", THREE, day=WED, says=("welcome",)),
    Turn("remove the straws", "amend", {BOX12: 2, BOX10: 3}, day=WED, says=("Took out", "151.51")),
    Turn("undo", "amend", THREE, day=WED, says=("214.29",)),
    Turn("note: call before delivery", "order", THREE, day=WED, says=("call before delivery",)),
    Turn("show my order", "order", THREE, day=WED, says=("call before delivery", "214.29")),
    Turn("confirm", "confirm", THREE, "confirmed", WED, says=("is confirmed", "214.29")),
    Turn("where is my order", "account", THREE, "confirmed", WED, says=("confirmed", "Wed 25 Nov")),
    Turn("make the 12in boxes 4", "amend", LATER, "draft", WED, says=("4 bundles", "284.05")),
    Turn("confirm", "confirm", LATER, "confirmed", WED, says=("is updated", "284.05")),
)


async def take(customer: Customer, turn: Turn, message_id: str) -> None:
    """Say it, and see that the answer and what it leaves behind are as they must be."""
    body = await customer.insist(turn.text, message_id)
    order = body["order"]
    assert body["intent"] == turn.intent, body["reply"]
    assert {line["sku"]: line["quantity"] for line in order["lines"]} == turn.lines, body["reply"]
    assert (order["outlet"], order["status"]) == ("CPZ-PSR", turn.status)
    assert order["delivery_date"] == turn.day
    assert order["delivery_window"] == ("morning" if turn.day else None)
    assert not body["asked"]
    for words in turn.says:
        assert words in body["reply"]
    for words in turn.not_said:
        assert words not in body["reply"].lower()


async def stands(url: str) -> None:
    """What the database holds after the last turn: one order, changed once, and its one invoice."""
    database = Database.open(url)
    try:
        (order,) = await rows_of(database, orders)
        assert (order.status, order.version, str(order.total)) == ("confirmed", 2, "284.05")
        assert order.notes == ["call before delivery"]
        lines = [row for row in await rows_of(database, order_lines) if row.version == order.version]
        assert {line.sku: line.quantity for line in lines} == LATER
        assert [row.state for row in await rows_of(database, inbox)] == ["answered"] * len(CONVERSATION)

        async def invoiced() -> list[Any]:
            return [row for row in await rows_of(database, invoices) if row.version == order.version]

        await until(invoiced)
        assert len(await rows_of(database, invoices)) == 1
    finally:
        await database.close()


async def test_a_wandering_conversation_keeps_its_context(sample_url: str, tmp_path: Path) -> None:
    settings = sample_settings(sample_url, tmp_path)
    async with open_shop(settings, Overrides(clock=StoppedClock(MONDAY))) as shop:
        customer = shop.customer(PASIR_RIS)
        for number, turn in enumerate(CONVERSATION):
            await take(customer, turn, f"m-{number}")
        await stands(sample_url)


@pytest.mark.slow
async def test_a_kill_and_restart_between_any_two_turns_loses_nothing(sample_url: str, desks: Desks) -> None:
    desk = desks.forked(sample_url, "--at", MONDAY)
    async with aiohttp.ClientSession() as session:
        customer = Customer(session, desk.url, PASIR_RIS)
        for number, turn in enumerate(CONVERSATION):
            await take(customer, turn, f"m-{number}")
            desk.kill()
            desk.start()
        assert (await health(session, desk))["parked"] == 0
        await release_claims(sample_url)
        await stands(sample_url)


@pytest.mark.slow
async def test_a_killed_resupply_serve_goes_on_where_it_was(sample_postgres_url: str, desks: Desks) -> None:
    desk = desks.serve(sample_postgres_url)
    async with aiohttp.ClientSession() as session:
        customer = Customer(session, desk.url, PASIR_RIS)
        await customer.insist("2 bundles 12in pizza box")
        desk.kill()
        desk.start()
        body = await customer.insist("asap")
        assert body["order"]["delivery_date"]
        body = await customer.insist("confirm")
    assert body["order"]["status"] == "confirmed"
    assert [line["quantity"] for line in body["order"]["lines"]] == [2]
