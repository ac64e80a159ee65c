"""The real SDK talks to the stand-in, and both keep to Twilio's published contracts."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from openapi_schema_validator import OAS30Validator
from twilio.base.exceptions import TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from twilio.rest.content.v1.content import ContentList

from tests.sandbox.test_twilio_server import HELLO, MEI, MESSAGES, PICKER
from tests.sandbox.twilio.messages import CREATE, LIST, STATUSES, UPDATE
from tests.sandbox.twilio_server import ACCOUNT_SID, AUTH_TOKEN, SENDER, TwilioServer, forms, sign

# The SDK 9.13 hands its credentials to aiohttp in a way that aiohttp 3.14 calls old.
pytestmark = [
    pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The 'auth' parameter is deprecated:DeprecationWarning"),
]
CONTRACTS = Path(__file__).parents[3] / "shared" / "contracts"


class Clock:
    """A clock that stands still."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 4, 30, 15, 250_000, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def rerouted(url: str, base: str) -> str:
    """An address of any of Twilio's products, at the stand-in."""
    parts = urlsplit(url)
    return base + parts.path + (f"?{parts.query}" if parts.query else "")


class Async(AsyncTwilioHttpClient):
    """The SDK's own asynchronous client, sent to the stand-in."""

    def __init__(self, server: TwilioServer) -> None:
        super().__init__()
        self.server = server

    async def request(self, method: str, url: str, *args: Any, **options: Any) -> Any:
        return await super().request(method, rerouted(url, self.server.url), *args, **options)


class Blocking(TwilioHttpClient):
    """The SDK's own blocking client, sent to the stand-in: the asynchronous one cannot post JSON."""

    def __init__(self, server: TwilioServer) -> None:
        super().__init__()
        self.server = server

    def request(self, method: str, url: str, *args: Any, **options: Any) -> Any:
        return super().request(method, rerouted(url, self.server.url), *args, **options)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def server(clock: Clock) -> AsyncIterator[TwilioServer]:
    async with TwilioServer(clock=clock) as running:
        yield running


@pytest.fixture
async def sdk(server: TwilioServer) -> AsyncIterator[Client]:
    async with Async(server) as http:
        yield Client(ACCOUNT_SID, AUTH_TOKEN, http_client=http)


@pytest.fixture
def blocking(server: TwilioServer) -> Iterator[Client]:
    http = Blocking(server)
    yield Client(ACCOUNT_SID, AUTH_TOKEN, http_client=http)
    if http.session is not None:
        http.session.close()


async def test_the_sdk_sends_fetches_and_redacts_a_message(server: TwilioServer, sdk: Client, clock: Clock) -> None:
    sent = await sdk.messages.create_async(to=MEI, from_=SENDER, body="hello")
    assert (sent.status, sent.direction, sent.date_sent, sent.error_code) == ("queued", "outbound-api", None, None)
    assert sent.date_created == clock.now.replace(microsecond=0)
    assert (await sdk.messages(sent.sid).fetch_async()).date_sent is None
    server.messages[0].status = "sent"
    fetched = await sdk.messages(sent.sid).fetch_async()
    assert (fetched.body, fetched.date_sent) == ("hello", clock.now.replace(microsecond=0))
    assert (await sdk.messages(sent.sid).update_async(body="")).body == ""
    with pytest.raises(TwilioRestException) as caught:
        await sdk.messages(sent.sid).update_async(status="canceled")
    assert caught.value.code == 30409
    assert server.count("message") == 4


async def test_the_sdk_reads_a_refusal(sdk: Client) -> None:
    with pytest.raises(TwilioRestException) as caught:
        await sdk.messages.create_async(to=MEI, from_=SENDER, body="x" * 1601)
    assert (caught.value.status, caught.value.code) == (400, 21617)


async def test_the_sdk_lists_by_recipient_and_time_newest_first(
    server: TwilioServer, sdk: Client, clock: Clock
) -> None:
    started = clock.now
    for body in ("one", "two", "three"):
        await sdk.messages.create_async(to=MEI, from_=SENDER, body=body)
        clock.now += timedelta(minutes=1)
    await sdk.messages.create_async(to="whatsapp:+6591230002", from_=SENDER, body="another's")
    assert await sdk.messages.list_async(date_sent_after=started) == []
    for message in server.messages:
        message.status = "sent"
    found = await sdk.messages.list_async(to=MEI, from_=SENDER, date_sent_after=started + timedelta(seconds=30))
    assert [message.body for message in found] == ["three", "two"]
    assert len(await sdk.messages.list_async(to=MEI, page_size=2)) == 3
    assert len(await sdk.messages.list_async(date_sent=started.date())) == 4
    assert await sdk.messages.list_async(date_sent=started.date() - timedelta(days=1)) == []
    assert [m.body for m in await sdk.messages.list_async(to=MEI, date_sent_before=started)] == ["one"]
    assert server.refusals == []


