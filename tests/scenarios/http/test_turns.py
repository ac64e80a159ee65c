"""Order and bursts: one chat, one turn at a time, whatever arrives together and whoever dies."""

import asyncio
from typing import Any

from bot.app import PROGRAM
from core.domain.messages import ChatRef, Inbound
from core.ports import OpenTurn
from tests.scenarios.http.conftest import Server, StartServer


def inbound(server: Server, text: str, key: str) -> Inbound:
    clock = server.app[PROGRAM].clock
    return Inbound(ChatRef("web", "visitor", "tab"), key, text, clock.now())


async def until(condition: Any) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


async def test_messages_that_wait_together_are_answered_by_one_turn(server: Server) -> None:
    held = asyncio.Event()

    async def hold(turn: OpenTurn) -> None:
        await held.wait()

    server.engine.before_commit = hold
    first = asyncio.create_task(server.say("one"))
    await until(lambda: server.engine.seen)
    second = asyncio.create_task(server.say("two"))
    await until(lambda: len(server.store.rows) == 2)
    third = asyncio.create_task(server.say("three"))
    await until(lambda: len(server.store.rows) == 3)
    held.set()
    replies = [(await (await task).json())["reply"] for task in (first, second, third)]
    assert replies == ["one", "two\n\nthree", "two\n\nthree"]
    assert server.engine.seen == [["one"], ["two", "three"]]


async def test_two_processes_on_one_store_keep_the_order_of_a_chat(start: StartServer) -> None:
    one = await start()
    other = await start(store=one.store)
    overlapping: set[int] = set()

    async def slow(turn: OpenTurn) -> None:
        assert turn.chat_id not in overlapping
        overlapping.add(turn.chat_id)
        await asyncio.sleep(0.005)
        overlapping.remove(turn.chat_id)

    one.engine.before_commit = other.engine.before_commit = slow
    said = [(one, other)[n % 2].say(f"{n}", f"+659123000{n % 3}") for n in range(60)]
    assert {answer.status for answer in await asyncio.gather(*said)} == {200}
    for chat in one.store.chats:
        read = [w.inbox_id for c in one.store.commits if c.turn.chat == chat for w in c.turn.messages]
        assert read == sorted(set(read))
    assert sum(len(commit.turn.messages) for commit in one.store.commits) == 60


async def test_a_chat_that_another_process_answers_gets_its_stored_body(start: StartServer) -> None:
    server = await start()
    chat = ChatRef("api", "+6591230001", "s")
    earlier = Inbound(chat, "elsewhere", "earlier", server.app[PROGRAM].clock.now())
    lost = await server.store.accept(earlier, open_as="other")
    assert lost.turn is not None
    waiting = asyncio.create_task(server.say("later"))
    await until(lambda: len(server.store.rows) == 2)
    server.store.rows[1].body = {"reply": "from the other process", "messages": []}
    assert (await (await waiting).json())["reply"] == "from the other process"


async def test_a_chat_that_stays_busy_is_503_and_the_message_is_answered_later(start: StartServer) -> None:
    server = await start(reply_timeout_seconds=0.2)
    held = asyncio.Event()

    async def hold(turn: OpenTurn) -> None:
        await held.wait()

    server.engine.before_commit = hold
    response = await server.say("slow one", message_id="m")
    assert response.status == 503
    assert "Retry-After" in response.headers
    assert response.headers["Idempotency-Key"] == "m"
    held.set()
    await until(lambda: server.store.rows[0].body)
    assert (await (await server.say("slow one", message_id="m")).json())["reply"] == "slow one"
    assert len(server.engine.seen) == 1


async def test_a_burst_is_read_after_the_quiet_time_and_answered_once(start: StartServer) -> None:
    server = await start(burst_seconds=0.1)
    desk = server.app[PROGRAM].desk
    for n in range(3):
        await desk.receive(inbound(server, f"part {n}", f"k{n}"))
        await asyncio.sleep(0.04)
    assert server.engine.seen == []
    await until(lambda: server.store.rows[0].body)
    assert server.engine.seen == [["part 0", "part 1", "part 2"]]


async def test_a_burst_that_never_pauses_is_read_at_the_longest_wait(start: StartServer) -> None:
    server = await start(burst_seconds=0.1)
    desk = server.app[PROGRAM].desk
    for n in range(16):
        await desk.receive(inbound(server, f"{n}", f"k{n}"))
        await asyncio.sleep(0.04)
    assert server.engine.seen


async def test_a_message_left_by_a_dead_process_is_answered_by_the_sweeper(server: Server) -> None:
    await server.store.accept(inbound(server, "left behind", "k"))
    await until(lambda: server.engine.seen == [["left behind"]])


async def test_a_long_turn_renews_its_lease(start: StartServer) -> None:
    server = await start(lease_seconds=0.15)

    async def long(turn: OpenTurn) -> None:
        await asyncio.sleep(0.3)

    server.engine.before_commit = long
    assert (await server.say()).status == 200
    assert server.store.renewed >= 2


async def test_a_lost_lease_is_taken_again_and_the_answer_still_comes(server: Server) -> None:
    async def lose(turn: OpenTurn) -> None:
        if len(server.engine.seen) == 1:
            server.store.leases.clear()

    server.engine.before_commit = lose
    assert (await server.say()).status == 200
    assert len(server.engine.seen) == 2
    assert len(server.store.commits) == 1


async def test_a_turn_that_breaks_is_503_and_gives_its_lease_back(server: Server) -> None:
    async def fail_once(turn: OpenTurn) -> None:
        if turn.messages[0].attempts == 1:
            raise ConnectionError("database went away")

    server.engine.before_commit = fail_once
    assert (await server.say(message_id="m")).status == 503
    assert (await server.say(message_id="m")).status == 200
    assert server.store.rows[0].attempts == 2
