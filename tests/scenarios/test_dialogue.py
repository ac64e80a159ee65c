"""The dialogue that must work, word for word: four messages, one order, one invoice, however they arrive."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.app import Overrides
from bot.storage.tables import inbox, invoices, messages, order_lines, orders
from core import wording
from tests.sandbox.sample import PASIR_RIS, Customer, Shop, StoppedClock, open_shop, sample_settings, until

ORDER = "I want to order 100 12-inch pizza boxes"
OUTLET = "My outlet is Canadian Pizza Pasir Ris"
DELIVER = "Deliver on Tuesday morning"
CONFIRM = "confirm"
DIALOGUE = (ORDER, OUTLET, DELIVER, CONFIRM)
LINKED_DIALOGUE = (ORDER, DELIVER, CONFIRM)
STRANGER = "walk-in-7"

MONDAY, TUESDAY, SUNDAY = "2026-11-23T09:30", "2026-11-17T09:30", "2026-11-22T09:30"
THE_TUESDAY = "2026-11-24"  # the next one from each of them


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock(MONDAY)


@pytest_asyncio.fixture
async def shop(sample_url: str, tmp_path: Path, clock: StoppedClock) -> AsyncIterator[Shop]:
    async with open_shop(sample_settings(sample_url, tmp_path), Overrides(clock=clock)) as shop:
        yield shop


async def the_one_order(shop: Shop) -> Any:
    """What the database holds in the end: one order with its line and its one invoice. Returns the order."""

    async def invoiced() -> bool:
        depths = await shop.store.depths()
        return (depths.inbox, depths.outbox) == (0, 0)

    await until(invoiced)
    (order,) = await shop.rows(orders)
    (line,) = await shop.rows(order_lines)
    (invoice,) = await shop.rows(invoices)
    assert (order.status, order.version, order.outlet) == ("confirmed", 1, "CPZ-PSR")
    assert (line.order_number, line.sku, line.quantity, line.unit) == (order.number, "PB-12-PLN", 2, "bundle")
    assert line.quantity * line.pieces_per_unit == 100
    assert (str(order.subtotal), str(order.tax), str(order.total)) == ("64.00", "5.76", "69.76")
    assert (order.delivery_date.isoformat(), order.delivery_window) == (THE_TUESDAY, "morning")
    assert (invoice.order_number, invoice.version, invoice.status) == (order.number, 1, "open")
    found = await shop.program.accounting.find(order.number)
    assert found is not None
    assert (await shop.store.depths()).parked == 0
    return order


def shows_the_order(body: dict[str, Any]) -> None:
    """The last answer names the order that stands."""
    order = body["order"]
    assert (order["status"], order["outlet"], order["delivery_date"]) == ("confirmed", "CPZ-PSR", THE_TUESDAY)
    assert (order["subtotal"], order["tax"], order["total"]) == ("64.00", "5.76", "69.76")
    assert order["number"] in body["reply"]
    assert not body["asked"]


async def everything_was_answered(shop: Shop, count: int) -> None:
    rows = await shop.rows(inbox)
    assert [row.state for row in rows] == ["answered"] * count
    said = [row for row in await shop.rows(messages) if row.direction == "in"]
    assert [row.state for row in said] == ["answered"] * count


@pytest.mark.parametrize("now", [MONDAY, TUESDAY, SUNDAY])
async def test_the_dialogue_is_one_confirmed_order_with_one_invoice(shop: Shop, clock: StoppedClock, now: str) -> None:
    clock.at = StoppedClock(now).at
    customer = shop.customer(STRANGER)
    ordered = await customer.say(ORDER)
    assert ordered["intent"] == "order"
    assert "outlet" in ordered["reply"]
    assert [(line["sku"], line["pieces"]) for line in ordered["order"]["lines"]] == [("PB-12-PLN", 100)]
    named = await customer.say(OUTLET)
    assert named["order"]["outlet"] == "CPZ-PSR"
    dated = await customer.say(DELIVER)
    assert (dated["order"]["delivery_date"], dated["order"]["delivery_window"]) == (THE_TUESDAY, "morning")
    assert "69.76" in dated["reply"]
    assert (await shop.rows(orders)) == []
    shows_the_order(await customer.say(CONFIRM))
    await the_one_order(shop)
    await everything_was_answered(shop, 4)


@pytest.mark.parametrize("dialogue", [DIALOGUE, LINKED_DIALOGUE])
async def test_a_linked_sender_is_never_asked_for_the_outlet(shop: Shop, dialogue: tuple[str, ...]) -> None:
    customer = shop.customer(PASIR_RIS)
    for text in dialogue:
        body = await customer.say(text)
        assert wording.ASK_OUTLET not in body["reply"]
        assert body["order"]["outlet"] == "CPZ-PSR"
    shows_the_order(body)
    await the_one_order(shop)


@pytest.mark.parametrize("sender", [STRANGER, PASIR_RIS])
async def test_every_message_twice_one_after_the_other_orders_once(shop: Shop, sender: str) -> None:
    customer = shop.customer(sender)
    for text in DIALOGUE:
        first = await customer.say(text)
        second = await customer.say(text)
        assert second["turn_id"] != first["turn_id"]
        assert second["order"] == first["order"]
    shows_the_order(second)
    await the_one_order(shop)
    await everything_was_answered(shop, 8)


@pytest.mark.parametrize("sender", [STRANGER, PASIR_RIS])
async def test_no_message_of_it_is_answered_with_silence(shop: Shop, sender: str) -> None:
    customer = shop.customer(sender)
    for text in (*DIALOGUE, OUTLET, OUTLET, CONFIRM):
        body = await customer.say(text)
        assert body["reply"], f"nothing was said to {text!r}"
        assert body["intent"] != "unclear"


@pytest.mark.parametrize("sender", [STRANGER, PASIR_RIS])
async def test_every_message_twice_at_the_same_time_orders_once(shop: Shop, sender: str) -> None:
    customer = shop.customer(sender)
    for text in DIALOGUE:
        both = await asyncio.gather(customer.say(text), customer.say(text))
    for body in both:
        shows_the_order(body)
    await the_one_order(shop)
    await everything_was_answered(shop, 8)


@pytest.mark.parametrize("at_once", [False, True])
async def test_every_message_twice_with_its_id_is_one_turn(shop: Shop, at_once: bool) -> None:
    customer = shop.customer(STRANGER)
    for number, text in enumerate(DIALOGUE):
        both = await twice(customer, text, f"m-{number}", at_once)
        first, second = ({**body, "latency_ms": 0} for body in both)
        assert first == second
    shows_the_order(second)
    await the_one_order(shop)
    await everything_was_answered(shop, 4)


async def test_five_confirms_at_once_place_one_order(shop: Shop) -> None:
    customer = shop.customer(PASIR_RIS)
    for text in (ORDER, DELIVER):
        await customer.say(text)
    bodies = await asyncio.gather(*(customer.say(CONFIRM) for _ in range(5)))
    for body in bodies:
        shows_the_order(body)
    await the_one_order(shop)
    await everything_was_answered(shop, 7)


async def test_a_late_repeat_of_an_early_message_gets_its_own_answer_and_changes_nothing(shop: Shop) -> None:
    customer = shop.customer(PASIR_RIS)
    first = await customer.say(ORDER, "m-0")
    for number, text in enumerate((DELIVER, CONFIRM), 1):
        await customer.say(text, f"m-{number}")
    late = await customer.say(ORDER, "m-0")
    assert {**late, "latency_ms": 0} == {**first, "latency_ms": 0}
    await the_one_order(shop)


async def twice(customer: Customer, text: str, message_id: str, at_once: bool) -> list[dict[str, Any]]:
    if at_once:
        return list(await asyncio.gather(*(customer.say(text, message_id) for _ in range(2))))
    return [await customer.say(text, message_id), await customer.say(text, message_id)]


@pytest.mark.parametrize("words", ["cancel {}", "cancel order {}", "pls cancel my order {}", "cancel order no. {bare}"])
async def test_an_order_is_cancelled_by_its_number_and_its_invoice_voided(shop: Shop, words: str) -> None:
    customer = shop.customer(PASIR_RIS)
    for text in LINKED_DIALOGUE:
        body = await customer.say(text)
    await the_one_order(shop)
    cancelled = await customer.say(words.format(number := body["order"]["number"], bare=number.split("-")[-1]))
    assert (cancelled["intent"], cancelled["order"]["status"]) == ("cancel", "cancelled")
    assert f"Order *{number}* is cancelled" in cancelled["reply"]

    async def voided() -> bool:
        return [row.status for row in await shop.rows(invoices)] == ["void"]

    await until(voided)
    assert [row.status for row in await shop.rows(orders)] == ["cancelled"]
