"""A reply is streamed while it is written, and whatever happens the deltas come to the reply."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp import ClientResponse, ClientSession, web

from bot.clock import SystemClock
from bot.desk import Desk
from bot.http.access import KeyCheck
from bot.http.api import ChatApi
from bot.http.limits import RateLimits
from bot.http.middleware import around
from bot.http.streaming import TurnStream
from bot.live import LiveReplies, Watched
from bot.metrics import Metrics
from bot.settings import Settings
from core.domain.messages import ChatRef, Inbound
from core.ports import OpenTurn, Waiting
from tests.sandbox.memory import EchoEngine, MemoryStore
from tests.scenarios.http.conftest import SENDER, served

QUESTION = "Yes. We deliver to Sentosa. Order by noon."
Speech = Callable[[Callable[[str], None], OpenTurn], Awaitable[None]]


@dataclass
class Talker:
    """A desk whose replies are the messages themselves, with a script of what is said before they are committed."""

    url: str
    session: ClientSession
    store: MemoryStore
    engine: EchoEngine
    live: LiveReplies
    streams: list["Heard"] = field(default_factory=list)

    def speaks(self, script: Speech) -> None:
        """Have every turn that is watched say something before its commit."""

        async def speak(turn: OpenTurn) -> None:
            say = self.live.of(turn.chat)
            if say is not None:
                await script(say, turn)

        self.engine.before_commit = speak

    @asynccontextmanager
    async def asking(self, message: str, key: str = "") -> AsyncIterator["Heard"]:
        """Ask, and listen to the answer. Entered once the response has begun."""
        fields = {"message": message, "user_id": SENDER, "session_id": "s"}
        headers = {"Accept": "text/event-stream", **({"Idempotency-Key": key} if key else {})}
        async with self.session.post(f"{self.url}/api/chatbot", json=fields, headers=headers) as response:
            self.streams.append(heard := Heard(response, message))
            yield heard

    async def ask(self, message: str, key: str = "") -> "Heard":
        """Ask, and hear the answer out."""
        async with self.asking(message, key) as heard:
            await heard.out()
            return heard

    def heard(self, message: str) -> str:
        """What has come so far over the stream of a message's answer; "" before its first event."""
        return next((stream.text for stream in self.streams if stream.message == message), "")


class Heard:
    """What came over one stream so far. `text` is the reply as the events make it."""

    def __init__(self, response: ClientResponse, message: str) -> None:
        self.response = response
        self.message = message
        self.names: list[str] = []
        self.deltas: list[str] = []
        self.comments = 0
        self.text = ""
        self.body: dict[str, Any] = {}

    async def next(self) -> str:
        """The name of the next event; "" for a comment, "end" after the last."""
        lines = []
        while line := (await self.response.content.readline()).decode().rstrip("\n"):
            lines.append(line)
        if not lines:
            return "end"
        if lines[0].startswith(":"):
            self.comments += 1
            return ""
        name, data = lines[0].removeprefix("event: "), json.loads(lines[1].removeprefix("data: "))
        self.names.append(name)
        if name == "delta":
            self.deltas.append(data["text"])
            self.text += data["text"]
        elif name == "reset":
            self.text = ""
        else:
            self.body = data
        return name

    async def out(self) -> None:
        """Hear it out."""
        while await self.next() != "end":
            pass


@pytest.fixture
async def open_talker(settings: Callable[..., Settings]) -> AsyncIterator[Callable[..., Awaitable[Talker]]]:
    async with AsyncExitStack() as stack:

        async def start(beat_seconds: float = 10.0, **given: Any) -> Talker:
            clock, live, chosen = SystemClock(ZoneInfo("Asia/Singapore")), LiveReplies(), settings(**given)
            store = MemoryStore(clock)
            engine = EchoEngine(store, clock.now)
            desk = Desk(store, Watched(engine, live), clock, chosen)
            limits = RateLimits(chosen)
            api = ChatApi(desk, chosen, KeyCheck(None, limits, chosen.trusted_proxies), limits, live, beat_seconds)
            app = web.Application(middlewares=[around(Metrics())])
            app.router.add_post("/api/chatbot", api.chatbot)
            url = await stack.enter_async_context(served(app))
            stack.push_async_callback(limits.close)
            stack.push_async_callback(desk.stop)
            session = await stack.enter_async_context(ClientSession())
            return Talker(url, session, store, engine, live)

        yield start


