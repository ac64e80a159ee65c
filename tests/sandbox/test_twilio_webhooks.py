"""The stand-in for Twilio calls the desk as Twilio does, and its raw webhooks are whole."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from tests.sandbox.twilio.messages import STATUSES
from tests.sandbox.twilio_server import ACCOUNT_SID, AUTH_TOKEN, SENDER, TwilioServer, decoded, encoded, forms, sign
from tests.sandbox.twilio_server import storm as stormed

PAYLOADS = sorted((Path(__file__).parents[1] / "payloads" / "whatsapp").glob("*.form"))
MEI, PUBLIC = "+6591230001", "https://desk.example"
CALLBACK = f"{PUBLIC}/webhooks/whatsapp/status"


class Desk:
    """Takes what comes. `answers` is what it says, one after the other, and then an empty 200."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], dict[str, str]]] = []
        self.answers: list[web.Response] = []
        self.url = ""
        self.hung = asyncio.Event()
        self.hangs = False

    async def take(self, request: web.Request) -> web.Response:
        self.got.append((request.path, decoded(await request.read()), dict(request.headers)))
        if self.hangs:
            await self.hung.wait()
        return self.answers.pop(0) if self.answers else web.Response()


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    app = web.Application()
    app.router.add_post("/{path:.*}", desk.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    desk.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield desk
    desk.hung.set()
    await runner.cleanup()


@pytest.fixture
async def server(desk: Desk) -> AsyncIterator[TwilioServer]:
    async with TwilioServer() as running:
        running.connect(desk.url, public_url=PUBLIC)
        yield running


async def send(server: TwilioServer, **form: str) -> str:
    """POST a message as the desk would; returns its SID."""
    path = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
    auth = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT_SID, AUTH_TOKEN)}
    given = {"To": f"whatsapp:{MEI}", "From": SENDER, "Body": "hello", "StatusCallback": CALLBACK} | form
    async with aiohttp.ClientSession(headers=auth) as session, session.post(server.url + path, data=given) as answer:
        assert answer.status == 201
        return (await answer.json())["sid"]


def test_a_signature_is_the_one_of_twilios_own_example() -> None:
    """The example of https://www.twilio.com/docs/usage/webhooks/webhooks-security."""
    form = {
        "Digits": "1234",
        "To": "+18005551212",
        "From": "+14158675310",
        "Caller": "+14158675310",
        "CallSid": "CA1234567890ABCDE",
    }
    assert sign("12345", "https://example.com/myapp.php?foo=1&bar=2", form) == "L/OH5YylLD5NRKLltdqwSvS0BnU="


async def test_a_webhook_is_signed_for_the_public_url(server: TwilioServer, desk: Desk) -> None:
    form = forms.text(MEI, "2 ctn & 3 pkt +é🙂\nok")
    delivery = await server.send(form)
    assert delivery.ok
    ((path, got, headers),) = desk.got
    assert (path, got) == ("/webhooks/whatsapp", form)
    assert headers["X-Twilio-Signature"] == sign(AUTH_TOKEN, f"{PUBLIC}/webhooks/whatsapp", form)
    assert headers["User-Agent"] == "TwilioProxy/1.1"
    assert headers["I-Twilio-Idempotency-Token"]
    assert headers["Content-Type"].startswith("application/x-www-form-urlencoded")


async def test_nothing_is_tried_again_unless_told(server: TwilioServer, desk: Desk) -> None:
    desk.answers = [web.Response(status=503), web.Response(status=503)]
    failed = await server.send(forms.text(MEI, "hi"))
    assert (failed.error, failed.status, failed.attempts) == (11200, 503, 1)
    tried = await server.send(forms.text(MEI, "hi"), retries=2)
    assert (tried.ok, tried.attempts) == (True, 2)
    tokens = [headers["I-Twilio-Idempotency-Token"] for _, _, headers in desk.got]
    assert tokens[1] == tokens[2] != tokens[0]


async def test_a_desk_that_hangs_is_given_up(server: TwilioServer, desk: Desk) -> None:
    desk.hangs = True
    delivery = await server.send(forms.text(MEI, "hi"), gives_up_after=0.05)
    assert (delivery.error, delivery.status) == (11200, None)
    assert server.deliveries == [delivery]


