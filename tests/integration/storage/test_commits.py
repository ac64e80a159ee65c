"""Committing turns: everything stands or falls together."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.storage import tables
from bot.storage.errors import InviteSpent, OrderChanged
from bot.storage.store import SqlStore
from core.domain.messages import ChatRef
from core.domain.orders import OrderStatus
from core.errors import AlreadyOrdered, LeaseLost
from core.ports import Job
from tests.databases import OpenStore
from tests.integration.storage.builders import (
    CHAT,
    NOW,
    OUTLET,
    chat,
    commit,
    draft,
    message,
    opened,
    order,
    with_outlet,
)


async def count(store: SqlStore, table: Any) -> int:
    async with store.database.reading() as connection:
        return int((await connection.execute(select(func.count()).select_from(table))).scalar_one())


async def test_a_turn_leaves_its_session_draft_replies_and_jobs(store: SqlStore) -> None:
    turn = await opened(store, message("2 ctn"))
    understood = {"commands": [{"sku": "PB-12", "quantity": Decimal(2)}], "on": NOW.date()}
    done = commit(turn, "First.", "Second.", session='{"a": 1}', draft=draft())
    done = replace(done, answer=replace(done.answer, understood=understood), jobs=(Job("staff", "k1", "staff"),))
    await store.commit_turn(done)
    rows = await store.history(CHAT)
    assert [(row.seq, row.direction, row.text, row.state) for row in rows] == [
        (1, "in", "2 ctn", "answered"),
        (2, "out", "First.", "sent"),
        (3, "out", "Second.", "sent"),
    ]
    assert {row.turn_id for row in rows} == {turn.turn_id}
    assert rows[1].choices == ({"id": "confirm", "title": "Confirm", "description": ""},)
    assert rows[0].at == NOW
    assert await store.last_body(CHAT) == done.body
    async with store.database.reading() as connection:
        logged = (
            (await connection.execute(select(tables.messages.c.understood).order_by(tables.messages.c.seq)))
            .scalars()
            .all()
        )
        kept = (await connection.execute(select(tables.drafts))).one()
    assert logged == [{"commands": [{"sku": "PB-12", "quantity": "2"}], "on": "2026-11-23"}, None, None]
    assert kept.draft_id == "d1"
    assert kept.draft["lines"] == [{"sku": "PB-12", "quantity": 2, "in_pieces": False}]
    following = await opened(store)
    assert following.session == '{"a": 1}'
    await store.commit_turn(commit(following, draft=None))
    assert await count(store, tables.drafts) == 0


async def test_a_commit_answers_only_the_messages_its_turn_saw(store: SqlStore) -> None:
    turn = await opened(store, message("one"))
    late = await store.accept(message("two"), open_as="other")
    assert late.turn is None, "the chat is being answered"
    await store.commit_turn(commit(turn))
    following = await store.open_turn(turn.chat_id, "me")
    assert following is not None
    assert [each.inbound.text for each in following.messages] == ["two"]
    await store.commit_turn(commit(following))
    assert [row.seq for row in await store.history(CHAT)] == [1, 2, 3, 4]


async def test_history_goes_on_after_a_sequence_number(store: SqlStore) -> None:
    for _ in range(3):
        await store.commit_turn(commit(await opened(store)))
    assert [row.seq for row in await store.history(CHAT, after=4)] == [5, 6]
    assert [row.seq for row in await store.history(CHAT, after=1, limit=2)] == [2, 3]
    assert await store.history(chat(99)) == []


async def test_an_order_is_read_back_exactly(store: SqlStore) -> None:
    await with_outlet(store)
    placed = order()
    await store.commit_turn(commit(await opened(store), orders=(placed,)))
    assert await store.orders_of(OUTLET.code) == [placed]
    assert await store.order("RS-1") == placed
    assert await store.order_of_draft("d1") == placed
    assert placed.lines[1].unit_price == Decimal("0.125")
    assert await store.orders_of("elsewhere") == []


async def test_orders_come_newest_first(store: SqlStore) -> None:
    await with_outlet(store)
    for n in range(3):
        placed = order(f"RS-{n}", f"d{n}", placed_at=NOW + timedelta(days=n))
        await store.commit_turn(commit(await opened(store), orders=(placed,)))
    assert [each.number for each in await store.orders_of(OUTLET.code, limit=2)] == ["RS-2", "RS-1"]


async def test_a_draft_is_ordered_once_and_the_refused_turn_writes_nothing(store: SqlStore) -> None:
    await with_outlet(store)
    await store.commit_turn(commit(await opened(store), orders=(order("RS-1", "d1"),)))
    turn = await opened(store, message("confirm"))
    again = commit(turn, "Confirmed.", orders=(order("RS-2", "d1"),), jobs=(Job("invoice", "k", "l"),))
    with pytest.raises(AlreadyOrdered):
        await store.commit_turn(again)
    assert await store.order("RS-2") is None
    assert await count(store, tables.outbox) == 0
    assert [row.text for row in await store.history(CHAT)] == ["2 ctn", "Noted.", "confirm"]
    await store.commit_turn(commit(turn, "It was placed already."))


async def test_of_two_orders_for_one_draft_at_once_one_is_placed(open_store: OpenStore) -> None:
    stores = [await with_outlet(open_store()), open_store()]
    turns = [await opened(stores[n % 2], message(chat=chat(n))) for n in range(8)]
    outcomes = await asyncio.gather(
        *(stores[n % 2].commit_turn(commit(turn, orders=(order(f"RS-{n}", "same"),))) for n, turn in enumerate(turns)),
        return_exceptions=True,
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["AlreadyOrdered"] * 7 + ["NoneType"]
    assert len(await stores[0].orders_of(OUTLET.code)) == 1


async def test_an_amended_order_replaces_the_stored_one(store: SqlStore) -> None:
    await with_outlet(store)
    placed = order()
    await store.commit_turn(commit(await opened(store), orders=(placed,)))
    amended = replace(placed, version=2, lines=placed.lines[:1], draft_id="d2")
    await store.commit_turn(commit(await opened(store), orders=(amended,)))
    cancelled = replace(amended, version=3, status=OrderStatus.CANCELLED)
    await store.commit_turn(commit(await opened(store), orders=(cancelled,)))
    assert await store.orders_of(OUTLET.code) == [replace(cancelled, draft_id="d1")]


async def test_an_amendment_of_an_older_version_is_refused(open_store: OpenStore) -> None:
    stores = [await with_outlet(open_store()), open_store()]
    placed = order()
    await stores[0].commit_turn(commit(await opened(stores[0]), orders=(placed,)))
    turns = [await opened(stores[n % 2], message(chat=chat(n))) for n in range(6)]
    outcomes = await asyncio.gather(
        *(
            stores[n % 2].commit_turn(commit(turn, orders=(replace(placed, version=2, notes=(str(n),)),)))
            for n, turn in enumerate(turns)
        ),
        return_exceptions=True,
    )
    assert sum(outcome is None for outcome in outcomes) == 1
    assert sum(isinstance(outcome, OrderChanged) for outcome in outcomes) == 5
    unknown = commit(await opened(stores[0]), orders=(order("RS-9", "d9", version=2),))
    with pytest.raises(OrderChanged):
        await stores[0].commit_turn(unknown)


async def test_one_refused_turn_does_not_fail_its_batch(open_store: OpenStore) -> None:
    store = await with_outlet(open_store())
    turns = [await opened(store, message(chat=chat(n))) for n in range(6)]
    commits = [commit(turn, f"answer {n}") for n, turn in enumerate(turns)]
    commits[1] = replace(commits[1], turn=replace(turns[1], fence=turns[1].fence + 1))
    commits[2] = replace(commits[2], turn=replace(turns[2], owner="someone else"))
    commits[3] = replace(commits[3], orders=(order("RS-7", outlet="no such outlet"),))
    commits[4] = replace(commits[4], orders=(order("RS-8", "d8", version=4),))
    outcomes = await asyncio.gather(*map(store.commit_turn, commits), return_exceptions=True)
    assert outcomes[0] is None
    assert isinstance(outcomes[1], LeaseLost)
    assert isinstance(outcomes[2], LeaseLost)
    assert isinstance(outcomes[3], Exception)
    assert isinstance(outcomes[4], OrderChanged)
    assert outcomes[5] is None
    for n in range(6):
        texts = [row.text for row in await store.history(chat(n))]
        assert texts == (["2 ctn", f"answer {n}"] if n in (0, 5) else ["2 ctn"])


async def test_a_link_lets_the_sender_order_from_then_on(store: SqlStore) -> None:
    await with_outlet(store)
    before = await store.reference()
    stranger = ChatRef("whatsapp", "whatsapp:SG.123", "")
    code = await store.add_invite(OUTLET.code, code="PIZZA-1")
    turn = await opened(store, message(code, chat=stranger))
    links = ((stranger.sender, OUTLET.code),)
    await store.commit_turn(commit(turn, links=links, invites_used=(code,)))
    following = await opened(store, message(chat=stranger))
    reference = await store.reference(following.reference_version)
    assert reference.version > before.version
    assert [each.code for each in reference.directory.outlets_of(stranger.sender)] == [OUTLET.code]
    assert reference.directory.invites == {}


async def test_an_invite_is_used_no_more_often_than_it_may(open_store: OpenStore) -> None:
    stores = [await with_outlet(open_store()), open_store()]
    await stores[0].add_invite(OUTLET.code, code="TWICE", max_uses=2)
    turns = [await opened(stores[n % 2], message(chat=chat(n))) for n in range(10)]
    outcomes = await asyncio.gather(
        *(
            stores[n % 2].commit_turn(commit(turn, links=((turn.chat.sender, OUTLET.code),), invites_used=("TWICE",)))
            for n, turn in enumerate(turns)
        ),
        return_exceptions=True,
    )
    assert sum(outcome is None for outcome in outcomes) == 2
    assert sum(isinstance(outcome, InviteSpent) for outcome in outcomes) == 8
    contacts = (await stores[1].reference()).directory.contacts
    assert len(contacts) == 3, "the one of the file and two that were linked"


@pytest.mark.parametrize("how", ["revoked", "expired", "unknown"])
async def test_an_invite_that_cannot_be_used_is_refused(store: SqlStore, how: str) -> None:
    await with_outlet(store)
    if how != "unknown":
        expiry = NOW - timedelta(minutes=1) if how == "expired" else None
        await store.add_invite(OUTLET.code, code="CODE", expires_at=expiry)
    if how == "revoked":
        await store.revoke_invite("CODE")
    with pytest.raises(InviteSpent):
        await store.commit_turn(commit(await opened(store), invites_used=("CODE",)))


async def test_order_numbers_are_never_repeated(open_store: OpenStore) -> None:
    stores = [open_store(), open_store(), open_store()]
    numbers = await asyncio.gather(*(stores[n % 3].next_order_number() for n in range(100)))
    assert len(set(numbers)) == 100
    assert "RS-10001" in numbers
    await stores[0].close()
    assert await open_store().next_order_number() not in numbers


async def test_staff_can_end_a_handoff_while_turns_go_on(open_store: OpenStore) -> None:
    store = open_store()
    turn = await opened(store)
    edit = asyncio.create_task(store.edit_session(CHAT.key, lambda text: f"{text}+released"))
    await asyncio.sleep(0.05)
    assert not edit.done(), "it waits for the turn"
    await store.commit_turn(commit(turn, session="turn"))
    assert await edit
    following = await opened(store)
    assert following.session == "turn+released"
    assert not await store.edit_session("no|such|chat", lambda text: text)


async def test_an_edited_session_is_not_overwritten_by_a_turn_that_ran_out(open_store: OpenStore) -> None:
    store = open_store(lease=timedelta(milliseconds=1))
    stale = await opened(store)
    await asyncio.sleep(0.01)
    assert await store.edit_session(CHAT.key, lambda _: "edited")
    with pytest.raises(LeaseLost):
        await store.commit_turn(commit(stale, session="stale"))


async def test_staff_see_the_chats_that_moved_last(store: SqlStore) -> None:
    await store.accept(message(chat=chat(1)))
    await store.accept(message(chat=chat(2), received_at=NOW + timedelta(minutes=1)))
    rows = await store.chat_rows()
    assert [(row.chat, row.waiting) for row in rows] == [(chat(2), 1), (chat(1), 1)]
    assert rows[1].last_at == NOW
