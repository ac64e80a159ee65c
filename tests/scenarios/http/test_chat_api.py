"""POST /api/chatbot over the wire: what it takes, what it answers and what it refuses."""

import asyncio
import json

import pytest

from tests.scenarios.http.conftest import SENDER, Server, StartServer

FIELDS = {
    "reply",
    "messages",
    "session_id",
    "turn_id",
    "intent",
    "asked",
    "order",
    "sources",
    "cache",
    "usage",
}


async def test_a_message_is_answered_with_every_field_of_the_contract(server: Server) -> None:
    response = await server.say("2 boxes", session_id="any")
    body = await response.json()
    assert response.status == 200
    assert response.content_type == "application/json"
    assert body.keys() == FIELDS | {"latency_ms"}
    assert (body["reply"], body["session_id"]) == ("2 boxes", "any")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b'"text"',
        b'{"message": 5, "user_id": "u", "session_id": "s"}',
        b'{"message": "", "user_id": "u", "session_id": "s"}',
        b'{"message": "   ", "user_id": "u", "session_id": "s"}',
        b'{"message": "<b></b>", "user_id": "u", "session_id": "s"}',
        b'{"message": "hi", "session_id": "s"}',
        b'{"message": "hi", "user_id": 65, "session_id": "s"}',
        b'{"message": "hi", "user_id": "a|b", "session_id": "s"}',
        b'{"message": "hi", "user_id": "a\\u0000b", "session_id": "s"}',
        b'{"message": "hi", "user_id": "u", "session_id": 7}',
        b'{"message": "hi", "user_id": "u", "session_id": "s", "message_id": 7}',
        json.dumps({"message": "hi", "user_id": "u" * 129, "session_id": "s"}).encode(),
        json.dumps({"message": "hi", "user_id": "u", "session_id": "s" * 129}).encode(),
    ],
)
async def test_a_body_that_breaks_the_contract_is_400(server: Server, body: bytes) -> None:
    response = await server.post("/api/chatbot", data=body, headers={"Content-Type": "application/json"})
    error = (await response.json())["error"]
    assert response.status == 400
    assert error["code"] == "invalid"
    assert error["message"]
    assert server.store.rows == []


async def test_unknown_fields_are_tolerated(server: Server) -> None:
    assert (await server.say("hi", colour="blue")).status == 200


async def test_another_media_type_is_415(server: Server) -> None:
    response = await server.post("/api/chatbot", data=b"message=hi", headers={"Content-Type": "text/plain"})
    assert response.status == 415
    assert (await response.json())["error"]["code"] == "unsupported_media_type"


async def test_a_body_or_message_that_is_too_long_is_413(start: StartServer) -> None:
    server = await start(max_body_bytes=2048, max_message_chars=100)
    for size in (101, 4000):
        response = await server.say("x" * size)
        assert response.status == 413
        assert (await response.json())["error"]["code"] == "too_large"


async def test_a_missing_user_id_is_said_to_be_missing(server: Server) -> None:
    for body in ({"message": "hi"}, {"message": "hi", "user_id": None}):
        response = await server.post("/api/chatbot", json=body)
        assert response.status == 400
        assert (await response.json())["error"]["message"] == "user_id is missing."
    assert server.store.rows == []


async def test_other_paths_and_methods_are_json_errors_too(server: Server) -> None:
    missing, wrong = await server.get("/nothing"), await server.get("/api/chatbot")
    assert (missing.status, wrong.status) == (404, 405)
    assert (await missing.json())["error"]["code"] == "not_found"
    assert wrong.headers["Allow"] == "POST"


@pytest.mark.parametrize("header", [None, "Bearer wrong", "sesame", "Basic sesame", "Bearer sesame2", "Bearer é"])
async def test_without_the_key_it_is_401(start: StartServer, header: str | None) -> None:
    server = await start(api_key="sesame")
    response = await server.say(headers={"Authorization": header} if header else {})
    assert response.status == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert "sesame" not in await response.text()
    assert server.store.rows == []


async def test_with_the_key_it_is_answered(start: StartServer) -> None:
    server = await start(api_key="sesame")
    for header in ("Bearer sesame", "bearer  sesame"):
        assert (await server.say(headers={"Authorization": header})).status == 200


async def test_markup_and_control_characters_do_not_come_in(server: Server) -> None:
    body = await (await server.say("<script>alert(1)</script><b>2</b> boxes\x07 ❤️ <3\r\nthanks")).json()
    assert body["reply"] == "2 boxes ❤️ <3\nthanks"


async def test_a_phone_number_is_one_sender_however_it_is_written(server: Server) -> None:
    for user in ("+65 9123 0001", "+6591230001", "+65-9123-0001"):
        await server.say("hi", user)
    assert [chat.sender for chat in server.store.chats] == [SENDER]


async def test_the_same_message_id_gets_the_same_answer_and_is_one_turn(server: Server) -> None:
    first = await (await server.say("2 boxes", message_id="m1")).json()
    again = await (await server.say("2 boxes", message_id="m1")).json()
    header = await (await server.say("2 boxes", headers={"Idempotency-Key": "m1"})).json()
    assert first["turn_id"] == again["turn_id"] == header["turn_id"]
    assert len(server.engine.seen) == 1


async def test_a_message_id_counts_within_its_own_chat_only(server: Server) -> None:
    mine = await (await server.say("mine", message_id="1")).json()
    theirs = await (await server.say("theirs", "+6591230002", message_id="1")).json()
    assert (mine["reply"], theirs["reply"]) == ("mine", "theirs")


async def test_the_same_message_id_sent_at_once_is_one_turn(server: Server) -> None:
    answers = await asyncio.gather(*(server.say("2 boxes", message_id="m") for _ in range(10)))
    assert {(await answer.json())["turn_id"] for answer in answers} == {"t1"}
    assert server.engine.seen == [["2 boxes"]]


async def test_a_stream_carries_the_reply_in_deltas_and_then_the_turn(server: Server) -> None:
    response = await server.say("hello there", headers={"Accept": "text/event-stream"})
    events = [part.split("\n") for part in (await response.text()).split("\n\n") if part]
    data = [json.loads(lines[1].removeprefix("data: ")) for lines in events]
    assert response.content_type == "text/event-stream"
    assert [lines[0] for lines in events] == ["event: delta", "event: turn"]
    assert "".join(delta["text"] for delta in data[:-1]) == data[-1]["reply"] == "hello there"
    assert data[-1].keys() == FIELDS | {"latency_ms"}


async def test_a_desk_without_its_database_is_503_with_retry_after(server: Server) -> None:
    server.store.down = True
    response = await server.say(message_id="m")
    assert response.status == 503
    assert int(response.headers["Retry-After"]) >= 1
    server.store.down = False
    assert (await server.say(message_id="m")).status == 200


async def test_every_response_has_an_id_and_security_headers(server: Server) -> None:
    for response in (await server.say(), await server.get("/nothing"), await server.get("/health")):
        assert response.headers["X-Request-Id"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
