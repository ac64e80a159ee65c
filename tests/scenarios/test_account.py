"""What a customer is told of their account over the chat API, with the ledger as the books."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.app import Overrides
from core import wording
from tests.sandbox.sample import PASIR_RIS, Shop, StoppedClock, open_shop, sample_settings, until

TAMPINES = "+6591230002"


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock("2026-11-23T09:30")


@pytest_asyncio.fixture
async def shop(sample_url: str, tmp_path: Path, clock: StoppedClock) -> AsyncIterator[Shop]:
    async with open_shop(sample_settings(sample_url, tmp_path), Overrides(clock=clock)) as shop:
        yield shop


async def order(shop: Shop, text: str, sender: str = PASIR_RIS) -> str:
    """Place an order and wait for its invoice; the order's number."""
    customer = shop.customer(sender)
    await customer.say(text)
    number: str = (await customer.say("confirm"))["order"]["number"]

    async def invoiced() -> bool:
        return await shop.program.accounting.find(number) is not None

    await until(invoiced)
    return number


async def test_two_orders_are_owed_and_named(shop: Shop, clock: StoppedClock) -> None:
    first = await order(shop, "100 12in pizza boxes tmr")
    clock.at = clock.at.replace(day=24)
    second = await order(shop, "4 bundles 12in pizza box, tmr")
    customer = shop.customer(PASIR_RIS, "another-chat")

    owed = await customer.say("how much do we owe ah")
    # 64.00 + 5.76 and 128.00 + 11.52, both due 30 days after their date
    assert owed["reply"] == (
        "Outstanding for Canadian Pizza Pasir Ris: *S$209.28*. Nothing is overdue.\n"
        f"• INV-{first[3:]}, Mon 23 Nov: S$69.76, due Wed 23 Dec\n"
        f"• INV-{second[3:]}, Tue 24 Nov: S$139.52, due Thu 24 Dec"
    )
    assert owed["intent"] == "account"
    assert not owed["asked"]
    late = clock.at.replace(month=12, day=24)
    clock.at = late
    overdue = await customer.say("anything overdue?")
    assert overdue["reply"].startswith(
        "Overdue for Canadian Pizza Pasir Ris: *S$69.76*, of S$209.28 outstanding in all.\n"
    )
    paid = await customer.say(f"did you get our payment for INV-{first[3:]}")
    assert "no full payment yet" in paid["reply"]
    await shop.program.accounting.close(first)  # type: ignore[attr-defined]
    assert "nothing is due on it any more" in (await customer.say(f"is {first} paid"))["reply"]


async def test_another_outlets_invoice_is_not_there(shop: Shop) -> None:
    number = await order(shop, "100 12in pizza boxes tmr")
    neighbour = shop.customer(TAMPINES)
    for text in (f"invoice for {number} pls", f"is INV-{number[3:]} paid"):
        reply = (await neighbour.say(text))["reply"]
        assert "I don't find invoice" in reply
        assert "S$" not in reply
    assert (await neighbour.say("how much do we owe"))["reply"] == "Nothing is outstanding for Canadian Pizza Tampines."


async def test_who_names_the_outlet_is_told_nothing(shop: Shop) -> None:
    await order(shop, "100 12in pizza boxes tmr")
    stranger = shop.customer("walk-in-7")
    assert (await stranger.say("how much do we owe"))["reply"] == wording.ACCOUNT_OF_THE_LINKED
    await stranger.say("My outlet is Canadian Pizza Pasir Ris")
    for text in ("how much do we owe", "invoice pls", "is last week's paid"):
        assert (await stranger.say(text))["reply"] == wording.ACCOUNT_OF_THE_LINKED


async def test_an_order_and_a_question_in_one_message(shop: Shop) -> None:
    await order(shop, "100 12in pizza boxes tmr")
    body = await shop.customer(PASIR_RIS, "two").say("3 bundles 12in pizza box wed, how much do we owe")
    assert "*S$69.76*" in body["reply"]
    assert [(line["sku"], line["quantity"]) for line in body["order"]["lines"]] == [("PB-12-PLN", 3)]
    assert body["order"]["status"] == "draft"
