"""The browser chat's routes, over the wire, with a desk of canned turns."""

import json
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from bot.web_chat.hub import Hub
from bot.web_chat.ports import WebChatSettings
from bot.web_chat.routes import setup
from tests.sandbox.fake_desk import NUMBER, PDF, FakeDesk

PASIR_RIS, TOA_PAYOH = "+6591230001", "+6591230005"
Client = TestClient[web.Request, web.Application]


async def serve(settings: WebChatSettings, desk: FakeDesk) -> Client:
    app, hub = web.Application(), Hub()
    desk.notify = hub.notify
    setup(app, desk, settings, log=desk, invoices=desk, hub=hub, live=desk.live)
    client = TestClient(TestServer(app))
    await client.start_server()
    return client


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk(delay=0.0)


@pytest.fixture
async def client(desk: FakeDesk) -> AsyncIterator[Client]:
    client = await serve(WebChatSettings(demo=True, poll_seconds=0.05), desk)
    yield client
    await client.close()
    await desk.stop()


def message(**changes: object) -> dict[str, object]:
    return {"id": str(uuid4()), "as": PASIR_RIS, "session": str(uuid4()), "text": "hello", **changes}


async def error_of(response: ClientResponse) -> tuple[int, str]:
    return response.status, (await response.json())["error"]["code"]


async def test_a_message_is_accepted_and_a_repeat_is_known(client: Client, desk: FakeDesk) -> None:
    sent = message()
    first = await (await client.post("/web/messages", json=sent)).json()
    again = await (await client.post("/web/messages", json=sent)).json()
    assert (first, again) == ({"accepted": True, "duplicate": False}, {"accepted": True, "duplicate": True})
    inbound = desk.received[0]
    assert (inbound.chat.key, inbound.provider_id) == (f"web|{PASIR_RIS}|{sent['session']}", sent["id"])


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "1"},
        {"session": "../etc"},
        {"text": "   "},
        {"text": 5},
        {"text": "x" * 4001},
        {"as": "a|b"},
        {"as": "<b>"},
        {"extra": 1},
        {"quoted": ["x"]},
    ],
)
async def test_a_malformed_message_is_refused_and_not_accepted(
    client: Client, desk: FakeDesk, changes: dict[str, object]
) -> None:
    assert await error_of(await client.post("/web/messages", json=message(**changes))) == (400, "invalid")
    assert desk.posts == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe"])
async def test_a_body_that_is_no_message_is_refused(client: Client, body: bytes) -> None:
    response = await client.post("/web/messages", data=body, headers={"Content-Type": "application/json"})
    assert await error_of(response) == (400, "invalid")


async def test_only_json_is_read_and_not_too_much_of_it(client: Client, desk: FakeDesk) -> None:
    form = await client.post("/web/messages", data=json.dumps(message()), headers={"Content-Type": "text/plain"})
    assert await error_of(form) == (415, "unsupported_media_type")
    large = await client.post("/web/messages", json=message(text="x" * 70_000))
    assert await error_of(large) == (413, "too_large")
    assert desk.posts == []


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
)
async def test_another_site_cannot_send(client: Client, desk: FakeDesk, headers: dict[str, str]) -> None:
    assert await error_of(await client.post("/web/messages", json=message(), headers=headers)) == (
        403,
        "forbidden",
    )
    assert desk.posts == []


async def test_another_site_cannot_read_but_a_link_to_the_page_works(client: Client) -> None:
    cross = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}
    address = f"/web/history?as={PASIR_RIS.replace('+', '%2B')}&session={uuid4()}"
    assert await error_of(await client.get(address, headers=cross)) == (403, "forbidden")
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert (await client.get("/", headers=link)).status == 200


async def test_the_public_address_of_a_proxy_is_the_same_origin(desk: FakeDesk) -> None:
    client = await serve(WebChatSettings(demo=True, public_origin="https://desk.example"), desk)
    response = await client.post("/web/messages", json=message(), headers={"Origin": "https://desk.example"})
    assert response.status == 200
    await client.close()
    await desk.stop()