@pytest.fixture
async def talker(open_talker: Callable[..., Awaitable[Talker]]) -> Talker:
    return await open_talker()


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


async def test_the_first_words_are_heard_before_the_turn_is_done(talker: Talker) -> None:
    heard_first, heard_second = asyncio.Event(), asyncio.Event()

    async def script(say: Callable[[str], None], turn: OpenTurn) -> None:
        say("Yes. ")
        await heard_first.wait()
        say("We deliver to Sentosa. ")
        await heard_second.wait()

    talker.speaks(script)
    async with talker.asking(QUESTION) as heard:
        await heard.next()
        assert heard.text == "Yes. "
        heard_first.set()
        await heard.next()
        assert heard.text == "Yes. We deliver to Sentosa. "
        assert talker.store.commits == []
        heard_second.set()
        await heard.out()
    assert heard.names == ["delta", "delta", "delta", "turn"]
    assert heard.text == heard.body["reply"] == QUESTION
    assert heard.response.headers["Idempotency-Key"]
    assert heard.response.content_type == "text/event-stream"


@pytest.mark.parametrize("said", [(), ("Yes. ",), (QUESTION,), ("Y", "es", ". We", " ", "deliver"), ("Yes. ", "")])
async def test_the_deltas_are_the_reply_however_much_was_said_before(talker: Talker, said: tuple[str, ...]) -> None:
    async def script(say: Callable[[str], None], turn: OpenTurn) -> None:
        for piece in said:
            say(piece)
            await asyncio.sleep(0)

    talker.speaks(script)
    heard = await talker.ask(QUESTION)
    assert heard.text == heard.body["reply"] == QUESTION
    assert "" not in heard.deltas
    assert "reset" not in heard.names


async def test_what_follows_the_answer_comes_message_by_message(talker: Talker) -> None:
    held, spoken = asyncio.Event(), asyncio.Event()

    async def script(say: Callable[[str], None], turn: OpenTurn) -> None:
        if len(turn.messages) == 1:
            await held.wait()
        else:
            say("Till noon.\n\nFr")
            await spoken.wait()

    talker.speaks(script)
    first = asyncio.create_task(talker.ask("one"))
    await until(lambda: talker.engine.seen)
    both = [asyncio.create_task(talker.ask(text)) for text in ("Till noon.", "Free.")]
    await until(lambda: len(talker.store.rows) == 3)
    held.set()
    await until(lambda: talker.heard("Till noon.") and talker.heard("Free."))
    spoken.set()
    assert (await first).text == "one"
    for task in both:
        heard = await task
        assert heard.deltas == ["Till noon.\n\nFr", "ee."]
        assert heard.body["reply"] == "Till noon.\n\nFree."


async def test_without_anything_said_before_each_message_is_a_delta(talker: Talker) -> None:
    held = asyncio.Event()

    async def hold(turn: OpenTurn) -> None:
        await held.wait()

    talker.engine.before_commit = hold
    first = asyncio.create_task(talker.ask("one"))
    await until(lambda: talker.engine.seen)
    both = [asyncio.create_task(talker.ask(text)) for text in ("two", "three")]
    await until(lambda: len(talker.store.rows) == 3)
    held.set()
    assert (await first).deltas == ["one"]
    assert {tuple((await task).deltas) for task in both} == {("two\n\n", "three")}