@pytest.mark.parametrize(
    ("content_type", "body", "error", "said"),
    [
        ("text/plain", "", None, ""),
        ("text/plain", "ok", None, "ok"),
        ("text/xml", "<Response/>", None, ""),
        ("text/xml", "<Response><Message><Body>hi</Body></Message></Response>", None, "hi"),
        ("text/xml", "<Response>", 12100, ""),
        ("text/xml", "<html/>", 12100, ""),
        ("application/json", "{}", 12300, ""),
    ],
)
async def test_an_answer_is_read_as_an_instruction(
    server: TwilioServer, desk: Desk, content_type: str, body: str, error: int | None, said: str
) -> None:
    desk.answers = [web.Response(text=body, content_type=content_type)]
    delivery = await server.send(forms.text(MEI, "hi"))
    assert (delivery.error, delivery.said) == (error, said)


async def test_a_storm_delivers_every_message_three_times(server: TwilioServer, desk: Desk) -> None:
    every = [forms.text(f"+659123{number:04}", str(number)) for number in range(30)]
    mixed = stormed(every, times=3, seed=4)
    assert mixed != [form for form in every for _ in range(3)]
    assert mixed == stormed(every, times=3, seed=4)
    done = await server.send_all(mixed, concurrency=10)
    assert all(delivery.ok for delivery in done)
    assert Counter(form["MessageSid"] for _, form, _ in desk.got) == {form["MessageSid"]: 3 for form in every}


async def test_a_status_goes_to_the_callback_of_its_message(server: TwilioServer, desk: Desk) -> None:
    sid = await send(server)
    for status in ("delivered", "sent"):
        delivery = await server.report(sid, status)
        assert delivery is not None
        assert delivery.ok
    assert [(path, form["MessageStatus"]) for path, form, _ in desk.got] == [
        ("/webhooks/whatsapp/status", "delivered"),
        ("/webhooks/whatsapp/status", "sent"),
    ]
    _, form, headers = desk.got[0]
    assert (form["MessageSid"], form["To"]) == (sid, f"whatsapp:{MEI}")
    assert headers["X-Twilio-Signature"] == sign(AUTH_TOKEN, CALLBACK, form)


async def test_a_failure_and_the_usual_statuses_are_reported_without_asking(server: TwilioServer, desk: Desk) -> None:
    server.auto_statuses = ("sent", "delivered")
    server.undeliverable("+6591230002", 63024)
    await send(server)
    await send(server, To="whatsapp:+6591230002")
    await server.settle()
    told = Counter((form["To"], form["MessageStatus"], form.get("ErrorCode")) for _, form, _ in desk.got)
    assert told == Counter(
        [
            (f"whatsapp:{MEI}", "sent", None),
            (f"whatsapp:{MEI}", "delivered", None),
            ("whatsapp:+6591230002", "undelivered", "63024"),
        ]
    )


async def test_what_was_due_before_the_desk_was_known_is_reported_later(desk: Desk) -> None:
    async with TwilioServer() as server:
        server.close_window(MEI)
        sid = await send(server)
        server.connect(desk.url, public_url=PUBLIC)
        (delivery,) = await server.report_due()
        assert (delivery.form["MessageSid"], delivery.form["ErrorCode"]) == (sid, "63016")
        assert await server.report_due() == []


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.stem)
def test_a_raw_webhook_is_whole(path: Path) -> None:
    raw = path.read_bytes()
    form = decoded(raw)
    assert encoded(form) == raw
    assert form["AccountSid"] == ACCOUNT_SID
    assert form["MessageSid"] == form["SmsSid"]
    if path.stem.startswith("status_"):
        assert form["MessageStatus"] == form["SmsStatus"]
        assert form["MessageStatus"] in STATUSES or path.stem == "status_unknown"
        assert form["From"] == SENDER
    else:
        assert (form["SmsStatus"], form["To"]) == ("received", SENDER)
        assert "WaId" in form or form["From"] == form["ExternalUserId"]
        for index in range(int(form["NumMedia"])):
            assert form[f"MediaUrl{index}"].startswith(f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT_SID}/")
            assert "/" in form[f"MediaContentType{index}"]


def test_no_two_raw_messages_share_a_sid() -> None:
    assert len(PAYLOADS) > 45
    sids = [decoded(path.read_bytes())["MessageSid"] for path in PAYLOADS if not path.stem.startswith("status_")]
    assert len(set(sids)) == len(sids)
    assert len({hashlib.sha256(path.read_bytes()).digest() for path in PAYLOADS}) == len(PAYLOADS)
