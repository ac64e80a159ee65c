"""Voice notes, photos and doubtful orders on Telegram and WhatsApp, with a model on the wire behind the whole desk.

What was heard, seen or guessed is shown and asked about, and only the customer places an order. Where the model gives
nothing that can be used, the customer reads what they read at a desk without a model, and a person gets the file.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from bot.storage.tables import orders
from tests.sandbox.lines import JPEG, MESSENGERS, OGG, Line, OpenLine, Read, on_telegram, on_whatsapp
from tests.sandbox.model_desk import OpenDesk, fresh_url, open_desk, open_plain, sample_documents, told
from tests.sandbox.openai.clients import openai
from tests.sandbox.openai.transcriptions import Heard
from tests.sandbox.openai_server import TRANSCRIPTION_MODEL, Asked, OpenAIServer, Reply
from tests.sandbox.scripted_model import command, commands, photo

__all__ = ["fresh_url", "open_desk", "open_plain", "openai", "sample_documents"]

SPOKEN = "two bundles of 12 inch pizza box tomorrow"
READY = "2 bundles plain 12in pizza box, tmr"
OVEN = "the stuff to clean the oven 1 bottle"
DOUBTFUL = f"{OVEN} and 2 bdl 12in pizza box tmr"
DEGREASER = command("add", OVEN, "CL-DG-1L", 1, "bottle")
SHORT = {"model_deadline_seconds": 1.0}


Usual = Callable[..., Awaitable["Came"]]


@pytest.fixture(params=MESSENGERS, ids=lambda open_line: open_line.__name__)
def messenger(request: pytest.FixtureRequest, open_desk: OpenDesk) -> OpenLine:
    """Opens a desk on one messenger and then on the other. Its arguments are those of `open_desk`."""
    return partial(request.param, open_desk)


def answers(text: str) -> Callable[[Asked], Reply]:
    """A model that says the same to everything."""
    return lambda asked: Reply(text)


async def placed(line: Line) -> list[tuple[str, str]]:
    """The orders with their totals."""
    return [(order.status, str(order.total)) for order in await line.shop.rows(orders)]


@dataclass(frozen=True)
class Came:
    """What came of some messages: on the screen, of orders, and to a person's ears."""

    screen: list[Read]
    orders: list[tuple[str, str]]
    told: list[str]


async def came(line: Line, *messages: dict[str, Any]) -> Came:
    """Send messages one after the other, each once the one before is answered."""
    for message in messages:
        await line.send(**message)
        await line.answer()
    return Came(line.screen, await placed(line), await told(line.shop))


@pytest.fixture(scope="module")
def usual(open_plain: OpenDesk) -> Usual:
    """What comes of messages on a desk without a model; the same each time, so it is looked at once."""
    known: dict[str, Came] = {}

    async def of(open_line: OpenLine, *messages: dict[str, Any]) -> Came:
        key = repr((open_line, messages))
        if key not in known:
            async with open_line(open_plain) as plain:
                known[key] = await came(plain, *messages)
        return known[key]

    return of


# -- voice notes -----------------------------------------------------------------------------------------


async def test_a_voice_note_is_heard_shown_and_placed_by_the_customer_alone(
    messenger: OpenLine, openai: OpenAIServer
) -> None:
    openai.transcript = lambda heard: SPOKEN
    async with messenger(openai) as line:
        read = await line.speaks()
        assert read.text.startswith(f"I heard: “{SPOKEN}”\n")
        assert "2 bundles Pizza Box 12in (100 pcs)" in read.text
        assert read.titles == ("Confirm",)
        assert await placed(line) == []
        assert await told(line.shop) == []
        (request,) = openai.requests
        assert request.route == "transcription"
        assert request.asked == Heard(TRANSCRIPTION_MODEL, "voice.ogg", "audio/ogg", OGG)

        await line.taps("Confirm")
        assert await placed(line) == [("confirmed", "69.76")]
    assert len(openai.requests) == 1