async def test_a_message_of_the_customers_is_listed_too(server: TwilioServer, sdk: Client) -> None:
    form = forms.text("+6591230001", "hi")
    await server.deliver(server.url + "/no-desk-here", None, form)
    (found,) = await sdk.messages.list_async(from_=MEI)
    assert (found.sid, found.direction, found.status) == (form["MessageSid"], "inbound", "received")


async def test_the_sdk_creates_lists_sends_and_deletes_a_content(
    server: TwilioServer, sdk: Client, blocking: Client
) -> None:
    request = ContentList.ContentCreateRequest(PICKER)
    created = await asyncio.to_thread(blocking.content.v1.contents.create, request)
    (listed,) = await sdk.content.v1.contents.list_async()
    assert listed.sid == created.sid
    assert listed.types == PICKER["types"]
    variables = json.dumps({"1": "Which?", "2": "12in box"})
    await sdk.messages.create_async(to=MEI, from_=SENDER, content_sid=created.sid, content_variables=variables)
    assert [choice.title for choice in server.messages[0].choices] == ["12in box", "Straw"]
    assert await sdk.content.v1.contents(created.sid).delete_async()
    with pytest.raises(TwilioRestException) as caught:
        await sdk.messages.create_async(to=MEI, from_=SENDER, content_sid=created.sid)
    assert caught.value.code == 21655


async def test_the_sdk_follows_the_pages_of_contents(server: TwilioServer, sdk: Client) -> None:
    sids = [server.add_template(f"Ready {number}", {}) for number in range(5)]
    assert [content.sid for content in await sdk.content.v1.contents.list_async(page_size=2)] == sids


async def test_the_sdk_shows_typing(server: TwilioServer, sdk: Client) -> None:
    sid = forms.new_sid()
    shown = await sdk.messaging.v2.typing_indicator.create_async(channel="whatsapp", message_id=sid)
    assert shown.success
    assert server.typing == [sid]


async def test_a_message_lost_on_its_way_back_is_found_in_the_list(server: TwilioServer, sdk: Client) -> None:
    server.faults.next("messages", reset_after=True)
    with pytest.raises(aiohttp.ClientError):
        await sdk.messages.create_async(to=MEI, from_=SENDER, body="hello")
    (found,) = await sdk.messages.list_async(to=MEI)
    assert found.sid == server.messages[0].sid


@pytest.mark.parametrize(("when", "accepted"), [("hold_before", 0), ("hold_after", 1)])
async def test_a_held_request_waits_for_its_release(
    server: TwilioServer, sdk: Client, when: str, accepted: int
) -> None:
    server.faults.next("messages", **{when: True})
    sending = asyncio.create_task(sdk.messages.create_async(to=MEI, from_=SENDER, body="hello"))
    await server.faults.held()
    assert (len(server.messages), sending.done()) == (accepted, False)
    await server.faults.release()
    assert (await sending).sid == server.messages[0].sid


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_file_is_behind_a_redirect_that_must_not_see_the_credentials(
    server: TwilioServer, chunked: bool
) -> None:
    media = server.add_media(b"%PDF-1.7", "application/pdf", chunked=chunked)
    server.media_redirect = server.cdn_url
    auth = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT_SID, AUTH_TOKEN)}
    async with aiohttp.ClientSession() as session:
        async with session.get(media.local_url) as answer:
            assert answer.status == 401
        async with session.get(media.local_url, headers=auth, allow_redirects=False) as answer:
            target = answer.headers["Location"]
            assert (answer.status, target.startswith(server.cdn_url)) == (307, True)
        async with session.get(target) as answer:
            assert await answer.read() == b"%PDF-1.7"
            assert answer.content_type == "application/pdf"
            assert ("Content-Length" in answer.headers) is not chunked
        async with session.get(target.split("?")[0]) as answer:
            assert answer.status == 403
        assert server.leaked_credentials == 0
        async with session.get(target, headers=auth) as answer:
            assert server.leaked_credentials == 1


