"""The hub's notifications, and what a stream passes on."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import ExitStack, aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any

from bot.live import LiveReplies
from bot.web_chat.events import OVERLAP, Events, Tail
from bot.web_chat.hub import Hub
from bot.web_chat.state import ChatState
from core.domain.messages import ChatRef
from core.ports import OpenTurn
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


class Stream:
    """One open stream: its events as (name, data), one after the other."""

    def __init__(self, texts: AsyncGenerator[str, None]) -> None:
        self._texts = texts

    async def next(self) -> tuple[str, dict[str, Any]]:
        async with asyncio.timeout(5):
            while True:
                lines = (await anext(self._texts)).split("\n")
                if any(line.startswith("event: ") for line in lines):
                    fields = dict(line.split(": ", 1) for line in lines if line)
                    return fields["event"], json.loads(fields["data"])

    async def names(self, count: int) -> list[str]:
        return [(await self.next())[0] for _ in range(count)]


@asynccontextmanager
async def stream_of(desk: FakeDesk, hub: Hub, live: LiveReplies) -> AsyncIterator[Stream]:
    """A stream that reads the log when it is told to, and never for its age."""
    async with aclosing(Events(hub, live, poll_seconds=60.0).follow(tail_of(desk), CHAT)) as texts:
        yield Stream(texts)


def turn(turn_id: str) -> OpenTurn:
    return OpenTurn(turn_id, 1, CHAT, "fake", 1, (), None, 1)


def say(live: LiveReplies, text: str) -> None:
    speak = live.of(CHAT)
    assert speak is not None
    speak(text)


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


async def test_a_stream_begins_with_the_log_and_then_clears_what_an_earlier_one_has_shown() -> None:
    desk = FakeDesk()
    desk.logs[CHAT.key] = rows(2)
    async with stream_of(desk, Hub(), LiveReplies()) as stream:
        assert await stream.names(4) == ["message", "message", "state", "over"]


async def test_what_a_turn_says_is_passed_on_piece_by_piece() -> None:
    live = LiveReplies()
    async with stream_of(FakeDesk(), Hub(), live) as stream:
        await stream.names(2)
        asking = asyncio.create_task(stream.next())
        await asyncio.sleep(0)
        with live.taking(turn("t1")):
            say(live, "Yes. ")
            assert await asking == ("delta", {"turn": "t1", "text": "Yes. ", "start": True})
            say(live, "Tomorrow")
            say(live, " morning.")
            assert await stream.next() == ("delta", {"turn": "t1", "text": "Tomorrow morning.", "start": False})


async def test_a_stream_that_comes_later_gets_the_reply_from_its_beginning() -> None:
    desk, live = FakeDesk(), LiveReplies()
    with live.watching(CHAT), live.taking(turn("t1")):
        say(live, "Yes. ")
        say(live, "Tomorrow.")
        async with stream_of(desk, Hub(), live) as stream:
            assert await stream.names(2) == ["state", "over"]
            assert await stream.next() == ("delta", {"turn": "t1", "text": "Yes. Tomorrow.", "start": True})


async def test_a_reply_is_over_only_after_its_messages() -> None:
    desk, hub, live = FakeDesk(), Hub(), LiveReplies()
    async with stream_of(desk, hub, live) as stream:
        await stream.names(2)
        asking = asyncio.create_task(stream.next())
        await asyncio.sleep(0)
        with live.taking(turn("t1")):
            say(live, "Yes. ")
            await asking
            desk.logs[CHAT.key] = rows(1)
        assert await stream.names(2) == ["message", "over"]


async def test_the_next_turn_s_words_come_after_the_messages_of_the_turn_before() -> None:
    desk, hub, live = FakeDesk(), Hub(), LiveReplies()
    async with stream_of(desk, hub, live) as stream:
        await stream.names(2)
        asking = asyncio.create_task(stream.next())
        await asyncio.sleep(0)
        with live.taking(turn("t1")):
            say(live, "Yes. ")
            await asking
            desk.logs[CHAT.key] = rows(1)
        with live.taking(turn("t2")):
            say(live, "No, ")
            assert await stream.names(2) == ["message", "over"]
            assert await stream.next() == ("delta", {"turn": "t2", "text": "No, ", "start": True})


async def test_a_turn_that_begins_while_the_log_is_read_does_not_go_on_with_the_words_of_the_one_before() -> None:
    hub, live, turns = Hub(), LiveReplies(), ExitStack()

    class Log(FakeDesk):
        meanwhile: Callable[[], None] = staticmethod(lambda: None)

        async def history(self, chat: ChatRef, after: int = 0, limit: int = 200) -> Sequence[Row]:
            found = await super().history(chat, after, limit)
            self.meanwhile()
            return found

    desk = Log()

    def begin(turn_id: str, text: str) -> None:
        turns.close()
        turns.enter_context(live.taking(turn(turn_id)))
        say(live, text)

    def next_turn() -> None:
        desk.meanwhile = lambda: None
        desk.logs[CHAT.key] = rows(1)
        begin("t2", "No, not on Sundays.")

    async with stream_of(desk, hub, live) as stream:
        await stream.names(2)
        asking = asyncio.create_task(stream.next())
        await asyncio.sleep(0)
        begin("t1", "Yes. ")
        await asking
        desk.meanwhile = next_turn
        hub.notify(CHAT.key)
        assert await stream.names(2) == ["message", "over"]
        assert await stream.next() == ("delta", {"turn": "t2", "text": "No, not on Sundays.", "start": True})
        turns.close()


async def test_the_words_of_a_lost_turn_are_over_without_a_message() -> None:
    live = LiveReplies()
    async with stream_of(FakeDesk(), Hub(), live) as stream:
        await stream.names(2)
        asking = asyncio.create_task(stream.next())
        await asyncio.sleep(0)
        with live.taking(turn("t1")):
            say(live, "Never. ")
            await asking
        assert (await stream.next())[0] == "over"


async def test_the_log_is_read_beside_the_words() -> None:
    desk, hub, live = FakeDesk(), Hub(), LiveReplies()
    async with stream_of(desk, hub, live) as stream:
        await stream.names(2)
        asking = asyncio.create_task(stream.next())
        await asyncio.sleep(0)
        with live.taking(turn("t1")):
            say(live, "Yes. ")
            await asking
            desk.logs[CHAT.key] = rows(1)
            hub.notify(CHAT.key)
            say(live, "Tomorrow.")
            assert await stream.names(2) == ["message", "delta"]


async def test_a_stream_that_is_closed_watches_no_more() -> None:
    hub, live = Hub(), LiveReplies()
    async with stream_of(FakeDesk(), hub, live) as stream:
        await stream.names(2)
        assert live.remembered == 1
    assert live.remembered == 0
