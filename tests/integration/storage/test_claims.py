"""Claims as they are kept, and the jobs that keep what a customer said."""

import pytest

from bot.keeping import ChoiceKeeper, ClaimKeeper
from bot.ports import ClaimedJob
from bot.storage.store import SqlStore
from core.domain.claims import Claim
from core.domain.reminders import ClaimKind
from core.errors import DeliveryRefused
from tests.integration.storage.builders import NOW, commit, opened, order, with_outlet

CLAIM = Claim("RS-1", "CPZ-PSR", ClaimKind.SHORT, "ST-01", "2 pkts")
PAYLOAD = {
    "id": CLAIM.id,
    "order": "RS-1",
    "outlet": "CPZ-PSR",
    "chat": 1,
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
    for claim in (CLAIM, CLAIM, more, CLAIM, more):
        await store.keep_claim(claim, chat_id, NOW)
    await store.keep_claim(Claim("RS-1", "CPZ-PSR", ClaimKind.DAMAGED), chat_id, NOW)
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
