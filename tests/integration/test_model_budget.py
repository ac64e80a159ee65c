"""The day's budget holds for all processes together, and what was spent outlives them. On both databases."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal

import pytest
import pytest_asyncio

from bot.settings import InvalidSettings
from bot.storage.database import Database
from bot.storage.model_spend import ModelSpend, Spend
from bot.storage.tables import metadata, model_spend
from core.ports import MediaFile
from tests.sandbox.openai.clients import ASK, PRICES, Desk, heard, openai, settings_for, why
from tests.sandbox.openai_server import MODEL, TRANSCRIPTION_MODEL, OpenAIServer

__all__ = ["openai"]

TODAY = date(2026, 11, 23)
MICRO = 1_000_000


@pytest_asyncio.fixture
async def desk(openai: OpenAIServer, database_url: str) -> AsyncIterator[Desk]:
    """Clients on the stand-in and a database of either kind."""
    made = Desk(openai, database_url)
    yield made
    await made.close()


@pytest_asyncio.fixture
async def rows(database_url: str) -> AsyncIterator[ModelSpend]:
    """The rows as another process sees them."""
    database = Database.open(database_url)
    yield ModelSpend(database)
    await database.close()


async def one_call(desk: Desk) -> tuple[Decimal, int]:
    """What a call costs, and what is set aside for it beforehand, in micro-USD."""
    client = desk.open(model_daily_budget_usd="1")
    day, desk.clock.at = desk.clock.at, desk.clock.at.replace(year=2020)
    turn = client.turn()
    await turn.complete(ASK)
    await client.accounted()
    desk.server.faults.next(hold_before=True)
    held = asyncio.create_task(client.turn().complete(ASK))
    await desk.server.faults.held()
    database = Database.open(desk.url)
    reserved = await ModelSpend(database).spent(desk.clock.now().date()) - int(turn.usage.cost_usd * MICRO)
    await database.close()
    await desk.server.faults.release()
    await held
    desk.clock.at = day
    desk.server.requests.clear()
    return turn.usage.cost_usd, reserved


async def test_fifty_calls_at_once_stay_within_the_budget(openai: OpenAIServer, desk: Desk, rows: ModelSpend) -> None:
    cost, reserved = await one_call(desk)
    budget = Decimal(10 * reserved + reserved // 2) / MICRO  # for ten at a time
    clients = [desk.open(model_daily_budget_usd=budget, model_concurrency=50) for _ in range(2)]
    openai.faults.always(hold_before=True)
    calls = [asyncio.create_task(heard(clients[n % 2].turn().stream(ASK))) for n in range(50)]
    await openai.faults.held(10)
    await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
    while len([call for call in calls if call.done()]) < 40:
        await asyncio.wait([call for call in calls if not call.done()], return_when=asyncio.FIRST_COMPLETED)
    assert {call.result()[1] for call in calls if call.done()} == {"budget"}
    assert len(openai.requests) == 10
    await openai.faults.release()
    outcomes = [reason for _, reason in await asyncio.gather(*calls)]
    assert (outcomes.count(None), outcomes.count("budget")) == (10, 40)
    for client in clients:
        await client.accounted()
    ((model, spend),) = await rows.of_day(TODAY)
    assert (model, spend.calls, spend.micro_usd) == (MODEL, 10, 10 * int(cost * MICRO))
    assert any(client.state == "degraded: over budget" for client in clients)


async def test_what_was_spent_outlives_the_process_and_ends_with_the_day(openai: OpenAIServer, desk: Desk) -> None:
    cost, reserved = await one_call(desk)
    budget = cost * 2 + Decimal(reserved) / MICRO
    first = desk.open(model_daily_budget_usd=budget)
    for _ in range(3):
        await first.turn().complete(ASK)
        await first.accounted()
    await first.close()
    second = desk.open(model_daily_budget_usd=budget)
    turn = second.turn()
    assert await why(turn.complete(ASK)) == "budget"
    assert await heard(turn.stream(ASK)) == ([], "budget")
    assert (len(openai.requests), turn.usage.model_calls) == (3, 0)
    assert second.state == "degraded: over budget"
    desk.clock.pass_by(minutes=31)  # past midnight where the supplier is; in UTC it is afternoon
    assert await second.turn().complete(ASK)
    assert second.state == "connected"


async def test_the_models_share_one_budget(openai: OpenAIServer, desk: Desk, rows: ModelSpend) -> None:
    client = desk.open(model_daily_budget_usd="0.01")
    openai.transcript_usage = lambda note: {"type": "duration", "seconds": 100}
    assert await client.turn().transcribe(MediaFile(b"OggS", "audio/ogg"))
    await client.accounted()
    assert await why(client.turn().complete(ASK)) == "budget"
    assert dict(await rows.of_day(TODAY)) == {TRANSCRIPTION_MODEL: Spend(1, 0, 0, 0, 10_000)}


async def test_a_budget_of_zero_forbids_the_model(openai: OpenAIServer, desk: Desk) -> None:
    assert await why(desk.open(model_daily_budget_usd=0).turn().complete(ASK)) == "budget"
    assert openai.requests == []


async def test_a_failed_call_that_reached_the_server_is_charged_at_its_estimate(
    openai: OpenAIServer, desk: Desk, rows: ModelSpend
) -> None:
    _, reserved = await one_call(desk)
    client = desk.open(model_daily_budget_usd="1", model_deadline_seconds=0.5, model_attempts=1)
    openai.faults.next(hold_before=True)
    openai.faults.next(status=500)
    turn = client.turn()
    assert await why(turn.complete(ASK)) == "deadline"
    assert await why(client.turn().complete(ASK)) == "server"
    await client.accounted()
    ((_, spend),) = await rows.of_day(TODAY)
    assert (spend.calls, spend.estimated_calls, spend.micro_usd) == (2, 1, reserved)
    assert int(turn.usage.cost_usd * MICRO) == reserved


async def test_what_a_killed_process_had_under_way_stays_charged(
    openai: OpenAIServer, desk: Desk, rows: ModelSpend
) -> None:
    _, reserved = await one_call(desk)
    openai.faults.next(hold_before=True)
    task = asyncio.create_task(desk.open(model_daily_budget_usd="1").turn().complete(ASK))
    await openai.faults.held()
    assert await rows.spent(TODAY) == reserved  # what a kill here would leave
    await openai.faults.release()
    await task


async def test_each_try_is_set_aside_and_none_is_left_over(openai: OpenAIServer, desk: Desk, rows: ModelSpend) -> None:
    cost, _ = await one_call(desk)
    client = desk.open(model_daily_budget_usd="1")
    openai.faults.next(status=503, times=2)
    await client.turn().complete(ASK)
    await client.accounted()
    assert dict(await rows.of_day(TODAY))[MODEL].micro_usd == int(cost * MICRO)
    assert dict(await rows.of_day(TODAY))[MODEL].calls == 3


async def test_without_the_database_a_budget_cannot_be_kept_and_the_model_is_not_asked(
    openai: OpenAIServer, desk: Desk, rows: ModelSpend
) -> None:
    database = Database.open(desk.url)
    async with database.writing() as connection:
        await connection.run_sync(model_spend.drop)
    limited, free = desk.open(model_daily_budget_usd="1"), desk.open()
    assert await why(limited.turn().complete(ASK)) == "accounts"
    assert openai.requests == []
    assert await free.turn().complete(ASK)  # and what it cost is written as soon as it can be
    await free.accounted()
    async with database.writing() as connection:
        await connection.run_sync(lambda it: metadata.create_all(it, [model_spend]))
    await database.close()
    assert await free.turn().complete(ASK)
    await free.accounted()
    assert dict(await rows.of_day(TODAY))[MODEL].calls == 2


async def test_many_processes_add_up(desk: Desk, rows: ModelSpend, database_url: str) -> None:
    databases = [Database.open(database_url) for _ in range(4)]
    spend = Spend(1, 0, 10, 2, 7)
    both = {(TODAY, "a"): spend, (TODAY, "b"): spend}
    turned = dict(reversed(both.items()))
    await asyncio.gather(*(ModelSpend(one).add(each) for one in databases for each in (both, turned) * 5))
    for database in databases:
        await database.close()
    total = Spend(40, 0, 400, 80, 280)
    assert await rows.of_day(TODAY) == [("a", total), ("b", total)]
    assert await rows.spent(TODAY) == 560


async def test_amounts_beyond_four_bytes_are_kept(rows: ModelSpend) -> None:
    much = Spend(1, 0, 10**12, 10**12, 10**15)
    await rows.add({(TODAY, "a"): much})
    assert await rows.of_day(TODAY) == [("a", much)]


async def test_a_model_without_a_price_and_a_budget_do_not_go_together(openai: OpenAIServer, desk: Desk) -> None:
    prices = {MODEL: PRICES[MODEL]}
    with pytest.raises(InvalidSettings, match=f"needs a price of {TRANSCRIPTION_MODEL} in RESUPPLY_MODEL_PRICES"):
        desk.open(model_prices=prices, model_daily_budget_usd="5")
    assert settings_for(openai, model_prices=prices).model_problem is None
