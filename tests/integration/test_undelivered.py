"""Messages that a provider took and then could not deliver: what is done, exactly once, and what staff see."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from bot.dispatcher import Backoff, Dispatcher, Handler
from bot.metrics import Metrics
from bot.ports import ClaimedJob
from bot.storage.store import SqlStore
from bot.storage.tables import outbox
from bot.undelivered import Undelivered, note_status
from channels.contract import Status
from core.domain.messages import ChatRef
from core.domain.sessions import Session
from core.ports import Job
from tests.integration.storage.builders import commit, message, opened
from tests.sandbox.sample import StoppedClock, rows_of

ANN = ChatRef("whatsapp", "+6591230001")
CLOCK = StoppedClock("2026-11-23T10:20")
REPLY = {"channel": "whatsapp", "to": ANN.sender, "session": "", "text": "Two cartons.", "choices": []}


@dataclass(frozen=True)
class Told:
    """What a provider reports."""

    sid: str
    status: Status = Status.FAILED
    error_code: int | None = 63016
    error: str = "outside the window"


@pytest_asyncio.fixture
async def chat_id(store: SqlStore) -> int:
    """A chat whose reply "t:0" went out in two parts, SM1 and SM2."""
    turn = await opened(store, message(chat=ANN))
    session = Session(outlet="CPZ-PSR").to_json()
    await store.commit_turn(commit(turn, jobs=(Job("reply", "t:0", ANN.key, REPLY),), session=session))
    (job,) = await store.claim_jobs("me")
    for part, sid in enumerate(("SM1", "SM2")):
        await store.begin(ANN, "t:0", part)
        await store.finish("t:0", part, sid)
    await store.job_done(job.job_id, "me")
    return turn.chat_id


@pytest_asyncio.fixture
async def work(store: SqlStore) -> AsyncIterator[Any]:
    """Does the "undelivered" jobs that are due."""

    async def heard(job: ClaimedJob) -> None:
        """The staff's room."""

    handlers: dict[str, Handler] = {"undelivered": Undelivered(store, CLOCK), "staff": heard}
    dispatcher = Dispatcher(store, handlers, "me", Backoff(first=0.0, attempts=2), Metrics())
    yield dispatcher.drain


async def jobs(store: SqlStore, kind: str) -> dict[str, Any]:
    """The jobs of a kind by their keys, but for the first reply."""
    return {row.key: row for row in await rows_of(store.database, outbox) if row.kind == kind and row.key != "t:0"}


async def fail(store: SqlStore, sid: str, code: int | None = 63016) -> None:
    """The provider says three times, twice at once, that a message failed."""
    told = Told(sid, error_code=code)
    changes = await asyncio.gather(*(note_status(store, "whatsapp", told) for _ in range(2)))
    changes.append(await note_status(store, "whatsapp", told))
    assert sum(change is not None for change in changes) == 1


async def test_outside_the_window_the_reply_goes_out_under_the_template_once(
    store: SqlStore, chat_id: int, work: Any
) -> None:
    await fail(store, "SM1")
    await fail(store, "SM2")
    await work()
    ((key, row),) = (await jobs(store, "reply")).items()
    assert (key, row.lane, row.payload) == ("t:0:template", ANN.key, {**REPLY, "template": True})
    assert {row.state for row in (await jobs(store, "undelivered")).values()} == {"done"}
    await store.begin(ANN, key, 99)
    await store.finish(key, 99, "SM3")
    await fail(store, "SM3")
    await work()
    assert list(await jobs(store, "reply")) == [key], "the template is no way around itself"
    assert [row.state for row in (await jobs(store, "undelivered")).values()] == ["done", "done", "parked"]


@pytest.mark.parametrize("code", [63018, 20429, 63038])
async def test_over_a_limit_the_reply_goes_out_again_later_once(
    store: SqlStore, chat_id: int, work: Any, code: int
) -> None:
    await fail(store, "SM1", code)
    await fail(store, "SM2", code)
    await work()
    ((key, row),) = (await jobs(store, "reply")).items()
    assert (key, row.payload) == ("t:0:again", REPLY)
    assert row.due_at > row.created_at
    await store.add_job(Job("reply", "t:1", ANN.key, REPLY))
    assert [job.key for job in await store.claim_jobs("me")] == ["t:1"], "the chat goes on meanwhile"
    await store.begin(ANN, key, 0)
    await store.finish(key, 0, "SM3")
    await fail(store, "SM3", code)
    await work()
    assert [key for key in await jobs(store, "reply") if key != "t:1"] == ["t:0:again"]
    assert (await jobs(store, "undelivered"))["undelivered:whatsapp:SM3"].state == "parked"


@pytest.mark.parametrize(("code", "reach"), [(21610, "opted out"), (63033, "opted out"), (63014, "blocked")])
async def test_a_customer_who_opted_out_is_marked(
    store: SqlStore, chat_id: int, work: Any, code: int, reach: str
) -> None:
    await fail(store, "SM1", code)
    await work()
    row = await store.chat(chat_id)
    assert row is not None
    assert row.reach == reach
    assert await jobs(store, "reply") == {}
    assert [row.state for row in (await jobs(store, "undelivered")).values()] == ["done"]


@pytest.mark.parametrize("code", [63024, None])
async def test_what_only_a_person_can_settle_is_parked_and_told_once(
    store: SqlStore, chat_id: int, work: Any, code: int | None
) -> None:
    await fail(store, "SM1", code)
    await fail(store, "SM2", code)
    await work()
    (staff,) = (await jobs(store, "staff")).values()
    told = {name: staff.payload[name] for name in ("about", "chat", "outlet", "sender", "channel", "text")}
    assert told == {
        "about": "undelivered",
        "chat": chat_id,
        "outlet": "CPZ-PSR",
        "sender": ANN.sender,
        "channel": "whatsapp",
        "text": "Two cartons.",
    }
    assert len(await store.parked_jobs()) == 2
    assert f"error {code or 'unknown'}: outside the window" in (await store.parked_jobs())[0].error
    assert await jobs(store, "reply") == {}


async def test_a_failure_told_before_the_message_is_on_record_waits_for_it(store: SqlStore, work: Any) -> None:
    turn = await opened(store, message(chat=ANN))
    await store.commit_turn(commit(turn, jobs=(Job("reply", "t:0", ANN.key, REPLY),)))
    await store.begin(ANN, "t:0", 0)
    await fail(store, "SM1")
    due = {job.kind: job for job in await store.claim_jobs("me")}
    with pytest.raises(Exception, match="not on record"):
        await Undelivered(store, CLOCK)(due["undelivered"])
    await store.finish("t:0", 0, "SM1")
    await Undelivered(store, CLOCK)(due["undelivered"])
    assert list(await jobs(store, "reply")) == ["t:0:template"]


@pytest.mark.parametrize("status", [Status.DELIVERED, Status.READ])
async def test_what_arrived_needs_nobody(store: SqlStore, chat_id: int, status: Status) -> None:
    assert await note_status(store, "whatsapp", Told("SM1", status, None, ""))
    assert await note_status(store, "whatsapp", Told("SM1", status, None, "")) is None
    assert await jobs(store, "undelivered") == {}
