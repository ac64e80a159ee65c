"""How a delivery arrived: thanks, or a report that staff get with item, amount and photo."""

from dataclasses import replace
from datetime import date

import pytest

from core.domain.messages import Attachment, Kind
from core.domain.orders import OrderStatus
from core.domain.reminders import ReminderKind
from tests.sandbox.push_chat import TWO_OUTLETS, Heard, PushChat

TODAY, YESTERDAY = date(2026, 11, 23), date(2026, 11, 22)
CLAIM = "claim:RS-10012:short:ST-PP06-BLK"


def delivered(**more: str) -> PushChat:
    """A delivery of today: boxes and straws."""
    chat = PushChat(**more)
    chat.placed("RS-10012", TODAY, PB_12_PLN=2, ST_PP06_BLK=5)
    return chat


async def reported(chat: PushChat, problem: str = "Something short", item: str = "Paper Straw") -> Heard:
    """The report of an item by two taps."""
    asked = await chat.say(chat.reminder(ReminderKind.RECEIVED, TODAY))
    which = await chat.say(chat.tap(problem, asked.buttons[problem]))
    title = next(title for title in which.buttons if item in title or item == title)
    return await chat.say(chat.tap(title, which.buttons[title]))


def claims(heard: Heard) -> list[tuple[str, str, str]]:
    return [(j.payload["kind"], j.payload["sku"], j.payload["said"]) for j in heard.commit.jobs if j.kind == "claim"]


async def test_it_is_asked_whether_a_delivery_arrived_and_a_tap_says_so() -> None:
    chat = delivered()
    asked = await chat.say(chat.reminder(ReminderKind.RECEIVED, TODAY))
    thanked = await chat.say(chat.tap("All good", asked.buttons["All good"]))

    assert asked.text == "Did RS-10012 arrive all right today?"
    assert list(asked.buttons) == ["All good", "Something short", "Damaged", "Wrong item", "Stop these reminders"]
    assert thanked.text == "Good to hear, thanks!"
    assert thanked.staff == []


@pytest.mark.parametrize("words", ["yes", "all good thanks", "ok received", "All good"])
async def test_a_yes_in_words_will_do(words: str) -> None:
    chat = delivered()
    await chat.say(chat.reminder(ReminderKind.RECEIVED, TODAY))

    assert (await chat.say(words)).text == "Good to hear, thanks!"


async def test_a_no_is_asked_what_was_wrong() -> None:
    chat = delivered()
    await chat.say(chat.reminder(ReminderKind.RECEIVED, TODAY))
    asked = await chat.say("no")
    which = await chat.say("damaged")

    assert list(asked.buttons) == ["Something short", "Damaged", "Wrong item", "Get a person"]
    assert which.text == "Sorry about that. Which item was damaged?"


async def test_a_short_item_is_a_claim_for_staff_in_two_taps_and_the_desk_keeps_the_chat() -> None:
    chat = delivered()
    heard = await reported(chat, item="Straw")
    [job] = [j for j in heard.commit.jobs if j.kind == "claim"]
    [note] = heard.staff

    assert heard.text.startswith(
        "Reported to our team: short, Plastic Straw 6mm Black (5 packets ordered), order RS-10012."
    )
    assert "How many were short? A photo helps too: just send it here." in heard.text
    assert job.payload["id"] == "RS-10012:short:ST-PP06-BLK"
    assert (job.payload["order"], job.payload["outlet"]) == ("RS-10012", "CPZ-PSR")
    assert (note.payload["about"], note.payload["order"]) == ("claim", "RS-10012")
    assert "Something short – Plastic Straw 6mm Black (5 packets ordered)" in note.payload["text"]
    assert "delivered Mon 23 Nov" in note.payload["text"]
    assert (await chat.say("2 bundles 12in pizza box fri")).lines == {"PB-12-PLN": 2}


