"""Ordering with a model on the wire: what it proposes is asked about; whatever fails, the desk goes on without it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from bot.order_sheets import FileReader
from core.domain.messages import Kind
from core.ports import Model
from tests.sandbox.channel import QuietChannel
from tests.sandbox.openai.clients import Desk, desk, openai
from tests.sandbox.openai_server import Asked, OpenAIServer, Reply
from tests.sandbox.push_chat import Heard, PushChat
from tests.sandbox.scripted_model import command, commands, photo

__all__ = ["desk", "openai"]

OVEN = "the stuff to clean the oven 1 bottle"
OGG = b"OggS\x00\x04" + bytes(60)
JPEG = b"\xff\xd8\xff\xe0" + bytes(60)


def answers(text: str) -> Callable[[Asked], Reply]:
    """A model that says the same to everything."""
    return lambda asked: Reply(text)


def chat_on(model: Model | None, **files: bytes) -> PushChat:
    """A chat on a channel that holds a customer's files by their names."""
    channel: Any = QuietChannel()
    channel.files = {f"ref-{name}": content for name, content in files.items()}
    return PushChat(model=model, attachments=FileReader({"whatsapp": channel}))


def said(heard: Heard) -> tuple[Any, ...]:
    """A turn but for its ids and what the model cost."""
    body = heard.commit.body
    titles = [[choice["title"] for choice in message["choices"]] for message in body["messages"]]
    return body["reply"], titles, body["intent"], body["asked"], body["order"], heard.told


async def test_an_order_that_the_model_helped_to_read_is_placed_by_the_customer(
    openai: OpenAIServer, desk: Desk
) -> None:
    openai.answers = answers(commands(command("add", OVEN, "CL-DG-1L", 1, "bottle")))
    chat = chat_on(desk.open())
    heard = await chat.say(f"{OVEN} and 2 bdl 12in pizza box tmr")
    assert "do you mean Degreaser Heavy Duty 1L?" in heard.text
    usage = heard.commit.body["usage"]
    assert usage["model_calls"] == 1
    assert usage["input_tokens"] > 0
    assert float(usage["cost_usd"]) > 0

    heard = await chat.say(chat.tap("Degreaser Heavy Duty 1L", heard.buttons["Degreaser Heavy Duty 1L"]))
    assert heard.lines == {"PB-12-PLN": 2, "CL-DG-1L": 1}
    await chat.say(chat.tap("Confirm", heard.buttons["Confirm"]))
    (order,) = chat.store.orders
    assert {line.sku: line.quantity for line in order.lines} == {"PB-12-PLN": 2, "CL-DG-1L": 1}
    assert len(openai.asked) == 1


async def test_the_plainest_answer_of_the_schema_changes_nothing(openai: OpenAIServer, desk: Desk) -> None:
    chat, plain = chat_on(desk.open()), PushChat()

    assert said(await chat.say(OVEN)) == said(await plain.say(OVEN))
    (asked,) = openai.asked
    assert asked.schema is not None
    assert json.loads(asked.user)["message"] == OVEN
    assert not openai.refusals


FAULTS: dict[str, dict[str, Any]] = {
    "server error": {"status": 503},
    "rate limit": {"status": 429},
    "wrong key": {"status": 401},
    "bad request": {"status": 400},
    "reset": {"reset_before": True},
    "cut off": {"reset_after": True},
    "a page": {"html": "<h1>502 Bad Gateway</h1>"},
    "garbage": {"garbage": "{not json"},
    "another form": {"body": {"hello": "world"}},
    "no choices": {"no_choices": True},
}


@pytest.mark.parametrize("text", [OVEN, f"{OVEN} and 2 bdl 12in pizza box tmr"])
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_whatever_fails_the_reply_is_that_of_a_desk_without_a_model(
    openai: OpenAIServer, desk: Desk, fault: dict[str, Any], text: str
) -> None:
    openai.answers = answers(commands(command("add", OVEN, "CL-DG-1L", 1, "bottle")))
    openai.faults.always(**fault)
    chat, plain = chat_on(desk.open(model_attempts=1)), PushChat()

    assert said(await chat.say(text)) == said(await plain.say(text))
    assert len(openai.requests) >= 1


