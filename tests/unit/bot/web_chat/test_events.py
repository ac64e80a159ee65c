"""The hub's notifications, and what a stream passes on."""

import asyncio
import json
from dataclasses import replace
from typing import Any

from bot.web_chat.events import OVERLAP, Tail
from bot.web_chat.hub import Hub
from bot.web_chat.state import ChatState
from core.domain.messages import ChatRef
from tests.sandbox.fake_desk import NUMBER, FakeDesk, Row, line, now, order

CHAT = ChatRef("web", "+6591230001", "s")


def rows(count: int, first: int = 1) -> list[Row]:
    return [Row(seq, "out", f"message {seq}", now()) for seq in range(first, first + count)]


def tail_of(desk: FakeDesk, after: int = 0) -> Tail:
    return Tail(desk, ChatState(desk, desk), CHAT, after)


async def passed_on(tail: Tail, name: str = "message") -> list[dict[str, Any]]:
    """The data of the next changes' events of one kind."""
    events = [text async for text in tail.changes()]
    return [json.loads(text.split("data: ", 1)[1]) for text in events if f"event: {name}\n" in text]


async def test_a_notification_wakes_the_streams_of_its_chat_only() -> None:
    hub = Hub()
    with hub.listening("a") as one, hub.listening("a") as two, hub.listening("b") as other:
        hub.notify("a")
        assert (one.wake.is_set(), two.wake.is_set(), other.wake.is_set()) == (True, True, False)
    hub.notify("a")


async def test_closing_wakes_everybody() -> None:
    hub = Hub()
    with hub.listening("a") as one:
        hub.close()
        async with asyncio.timeout(1):
            await one.wake.wait()
    assert hub.closed


async def test_a_row_is_passed_on_once_and_again_when_it_changes() -> None:
    desk, sent = FakeDesk(), Row(1, "in", "hello", now(), provider_id="p")
    desk.logs[CHAT.key] = [sent]
    tail = tail_of(desk)
    assert [row["waiting"] for row in await passed_on(tail)] == [True]
    assert await passed_on(tail) == []
    desk.logs[CHAT.key] = [replace(sent, state="answered", turn_id="t")]
    assert [row["waiting"] for row in await passed_on(tail)] == [False]


async def test_a_lower_number_that_shows_late_is_passed_on() -> None:
    desk = FakeDesk()
    whole = rows(8)
    desk.logs[CHAT.key] = [row for row in whole if row.seq != 6]
    tail = tail_of(desk)
    await passed_on(tail)
    desk.logs[CHAT.key] = whole
    assert [row["seq"] for row in await passed_on(tail)] == [6]


async def test_a_long_log_is_paged_and_the_resume_point_overlaps() -> None:
    desk = FakeDesk()
    desk.logs[CHAT.key] = rows(450)
    tail = tail_of(desk)
    assert len(await passed_on(tail)) == 450
    desk.logs[CHAT.key] += rows(1, first=451)
    events = [text async for text in tail.changes()]
    assert events[0].startswith(f"id: {450 - OVERLAP}\n")


async def test_the_invoice_shows_as_soon_as_it_has_been_made() -> None:
    desk = FakeDesk()
    desk.logs[CHAT.key] = rows(1)
    lines = [line("Box", 1, "bundle", 50, "32.00")]
    desk.states[CHAT.key] = {"order": order(lines, "CPZ-PSR", status="confirmed", number="SO-2")}
    tail = tail_of(desk)
    assert (await passed_on(tail, "state"))[0]["invoice"] is None
    desk.states[CHAT.key]["order"]["number"] = NUMBER
    invoice = (await passed_on(tail, "state"))[0]["invoice"]
    assert (invoice["number"], invoice["total"]) == ("INV-1001", "162.41")
    assert await passed_on(tail, "state") == []
