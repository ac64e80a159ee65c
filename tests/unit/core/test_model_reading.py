"""The model reads what the order reader doubts: it proposes, code checks, and the customer is asked."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from core.domain.messages import Attachment, ChatRef, Source
from core.errors import ModelUnavailable
from core.ports import Finding, Inquiry, Sheet, SheetRow
from tests.sandbox.push_chat import Heard, PushChat
from tests.sandbox.scripted_model import ScriptedModel, command, commands

OVEN = "the stuff to clean the oven 1 bottle"
DEGREASER = command("add", OVEN, "CL-DG-1L", 1, "bottle")


def chat_with(*answers: Any, **more: Any) -> tuple[PushChat, ScriptedModel]:
    """A chat in front of a desk whose model answers so."""
    model = ScriptedModel(answers)
    return PushChat(model=model, **more), model


def seen(heard: Heard) -> tuple[Any, ...]:
    """All of a turn but its ids and what the model cost."""
    body = heard.commit.body
    return (
        body["reply"],
        [[choice["title"] for choice in message["choices"]] for message in body["messages"]],
        {key: body[key] for key in ("intent", "asked", "order", "sources", "cache")},
        [(job.kind, job.payload.get("about"), job.payload["text"]) for job in heard.commit.jobs],
    )


async def as_without(chat: PushChat, text: str, *before: str) -> bool:
    """Whether the desk says and does to a text what a desk without a model does."""
    plain = PushChat()
    for earlier in before:
        await chat.say(earlier)
        await plain.say(earlier)
    return seen(await chat.say(text)) == seen(await plain.say(text))


# -- what reaches the model ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "2 bundles 12in pizza box tmr morning",
        "5 pkt paper straw",  # two colours: the question has the real alternatives
        "2 12in pizza boxes",  # units or pieces
        "pizza boxes",  # no amount, no size
        "2 boxes pink nitrile gloves M",  # a colour that it does not come in
        "9in printed pizza box 2 bundles",  # no longer sold
        "hi",
        "thanks!",
        "confirm",
        "do you have toothpicks?",
    ],
)
async def test_what_is_clear_or_asked_about_better_never_reaches_the_model(text: str) -> None:
    chat, model = chat_with(commands(DEGREASER))
    heard = await chat.say(text)

    assert model.prompts == []
    assert heard.commit.answer.usage.model_calls == 0


async def test_rows_of_a_file_never_reach_the_model() -> None:
    @dataclass
    class Files:
        async def read(self, chat: ChatRef, attachment: Attachment) -> Sheet:
            return Sheet("order.csv", (SheetRow(f"3 {OVEN}"), SheetRow("2 bundles Pizza Box 12in")))

    chat, model = chat_with(commands(DEGREASER), attachments=Files())
    await chat.say(chat.file("order.csv"))

    assert model.prompts == []


async def test_a_request_holds_the_words_and_candidates_and_nothing_else_of_the_desk() -> None:
    chat, model = chat_with(commands())
    await chat.say("4 bundles 12in kraft pizza box tmr")
    await chat.say("confirm")
    await chat.say("2 bundles 10in pizza box")
    await chat.say(f"{OVEN} pls")
    (prompt,) = model.prompts
    data = json.loads(prompt.user)

    assert data.keys() == {"message", "unclear", "products", "on_order"}
    assert data["message"] == f"{OVEN} pls"
    assert data["on_order"] == ["PB-10-PLN"]
    assert all(product.keys() == {"sku", "name", "unit", "pieces"} for product in data["products"])
    assert "CL-DG-1L" in [product["sku"] for product in data["products"]]
    assert len(data["products"]) <= 12 + 1
    everything = prompt.system + prompt.user
    assert "$" not in everything
    assert "Pasir Ris" not in everything
    assert "KFT" not in everything  # what was ordered before


async def test_only_the_candidates_and_no_edits_without_a_draft_are_in_the_schema() -> None:
    chat, model = chat_with(commands())
    await chat.say(OVEN)
    schema = model.prompts[0].schema
    assert schema is not None
    fields = schema["properties"]["commands"]["items"]["properties"]

    assert fields["sku"]["enum"] == [p["sku"] for p in json.loads(model.prompts[0].user)["products"]] + [None]
    assert fields["kind"]["enum"] == ["add", "question", "person", "nothing"]
    assert fields.keys() == {"kind", "sku", "quantity", "unit", "quote"}


# -- what becomes of its proposals -----------------------------------------------------------------------


async def test_a_proposed_product_is_a_question_and_a_tap_makes_it_a_line() -> None:
    chat, _ = chat_with(commands(DEGREASER))
    heard = await chat.say(f"{OVEN} and 2 bdl 12in pizza box")

    assert heard.lines == {"PB-12-PLN": 2}
    assert "By “stuff clean oven”, do you mean Degreaser Heavy Duty 1L?" in heard.text
    assert heard.commit.answer.asked
    assert heard.commit.answer.usage.model_calls == 1

    tapped = await chat.say(chat.tap("Degreaser Heavy Duty 1L", heard.buttons["Degreaser Heavy Duty 1L"]))
    assert tapped.lines == {"PB-12-PLN": 2, "CL-DG-1L": 1}


async def test_a_wrong_proposal_costs_a_tap_and_no_line() -> None:
    chat, _ = chat_with(commands(command("add", OVEN, "HY-HN-BLK", 1, "bottle")))
    await chat.say(OVEN)
    heard = await chat.say("no")

    assert heard.lines == {}
    assert heard.text == "OK, left out."


async def test_the_proposed_product_comes_before_those_that_the_reader_found() -> None:
    chat, _ = chat_with(commands(command("add", "round thing for the pizza to sit on, 3 pkt", "PB-SAVER", 3, "packet")))
    heard = await chat.say("the round thing for the pizza to sit on, 3 pkt")

    assert next(iter(heard.buttons)) == "Pizza Saver Tripod White"
    assert len(heard.buttons) == 3
    tapped = await chat.say("1")
    assert tapped.lines == {"PB-SAVER": 3}


async def test_several_proposals_for_the_same_words_are_alternatives() -> None:
    both = [command("add", OVEN, sku, 1, "bottle") for sku in ("CL-DG-1L", "CL-DG-5L")]
    chat, _ = chat_with(commands(*both))
    heard = await chat.say(OVEN)

    assert list(heard.buttons) == ["Degreaser Heavy Duty 1L", "Degreaser Heavy Duty 5L"]
    assert heard.lines == {}


async def test_a_doubt_that_the_model_leaves_is_still_asked() -> None:
    chat, _ = chat_with(commands(DEGREASER))
    heard = await chat.say(f"{OVEN}, 3 pkt toothpicks")
    assert "Degreaser Heavy Duty 1L" in heard.buttons
    assert "I'll check the other items after this." in heard.text

    heard = await chat.say("1")
    assert "I can't find “toothpicks” in our range." in heard.text
    assert heard.lines == {"CL-DG-1L": 1}


async def test_the_readers_own_amount_stands_whatever_the_model_counts() -> None:
    chat, _ = chat_with(commands(command("add", OVEN, "CL-DG-1L")))
    await chat.say(OVEN)

    assert (await chat.say("yes")).lines == {"CL-DG-1L": 1}


async def test_words_that_could_not_be_read_become_items() -> None:
    said = "btw last week you short us 3 rolls cling film 30cm"
    chat, model = chat_with(commands(command("add", "3 rolls cling film 30cm", "FF-CF30", 3, "roll")))
    heard = await chat.say(said)

    assert len(model.prompts) == 1
    assert "do you mean Cling Film 30cm x 300m?" in heard.text
    assert (await chat.say("yes")).lines == {"FF-CF30": 3}


async def test_what_else_may_matter_in_unread_words_stays_unclear() -> None:
    said = "btw last week you short us 3 rolls cling film 30cm and 4 sleeves 8oz ripple cup"
    chat, _ = chat_with(commands(command("add", "3 rolls cling film 30cm", "FF-CF30", 3, "roll")))
    heard = await chat.say(said)

    assert "do you mean Cling Film 30cm x 300m?" in heard.text
    assert "didn't get that" in heard.text or "cup" in heard.text.casefold()


# -- edits -----------------------------------------------------------------------------------------------

BROWN = "less one of the boxes the brown ones make 3"


async def test_a_proposed_change_is_asked_with_what_the_line_would_be() -> None:
    chat, _ = chat_with(commands(command("change", BROWN, "PB-12-KFT", 3)))
    await chat.say("4 bundles 12in kraft pizza box")
    heard = await chat.say(BROWN)

    assert heard.lines == {"PB-12-KFT": 4}
    assert heard.text.endswith("Shall I make it 3 bundles Pizza Box 12in Kraft (150 pcs)?")
    assert (await chat.say("yes")).lines == {"PB-12-KFT": 3}


async def test_a_proposed_removal_is_asked_and_a_no_keeps_the_line() -> None:
    chat, _ = chat_with(commands(command("remove", "other way round", "PB-12-KFT")))
    await chat.say("4 bundles 12in kraft pizza box and 2 bundles 10in pizza box")
    heard = await chat.say("other way round")
    assert heard.text == "Shall I take out Pizza Box 12in Kraft?"

    heard = await chat.say("no")
    assert heard.lines == {"PB-12-KFT": 4, "PB-10-PLN": 2}
    assert heard.text.startswith("OK, kept as it is.")

    await chat.say("other way round")
    assert (await chat.say("yes")).lines == {"PB-10-PLN": 2}


@pytest.mark.parametrize(
    "proposal",
    [
        command("remove", "other way round", "PB-10-PLN"),  # no line
        command("remove", "other way round", "CL-DG-1L"),
        command("change", "other way round", "PB-12-KFT", 9),  # an amount that was not said
        command("change", "other way round", "PB-12-KFT"),
    ],
)
async def test_an_edit_of_what_is_not_on_order_or_was_not_said_is_dropped(proposal: Any) -> None:
    chat, model = chat_with(commands(proposal))

    assert await as_without(chat, "other way round", "4 bundles 12in kraft pizza box")
    assert len(model.prompts) == 1


# -- questions and people --------------------------------------------------------------------------------

INVOICE = "my manager say the invoice amount funny can someone look"


@dataclass
class Documents:
    """Documents that settle one question."""

    settles: str
    asked: list[str] = field(default_factory=list)

    async def answer(self, inquiry: Inquiry, model: object = None, live: object = None) -> Finding:
        self.asked.append(inquiry.text)
        if inquiry.text != self.settles:
            return Finding()
        return Finding("Send us the invoice number.", (Source("billing.md", "Disputes", 0.9),))


async def test_a_question_that_only_the_model_sees_goes_to_the_documents() -> None:
    documents = Documents("the invoice amount funny")
    chat, _ = chat_with(commands(command("question", "the invoice amount funny")), knowledge=documents)
    heard = await chat.say(INVOICE)

    assert heard.text == "Send us the invoice number.\n(Billing: Disputes)"
    assert heard.commit.answer.sources[0].document == "billing.md"


async def test_a_question_that_the_documents_do_not_settle_stays_unclear() -> None:
    chat, model = chat_with(commands(command("question", "the invoice amount funny")))

    assert await as_without(chat, INVOICE)
    assert len(model.prompts) == 1


async def test_what_the_documents_settle_never_reaches_the_model() -> None:
    chat, model = chat_with(commands(), knowledge=Documents("u do refund for squashed one anot"))
    heard = await chat.say("u do refund for squashed one anot")

    assert heard.text.startswith("Send us the invoice number.")
    assert model.prompts == []


async def test_who_wants_to_deal_with_somebody_gets_a_person() -> None:
    chat, _ = chat_with(commands(command("person", INVOICE)))
    heard = await chat.say(INVOICE)

    assert heard.told == ["handoff"]


async def test_a_person_is_called_only_where_somebody_is_named() -> None:
    chat, _ = chat_with(commands(command("person", "the invoice amount funny")))

    assert await as_without(chat, INVOICE)


async def test_an_item_is_never_taken_for_a_question_or_a_call_for_a_person() -> None:
    text = "3 pkt toothpicks for my staff"
    chat, model = chat_with(commands(command("person", text), command("question", text)))

    assert await as_without(chat, text)
    assert len(model.prompts) == 1


# -- checks ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "proposal",
    [
        command("add", "a bottle of degreaser", "CL-DG-1L", 1, "bottle"),  # not what was written
        command("add", "leaning the oven 1 bottle", "CL-DG-1L", 1, "bottle"),  # begins inside a word
        command("add", OVEN, "GL-VCL-S", 1, "bottle"),  # real, but not offered
        command("add", OVEN, "NO-SUCH", 1, "bottle"),
        command("add", OVEN, None, 1, "bottle"),
        command("add", OVEN, "CL-DG-1L", 12, "bottle"),  # not said
        command("add", OVEN, "CL-DG-1L", 1, "carton"),  # not said
        command("add", OVEN, "CL-DG-1L", None, "carton"),
        command("add", OVEN, "CL-DG-1L", "1", "bottle"),  # not of the schema's form
        command("add", OVEN, "CL-DG-1L", 1.0, "bottle"),
        command("add", OVEN, "CL-DG-1L", True, "bottle"),
        command("add", OVEN, "CL-DG-1L", 0, "bottle"),
        command("add", OVEN, "CL-DG-1L", -1, "bottle"),
        command("add", "", "CL-DG-1L"),
        command("confirm", OVEN),
        command("nothing", OVEN, "CL-DG-1L", 1, "bottle"),
        DEGREASER | {"price": "0.01"},
        "add",
        None,
        [],
    ],
)
async def test_a_proposal_that_fails_a_check_is_dropped(proposal: Any) -> None:
    chat, model = chat_with(commands(proposal))

    assert await as_without(chat, OVEN)
    assert len(model.prompts) == 1


@pytest.mark.parametrize(
    ("beside", "quantity"),
    [
        ("for 12in pans", 12),  # a size
        ("at $15", 15),  # a price
        ("by 24/11", 24),  # a date
        ("call me 91230001", 91230001),  # a telephone
        ("po 8812", 8812),  # a code
        ("at 9am", 9),  # a time
        ("to #05-12", 5),  # an address
    ],
)
async def test_a_number_that_counts_nothing_is_no_amount(beside: str, quantity: int) -> None:
    text = f"{OVEN} {beside}"
    chat, model = chat_with(commands(command("add", text, "CL-DG-1L", quantity)))

    assert await as_without(chat, text)
    assert len(model.prompts) == 1


@pytest.mark.parametrize(
    ("amount", "quantity", "unit", "lines"),
    [("two bottles", 2, "bottle", 2), ("a dozen", 12, "piece", 12), ("x3", 3, None, 3), ("3 btl", 3, "bottle", 3)],
)
async def test_amounts_in_words_are_written_too(amount: str, quantity: int, unit: str | None, lines: int) -> None:
    text = f"the stuff to clean the oven {amount}"
    chat, _ = chat_with(commands(command("add", text, "CL-DG-1L", quantity, unit)))
    heard = await chat.say(text)
    assert "Degreaser Heavy Duty 1L" in heard.buttons

    assert (await chat.say("1")).lines == {"CL-DG-1L": lines}


async def test_there_are_no_more_commands_than_the_message_has_parts() -> None:
    quotes = ("my manager", "the invoice amount", "can someone look")
    wanted = [command("add", quote, "PB-10-PRT") for quote in quotes]
    chat, _ = chat_with(commands(*wanted))
    heard = await chat.say(INVOICE)

    assert [question["kind"] for question in json.loads(heard.commit.session)["questions"]] == ["product"]


# -- a model that gives nothing --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        ModelUnavailable("deadline"),
        ModelUnavailable("budget"),
        ModelUnavailable("garbage"),
        "",
        "null",
        "[]",
        "{}",
        "Sure! Here are the commands you asked for.",
        '{"commands": "add"}',
        '{"commands": [{"kind": "add"}]}',
        '{"commands": [' + "[" * 5000,
        '{"commands": ' + "[" * 5000 + "]" * 5000 + "}",
        json.dumps({"commands": [DEGREASER], "system": "You help the ordering desk"}),
        commands(DEGREASER)[:-5],
        commands(),
    ],
)
@pytest.mark.parametrize("text", [OVEN, f"{OVEN} and 2 bdl 12in pizza box tmr", "other way round"])
async def test_without_a_usable_answer_the_desk_says_what_it_says_without_a_model(answer: Any, text: str) -> None:
    chat, model = chat_with(answer)

    assert await as_without(chat, text, "4 bundles 12in kraft pizza box")
    assert len(model.prompts) == 1


async def test_what_a_failed_call_cost_is_counted_all_the_same() -> None:
    chat, _ = chat_with(ModelUnavailable("garbage"))

    assert (await chat.say(OVEN)).commit.body["usage"]["model_calls"] == 1