async def test_the_words_of_another_message_s_turn_are_not_in_the_stream(talker: Talker) -> None:
    held = asyncio.Event()

    async def script(say: Callable[[str], None], turn: OpenTurn) -> None:
        say(turn.messages[0].inbound.text[:3])
        await held.wait()

    talker.speaks(script)
    first = asyncio.create_task(talker.ask("one, please"))
    await until(lambda: talker.heard("one, please") == "one")
    second = asyncio.create_task(talker.ask("two, please"))
    await until(lambda: len(talker.store.rows) == 2)
    held.set()
    assert (await first).text == "one, please"
    assert (await second).text == "two, please"
    assert (await second).names[0] == "delta"
    assert "reset" not in (await second).names


async def test_an_answer_of_another_process_in_other_words_resets_the_stream(talker: Talker) -> None:
    heard_first = asyncio.Event()

    async def script(say: Callable[[str], None], turn: OpenTurn) -> None:
        say("Yes. ")
        await heard_first.wait()
        talker.store.leases.clear()
        messages = [{"text": "No.", "choices": []}, {"text": "Sorry.", "choices": []}]
        talker.store.rows[0].body = {"reply": "No.\n\nSorry.", "messages": messages}

    talker.speaks(script)
    async with talker.asking(QUESTION) as heard:
        await heard.next()
        heard_first.set()
        await heard.out()
    assert heard.names == ["delta", "reset", "delta", "delta", "turn"]
    assert heard.text == heard.body["reply"] == "No.\n\nSorry."


async def test_a_turn_taken_anew_in_the_same_words_goes_on_where_it_was(talker: Talker) -> None:
    heard_first, takes = asyncio.Event(), []

    async def script(say: Callable[[str], None], turn: OpenTurn) -> None:
        takes.append(turn.turn_id)
        if len(takes) == 1:
            say("Yes. We")
            await heard_first.wait()
            talker.store.leases.clear()
        else:
            say("Yes. ")
            await asyncio.sleep(0.01)
            say("We deliver ")

    talker.speaks(script)
    async with talker.asking(QUESTION) as heard:
        await heard.next()
        heard_first.set()
        await heard.out()
    assert len(takes) == 2
    assert "reset" not in heard.names
    assert heard.text == heard.body["reply"] == QUESTION


async def test_a_turn_taken_anew_in_other_words_resets_the_stream(talker: Talker) -> None:
    heard_first, heard_anew, takes = asyncio.Event(), asyncio.Event(), []

    async def script(say: Callable[[str], None], turn: OpenTurn) -> None:
        takes.append(turn.turn_id)
        if len(takes) == 1:
            say("Perhaps. ")
            await heard_first.wait()
            talker.store.leases.clear()
        else:
            say("Yes. ")
            await heard_anew.wait()

    talker.speaks(script)
    async with talker.asking(QUESTION) as heard:
        await heard.next()
        heard_first.set()
        assert (await heard.next(), await heard.next()) == ("reset", "delta")
        heard_anew.set()
        await heard.out()
    assert heard.text == heard.body["reply"] == QUESTION


async def test_the_same_id_again_streams_the_stored_answer(talker: Talker) -> None:
    async def script(say: Callable[[str], None], turn: OpenTurn) -> None:
        say("Yes. ")
        await asyncio.sleep(0.01)

    talker.speaks(script)
    first = await talker.ask(QUESTION, "k")
    again = await talker.ask(QUESTION, "k")
    assert len(talker.store.commits) == 1
    assert again.text == first.text == QUESTION
    assert again.names == ["delta", "turn"]
    assert again.body["turn_id"] == first.body["turn_id"]
    assert again.response.headers["Idempotency-Key"] == "k"


async def test_the_same_id_at_the_same_time_is_one_turn_that_both_hear(talker: Talker) -> None:
    held = asyncio.Event()

    async def script(say: Callable[[str], None], turn: OpenTurn) -> None:
        say("Yes. ")
        await held.wait()
        say("We deliver ")
        await asyncio.sleep(0.01)

    talker.speaks(script)
    first = asyncio.create_task(talker.ask(QUESTION, "k"))
    await until(lambda: talker.heard(QUESTION))
    other = asyncio.create_task(talker.ask(QUESTION, "k"))
    await until(lambda: len(talker.streams) == 2)
    held.set()
    assert (await first).text == (await other).text == QUESTION
    assert (await first).names == (await other).names
    assert len(talker.store.commits) == 1