async def test_history_pages_through_the_log_of_this_chat_only(client: Client, desk: FakeDesk) -> None:
    sent = message()
    await client.post("/web/messages", json=sent)
    await desk.stop()
    params = {"as": PASIR_RIS, "session": str(sent["session"])}
    page = await (await client.get("/web/history", params=params)).json()
    assert [(row["direction"], row["text"]) for row in page["messages"]] == [
        ("in", "hello"),
        ("out", "You said: hello"),
    ]
    assert page["messages"][0]["id"] == sent["id"]
    later = await (await client.get("/web/history", params={**params, "after": "1"})).json()
    assert [row["seq"] for row in later["messages"]] == [2]
    foreign = await (await client.get("/web/history", params={**params, "as": TOA_PAYOH})).json()
    assert foreign == {"messages": [], "more": False}


async def test_events_bring_the_message_its_answer_and_the_state(client: Client) -> None:
    sent = message()
    params = {"as": PASIR_RIS, "session": str(sent["session"])}
    stream = await client.get("/web/events", params=params)
    assert stream.content_type == "text/event-stream"
    await client.post("/web/messages", json=sent)
    seen: list[dict[str, object]] = []
    while not any(row.get("direction") == "out" for row in seen):
        line = (await stream.content.readline()).decode()
        if line.startswith("data: "):
            seen.append(json.loads(line.removeprefix("data: ")))
    assert seen[0]["outlet"] == {"code": "CPZ-PSR", "name": "Canadian Pizza Pasir Ris"}
    assert [row["waiting"] for row in seen if row.get("direction") == "in"][-1] is False
    stream.close()


async def test_a_stream_resumes_after_the_last_event_id(client: Client, desk: FakeDesk) -> None:
    sent = message()
    await client.post("/web/messages", json=sent)
    await desk.stop()
    params = {"as": PASIR_RIS, "session": str(sent["session"])}
    stream = await client.get("/web/events", params=params, headers={"Last-Event-ID": "1"})
    while not (line := (await stream.content.readline()).decode()).startswith("data: "):
        pass
    assert json.loads(line.removeprefix("data: "))["seq"] == 2
    stream.close()


async def test_an_invoice_is_shown_to_its_outlet_only(client: Client) -> None:
    own = await client.get(f"/web/invoices/{NUMBER}.pdf", params={"as": PASIR_RIS, "session": str(uuid4())})
    assert (own.status, own.content_type, await own.read()) == (200, "application/pdf", PDF)
    for params in ({"as": TOA_PAYOH}, {"as": ""}):
        other = await client.get(f"/web/invoices/{NUMBER}.pdf", params={**params, "session": str(uuid4())})
        assert await error_of(other) == (404, "not_found")


async def test_the_contacts_are_the_demo_s_only(client: Client, desk: FakeDesk) -> None:
    contacts = (await (await client.get("/web/contacts")).json())["contacts"]
    assert {"id": PASIR_RIS, "outlets": ["Canadian Pizza Pasir Ris"]} in contacts
    real = await serve(WebChatSettings(enabled=True), desk)
    assert await error_of(await real.get("/web/contacts")) == (404, "not_found")
    assert await error_of(await real.post("/web/messages", json=message())) == (400, "invalid")
    sent = message(**{"as": ""})
    assert (await real.post("/web/messages", json=sent)).status == 200
    assert desk.received[-1].chat.sender == f"web:{sent['session']}"
    await real.close()


async def test_nothing_is_served_when_the_chat_is_off(desk: FakeDesk) -> None:
    client = await serve(WebChatSettings(), desk)
    for path in ("/", "/static/chat.js", "/web/config"):
        assert (await client.get(path)).status == 404
    await client.close()


@pytest.mark.parametrize("path", ["/static/../routes.py", "/static/%2e%2e/routes.py", "/static/js", "/static/nope.js"])
async def test_static_serves_the_page_s_own_files_only(client: Client, path: str) -> None:
    assert (await client.get(path)).status == 404


async def test_the_page_and_its_files_carry_the_security_headers(client: Client) -> None:
    for path, kind in {
        "/": "text/html",
        "/static/chat.js": "text/javascript",
        "/static/chat.css": "text/css",
    }.items():
        response = await client.get(path)
        assert response.content_type == kind
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_the_server_stops_without_waiting_for_open_streams(desk: FakeDesk) -> None:
    client = await serve(WebChatSettings(demo=True, poll_seconds=60), desk)
    stream = await client.get("/web/events", params={"as": PASIR_RIS, "session": str(uuid4())})
    await stream.content.readline()
    await client.server.close()
    await client.close()
