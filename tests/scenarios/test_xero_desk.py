"""Orders taken in the chat stand in Xero: through the whole program, over the real connection, on both databases."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio
from typer.testing import CliRunner

from bot.app import Overrides
from bot.cli import app
from bot.dispatcher import Backoff
from bot.storage.tables import outbox
from tests.sandbox.sample import PASIR_RIS, Shop, open_shop, sample_settings, until
from tests.sandbox.xero_desk import SECRET_KEY, XeroDesk
from tests.sandbox.xero_server import CLIENT_ID, CLIENT_SECRET

QUICK = Backoff(first=0.01, longest=0.05)


@pytest_asyncio.fixture
async def books(sample_url: str) -> AsyncIterator[XeroDesk]:
    async with XeroDesk(sample_url) as desk:
        await desk.connected()
        yield desk
        assert desk.xero.refusals == desk.xero.contract_errors == []


def environment(books: XeroDesk) -> dict[str, str]:
    """What a command of this desk is run with."""
    return {
        "DATABASE_URL": books.url,
        "XERO_CLIENT_ID": CLIENT_ID,
        "XERO_CLIENT_SECRET": CLIENT_SECRET,
        "XERO_API_URL": books.xero.api_url,
        "XERO_TOKEN_URL": books.xero.token_url,
        "RESUPPLY_SECRET_KEY": SECRET_KEY,
        "RESUPPLY_XERO_ACCOUNT_CODE": "200",
    }


@pytest_asyncio.fixture
async def shop(books: XeroDesk, sample_url: str, tmp_path: Path) -> AsyncIterator[Shop]:
    given = {name.lower().removeprefix("resupply_"): value for name, value in environment(books).items()}
    settings = sample_settings(sample_url, tmp_path, burst_seconds=0, **given)
    async with open_shop(settings, Overrides(clock=books.clock, backoff=QUICK)) as shop:
        yield shop


async def settled(shop: Shop) -> None:
    """Wait for the invoice jobs to be done."""

    async def done() -> bool:
        shop.program.dispatcher.wake()
        return not [job for job in await shop.rows(outbox) if job.kind == "invoice" and job.state == "waiting"]

    await until(done)


async def ordered(shop: Shop) -> dict[str, Any]:
    customer = shop.customer(PASIR_RIS)
    await customer.say("2 bundles 12in pizza box tomorrow morning")
    placed: dict[str, Any] = (await customer.say("confirm"))["order"]
    assert placed["status"] == "confirmed"
    return placed


async def test_an_order_is_invoiced_changed_and_cancelled_in_xero(shop: Shop, books: XeroDesk) -> None:
    placed = await ordered(shop)
    await settled(shop)
    (invoice,) = books.xero.invoices
    assert (invoice.reference, str(invoice.total)) == (placed["number"], placed["total"])
    assert (await shop.health())[1]["accounting"] == "xero"
    customer = shop.customer(PASIR_RIS)
    await customer.say(f"change {placed['number']}")
    await customer.say("make it 5")
    changed = (await customer.say("confirm"))["order"]
    await settled(shop)
    assert (changed["number"], str(invoice.total)) == (placed["number"], changed["total"])
    await customer.say(f"cancel {placed['number']}")
    await customer.say("yes")
    await settled(shop)
    assert (len(books.xero.invoices), invoice.status) == (1, "VOIDED")


async def test_orders_go_on_without_a_connection_and_are_invoiced_with_the_next(shop: Shop, books: XeroDesk) -> None:
    books.xero.revoke()
    await ordered(shop)

    async def held() -> bool:
        (job,) = [row for row in await shop.rows(outbox) if row.kind == "invoice"]
        return job.state == "waiting" and job.attempts == 0 and "NotConnected" in (job.last_error or "")

    await until(held)
    assert books.xero.invoices == []
    await books.connected()
    await settled(shop)
    assert len(books.xero.invoices) == 1


async def test_sync_prints_the_differences_and_repairs_what_is_safe(shop: Shop, books: XeroDesk) -> None:
    placed = await ordered(shop)
    await settled(shop)

    async def sync(*more: str) -> tuple[int, str]:
        period = ["xero", "sync", "--from", "2026-11-23", "--to", "2026-11-23", *more]
        result = await asyncio.to_thread(CliRunner().invoke, app, period, env=environment(books))
        return result.exit_code, " ".join(result.output.split())

    books.xero.pay(books.xero.invoices[0].number)
    code, printed = await sync()
    assert code == 1
    assert placed["number"] in printed
    assert "stale" in printed
    code, printed = await sync("--repair")
    assert (code, "yes" in printed) == (0, True)
    assert await sync() == (0, "Orders and invoices agree.")
    books.xero.edit(books.xero.invoices[0].number, reference="by hand")
    code, printed = await sync("--repair")
    assert (code, "changed" in printed, "reference is by" in printed) == (1, True, True)