async def test_a_caller_who_leaves_does_not_stop_the_turn(talker: Talker) -> None:
    left = asyncio.Event()

    async def script(say: Callable[[str], None], turn: OpenTurn) -> None:
        say("Yes. ")
        await left.wait()
        for piece in ("We ", "deliver ", "to ", "Sentosa. "):
            say(piece)
            await asyncio.sleep(0.01)

    talker.speaks(script)
    async with talker.asking(QUESTION, "k") as heard:
        await heard.next()
    left.set()
    await until(lambda: talker.store.commits)
    assert (await talker.ask(QUESTION, "k")).text == QUESTION
    assert len(talker.store.commits) == 1


async def test_an_error_before_the_first_words_is_an_answer_of_its_own(
    open_talker: Callable[..., Awaitable[Talker]],
) -> None:
    talker = await open_talker(reply_timeout_seconds=0.1)
    held = asyncio.Event()

    async def hold(turn: OpenTurn) -> None:
        await held.wait()

    talker.engine.before_commit = hold
    async with talker.asking(QUESTION, "k") as heard:
        assert heard.response.status == 503
        assert (await heard.response.json())["error"]["code"] == "busy"
        assert heard.response.headers["Retry-After"]
        assert heard.response.headers["Idempotency-Key"] == "k"
    held.set()
    await until(lambda: talker.store.commits)
    assert (await talker.ask(QUESTION, "k")).text == QUESTION


async def test_an_error_after_the_first_words_ends_the_stream(open_talker: Callable[..., Awaitable[Talker]]) -> None:
    talker = await open_talker(reply_timeout_seconds=0.1)
    held = asyncio.Event()

    async def script(say: Callable[[str], None], turn: OpenTurn) -> None:
        say("Yes. ")
        await held.wait()

    talker.speaks(script)
    heard = await talker.ask(QUESTION, "k")
    assert heard.response.status == 200
    assert heard.names == ["delta", "error"]
    assert heard.body["error"]["code"] == "busy"
    held.set()
    await until(lambda: talker.store.commits)
    assert (await talker.ask(QUESTION, "k")).text == QUESTION


async def test_a_stream_shows_that_it_is_alive_while_the_model_thinks(
    open_talker: Callable[..., Awaitable[Talker]],
) -> None:
    talker = await open_talker(beat_seconds=0.02)
    held = asyncio.Event()

    async def script(say: Callable[[str], None], turn: OpenTurn) -> None:
        say("Yes. ")
        await held.wait()

    talker.speaks(script)
    async with talker.asking(QUESTION) as heard:
        while heard.comments < 2:
            await heard.next()
        held.set()
        await heard.out()
    assert heard.text == QUESTION


async def test_what_breaks_after_the_first_words_is_told_without_its_trace() -> None:
    live, chat, heard_first = LiveReplies(), ChatRef("api", SENDER, "s"), asyncio.Event()
    asked = Waiting(1, Inbound(chat, "p", "Sentosa?", datetime(2026, 11, 23, tzinfo=UTC)), 1)

    async def breaks() -> dict[str, Any]:
        with live.taking(OpenTurn("t1", 1, chat, "me", 1, (asked,), None, 1)):
            say = live.of(chat)
            assert say is not None
            say("Yes. ")
            await heard_first.wait()
        raise RuntimeError("secret")

    async def handler(request: web.Request) -> web.StreamResponse:
        with live.watching(chat) as watch:
            return await TurnStream(request, {}).follow(asyncio.create_task(breaks()), watch, "p", 10.0)

    app = web.Application(middlewares=[around(Metrics())])
    app.router.add_get("/", handler)
    async with served(app) as url, ClientSession() as session, session.get(url) as response:
        heard = Heard(response, "")
        assert await heard.next() == "delta"
        heard_first.set()
        await heard.out()
    assert heard.body == {"error": {"code": "internal", "message": "Something went wrong on our side."}}
