"""Reminders in words, and words that are none."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.english import english_words
from core.domain.commands import Add, AskReminders, Command, PauseReminders, RemindLater, Remove, SetReminders
from core.domain.reminders import ReminderKind
from core.understanding.context import Context
from core.understanding.indexes import Indexes
from core.understanding.reader import read
from tests.eval.playing import reference_of

_INDEXES = Indexes(english_words())
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=ZoneInfo("Asia/Singapore"))
DELIVERIES = (ReminderKind.DELIVERY_TOMORROW, ReminderKind.DELIVERY_TODAY)


def said(text: str) -> tuple[Command, ...]:
    reference = reference_of("sample")
    names = _INDEXES.names_of(reference.directory, "+6591230001")
    context = Context(index=_INDEXES.of(reference.catalogue), now=NOW, outlets=names, linked=True)
    return read([text], context).commands


@pytest.mark.parametrize(
    "text",
    [
        "stop reminders",
        "Stop sending me reminders!",
        "pls stop the reminders thanks",
        "no more reminders pls",
        "no reminders",
        "turn off reminders",
        "turn reminders off pls",
        "reminders off",
        "can you stop the reminders?",
        "too many reminders lah",
        "stop reminding me",
        "don't remind me",
        "hi boss pls dont send me any more reminders",
        "pause reminders",
        "snooze the reminders pls",
        "take me off reminders",
        "i don't want to be reminded",
        "stop messaging me",
        "stop spamming me lah",
        "no more messages pls",
        "stop sending me messages",
    ],
)
def test_all_reminders_are_turned_off(text: str) -> None:
    assert said(text) == (SetReminders(on=False),)


@pytest.mark.parametrize(
    "text",
    [
        "turn on reminders",
        "can you turn on reminders?",
        "reminders on",
        "Turn on the reminders again please",
        "remind me again",
        "you can remind me again",
        "start reminding me again",
        "resume reminders",
    ],
)
def test_all_reminders_are_turned_on(text: str) -> None:
    assert said(text) == (SetReminders(on=True),)


@pytest.mark.parametrize(
    ("text", "on", "kinds"),
    [
        ("don't remind me about cut off", False, (ReminderKind.CUT_OFF,)),
        ("dont remind me about the cutoff anymore", False, (ReminderKind.CUT_OFF,)),
        ("no cut off reminders", False, (ReminderKind.CUT_OFF,)),
        ("stop delivery reminders", False, DELIVERIES),
        ("no need to remind me about deliveries", False, DELIVERIES),
        ("stop reminding us about unconfirmed orders", False, (ReminderKind.DRAFT,)),
        ("remind me before the cut off", True, (ReminderKind.CUT_OFF,)),
        ("remind me when invoices are overdue", True, (ReminderKind.OVERDUE,)),
        ("pls remind me when my invoice is overdue", True, (ReminderKind.OVERDUE,)),
        ("i want reminders about payment", True, (ReminderKind.OVERDUE,)),
        ("remind me of my unpaid invoices", True, (ReminderKind.OVERDUE,)),
        ("pause delivery reminders", False, DELIVERIES),
        ("stop cut-off reminders", False, (ReminderKind.CUT_OFF,)),
        ("stop asking me if delivery arrived", False, (ReminderKind.RECEIVED,)),
        ("dont ask me if the goods came", False, (ReminderKind.RECEIVED,)),
    ],
)
def test_one_kind_is_turned_off_or_on(text: str, on: bool, kinds: tuple[ReminderKind, ...]) -> None:
    assert said(text) == (SetReminders(on, kinds),)


@pytest.mark.parametrize("where", ["for both outlets", "for all my outlets", "at every branch"])
def test_every_outlet_of_the_senders_is_named_at_once(where: str) -> None:
    assert said(f"stop all reminders {where} pls") == (SetReminders(on=False, outlet="*"),)
    assert said(f"no cut off reminders {where}") == (SetReminders(False, (ReminderKind.CUT_OFF,), "*"),)


@pytest.mark.parametrize(
    "text",
    [
        "remind me again later",
        "remind me again tmr",
        "remind me tmr to order",
        "remind me tomorrow to order 2 ctn straws",
        "can you remind me at 5pm to order",
        "can u remind me to order every tue",
        "remind me",
    ],
)
def test_an_appointment_is_none_of_the_kinds(text: str) -> None:
    assert said(text) == (RemindLater(),)


@pytest.mark.parametrize(
    "text",
    [
        "stop",
        "stop sending the lids",
        "stop the straws",
        "no more lids",
        "no more straws pls",
        "stop reminders about the lids",
        "thanks for the reminder",
        "i got your reminder",
        "reminder: call before delivery",
        "remind the driver to call me",
        "remind me what the cut off is",
        "remind me how much is pizza box",
        "do you sell reminder cards?",
        "what is the reminder about the lids",
        "what straws do we get tomorrow",
        "do remind the driver",
        "is my order today",
        "mute the straws for today",
        "no straws today",
        "no delivery today",
        "stop the order for today",
        "don't forget the straws",
        "2 bundles 12in pizza box, remind driver to call",
        "just a reminder 2 bundles 12in pizza box for tmr",
        "reminder: 3 pkt straws tmr",
        "gentle reminder - where is my order",
        "pause my order",
        "stop asking me about the price",
        "don't ask me about the straws",
        "message me when it arrives",
        "stop the order",
        "no more boxes",
    ],
)
def test_other_words_set_no_reminders(text: str) -> None:
    kinds = SetReminders | RemindLater | AskReminders | PauseReminders
    assert not any(isinstance(c, kinds) for c in said(text))


@pytest.mark.parametrize(
    "text",
    [
        "what reminders do we get?",
        "What reminders do you send",
        "do you send reminders?",
        "do u have reminders",
        "which reminders are on",
        "which reminders are turned on for us?",
        "are reminders on?",
        "are my reminders off",
        "hi, what kind of reminders do i get ah",
        "any reminders?",
        "show my reminders",
        "list reminders pls",
        "will i get reminders?",
        "do you remind us about the cut off?",
        "tell me which reminders we get",
    ],
)
def test_which_reminders_there_are_is_asked(text: str) -> None:
    assert said(text) == (AskReminders(),)


@pytest.mark.parametrize(
    "text",
    [
        "no reminder today",
        "no reminders today pls",
        "mute for today",
        "mute today",
        "mute notifications till tomorrow",
        "stop reminders for today",
        "pause the reminders until monday",
        "no delivery reminders this week",
        "don't remind me today",
        "snooze reminders for 2 days",
    ],
)
def test_reminders_are_to_rest_for_a_while(text: str) -> None:
    assert said(text) == (PauseReminders(),)


@pytest.mark.parametrize(
    "text",
    [
        "stop reminders and 2 bundles 12in pizza box",
        "stop reminders, 2 bundles 12in pizza box",
        "2 bundles 12in pizza box and stop reminders",
        "2 bundles 12in pizza box. stop the reminders",
        "stop reminders, and add 2 bundles 12in pizza box",
        "stop messaging me, 2 bundles 12in pizza box",
    ],
)
def test_what_is_ordered_beside_it_is_not_lost(text: str) -> None:
    commands = said(text)

    assert SetReminders(on=False) in commands
    assert [c.wanted.skus for c in commands if isinstance(c, Add)] == [("PB-12-PLN",)]
    assert not any(isinstance(c, Remove) for c in commands)