async def test_a_second_item_is_tapped_as_well_and_the_same_one_twice_is_one_claim() -> None:
    chat = delivered()
    first = await reported(chat, item="Straw")
    box = next(title for title in first.buttons if "Pizza Box" in title)
    second = await chat.say(chat.tap(box, first.buttons[box]))
    chat.pass_time(minutes=10)
    again = await chat.say(chat.tap(box, first.buttons[box]))

    assert [c[1] for c in claims(second)] == ["PB-12-PLN"]
    assert list(second.buttons) == ["Get a person"], "everything is reported"
    assert again.text.startswith("Reported already")
    assert again.staff == []
    assert claims(again) == []


async def test_all_of_it_is_one_claim_and_an_order_of_one_line_is_not_asked_which() -> None:
    chat = delivered()
    whole = await reported(chat, "Damaged", "All of it")
    one = PushChat()
    one.placed("RS-10012", TODAY, PB_12_PLN=2)
    asked = await one.say(one.reminder(ReminderKind.RECEIVED, TODAY))
    straight = await one.say(one.tap("Damaged", asked.buttons["Damaged"]))

    assert claims(whole) == [("damaged", "", "")]
    assert claims(straight) == [("damaged", "PB-12-PLN", "")]


async def test_a_photo_within_the_hour_goes_to_the_report_and_is_no_order() -> None:
    chat = delivered()
    await reported(chat, item="Straw")
    heard = await chat.say(chat.file("box.jpg", kind=Kind.PHOTO))
    [note] = heard.staff

    assert heard.text == "Added to your report on RS-10012."
    assert note.payload["about"] == "claim more"
    assert [file["name"] for file in note.payload["attachments"]] == ["box.jpg"]
    assert (await chat.say("agent")).told == ["handoff"], "a person can be had"


async def test_a_picture_sent_as_a_file_goes_there_too_and_a_workbook_does_not() -> None:
    chat = delivered()
    await reported(chat, item="Straw")
    picture = chat.message("", Kind.DOCUMENT, attachments=(Attachment("r", "image/jpeg", "box.jpg", 9),))
    passed_on = await chat.say(picture)
    sheet = await chat.say(chat.file("order.xlsx"))

    assert passed_on.told == ["claim more"]
    assert sheet.told == ["file"]


async def test_a_photo_after_the_hour_is_a_photo_like_any_other() -> None:
    chat = delivered()
    await reported(chat, item="Straw")
    chat.pass_time(minutes=61)
    heard = await chat.say(chat.file("list.jpg", kind=Kind.PHOTO))

    assert heard.told == ["file"]


@pytest.mark.parametrize("words", ["2 pkts", "2 packets straws", "only 3 came", "the box was open when it came"])
async def test_words_after_the_report_tell_more_of_it_and_order_nothing(words: str) -> None:
    chat = delivered()
    await reported(chat, item="Straw")
    heard = await chat.say(words)

    assert heard.text == "Added to your report on RS-10012. Nothing new is ordered."
    assert heard.lines == {}
    assert claims(heard) == [("short", "ST-PP06-BLK", words)]
    assert words in heard.staff[0].payload["text"]


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        ("send 2 bundles 12in pizza box fri", {"PB-12-PLN": 2}),
        ("2 bundles 12in pizza box tmr pls", {"PB-12-PLN": 2}),
        ("3 bundles 10in pizza box", {"PB-10-PLN": 3}),
    ],
)
async def test_words_that_order_stay_an_order(words: str, lines: dict[str, int]) -> None:
    chat = delivered()
    await reported(chat, item="Straw")
    heard = await chat.say(words)

    assert heard.lines == lines
    assert claims(heard) == []


async def test_later_on_goods_and_amounts_are_an_order_again() -> None:
    chat = delivered()
    await reported(chat, item="Straw")
    await chat.say("thanks")
    heard = await chat.say("2 bundles 12in pizza box")

    assert heard.lines == {"PB-12-PLN": 2}


