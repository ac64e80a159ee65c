"""The store in memory keeps the promises of core.ports.Store that tests lean on."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from core.domain.messages import Answer, ChatRef, Inbound, Intent
from core.domain.orders import Order, OrderStatus
from core.errors import AlreadyOrdered, LeaseLost
from core.ports import OpenTurn, TurnCommit
from tests.eval.loading import load_history, load_reference, supplier
from tests.sandbox.memory_store import MemoryStore

CHAT = ChatRef("api", "+6588880001", "s1")
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
FILES = supplier("sample")


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(load_reference(FILES))


def message(provider_id: str) -> Inbound:
    return Inbound(CHAT, provider_id, "hi", NOW)


def order(number: str, draft_id: str, version: int = 1) -> Order:
    return Order(
        OrderStatus.CONFIRMED,
        "CPZ-PSR",
        (),
        "SGD",
        Decimal("0.09"),
        number=number,
        draft_id=draft_id,
        version=version,
        placed_at=NOW,
    )


def commit(turn: OpenTurn, *orders: Order, **changes: object) -> TurnCommit:
    answer = Answer((), Intent.ORDER, asked=False)
    return TurnCommit(turn, "session", None, answer, {"reply": "ok"}, NOW, orders=orders, **changes)


async def opened(store: MemoryStore, provider_id: str = "m1") -> OpenTurn:
    accepted = await store.accept(message(provider_id), open_as="test")
    assert accepted.turn is not None
    return accepted.turn


async def test_a_burst_is_opened_as_one_turn(store: MemoryStore) -> None:
    await store.accept(message("m1"))

    turn = await opened(store, "m2")

    assert [waiting.inbound.provider_id for waiting in turn.messages] == ["m1", "m2"]


async def test_a_leased_chat_is_not_opened_again(store: MemoryStore) -> None:
    turn = await opened(store)

    assert await store.open_turn(turn.chat_id, "other") is None


async def test_the_same_provider_id_gets_the_stored_answer(store: MemoryStore) -> None:
    await store.commit_turn(commit(await opened(store)))

    again = await store.accept(message("m1"), open_as="test")

    assert (again.duplicate, again.turn, again.body) == (True, None, {"reply": "ok"})


async def test_a_turn_that_lost_its_lease_writes_nothing(store: MemoryStore) -> None:
    stale = await opened(store)
    store.expire_lease(stale.chat_id)
    assert await store.open_turn(stale.chat_id, "other") is not None

    with pytest.raises(LeaseLost):
        await store.commit_turn(commit(stale, order("SO-1", "d1")))

    assert store.orders == ()


async def test_a_draft_becomes_one_order(store: MemoryStore) -> None:
    await store.commit_turn(commit(await opened(store), order("SO-1", "d1")))

    with pytest.raises(AlreadyOrdered):
        await store.commit_turn(commit(await opened(store, "m2"), order("SO-2", "d1")))


async def test_an_order_is_replaced_by_its_next_version_only(store: MemoryStore) -> None:
    await store.commit_turn(commit(await opened(store), order("SO-1", "d1")))
    turn = await opened(store, "m2")

    with pytest.raises(AlreadyOrdered):
        await store.commit_turn(commit(turn, order("SO-1", "d1", version=3)))
    await store.commit_turn(commit(turn, order("SO-1", "d1", version=2)))

    assert [stored.version for stored in store.orders] == [2]


async def test_a_new_link_changes_the_reference(store: MemoryStore) -> None:
    before = (await store.reference()).version

    await store.commit_turn(commit(await opened(store), links=((CHAT.sender, "CPZ-PSR"),)))

    after = await store.reference()
    assert after.version > before
    assert [outlet.code for outlet in after.directory.outlets_of(CHAT.sender)] == ["CPZ-PSR"]


async def test_history_is_newest_first_and_belongs_to_its_outlet(store: MemoryStore) -> None:
    await store.seed_orders(load_history(FILES, await store.reference(), NOW))

    theirs = await store.orders_of("CPZ-PSR")

    assert len(theirs) == 5
    assert {past.outlet for past in theirs} == {"CPZ-PSR"}
    assert theirs[0].placed_at > theirs[1].placed_at