def test_the_sdk_accepts_our_signature_and_no_other() -> None:
    form, url = (
        forms.text("+6591230001", "2 ctn & 3 pkt +é🙂\nok", EmptyNew=""),
        "https://desk.example/webhooks/whatsapp",
    )
    signature = sign(AUTH_TOKEN, url, form)
    assert RequestValidator(AUTH_TOKEN).validate(url, form, signature)
    assert not RequestValidator(AUTH_TOKEN).validate(url, form | {"Body": "3"}, signature)
    assert not RequestValidator("another").validate(url, form, signature)


def contract(name: str) -> dict[str, Any]:
    """One of Twilio's published contracts."""
    path = CONTRACTS / f"twilio_{name}.json"
    if not path.exists():
        pytest.skip(f"Twilio's contract is not here: {path}")
    return json.loads(path.read_text())


def errors(document: dict[str, Any], schema: dict[str, Any], value: Any) -> list[str]:
    """What is wrong with a value, by a schema of a document."""
    validator = OAS30Validator({**schema, "components": document["components"]})
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def schema_of(operation: dict[str, Any], status: str) -> dict[str, Any]:
    """The schema of an answer."""
    return operation["responses"][status]["content"]["application/json"]["schema"]


async def ask(server: TwilioServer, method: str, path: str, **options: Any) -> Any:
    """The JSON of one answer."""
    auth = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT_SID, AUTH_TOKEN)}
    async with (
        aiohttp.ClientSession(headers=auth) as session,
        session.request(method, server.url + path, **options) as answer,
    ):
        return await answer.json()


def test_the_known_parameters_are_those_of_the_contract() -> None:
    document = contract("api_v2010")
    path = "/2010-04-01/Accounts/{AccountSid}/Messages"
    form = "application/x-www-form-urlencoded"
    create, read = (document["paths"][f"{path}.json"][method] for method in ("post", "get"))
    update = document["paths"][f"{path}/{{Sid}}.json"]["post"]
    assert set(create["requestBody"]["content"][form]["schema"]["properties"]) == CREATE
    assert {parameter["name"] for parameter in read["parameters"]} - {"AccountSid"} == LIST
    assert set(update["requestBody"]["content"][form]["schema"]["properties"]) == UPDATE
    assert set(document["components"]["schemas"]["message_enum_status"]["enum"]) == STATUSES


async def test_answers_about_messages_keep_to_the_contract(server: TwilioServer) -> None:
    document = contract("api_v2010")
    routes = document["paths"]["/2010-04-01/Accounts/{AccountSid}/Messages.json"]
    created = await ask(server, "POST", MESSAGES, data=HELLO)
    await ask(server, "POST", MESSAGES, data=HELLO)
    assert errors(document, schema_of(routes["post"], "201"), created) == []
    fields = document["components"]["schemas"]["api.v2010.account.message"]["properties"]
    assert set(created) == set(fields)
    listed = await ask(server, "GET", f"{MESSAGES}?PageSize=1")
    assert errors(document, schema_of(routes["get"], "200"), listed) == []
    assert set(listed) == set(schema_of(routes["get"], "200")["properties"])
    assert errors(document, schema_of(routes["post"], "201"), created | {"sid": "1", "status": "gone"})


async def test_answers_about_contents_keep_to_the_contract(server: TwilioServer) -> None:
    document = contract("content_v1")
    routes = document["paths"]["/v1/Content"]
    asked = routes["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert errors(document, asked, PICKER) == []
    created = await ask(server, "POST", "/v1/Content", json=PICKER)
    assert errors(document, schema_of(routes["post"], "201"), created) == []
    assert set(created) == set(document["components"]["schemas"]["content.v1.content"]["properties"])
    listed = await ask(server, "GET", "/v1/Content")
    assert errors(document, schema_of(routes["get"], "200"), listed) == []


async def test_typing_keeps_to_the_contract(server: TwilioServer) -> None:
    document = contract("messaging_v2")
    route = document["paths"]["/v2/Indicators/Typing.json"]["post"]
    form = {"channel": "whatsapp", "messageId": forms.new_sid()}
    asked = document["components"]["schemas"]["messaging.v2.whatsapp.typing.indicator"]
    assert errors(document, asked, form) == []
    assert set(asked["properties"]) == set(form)
    shown = await ask(server, "POST", "/v2/Indicators/Typing.json", data=form)
    assert errors(document, schema_of(route, "200"), shown) == []
