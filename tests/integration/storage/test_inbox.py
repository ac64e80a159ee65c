"""Accepting messages: nothing is lost, nothing is taken twice, order is kept."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.storage.store import SqlStore
from core.errors import LeaseLost
from tests.databases import OpenStore
from tests.integration.storage.builders import CHAT, NOW, chat, commit, message, opened


async def test_a_provider_id_accepted_20_times_at_once_is_one_message(open_store: OpenStore) -> None:
    stores = [open_store(), open_store()]
    one = message(provider_id="SM1")
    accepted = await asyncio.gather(*(stores[i % 2].accept(one, open_as=f"w{i}") for i in range(20)))
    assert len({each.inbox_id for each in accepted}) == 1
    assert sum(not each.duplicate for each in accepted) == 1
    assert sum(each.turn is not None for each in accepted) == 1
    assert [row.text for row in await stores[0].history(CHAT)] == ["2 ctn"]


async def test_a_duplicate_of_an_answered_message_brings_the_stored_answer(store: SqlStore) -> None:
    one = message()
    turn = await opened(store, one)
    await store.commit_turn(commit(turn, body={"reply": "Noted.", "total": "64.00"}))
    again = await store.accept(one, open_as="me")
    assert again.duplicate
    assert again.turn is None
    assert again.body == {"reply": "Noted.", "total": "64.00"}
    assert await opened(store) is not None, "the duplicate must not hold the chat"


async def test_a_duplicate_of_a_waiting_message_can_open_its_turn(store: SqlStore) -> None:
    one = message()
    first = await store.accept(one)
    again = await store.accept(one, open_as="me")
    assert (again.inbox_id, again.duplicate) == (first.inbox_id, True)
    assert again.turn is not None
    assert [each.inbound for each in again.turn.messages] == [one]


async def test_the_same_provider_id_on_another_channel_is_another_message(store: SqlStore) -> None:
    one = message(provider_id="1")
    other = replace(one, chat=replace(CHAT, channel="telegram"))
    assert not (await store.accept(one)).duplicate
    assert not (await store.accept(other)).duplicate


async def test_a_burst_is_read_in_arrival_order(store: SqlStore) -> None:
    texts = [f"line {n}" for n in range(12)]
    await asyncio.gather(*(store.accept(message(text)) for text in texts))
    turn = await opened(store, message("last"))
    assert [each.inbound.text for each in turn.messages] == [*texts, "last"]
    assert [row.text for row in await store.history(CHAT)] == [*texts, "last"]


async def test_a_message_comes_back_as_it_went_in(store: SqlStore) -> None:
    one = message('2 ctn "12in" \U0001f355\nno lids', choice_id="sku:PB-12", quoted="which box?")
    await store.accept(one)
    turn = await opened(store, message())
    assert turn.messages[0].inbound == one
    assert turn.messages[0].inbound.received_at.tzinfo is not None


async def test_nul_and_lone_surrogates_are_taken(store: SqlStore) -> None:
    await store.accept(message("a\0b \ud83d c"))
    turn = await opened(store, message())
    assert turn.messages[0].inbound.text.startswith("a")
    await store.commit_turn(commit(turn, "x\0y", session='{"s": "\0"}'))


async def test_attempts_count_the_turns_opened_on_a_message(open_store: OpenStore) -> None:
    store = open_store(lease=timedelta(milliseconds=1))
    accepted = await store.accept(message("kills the process"))
    seen = []
    for _ in range(3):
        turn = await store.open_turn(accepted.chat_id, "me")
        assert turn is not None
        seen.append(turn.messages[0].attempts)
        await asyncio.sleep(0.01)
    assert seen == [1, 2, 3]


async def test_a_parked_message_is_kept_with_its_trace_and_blocks_nothing(store: SqlStore) -> None:
    turn = await opened(store, message("boom"))
    await store.commit_turn(commit(turn, "Sorry.", parked="Traceback ..."))
    parked = await store.parked_messages()
    assert [(each.text, each.trace, each.chat) for each in parked] == [("boom", "Traceback ...", CHAT)]
    assert (await store.depths()).parked == 1
    assert [each.inbound.text for each in (await opened(store, message("next"))).messages] == ["next"]


async def test_due_chats_are_those_that_nobody_is_answering(store: SqlStore) -> None:
    waiting = await store.accept(message(chat=chat(1)))
    answering = await store.accept(message(chat=chat(2)), open_as="me")
    done = await opened(store, message(chat=chat(3)))
    await store.commit_turn(commit(done))
    assert list(await store.due_chats()) == [waiting.chat_id]
    assert answering.turn is not None
    await store.release(answering.turn)
    assert list(await store.due_chats()) == [waiting.chat_id, answering.chat_id]


async def test_a_chat_is_due_when_it_has_been_quiet(store: SqlStore) -> None:
    from datetime import UTC, datetime

    now = datetime.now(UTC)
    old = await store.accept(message(chat=chat(1), received_at=now - timedelta(seconds=5)))
    await store.accept(message(chat=chat(2), received_at=now - timedelta(seconds=5)))
    await store.accept(message(chat=chat(2), received_at=now))
    assert list(await store.due_chats(quiet_seconds=2)) == [old.chat_id]


async def test_depths_count_what_waits(store: SqlStore) -> None:
    assert await store.depths() == type(await store.depths())()
    await store.accept(message())
    depths = await store.depths()
    assert (depths.inbox, depths.outbox, depths.parked) == (1, 0, 0)


async def test_two_owners_never_both_hold_a_chat(open_store: OpenStore) -> None:
    stores = [open_store(), open_store()]
    accepted = await stores[0].accept(message())
    turns = await asyncio.gather(*(stores[i % 2].open_turn(accepted.chat_id, f"w{i}") for i in range(20)))
    assert len([turn for turn in turns if turn]) == 1


async def test_accepting_while_others_open_loses_and_doubles_no_message(open_store: OpenStore) -> None:
    """Two processes, one chat: every message is answered exactly once, in order."""
    stores = [open_store(), open_store()]
    answered: list[str] = []

    async def worker(store: SqlStore, texts: list[str]) -> None:
        for text in texts:
            accepted = await store.accept(message(text), open_as=str(id(store)))
            turn = accepted.turn
            while turn is not None:
                answered.extend(each.inbound.text for each in turn.messages)
                await store.commit_turn(commit(turn))
                turn = await store.open_turn(accepted.chat_id, str(id(store)))

    texts = [[f"{side}{n:03}" for n in range(40)] for side in "ab"]
    await asyncio.gather(*(worker(*each) for each in zip(stores, texts, strict=True)))
    assert sorted(answered) == sorted([*texts[0], *texts[1]])
    logged = [row.text for row in await stores[0].history(CHAT, limit=500) if row.direction == "in"]
    assert answered == logged


async def test_a_stale_holder_writes_nothing(open_store: OpenStore) -> None:
    store = open_store(lease=timedelta(milliseconds=1))
    stale = await opened(store, message("one"))
    await asyncio.sleep(0.01)
    fresh = await store.open_turn(stale.chat_id, "other")
    assert fresh is not None
    assert fresh.fence == stale.fence + 1
    with pytest.raises(LeaseLost):
        await store.commit_turn(commit(stale, "stale answer", session='{"stale": true}'))
    with pytest.raises(LeaseLost):
        await store.renew(stale)
    await store.release(stale)
    await store.commit_turn(commit(fresh, "fresh answer"))
    assert [row.text for row in await store.history(CHAT)] == ["one", "fresh answer"]


async def test_renewing_keeps_the_lease(open_store: OpenStore) -> None:
    store = open_store(lease=timedelta(milliseconds=1))
    turn = await opened(store)
    other = open_store(lease=timedelta(seconds=60))
    await other.renew(turn)
    assert await other.open_turn(turn.chat_id, "other") is None


async def test_a_turn_committed_twice_is_written_once(store: SqlStore) -> None:
    """What a retry after a lost connection does."""
    turn = await opened(store)
    done = commit(turn, "Noted.")
    await store.commit_turn(done)
    await store.commit_turn(done)
    assert [row.direction for row in await store.history(CHAT)] == ["in", "out"]


async def test_chats_survive_a_restart(open_store: OpenStore) -> None:
    first = open_store()
    turn = await opened(first, message("one"))
    await first.commit_turn(commit(turn, session='{"outlet": "CPZ-PSR"}'))
    await first.accept(message("two"))
    await first.close()
    second = open_store()
    again = await second.open_turn(turn.chat_id, "new")
    assert again is not None
    assert again.session == '{"outlet": "CPZ-PSR"}'
    assert again.chat == CHAT
    assert [each.inbound.text for each in again.messages] == ["two"]
    assert again.messages[0].inbound.received_at == NOW