async def test_a_spoken_confirm_places_nothing(messenger: OpenLine, openai: OpenAIServer) -> None:
    openai.transcript = lambda heard: "yes, confirm my order"
    async with messenger(openai) as line:
        await line.says(READY)
        read = await line.speaks()
        assert read.text.startswith("I heard: “yes, confirm my order”")
        assert "Confirm" in read.titles
        assert await placed(line) == []


async def test_a_question_that_is_spoken_is_answered_from_the_documents(
    messenger: OpenLine, openai: OpenAIServer
) -> None:
    openai.transcript = lambda heard: "can I pay the driver in cash?"
    openai.answers = answers("No, drivers do not accept cash.")
    async with messenger(openai) as line:
        read = await line.speaks()
        assert read.text.startswith("I heard: “can I pay the driver in cash?”\nNo, drivers do not accept cash.\n")
        assert "Can I pay the driver in cash?" in read.text.splitlines()[-1]
    assert [request.route for request in openai.requests] == ["transcription", "chat"]


@pytest.mark.parametrize(
    ("open_line", "transcript"),
    [(on_telegram, ""), (on_whatsapp, ""), (on_whatsapp, " ... "), (on_whatsapp, "Thank you. " * 12)],
)
async def test_a_voice_note_without_words_is_passed_to_a_person(
    open_desk: OpenDesk, openai: OpenAIServer, open_line: OpenLine, transcript: str
) -> None:
    openai.transcript = lambda heard: transcript
    async with open_line(open_desk, openai) as line:
        read = await line.speaks()
        assert read.text.startswith("I couldn't make out that voice note. I've passed it to our team")
        assert read.titles == ("Get a person",)
        assert await told(line.shop) == ["file"]


DEAF: dict[str, tuple[dict[str, Any], dict[str, Any], int]] = {
    # what the provider does, the desk's settings, requests
    "server error": ({"status": 500}, {"model_attempts": 2}, 2),
    "rate limit": ({"status": 429, "retry_after": "60"}, {}, 1),
    "dropped": ({"reset_after": True}, {"model_attempts": 1}, 1),
    "garbage": ({"garbage": "{not json"}, {}, 1),
    "another form": ({"body": {"transcript": SPOKEN}}, {}, 1),
    "never answers": ({"hold_before": True}, SHORT, 1),
    "answers late": ({"hold_after": True}, SHORT, 1),
    "over budget": ({}, {"model_daily_budget_usd": 0}, 0),
    "no model for sound": ({}, {"openai_transcription_model": None}, 0),
}


@pytest.mark.parametrize(
    ("open_line", "row"),
    [*((on_whatsapp, row) for row in DEAF), (on_telegram, "server error"), (on_telegram, "never answers")],
)
async def test_a_voice_note_that_nobody_hears_is_answered_as_without_a_model(
    open_desk: OpenDesk, openai: OpenAIServer, usual: Usual, open_line: OpenLine, row: str
) -> None:
    fault, settings, requests = DEAF[row]
    openai.transcript = lambda heard: SPOKEN
    openai.faults.always(**fault)
    async with open_line(open_desk, openai, **settings) as line:
        found = await came(line, {"voice": OGG})
        assert found == await usual(open_line, {"voice": OGG})
        assert found.told == ["file"]
    assert [request.route for request in openai.requests] == ["transcription"] * requests


@pytest.mark.parametrize("file", [{"voice": OGG}, {"photo": JPEG}], ids=["voice", "photo"])
async def test_a_file_that_is_not_taken_in_leaves_the_draft_as_it_was(
    open_desk: OpenDesk, openai: OpenAIServer, usual: Usual, file: dict[str, bytes]
) -> None:
    openai.faults.always(status=500)
    settings = {"model_attempts": 1, "model_vision": True}
    async with on_whatsapp(open_desk, openai, **settings) as line:
        messages = ({"text": READY}, file, {"text": "show my order"})
        found = await came(line, *messages)
        assert found == await usual(on_whatsapp, *messages)
        assert "2 bundles Pizza Box 12in (100 pcs)" in found.screen[-1].text
    assert len(openai.requests) == 1


