"""Which words ask about the sender's own account, and which only seem to."""

from dataclasses import replace
from datetime import date

import pytest

from core.domain.commands import (
    Add,
    AddNote,
    Agree,
    Ask,
    AskBalance,
    AskInvoice,
    AskPaid,
    AskTerms,
    CallPerson,
    Command,
    Complain,
    Confirm,
    Deliver,
    NameOutlet,
    Status,
    Which,
)
from core.understanding.context import Context
from core.understanding.reader import read
from tests.unit.core.test_for_documents import commands, context, drafting

ABOUT_ACCOUNT = (AskInvoice, AskBalance, AskPaid)


@pytest.mark.parametrize(
    "text",
    [
        *("send me the invoice", "invoice pls", "inv pls", "can i have the invoice?", "pls send invoice"),
        *("where is my invoice?", "may i get a copy of the latest invoice", "can resend last inv", "INVOICE"),
        *("inovice pls", "hi boss can u send me the invoice again", "need invoice", "what is the invoice amount"),
        *(
            "can email me the invoice",
            "the invoice is not here yet",
            "we never received the invoice",
            "pdf invoice pls",
        ),
    ],
)
def test_the_invoice_is_the_latest(text: str) -> None:
    assert commands(text) == (AskInvoice(),)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("invoice for RS-10012 pls", "RS-10012"),
        ("send invoice for RS 10012", "RS-10012"),
        ("can i have INV-10012", "INV-10012"),
        ("INV-10012", "INV-10012"),
        ("invoice 10012 pls", "10012"),
        ("inv no 10012 pls send", "10012"),
        ("copy of invoice for order #10012?", "10012"),
        ("we have not received the invoice for RS-10012", "RS-10012"),
    ],
)
def test_an_invoice_by_its_own_or_its_orders_number(text: str, number: str) -> None:
    assert commands(text) == (AskInvoice(Which.ORDER, number),)


@pytest.mark.parametrize("text", ["invoice 10012 and 10013", "inv 10012, 10013 pls"])
def test_bare_numbers_behind_an_invoices_are_more_of_them(text: str) -> None:
    assert commands(text) == (AskInvoice(Which.ORDER, "10012"), AskInvoice(Which.ORDER, "10013"))


def test_confirming_and_telling_of_the_payment_are_both_heard() -> None:
    assert commands("confirm, paid already", drafting()) == (Confirm(), AskPaid())


def test_several_numbers_are_several_invoices() -> None:
    assert commands("invoices for RS-10012 and RS-10013 pls") == (
        AskInvoice(Which.ORDER, "RS-10012"),
        AskInvoice(Which.ORDER, "RS-10013"),
    )


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("can i have last month's invoices", date(2026, 10, 1), date(2026, 10, 31)),
        ("last mth inv pls", date(2026, 10, 1), date(2026, 10, 31)),
        ("october invoices", date(2026, 10, 1), date(2026, 10, 31)),
        ("invoices for oct 2025", date(2025, 10, 1), date(2025, 10, 31)),
        ("may i have the invoices for may", date(2026, 5, 1), date(2026, 5, 31)),
        ("dec invoices pls", date(2025, 12, 1), date(2025, 12, 31)),
        ("this month's invoices?", date(2026, 11, 1), date(2026, 11, 23)),
        ("last week invoice", date(2026, 11, 16), date(2026, 11, 22)),
        ("invoices of the last 2 weeks", date(2026, 11, 9), date(2026, 11, 23)),
        ("yesterday's invoice pls", date(2026, 11, 22), date(2026, 11, 22)),
        ("invoice for last friday", date(2026, 11, 20), date(2026, 11, 20)),
        ("invoice for friday's delivery", date(2026, 11, 20), date(2026, 11, 20)),
        ("need the bill for 12 nov", date(2026, 11, 12), date(2026, 11, 12)),
        ("invoice for 12/11 pls", date(2026, 11, 12), date(2026, 11, 12)),
        ("invoice for nov 12th", date(2026, 11, 12), date(2026, 11, 12)),
        ("invoice for the 29th", date(2026, 10, 29), date(2026, 10, 29)),
        ("invoice of the 23rd pls", date(2026, 11, 23), date(2026, 11, 23)),
        ("invoices from 1 oct to 15 oct", date(2026, 10, 1), date(2026, 10, 15)),
        ("invoices 1 to 15 oct", date(2026, 10, 1), date(2026, 10, 15)),
        ("invoices between 1/11 and 20/11 pls", date(2026, 11, 1), date(2026, 11, 20)),
        ("invoice oct and nov", date(2026, 10, 1), date(2026, 11, 30)),
        ("send invoice for tmr order", date(2026, 11, 24), date(2026, 11, 24)),
    ],
)
def test_invoices_of_a_time(text: str, first: date, last: date) -> None:
    assert commands(text) == (AskInvoice(Which.PERIOD, None, first, last),)


