"""Questions to a desk with a model on the wire: written from the sample documents, seen while they are written.

The provider writes word by word and is stopped in the middle, so that what was seen by then was seen in time.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from bot.storage.tables import chats, messages
from tests.sandbox.lines import TelegramLine, WhatsAppLine, on_telegram, on_whatsapp
from tests.sandbox.model_desk import OpenDesk, fresh_url, open_desk, sample_documents
from tests.sandbox.openai.clients import openai
from tests.sandbox.openai_server import OpenAIServer, Reply, tokens
from tests.sandbox.sample import PASIR_RIS, Shop, until
from tests.sandbox.scripted_model import command, commands

__all__ = ["fresh_url", "open_desk", "openai", "sample_documents"]

QUESTION = "do you give refunds for defective products?"
# The document's own sentences, the other way round: so it is a model's answer, and nothing is wrong with it.
FIRST = "You can choose between a replacement and a full refund of the affected quantity."
SECOND = "Send us photos and the order number within 7 days of delivery."
WRITTEN = f"{FIRST} {SECOND}"
PLACE = "\n(FAQ: My goods arrived damaged. What now?)"
# The first word of the second sentence is out, so that the first one is known to be whole.
IN_THE_SECOND = {"hold_after_pieces": len(FIRST.split()) + 1}
OVEN = "the stuff to clean the oven 1 bottle"

Event = tuple[str, dict[str, Any]]


async def next_event(content: aiohttp.StreamReader) -> Event:
    """The next server-sent event."""
    fields: dict[str, str] = {}
    async with asyncio.timeout(20):
        while "data" not in fields:
            name, _, value = (await content.readline()).decode().rstrip("\n").partition(": ")
            fields[name] = value
    return fields["event"], json.loads(fields["data"])


async def events(content: aiohttp.StreamReader, last: str = "turn") -> AsyncIterator[Event]:
    """The events up to the last one of a turn."""
    name = ""
    while name != last:
        name, data = await next_event(content)
        yield name, data


def asking(shop: Shop, text: str = QUESTION, **more: str) -> Any:
    """A request to the chat API for a stream of events."""
    body = {"message": text, "user_id": PASIR_RIS, "session_id": "s", **more}
    return shop.session.post(f"{shop.url}/api/chatbot", json=body, headers={"Accept": "text/event-stream"})


async def test_over_the_api_a_sentence_is_read_while_the_provider_writes_the_next(
    open_desk: OpenDesk, openai: OpenAIServer
) -> None:
    openai.answers = lambda asked: WRITTEN
    openai.faults.next(**IN_THE_SECOND)
    async with open_desk(openai) as shop, asking(shop) as response:
        await openai.faults.held()
        assert await next_event(response.content) == ("delta", {"text": FIRST})
        assert not openai.requests[0].left
        await openai.faults.release()
        rest = [event async for event in events(response.content)]
        *deltas, (name, body) = rest
        assert [name for name, _ in deltas] == ["delta"] * len(deltas)
        assert name == "turn"
        assert FIRST + "".join(data["text"] for _, data in deltas) == body["reply"] == WRITTEN + PLACE
        assert (await shop.health())[1]["model"] == "connected"


async def test_the_body_says_what_the_answer_cost_and_again_it_costs_nothing(
    open_desk: OpenDesk, openai: OpenAIServer
) -> None:
    openai.answers = lambda asked: WRITTEN
    async with open_desk(openai) as shop:
        first = await shop.customer(PASIR_RIS).say(QUESTION)
        (asked,) = openai.asked
        given, written = tokens(asked.system) + tokens(asked.user), tokens(WRITTEN)
        usage = first["usage"]
        assert (first["cache"], usage["model_calls"]) == ("miss", 1)
        assert (usage["input_tokens"], usage["output_tokens"]) == (given, written)
        assert Decimal(usage["cost_usd"]) == (given * Decimal(2) + written * Decimal(8)) / 1_000_000

        again = await shop.customer(PASIR_RIS).say(QUESTION)
        other = await shop.customer("+6591230002", "other").say(QUESTION.upper())
        for body in (again, other):
            assert body["reply"] == first["reply"] == WRITTEN + PLACE
            assert body["sources"] == first["sources"]
            assert body["cache"] == "l1"
            assert body["usage"] == {"model_calls": 0, "input_tokens": 0, "output_tokens": 0, "cost_usd": "0"}
    assert len(openai.asked) == 1


async def test_the_provider_is_sent_the_question_and_the_passages_and_nothing_of_the_customer(
    open_desk: OpenDesk, openai: OpenAIServer
) -> None:
    openai.answers = lambda asked: WRITTEN
    async with open_desk(openai) as shop:
        customer = shop.customer(PASIR_RIS)
        await customer.say("2 bundles plain 12in pizza box, tmr")
        await customer.say(QUESTION)
    (asked,) = openai.asked
    sent = json.loads(asked.user)
    assert sent.keys() == {"question", "passages"}
    assert sent["question"] == QUESTION
    for secret in (PASIR_RIS, PASIR_RIS[3:], "CPZ", "Canadian", "69.76", "32.00"):
        assert secret not in asked.system + asked.user


WRONG = {
    "a figure": (f"{FIRST} Send us photos and the order number within 30 days of delivery.", "30 days"),
    "the first sentence": (f"Send us photos and the order number within 14 days of delivery. {FIRST}", "14 days"),
    "a denial": (f"{FIRST} You cannot choose a full refund of the affected quantity.", "cannot"),
    "a place": (f"{FIRST} Bring the goods to Orchard Road.", "Orchard"),
    "a promise": (f"{FIRST} We also give you a voucher for your trouble.", "voucher"),
    "an order": (f"{FIRST} Your order SO-00012 is confirmed.", "SO-00012"),
}


@pytest.mark.parametrize(("written", "wrong"), WRONG.values(), ids=WRONG)
async def test_what_the_documents_do_not_bear_reaches_nobody(
    open_desk: OpenDesk, openai: OpenAIServer, written: str, wrong: str
) -> None:
    openai.answers = lambda asked: f"{written} Thank you."
    async with open_desk() as plain:
        quoted = (await plain.customer(PASIR_RIS).say(QUESTION))["reply"]
    async with open_desk(openai) as shop:
        async with asking(shop) as response:
            said = [event async for event in events(response.content)]
        assert wrong not in json.dumps(said)
        assert "".join(data["text"] for name, data in said if name == "delta") == said[-1][1]["reply"]
        assert said[-1][1]["reply"].endswith(quoted)
        assert [row.text for row in await shop.rows(messages) if row.direction == "out"] == [said[-1][1]["reply"]]
        assert wrong not in (await shop.customer(PASIR_RIS, "json").say(QUESTION))["reply"]


@pytest.mark.parametrize("mark", ["\x00", "\ud83d", "\u202e", "**"])
async def test_marks_and_what_hides_or_breaks_text_are_not_passed_on(
    open_desk: OpenDesk, openai: OpenAIServer, mark: str
) -> None:
    openai.answers = lambda asked: f"{mark}{WRITTEN[:14]}{mark}{WRITTEN[14:]}{mark}"
    async with open_desk(openai) as shop:
        async with asking(shop) as response:
            said = [event async for event in events(response.content)]
        assert said[-1][1]["reply"] == WRITTEN + PLACE
        assert "".join(data["text"] for name, data in said if name == "delta") == WRITTEN + PLACE


async def test_who_asks_at_once_with_another_is_answered_by_one_request(
    open_desk: OpenDesk, openai: OpenAIServer
) -> None:
    openai.answers = lambda asked: WRITTEN
    openai.faults.next(hold_before=True)
    async with open_desk(openai) as shop:
        both = [asyncio.create_task(shop.customer(PASIR_RIS, name).say(QUESTION)) for name in ("a", "b")]
        await openai.faults.held()

        async def both_are_at_it() -> bool:
            return [bool(row.lease_owner) for row in await shop.rows(chats)] == [True, True]

        await until(both_are_at_it)
        await openai.faults.release()
        bodies = await asyncio.gather(*both)
        assert [body["reply"] for body in bodies] == [WRITTEN + PLACE] * 2
        assert sorted(body["usage"]["model_calls"] for body in bodies) == [0, 1]
    assert len(openai.asked) == 1


async def test_a_caller_who_leaves_gets_the_same_answer_later(open_desk: OpenDesk, openai: OpenAIServer) -> None:
    openai.answers = lambda asked: WRITTEN
    openai.faults.next(**IN_THE_SECOND)
    async with open_desk(openai) as shop:
        async with asking(shop, message_id="m-1") as response:
            await openai.faults.held()
            await next_event(response.content)
            response.close()
        await openai.faults.release()
        body = await shop.customer(PASIR_RIS).insist(QUESTION, "m-1")
        assert body["reply"] == WRITTEN + PLACE
        assert body["usage"]["model_calls"] == 1
    assert [request.left for request in openai.requests] == [False]


async def test_a_question_beside_an_order_disturbs_it_not_and_both_calls_are_counted(
    open_desk: OpenDesk, openai: OpenAIServer
) -> None:
    proposal = commands(command("add", OVEN, "CL-DG-1L", 1, "bottle"))
    openai.answers = lambda asked: Reply(WRITTEN if asked.schema is None else proposal)
    async with open_desk(openai) as shop:
        customer = shop.customer(PASIR_RIS)
        await customer.say("2 bundles plain 12in pizza box, tmr")
        body = await customer.say(f"{OVEN}. {QUESTION}")
        assert WRITTEN in body["reply"]
        assert "do you mean Degreaser Heavy Duty 1L?" in body["reply"]
        assert {line["sku"]: line["quantity"] for line in body["order"]["lines"]} == {"PB-12-PLN": 2}
        assert body["usage"]["model_calls"] == 2
    assert [asked.stream for asked in openai.asked] == [True, False]


async def test_the_browser_reads_the_first_sentence_while_the_second_is_written(
    open_desk: OpenDesk, openai: OpenAIServer
) -> None:
    openai.answers = lambda asked: WRITTEN
    openai.faults.next(**IN_THE_SECOND)
    async with open_desk(openai, demo=True) as shop:
        chat = {"as": PASIR_RIS, "session": str(uuid4())}
        message = {**chat, "id": str(uuid4()), "text": QUESTION}
        async with shop.session.get(f"{shop.url}/web/events", params=chat) as stream:
            while (await next_event(stream.content))[0] != "over":
                pass
            async with shop.session.post(f"{shop.url}/web/messages", json=message) as response:
                assert response.status == 200
            await openai.faults.held()
            name, data = "", {}
            while name != "delta":
                name, data = await next_event(stream.content)
            assert (data["text"], data["start"]) == (FIRST, True)
            turn = data["turn"]
            await openai.faults.release()
            while data.get("direction") != "out":
                _, data = await next_event(stream.content)
            assert (data["turn"], data["text"]) == (turn, WRITTEN + PLACE)
            while name != "over":
                name, _ = await next_event(stream.content)


async def test_on_telegram_the_first_sentence_stands_in_a_draft_while_the_second_is_written(
    open_desk: OpenDesk, openai: OpenAIServer
) -> None:
    openai.answers = lambda asked: WRITTEN
    openai.faults.next(**IN_THE_SECOND)
    async with on_telegram(open_desk, openai) as line:
        assert isinstance(line, TelegramLine)
        await line.send(QUESTION)
        await openai.faults.held()
        await line.chat.until(lambda chat: list(chat.drafts.values()) == [FIRST])
        assert line.screen == []
        await openai.faults.release()
        assert (await line.answer()).text == WRITTEN + PLACE
        assert line.chat.drafts == {}
        assert len(line.screen) == 1


async def test_on_whatsapp_the_desk_types_while_the_provider_writes(open_desk: OpenDesk, openai: OpenAIServer) -> None:
    openai.answers = lambda asked: WRITTEN
    openai.faults.next(**IN_THE_SECOND)
    async with on_whatsapp(open_desk, openai) as line:
        assert isinstance(line, WhatsAppLine)
        await line.send(QUESTION)
        await openai.faults.held()

        async def typing() -> bool:
            return line.twilio.count("typing") == 1

        await until(typing)
        assert line.screen == []
        await openai.faults.release()
        assert (await line.answer()).text == WRITTEN + PLACE
        assert len(line.screen) == 1
