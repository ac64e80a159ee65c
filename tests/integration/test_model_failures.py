"""Every way in which a server can fail ends in ModelUnavailable, in time, with the right word and the right cost."""

import asyncio
import json
from typing import Any

import pytest

from core.errors import ModelUnavailable
from core.ports import MediaFile
from tests.sandbox.openai.clients import ASK, READ, Desk, desk, heard, openai, says, why
from tests.sandbox.openai_server import OpenAIServer, Reply, tokens

__all__ = ["desk", "openai"]

NOTE = MediaFile(b"OggS" + bytes(8_000), "audio/ogg")
SHORT = 0.6  # a deadline for tests in which it runs out
PAGE = "<html><body>502 Bad Gateway</body></html>"
GIVEN = tokens(ASK.system) + tokens(ASK.user)

# fault, reason, requests until it is given up (three tries at most), whether it is paid for
WHOLE: list[tuple[dict[str, Any], str, int, bool]] = [
    ({"status": 401}, "rejected", 1, False),
    ({"status": 403}, "rejected", 1, False),
    ({"status": 307}, "rejected", 1, False),
    ({"status": 429, "retry_after": "0"}, "rate_limit", 3, False),
    ({"status": 429, "retry_after": "60"}, "rate_limit", 1, False),
    ({"status": 429, "retry_after": "nan"}, "rate_limit", 3, False),
    ({"status": 429, "retry_after": "-1"}, "rate_limit", 3, False),
    ({"status": 429, "code": "insufficient_quota"}, "rate_limit", 1, False),
    ({"status": 500}, "server", 3, False),
    ({"status": 503, "retry_after": "0"}, "server", 3, False),
    ({"status": 503, "retry_after": "3600"}, "server", 1, False),
    ({"status": 502, "html": PAGE}, "server", 3, False),
    ({"html": PAGE}, "garbage", 1, True),
    ({"reset_before": True}, "connection", 3, True),  # nobody can tell it from the next
    ({"reset_after": True}, "connection", 3, True),
    ({"garbage": '{"id": "x", "choices": [{'}, "garbage", 1, True),
    ({"garbage": "null"}, "garbage", 1, True),
    ({"body": {"choices": "none"}}, "garbage", 1, True),
    ({"body": {"choices": [None]}}, "garbage", 1, True),
    ({"body": {"choices": [{"message": "hi", "finish_reason": "stop"}]}}, "garbage", 1, True),
    ({"body": {"choices": [{"message": {"content": {"a": 1}}, "finish_reason": "stop"}]}}, "garbage", 1, True),
    ({"body": [1, 2]}, "garbage", 1, True),
    ({"no_choices": True}, "garbage", 1, True),
    ({"huge": 4_100_000}, "garbage", 1, True),  # more than is read
    ({"huge": 3_300}, "garbage", 1, True),  # more than was asked for
]


@pytest.mark.parametrize(("fault", "reason", "requests", "paid"), WHOLE)
async def test_a_whole_answer_that_does_not_come(
    openai: OpenAIServer, desk: Desk, fault: dict[str, Any], reason: str, requests: int, paid: bool
) -> None:
    openai.faults.always(**fault)
    client = desk.open(model_breaker_failures=10)
    turn = client.turn()
    assert await why(turn.complete(ASK)) == reason
    assert len(openai.requests) == requests
    assert turn.usage.model_calls == requests
    assert (turn.usage.cost_usd > 0) is paid
    assert desk.count("write", reason) == requests
    assert client.state == f"degraded: last call failed ({reason})"
    openai.faults.clear()
    assert await client.turn().complete(ASK)
    assert client.state == "connected"


STREAMS: list[tuple[dict[str, Any], str, int, bool, list[str]]] = [
    ({"status": 401}, "rejected", 1, False, []),
    ({"status": 429, "retry_after": "0"}, "rate_limit", 3, False, []),
    ({"status": 500}, "server", 3, False, []),
    ({"html": PAGE}, "cut_off", 1, True, []),
    ({"reset_before": True}, "connection", 3, True, []),
    ({"reset_after_pieces": 0}, "connection", 3, True, []),
    ({"reset_after_pieces": 2}, "connection", 1, True, ["Two", " working"]),
    ({"error_after_pieces": 0}, "server", 3, True, []),
    ({"error_after_pieces": 1}, "server", 1, True, ["Two"]),
    ({"cut_after_pieces": 1}, "cut_off", 1, True, ["Two"]),
    ({"no_finish": True}, "cut_off", 1, True, ["Two", " working", " days."]),
    ({"garbage": '{"id": "x"}'}, "cut_off", 1, True, []),
    ({"huge": 3_300}, "garbage", 1, True, []),
]


