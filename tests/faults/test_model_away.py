"""The model's provider fails, stalls, answers nonsense or costs too much, and desks die while it writes.

Whatever it is: the reply is the one of a desk without a model, given within the turn's deadline; /health says so and
takes it back; the day's budget holds for all desks together; and no message is answered twice.
"""

import asyncio
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.storage.database import Database
from bot.storage.tables import chats, inbox, messages, model_spend, orders
from tests.sandbox.lines import OGG, PUBLIC
from tests.sandbox.model_desk import (
    MONDAY,
    FreshUrl,
    OpenDesk,
    environment,
    fresh_url,
    open_desk,
    open_plain,
    run,
    sample_documents,
)
from tests.sandbox.openai.clients import openai
from tests.sandbox.openai_server import KEY, MODEL, TRANSCRIPTION_MODEL, Asked, OpenAIServer, Reply, Request, tokens
from tests.sandbox.processes import DeskProcess, Desks, health
from tests.sandbox.sample import (
    PASIR_RIS,
    Customer,
    Shop,
    rows_of,
    until,
)
from tests.sandbox.scripted_model import command, commands
from tests.sandbox.twilio_server import ACCOUNT_SID, AUTH_TOKEN, SENDER, TwilioServer, forms

__all__ = ["fresh_url", "open_desk", "open_plain", "openai", "sample_documents"]

QUESTION = "do you give refunds for defective products?"
# The document's own sentences, the other way round: so it is a model's answer, and nothing is wrong with it.
FIRST = "You can choose between a replacement and a full refund of the affected quantity."
WRITTEN = f"{FIRST} Send us photos and the order number within 7 days of delivery."
OTHER_QUESTION = "can I pay the driver in cash?"
OTHER_WRITTEN = "Please pay by PayNow, bank transfer or cheque."
ORDER = "the stuff to clean the oven 1 bottle and 2 bdl 12in pizza box tmr"
PROPOSAL = commands(command("add", "the stuff to clean the oven 1 bottle", "CL-DG-1L", 1, "bottle"))
SO_FAR = len(FIRST.split()) + 1
IN_THE_SECOND = {"hold_after_pieces": SO_FAR}
SHORT = {"model_deadline_seconds": 1.0}
# Room for one answer as it is reckoned beforehand (220 tokens), and not for one after what an answer really costs.
DEAR = {MODEL: {"input": "0", "output": "1000"}, TRANSCRIPTION_MODEL: {"audio_minute": "0.006"}}
BUDGET = "0.25"
MICRO = 1_000_000


def good(asked: Asked) -> Reply:
    """What the model answers when all is well."""
    if asked.schema is not None:
        return Reply(PROPOSAL)
    return Reply(OTHER_WRITTEN if json.loads(asked.user)["question"] == OTHER_QUESTION else WRITTEN)


def essence(body: dict[str, Any]) -> dict[str, Any]:
    """A turn but for its ids and what the model cost."""
    titles = [[choice["title"] for choice in message["choices"]] for message in body["messages"]]
    return {"titles": titles} | {name: body[name] for name in ("reply", "intent", "asked", "order", "sources")}


@pytest.fixture(scope="module")
def usual(open_plain: OpenDesk) -> dict[str, Any]:
    """What a desk without a model makes of each text, in a chat of its own."""

    async def ask() -> dict[str, Any]:
        async with open_plain() as shop:
            texts = (QUESTION, OTHER_QUESTION, ORDER)
            return {text: essence(await shop.customer(PASIR_RIS, text[:9]).say(text)) for text in texts}

    return run(ask())


async def model_state(shop: Shop) -> tuple[str, str]:
    """What /health says of the model, and of the whole."""
    _, body = await shop.health()
    return body["model"], body["status"]


# -- what the provider does wrong ------------------------------------------------------------------------