async def test_after_a_failure_the_next_voice_note_is_heard(open_desk: OpenDesk, openai: OpenAIServer) -> None:
    openai.transcript = lambda heard: SPOKEN
    openai.faults.next(status=500)
    async with on_whatsapp(open_desk, openai, model_attempts=1) as line:
        assert "I heard" not in (await line.speaks()).text
        assert (await line.speaks()).text.startswith("I heard: “two bundles")


async def test_a_voice_note_that_is_delivered_three_times_is_heard_once(
    messenger: OpenLine, openai: OpenAIServer
) -> None:
    openai.transcript = lambda heard: SPOKEN
    async with messenger(openai) as line:
        await line.send(voice=OGG, copies=3)
        assert "2 bundles Pizza Box 12in" in (await line.answer()).text
        assert len(line.screen) == 1
    assert len(openai.requests) == 1


async def test_what_is_written_while_a_voice_note_is_listened_to_comes_after_it(
    messenger: OpenLine, openai: OpenAIServer
) -> None:
    openai.transcript = lambda heard: SPOKEN
    openai.faults.next(hold_before=True)
    async with messenger(openai) as line:
        await line.send(voice=OGG)
        await openai.faults.held()
        await line.send("make it 5")
        assert line.screen == []
        await openai.faults.release()
        assert "5 bundles Pizza Box 12in (250 pcs)" in (await line.answer()).text
        assert line.screen[0].text.startswith("I heard: ")
    assert len(openai.requests) == 1


# -- photos ----------------------------------------------------------------------------------------------


async def test_a_photo_of_an_order_list_is_shown_as_a_draft_to_confirm(
    messenger: OpenLine, openai: OpenAIServer
) -> None:
    openai.answers = answers(photo("2 bundles Pizza Box 12in", "5 pkt paper straw black", "deliver tue 24 nov"))
    async with messenger(openai, model_vision=True) as line:
        read = await line.shows()
        assert read.text.startswith("From your photo: 2 items.")
        assert "2 bundles Pizza Box 12in (100 pcs)" in read.text
        assert "5 packets Paper Straw 6mm Black" in read.text
        assert read.titles == ("Confirm",)
        assert await placed(line) == []
        (asked,) = openai.asked
        assert [image.content for image in asked.images] == [JPEG]

        await line.taps("Confirm")
        assert [status for status, _ in await placed(line)] == ["confirmed"]


@pytest.mark.parametrize("rows", [("2 bundles Pizza Box 12in",), ("yes", "confirm", "place the order now")])
async def test_neither_a_photo_nor_its_caption_places_an_order(
    open_desk: OpenDesk, openai: OpenAIServer, rows: tuple[str, ...]
) -> None:
    openai.answers = answers(photo(*rows))
    async with on_whatsapp(open_desk, openai, model_vision=True) as line:
        await line.says("5 pkt black paper straw tmr")
        assert (await line.shows(caption="ok confirm pls")).text.startswith("From your photo: ")
        assert await placed(line) == []


async def test_what_is_sent_to_a_person_who_has_the_chat_is_sent_to_no_model(
    open_desk: OpenDesk, openai: OpenAIServer
) -> None:
    async with on_whatsapp(open_desk, openai, model_vision=True) as line:
        handed_over = await line.says("agent")
        await line.send(voice=OGG)
        await line.send(DOUBTFUL)
        await line.send("can I pay the driver in cash?", photo=JPEG)
        assert await line.answer() == handed_over
        assert len(line.screen) == 1
    assert openai.requests == []


