"""The outbox: replies in order, tries again, and what is set aside."""

import asyncio
from typing import Any

from bot.app import PROGRAM
from channels.contract import Outgoing
from core.domain.messages import ChatRef, Inbound
from core.errors import DeliveryFailed, DeliveryRefused, Unreachable
from core.ports import Job, OpenTurn
from tests.sandbox.channel import QuietChannel
from tests.scenarios.http.conftest import Server, StartServer


class Phone(QuietChannel):
    """A push channel that remembers; `trouble` is raised in turn, None meaning none."""

    name = "telegram"

    def __init__(self, *trouble: Exception | None) -> None:
        super().__init__()
        self.trouble = list(trouble)
        self.got: list[str] = []

    async def send(self, message: Outgoing) -> None:
        error = self.trouble.pop(0) if self.trouble else None
        if error is not None:
            raise error
        self.got.append(message.reply.text)


def replies(turn: OpenTurn) -> tuple[Job, ...]:
    def payload(text: str) -> dict[str, Any]:
        return {"channel": "telegram", "to": turn.chat.sender, "session": "", "text": text, "choices": []}

    return tuple(Job("reply", f"{turn.turn_id}:{n}", turn.chat.key, payload(f"part {n}")) for n in range(3))


async def hear(start: StartServer, phone: Phone) -> Server:
    server = await start(channels=[phone], burst_seconds=0)
    server.engine.jobs = replies
    now = server.app[PROGRAM].clock.now()
    await server.app[PROGRAM].desk.receive(Inbound(ChatRef("telegram", "7"), "k", "hi", now))
    async with asyncio.timeout(5):
        while len(server.store.done) + len(server.store.parked) + len(server.store.dropped) < 3:
            await asyncio.sleep(0.01)
    return server


async def test_replies_of_a_turn_arrive_in_order(start: StartServer) -> None:
    phone = Phone()
    await hear(start, phone)
    assert phone.got == ["part 0", "part 1", "part 2"]


async def test_a_failed_send_holds_its_lane_and_is_tried_again(start: StartServer) -> None:
    phone = Phone(DeliveryFailed("later", retry_after=0.05), DeliveryFailed("later"))
    server = await hear(start, phone)
    assert phone.got == ["part 0", "part 1", "part 2"]
    assert [key for key, _ in server.store.retried] == ["t1:0", "t1:0"]
    assert server.store.retried[0][1] >= 0.05


async def test_a_refused_send_is_parked_and_the_lane_goes_on(start: StartServer) -> None:
    phone = Phone(DeliveryRefused("blocked"))
    server = await hear(start, phone)
    assert server.store.parked == ["t1:0"]
    assert phone.got == ["part 1", "part 2"]


async def test_a_chat_that_blocked_the_desk_is_marked_and_sent_nothing_until_its_customer_writes(
    start: StartServer,
) -> None:
    phone = Phone(Unreachable("bot was blocked by the user", "blocked"))
    server = await hear(start, phone)
    assert (server.store.dropped, server.store.parked, phone.got) == (["t1:0", "t1:1", "t1:2"], [], [])
    (chat,) = (await (await server.get("/api/chats")).json())["chats"]
    assert chat["reach"] == "blocked"
    assert (
        'resupply_deliveries_total{kind="reply",outcome="dropped"} 3.0' in await (await server.get("/metrics")).text()
    )
    program = server.app[PROGRAM]
    await program.desk.receive(Inbound(ChatRef("telegram", "7"), "k2", "back again", program.clock.now()))
    async with asyncio.timeout(5):
        while len(server.store.done) < 3:
            await asyncio.sleep(0.01)
    assert phone.got == ["part 0", "part 1", "part 2"]
    assert server.store.reaches[ChatRef("telegram", "7")][0] is None


async def test_what_keeps_failing_is_parked_after_its_last_try(start: StartServer) -> None:
    phone = Phone(*(DeliveryFailed("no") for _ in range(2)), RuntimeError("a fault in the handler"))
    server = await hear(start, phone)
    assert server.store.parked == ["t1:0"]
    assert len(server.store.retried) == 2
