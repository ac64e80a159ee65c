"""Chats as staff find them, and what they write into one."""

from datetime import UTC, date, datetime, timedelta

from bot.storage.store import SqlStore
from bot.storage.tables import messages, outbox
from core.domain.messages import ChatRef
from core.domain.sessions import Handoff, Session
from tests.integration.storage.builders import CHAT, NOW, chat, commit, message, opened, order, with_outlet
from tests.sandbox.sample import rows_of

LATER = NOW + timedelta(minutes=5)


async def test_a_chat_is_found_by_its_id(store: SqlStore) -> None:
    first = await store.accept(message(chat=chat(1)))
    await store.accept(message(chat=chat(2)))
    row = await store.chat(first.chat_id)
    assert row is not None
    assert (row.chat_id, row.chat, row.waiting, row.parked) == (first.chat_id, chat(1), 1, 0)
    assert await store.chat(first.chat_id + 100) is None


async def test_chats_for_a_person_are_found_however_many_moved_since(store: SqlStore) -> None:
    handed = Session(handoff=Handoff('he said "handoff":{', NOW)).to_json()
    await store.commit_turn(commit(await opened(store, message(chat=chat(1))), session=handed))
    await store.commit_turn(commit(await opened(store, message(chat=chat(2))), parked="trace"))
    quoting = Session(last_text='"handoff":{').to_json()
    for number in range(3, 9):
        turn = await opened(store, message(chat=chat(number), received_at=LATER))
        await store.commit_turn(commit(turn, session=quoting, at=LATER))
    rows = await store.chat_rows(limit=2, for_a_person=True)
    assert {row.chat for row in rows} == {chat(1), chat(2)}
    assert {row.chat: (row.parked, row.parked_since) for row in rows} == {chat(1): (0, None), chat(2): (1, NOW)}
    assert len(await store.chat_rows(limit=4)) == 4


async def test_what_staff_write_takes_its_place_in_the_log_beside_a_turn(store: SqlStore) -> None:
    turn = await opened(store)
    assert await store.log_staff_message(turn.chat_id, "A driver is on the way", LATER, push=False) == 2
    await store.commit_turn(commit(turn, "Noted."))
    log = await store.history(CHAT)
    assert [(row.seq, row.direction, row.text) for row in log] == [
        (1, "in", "2 ctn"),
        (2, "out", "A driver is on the way"),
        (3, "out", "Noted."),
    ]
    assert [row.understood for row in await rows_of(store.database, messages) if row.seq == 2] == [{"by": "staff"}]
    assert await rows_of(store.database, outbox) == []
    row = await store.chat(turn.chat_id)
    assert row is not None
    assert row.last_at == LATER
    assert await store.log_staff_message(99, "to nobody", LATER, push=True) is None


async def test_what_staff_write_to_a_messenger_leaves_a_job_behind_the_desks_own(store: SqlStore) -> None:
    whatsapp = ChatRef("whatsapp", "+6591230001")
    turn = await opened(store, message(chat=whatsapp))
    assert await store.log_staff_message(turn.chat_id, "hello", LATER, push=True) == 2
    (job,) = await store.claim_jobs("me")
    assert (job.kind, job.key, job.lane) == ("reply", f"staff:{turn.chat_id}:2", whatsapp.key)
    assert job.payload == {"channel": "whatsapp", "to": "+6591230001", "session": "", "text": "hello", "choices": []}


async def test_orders_of_a_period_are_those_of_the_suppliers_days(store: SqlStore) -> None:
    await with_outlet(store)
    # 23:30 and 00:30 in Singapore are 15:30 and 16:30 UTC of one day
    times = {"RS-1": (22, 15, 30), "RS-2": (22, 16, 30), "RS-3": (24, 15, 30), "RS-4": (24, 16, 30)}
    for n, (number, (day, hour, minute)) in enumerate(times.items()):
        placed = order(number, f"d{n}", placed_at=datetime(2026, 11, day, hour, minute, tzinfo=UTC))
        await store.commit_turn(commit(await opened(store), orders=(placed,)))
    found = await store.orders_placed(date(2026, 11, 23), date(2026, 11, 24))
    assert [each.number for each in found] == ["RS-2", "RS-3"]
    assert len(found[0].lines) == 2