@pytest.mark.parametrize(
    "reply",
    [
        Reply("I would be happy to help with that!"),
        Reply(commands(command("add", OVEN, "CL-DG-1L", 1, "bottle"))[:-9], finish="length"),
        Reply(None, refusal="I cannot help with that."),
        Reply('{"commands": [{"kind": "confirm"}]}'),
        Reply(commands(command("add", OVEN, "CL-DG-1L", 1, "bottle") | {"price": "0.01"})),
        Reply(commands(command("add", OVEN, "PB-12-PLN", 1, "bottle"))),  # not among the candidates
    ],
)
async def test_an_answer_that_cannot_be_used_is_none(openai: OpenAIServer, desk: Desk, reply: Reply) -> None:
    openai.answers = lambda asked: reply
    chat, plain = chat_on(desk.open(model_attempts=1)), PushChat()

    assert said(await chat.say(OVEN)) == said(await plain.say(OVEN))
    assert len(openai.asked) == 1


async def test_a_model_that_never_answers_is_given_up_at_the_deadline(openai: OpenAIServer, desk: Desk) -> None:
    openai.faults.always(hold_before=True)
    chat, plain = chat_on(desk.open(model_deadline_seconds=0.3)), PushChat()

    assert said(await chat.say(OVEN)) == said(await plain.say(OVEN))
    await openai.faults.release()


async def test_a_voice_note_is_heard_over_the_wire(openai: OpenAIServer, desk: Desk) -> None:
    openai.transcript = lambda heard: "two bundles of 12 inch pizza box tomorrow"
    chat = chat_on(desk.open(), note=OGG)
    heard = await chat.say(chat.file("note", kind=Kind.VOICE))

    assert heard.text.startswith("I heard: “two bundles of 12 inch pizza box tomorrow”")
    assert heard.lines == {"PB-12-PLN": 2}
    assert heard.commit.body["usage"]["model_calls"] == 1


async def test_a_list_on_a_photo_is_seen_over_the_wire(openai: OpenAIServer, desk: Desk) -> None:
    openai.answers = answers(photo("2 bundles Pizza Box 12in", "5 pkt paper straw black"))
    chat = chat_on(desk.open(model_vision=True), list=JPEG)
    heard = await chat.say(chat.file("list", kind=Kind.PHOTO))

    assert heard.text.startswith("From your photo: 2 items.")
    assert heard.lines == {"PB-12-PLN": 2, "ST-PA06-BLK": 5}
    assert openai.asked[0].images[0].content == JPEG


@pytest.mark.parametrize("kind", [Kind.VOICE, Kind.PHOTO])
async def test_a_model_without_ears_and_eyes_is_asked_for_neither(openai: OpenAIServer, desk: Desk, kind: Kind) -> None:
    deaf = desk.open(openai_transcription_model=None)
    chat, plain = chat_on(deaf, file=OGG if kind is Kind.VOICE else JPEG), PushChat()

    assert said(await chat.say(chat.file("file", kind=kind))) == said(await plain.say(plain.file("file", kind=kind)))
    assert openai.requests == []


@pytest.mark.parametrize("fault", [{"status": 503}, {"garbage": "{not json"}, {"reset_before": True}])
@pytest.mark.parametrize("kind", [Kind.VOICE, Kind.PHOTO])
async def test_ears_and_eyes_that_fail_leave_the_file_to_a_person(
    openai: OpenAIServer, desk: Desk, kind: Kind, fault: dict[str, Any]
) -> None:
    openai.faults.always(**fault)
    model = desk.open(model_vision=True, model_attempts=1)
    chat, plain = chat_on(model, file=OGG if kind is Kind.VOICE else JPEG), PushChat()

    assert said(await chat.say(chat.file("file", kind=kind))) == said(await plain.say(plain.file("file", kind=kind)))
    assert len(openai.requests) == 1
