"""What is told of an account: figures of the statement, for the sender's own outlet, and nothing to anybody else."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from core import wording
from core.domain.invoices import InvoiceStatus
from core.domain.outlets import Directory
from tests.sandbox.books import Books, receivable, statement
from tests.sandbox.push_chat import CODE, PASIR_RIS, RULES, STRANGER, TWO_OUTLETS, PushChat

PAID = receivable(10010, "50.00", issued=date(2026, 10, 12), status=InvoiceStatus.PAID, paid_on=date(2026, 11, 20))
LATE = receivable(10011, "120.50", issued=date(2026, 10, 19), due_on=date(2026, 11, 18))
PART = receivable(10012, "76.30", "20.00")
GONE = receivable(10013, "10.00", status=InvoiceStatus.VOID)
CLOSED = receivable(10014, "30.00", status=InvoiceStatus.CLOSED)
ROWS = (GONE, PART, LATE, PAID)


def chat(*rows: object, sender: str = PASIR_RIS, outlet: str = "CPZ-PSR", **more: object) -> PushChat:
    books = Books({outlet: statement(*(rows or ROWS))})  # type: ignore[arg-type]
    return PushChat(sender=sender, accounting=books, **more)  # type: ignore[arg-type]


async def test_the_balance_is_the_statements() -> None:
    heard = await chat().say("how much do we owe")
    assert heard.text == (
        "Outstanding for Canadian Pizza Pasir Ris: *S$140.50*, of which *S$120.50* is overdue.\n"
        "• INV-10011, Mon 19 Oct: S$120.50, overdue since Wed 18 Nov\n"
        "• INV-10012, Mon 9 Nov: S$76.30, of which S$20.00 is open, due Wed 9 Dec"
    )
    assert heard.commit.answer.intent == "account"


async def test_whether_all_is_paid_is_not_answered_by_a_cancelled_invoice() -> None:
    assert (await chat(GONE, PAID).say("paid?")).text.startswith("Yes, INV-10010 is paid")
    assert (await chat(GONE).say("paid?")).text == "Invoice *INV-10013*: S$10.00, cancelled, nothing is due."


async def test_a_day_long_ago_has_its_year() -> None:
    old = receivable(10001, "9.00", issued=date(2025, 10, 19), due_on=date(2025, 11, 18))
    heard = await chat(old).say("how much do we owe")
    assert heard.text.endswith("• INV-10001, Sun 19 Oct 2025: S$9.00, overdue since Tue 18 Nov 2025")


async def test_what_is_owed_in_other_currencies_is_told_apart() -> None:
    books = Books({"CPZ-PSR": replace(statement(PART), besides=((Decimal("9.00"), "USD"),))})
    heard = await PushChat(sender=PASIR_RIS, accounting=books).say("how much do we owe")
    assert "*S$20.00*. Nothing is overdue.\nIn other currencies: *US$9.00*.\n•" in heard.text


async def test_what_is_overdue_names_only_what_is_late() -> None:
    heard = await chat().say("anything overdue?")
    assert heard.text == (
        "Overdue for Canadian Pizza Pasir Ris: *S$120.50*, of S$140.50 outstanding in all.\n"
        "• INV-10011, Mon 19 Oct: S$120.50, overdue since Wed 18 Nov"
    )
    none_late = await chat(PART).say("anything overdue?")
    assert none_late.text == (
        "Nothing is overdue for Canadian Pizza Pasir Ris. S$20.00 is outstanding and not due yet."
    )


async def test_nothing_owed_is_said_plainly() -> None:
    heard = await chat(PAID).say("what's outstanding")
    assert heard.text == "Nothing is outstanding for Canadian Pizza Pasir Ris."


async def test_the_latest_invoice_that_stands() -> None:
    heard = await chat().say("send me the invoice")
    assert heard.commit.answer.replies[0].text == (
        "Invoice *INV-10012* of Mon 9 Nov for order RS-10012: S$76.30, of which S$20.00 is open, due Wed 9 Dec."
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("INV-10010 paid?", "Yes, INV-10010 is paid: S$50.00, paid on Fri 20 Nov."),
        (
            "did you get our payment for INV-10012",
            "Our books have no full payment yet: invoice *INV-10012*: S$76.30, of which S$20.00 is open, "
            f"due Wed 9 Dec.\n\n{wording.PAID_ALREADY}",
        ),
        ("is RS-10013 paid", "Invoice *INV-10013*: S$10.00, cancelled, nothing is due."),
        ("is RS-10014 paid", "Invoice *INV-10014*: S$30.00, nothing is due on it any more."),
        (
            "did you get our payment",
            "Our books have no full payment yet for these 2 invoices:\n"
            "• INV-10012, Mon 9 Nov: S$76.30, of which S$20.00 is open, due Wed 9 Dec\n"
            f"• INV-10011, Mon 19 Oct: S$120.50, overdue since Wed 18 Nov\n\n{wording.PAID_ALREADY}",
        ),
        (
            "is october all paid?",
            "1 of the 2 invoices of October 2026 is still open in our books:\n"
            f"• INV-10011, Mon 19 Oct: S$120.50, overdue since Wed 18 Nov\n\n{wording.PAID_ALREADY}",
        ),
        ("is last week's paid", "I don't see an invoice of Mon 16 Nov to Sun 22 Nov for your outlet. "
                                "Say *agent* and a person can look."),
    ],
)  # fmt: skip
async def test_whether_it_is_paid(text: str, said: str) -> None:
    assert (await chat(CLOSED, *ROWS).say(text)).text == said


async def test_a_number_that_is_not_this_outlets_is_not_found() -> None:
    heard = await chat().say("invoice for RS-99999 pls")
    assert heard.text == (
        "I don't find invoice RS-99999 for your outlet. Please check the number, or say *agent* for a person."
    )


async def test_open_invoices_are_told_and_where_none_is_the_latest() -> None:
    heard = await chat().say("send me all the unpaid invoices")
    assert heard.commit.answer.replies[0].text == (
        "Here are 2 invoices:\n"
        "• INV-10012, Mon 9 Nov: S$76.30, of which S$20.00 is open, due Wed 9 Dec\n"
        "• INV-10011, Mon 19 Oct: S$120.50, overdue since Wed 18 Nov"
    )
    paid = await chat(PAID).say("send me all the unpaid invoices")
    assert paid.commit.answer.replies[0].text == (
        "No invoice is open.\nInvoice *INV-10010* of Mon 12 Oct for order RS-10010: S$50.00, paid on Fri 20 Nov."
    )


async def test_more_than_five_are_counted_and_narrowed() -> None:
    rows = [receivable(10030 - n, f"{n + 1}.00", issued=date(2026, 10, 30 - n)) for n in range(12)]
    heard = await chat(*rows).say("can i have last month's invoices")
    assert heard.text.startswith(
        "There are 12 invoices of October 2026, and I send up to 5 at a time. "
        "Tell me an invoice number, or a shorter time:\n• INV-10030, Fri 30 Oct: S$1.00, due Wed 9 Dec\n"
    )
    assert heard.text.endswith("• INV-10023, Fri 23 Oct: S$8.00, due Wed 9 Dec\n… and 4 more.")
    assert len(heard.commit.answer.replies) == 1


async def test_what_the_books_said_last_is_dated() -> None:
    at = statement(PART).as_of.replace(hour=7, minute=5)
    books = Books({"CPZ-PSR": replace(statement(PART, at=at), current=False)})
    heard = await PushChat(accounting=books).say("how much do we owe")
    assert heard.text.startswith(
        "Outstanding for Canadian Pizza Pasir Ris: *S$20.00*. Nothing is overdue. "
        "(As of Mon 23 Nov, 07:05; I can't reach our books right now.)"
    )


@pytest.mark.parametrize("text", ["how much do we owe", "send me the invoice", "did you get our payment"])
async def test_while_the_books_are_away_a_person_is_offered(text: str) -> None:
    books = Books()
    books.away = True
    for accounting in (books, None):
        heard = await PushChat(accounting=accounting).say(text)
        assert heard.text == wording.BOOKS_AWAY
        assert list(heard.buttons) == [wording.GET_PERSON]


@pytest.mark.parametrize("text", ["how much do we owe", "send me the invoice", "is INV-10012 paid"])
async def test_a_stranger_learns_nothing_and_nothing_is_looked_up(text: str) -> None:
    stranger = chat(sender=STRANGER)
    heard = await stranger.say(text)
    assert heard.text == wording.UNKNOWN_SENDER
    assert stranger.accounting.asked == []  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ["how much do we owe", "send me the invoice", "is INV-10012 paid"])
async def test_who_only_named_an_outlet_learns_nothing(text: str) -> None:
    claiming = chat(sender="+6590000000", channel="terminal")
    await claiming.say("my outlet is Canadian Pizza Pasir Ris")
    accepted = await claiming.store.accept(claiming.message(text), open_as="test")
    assert accepted.turn is not None
    outcome = await claiming.engine.take_turn(accepted.turn)
    assert outcome.body["reply"] == wording.ACCOUNT_OF_THE_LINKED
    assert claiming.accounting.asked == []  # type: ignore[union-attr]


async def test_a_code_links_and_then_it_is_told() -> None:
    linking = chat(sender=STRANGER, outlet="CPZ-TMP")
    await linking.say(CODE)
    assert "Canadian Pizza Tampines: *S$140.50*" in (await linking.say("how much do we owe")).text


async def test_with_several_outlets_it_is_asked_which() -> None:
    books = Books({"KKB-TPY": statement(PART), "KKB-AMK": statement(LATE)})
    both = PushChat(sender=TWO_OUTLETS, accounting=books)
    asked = await both.say("how much do we owe")
    assert asked.text == wording.ASK_OUTLET
    assert len(asked.buttons) == 2
    assert "S$" not in asked.text
    told = await both.say("1")
    assert "Toa Payoh: *S$20.00*" in told.text
    assert "S$120.50" not in told.text
    assert books.asked == ["KKB-TPY"]
    assert "Toa Payoh: *S$20.00*" in (await both.say("how much do we owe")).text


def two_outlets() -> PushChat:
    rows = {"KKB-TPY": statement(PART), "KKB-AMK": statement(LATE, PAID)}
    return PushChat(sender=TWO_OUTLETS, accounting=Books(rows))


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("anything overdue?", "Overdue for Kopi & Kaya Bar Ang Mo Kio: *S$120.50*"),
        ("INV-10010 paid?", "Yes, INV-10010 is paid: S$50.00"),
        ("is october all paid?", "1 of the 2 invoices of October 2026 is still open"),
        ("can i have last month's invoices", "Here are 2 invoices:"),
    ],
)
@pytest.mark.parametrize("how", ["tap", "name", "number"])
async def test_a_picked_outlet_goes_on_with_the_very_question(question: str, said: str, how: str) -> None:
    both = two_outlets()
    asked = await both.say(question)
    title = next(t for t in asked.buttons if "Ang Mo Kio" in t)
    number = str(list(asked.buttons).index(title) + 1)
    answer = {"tap": both.tap(title, asked.buttons[title]), "name": "ang mo kio", "number": number}[how]
    heard = await both.say(answer)
    assert said in heard.replies[0]["text"]


async def test_a_second_tap_on_the_outlet_tells_nothing_twice_and_nothing_of_the_other() -> None:
    both = two_outlets()
    asked = await both.say("how much do we owe")
    first, second = asked.buttons.items()
    assert "S$20.00" in (await both.say(both.tap(*first))).text
    for old in (first, second):
        assert "S$" not in (await both.say(both.tap(*old))).text
    assert both.accounting.asked == ["KKB-TPY"]  # type: ignore[union-attr]


async def test_both_buttons_tapped_in_one_burst_tell_of_the_first_only() -> None:
    both = two_outlets()
    asked = await both.say("how much do we owe")
    heard = await both.say(*(both.tap(*each) for each in asked.buttons.items()))
    assert "S$20.00" in heard.text
    assert "S$120.50" not in heard.text


async def test_an_outlet_picked_in_the_middle_of_a_draft_tells_and_keeps_the_draft() -> None:
    both = two_outlets()
    await both.say("2 bundles 12in pizza box")
    await both.say("how much do we owe")
    asked = await both.say("and send me the invoice for INV-10011")
    title = next(t for t in asked.buttons if "Ang Mo Kio" in t)
    heard = await both.say(both.tap(title, asked.buttons[title]))
    said = "\n".join(reply["text"] for reply in heard.replies)
    assert "*S$120.50*" in said
    assert "Invoice *INV-10011*" in said
    assert heard.lines == {"PB-12-PLN": 2}
    later = await both.say("make it 3 bundles")
    assert later.lines == {"PB-12-PLN": 3}
    assert "INV-" not in later.text


async def test_an_outlet_that_was_taken_away_before_the_pick_is_not_told_of() -> None:
    both = two_outlets()
    asked = await both.say("how much do we owe")
    title = next(t for t in asked.buttons if "Ang Mo Kio" in t)
    given = both.reference.directory
    without = {**given.contacts, TWO_OUTLETS: ("KKB-TPY", "KKB-BDK")}
    both.store.put_reference(replace(both.reference, directory=Directory(given.outlets, without)))
    assert "S$" not in (await both.say(both.tap(title, asked.buttons[title]))).text
    assert "S$" not in (await both.say("how much do we owe")).text
    assert "KKB-AMK" not in both.accounting.asked  # type: ignore[union-attr]


async def test_who_was_taken_off_the_outlet_learns_nothing_though_the_chat_has_it_set() -> None:
    left = chat()
    assert "S$140.50" in (await left.say("how much do we owe")).text
    given = left.reference.directory
    left.store.put_reference(replace(left.reference, directory=Directory(given.outlets, {})))
    looked_up = len(left.accounting.asked)  # type: ignore[union-attr]
    for text in ("how much do we owe", "send me INV-10012", "is RS-10010 paid", "paid already"):
        heard = await left.say(text)
        assert heard.text == wording.ACCOUNT_OF_THE_LINKED
        assert not any("document" in reply for reply in heard.replies)
    assert len(left.accounting.asked) == looked_up  # type: ignore[union-attr]


async def test_another_outlet_of_theirs_may_be_asked_about_without_moving_the_draft_to_it() -> None:
    both = two_outlets()
    await both.say("2 bundles 12in pizza box for toa payoh tmr")
    heard = await both.say("how much does Ang Mo Kio owe")
    assert "Outstanding for Kopi & Kaya Bar Ang Mo Kio: *S$120.50*" in heard.text
    assert "this is for" not in heard.text
    sent = await both.say("send me INV-10011 for ang mo kio")
    assert "Invoice *INV-10011*" in sent.replies[0]["text"]
    placed = await both.say("confirm")
    assert placed.commit.orders[0].outlet == "KKB-TPY"
    assert "*S$20.00*" in (await both.say("how much do we owe")).text


async def test_an_outlet_named_beside_the_question_is_the_one_that_is_told_of() -> None:
    books = Books({"KKB-TPY": statement(PART), "KKB-AMK": statement(LATE)})
    both = PushChat(sender=TWO_OUTLETS, accounting=books)
    heard = await both.say("statement for Ang Mo Kio pls")
    assert "Ang Mo Kio: *S$120.50*" in heard.text
    assert "S$20.00" not in heard.text


async def test_the_draft_stays_as_it_was_and_an_order_beside_it_is_taken() -> None:
    ordering = chat()
    await ordering.say("2 bundles 12in pizza box tmr")
    asked = await ordering.say("how much do we owe")
    assert asked.lines == {"PB-12-PLN": 2}
    assert "*S$140.50*" in asked.text
    both = await ordering.say("3 pkt straw 6mm white paper, how much we owe ah")
    assert "*S$140.50*" in both.text
    assert both.lines["PB-12-PLN"] == 2
    confirmed = await ordering.say("confirm")
    assert confirmed.commit.orders or "Which" in confirmed.text


async def test_the_invoice_of_an_order_just_placed_is_not_that_of_another() -> None:
    ordering = chat()
    await ordering.say("2 bundles 12in pizza box tmr")
    number = (await ordering.say("confirm")).commit.orders[0].number
    heard = await ordering.say("send me the invoice")
    assert heard.text == f"Order {number} has no invoice yet. Please ask again a little later, or say *agent*."


async def test_a_day_may_be_that_of_the_delivery() -> None:
    ordering = chat()
    await ordering.say("2 bundles 12in pizza box tmr")
    number = (await ordering.say("confirm")).commit.orders[0].number or ""
    placed = replace(PART, order_number=number, number="INV-1", issued_on=date(2026, 11, 23))
    ordering.accounting.statements["CPZ-PSR"] = statement(placed, *ROWS)  # type: ignore[union-attr]
    heard = await ordering.say("invoice for tomorrow's delivery pls")
    assert heard.commit.answer.replies[0].text.startswith(f"Invoice *INV-1* of Mon 23 Nov for order {number}: ")


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("SP-INV-10012", "SP-INV-10012"),
        ("inv 10012", "SP-INV-10012"),
        ("INV-10012", "INV-10012"),
        ("INV-10011", "SP-INV-10011"),
        ("RS-10011", "SP-INV-10011"),
        ("invoice 10013-2", "SP-INV-10013-2"),
        ("invoice 0042", "INV-0042"),
    ],
)
async def test_an_invoice_is_found_under_any_of_its_names(said: str, number: str) -> None:
    """The supplier numbers with a prefix of its own; the books have numbers of others, and of before."""
    ours = [replace(receivable(n, "50.00"), number=f"SP-INV-{n}") for n in (10011, 10012)]
    later = replace(receivable(10013, "50.00"), number="SP-INV-10013-2")
    others = [
        replace(receivable(n, "9.00"), number=text, order_number="") for n, text in ((1, "INV-10012"), (2, "INV-0042"))
    ]
    books = Books({"CPZ-PSR": statement(*others, *ours, later)})
    rules = replace(RULES, invoice_prefix="SP-INV-")
    heard = await PushChat(sender=PASIR_RIS, accounting=books, rules=rules).say(f"{said} paid?")
    assert f"invoice *{number}*:" in heard.text


async def test_an_invoice_that_was_paid_in_part_and_credited_is_not_said_to_be_paid() -> None:
    closed = receivable(10012, "104.64", status=InvoiceStatus.CLOSED, paid_on=date(2026, 11, 20))
    closed = replace(closed, paid=Decimal("20.00"), credited=Decimal("84.64"))
    assert (await chat(closed).say("is INV-10012 paid?")).text == (
        "INV-10012 was closed: S$20.00 paid, S$84.64 credited."
    )
    assert (
        "S$104.64, closed: S$20.00 paid, S$84.64 credited."
        in (await chat(closed).say("INV-10012")).commit.answer.replies[0].text
    )
