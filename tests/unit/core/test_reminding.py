"""What the desk says by itself, when it is silent instead, and what the buttons below do."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from core.domain.invoices import Invoice, InvoiceStatus, Receivable, Statement
from core.domain.messages import Inbound, Kind
from core.domain.orders import Order, OrderStatus
from core.domain.outlets import Outlet
from core.domain.reminders import ReminderKind
from core.domain.sessions import Session
from core.errors import AccountingAway
from tests.sandbox.memory_store import MemoryStore
from tests.sandbox.push_chat import RULES, STRANGER, TWO_OUTLETS, PushChat

TODAY, TOMORROW = date(2026, 11, 23), date(2026, 11, 24)
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=ZoneInfo("Asia/Singapore"))


def session_of(chat: PushChat) -> Session:
    return Session.from_json(chat.store.turns_of(chat.chat)[-1].session)


def regular(**more: str) -> PushChat:
    """An outlet that has ordered the same for three Tuesdays."""
    chat = PushChat(**more)
    for week in (3, 2, 1):
        chat.placed(f"RS-1000{week}", TOMORROW - timedelta(weeks=week), PB_12_PLN=2, PB_10_PLN=3)
    return chat


# -- deliveries ------------------------------------------------------------------------------------------


async def test_tomorrows_delivery_is_named_with_its_lines_and_until_when_it_can_be_changed() -> None:
    chat = PushChat()
    chat.placed("RS-10012", TOMORROW, PB_12_PLN=2, PB_10_PLN=3, PB_09_PLN=1, PB_14_PLN=4)
    heard = await chat.say(chat.reminder(ReminderKind.DELIVERY_TOMORROW, TOMORROW))

    assert heard.text.splitlines() == [
        "Your delivery tomorrow, Tue 24 Nov:",
        "*RS-10012*",
        "• 2 bundles Pizza Box 12in (100 pcs)",
        "• 3 bundles Pizza Box 10in (150 pcs)",
        "• 1 bundle Pizza Box 9in (50 pcs)",
        "… and 1 more",
        "You can change it until 20:00 today.",
        "Say *stop reminders* for no more of these.",
    ]
    assert heard.buttons == {"See order": "see:RS-10012", "Change it": "change:RS-10012", "Get a person": "agent"}


async def test_several_orders_of_a_day_are_one_reminder() -> None:
    chat = PushChat()
    chat.placed("RS-10012", TODAY, PB_12_PLN=2)
    chat.placed("RS-10013", TODAY, PB_10_PLN=3)
    heard = await chat.say(chat.reminder(ReminderKind.DELIVERY_TODAY, TODAY))

    assert "RS-10012" in heard.text
    assert "RS-10013" in heard.text
    assert list(heard.buttons) == ["See RS-10012", "See RS-10013", "Get a person"], "it is too late to change them"


async def test_an_order_is_changed_from_its_reminder_up_to_the_cut_off() -> None:
    chat = PushChat()
    chat.placed("RS-10012", TOMORROW, PB_12_PLN=2)
    buttons = (await chat.say(chat.reminder(ReminderKind.DELIVERY_TOMORROW, TOMORROW))).buttons
    asked = await chat.say(chat.tap("Change it", buttons["Change it"]))
    await chat.say("make it 5")
    changed = await chat.say("confirm")

    assert "Tell me what to change" in asked.text
    assert "*RS-10012* is updated" in changed.text
    assert changed.lines == {"PB-12-PLN": 5}
    chat.pass_time(hours=12)
    late = await chat.say(chat.tap("Change it", buttons["Change it"]))
    assert "past the cut-off" in late.text


@pytest.mark.parametrize("reason", ["cancelled", "none", "another day", "day passed", "off", "kind off", "not linked"])
async def test_a_reminder_that_nobody_needs_any_more_is_not_said(reason: str) -> None:
    chat = PushChat()
    if reason != "none":
        order = chat.placed("RS-10012", TODAY if reason == "another day" else TOMORROW, PB_12_PLN=2)
        status = OrderStatus.CANCELLED if reason == "cancelled" else OrderStatus.CONFIRMED
        chat.store.put_order(replace(order, status=status))
    if reason == "day passed":
        chat.pass_time(days=1)
    if reason in ("off", "kind off"):
        chat.store.choices["CPZ-PSR"] = {"" if reason == "off" else "delivery tomorrow": False}
    if reason == "not linked":
        chat.store.unlink(chat.sender)
    heard = await chat.say(chat.reminder(ReminderKind.DELIVERY_TOMORROW, TOMORROW))

    assert heard.commit.jobs == ()
    assert heard.commit.answer.replies == ()


async def test_nothing_is_said_where_a_person_has_the_chat_or_the_customer_opted_out() -> None:
    for kept in ("agent", None):
        chat = PushChat()
        chat.placed("RS-10012", TOMORROW, PB_12_PLN=2)
        await chat.say(kept or chat.message("STOP", Kind.OPT_OUT))
        heard = await chat.say(chat.reminder(ReminderKind.DELIVERY_TOMORROW, TOMORROW))

        assert heard.commit.jobs == (), "and the person is not told of it"


async def test_a_reminder_that_cannot_be_read_is_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    chat = PushChat()
    broken = Inbound(chat.chat, "reminder:broken", '{"kind": "tea"}', NOON, kind=Kind.REMINDER)
    heard = await chat.say(broken)

    assert heard.commit.jobs == ()
    assert "reminder:broken" in caplog.text


async def test_a_reminder_is_for_its_own_outlet_whatever_the_chat_orders_for() -> None:
    chat = PushChat(TWO_OUTLETS)
    await chat.say("10 sleeves 8oz SW")
    await chat.say("1")
    own = chat.reference.directory.outlets_of(TWO_OUTLETS)
    other, name = next((o.code, o.name) for o in own if o.code != session_of(chat).outlet)
    chat.placed("RS-10020", TOMORROW, other, PB_12_PLN=2)
    heard = await chat.say(chat.reminder(ReminderKind.DELIVERY_TOMORROW, TOMORROW, other))

    assert f"for {name}:" in heard.text
    assert session_of(chat).outlet != other
    shown = await chat.say(chat.tap("See order", heard.buttons["See order"]))
    assert "Order *RS-10020*" in shown.text


async def test_buttons_about_orders_of_others_show_nothing() -> None:
    chat = PushChat()
    chat.placed("RS-10020", TOMORROW, "KKB-BDK", PB_12_PLN=2)
    for button in ("see:RS-10020", "change:RS-10020", "received:RS-10020:short", "claim:RS-10020:short:*"):
        heard = await chat.say(chat.tap("x", button))

        assert heard.text == "I don't find order RS-10020 for your outlet."
        assert heard.staff == []


async def test_a_stranger_orders_nothing_and_sets_nothing_by_a_button() -> None:
    chat = PushChat(STRANGER)
    usual = await chat.say(chat.tap("x", "usual:2026-11-24:CPZ-PSR"))
    off = await chat.say(chat.tap("x", "reminders off:draft:CPZ-PSR"))

    assert usual.lines == {}
    assert [job.kind for job in (*usual.commit.jobs, *off.commit.jobs)] == ["reply", "reply"]


# -- beside what the customer writes ---------------------------------------------------------------------


async def test_in_one_burst_the_customer_is_answered_first_and_the_reminder_said_behind() -> None:
    chat = PushChat()
    chat.placed("RS-10012", TOMORROW, PB_12_PLN=2)
    heard = await chat.say("2 bundles 10in pizza box wed", chat.reminder(ReminderKind.DELIVERY_TOMORROW, TOMORROW))

    assert [r["text"].splitlines()[0] for r in heard.replies] == ["Got it.", "Your delivery tomorrow, Tue 24 Nov:"]
    assert ["reminders" in r for r in heard.replies] == [False, True], "only the one is late some time"
    confirm = next(c["id"] for c in heard.replies[0]["choices"])
    placed = await chat.say(chat.tap("Confirm", confirm))
    assert "is confirmed" in placed.text, "the reminder's buttons leave the order's alone"


async def test_a_reminder_changes_nothing_of_what_the_chat_is_at() -> None:
    chat = PushChat()
    chat.placed("RS-10012", TOMORROW, PB_12_PLN=2)
    asked = await chat.say("2 bundles 12in pizza box tmr and 3 straws")
    before = session_of(chat)
    await chat.say(chat.reminder(ReminderKind.DELIVERY_TOMORROW, TOMORROW))
    after = session_of(chat)

    assert replace(after, spoken=None, turns=before.turns) == before
    picked = await chat.say(chat.tap("x", next(iter(asked.buttons.values()))))
    assert "Is that 3 packets, or 3 pcs?" in picked.text, "the question's own buttons are still good"


@pytest.mark.parametrize("yes", ["yes", "ok thanks", "noted", "can", "all good", "👍"])
async def test_a_yes_to_a_reminder_places_no_order(yes: str) -> None:
    chat = PushChat()
    await chat.ready_to_confirm()
    chat.placed("RS-10012", TODAY, PB_10_PLN=2)
    await chat.say(chat.reminder(ReminderKind.DELIVERY_TODAY, TODAY))
    await chat.say(yes if yes != "👍" else chat.message("👍", Kind.REACTION))

    assert len(chat.store.orders) == 1
    assert "is confirmed" in (await chat.say("confirm")).text


async def test_an_order_placed_in_the_same_burst_needs_no_reminder() -> None:
    chat = regular()
    ready = await chat.ready_to_confirm()
    confirm = chat.tap("Confirm", ready.buttons["Confirm"])
    heard = await chat.say(confirm, chat.reminder(ReminderKind.CUT_OFF, TOMORROW))

    assert "is confirmed" in heard.text


# -- orders that are not there yet -----------------------------------------------------------------------


async def test_before_the_cut_off_the_usual_is_offered_reviewed_and_confirmed() -> None:
    chat = regular()
    heard = await chat.say(chat.reminder(ReminderKind.CUT_OFF, TOMORROW))
    review = await chat.say(chat.tap("Order the usual", heard.buttons["Order the usual"]))

    assert heard.text.splitlines() == [
        "Orders for Tue 24 Nov close at 20:00 today.",
        "Your usual: 2 bundles Pizza Box 12in (100 pcs) and 3 bundles Pizza Box 10in (150 pcs).",
    ]
    assert list(heard.buttons) == ["Order the usual", "Not this time", "Stop these reminders"]
    assert len(chat.store.orders) == 3, "a tap orders nothing by itself"
    assert review.lines == {"PB-12-PLN": 2, "PB-10-PLN": 3}
    assert "Deliver Tue 24 Nov" in review.text
    again = await chat.say(chat.message("Order the usual", Kind.TAP, choice_id=heard.buttons["Order the usual"]))
    assert again.text == "", "a double tap"
    placed = await chat.say(chat.tap("Confirm", review.buttons["Confirm"]))
    assert "is confirmed" in placed.text
    chat.pass_time(hours=1)
    late = await chat.say(chat.tap("Order the usual", heard.buttons["Order the usual"]))
    assert "There is an order for Tue 24 Nov already" in late.text


@pytest.mark.parametrize("words", ["yes", "ok can", "Order the usual", "1", "order the usual."])
async def test_the_usual_is_ordered_in_words_as_well(words: str) -> None:
    chat = regular()
    await chat.say(chat.reminder(ReminderKind.CUT_OFF, TOMORROW))
    review = await chat.say(words)

    assert review.lines == {"PB-12-PLN": 2, "PB-10-PLN": 3}


@pytest.mark.parametrize("words", ["no", "no thanks", "not this time", "2"])
async def test_the_usual_is_not_wanted_this_time(words: str) -> None:
    chat = regular()
    await chat.say(chat.reminder(ReminderKind.CUT_OFF, TOMORROW))
    heard = await chat.say(words)

    assert heard.text == "OK, nothing is ordered for Tue 24 Nov."


async def test_the_button_of_a_day_that_has_closed_says_so() -> None:
    chat = regular()
    heard = await chat.say(chat.reminder(ReminderKind.CUT_OFF, TOMORROW))
    chat.pass_time(hours=12)
    late = await chat.say(chat.tap("Order the usual", heard.buttons["Order the usual"]))

    assert late.lines == {}
    assert late.text.startswith("Orders for Tue 24 Nov have closed.")


async def test_the_usual_is_not_mixed_into_another_order() -> None:
    chat = regular()
    heard = await chat.say(chat.reminder(ReminderKind.CUT_OFF, TOMORROW))
    await chat.say("4 bundles 14in pizza box thu")
    asked = await chat.say(chat.tap("Order the usual", heard.buttons["Order the usual"]))

    assert asked.text.startswith("There's another order open here.")
    assert asked.lines == {"PB-14-PLN": 4}


async def test_what_is_no_longer_sold_is_not_offered() -> None:
    chat = regular()
    catalogue = chat.reference.catalogue
    products = dict(catalogue.products)
    products["PB-10-PLN"] = replace(products["PB-10-PLN"], active=False)
    chat.store.import_catalogue(replace(catalogue, products=products))
    heard = await chat.say(chat.reminder(ReminderKind.CUT_OFF, TOMORROW))

    assert "10in" not in heard.text


async def test_whoever_has_ordered_is_not_reminded_of_the_cut_off() -> None:
    chat = regular()
    chat.placed("RS-10040", TOMORROW, PB_12_PLN=1)

    assert (await chat.say(chat.reminder(ReminderKind.CUT_OFF, TOMORROW))).commit.jobs == ()


async def test_an_order_in_the_making_is_what_the_cut_off_is_said_of() -> None:
    chat = regular()
    await chat.ready_to_confirm()
    heard = await chat.say(chat.reminder(ReminderKind.CUT_OFF, TOMORROW))

    assert heard.text.startswith("Orders for Tue 24 Nov close at 20:00 today. This is not placed yet:\nYour order:")
    assert list(heard.buttons) == ["Confirm", "Discard", "Stop these reminders"]


async def test_a_draft_is_shown_with_its_buttons_as_at_any_review() -> None:
    chat = PushChat()
    shown = await chat.ready_to_confirm()
    chat.pass_time(hours=4)
    heard = await chat.say(chat.reminder(ReminderKind.DRAFT, TODAY))

    assert heard.replies[0]["card"] in shown.text
    assert heard.text.startswith("Your order is not placed yet.")
    old = await chat.say(chat.tap("Confirm", shown.buttons["Confirm"]))
    assert "earlier message" in old.text, "only the newest Confirm counts"
    placed = await chat.say(chat.tap("Confirm", old.buttons["Confirm"]))
    assert "is confirmed" in placed.text


async def test_a_draft_is_discarded_from_its_reminder_and_can_be_had_back() -> None:
    chat = PushChat()
    await chat.ready_to_confirm()
    heard = await chat.say(chat.reminder(ReminderKind.DRAFT, TODAY))
    gone = await chat.say(chat.tap("Discard", heard.buttons["Discard"]))
    back = await chat.say("undo")

    assert gone.lines == {}
    assert back.lines == {"PB-12-PLN": 2}


async def test_a_draft_whose_day_has_closed_is_asked_for_another_and_cannot_be_confirmed() -> None:
    chat = PushChat()
    await chat.ready_to_confirm()
    chat.pass_time(hours=12)
    heard = await chat.say(chat.reminder(ReminderKind.DRAFT, TODAY))

    assert "Tue 24 Nov closed for orders" in heard.text
    assert "Confirm" not in heard.buttons
    moved = await chat.say(chat.tap("x", next(iter(heard.buttons.values()))))
    assert "Confirm" in moved.buttons


async def test_a_draft_with_an_open_question_is_shown_with_the_question() -> None:
    chat = PushChat()
    asked = await chat.say("2 bundles 12in pizza box tmr and 3 straws")
    heard = await chat.say(chat.reminder(ReminderKind.DRAFT, TODAY))

    assert list(heard.buttons) == list(asked.buttons)
    assert session_of(chat).questions[0].puts == 1


async def test_a_draft_that_is_gone_or_being_written_needs_no_reminder() -> None:
    chat = PushChat()
    await chat.ready_to_confirm()
    beside = await chat.say("and 1 bundle 10in pizza box", chat.reminder(ReminderKind.DRAFT, TODAY))
    await chat.say("confirm")
    gone = await chat.say(chat.reminder(ReminderKind.DRAFT, TODAY))

    assert len(beside.replies) == 1
    assert gone.commit.jobs == ()


# -- money -----------------------------------------------------------------------------------------------


class Books:
    """Books with one statement; `away` they cannot be asked."""

    def __init__(self, *, away: bool = False, current: bool = True) -> None:
        self.away, self.current = away, current

    async def invoice(self, order: Order, outlet: Outlet) -> Invoice:
        raise AssertionError("nobody invoices here")

    async def document(self, order_number: str) -> bytes | None:
        return None

    async def statement(self, outlet: Outlet) -> Statement:
        if self.away:
            raise AccountingAway("no answer")
        days = (date(2026, 10, 1), date(2026, 11, 3), date(2026, 12, 1))
        receivables = tuple(
            Receivable(f"INV-{n}", "", day, day, Decimal(100), Decimal(60), "SGD", InvoiceStatus.OPEN)
            for n, day in enumerate(days)
        )
        return Statement(receivables, Decimal(180), Decimal(120), "SGD", NOON, self.current)


async def overdue(books: Books | None, *, wanted: bool = True) -> str:
    chat = PushChat(accounting=books)
    chat.store.choices["CPZ-PSR"] = {"overdue": True} if wanted else {}
    heard = await chat.say(chat.reminder(ReminderKind.OVERDUE, TODAY))
    return heard.text


async def test_overdue_invoices_are_those_of_the_books() -> None:
    assert (await overdue(Books())).splitlines() == [
        "S$120.00 is overdue for Canadian Pizza Pasir Ris:",
        "• INV-0: S$60.00, due Thu 1 Oct",
        "• INV-1: S$60.00, due Tue 3 Nov",
        "Paid already? Then please ignore this.",
    ]


async def test_overdue_is_silent_unasked_and_where_the_books_cannot_be_asked_now() -> None:
    assert await overdue(Books(current=False)) == "", "it may be paid since"
    assert await overdue(Books(), wanted=False) == ""
    assert await overdue(None) == ""
    assert await overdue(Books(away=True)) == ""


# -- turning them off ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("stop reminders", [("", False)]),
        ("no more reminders pls", [("", False)]),
        ("turn on reminders", [("", True)]),
        ("don't remind me about cut off", [("cut-off", False)]),
        ("remind me when invoices are overdue", [("overdue", True)]),
        ("stop the delivery reminders", [("delivery tomorrow", False), ("delivery today", False)]),
    ],
)
async def test_reminders_are_set_in_words(words: str, kept: list[tuple[str, bool]]) -> None:
    heard = await PushChat().say(words)
    jobs = [job for job in heard.commit.jobs if job.kind == "reminder choice"]

    assert [(job.payload["kind"], job.payload["wanted"]) for job in jobs] == kept
    assert {job.payload["outlet"] for job in jobs} == {"CPZ-PSR"}
    assert "Canadian Pizza Pasir Ris" in heard.text
    assert ("turn on reminders" if not kept[0][1] else "stop reminders") in heard.text


@pytest.mark.parametrize("where", ["Kopi & Kaya Bar Ang Mo Kio", "ang mo kio"])
async def test_naming_an_outlet_for_its_reminders_leaves_the_open_order_where_it_is(where: str) -> None:
    chat = PushChat(TWO_OUTLETS)
    await chat.say("2 bundles 12in pizza box, wed, for Kopi & Kaya Bar Toa Payoh")
    heard = await chat.say(f"stop reminders for {where}")
    placed = await chat.say("confirm")

    [job] = [job for job in heard.commit.jobs if job.kind == "reminder choice"]
    assert (job.payload["outlet"], job.payload["kind"], job.payload["wanted"]) == ("KKB-AMK", "", False)
    assert [order.outlet for order in placed.commit.orders] == ["KKB-TPY"]


async def test_all_outlets_of_a_sender_are_set_at_once_wherever_the_chat_is() -> None:
    chat = PushChat(TWO_OUTLETS)
    await chat.say("2 bundles 12in pizza box, wed, for Kopi & Kaya Bar Toa Payoh")
    heard = await chat.say("stop reminders for both outlets")

    kept = [job.payload["outlet"] for job in heard.commit.jobs if job.kind == "reminder choice"]
    assert sorted(kept) == ["KKB-AMK", "KKB-TPY"]


async def test_nobody_sets_the_reminders_of_an_outlet_of_others() -> None:
    heard = await PushChat().say("stop reminders for Canadian Pizza Tampines")

    assert [job for job in heard.commit.jobs if job.kind == "reminder choice"] == []


async def test_a_stranger_sets_no_reminders() -> None:
    heard = await PushChat(STRANGER).say("stop reminders")

    assert [job.kind for job in heard.commit.jobs] == ["reply"]
    assert "isn't linked" in heard.text


async def test_a_kind_is_turned_off_and_on_by_its_buttons() -> None:
    chat = regular()
    heard = await chat.say(chat.reminder(ReminderKind.CUT_OFF, TOMORROW))
    off = await chat.say(chat.tap("Stop these reminders", heard.buttons["Stop these reminders"]))
    on = await chat.say(chat.tap("x", off.buttons["Turn them on again"]))
    kept = [j.payload for h in (off, on) for j in h.commit.jobs if j.kind == "reminder choice"]

    assert off.text.startswith("OK, no more reminders about the cut-off for Canadian Pizza Pasir Ris.")
    assert [(p["kind"], p["wanted"], p["by"]) for p in kept] == [
        ("cut-off", False, chat.sender),
        ("cut-off", True, chat.sender),
    ]


async def test_stop_beside_a_reminder_stops_that_one_too() -> None:
    chat = PushChat()
    chat.placed("RS-10012", TOMORROW, PB_12_PLN=2)
    heard = await chat.say("stop reminders", chat.reminder(ReminderKind.DELIVERY_TOMORROW, TOMORROW))

    assert len(heard.replies) == 1


async def test_an_appointment_is_not_promised() -> None:
    heard = await PushChat().say("remind me tmr to order 2 bundles 12in pizza box")

    assert heard.text.startswith("Sorry, I can't set a reminder for you")
    assert heard.lines == {}


# -- on pull channels, and when it breaks ----------------------------------------------------------------


async def test_on_a_pull_channel_the_ids_are_the_same() -> None:
    chat = regular(channel="web")
    heard = await chat.say(chat.reminder(ReminderKind.CUT_OFF, TOMORROW))
    choice = heard.commit.answer.replies[0].choices[0]
    review = await chat.say(chat.message(choice.title, choice_id=choice.id))

    assert choice.id == "usual:2026-11-24:CPZ-PSR"
    assert review.lines == {"PB-12-PLN": 2, "PB-10-PLN": 3}


class BrokenStore(MemoryStore):
    """A store that breaks where a reminder looks."""

    async def reminder_choices(self, outlet: str) -> dict[str, bool]:
        raise RuntimeError("broken")


@pytest.mark.parametrize("attempts", [0, 5])
async def test_a_reminder_that_breaks_is_set_aside_without_a_word(attempts: int) -> None:
    chat = PushChat()
    chat.engine._store = chat.store = BrokenStore(await chat.store.reference())
    chat.placed("RS-10012", TOMORROW, PB_12_PLN=2)
    reminder = chat.reminder(ReminderKind.DELIVERY_TOMORROW, TOMORROW)
    chat_id = (await chat.store.accept(reminder)).chat_id
    for _ in range(attempts):
        assert await chat.store.open_turn(chat_id, "dies")
        chat.store.expire_lease(chat_id)
    turn = await chat.store.open_turn(chat_id, "test")
    assert turn is not None
    await chat.engine.take_turn(turn)
    [commit] = chat.store.turns_of(chat.chat)

    assert commit.parked
    assert commit.jobs == ()
    assert commit.answer.replies == ()


async def test_a_reminder_that_breaks_takes_no_answer_with_it() -> None:
    chat = PushChat()
    chat.engine._store = chat.store = BrokenStore(await chat.store.reference())
    heard = await chat.say("2 bundles 12in pizza box tmr", chat.reminder(ReminderKind.DELIVERY_TODAY, TODAY))

    assert heard.lines == {"PB-12-PLN": 2}
    assert heard.text


async def test_which_reminders_an_outlet_gets_is_told_from_its_choices_and_the_settings() -> None:
    chat = PushChat()
    chat.store.choices["CPZ-PSR"] = {"draft": False, "cut-off": False, "overdue": True}
    assert (await chat.say("what reminders do we get?")).text == (
        "You get reminders about tomorrow's delivery, today's delivery, whether deliveries arrived and overdue "
        "invoices. Say *stop reminders* to end them."
    )
    chat.store.choices["CPZ-PSR"] = {"": False}
    assert (await chat.say("which reminders are on")).text == (
        "You get no reminders. Say *turn on reminders* to have them."
    )
    said = await chat.say("turn on reminders. which reminders are on?")
    assert "You get reminders about tomorrow's delivery, today's delivery, the cut-off" in said.text


async def test_where_none_are_sent_it_is_said_and_nobody_hears_of_anothers() -> None:
    none = PushChat(rules=replace(RULES, reminders=frozenset()))
    assert (await none.say("do you send reminders?")).text == "We don't send reminders. Say *agent* for a person."
    stranger = PushChat(STRANGER)
    assert "You get" not in (await stranger.say("what reminders do we get?")).text


async def test_of_several_outlets_each_is_told_where_they_differ() -> None:
    chat = PushChat(TWO_OUTLETS)
    one, other = chat.reference.directory.outlets_of(TWO_OUTLETS)
    chat.store.choices[one.code] = {"": False}
    lines = (await chat.say("what reminders do we get?")).text.splitlines()
    assert lines[0] == f"• {one.name}: no reminders"
    assert lines[1].startswith(f"• {other.name}: reminders about tomorrow's delivery")
    named = await chat.say(f"what reminders do we get for {one.name}?")
    assert named.text == "You get no reminders. Say *turn on reminders* to have them."


async def test_reminders_cannot_rest_for_a_day_and_nothing_is_changed() -> None:
    chat = PushChat()
    heard = await chat.say("no reminder today")
    assert heard.text.startswith("I can't pause reminders for a while. I can stop them for good")
    assert [job.kind for job in heard.commit.jobs] == ["reply"]
    assert chat.store.choices == {}
