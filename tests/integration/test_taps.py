"""What a chat remembers of its buttons, messages and consent survives the database and another process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from bot.english import english_words
from bot.storage.database import Database
from bot.storage.store import SqlStore
from bot.storage.tables import orders, outbox
from core.domain.messages import ChatRef, Inbound, Kind
from core.engine import Engine
from core.understanding.indexes import Indexes
from tests.sandbox.push_chat import RULES
from tests.sandbox.sample import PASIR_RIS, SINGAPORE, StoppedClock, rows_of

CHAT = ChatRef("whatsapp", PASIR_RIS)
CLOCK = StoppedClock("2026-11-23T09:30")
_INDEXES = Indexes(english_words())


@asynccontextmanager
async def process(url: str) -> AsyncIterator[SqlStore]:
    """The store as a process of its own has it."""
    store = SqlStore(Database.open(url), zone=SINGAPORE)
    try:
        yield store
    finally:
        await store.close()


async def say(url: str, name: str, text: str = "", kind: Kind = Kind.TEXT, **more: Any) -> list[dict[str, Any]]:
    """Send a message and have its turn in a fresh process; the payloads of its jobs, replies first."""
    async with process(url) as store:
        inbound = Inbound(CHAT, name, text, CLOCK.now(), kind=kind, **{"message_id": name, **more})
        before = {row.key for row in await rows_of(store.database, outbox)}
        accepted = await store.accept(inbound, open_as="test")
        assert accepted.turn is not None
        await Engine(store, CLOCK, RULES, _INDEXES).take_turn(accepted.turn)
        new = [row for row in await rows_of(store.database, outbox) if row.key not in before]
    return [row.payload for row in sorted(new, key=lambda row: row.kind != "reply")]


async def test_taps_edits_and_stop_through_the_database(sample_url: str) -> None:
    (reply,) = await say(sample_url, "m1", "2 bundles 12in pizza box tmr")
    old = reply["choices"][0]["id"]
    (reply,) = await say(sample_url, "m2", "3 bundles 12in pizza box tmr", edited=True, about="m1", message_id="m1")
    assert reply["text"].startswith("Updated from your edited message:")
    (refused,) = await say(sample_url, "t1", "Confirm", Kind.TAP, choice_id=old)
    assert "earlier message" in refused["text"]
    confirm = refused["choices"][0]["id"]
    placed, *_ = await say(sample_url, "t2", "Confirm", Kind.TAP, choice_id=confirm, about="b7")
    assert (placed["tapped"], "is confirmed" in placed["text"]) == ("b7", True)
    assert await say(sample_url, "t3", "Confirm", Kind.TAP, choice_id=confirm, about="b7") == []
    (late,) = await say(sample_url, "m4", "9 bundles 12in pizza box", edited=True, about="m1", message_id="m1")
    assert "was already confirmed" in late["text"]
    stopped, note = await say(sample_url, "m5", "STOP", Kind.OPT_OUT)
    assert ("START" in stopped["text"], note["about"]) == (True, "unsubscribed")
    assert await say(sample_url, "m6", "STOP", Kind.OPT_OUT) == []

    async with process(sample_url) as store:
        (order,) = await rows_of(store.database, orders)
        assert (order.version, order.status) == (1, "confirmed")
