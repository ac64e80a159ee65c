"""The sent log: what was sent, how far it got, in whatever order that is told."""

import asyncio
import itertools

import pytest

from bot.storage.deliveries import DeliveryChange
from bot.storage.store import SqlStore
from bot.storage.tables import deliveries, outbox
from channels.contract import Sent, SentLog, Status
from core.domain.messages import ChatRef
from core.ports import Job
from tests.databases import OpenStore
from tests.integration.storage.builders import NOW, commit, message, opened
from tests.sandbox.sample import rows_of

ANN, BEN = ChatRef("whatsapp", "+6591230001"), ChatRef("whatsapp", "whatsapp:US.1234")


async def sent(log: SentLog, key: str, provider_id: str, chat: ChatRef = ANN, part: int = 0, **note: object) -> None:
    """A part that went out."""
    assert await log.begin(chat, key, part) is None
    await log.finish(key, part, provider_id, note or None)


async def part_of(store: SqlStore, provider_id: str) -> Sent:
    """The part that the provider knows by an id."""
    found = await store.by_provider_id("whatsapp", provider_id)
    assert found is not None
    return found[0]


async def test_a_part_is_begun_once_and_a_second_try_sees_what_the_first_left(store: SqlStore) -> None:
    assert await store.begin(ANN, "t:0", 0) is None
    left = await store.begin(ANN, "t:0", 0)
    assert left is not None
    assert (left.key, left.part, left.provider_id, left.status, left.note) == ("t:0", 0, None, Status.SENDING, {})
    assert await store.begin(ANN, "t:0", 1) is None
    await store.finish("t:0", 0, "SM1", {"card": True})
    await store.finish("t:0", 0, "SM1")
    left = await store.begin(ANN, "t:0", 0)
    assert left is not None
    assert (left.provider_id, left.status, left.note) == ("SM1", Status.SENT, {"card": True})
    assert await store.by_provider_id("whatsapp", "SM1") == (left, ANN)
    assert await store.by_provider_id("telegram", "SM1") is None
    assert await store.by_provider_id("whatsapp", "SM2") is None


async def test_of_processes_that_begin_at_once_one_is_first(open_store: OpenStore) -> None:
    stores = [open_store() for _ in range(4)]
    begun = await asyncio.gather(*(store.begin(ANN, "t:0", 0) for store in stores))
    assert sum(left is None for left in begun) == 1


async def test_a_part_that_was_not_sent_begins_afresh_and_one_that_was_is_not_forgotten(store: SqlStore) -> None:
    await store.begin(ANN, "t:0", 0)
    await store.forget("t:0", 0)
    await sent(store, "t:0", "SM1")
    await store.forget("t:0", 0)
    assert (await part_of(store, "SM1")).key == "t:0"


async def test_the_newest_part_with_a_true_note_is_found_in_its_own_chat(store: SqlStore) -> None:
    assert await store.last_noted(ANN, "card") is None
    await sent(store, "t:0", "SM1", card=7)
    await sent(store, "t:1", "SM2", card="0", more={"a": 1})
    await sent(store, "t:2", "SM3", BEN, card=True)
    untrue_ones: tuple[object, ...] = (False, 0, None, "", [], {})
    for n, untrue in enumerate(untrue_ones):
        await sent(store, "t:3", f"SN{n}", part=n, card=untrue, other=True)
    await sent(store, "t:4", "SM5", keyboard=True)
    newest = await store.last_noted(ANN, "card")
    assert newest is not None
    assert (newest.provider_id, newest.note) == ("SM2", {"card": "0", "more": {"a": 1}})
    await store.annotate("t:1", 0, {"keyboard": True})
    assert (await store.last_noted(ANN, "card") or newest).provider_id == "SM1"
    assert (await store.last_noted(ANN, "keyboard") or newest).provider_id == "SM5"
    assert await store.last_noted(ANN, 'a "quoted" name') is None


RANKS = (Status.SENDING, Status.SENT, Status.DELIVERED, Status.READ)


async def test_reports_in_any_order_come_to_the_same(store: SqlStore) -> None:
    for n, order in enumerate(itertools.permutations(RANKS)):
        await sent(store, f"t:{n}", f"SM{n}")
        changed = [await store.record_status("whatsapp", f"SM{n}", status) for status in order for _ in range(2)]
        assert (await part_of(store, f"SM{n}")).status is Status.READ
        told = [change.status for change in changed if change]
        assert told == sorted(set(told), key=RANKS.index), "each step once, and never back"
        assert told[-1] is Status.READ


