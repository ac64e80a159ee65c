"""The stand-in for Twilio is as strict as the real one, and fails as it is told to."""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.sandbox.twilio_server import ACCOUNT_SID, AUTH_TOKEN, SENDER, Choice, Fault, TwilioServer

MEI, MEI_ID = "whatsapp:+6591230001", "whatsapp:US.1234"
MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
HELLO = {"To": MEI, "From": SENDER, "Body": "hello"}
NONE = "HX" + "0" * 32
PICKER = {
    "friendly_name": "picker",
    "language": "en",
    "variables": {"1": "Which one?", "2": "Box"},
    "types": {
        "twilio/list-picker": {
            "body": "{{1}}",
            "button": "Choose",
            "items": [{"id": "a:1", "item": "{{2}}", "description": "kraft"}, {"id": "a:2", "item": "Straw"}],
        }
    },
}


def quick_reply(**changes: Any) -> dict[str, Any]:
    """A content with two buttons."""
    definition = {
        "body": "Confirm?",
        "actions": [{"type": "QUICK_REPLY", "title": "Yes", "id": "y"}, {"title": "No", "id": "n"}],
    }
    return {"language": "en", "types": {"twilio/quick-reply": definition | changes}}


def list_picker(**changes: Any) -> dict[str, Any]:
    """The list picker, changed."""
    return PICKER | {"types": {"twilio/list-picker": PICKER["types"]["twilio/list-picker"] | changes}}


class Caller:
    """A plain HTTP client with Twilio's authentication."""

    def __init__(self, server: TwilioServer, session: aiohttp.ClientSession) -> None:
        self.server, self.session = server, session
        self.auth = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT_SID, AUTH_TOKEN)}

    async def __call__(self, method: str, path: str, **options: Any) -> tuple[int, Any, Any]:
        headers = self.auth | options.pop("headers", {})
        async with self.session.request(method, self.server.url + path, headers=headers, **options) as response:
            text = await response.text()
            return response.status, json.loads(text) if text else None, response.headers

    async def send(self, **changes: str | None) -> tuple[int, Any]:
        """POST a message: HELLO, changed; None leaves a parameter out."""
        form = {name: value for name, value in (HELLO | changes).items() if value is not None}
        status, body, _ = await self("POST", MESSAGES, data=form)
        return status, body


@pytest.fixture
async def server() -> AsyncIterator[TwilioServer]:
    async with TwilioServer() as running:
        yield running


@pytest.fixture
async def call(server: TwilioServer) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession() as session:
        yield Caller(server, session)


async def test_a_message_is_accepted_as_queued_and_recorded(server: TwilioServer, call: Caller) -> None:
    status, body = await call.send(StatusCallback="https://desk.example/status")
    assert (status, body["status"], body["body"], body["date_sent"]) == (201, "queued", "hello", None)
    assert re.fullmatch(r"SM[0-9a-f]{32}", body["sid"])
    (message,) = server.sent_to("+6591230001")
    assert (message.sid, message.to, message.from_, message.body) == (body["sid"], MEI, SENDER, "hello")
    assert message.status_callback == "https://desk.example/status"
    assert server.refusals == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Text": "hello"}, 20001),
        ({"To": None}, 21604),
        ({"From": None}, 21603),
        ({"To": "whatsapp:91230001"}, 21211),
        ({"To": "whatsapp:+65 9123 0001"}, 21211),
        ({"To": "Mei"}, 21211),
        ({"To": "+6591230001"}, 21910),
        ({"From": "+6531580000"}, 21910),
        ({"From": "whatsapp:+6531589999"}, 63007),
        ({"Body": None}, 21619),
        ({"Body": " \n"}, 21619),
        ({"Body": "x" * 1601}, 21617),
        ({"Body": None, "ContentSid": NONE}, 21655),
        ({"Body": None, "ContentSid": "HX1"}, 21655),
        ({"ContentVariables": "{}"}, 21654),
        ({"ContentSid": NONE}, 20001),
        ({"StatusCallback": "desk.example/status"}, 21609),
        ({"StatusCallback": "https://the_desk.example/status"}, 21609),
        ({"MediaUrl": "file:///etc/passwd"}, 21620),
    ],
)
async def test_a_message_that_twilio_refuses(
    server: TwilioServer, call: Caller, changes: dict[str, str | None], code: int
) -> None:
    status, body = await call.send(**changes)
    assert (status, body["code"], body["status"]) == (400, code, 400)
    assert body["more_info"].endswith(str(code))
    assert server.messages == []
    assert [request.refused for request in server.refusals] == [code]


