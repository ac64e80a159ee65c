"""A push channel that misbehaves: each chat's replies keep their order, are retried, and end parked."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from bot.app import Overrides
from bot.dispatcher import Backoff
from bot.storage.tables import outbox
from channels.contract import Outgoing
from core.domain.messages import ChatRef, Inbound
from core.errors import DeliveryFailed, DeliveryRefused, NotNow
from tests.sandbox.channel import QuietChannel
from tests.sandbox.sample import Shop, StoppedClock, open_shop, sample_settings, until

MONDAY = "2026-11-23T09:30"
ANN, BEN = "+6591230001", "+6591230002"
QUICK = Backoff(first=0.01, longest=0.05, attempts=8)


class Whatsapp(QuietChannel):
    """A channel that does to each send what `plan` says next for its receiver; then it delivers.

    "fail" raises, "drop" delivers and then raises, "refuse" will never work, "not now" has to wait, "slow" takes its
    time, "hold" waits for `let_go`.
    """

    name = "whatsapp"

    def __init__(self) -> None:
        super().__init__()
        self.plan: dict[str, list[str]] = defaultdict(list)
        self.tries: list[tuple[str, str]] = []
        self.got: dict[str, list[str]] = defaultdict(list)
        self._keys: set[str] = set()
        self.let_go = asyncio.Event()

    async def send(self, message: Outgoing) -> None:
        chat, key = message.chat, message.key
        self.tries.append((chat.sender, key))
        planned = self.plan[chat.sender]
        fate = planned.pop(0) if planned else "deliver"
        if fate == "refuse":
            raise DeliveryRefused("blocked by the customer")
        if fate == "fail":
            raise DeliveryFailed("the provider answers 500")
        if fate == "not now":
            raise NotNow("a limit is reached", 0.01)
        if fate == "slow":
            await asyncio.sleep(0.3)
        if fate == "hold":
            await self.let_go.wait()
        if key not in self._keys:  # a provider that knows a repeat by its key
            self._keys.add(key)
            self.got[chat.sender].append(message.reply.text)
        if fate == "drop":
            raise ConnectionResetError("the answer got lost")

    def tries_of(self, sender: str) -> list[str]:
        return [key for to, key in self.tries if to == sender]


@pytest.fixture
def whatsapp() -> Whatsapp:
    return Whatsapp()


@pytest_asyncio.fixture
async def shop(sample_url: str, tmp_path: Path, whatsapp: Whatsapp) -> AsyncIterator[Shop]:
    opened: AbstractAsyncContextManager[Shop] = open_shop(
        sample_settings(sample_url, tmp_path, burst_seconds=0),
        Overrides(clock=StoppedClock(MONDAY), channels=[whatsapp], backoff=QUICK),
    )
    async with opened as shop:
        yield shop


async def hear(shop: Shop, sender: str, text: str) -> None:
    """A message comes in on the channel, and its turn is taken."""
    chat = ChatRef("whatsapp", sender)
    await shop.program.desk.receive(Inbound(chat, uuid4().hex, text, shop.program.clock.now()))

    async def answered() -> bool:
        return (await shop.store.depths()).inbox == 0

    await until(answered)


async def delivered(shop: Shop) -> None:
    """Wait for the outbox to empty; it is woken rather than waited for."""

    async def done() -> bool:
        shop.program.dispatcher.wake()
        return (await shop.store.depths()).outbox == 0

    await until(done)


async def replies(shop: Shop, sender: str) -> list[str]:
    """What the desk said to a chat, as its log has it."""
    log = await shop.store.history(ChatRef("whatsapp", sender))
    return [row.text for row in log if row.direction == "out"]


async def parked(shop: Shop) -> list[Any]:
    return [row for row in await shop.rows(outbox) if row.state == "parked"]


@pytest.mark.parametrize("faults", [["fail"] * 5, ["drop"], ["slow"], ["fail", "drop", "slow", "fail"]])
async def test_replies_arrive_once_and_in_order_whatever_the_provider_does(
    shop: Shop, whatsapp: Whatsapp, faults: list[str]
) -> None:
    whatsapp.plan[ANN] = list(faults)
    for text in ("2 bundles 12in pizza box", "deliver tomorrow morning", "confirm"):
        await hear(shop, ANN, text)
    await delivered(shop)
    assert whatsapp.got[ANN] == await replies(shop, ANN)
    assert len(whatsapp.got[ANN]) == 3
    failures = sum(fault != "slow" for fault in faults)
    assert len(whatsapp.tries_of(ANN)) == 3 + failures
    assert whatsapp.tries_of(ANN) == sorted(whatsapp.tries_of(ANN), key=whatsapp.tries_of(ANN).index)
    assert await parked(shop) == []


async def test_a_chat_whose_provider_fails_holds_up_no_other(shop: Shop, whatsapp: Whatsapp) -> None:
    whatsapp.plan[ANN] = ["fail"] * 5
    await hear(shop, ANN, "2 bundles 12in pizza box")
    await hear(shop, BEN, "3 bundles 12in pizza box")

    async def has_his_reply() -> bool:
        return bool(whatsapp.got[BEN])

    await until(has_his_reply)
    await delivered(shop)
    assert whatsapp.got[ANN] == await replies(shop, ANN)
    assert whatsapp.got[BEN] == await replies(shop, BEN)


async def test_health_tells_that_replies_do_not_go_out_until_they_do(shop: Shop, whatsapp: Whatsapp) -> None:
    async def says(state: str) -> bool:
        _, body = await shop.health()
        return bool(body["whatsapp"] == state)

    assert await says("connected")
    whatsapp.plan[ANN] = ["fail"] * 6 + ["hold"]
    await hear(shop, ANN, "2 bundles 12in pizza box")
    await until(lambda: says("degraded: the last reply could not be sent"))
    whatsapp.let_go.set()
    await delivered(shop)
    await until(lambda: says("connected"))


async def test_a_provider_that_hangs_holds_up_its_own_replies_only(shop: Shop, whatsapp: Whatsapp) -> None:
    crowd = [f"+6598{number:06}" for number in range(60)]
    for sender in crowd:
        whatsapp.plan[sender] = ["hold"]
        chat = ChatRef("whatsapp", sender)
        await shop.program.desk.receive(Inbound(chat, uuid4().hex, "hello", shop.program.clock.now()))

    async def all_answered() -> bool:
        depths = await shop.store.depths()
        return depths.inbox == 0 and len(whatsapp.tries) >= 40

    await until(all_answered)
    customer = shop.customer(ANN)
    await customer.say("2 bundles 12in pizza box tomorrow morning")
    assert (await customer.say("confirm"))["order"]["status"] == "confirmed"

    async def invoiced() -> bool:
        return any(row.kind == "invoice" and row.state == "done" for row in await shop.rows(outbox))

    await until(invoiced)
    assert len(whatsapp.tries) == 40, "no more than the channel has connections for"
    whatsapp.let_go.set()
    await delivered(shop)
    assert all(len(whatsapp.got[sender]) == 1 for sender in crowd)


async def test_what_is_refused_is_parked_at_once_and_the_next_reply_goes_out(shop: Shop, whatsapp: Whatsapp) -> None:
    whatsapp.plan[ANN] = ["refuse"]
    await hear(shop, ANN, "2 bundles 12in pizza box")
    await hear(shop, ANN, "deliver tomorrow morning")
    await delivered(shop)
    assert whatsapp.got[ANN] == (await replies(shop, ANN))[1:]
    (job,) = await parked(shop)
    assert (job.attempts, job.kind) == (1, "reply")
    assert "blocked by the customer" in job.last_error
    assert len(whatsapp.tries_of(ANN)) == 2


async def test_what_cannot_be_done_now_waits_for_as_long_as_it_takes(shop: Shop, whatsapp: Whatsapp) -> None:
    whatsapp.plan[ANN] = ["not now"] * (QUICK.attempts + 5)
    await hear(shop, ANN, "2 bundles 12in pizza box")
    await delivered(shop)
    assert whatsapp.got[ANN] == await replies(shop, ANN)
    assert await parked(shop) == []
    (job,) = [row for row in await shop.rows(outbox) if row.kind == "reply"]
    assert job.attempts == 1


async def test_what_keeps_failing_is_parked_shown_in_health_and_can_be_given_back(
    shop: Shop, whatsapp: Whatsapp
) -> None:
    whatsapp.plan[ANN] = ["fail"] * QUICK.attempts
    await hear(shop, ANN, "2 bundles 12in pizza box")
    await delivered(shop)
    (job,) = await parked(shop)
    assert job.attempts == QUICK.attempts
    assert "500" in job.last_error

    async def health_shows_it() -> bool:
        return (await shop.health())[1]["parked"] == 1

    await until(health_shows_it)
    await hear(shop, ANN, "deliver tomorrow morning")
    await delivered(shop)
    assert await shop.store.unpark(job.id)
    shop.program.dispatcher.wake()
    await delivered(shop)
    first, second = await replies(shop, ANN)
    assert whatsapp.got[ANN] == [second, first]
    assert await parked(shop) == []


async def test_an_invoice_that_could_not_be_made_at_first_is_made_once(
    sample_url: str, tmp_path: Path, whatsapp: Whatsapp
) -> None:
    fates = ["fail", "drop", "fail"]

    async def flaky(job: Any) -> None:
        fate = fates.pop(0) if fates else "make"
        if fate == "fail":
            raise DeliveryFailed("the books are closed")
        await shop.program.accounting.invoice(*await order_and_outlet(shop, job.payload["order"]))
        if fate == "drop":
            raise TimeoutError("the answer got lost")

    overrides = Overrides(clock=StoppedClock(MONDAY), handlers={"invoice": flaky}, backoff=QUICK)
    async with open_shop(sample_settings(sample_url, tmp_path), overrides) as shop:
        customer = shop.customer(ANN)
        for text in ("2 bundles 12in pizza box", "deliver tomorrow morning", "confirm"):
            body = await customer.say(text)
        await delivered(shop)
        assert fates == []
        invoice = await shop.program.accounting.find(body["order"]["number"])
        assert invoice is not None
        assert (await shop.store.depths()).parked == 0


async def order_and_outlet(shop: Shop, number: str) -> tuple[Any, Any]:
    order = await shop.store.order(number)
    assert order is not None
    assert order.outlet is not None
    return order, (await shop.store.reference()).directory.outlets[order.outlet]