@pytest.mark.parametrize("arrived", [Status.DELIVERED, Status.READ])
async def test_what_arrived_did_not_fail_and_what_failed_stays_so(store: SqlStore, arrived: Status) -> None:
    await sent(store, "t:0", "SM1")
    assert await store.record_status("whatsapp", "SM1", arrived) == DeliveryChange(arrived, "t:0", 0, ANN)
    assert await store.record_status("whatsapp", "SM1", Status.FAILED, "63024") is None
    await sent(store, "t:1", "SM2", BEN, 3)
    failed = DeliveryChange(Status.FAILED, "t:1", 3, BEN)
    assert await store.record_status("whatsapp", "SM2", Status.FAILED, "63024", "no WhatsApp") == failed
    for late in (Status.FAILED, arrived, Status.SENT):
        assert await store.record_status("whatsapp", "SM2", late) is None
    row = next(row for row in await rows_of(store.database, deliveries) if row.key == "t:1")
    assert (row.status, row.error_code, row.error) == ("failed", "63024", "no WhatsApp")


@pytest.mark.parametrize(
    ("reports", "status"),
    [
        ((Status.SENDING,), Status.SENT),
        ((Status.READ, Status.DELIVERED), Status.READ),
        ((Status.SENT, Status.FAILED, Status.FAILED), Status.FAILED),
    ],
)
async def test_a_report_before_the_message_is_on_record_is_kept(
    store: SqlStore, reports: tuple[Status, ...], status: Status
) -> None:
    await store.begin(ANN, "t:0", 0)
    changes = [await store.record_status("whatsapp", "SM1", each, "63016", "closed") for each in reports]
    assert {change.status for change in changes if change} <= {*reports}
    assert changes[0] == DeliveryChange(reports[0]), "nobody knows yet which message it is about"
    assert await store.by_provider_id("whatsapp", "SM1") is None
    await store.finish("t:0", 0, "SM1", {"n": 1})
    found = await part_of(store, "SM1")
    assert (found.key, found.status, found.note) == ("t:0", status, {"n": 1})
    assert len(await rows_of(store.database, deliveries)) == 1
    await store.finish("t:0", 0, "SM1")
    assert (await part_of(store, "SM1")).status is status


async def test_reports_and_the_answer_that_race_are_all_kept(open_store: OpenStore) -> None:
    one, other = open_store(), open_store()
    for n in range(12):
        await one.begin(ANN, f"t:{n}", 0)
        reports = [other.record_status("whatsapp", f"SM{n}", status) for status in (Status.READ, Status.SENT)]
        await asyncio.gather(one.finish(f"t:{n}", 0, f"SM{n}"), *reports)
        assert (await part_of(one, f"SM{n}")).status is Status.READ
    assert len(await rows_of(one.database, deliveries)) == 12


async def test_a_message_that_was_edited_belongs_to_the_newer_part(store: SqlStore) -> None:
    await sent(store, "t:0", "7")
    await sent(store, "t:1", "7")
    assert (await part_of(store, "7")).key == "t:1"
    earlier = await store.begin(ANN, "t:0", 0)
    assert earlier is not None
    assert earlier.provider_id is not None, "it was sent"


async def test_a_failure_leaves_its_job_exactly_once(open_store: OpenStore) -> None:
    stores = [open_store() for _ in range(3)]
    await sent(stores[0], "t:0", "SM1")
    job = Job("undelivered", "undelivered:SM1", "undelivered:SM1", {"provider_id": "SM1"})
    told = (store.record_status("whatsapp", "SM1", Status.FAILED, on_failure=job) for store in stores * 2)
    assert sum(change is not None for change in await asyncio.gather(*told)) == 1
    assert await stores[0].record_status("whatsapp", "SM2", Status.SENT, on_failure=job)
    assert [row.key for row in await rows_of(stores[0].database, outbox)] == ["undelivered:SM1"]


async def test_when_a_customer_wrote_last_is_their_last_message_not_ours(store: SqlStore) -> None:
    assert await store.last_inbound_at(ANN) is None
    turn = await opened(store, message(chat=ANN))
    await store.commit_turn(commit(turn, at=NOW.replace(hour=20)))
    assert await store.last_inbound_at(ANN) == NOW
    later = NOW.replace(hour=21)
    await store.accept(message(chat=ANN, received_at=later))
    assert await store.last_inbound_at(ANN) == later
    assert await store.last_inbound_at(BEN) is None


async def test_content_is_kept_and_forgotten_by_name(store: SqlStore) -> None:
    assert await store.content("picker-1") is None
    await store.keep_content("picker-1", "HX1")
    await store.keep_content("picker-1", "HX2")
    assert await store.content("picker-1") == "HX2"
    await store.keep_content("picker-1", None)
    assert await store.content("picker-1") is None


async def test_the_words_of_a_message_are_told_inside_its_own_chat_only(store: SqlStore) -> None:
    reply = Job("reply", "t:0", ANN.key, {"text": "Two cartons. Right?"})
    await store.commit_turn(commit(await opened(store, message("2 ctn", ANN, "SM1")), jobs=(reply,)))
    await sent(store, "t:0", "SM2")
    assert await store.words_of("whatsapp", ANN, "SM1") == "2 ctn"
    assert await store.words_of("whatsapp", ANN, "SM2") == "Two cartons. Right?"
    for chat, provider_id in ((BEN, "SM1"), (BEN, "SM2"), (ANN, "SM3")):
        assert await store.words_of("whatsapp", chat, provider_id) is None