async def test_an_unknown_item_of_an_order_is_asked_about_and_not_taken_for_a_report() -> None:
    chat = delivered()
    await reported(chat, item="Straw")
    heard = await chat.say("3 bundles 10in pizza box fri and 2 flurgles")

    assert heard.lines == {"PB-10-PLN": 3}
    assert "flurgles" in heard.text


async def test_the_item_may_be_said_instead_of_tapped() -> None:
    chat = delivered()
    asked = await chat.say(chat.reminder(ReminderKind.RECEIVED, TODAY))
    await chat.say(chat.tap("Something short", asked.buttons["Something short"]))
    heard = await chat.say("the black straws")

    assert claims(heard) == [("short", "ST-PP06-BLK", "the black straws")]
    assert heard.lines == {}


async def test_a_caption_confirms_nothing_beside_a_photo_of_a_report() -> None:
    chat = delivered()
    await chat.ready_to_confirm()
    await reported(chat, item="Straw")
    await chat.say(chat.file("box.jpg", "confirm", Kind.PHOTO))

    assert len(chat.store.orders) == 1


async def test_a_question_after_the_report_is_answered() -> None:
    chat = delivered()
    await reported(chat, item="Straw")
    heard = await chat.say("how much is the 12in pizza box?")

    assert "S$32.00" in heard.text
    assert claims(heard) == []


async def test_a_complaint_about_money_still_gets_a_person() -> None:
    chat = delivered()
    await reported(chat, item="Straw")
    heard = await chat.say("you also overcharged us on the invoice")

    assert heard.told == ["handoff"]


async def test_whoever_reported_already_is_not_asked_again() -> None:
    chat = delivered()
    await reported(chat, item="Straw")
    heard = await chat.say(chat.reminder(ReminderKind.RECEIVED, TODAY))

    assert heard.commit.jobs == ()


async def test_the_orders_of_one_delivery_are_asked_about_together() -> None:
    chat = delivered()
    chat.placed("RS-10013", TODAY, PB_10_PLN=1)
    asked = await chat.say(chat.reminder(ReminderKind.RECEIVED, TODAY))
    which = await chat.say(chat.tap("Wrong item", asked.buttons["Wrong item"]))
    heard = await chat.say(chat.tap("x", which.buttons["Pizza Box 10in"]))

    assert asked.text.startswith("Did RS-10012 and RS-10013 arrive all right")
    assert heard.staff[0].payload["order"] == "RS-10013"


async def test_buttons_of_a_cancelled_order_say_so() -> None:
    chat = delivered()
    order = next(o for o in chat.store.orders if o.number == "RS-10012")
    chat.store.put_order(replace(order, status=OrderStatus.CANCELLED))
    heard = await chat.say(chat.tap("x", "received:RS-10012:short"))

    assert "RS-10012* is cancelled" in heard.text
    assert heard.staff == []


@pytest.mark.parametrize("button", ["claim:RS-10012:short:NO-SUCH", "claim:RS-10012:short:PB-10-PLN"])
async def test_an_item_that_was_not_on_the_order_is_no_claim(button: str) -> None:
    chat = delivered()
    heard = await chat.say(chat.tap("x", button))

    assert claims(heard) == []
    assert heard.text == "Sorry about that. Which item was short?"


async def test_a_chat_of_two_outlets_reports_for_the_right_one() -> None:
    chat = PushChat(TWO_OUTLETS)
    codes = [o.code for o in chat.reference.directory.outlets_of(TWO_OUTLETS)]
    chat.placed("RS-10030", TODAY, codes[1], PB_12_PLN=1)
    heard = await chat.say(chat.tap("x", "received:RS-10030:damaged"))
    [job] = [j for j in heard.commit.jobs if j.kind == "claim"]

    assert job.payload["outlet"] == codes[1]


# -- complaints in words ---------------------------------------------------------------------------------