TWICE = {"model_attempts": 2}
ONCE = {"model_attempts": 1}
# text, what goes wrong, the desk's settings, requests, the reason that /health names
FAULTS: dict[str, tuple[str, Any, dict[str, Any], int, str]] = {
    "a long Retry-After": (QUESTION, {"status": 429, "retry_after": "3600"}, {}, 1, "rate_limit"),
    "a server error": (QUESTION, {"status": 500}, TWICE, 2, "server"),
    "dropped before": (QUESTION, {"reset_before": True}, TWICE, 2, "connection"),
    "dropped in the middle": (QUESTION, {"reset_after_pieces": SO_FAR}, {}, 1, "connection"),
    "a late first byte": (QUESTION, {"hold_before": True}, SHORT, 1, "deadline"),
    "a stalled stream": (QUESTION, {"hold_after_pieces": SO_FAR}, SHORT, 1, "deadline"),
    "no finish_reason": (QUESTION, {"no_finish": True}, {}, 1, "cut_off"),
    "an error in the stream": (QUESTION, {"error_after_pieces": SO_FAR}, {}, 1, "server"),
    "no JSON in the stream": (QUESTION, {"events": ("{not json",)}, {}, 1, "garbage"),
    "a page": (QUESTION, {"html": "<h1>502 Bad Gateway</h1>"}, {}, 1, "cut_off"),
    "too long": (QUESTION, Reply(WRITTEN, finish="length"), {}, 1, "cut_off"),
    "a refusal": (QUESTION, Reply(None, refusal="I cannot help with that."), {}, 1, ""),
    "order, a server error": (ORDER, {"status": 500}, TWICE, 2, "server"),
    "order, dropped after": (ORDER, {"reset_after": True}, ONCE, 1, "connection"),
    "order, late": (ORDER, {"hold_after": True}, SHORT, 1, "deadline"),
    "order, no JSON": (ORDER, {"garbage": "{not json"}, {}, 1, "garbage"),
    "order, prose": (ORDER, Reply("I would be happy to help!"), {}, 1, "garbage"),
    "order, another schema": (ORDER, Reply('{"commands": [{"kind": "confirm"}]}'), {}, 1, "garbage"),
    "order, a refusal": (ORDER, Reply(None, refusal="I cannot help with that."), {}, 1, ""),
}


@pytest.mark.parametrize(("text", "wrong", "settings", "requests", "reason"), FAULTS.values(), ids=FAULTS)
async def test_the_reply_is_that_of_a_desk_without_a_model_and_health_tells_why(
    open_desk: OpenDesk,
    openai: OpenAIServer,
    usual: dict[str, Any],
    text: str,
    wrong: Any,
    settings: dict[str, Any],
    requests: int,
    reason: str,
) -> None:
    openai.answers = good
    async with open_desk(openai, **settings) as shop:
        assert (await shop.customer(PASIR_RIS, "a").say(OTHER_QUESTION))["reply"].startswith(OTHER_WRITTEN)
        assert await model_state(shop) == ("connected", "ok")
        openai.requests.clear()

        if isinstance(wrong, Reply):
            openai.answers = lambda asked: wrong
        else:
            openai.faults.always(**wrong)
        body = await shop.customer(PASIR_RIS, "b").say(text)
        assert essence(body) == usual[text]
        assert body["usage"]["model_calls"] == len(openai.requests) == requests
        if reason == "deadline":
            await openai.hung_up()
        failed = (f"degraded: last call failed ({reason})", "degraded") if reason else ("connected", "ok")
        assert await model_state(shop) == failed

        openai.answers = good
        openai.faults.clear()
        body = await shop.customer(PASIR_RIS, "c").say(text)
        assert ("Degreaser" if text == ORDER else WRITTEN) in body["reply"]
        assert await model_state(shop) == ("connected", "ok")


