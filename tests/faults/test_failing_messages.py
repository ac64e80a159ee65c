"""A message that makes the code fail, or kills the process, is set aside; the chat goes on."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import aiohttp
import pytest

from bot.app import Overrides, open_store
from bot.settings import Settings
from bot.storage.database import Database
from bot.storage.store import SqlStore
from bot.storage.tables import drafts, inbox, outbox
from core import wording
from core.domain.orders import Order
from core.engine import MOST_ATTEMPTS
from tests.sandbox.processes import Desks, health
from tests.sandbox.sample import PASIR_RIS, Customer, StoppedClock, open_shop, rows_of, sample_settings, until

MONDAY = "2026-11-23T09:30"
ORDER, CURSED, NEXT = "2 bundles 12in pizza box", "the usual please", "deliver tomorrow morning"


class StoreWithABadRow(SqlStore):
    """A store in which one outlet's earlier orders cannot be read."""

    async def orders_of(self, outlet: str, limit: int = 50) -> Sequence[Order]:
        raise ValueError("a row that nobody can read")


def store_with_a_bad_row(settings: Settings) -> SqlStore:
    """Opened as the program opens its own."""
    plain = open_store(settings)
    return StoreWithABadRow(
        plain.database,
        zone=plain.zone,
        holidays=plain.holidays,
        default_rules=plain.default_rules,
        lease=plain.lease,
    )


async def test_a_message_that_breaks_the_code_is_parked_and_the_chat_goes_on(sample_url: str, tmp_path: Path) -> None:
    settings = sample_settings(sample_url, tmp_path)
    overrides = Overrides(store=store_with_a_bad_row(settings), clock=StoppedClock(MONDAY))
    async with open_shop(settings, overrides) as shop:
        customer = shop.customer(PASIR_RIS)
        before = await customer.say(ORDER)
        (draft,) = await shop.rows(drafts)
        sorry = await customer.say(CURSED, "m-cursed")
        assert sorry["reply"] == wording.APOLOGY
        assert [c["id"] for c in sorry["messages"][0]["choices"]] == ["agent"], "a way to a person"
        assert {**await customer.say(CURSED, "m-cursed"), "latency_ms": 0} == {**sorry, "latency_ms": 0}
        (parked,) = [row for row in await shop.rows(inbox) if row.state == "parked"]
        assert parked.payload["text"] == CURSED
        assert "a row that nobody can read" in parked.trace
        assert "Traceback" in parked.trace
        assert [(job.kind, job.lane) for job in await shop.rows(outbox)] == [("staff", "staff")]
        assert await shop.rows(drafts) == [draft], "the draft is said to be safe"
        after = await customer.say(NEXT)
        assert after["order"]["lines"] == before["order"]["lines"]
        assert after["order"]["delivery_date"] == "2026-11-24"
        assert (await shop.health())[0] == 200

        async def health_shows_it() -> bool:
            return (await shop.health())[1]["parked"] == 1

        await until(health_shows_it)


async def test_a_session_that_cannot_be_read_does_not_silence_its_chat(sample_url: str, tmp_path: Path) -> None:
    settings = sample_settings(sample_url, tmp_path)
    async with open_shop(settings, Overrides(clock=StoppedClock(MONDAY))) as shop:
        customer, other = shop.customer(PASIR_RIS), shop.customer("+6591230002")
        await customer.say(ORDER)
        (chat,) = await shop.store.chat_rows()
        await shop.store.edit_session(chat.chat.key, lambda _: '{"draft": 7}')
        assert (await customer.say(NEXT))["reply"]
        assert (await other.say(ORDER))["order"]["lines"]


@pytest.mark.slow
async def test_a_message_that_kills_the_process_again_and_again_is_parked(sample_url: str, desks: Desks) -> None:
    desk = desks.forked(sample_url, "--at", MONDAY, "--die-on", CURSED, "--deaths", str(MOST_ATTEMPTS))
    async with aiohttp.ClientSession() as session:
        customer = Customer(session, desk.url, PASIR_RIS)
        before = await customer.say(ORDER)
        cursed = asyncio.create_task(customer.insist(CURSED, "m-cursed"))
        while not cursed.done():
            desk.ensure()
            await asyncio.wait([cursed], timeout=0.1)
        assert cursed.result()["reply"] == wording.APOLOGY
        after = await customer.insist(NEXT)
        assert after["order"]["lines"] == before["order"]["lines"]
        assert (await health(session, desk))["status"] == "degraded", "something waits for a person"
    database = Database.open(sample_url)
    try:
        rows = {row.payload["text"]: row for row in await rows_of(database, inbox)}
    finally:
        await database.close()
    assert [rows[text].state for text in (ORDER, CURSED, NEXT)] == ["answered", "parked", "answered"]
    assert "attempts" in rows[CURSED].trace
    assert rows[CURSED].attempts == MOST_ATTEMPTS + 1, "every try died, the next gave up"