@pytest.mark.parametrize(
    "text",
    ["send me all the unpaid invoices", "all invoices pls", "can i have the outstanding invoices", "our invoices"],
)
def test_invoices_without_a_time_are_the_open_ones(text: str) -> None:
    assert commands(text) == (AskInvoice(Which.ALL_OPEN),)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "how much do we owe",
            "how much owing ah",
            "what's outstanding",
            "what is the total outstanding?",
            "statement pls",
        ),
        *(
            "any unpaid invoices?",
            "outstanding amt?",
            "balance due?",
            "what is our balance",
            "soa pls",
            "we owe how much ah",
        ),
        *("can u send october statement", "which invoices still open", "wat inv not paid yet", "outstanding bal pls"),
        *("hi boss how much we owe you ah", "outstandng?", "anything due this week?", "how much is due"),
    ],
)
def test_what_is_owed(text: str) -> None:
    assert commands(text) == (AskBalance(),)


@pytest.mark.parametrize(
    "text", ["anything overdue?", "overdue pls", "any overdue invoices", "how much is overdue", "we got overdue anot"]
)
def test_what_is_overdue(text: str) -> None:
    assert commands(text) == (AskBalance(overdue=True),)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("is last week's paid", AskPaid(Which.PERIOD, None, date(2026, 11, 16), date(2026, 11, 22))),
        ("is last week's paid or not", AskPaid(Which.PERIOD, None, date(2026, 11, 16), date(2026, 11, 22))),
        ("we paid for oct right?", AskPaid(Which.PERIOD, None, date(2026, 10, 1), date(2026, 10, 31))),
        ("payment status of INV-10012", AskPaid(Which.ORDER, "INV-10012")),
        ("status of invoice 10012", AskPaid(Which.ORDER, "10012")),
        ("invoice status", AskPaid()),
        ("is 10012 paid", AskPaid(Which.ORDER, "10012")),
        ("rs 10012 paid?", AskPaid(Which.ORDER, "RS-10012")),
        ("u got our $120.50 paynow anot", AskPaid()),
        ("pls check if INV-10012 is paid", AskPaid(Which.ORDER, "INV-10012")),
        ("october all paid?", AskPaid(Which.PERIOD, None, date(2026, 10, 1), date(2026, 10, 31))),
        ("did you get our payment for INV-10012", AskPaid(Which.ORDER, "INV-10012")),
        ("is RS-10012 paid", AskPaid(Which.ORDER, "RS-10012")),
        ("rs-10012 paid or not", AskPaid(Which.ORDER, "RS-10012")),
        ("INV-10012 paid already?", AskPaid(Which.ORDER, "INV-10012")),
        ("did we pay you for oct?", AskPaid(Which.PERIOD, None, date(2026, 10, 1), date(2026, 10, 31))),
        ("did we pay for RS-10012", AskPaid(Which.ORDER, "RS-10012")),
        ("payment received?", AskPaid()),
        ("u got our paynow anot", AskPaid()),
        ("are we all paid up?", AskPaid()),
        ("has the invoice been settled?", AskPaid()),
        ("payment done, pls check", AskPaid()),
        ("we have paid INV-10012 can check?", AskPaid(Which.ORDER, "INV-10012")),
        ("when is INV-10012 due", AskPaid(Which.ORDER, "INV-10012")),
        ("when is the invoice for RS-10012 due?", AskPaid(Which.ORDER, "RS-10012")),
    ],
)
def test_whether_it_is_paid(text: str, asked: Command) -> None:
    assert commands(text) == (asked,)


@pytest.mark.parametrize(
    "text",
    ["are we paid up to last week", "is everything paid up until october", "all paid till oct?"],
)
def test_what_is_paid_up_to_a_time_is_all_that_is_open(text: str) -> None:
    assert commands(text) == (AskPaid(),)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        *(
            (text, AskPaid())
            for text in (
                "ok paid",
                "cash paid already",
                "paid already",
                "we paid yesterday",
                "payment made",
                "i paid last week liao",
            )
        ),
        *((text, AskPaid()) for text in ("boss dont chase me i paid liao", "paynow done, pls check")),
        *((text, AskPaid()) for text in ("we just paynow u $120.50", "we have paid $500 to you")),
        ("paid 12000 already", AskPaid()),
        ("invoice 10023 paid already ya", AskPaid(Which.ORDER, "10023")),
        ("i paid INV-10012", AskPaid(Which.ORDER, "INV-10012")),
        ("i've paid INV-10012 on friday, pls check", AskPaid(Which.ORDER, "INV-10012")),
        ("please mark INV-10012 as paid", AskPaid(Which.ORDER, "INV-10012")),
    ],
)
def test_who_says_that_it_is_paid_hears_what_the_books_have(text: str, asked: Command) -> None:
    assert commands(text) == (asked,)
    assert commands(text, drafting()) == (asked,)