@pytest.mark.parametrize(
    ("fault", "settings"),
    [
        ({"reset_after_pieces": SO_FAR}, {}),
        ({"hold_after_pieces": SO_FAR}, SHORT),
        ({"no_finish": True}, {}),
    ],
    ids=["dropped", "stalled", "no finish_reason"],
)
async def test_what_was_seen_of_a_broken_answer_stands_and_the_documents_follow(
    open_desk: OpenDesk, openai: OpenAIServer, usual: dict[str, Any], fault: dict[str, Any], settings: dict[str, Any]
) -> None:
    openai.answers = good
    async with open_desk(openai, **settings) as shop:
        await shop.customer(PASIR_RIS, "a").say(OTHER_QUESTION)
        openai.faults.next(**fault)
        body = {"message": QUESTION, "user_id": PASIR_RIS, "session_id": "s"}
        headers = {"Accept": "text/event-stream"}
        async with shop.session.post(f"{shop.url}/api/chatbot", json=body, headers=headers) as response:
            text = await response.text()
        data = [json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line.startswith("data: ")]
        *deltas, turn = data
        assert "event: reset" not in text
        assert deltas[0]["text"].startswith(FIRST)
        assert "".join(delta["text"] for delta in deltas) == turn["reply"]
        assert turn["reply"] == f"{FIRST}\n{usual[QUESTION]['reply']}"


async def test_a_provider_that_keeps_failing_is_left_alone_and_asked_again_later(
    open_desk: OpenDesk, openai: OpenAIServer, usual: dict[str, Any]
) -> None:
    openai.answers = good
    openai.faults.always(status=503)
    settings = {"model_attempts": 1, "model_breaker_failures": 2, "model_breaker_seconds": 1.0}
    async with open_desk(openai, **settings) as shop:
        customer = shop.customer(PASIR_RIS)
        for _ in range(2):
            assert essence(await customer.say(QUESTION)) == usual[QUESTION]
        assert await model_state(shop) == ("degraded: breaker open", "degraded")
        body = await customer.say(QUESTION)
        assert (essence(body), body["usage"]["model_calls"]) == (usual[QUESTION], 0)
        assert len(openai.requests) == 2

        openai.faults.clear()

        async def written() -> bool:
            return WRITTEN in (await customer.say(QUESTION))["reply"]

        await until(written)
        assert len(openai.requests) == 3
        assert await model_state(shop) == ("connected", "ok")


async def test_a_provider_that_hangs_holds_up_no_other_chat(
    open_desk: OpenDesk, openai: OpenAIServer, sample_url: str
) -> None:
    openai.answers = good
    async with open_desk(openai, sample_url) as shop:
        openai.faults.next(hold_before=True, times=8)
        waiting = [asyncio.create_task(shop.customer(PASIR_RIS, f"w{n}").say(ORDER)) for n in range(8)]
        await openai.faults.held(8)
        other = shop.customer("+6591230002")
        await other.say("2 bundles plain 12in pizza box, tmr")
        assert (await other.say("confirm"))["order"]["status"] == "confirmed"
        assert not any(task.done() for task in waiting)
        await openai.faults.release()
        bodies = await asyncio.gather(*waiting)
        assert {"Degreaser" in body["reply"] for body in bodies} == {True}


async def test_a_turn_that_finds_every_place_taken_goes_on_without(
    open_desk: OpenDesk, openai: OpenAIServer, usual: dict[str, Any]
) -> None:
    openai.answers = good
    async with open_desk(openai, **SHORT, model_concurrency=1) as shop:
        await shop.customer(PASIR_RIS, "a").say("what are your opening hours?")
        openai.requests.clear()
        openai.faults.always(hold_before=True)
        texts = (QUESTION, OTHER_QUESTION)
        bodies = await asyncio.gather(*(shop.customer(PASIR_RIS, text[:9]).say(text) for text in texts))
        assert [essence(body) for body in bodies] == [usual[text] for text in texts]
    assert openai.most_at_once == 1


# -- what it costs ---------------------------------------------------------------------------------------


async def test_over_budget_the_desk_answers_and_takes_orders_without(
    open_desk: OpenDesk, openai: OpenAIServer, usual: dict[str, Any], sample_url: str
) -> None:
    openai.answers = good
    async with open_desk(openai, sample_url, model_prices=DEAR, model_daily_budget_usd=BUDGET) as shop:
        assert WRITTEN in (await shop.customer(PASIR_RIS, "a").say(QUESTION))["reply"]
        assert await model_state(shop) == ("connected", "ok")
        body = await shop.customer(PASIR_RIS, "b").say(OTHER_QUESTION)
        assert (essence(body), body["usage"]["model_calls"]) == (usual[OTHER_QUESTION], 0)
        assert await model_state(shop) == ("degraded: over budget", "degraded")

        customer = shop.customer(PASIR_RIS, "c")
        assert essence(await customer.say(ORDER)) == usual[ORDER]
        await customer.say("leave it out")
        await customer.say("confirm")
        assert [order.status for order in await shop.rows(orders)] == ["confirmed"]
        assert WRITTEN in (await customer.say(QUESTION))["reply"], "what was paid for is remembered"
    assert len(openai.requests) == 1