@pytest.mark.parametrize(("fault", "reason", "requests", "paid", "pieces"), STREAMS)
async def test_a_stream_that_breaks_off(
    openai: OpenAIServer,
    desk: Desk,
    fault: dict[str, Any],
    reason: str,
    requests: int,
    paid: bool,
    pieces: list[str],
) -> None:
    openai.answers = says("Two working days.")
    openai.faults.always(**fault)
    client = desk.open(model_breaker_failures=10)
    turn = client.turn()
    assert await heard(turn.stream(ASK)) == (pieces, reason)
    assert len(openai.requests) == requests
    assert (turn.usage.model_calls, turn.usage.cost_usd > 0) == (requests, paid)
    assert client.state == f"degraded: last call failed ({reason})"
    openai.faults.clear()
    assert await heard(client.turn().stream(ASK)) == (["Two", " working", " days."], None)


@pytest.mark.parametrize(
    ("reply", "reason", "pieces"),
    [
        (Reply("Two working", finish="length"), "cut_off", ["Two", " working"]),
        (Reply("Two working", finish="content_filter"), "declined", ["Two", " working"]),
        (Reply("Two", finish="tool_calls"), "cut_off", ["Two"]),
        (Reply(None, refusal="I cannot help with that."), "declined", []),
        (Reply(""), "garbage", []),
        (Reply(None), "garbage", []),
        (Reply(" \n"), "garbage", [" \n"]),
    ],
)
async def test_an_answer_that_is_none(
    openai: OpenAIServer, desk: Desk, reply: Reply, reason: str, pieces: list[str]
) -> None:
    openai.answers = lambda asked: reply
    turn = desk.open().turn()
    assert await why(turn.complete(ASK)) == reason
    assert turn.usage.input_tokens == GIVEN  # paid by what the server told
    assert await heard(turn.stream(ASK)) == (pieces, reason)
    assert len(openai.requests) == 2


@pytest.mark.parametrize(
    "answer",
    [
        "Two boxes",
        '```json\n{"sku": "PB-12", "quantity": 2}\n```',
        '{"sku": "PB-12", "quantity": 2',
        '{"sku": "PB-13", "quantity": 2}',
        '{"sku": "PB-12", "quantity": "2"}',
        '{"sku": "PB-12", "quantity": 2.5}',
        '{"sku": "PB-12", "quantity": true}',
        '{"sku": "PB-12", "quantity": NaN}',
        '{"sku": "PB-12"}',
        '{"sku": "PB-12", "quantity": 2, "price": "0.01"}',
        '[{"sku": "PB-12", "quantity": 2}]',
        "[" * 100_000,
    ],
)
async def test_json_that_is_not_of_the_schemas_form(openai: OpenAIServer, desk: Desk, answer: str) -> None:
    openai.answers = lambda asked: answer
    turn = desk.open().turn()
    assert await why(turn.complete(READ)) == "garbage"
    assert (await heard(turn.stream(READ)))[1] == "garbage"
    assert len(openai.requests) == 2


async def test_a_failure_that_passes_is_tried_again(openai: OpenAIServer, desk: Desk) -> None:
    openai.answers = says("Two working days.")
    openai.faults.next(status=503)
    openai.faults.next(reset_before=True)
    client = desk.open()
    assert await client.turn().complete(ASK) == "Two working days."
    openai.faults.next(status=429, retry_after="0.01")
    openai.faults.next(error_after_pieces=0)
    assert await heard(client.turn().stream(ASK)) == (["Two", " working", " days."], None)
    assert len(openai.requests) == 6
    assert client.state == "connected"


async def test_how_often_is_a_setting(openai: OpenAIServer, desk: Desk) -> None:
    openai.faults.always(status=500)
    assert await why(desk.open(model_attempts=1).turn().complete(ASK)) == "server"
    assert len(openai.requests) == 1


async def test_one_deadline_for_all_calls_of_a_turn(openai: OpenAIServer, desk: Desk) -> None:
    openai.faults.fine()
    openai.faults.always(hold_before=True)
    turn = desk.open(model_deadline_seconds=SHORT).turn()
    assert await turn.complete(ASK)
    assert await why(turn.complete(ASK)) == "deadline"
    await openai.hung_up()  # the request was given up, not left to run
    assert await why(turn.complete(ASK)) == "deadline"
    assert len(openai.requests) == turn.usage.model_calls == 2  # there was no time left for a third


async def test_tries_stay_within_the_deadline(openai: OpenAIServer, desk: Desk) -> None:
    openai.faults.next(status=503, retry_after="0")
    openai.faults.always(hold_before=True)
    assert await why(desk.open(model_deadline_seconds=SHORT).turn().complete(ASK)) == "deadline"
    await openai.hung_up()
    assert len(openai.requests) == 2


@pytest.mark.parametrize(
    ("fault", "pieces"),
    [({"hold_before": True}, []), ({"hold_after_pieces": 0}, []), ({"hold_after_pieces": 1}, ["Two"])],
)
async def test_a_stream_that_stands_still(
    openai: OpenAIServer, desk: Desk, fault: dict[str, Any], pieces: list[str]
) -> None:
    openai.answers = says("Two working days.")
    openai.faults.next(**fault)
    turn = desk.open(model_deadline_seconds=SHORT).turn()
    assert await heard(turn.stream(ASK)) == (pieces, "deadline")
    await openai.hung_up()
    assert turn.usage.output_tokens == ASK.max_tokens  # it did reach the server


