"""What was set aside: it can be given back or dropped, once, and what is dropped is kept."""

import asyncio

from structlog.testing import capture_logs

from bot.storage.store import SqlStore
from bot.storage.tables import inbox, outbox
from core.ports import Job, OpenTurn
from tests.integration.storage.builders import CHAT, commit, message, opened
from tests.sandbox.sample import rows_of

TRACE = """Traceback (most recent call last):
  File "/srv/core/engine.py", line 9, in take_turn
    perform(scene, commands)
  File "/srv/core/flows/shop.py", line 7, in price
    return int(said)
ValueError: invalid literal for int() with base 10: 'my private words
and more of them'
"""


async def parked(store: SqlStore, provider_id: str = "m1", trace: str = TRACE) -> OpenTurn:
    """A turn whose message was set aside."""
    turn = await opened(store, message("my private words", provider_id=provider_id))
    await store.commit_turn(commit(turn, "Sorry.", parked=trace, body={"reply": "Sorry."}))
    return turn


async def test_a_parked_message_is_listed_with_its_chat_and_trace(store: SqlStore) -> None:
    turn = await parked(store)
    (item,) = await store.parked_messages()
    assert (item.chat_id, item.chat, item.text) == (turn.chat_id, CHAT, "my private words")
    assert item.trace == TRACE
    assert ((await store.depths()).parked_messages, (await store.depths()).parked_jobs) == (1, 0)


async def test_a_message_that_is_retried_waits_as_if_it_had_just_come(store: SqlStore) -> None:
    turn = await parked(store)
    (item,) = await store.parked_messages()
    assert await store.retry_message(item.inbox_id)
    assert not await store.retry_message(item.inbox_id), "it is not parked any more"
    assert await store.due_chats() == [turn.chat_id]
    assert (await store.accept(message(provider_id="m1"))).body is None, "the apology is forgotten"
    assert [row.state for row in await store.history(CHAT)] == ["waiting", "sent"]
    again = await store.open_turn(turn.chat_id, "me")
    assert again is not None
    assert [(each.inbound.text, each.attempts) for each in again.messages] == [("my private words", 1)]
    await store.commit_turn(commit(again, "Noted.", body={"reply": "Noted."}))
    assert (await store.accept(message(provider_id="m1"))).body == {"reply": "Noted."}
    assert [row.state for row in await store.history(CHAT)] == ["answered", "sent", "sent"]
    assert (await store.depths()).parked == 0


async def test_a_dropped_message_is_off_the_list_and_kept_with_its_trace(store: SqlStore) -> None:
    await parked(store)
    (item,) = await store.parked_messages()
    assert await store.drop_message(item.inbox_id)
    assert not await store.drop_message(item.inbox_id)
    assert not await store.retry_message(item.inbox_id)
    assert await store.parked_messages() == []
    assert await store.due_chats() == []
    (row,) = await rows_of(store.database, inbox)
    assert (row.state, row.trace) == ("dropped", TRACE)
    assert (await store.accept(message(provider_id="m1"), open_as="me")).body == {"reply": "Sorry."}


async def test_a_dropped_job_is_never_done_and_its_lane_goes_on(store: SqlStore) -> None:
    jobs = (Job("invoice", "k1", "a"), Job("invoice", "k2", "a"))
    await store.commit_turn(commit(await opened(store), jobs=jobs))
    (job,) = await store.claim_jobs("me")
    assert not await store.drop_job(job.job_id), "only what is parked can be dropped"
    await store.job_parked(job.job_id, "no such account", "me")
    (listed,) = await store.parked_jobs()
    assert (listed.kind, listed.lane, listed.error, listed.attempts) == ("invoice", "a", "no such account", 1)
    assert await store.drop_job(job.job_id)
    assert not await store.unpark(job.job_id)
    assert [each.key for each in await store.claim_jobs("me")] == ["k2"]
    assert {row.key: row.state for row in await rows_of(store.database, outbox)} == {"k1": "dropped", "k2": "waiting"}
    await store.commit_turn(commit(await opened(store), jobs=jobs[:1]))
    assert {row.key: row.state for row in await rows_of(store.database, outbox)}["k1"] == "dropped"


async def test_of_two_who_retry_at_once_one_does(store: SqlStore) -> None:
    await parked(store)
    (item,) = await store.parked_messages()
    assert sorted(await asyncio.gather(*(store.retry_message(item.inbox_id) for _ in range(2)))) == [False, True]


async def test_the_trace_of_a_parked_message_is_logged_once_without_its_words(store: SqlStore) -> None:
    with capture_logs() as logs:
        turn = await parked(store)
        other = await parked(store, "m2", "given up after 3 attempts")
    assert logs == [
        {
            "event": "message_parked",
            "log_level": "error",
            "chat_id": turn.chat_id,
            "turn_id": turn.turn_id,
            "error": "ValueError",
            "trace": ["/srv/core/engine.py:9 in take_turn", "/srv/core/flows/shop.py:7 in price"],
        },
        {
            "event": "message_parked",
            "log_level": "error",
            "chat_id": other.chat_id,
            "turn_id": other.turn_id,
            "error": "given up after 3 attempts",
            "trace": [],
        },
    ]