async def spent(url: str) -> int:
    """What the model has cost, in millionths of a US dollar."""
    database = Database.open(url)
    try:
        return sum(row.micro_usd for row in await rows_of(database, model_spend))
    finally:
        await database.close()


async def serve_two(desks: Desks, url: str, **settings: str) -> list[DeskProcess]:
    """Two `resupply serve` that answer, started side by side."""
    both = await asyncio.gather(*(asyncio.to_thread(desks.serve, url, **settings) for _ in range(2)))
    async with aiohttp.ClientSession() as session:
        for desk in both:
            await health(session, desk)
    return both


@pytest.mark.slow
@pytest.mark.postgres
async def test_two_desks_share_a_budget_and_a_restart_does_not_renew_it(
    sample_postgres_url: str,
    desks: Desks,
    openai: OpenAIServer,
    sample_documents: str,
    usual: dict[str, Any],
    tmp_path: Path,
) -> None:
    openai.answers = good
    dear = {"RESUPPLY_MODEL_PRICES": json.dumps(DEAR), "RESUPPLY_MODEL_DAILY_BUDGET_USD": BUDGET}
    one, other = await serve_two(desks, sample_postgres_url, **environment(openai, sample_documents, **dear))
    async with aiohttp.ClientSession() as session:
        body = await Customer(session, one.url, PASIR_RIS, "a").say(QUESTION)
        assert WRITTEN in body["reply"]
        cost = int(Decimal(body["usage"]["cost_usd"]) * MICRO)

        body = await Customer(session, other.url, PASIR_RIS, "b").say(OTHER_QUESTION)
        assert body["reply"] == usual[OTHER_QUESTION]["reply"]
        assert (await health(session, other))["model"] == "degraded: over budget"

        one.terminate()
        assert await one.ended() == 0
        assert await spent(sample_postgres_url) == cost
        one.start()
        body = await Customer(session, one.url, PASIR_RIS, "c").insist(QUESTION)
        assert body["reply"] == usual[QUESTION]["reply"], "its memory has gone with the process, the bill has not"
        assert (await health(session, one))["model"] == "degraded: over budget"
    assert len(openai.requests) == 1
    assert all(KEY not in path.read_text() for path in tmp_path.glob("desk-*.log"))


# -- desks that die while it writes ----------------------------------------------------------------------


def cost_of(request: Request) -> int:
    """What a request costs that came to its end, in millionths of a US dollar."""
    if isinstance(request.asked, Asked):
        given = tokens(request.asked.system) + tokens(request.asked.user)
        return 2 * given + 8 * tokens(good(request.asked).text or "")
    return 300  # three seconds of sound


async def once(url: str) -> dict[str, list[str]]:
    """What was said to each chat; every message is answered."""
    database = Database.open(url)
    try:
        assert {row.state for row in await rows_of(database, inbox)} == {"answered"}
        said: dict[str, list[str]] = {row.key: [] for row in await rows_of(database, chats)}
        keys = {row.id: row.key for row in await rows_of(database, chats)}
        for row in await rows_of(database, messages):
            if row.direction == "out":
                said[keys[row.chat_id]].append(row.text)
        return said
    finally:
        await database.close()


