"""What outlets said of reminders, as it is kept."""

from bot.storage.store import SqlStore
from core.domain.reminders import ReminderKind, wanted
from tests.integration.storage.builders import NOW, OUTLET, with_outlet

CODE = OUTLET.code


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