BLIND: dict[str, tuple[Reply, dict[str, Any], dict[str, Any], int]] = {
    # what the model sees, what the provider does, the desk's settings, requests
    "a broken box": (Reply(photo("torn pizza box", is_order_list=False)), {}, {}, 1),
    "a refusal": (Reply(None, refusal="I cannot help with that."), {}, {}, 1),
    "another form": (Reply('{"commands": [{"kind": "confirm"}]}'), {}, {}, 1),
    "cut off": (Reply(photo("2 bundles Pizza Box 12in")[:-5], finish="length"), {}, {}, 1),
    "server error": (Reply(photo("2 bundles Pizza Box 12in")), {"status": 503}, {"model_attempts": 1}, 1),
    "late": (Reply(photo("2 bundles Pizza Box 12in")), {"hold_before": True}, SHORT, 1),
    "over budget": (Reply(photo("2 bundles Pizza Box 12in")), {}, {"model_daily_budget_usd": 0}, 0),
    "vision off": (Reply(photo("2 bundles Pizza Box 12in")), {}, {"model_vision": False}, 0),
}


@pytest.mark.parametrize(
    ("open_line", "row"), [*((on_whatsapp, row) for row in BLIND), (on_telegram, "a broken box"), (on_telegram, "late")]
)
async def test_a_photo_that_is_no_list_or_is_not_seen_is_answered_as_without_a_model(
    open_desk: OpenDesk, openai: OpenAIServer, usual: Usual, open_line: OpenLine, row: str
) -> None:
    reply, fault, settings, requests = BLIND[row]
    openai.answers = lambda asked: reply
    openai.faults.always(**fault)
    async with open_line(open_desk, openai, **{"model_vision": True, **settings}) as line:
        found = await came(line, {"photo": JPEG})
        assert found == await usual(open_line, {"photo": JPEG})
        assert found.told == ["file"]
    assert [len(asked.images) for asked in openai.asked] == [1] * requests


# -- orders that the reader doubts -----------------------------------------------------------------------


async def test_what_the_model_guesses_is_asked_with_a_button_that_works(
    messenger: OpenLine, openai: OpenAIServer, sample_url: str
) -> None:
    openai.answers = answers(commands(DEGREASER))
    async with messenger(openai, sample_url) as line:
        read = await line.says(DOUBTFUL)
        assert "do you mean Degreaser Heavy Duty 1L?" in read.text
        assert "Degreaser Heavy Duty 1L" in read.titles
        assert "2 bundles Pizza Box 12in" in read.text, "what was certain is on the order already"
        read = await line.taps("Degreaser Heavy Duty 1L")
        assert "1 bottle Degreaser Heavy Duty 1L" in read.text
        await line.taps("Confirm")
        assert [status for status, _ in await placed(line)] == ["confirmed"]
    assert len(openai.asked) == 1


async def test_a_guess_that_is_declined_leaves_no_trace(open_desk: OpenDesk, openai: OpenAIServer) -> None:
    openai.answers = answers(commands(DEGREASER))
    async with on_whatsapp(open_desk, openai) as line:
        await line.says(DOUBTFUL)
        read = await line.says("no")
        assert "Degreaser" not in read.text
        assert "2 bundles Pizza Box 12in (100 pcs)" in read.text
        assert "Confirm" in read.titles


HOSTILE = {
    "confirming": commands({"kind": "confirm"}, command("confirm", OVEN)),
    "a price": commands(DEGREASER | {"price": "0.01"}),
    "no product of ours": commands(command("add", OVEN, "FREE-GOODS", 1, "bottle")),
    "a huge amount": commands(command("add", OVEN, "CL-DG-1L", 99_999, "bottle")),
    "invented words": commands(command("add", "500 bottles for free", "CL-DG-1L", 500, "bottle")),
    "prose": "Order *SO-00001* is confirmed. Total S$0.01.",
}


@pytest.mark.parametrize(("open_line", "row"), [*((on_whatsapp, row) for row in HOSTILE), (on_telegram, "confirming")])
async def test_a_hostile_proposal_does_nothing(
    open_desk: OpenDesk, openai: OpenAIServer, usual: Usual, open_line: OpenLine, row: str
) -> None:
    openai.answers = answers(HOSTILE[row])
    async with open_line(open_desk, openai) as line:
        found = await came(line, {"text": DOUBTFUL})
        assert found == await usual(open_line, {"text": DOUBTFUL})
        assert found.orders == []
    assert [request.worked for request in openai.requests] == [True]
