"""The ledger's invoices as staff list them and mark them paid, and what the customer is told, on both databases."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from typer.testing import CliRunner, Result

from bot.app import Overrides
from bot.cli import app, out
from bot.storage.tables import outbox
from core.errors import InvalidInput
from tests.sandbox.sample import PASIR_RIS, Shop, StoppedClock, open_shop, sample_settings, until

Type = Callable[..., Result]
MONDAY = "2026-11-23T09:30"


@pytest.fixture
def typed(sample_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Type:
    """Types a command for the test's database."""
    monkeypatch.chdir(tmp_path)
    for name, value in (("DATABASE_URL", sample_url), ("RESUPPLY_DATA_DIR", str(tmp_path))):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(out, "width", 200)
    return lambda *words: CliRunner().invoke(app, words)


@pytest_asyncio.fixture
async def shop(sample_url: str, tmp_path: Path) -> AsyncIterator[Shop]:
    settings = sample_settings(sample_url, tmp_path, burst_seconds=0)
    async with open_shop(settings, Overrides(clock=StoppedClock(MONDAY))) as shop:
        yield shop


async def settled(shop: Shop) -> list[str]:
    """Wait for the invoice jobs; the states that they came to."""

    async def done() -> bool:
        shop.program.dispatcher.wake()
        return "waiting" not in [job.state for job in await shop.rows(outbox)]

    await until(done)
    return [job.state for job in await shop.rows(outbox) if job.kind == "invoice"]


async def placed(shop: Shop) -> tuple[str, str]:
    """An order with its invoice; both numbers."""
    customer = shop.customer(PASIR_RIS)
    await customer.say("2 bundles 12in pizza box tomorrow morning")
    number: str = (await customer.say("confirm"))["order"]["number"]
    assert await settled(shop) == ["done"]
    return number, number.replace("RS-", "INV-")


async def test_a_payment_ends_what_is_owed_and_is_told(shop: Shop, typed: Type) -> None:
    number, invoice = await placed(shop)
    customer = shop.customer(PASIR_RIS)

    async def on_command_line(*words: str) -> str:
        result = await asyncio.to_thread(typed, "invoices", *words)
        assert result.exit_code == 0, result.exception
        return result.stdout

    listed = await on_command_line("list", "--open", "--outlet", "cpz-psr")
    assert invoice in listed
    assert "SGD 69.76" in listed
    assert "S$69.76" in (await customer.say("how much do we owe"))["reply"]

    assert f"{invoice} is paid: SGD 69.76 on 2026-11-23" in await on_command_line("paid", number, "--on", "2026-11-23")
    assert invoice not in await on_command_line("list", "--open")
    assert "paid 2026-11-23" in await on_command_line("list")
    assert (await customer.say("how much do we owe?"))["reply"].startswith("Nothing is outstanding")
    assert f"Yes, {invoice} is paid" in (await customer.say(f"is {number} paid?"))["reply"]
    async with shop.session.get(f"{shop.url}/api/orders/{number}") as response:
        standing = (await response.json())["invoice"]
    assert (standing["status"], standing["amount_due"], standing["paid_on"]) == ("paid", "0.00", "2026-11-23")

    assert "open again" in await on_command_line("unpaid", invoice)
    assert "S$69.76" in (await customer.say("so how much do we owe"))["reply"]


async def test_an_order_changed_after_it_was_paid_waits_for_a_person(shop: Shop, typed: Type) -> None:
    number, invoice = await placed(shop)
    assert (await asyncio.to_thread(typed, "invoices", "paid", invoice, "--on", "2026-11-23")).exit_code == 0
    customer = shop.customer(PASIR_RIS)
    await customer.say(f"change {number}")
    await customer.say("make it 5")
    await customer.say("confirm")
    assert sorted(await settled(shop)) == ["done", "parked"]
    assert "S$69.76" in (await customer.say(f"is {number} paid?"))["reply"]
    (job,) = await shop.store.parked_jobs()
    listed = (await asyncio.to_thread(typed, "parked", "list")).stdout
    assert f"{invoice} was paid before order {number} was changed" in " ".join(listed.split())

    open_again = await asyncio.to_thread(typed, "invoices", "unpaid", invoice)
    assert "has changed meanwhile" in open_again.stdout
    early = await asyncio.to_thread(typed, "invoices", "paid", invoice)
    assert isinstance(early.exception, InvalidInput)
    assert (await asyncio.to_thread(typed, "parked", "retry", f"j{job.job_id}")).exit_code == 0
    assert sorted(await settled(shop)) == ["done", "done"]
    assert "S$174.40" in (await customer.say("how much do we owe"))["reply"]


def test_what_cannot_be_marked_is_refused(typed: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    for words in (
        ("paid", "INV-10001"),
        ("unpaid", "INV-10001"),
        ("paid", "INV-10001", "--on", "yesterday"),
        ("list", "--outlet", "NOWHERE"),
    ):
        assert isinstance(typed("invoices", *words).exception, InvalidInput)
    monkeypatch.setenv("XERO_CLIENT_ID", "an-id")
    monkeypatch.setenv("XERO_CLIENT_SECRET", "a-secret")
    monkeypatch.setenv("RESUPPLY_SECRET_KEY", "x" * 43 + "=")
    for given in (("paid", "INV-10001"), ("unpaid", "INV-10001"), ("list",)):
        refused = typed("invoices", *given).exception
        assert isinstance(refused, InvalidInput)
        assert "the books are in Xero" in str(refused)
