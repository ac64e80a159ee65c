"""The model client on the wire: answers, streams, voice notes and pictures, and what they cost."""

import json
import traceback
from decimal import Decimal

import pytest

from bot.storage.database import Database
from bot.storage.model_spend import ModelSpend, Spend
from core.domain.messages import Usage
from core.errors import ModelUnavailable
from core.ports import MediaFile, Prompt
from tests.sandbox.openai.clients import ASK, READ, Desk, desk, heard, openai, says, why
from tests.sandbox.openai_server import KEY, MODEL, TRANSCRIPTION_MODEL, Heard, OpenAIServer, Reply, Rules, tokens

__all__ = ["desk", "openai"]

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
LIST = Prompt("photo", "Read the list.", "", images=(MediaFile(PNG, "image/png", "../../etc/passwd"),))
NOTE = MediaFile(b"OggS" + bytes(8_000), "audio/ogg; codecs=opus", "mum's birthday.oga")
GIVEN = tokens(ASK.system) + tokens(ASK.user)


async def spent(desk: Desk) -> dict[str, Spend]:
    """Today's rows, by model."""
    database = Database.open(desk.url)
    rows = dict(await ModelSpend(database).of_day(desk.clock.now().date()))
    await database.close()
    return rows


async def test_an_answer_with_its_cost(openai: OpenAIServer, desk: Desk) -> None:
    openai.answers = lambda asked: Reply("Two working days.", cached_tokens=4)
    client = desk.open()
    assert (client.name, client.state) == (MODEL, "configured")
    turn = client.turn()
    assert turn.usage == Usage()
    assert await turn.complete(ASK) == "Two working days."
    written = tokens("Two working days.")
    cost = (Decimal(2) * (GIVEN - 4) + Decimal("0.5") * 4 + Decimal(8) * written) / 1_000_000
    assert turn.usage == Usage(1, GIVEN, written, cost)
    assert client.state == "connected"
    await client.accounted()
    micro_usd = round(cost * 1_000_000)
    assert await spent(desk) == {MODEL: Spend(1, 0, GIVEN, written, micro_usd)}
    asked = openai.asked[0]
    assert (asked.system, asked.user, asked.max_tokens) == (ASK.system, ASK.user, 100)
    assert desk.count("write", "ok") == 1


async def test_a_streamed_answer_comes_in_pieces_and_costs_the_same(openai: OpenAIServer, desk: Desk) -> None:
    openai.answers = says("Two working days.")
    whole, streamed = desk.open().turn(), desk.open().turn()
    await whole.complete(ASK)
    assert await heard(streamed.stream(ASK)) == (["Two", " working", " days."], None)
    assert streamed.usage == whole.usage
    assert openai.asked[1].stream


async def test_pieces_are_passed_on_before_the_answer_is_whole(openai: OpenAIServer, desk: Desk) -> None:
    openai.answers = says("Two working days.")
    openai.faults.next(hold_after_pieces=1)
    stream = desk.open().turn().stream(ASK)
    assert await anext(stream) == "Two"
    await openai.faults.held()
    await openai.faults.release()
    assert await heard(stream) == ([" working", " days."], None)


async def test_an_answer_to_a_schema_is_of_its_form(openai: OpenAIServer, desk: Desk) -> None:
    turn = desk.open().turn()
    assert json.loads(await turn.complete(READ)) == {"sku": "PB-12", "quantity": 0}
    pieces, reason = await heard(turn.stream(READ))
    assert (json.loads("".join(pieces)), reason) == ({"sku": "PB-12", "quantity": 0}, None)
    assert [asked.schema for asked in openai.asked] == [READ.schema, READ.schema]
    assert turn.usage.model_calls == 2


async def test_a_server_that_knows_schemas_in_json_object_only(desk: Desk) -> None:
    async with OpenAIServer(key=None, rules=Rules(local=True)) as local:
        client = desk.open(local)
        assert json.loads(await client.turn().complete(READ)) == {"sku": "PB-12", "quantity": 0}
        assert local.requests[0].authorization is None
        assert not local.refusals


async def test_fields_that_a_server_refuses_are_left_out_from_then_on(desk: Desk) -> None:
    async with OpenAIServer(rules=Rules(reasoning=True, stream_options=False)) as strange:
        client = desk.open(strange, model_reasoning_effort="low")
        assert await client.turn().complete(ASK)
        assert len(strange.refusals) == 2  # max_tokens, then temperature
        pieces, reason = await heard(client.turn().stream(ASK))
        assert (bool(pieces), reason) == (True, None)
        assert len(strange.refusals) == 3  # stream_options
        await client.turn().complete(ASK)
        await heard(client.turn().stream(ASK))
        assert len(strange.refusals) == 3


async def test_a_voice_note_is_heard_and_paid_by_the_minute(openai: OpenAIServer, desk: Desk) -> None:
    openai.transcript_usage = lambda note: {"type": "duration", "seconds": 20}
    turn = desk.open().turn()
    assert await turn.transcribe(NOTE) == "two boxes please"
    assert turn.usage == Usage(1, 0, 0, Decimal("0.006") / 3)
    assert openai.requests[0].asked == Heard(TRANSCRIPTION_MODEL, "voice.ogg", "audio/ogg", NOTE.content)