async def test_a_complaint_about_the_last_delivery_is_a_claim_and_a_person_has_the_chat() -> None:
    chat = delivered()
    heard = await chat.say("2 pkts straws missing from today's delivery")

    assert heard.told == ["handoff"]
    assert claims(heard) == [("short", "ST-PP06-BLK", "2 pkts straws missing from today's delivery")]
    assert "I've noted it for your order RS-10012." in heard.text


async def test_a_complaint_that_may_be_about_two_deliveries_is_no_claim() -> None:
    chat = delivered()
    chat.placed("RS-10013", TODAY, PB_10_PLN=1)
    heard = await chat.say("the box was crushed")

    assert heard.told == ["handoff"]
    assert claims(heard) == []


@pytest.mark.parametrize("words", ["the invoice was wrong", "your driver was late again", "i want a refund"])
async def test_a_complaint_about_something_else_is_no_claim(words: str) -> None:
    heard = await delivered().say(words)

    assert claims(heard) == []
    assert heard.told == ["handoff"]


@pytest.mark.parametrize("words", ["thanks", "ok noted", "👍"])
async def test_courtesy_after_the_report_is_no_part_of_it(words: str) -> None:
    chat = delivered()
    await reported(chat, item="Straw")

    assert claims(await chat.say(words)) == []


@pytest.mark.parametrize(
    ("words", "kind", "sku"),
    [
        ("no, short 2 pkts straws", "short", "ST-PP06-BLK"),
        ("straws short", "short", "ST-PP06-BLK"),
        ("received only 3 pkt straws", "short", "ST-PP06-BLK"),
        ("all good except straws missing", "short", "ST-PP06-BLK"),
        ("received but the 12in pizza box was crushed", "damaged", "PB-12-PLN"),
    ],
)
async def test_what_was_wrong_may_be_said_in_answer_to_the_question(words: str, kind: str, sku: str) -> None:
    chat = delivered()
    await chat.say(chat.reminder(ReminderKind.RECEIVED, TODAY))
    heard = await chat.say(words)

    assert claims(heard) == [(kind, sku, words)]
    assert heard.told == ["claim"], "the desk keeps the chat"
    assert heard.lines == {}


@pytest.mark.parametrize("words", ["short", "wrong item", "damaged leh"])
async def test_an_answer_without_an_item_is_asked_which(words: str) -> None:
    chat = delivered()
    await chat.say(chat.reminder(ReminderKind.RECEIVED, TODAY))
    heard = await chat.say(words)

    assert heard.text.startswith("Sorry about that. Which item was")
    assert claims(heard) == []


async def test_an_order_in_answer_to_the_question_is_an_order() -> None:
    chat = delivered()
    await chat.say(chat.reminder(ReminderKind.RECEIVED, TODAY))

    assert (await chat.say("yes. 2 bundles 12in pizza box tmr")).lines == {"PB-12-PLN": 2}


async def test_words_that_fit_two_items_of_the_delivery_are_asked_about() -> None:
    chat = delivered()
    chat.placed("RS-10012", TODAY, PB_12_PLN=2, PB_10_PLN=3)
    await chat.say(chat.reminder(ReminderKind.RECEIVED, TODAY))
    heard = await chat.say("pizza box crushed")

    assert heard.text == "Sorry about that. Which item was damaged?"
    assert claims(heard) == []


async def test_a_photo_instead_of_an_answer_goes_to_staff_and_it_is_asked_what_was_wrong() -> None:
    chat = delivered()
    await chat.say(chat.reminder(ReminderKind.RECEIVED, TODAY))
    heard = await chat.say(chat.file("a.jpg", kind=Kind.PHOTO), chat.file("b.jpg", kind=Kind.PHOTO))

    assert heard.text == "Thanks, our team has your photo. What was wrong?"
    assert [len(job.payload["attachments"]) for job in heard.staff] == [2]
    which = await chat.say(chat.tap("Damaged", heard.buttons["Damaged"]))
    assert which.text == "Sorry about that. Which item was damaged?"