@pytest.mark.parametrize(
    "text", ["void inv 10012", "cancel invoice INV-10012", "pls cancel the invoice", "void SP-10012"]
)
def test_an_invoice_is_cancelled_by_people_and_takes_no_order_with_it(text: str) -> None:
    (found,) = commands(text, replace(context(), invoice_prefix="SP-"))
    assert isinstance(found, CallPerson)


@pytest.mark.parametrize(
    "text",
    [
        *("how do I pay", "what are your payment terms", "do you send invoices by email?", "how do i get the invoice"),
        *("when do you send the monthly statement", "peppol invoice?", "can post invoice by letter anot"),
        *(
            "what happens if my invoice is overdue",
            "is there a late charge for overdue invoices?",
            "can i pay by invoice",
        ),
        *("Can head office get one bill for all outlets?", "we pay late a bit got penalty or not", "pay by cheque ok?"),
        *("cash is tight this month, could we split the bill?", "new customer payment terms", "paynow can?"),
        *("do we have to pay a deposit?", "will i get an invoice?", "must i pay before delivery", "who do i pay"),
        *("can you change the name on the invoice?", "what if the invoice is wrong", "can I pay you next week?"),
    ],
)
def test_what_asks_for_a_rule_goes_to_the_documents(text: str) -> None:
    found = commands(text)
    assert not any(isinstance(c, ABOUT_ACCOUNT) for c in found)
    assert any(isinstance(c, Ask | Complain) for c in found)


@pytest.mark.parametrize(
    "text",
    [
        *("dont need invoice", "no need invoice", "dont send invoice", "status of my order and invoice"),
        *("2 bundles 12in pizza box and invoice", "need 10000 cups and the invoice pls"),
        *("invoice received thanks", "thanks for the invoice", "invoice noted", "we have not paid"),
        *("got the invoice thank you", "we will pay next week", "what if the invoice is not paid"),
        *("balance 3 sleeves cup", "outstanding order?", "when is my order coming", "you owe us 2 sleeves of cups"),
        *("invoice to ABC Pte Ltd", "separate invoice for each outlet", "PO 12345 on the invoice", "ok invoice ok"),
        *(
            "2 rolls receipt paper",
            "2 bundles 12in pizza box tmr",
            "status of RS-10012",
            "RS-10012",
            "how much is the 12in box",
        ),
    ],
)
def test_what_only_mentions_money_asks_for_nothing_of_the_account(text: str) -> None:
    assert not any(isinstance(c, ABOUT_ACCOUNT) for c in commands(text))


@pytest.mark.parametrize(
    "text",
    [
        *("you charged me wrong", "invoice is wrong", "you overcharged us on INV-10012", "the invoice amount is wrong"),
        *("we were billed twice", "invoice 10233 charge 5 box but i only got 3 box", "wrong invoice"),
    ],
)
def test_a_complaint_about_money_goes_to_people(text: str) -> None:
    assert any(isinstance(c, Complain) for c in commands(text))


def test_the_own_terms_stay_what_they_were() -> None:
    assert commands("when is my invoice due") == (AskTerms(),)
    assert commands("status RS-10012") == (Status("RS-10012"),)


@pytest.mark.parametrize(
    "text",
    [
        "2 bundles 12in pizza box tmr, and send me the invoice",
        "2 bundles 12in pizza box tmr. how much do we owe?",
        "2 bundles 12in pizza box tmr, how much we owe ah",
        "send invoice for RS-10012, 2 bundles 12in pizza box tmr",
        "how much do we owe?\n2 bundles 12in pizza box tmr",
        "send me the invoice and 2 bundles 12in pizza box tmr",
        "send latest invoice and 2 bundles 12in pizza box tmr",
        "2 bundles 12in pizza box tmr n pls check if last week paid",
        "2 bundles 12in pizza box tmr and the invoice for last week",
        "2 bundles 12in pizza box tmr and outstanding how much",
    ],
)
def test_an_order_and_a_question_are_both_read(text: str) -> None:
    found = commands(text)
    (add,) = [c for c in found if isinstance(c, Add)]
    assert (add.wanted.skus, add.wanted.amount) == (("PB-12-PLN",), 2)
    assert [c.days for c in found if isinstance(c, Deliver)] == [(date(2026, 11, 24),)]
    assert len([c for c in found if isinstance(c, ABOUT_ACCOUNT)]) == 1
    assert len(found) == 3