@pytest.mark.parametrize(
    "usage", [None, {"type": "tokens", "input_tokens": -1, "output_tokens": 4}, {"seconds": False}, "much"]
)
async def test_a_voice_note_without_usage_is_paid_by_its_size(openai: OpenAIServer, desk: Desk, usage: object) -> None:
    openai.transcript_usage = lambda note: usage
    turn = desk.open().turn()
    await turn.transcribe(NOTE)
    assert turn.usage.cost_usd == Decimal("0.006") * len(NOTE.content) / 2_000 / 60


async def test_what_no_model_is_there_for_is_not_sent(openai: OpenAIServer, desk: Desk) -> None:
    client = desk.open(openai_transcription_model=None)
    turn = client.turn()
    assert await why(turn.transcribe(NOTE)) == "unsupported"
    assert await why(turn.complete(LIST)) == "unsupported"
    assert await heard(turn.stream(LIST)) == ([], "unsupported")
    assert await why(desk.open().turn().transcribe(MediaFile(b"x", "text/plain"))) == "unsupported"
    assert openai.requests == []
    assert (client.transcribes, client.sees, client.state) == (False, False, "configured")
    assert (desk.count("photo", "unsupported"), desk.count("transcribe", "unsupported")) == (2, 2)


async def test_a_picture_is_sent_without_its_name(openai: OpenAIServer, desk: Desk) -> None:
    turn = desk.open(model_vision=True).turn()
    assert await turn.complete(LIST)
    (asked,) = openai.asked
    assert [(image.content_type, image.content) for image in asked.images] == [("image/png", PNG)]
    assert "passwd" not in repr(openai.requests)


async def test_a_picture_that_is_too_large_is_the_requests_fault_not_the_servers(desk: Desk) -> None:
    async with OpenAIServer(rules=Rules(most_image_bytes=10)) as small:
        client = desk.open(small, model_vision=True, model_breaker_failures=1)
        assert await why(client.turn().complete(LIST)) == "rejected"
        assert await client.turn().complete(ASK)
        assert client.state == "connected"


async def test_usage_that_the_server_does_not_tell_is_estimated_and_counted_so(
    openai: OpenAIServer, desk: Desk
) -> None:
    openai.answers = says("Two working days.")
    openai.faults.next(no_usage=True)
    openai.faults.next(no_usage=True)
    openai.faults.next(usage={"prompt_tokens": 10**30, "completion_tokens": 1, "total_tokens": 1})
    client = desk.open()
    turn = client.turn()
    await turn.complete(ASK)
    one = turn.usage
    assert one.input_tokens >= GIVEN
    assert tokens("Two working days.") <= one.output_tokens <= 3 * tokens("Two working days.")
    await heard(turn.stream(ASK))
    await turn.complete(ASK)
    assert turn.usage == Usage(3, 3 * one.input_tokens, 3 * one.output_tokens, 3 * one.cost_usd)
    await client.accounted()
    assert (await spent(desk))[MODEL].estimated_calls == 3


async def test_a_model_without_a_price_costs_nothing_and_its_tokens_are_counted(desk: Desk) -> None:
    turn = desk.open(model_prices={}).turn()
    await turn.complete(ASK)
    assert (turn.usage.cost_usd, turn.usage.input_tokens) == (0, GIVEN)


async def test_a_caller_that_has_heard_enough_closes_the_stream_and_pays(openai: OpenAIServer, desk: Desk) -> None:
    openai.answers = says("Two working days.")
    openai.faults.next(hold_after_pieces=2)
    client = desk.open()
    turn = client.turn()
    stream = turn.stream(ASK)
    assert [await anext(stream), await anext(stream)] == ["Two", " working"]
    await stream.aclose()  # type: ignore[attr-defined]
    await openai.hung_up()
    assert turn.usage.model_calls == 1
    assert turn.usage.output_tokens == ASK.max_tokens  # nobody knows how much it wrote
    assert desk.count("write", "stopped") == 1
    await client.close()  # all places are free again, and nothing waits


async def test_a_caller_that_just_stops_listening_closes_it_as_well(openai: OpenAIServer, desk: Desk) -> None:
    openai.answers = says("Two working days.")
    openai.faults.next(hold_after_pieces=1)
    client = desk.open(model_concurrency=1)
    async for piece in client.turn().stream(ASK):
        assert piece == "Two"
        break
    await openai.hung_up()
    assert await client.turn().complete(ASK)


async def test_the_turns_of_a_client_have_accounts_of_their_own(desk: Desk) -> None:
    client = desk.open()
    one, two = client.turn(), client.turn()
    await one.complete(ASK)
    await two.complete(ASK)
    await two.complete(READ)
    assert (one.usage.model_calls, two.usage.model_calls) == (1, 2)


async def test_the_key_is_sent_and_never_shown(
    openai: OpenAIServer, desk: Desk, capfd: pytest.CaptureFixture[str]
) -> None:
    openai.answers = says("The evidence says two days.")
    right, wrong = desk.open(), desk.open(openai_api_key="sk-wrong-0123456789")
    await right.turn().complete(ASK)
    with pytest.raises(ModelUnavailable) as refused:
        await wrong.turn().complete(ASK)
    assert refused.value.reason == "rejected"
    assert wrong.state == "degraded: last call failed (rejected)"
    openai.requests.clear()  # the stand-in refused the wrong key, as it should
    logged = "".join(capfd.readouterr())
    assert "model_call" in logged
    traced = "".join(traceback.format_exception(refused.value))
    for text in [logged, traced, repr(refused.value), repr(right), wrong.state]:
        for secret in (KEY, "sk-wrong", ASK.user, ASK.system, "two days"):
            assert secret not in text
