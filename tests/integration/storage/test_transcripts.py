"""A chat's log as staff read it, what they write into it, and whether it can be reached."""

import asyncio
from datetime import timedelta

from bot.ports import Reach
from bot.storage.store import SqlStore
from bot.storage.tables import messages, outbox
from channels.contract import Status
from core.domain.messages import Attachment, ChatRef, Kind
from core.ports import Job
from tests.databases import OpenStore
from tests.integration.storage.builders import CHAT, NOW, answer, commit, message, opened
from tests.sandbox.sample import rows_of

ANN = ChatRef("whatsapp", "+6591230001")
FILE = Attachment("ME1", "application/pdf", "order.pdf", 1200)


async def replied(store: SqlStore, *texts: str) -> tuple[int, str]:
    """A turn on a messenger that answers `texts`; its chat and its id."""
    turn = await opened(store, message("2 ctn", ANN, author="Ann", quoted="How many?"))
    jobs = tuple(Job("reply", f"{turn.turn_id}:{n}", ANN.key, {"text": text}) for n, text in enumerate(texts))
    await store.commit_turn(commit(turn, answer=answer(*texts), jobs=jobs))
    return turn.chat_id, turn.turn_id


async def deliver(store: SqlStore, key: str, provider_id: str, *reports: Status, part: int = 0) -> None:
    """Send a part and hear how far it got."""
    await store.begin(ANN, key, part)
    await store.finish(key, part, provider_id)
    for status in reports:
        await store.record_status("whatsapp", provider_id, status, "63016" if status is Status.FAILED else None, None)


async def test_a_transcript_shows_who_said_what_and_how_far_it_got(store: SqlStore) -> None:
    chat_id, turn_id = await replied(store, "Two cartons.", "Anything else?")
    said = await store.log_staff_message(chat_id, "Mei here", NOW, push=True)
    for job in await store.claim_jobs("me"):
        await store.job_done(job.job_id, "me")
    await store.accept(message("", ANN, kind=Kind.DOCUMENT, attachments=(FILE, FILE)))
    await deliver(store, f"{turn_id}:0", "SM1", Status.READ)
    await deliver(store, f"{turn_id}:1", "SM2", Status.DELIVERED)
    await deliver(store, f"{turn_id}:1", "SM3", Status.FAILED, part=1)
    await deliver(store, f"{turn_id}:1:template", "SM4")
    await deliver(store, f"staff:{chat_id}:{said}", "SM5")
    asked, first, second, staff, file = await store.transcript(chat_id)
    assert (asked.direction, asked.kind, asked.text, asked.author, asked.by) == ("in", "text", "2 ctn", "Ann", None)
    assert (asked.state, asked.quoted, asked.delivery) == ("answered", "How many?", ())
    assert (first.by, first.state, [part.status for part in first.delivery]) == ("desk", "sent", ["read"])
    assert [choice["id"] for choice in first.choices] == ["confirm"]
    told = [(part.part, part.status, part.error_code) for part in second.delivery]
    assert told == [(0, "delivered", None), (1, "failed", "63016"), (0, "sent", None)]
    assert (second.state, staff.by, staff.text, staff.state) == ("waiting", "staff", "Mei here", "waiting")
    assert [part.status for part in staff.delivery] == ["sent"]
    assert (file.kind, file.attachments, file.state) == ("document", (FILE, FILE), "waiting")


async def test_a_transcript_is_read_in_pages_from_either_end(store: SqlStore) -> None:
    chat_id, turn_id = await replied(store, *(f"part {n}" for n in range(4)))
    await deliver(store, f"{turn_id}:2", "SM1", Status.READ)
    for page in (await store.transcript(chat_id, 3, 1), (await store.transcript(chat_id, 2, 2))[1:]):
        assert [(line.text, [part.status for part in line.delivery]) for line in page] == [("part 2", ["read"])]
    newest = await store.transcript(chat_id, limit=2, newest=True)
    assert [(line.seq, line.text, bool(line.delivery)) for line in newest] == [
        (4, "part 2", True),
        (5, "part 3", False),
    ]
    assert await store.transcript(chat_id, 5) == []
    assert await store.transcript(99) == []


async def test_what_staff_wrote_once_is_said_once_on_any_channel(open_store: OpenStore) -> None:
    stores = [open_store() for _ in range(3)]
    for chat, push in ((ANN, True), (CHAT, False)):
        turn = await opened(stores[0], message(chat=chat))
        source = f"telegram:u{turn.chat_id}"
        said = await asyncio.gather(
            *(
                store.log_staff_message(turn.chat_id, "Mei here", NOW, push=push, source=source)
                for store in stores
                for _ in range(2)
            )
        )
        assert set(said) == {2}
        assert await stores[0].log_staff_message(turn.chat_id, "and again", NOW, push=push) == 3
        logged = [row.text for row in await rows_of(stores[0].database, messages) if row.chat_id == turn.chat_id]
        assert logged == ["2 ctn", "Mei here", "and again"]
    assert len(await rows_of(stores[0].database, outbox)) == 2
    assert await stores[0].log_staff_message(99, "to nobody", NOW, push=True, source="other") is None


async def test_a_customers_message_id_is_no_source_of_staffs(store: SqlStore) -> None:
    turn = await opened(store, message(provider_id="u7"))
    assert await store.log_staff_message(turn.chat_id, "Mei here", NOW, push=False, source="u7") == 2


async def test_only_newer_news_changes_whether_a_chat_can_be_reached(store: SqlStore) -> None:
    await store.set_reach(ANN, "blocked", NOW)
    assert await store.chat_of(ANN) is None
    await store.accept(message(chat=ANN, received_at=NOW - timedelta(hours=1)))
    assert await store.reach_of(ANN) is None
    await store.set_reach(ANN, "blocked", NOW)
    await store.set_reach(ANN, None, NOW - timedelta(minutes=1))
    assert await store.reach_of(ANN) == Reach("blocked", wrote_since=False)
    (row,) = await store.chat_rows()
    assert row.reach == "blocked"
    await store.accept(message(chat=ANN, received_at=NOW + timedelta(minutes=1)))
    assert await store.reach_of(ANN) == Reach("blocked", wrote_since=True)
    await store.set_reach(ANN, None, NOW + timedelta(minutes=2))
    assert await store.reach_of(ANN) is None


async def test_a_dropped_job_lets_its_lane_go_on_and_says_why(store: SqlStore) -> None:
    chat_id, _ = await replied(store, "one", "two")
    (job,) = await store.claim_jobs("me")
    await store.job_dropped(job.job_id, "blocked", "somebody else")
    assert (await store.transcript(chat_id))[1].state == "waiting"
    await store.job_dropped(job.job_id, "blocked", "me")
    assert [line.state for line in await store.transcript(chat_id)] == ["answered", "dropped", "waiting"]
    assert [job.payload["text"] for job in await store.claim_jobs("me")] == ["two"]
    assert [row.last_error for row in await rows_of(store.database, outbox)] == ["blocked", None]


async def test_a_job_is_added_once_and_waits_for_its_time(store: SqlStore) -> None:
    job = Job("reply", "t:0:again", "lane", {"text": "hi"})
    assert await store.add_job(job, delay=3600)
    assert not await store.add_job(Job("reply", "t:0:again", "lane", {"text": "other"}))
    assert await store.claim_jobs("me") == []
    assert await store.job_of("t:0:again") == job
    assert await store.job_of("t:0") is None
    assert await store.add_job(Job("staff", "s", "staff"))
    assert [job.key for job in await store.claim_jobs("me")] == ["s"]
