"""The stand-in for Xero: its webhooks are signed, come twice and out of order, and by themselves."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.sandbox.xero.contract import folder
from tests.sandbox.xero_caller import Clock
from tests.sandbox.xero_server import WEBHOOK_KEY, XeroServer, sign


class Desk:
    """Takes webhooks as it should, unless told otherwise."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.bodies: list[dict[str, Any]] = []
        self.text = ""
        self.cookie = False
        self.failing = 0

    async def take(self, request: web.Request) -> web.Response:
        raw = await request.read()
        wanted = base64.b64encode(hmac.new(WEBHOOK_KEY.encode(), raw, hashlib.sha256).digest()).decode()
        if request.headers["x-xero-signature"] != wanted:
            return web.Response(status=401)
        if self.failing:
            self.failing -= 1
            return web.Response(status=500)
        body = json.loads(raw)
        self.bodies.append(body)
        self.events.extend(body["events"])
        response = web.Response(text=self.text or None)
        if self.cookie:
            response.set_cookie("a", "b")
        return response


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def url(desk: Desk) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/webhooks/xero", desk.take)
    async with TestServer(app) as server:
        yield str(server.make_url("/webhooks/xero"))


@pytest.fixture
async def server() -> AsyncIterator[XeroServer]:
    async with XeroServer(Clock()) as xero:
        xero.add_invoice(xero.add_contact("Crust & Co"), "SO-1")
        yield xero


async def test_the_validation_tells_right_from_wrong(server: XeroServer, desk: Desk, url: str) -> None:
    seen = await server.intent_to_receive(url)
    assert (seen["right"].status, seen["wrong"].status, seen["right"].ok) == (200, 401, True)
    assert desk.bodies == [seen["right"].body]
    assert seen["right"].body["events"] == []
    desk.text = "thanks"
    assert not (await server.intent_to_receive(url))["right"].ok
    desk.text, desk.cookie = "", True
    assert not (await server.intent_to_receive(url))["right"].ok
    assert (await server.intent_to_receive(url, key="another"))["right"].status == 401


async def test_what_a_bookkeeper_does_is_told(server: XeroServer, desk: Desk, url: str) -> None:
    server.connect_webhooks(url)
    server.pay("SO-1", "10")
    await server.settle()
    server.edit("SO-1", reference="PO 1")
    await server.settle()
    server.add_contact("Another")
    await server.settle()
    told = [(it["eventCategory"], it["eventType"], it["resourceId"]) for it in desk.events]
    invoice = server.invoice("SO-1").id
    assert told == [
        ("INVOICE", "UPDATE", invoice),
        ("INVOICE", "UPDATE", invoice),
        ("CONTACT", "CREATE", server.contacts[1].id),
    ]
    assert desk.events[0]["resourceUrl"].endswith(f"/api.xro/2.0/Invoices/{invoice}")
    assert desk.events[0]["tenantId"] == server.organisation.tenant_id
    assert desk.events[0]["eventDateUtc"] == "2026-11-23T04:00:00.000"
    assert [body["lastEventSequence"] for body in desk.bodies] == [1, 2, 3]


async def test_events_come_twice_and_in_another_order(server: XeroServer, desk: Desk, url: str) -> None:
    server.connect_webhooks(url, times=2, held=True)
    for number in range(4):
        server.add_invoice(server.contacts[0], f"SO-2{number}")
    assert desk.events == []
    assert all(delivery.ok for delivery in await server.send_held(shuffled=1))
    told = [it["resourceId"] for it in desk.events]
    made = [it.id for it in server.invoices[1:] for _ in range(2)]
    assert sorted(told) == sorted(made)
    assert told != made


async def test_several_processes_are_told_in_turn(server: XeroServer, desk: Desk, url: str) -> None:
    server.connect_webhooks(url, f"{url}/gone")
    server.edit("SO-1")
    server.edit("SO-1")
    await server.settle()
    assert sorted(delivery.status or 0 for delivery in server.deliveries) == [200, 404]


async def test_a_delivery_that_failed_is_tried_again(server: XeroServer, desk: Desk, url: str) -> None:
    desk.failing = 1
    event = server.event("INVOICE", server.invoice("SO-1"))
    delivery = await server.webhook(url, [event, event], retries=1)
    assert (delivery.status, delivery.attempts, len(desk.events)) == (200, 2, 2)
    assert (await server.webhook(url, [event], signature="wrong")).status == 401
    assert (await server.webhook("http://127.0.0.1:9/", [event])).status is None


async def test_the_apps_own_changes_are_told_when_asked_for(server: XeroServer, desk: Desk, url: str) -> None:
    invoice = server.invoice("SO-1")
    server.connect_webhooks(url)
    server.changed("INVOICE", invoice, "UPDATE", by_app=True)
    await server.settle()
    assert desk.events == []
    server.connect_webhooks(url, own_changes=True)
    server.changed("INVOICE", invoice, "UPDATE", by_app=True)
    await server.settle()
    assert len(desk.events) == 1


def test_a_signature_is_base64_of_the_hmac() -> None:
    # openssl dgst -sha256 -hmac key -binary | base64
    assert sign("key", b"The quick brown fox jumps over the lazy dog") == "97yD9DBThCSxMpjmqm+xQ+9NWaFJRhdZl0edvC0aPNg="


async def test_bodies_are_those_of_the_contract(server: XeroServer, desk: Desk, url: str) -> None:
    place = folder()
    if place is None:
        pytest.skip("Xero's contract is not here")
    schema = yaml.safe_load((place / "xero_webhooks.yaml").read_text())["components"]["schemas"]["WebhookEvent"]
    note = server.credit("SO-1", "5", "CN-1")
    events = [server.event("INVOICE", server.invoice("SO-1")), server.event("CREDITNOTE", note, "CREATE")]
    body = (await server.webhook(url, events)).body
    assert set(body) == set(schema["required"])
    item = schema["properties"]["events"]["items"]
    for event in events:
        assert set(event) - {"data"} == set(item["required"])
        for name in ("eventType", "eventCategory", "tenantType"):
            assert event[name] in {choice["const"] for choice in item["properties"][name]["oneOf"]}