async def test_the_longest_body_and_a_user_id_are_accepted(call: Caller) -> None:
    assert (await call.send(Body="x" * 1600))[0] == 201
    assert (await call.send(To=MEI_ID))[0] == 201


async def test_only_the_account_itself_is_answered(server: TwilioServer, call: Caller) -> None:
    wrong = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT_SID, "wrong")}
    for path in (MESSAGES, "/v1/Content", "/nowhere"):
        status, body, _ = await call("GET", path, headers=wrong)
        assert (status, body["code"]) == (401, 20003)
    status, body, _ = await call("GET", MESSAGES.replace(ACCOUNT_SID, "AC" + "1" * 32))
    assert (status, body["code"]) == (404, 20404)


@pytest.mark.parametrize(
    "content",
    [
        {"types": quick_reply()["types"]},
        {"language": "en"},
        {"language": "en", "types": {}},
        quick_reply() | {"surprise": 1},
        quick_reply(footer="x"),
        quick_reply(actions=[]),
        quick_reply(actions=[{"title": str(number)} for number in range(11)]),
        quick_reply(actions=[{"title": "x" * 21}]),
        quick_reply(actions=[{"title": "Yes", "id": "x" * 201}]),
        quick_reply(actions=[{"title": "Yes", "id": "1"}, {"title": "No", "id": "1"}]),
        quick_reply(body="x" * 1025),
        quick_reply(body="{{1}}"),
        quick_reply(body="{{}}"),
        quick_reply(body="{{a}"),
        list_picker(items=[]),
        list_picker(items=[{"id": str(number), "item": "x"} for number in range(11)]),
        list_picker(items=[{"id": "1", "item": "x" * 25}]),
        list_picker(items=[{"id": "1", "item": "x", "description": "x" * 73}]),
        list_picker(items=[{"id": "1", "item": "x"}, {"id": "1", "item": "y"}]),
        list_picker(items=[{"item": "x"}]),
        list_picker(button="x" * 21),
        PICKER | {"variables": {"1": "only one of two"}},
        PICKER | {"variables": {"1": "a", "2": ""}},
        PICKER | {"variables": {str(number): "x" for number in range(101)}},
    ],
)
async def test_a_content_that_twilio_refuses(server: TwilioServer, call: Caller, content: dict[str, Any]) -> None:
    status, body, _ = await call("POST", "/v1/Content", json=content)
    assert status == 400
    assert body["code"] in (20001, 92002)
    assert server.contents == {}


async def test_a_content_is_posted_as_json(call: Caller) -> None:
    assert (await call("POST", "/v1/Content", data={"language": "en"}))[0] == 400
    assert (await call("POST", "/v1/Content", data="{", headers={"Content-Type": "application/json"}))[0] == 400


async def test_a_picker_reads_as_its_recipient_reads_it(server: TwilioServer, call: Caller) -> None:
    _, content, _ = await call("POST", "/v1/Content", json=PICKER)
    variables = json.dumps({"1": "Which box?", "2": "12in box"})
    assert (await call.send(Body=None, ContentSid=content["sid"], ContentVariables=variables))[0] == 201
    (message,) = server.messages
    assert message.body == "Which box?"
    assert message.choices == [Choice("a:1", "12in box", "kraft"), Choice("a:2", "Straw")]


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        (None, 21656),
        ("{", 21656),
        ("[]", 21656),
        ('{"1": "a"}', 21656),
        ('{"1": "a", "2": "b", "3": "c"}', 21656),
        ('{"1": "a", "2": 2}', 21656),
        ('{"1": "a", "2": ""}', 21656),
        ('{"1": "two\\nlines", "2": "b"}', 21656),
        (json.dumps({"1": "x" * 256, "2": "b"}), 21656),
        (json.dumps({"1": "a", "2": "x" * 25}), 63021),
    ],
)
async def test_content_variables_that_are_refused(
    server: TwilioServer, call: Caller, variables: str | None, code: int
) -> None:
    sid = server.add_content(PICKER)
    status, body = await call.send(Body=None, ContentSid=sid, ContentVariables=variables)
    assert (status, body["code"]) == (400, code)


async def test_more_than_three_buttons_need_an_approval(server: TwilioServer, call: Caller) -> None:
    sid = server.add_content(quick_reply(actions=[{"title": str(number)} for number in range(4)]))
    assert (await call.send(Body=None, ContentSid=sid))[1]["code"] == 63021
    server.approve(sid)
    assert (await call.send(Body=None, ContentSid=sid))[0] == 201
    with pytest.raises(ValueError, match="approved"):
        server.approve(server.add_content(PICKER))


