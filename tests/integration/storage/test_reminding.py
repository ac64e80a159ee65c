"""What outlets said of reminders, as it is kept."""

from datetime import timedelta

from bot.storage.store import SqlStore
from core.domain.messages import ChatRef, Kind
from core.domain.reminders import ReminderKind, wanted
from tests.integration.storage.builders import NOW, OUTLET, chat, commit, message, opened, with_outlet

CODE = OUTLET.code
HOUR = timedelta(hours=1)


async def test_a_reminder_moves_no_chat_up_the_staffs_list_and_an_answer_does(store: SqlStore) -> None:
    for number in (1, 2):
        turn = await opened(store, message(chat=chat(number), received_at=NOW + number * HOUR))
        await store.commit_turn(commit(turn, at=NOW + number * HOUR))
    assert await in_the_list(store) == [(chat(2), NOW + 2 * HOUR), (chat(1), NOW + HOUR)]

    for number in (1, 3):
        reminder = message(kind=Kind.REMINDER, chat=chat(number), received_at=NOW + 5 * HOUR)
        await store.commit_turn(commit(await opened(store, reminder), "Tomorrow: 2 boxes.", at=NOW + 5 * HOUR))
    begun = (chat(3), NOW + 5 * HOUR)  # where there was no chat yet, it is one since then
    assert await in_the_list(store) == [begun, (chat(2), NOW + 2 * HOUR), (chat(1), NOW + HOUR)]

    turn = await opened(store, message("thanks", chat=chat(1), received_at=NOW + 6 * HOUR))
    assert (await in_the_list(store))[0] == (chat(1), NOW + 6 * HOUR)
    await store.commit_turn(commit(turn, at=NOW + 7 * HOUR))
    assert await in_the_list(store) == [(chat(1), NOW + 7 * HOUR), begun, (chat(2), NOW + 2 * HOUR)]


async def in_the_list(store: SqlStore) -> list[tuple[ChatRef, object]]:
    """The chats as staff see them, with when each moved last."""
    return [(row.chat, row.last_at) for row in await store.chat_rows(10)]


async def test_the_last_word_of_an_outlet_counts(store: SqlStore) -> None:
    await with_outlet(store)
    assert await store.reminder_choices(CODE) == {}
    await store.choose_reminders(CODE, "draft", False, "+6591230001", NOW)
    await store.choose_reminders(CODE, "draft", True, "+6591230001", NOW)
    await store.choose_reminders(CODE, "overdue", True, "staff", NOW)
    assert await store.reminder_choices(CODE) == {"draft": True, "overdue": True}
    assert await store.reminder_choices("NOBODY") == {}


async def test_all_of_them_replaces_what_was_said_of_each(store: SqlStore) -> None:
    await with_outlet(store)
    await store.choose_reminders(CODE, "draft", True, "+6591230001", NOW)
    await store.choose_reminders(CODE, "", False, "+6591230001", NOW)
    choices = await store.reminder_choices(CODE)
    assert choices == {"": False}
    assert not any(wanted(kind, choices) for kind in ReminderKind)
    await store.choose_reminders(CODE, "received", True, "+6591230001", NOW)
    choices = await store.reminder_choices(CODE)
    assert [kind for kind in ReminderKind if wanted(kind, choices)] == [ReminderKind.RECEIVED]


def test_overdue_is_only_for_those_who_asked() -> None:
    assert [kind for kind in ReminderKind if not wanted(kind, {})] == [ReminderKind.OVERDUE]
    assert not wanted(ReminderKind.OVERDUE, {"": True})
    assert wanted(ReminderKind.OVERDUE, {"": False, "overdue": True})
