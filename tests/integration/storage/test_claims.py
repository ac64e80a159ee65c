"""Claims as they are kept, and the jobs that keep what a customer said."""

import asyncio
from datetime import timedelta

import pytest

from bot.keeping import ChoiceKeeper, ClaimKeeper
from bot.ports import ClaimedJob
from bot.storage.store import SqlStore
from core.domain.claims import Claim
from core.domain.messages import Attachment, Kind
from core.domain.reminders import ClaimKind
from core.errors import DeliveryRefused
from tests.integration.storage.builders import NOW, commit, message, opened, order, with_outlet

CLAIM = Claim("RS-1", "CPZ-PSR", ClaimKind.SHORT, "ST-01", "2 pkts")
PAYLOAD = {
    "id": CLAIM.id,
    "order": "RS-1",
    "outlet": "CPZ-PSR",
    "chat": 1,
    "turn": "t1",
    "kind": "short",
    "sku": "ST-01",
    "said": "2 pkts",
    "at": NOW.isoformat(),
}


async def with_order(store: SqlStore) -> int:
    """An order in a chat; the chat's id."""
    await with_outlet(store)
    turn = await opened(store)
    await store.commit_turn(commit(turn, orders=(order(),)))
    return turn.chat_id


async def test_the_same_claim_again_is_one_and_what_is_said_is_added_once(store: SqlStore) -> None:
    chat_id = await with_order(store)
    more = Claim(CLAIM.order, CLAIM.outlet, CLAIM.kind, CLAIM.sku, "the box was open")
    for turn, claim in enumerate((CLAIM, CLAIM, more, CLAIM, more)):
        await store.keep_claim(claim, chat_id, f"t{turn}", NOW)
    await store.keep_claim(Claim("RS-1", "CPZ-PSR", ClaimKind.DAMAGED), chat_id, "t9", NOW)
    rows = await store.claims_of("RS-1")

    assert [(row.claim.kind.value, row.claim.sku, row.claim.said, row.state) for row in rows] == [
        ("damaged", "", "", "open"),
        ("short", "ST-01", "2 pkts\nthe box was open", "open"),
    ]
    assert rows[0].made_at == NOW
    assert await store.claims_of("RS-2") == []


async def test_a_claim_job_done_twice_keeps_one_claim(store: SqlStore) -> None:
    chat_id = await with_order(store)
    job = ClaimedJob(1, "claim", "k", "l", {**PAYLOAD, "chat": chat_id}, 1)
    await ClaimKeeper(store)(job)
    await ClaimKeeper(store)(job)

    assert [row.claim for row in await store.claims_of("RS-1")] == [CLAIM]


async def test_a_claim_is_settled_once_and_the_customer_told_in_the_same_commit(store: SqlStore) -> None:
    chat_id = await with_order(store)
    await store.keep_claim(CLAIM, chat_id, "t1", NOW)
    settled = await asyncio.gather(
        *(store.settle_claim(CLAIM.id, f"note {n}", NOW, "Sorry! CN-1 is on its way", push=True) for n in range(4))
    )
    assert len([seq for seq in settled if seq]) == 1

    row = await store.claim_row(CLAIM.id)
    assert row is not None
    assert (row.state, row.settled_at, (row.note or "")[:5]) == ("settled", NOW, "note ")
    (job,) = await store.claim_jobs("me")
    assert job.payload["text"] == "Sorry! CN-1 is on its way"
    assert await store.claim_rows("open") == []
    assert await store.claim_rows("settled") == await store.claim_rows() == [row]
    assert await store.settle_claim("RS-1:wrong:X", "no such", NOW) is None
    assert await store.claim_row("RS-1:wrong:X") is None


async def test_only_what_is_told_after_it_was_settled_opens_a_claim_again(store: SqlStore) -> None:
    chat_id = await with_order(store)
    await store.keep_claim(CLAIM, chat_id, "t1", NOW)
    assert await store.settle_claim(CLAIM.id, "CN-1", NOW + timedelta(hours=2)) == 0

    await store.keep_claim(CLAIM, chat_id, "t1", NOW)
    late = Claim(CLAIM.order, CLAIM.outlet, CLAIM.kind, CLAIM.sku, "told before, kept late")
    await store.keep_claim(late, chat_id, "t2", NOW + timedelta(hours=1))
    assert [row.state for row in await store.claim_rows()] == ["settled"]

    await store.keep_claim(CLAIM, chat_id, "t3", NOW + timedelta(hours=3))
    (row,) = await store.claim_rows("open")
    assert (row.note, row.settled_at, row.told) == ("CN-1", None, ((chat_id, "t1"), (chat_id, "t2"), (chat_id, "t3")))
    assert row.claim.said == "2 pkts\ntold before, kept late"


async def test_the_files_of_a_claim_are_those_of_the_turns_that_told_of_it(store: SqlStore) -> None:
    chat_id = await with_order(store)
    photos = Attachment("ME1", "image/jpeg", "box.jpg", 9), Attachment("ME2", "image/jpeg")
    turns = []
    for files in (photos, (Attachment("ME3", "application/pdf", "order.pdf"),), photos[1:]):
        turn = await opened(store, message("see", attachments=files, kind=Kind.PHOTO))
        await store.commit_turn(commit(turn))
        turns.append(turn)
    for turn in (turns[0], turns[2]):
        await store.keep_claim(CLAIM, turn.chat_id, turn.turn_id, NOW)
    row = await store.claim_row(CLAIM.id)
    assert row is not None

    found = await store.claim_files(row)
    lines = {line.seq: line for line in await store.transcript(chat_id)}
    assert [(each.index, each.file) for each in found] == [(0, photos[0]), (1, photos[1]), (0, photos[1])]
    assert all(lines[each.seq].attachments[each.index] == each.file for each in found)


async def test_a_choice_job_keeps_the_last_word(store: SqlStore) -> None:
    await with_outlet(store)
    for wanted in (False, False, True):
        payload = {"outlet": "CPZ-PSR", "kind": "draft", "wanted": wanted, "by": "+65", "at": NOW.isoformat()}
        await ChoiceKeeper(store)(ClaimedJob(1, "reminder choice", "k", "l", payload, 1))

    assert await store.reminder_choices("CPZ-PSR") == {"draft": True}


@pytest.mark.parametrize("broken", [{"kind": "tea"}, {"chat": "x"}, {"at": None}])
async def test_a_malformed_job_is_for_a_person(store: SqlStore, broken: dict[str, object]) -> None:
    with pytest.raises(DeliveryRefused):
        await ClaimKeeper(store)(ClaimedJob(1, "claim", "k", "l", {**PAYLOAD, **broken}, 1))
    with pytest.raises(DeliveryRefused):
        await ChoiceKeeper(store)(ClaimedJob(1, "reminder choice", "k", "l", dict(broken), 1))