async def test_a_deleted_content_can_not_be_sent(server: TwilioServer, call: Caller) -> None:
    sid = server.add_content(quick_reply())
    assert (await call("DELETE", f"/v1/Content/{sid}"))[0] == 204
    assert (await call("GET", f"/v1/Content/{sid}"))[0] == 404
    assert (await call.send(Body=None, ContentSid=sid))[1]["code"] == 21655


async def test_who_has_unsubscribed_is_refused_at_once(server: TwilioServer, call: Caller) -> None:
    server.opt_out("+6591230001")
    assert (await call.send())[1]["code"] == 21610
    server.open_window("+6591230001")
    assert (await call.send())[0] == 201


async def test_a_closed_window_fails_later_or_at_once_and_lets_templates_pass(
    server: TwilioServer, call: Caller
) -> None:
    template = server.add_template("Hi {{1}}, your order is ready.", {"1": "Mei"})
    server.close_window("+6591230001")
    status, body = await call.send()
    assert status == 201
    (report,) = server.due_reports
    assert (report["MessageSid"], report["MessageStatus"], report["ErrorCode"]) == (body["sid"], "failed", "63016")
    assert (await call.send(Body=None, ContentSid=template, ContentVariables='{"1": "Mei"}'))[0] == 201
    assert (await call.send(Body=None, ContentSid=server.add_content(quick_reply())))[0] == 201
    assert [report["ErrorCode"] for report in server.due_reports] == ["63016", "63016"]
    server.close_window("+6591230001", at_once=True)
    assert (await call.send())[1]["code"] == 63016


async def test_typing_needs_a_message_on_whatsapp(server: TwilioServer, call: Caller) -> None:
    path, sid = "/v2/Indicators/Typing.json", "SM" + "1" * 32
    assert (await call("POST", path, data={"channel": "whatsapp", "messageId": sid}))[:2] == (200, {"success": True})
    for wrong in ({"channel": "sms", "messageId": sid}, {"channel": "whatsapp"}, {"Channel": "whatsapp"}):
        assert (await call("POST", path, data=wrong))[0] == 400
    assert server.typing == [sid]


async def test_refused_by_order_is_not_an_error_of_the_client(server: TwilioServer, call: Caller) -> None:
    server.faults.next("messages", status=429, retry_after=2)
    server.faults.next("messages", status=503)
    server.faults.next("messages", code=63018)
    status, body, headers = await call("POST", MESSAGES, data=HELLO)
    assert (status, body["code"], headers["Retry-After"]) == (429, 20429, "2")
    assert [(await call.send())[0] for _ in range(3)] == [503, 400, 201]
    assert len(server.messages) == 1
    assert server.refusals == []
    assert server.count("messages") == 4


@pytest.mark.parametrize(("fault", "accepted"), [({"reset_before": True}, 0), ({"reset_after": True}, 1)])
async def test_a_reset_before_and_after_accepting(
    server: TwilioServer, call: Caller, fault: dict[str, bool], accepted: int
) -> None:
    server.faults.next("messages", **fault)
    with pytest.raises(aiohttp.ClientError):
        await call.send()
    assert len(server.messages) == accepted


async def test_a_garbled_answer_follows_an_accepted_message(server: TwilioServer, call: Caller) -> None:
    server.faults.next("messages", "garbage")
    with pytest.raises(json.JSONDecodeError):
        await call.send()
    assert len(server.messages) == 1


async def test_a_share_of_requests_fails_the_same_way_for_the_same_seed(server: TwilioServer, call: Caller) -> None:
    async def statuses() -> list[int]:
        server.faults.clear()
        server.faults.always("messages", share=0.5, seed=7, kinds=["429", "500", Fault(status=503)])
        return [(await call.send())[0] for _ in range(20)]

    first = await statuses()
    assert first == await statuses()
    assert 201 in first
    assert len(set(first)) > 2
    server.faults.clear()
    assert {(await call.send())[0] for _ in range(5)} == {201}


async def test_an_unknown_route_for_a_fault_is_an_error_of_the_test(server: TwilioServer) -> None:
    with pytest.raises(ValueError, match="mesages"):
        server.faults.next("mesages", reset_after=True)


async def test_it_runs_in_a_process_of_its_own(server: TwilioServer, call: Caller) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.sandbox.twilio_server",
        cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        server.url = (await process.stdout.readline()).decode().strip()
        assert (await call.send())[0] == 201
    finally:
        process.kill()
        await process.wait()