@pytest.mark.parametrize("text", ["need invoice", "with invoice pls", "include the invoice"])
def test_with_goods_on_order_an_invoice_may_be_a_note_for_the_packers(text: str) -> None:
    assert [type(c) for c in commands(text, drafting())] == [AddNote]
    found = commands(f"2 bundles 12in pizza box, {text}")
    assert any(isinstance(c, AddNote) for c in found)
    assert not any(isinstance(c, ABOUT_ACCOUNT) for c in found)


def test_an_ok_before_such_a_question_places_no_order() -> None:
    found = read(["ok", "how much do we owe"], drafting()).commands
    assert found == (AskBalance(),)
    assert not any(isinstance(c, Agree) for c in found)


def test_an_outlet_may_be_named_beside_it() -> None:
    from tests.eval.playing import INDEXES, reference_of

    reference, indexes = reference_of("sample"), INDEXES["sample"]
    both = Context(
        index=indexes.of(reference.catalogue),
        now=context().now,
        outlets=indexes.names_of(reference.directory, "+6591230099"),
        linked=False,
    )
    found = commands("invoice for Toa Payoh pls", both)
    assert [type(c) for c in found] == [NameOutlet, AskInvoice]


def owner_of(sender: str) -> Context:
    from tests.eval.playing import INDEXES, reference_of

    names = INDEXES["sample"].names_of(reference_of("sample").directory, sender)
    return replace(context(), outlets=names, linked=False)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("how much does Toa Payoh owe", AskBalance()),
        ("Toa Payoh how much outstanding", AskBalance()),
        ("is Toa Payoh all paid?", AskPaid()),
        ("is RS-10012 of Toa Payoh paid", AskPaid(Which.ORDER, "RS-10012")),
    ],
)
def test_one_of_several_outlets_may_be_named_in_the_question(text: str, asked: Command) -> None:
    found = commands(text, owner_of("+6591230099"))
    assert found == (NameOutlet("toa payoh", ("KKB-TPY",)), asked)


@pytest.mark.parametrize("sender", ["+6591230003", "+6591230099"])
@pytest.mark.parametrize(
    "text", ["invoice for Canadian Pizza Pasir Ris pls", "for Canadian Pizza Pasir Ris: send me the invoice"]
)
def test_an_invoice_of_somebody_elses_outlet_is_neither_goods_nor_ones_own(text: str, sender: str) -> None:
    assert [type(c) for c in commands(text, owner_of(sender))] == [Ask]


@pytest.mark.parametrize(
    ("prefix", "text", "number"),
    [
        ("SP-", "SP-10012", "10012"),
        ("SP-", "can i have SP-10012 pls", "10012"),
        ("SP-", "invoice no. sp-10012-2 pls", "10012-2"),
        ("D2-", "send me d2-10012", "10012"),
        ("D2-", "invoice D210012", "10012"),
        ("SP-INV-", "SP-INV-10012", "10012"),
        ("SP-INV-", "sp inv 10012", "10012"),
        ("STRAITS", "straits 10012", "10012"),
        ("A", "inv A10012", "10012"),
        ("SP-", "invoice 10012", "10012"),
        ("SP-", "INV-10012", "INV-10012"),
        ("SP-", "invoice for RS-10012 pls", "RS-10012"),
    ],
)
def test_a_number_under_the_suppliers_own_prefix(prefix: str, text: str, number: str) -> None:
    assert commands(text, replace(context(), invoice_prefix=prefix)) == (AskInvoice(Which.ORDER, number),)


def test_whether_one_under_the_suppliers_own_prefix_is_paid() -> None:
    at = replace(context(), invoice_prefix="SP-INV-")
    assert commands("is SP-INV-10012 paid?", at) == (AskPaid(Which.ORDER, "10012"),)


@pytest.mark.parametrize("text", ["a 10012 pls", "2 bundles 12in pizza box tmr", "XSP-10012 boxes"])
def test_what_only_looks_like_such_a_number_is_read_as_ever(text: str) -> None:
    assert commands(text, replace(context(), invoice_prefix="A")) == commands(text)
    assert commands(text, replace(context(), invoice_prefix="SP-")) == commands(text)