async def test_a_stream_that_drips_has_no_more_time_than_another(openai: OpenAIServer, desk: Desk) -> None:
    openai.answers = says("drip " * 60)
    openai.faults.next(slow_pieces=0.05)
    pieces, reason = await heard(desk.open(model_deadline_seconds=SHORT).turn().stream(ASK))
    assert (reason, 0 < len(pieces) < 60) == ("deadline", True)
    await openai.hung_up()


@pytest.mark.parametrize("fault", [{}, {"hold_after_pieces": 1}])
async def test_a_slow_caller_uses_up_the_deadline_and_is_not_interrupted(
    openai: OpenAIServer, desk: Desk, fault: dict[str, Any]
) -> None:
    openai.answers = says("Two working days.")
    openai.faults.next(**fault)
    stream = desk.open(model_deadline_seconds=SHORT).turn().stream(ASK)
    assert await anext(stream) == "Two"
    await asyncio.sleep(SHORT)  # the caller's own time: nothing is raised into it
    assert await heard(stream) == ([], "deadline")


async def test_a_turn_that_is_called_off_hangs_up_and_pays(openai: OpenAIServer, desk: Desk) -> None:
    openai.faults.next(hold_before=True)
    client = desk.open(model_concurrency=1)
    turn = client.turn()
    task = asyncio.create_task(turn.complete(ASK))
    await openai.faults.held()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await openai.hung_up()
    assert turn.usage.cost_usd > 0
    assert await client.turn().complete(ASK)  # its place is free again


async def test_no_more_requests_at_a_time_than_allowed(openai: OpenAIServer, desk: Desk) -> None:
    openai.faults.always(slow_before=0.02)
    client = desk.open(model_concurrency=2)
    assert len(await asyncio.gather(*(client.turn().complete(ASK) for _ in range(7)))) == 7
    assert openai.most_at_once == 2


async def test_waiting_for_a_place_counts_against_the_deadline(openai: OpenAIServer, desk: Desk) -> None:
    openai.faults.always(hold_before=True)
    client = desk.open(model_concurrency=1, model_deadline_seconds=SHORT)
    first = client.turn()
    late = client.turn()
    task = asyncio.create_task(why(first.complete(ASK)))
    await openai.faults.held()
    assert await why(late.complete(ASK)) == "busy"
    assert await task == "deadline"
    assert len(openai.requests) == 1
    assert late.usage.model_calls == 0


async def test_nothing_listens_there(openai: OpenAIServer, desk: Desk) -> None:
    client = desk.open(model_breaker_failures=10)
    await openai.stop()
    turn = client.turn()
    assert await why(turn.complete(ASK)) == "connection"
    assert await heard(turn.stream(ASK)) == ([], "connection")
    assert await why(turn.transcribe(NOTE)) == "connection"
    assert turn.usage.cost_usd == 0


@pytest.mark.parametrize(
    ("fault", "reason", "requests"),
    [
        ({"status": 500}, "server", 3),
        ({"status": 413}, "rejected", 1),
        ({"garbage": "{"}, "garbage", 1),
        ({"garbage": '{"text": 5}'}, "garbage", 1),
        ({"html": PAGE}, "garbage", 1),
    ],
)
async def test_a_voice_note_that_is_not_heard(
    openai: OpenAIServer, desk: Desk, fault: dict[str, Any], reason: str, requests: int
) -> None:
    openai.faults.always(**fault)
    assert await why(desk.open().turn().transcribe(NOTE)) == reason
    assert len(openai.requests) == requests


async def test_silence_in_a_voice_note_is_a_transcript_without_words(openai: OpenAIServer, desk: Desk) -> None:
    openai.transcript = lambda note: "  "
    assert await desk.open().turn().transcribe(NOTE) == ""


async def test_a_redirect_is_not_followed(openai: OpenAIServer, desk: Desk) -> None:
    """What customers wrote goes to the address that was set, and to no other."""
    async with OpenAIServer() as elsewhere:
        openai.faults.next(status=307, location=f"{elsewhere.url}/chat/completions")
        assert await why(desk.open().turn().complete(ASK)) == "rejected"
        assert elsewhere.requests == []


async def test_what_a_server_says_is_not_repeated(
    openai: OpenAIServer, desk: Desk, capfd: pytest.CaptureFixture[str]
) -> None:
    openai.faults.next(body={"choices": [{"message": {"content": "gossip"}, "finish_reason": "gossip"}]})
    openai.faults.next(status=400, code="gossip")
    openai.faults.next(html="<p>gossip</p>")
    turn = desk.open().turn()
    said = ""
    for prompt in (ASK, ASK, READ):
        with pytest.raises(ModelUnavailable) as failed:
            await turn.complete(prompt)
        said += f"{failed.value!s} {failed.value!r} {failed.value.reason}"
    openai.answers = lambda asked: json.dumps({"sku": "gossip", "quantity": 1})
    with pytest.raises(ModelUnavailable) as failed:
        await turn.complete(READ)
    assert "gossip" not in said + str(failed.value) + "".join(capfd.readouterr())