@pytest.mark.slow
async def test_a_desk_that_was_killed_while_the_provider_wrote_answers_once_it_is_back(
    fresh_url: FreshUrl, desks: Desks, openai: OpenAIServer, sample_documents: str
) -> None:
    openai.answers = good
    openai.faults.next(**IN_THE_SECOND)
    url = fresh_url()
    given = environment(
        openai, sample_documents, RESUPPLY_MODEL_DAILY_BUDGET_USD="5", RESUPPLY_MODEL_DEADLINE_SECONDS="60"
    )
    desk = desks.forked(url, "--at", MONDAY, **given)
    async with aiohttp.ClientSession() as session:
        await health(session, desk)
        lost = asyncio.create_task(Customer(session, desk.url, PASIR_RIS).post(QUESTION, "m-0"))
        await openai.faults.held()
        reserved = await spent(url)
        assert reserved > 0
        desk.kill()
        with pytest.raises(aiohttp.ClientError):
            await lost
        desk.revive()
        body = await Customer(session, desk.url, PASIR_RIS).insist(QUESTION, "m-0")
        assert WRITTEN in body["reply"]
        assert [request.left for request in openai.requests] == [True, False]

        async def accounted() -> bool:
            return await spent(url) == reserved + cost_of(openai.requests[-1])

        await until(accounted)
    (said,) = (await once(url)).values()
    assert said == [body["reply"]]


@pytest.mark.slow
@pytest.mark.postgres
async def test_what_the_provider_was_at_when_a_desk_was_killed_is_answered_once_by_the_other(
    sample_postgres_url: str, desks: Desks, openai: OpenAIServer, sample_documents: str
) -> None:
    """A question over the API, one on WhatsApp, and a voice note."""
    openai.answers = good
    openai.transcript = lambda heard: "two bundles of 12 inch pizza box tomorrow"
    openai.transcript_usage = lambda heard: {"type": "duration", "seconds": 3}
    asks, speaks = PASIR_RIS, "+6591230002"
    async with TwilioServer() as twilio, aiohttp.ClientSession() as session:
        given = environment(
            openai,
            sample_documents,
            RESUPPLY_MODEL_DAILY_BUDGET_USD="5",
            # Longer than a busy machine takes: nothing but the kill is to end a turn here.
            RESUPPLY_LEASE_SECONDS="3",
            RESUPPLY_MODEL_DEADLINE_SECONDS="60",
            RESUPPLY_PUBLIC_URL=PUBLIC,
            TWILIO_API_URL=twilio.url,
            TWILIO_ACCOUNT_SID=ACCOUNT_SID,
            TWILIO_AUTH_TOKEN=AUTH_TOKEN,
            TWILIO_WHATSAPP_FROM=SENDER,
        )
        dying, other = await serve_two(desks, sample_postgres_url, **given)
        twilio.connect(dying.url, public_url=PUBLIC)
        openai.faults.next(**IN_THE_SECOND)
        lost = asyncio.create_task(Customer(session, dying.url, PASIR_RIS).post(QUESTION, "m-0"))
        await openai.faults.held()
        openai.faults.next(hold_after_pieces=2)
        assert (await twilio.send(forms.text(asks, OTHER_QUESTION))).ok
        await openai.faults.held(2)
        openai.faults.next(hold_before=True)
        note = ("audio/ogg", twilio.add_media(OGG, "audio/ogg").url)
        assert (await twilio.send(forms.media(speaks, note, kind="audio"))).ok
        await openai.faults.held(3)
        reserved = await spent(sample_postgres_url)
        dying.kill()
        with pytest.raises(aiohttp.ClientError):
            await lost
        body = await Customer(session, other.url, PASIR_RIS).insist(QUESTION, "m-0")
        assert WRITTEN in body["reply"]

        async def settled() -> bool:
            said = await health(session, other)
            return said["inbox_waiting"] == 0 and said["outbox_depth"] == 0

        async def accounted() -> bool:
            return await spent(sample_postgres_url) == reserved + sum(map(cost_of, openai.requests[3:]))

        await until(settled)
        await until(accounted)
        assert [request.left for request in openai.requests] == [True] * 3 + [False] * 3
        (answer,), (draft,) = twilio.sent_to(asks), twilio.sent_to(speaks)
        assert answer.body.startswith(OTHER_WRITTEN)
        assert draft.body.startswith("I heard: “two bundles of 12 inch pizza box tomorrow”")
        assert twilio.refusals == []
    assert sorted(map(len, (await once(sample_postgres_url)).values())) == [1, 1, 1]
