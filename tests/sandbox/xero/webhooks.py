"""Xero's own requests: events, signed, in order or not, once or more; and the validation before there are any.

https://developer.xero.com/documentation/guides/webhooks/overview: x-xero-signature is the base64 of the HMAC-SHA256 of
the raw body under the webhook key; an answer has to be a 200 (401 for a wrong signature) within 5 seconds, without a
body and without cookies.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import random
import secrets
import string
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC

from aiohttp import ClientError, ClientTimeout

from tests.sandbox.xero.records import Contact, CreditNote, Invoice
from tests.sandbox.xero.settings_api import SettingsApi
from tests.sandbox.xero.state import Delivery
from tests.sandbox.xero.wire import Json

GIVES_UP_AFTER = 5.0
PATHS = {"INVOICE": "Invoices", "CONTACT": "Contacts", "CREDITNOTE": "CreditNotes"}
WEBHOOK_KEY = "c2FuZGJveC13ZWJob29rLWtleS1vZi1uby1hcHA="


def sign(key: str, body: bytes) -> str:
    """`x-xero-signature`."""
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()


@dataclass(slots=True)
class _Subscription:
    urls: tuple[str, ...]
    key: str
    categories: tuple[str, ...]
    times: int
    own_changes: bool
    held: bool
    waiting: list[Json] = field(default_factory=list)
    turn: int = 0


class Webhooks(SettingsApi):
    """Sending events by hand, or by themselves once `connect_webhooks` was called."""

    _subscription: _Subscription | None = None
    _sequence = 0

    def connect_webhooks(
        self,
        *urls: str,
        key: str = WEBHOOK_KEY,
        categories: tuple[str, ...] = ("INVOICE", "CONTACT"),
        times: int = 1,
        own_changes: bool = False,
        held: bool = False,
    ) -> None:
        """Send events by themselves, to several processes in turn, each `times` times.

        `own_changes`: those that the app makes too, as the real one does. `held`: they wait for `send_held`.
        """
        self._subscription = _Subscription(urls, key, categories, times, own_changes, held)

    def changed(self, category: str, record: Contact | Invoice | CreditNote, event: str, *, by_app: bool) -> None:
        """A record has been made or changed: note when, and say so to those who subscribed."""
        super().changed(category, record, event, by_app=by_app)
        to = self._subscription
        if to is None or category not in to.categories or (by_app and not to.own_changes):
            return
        to.waiting.extend([self.event(category, record, event)] * to.times)
        if not to.held:
            waiting, to.waiting = to.waiting, []
            self._start(waiting)

    async def send_held(self, *, shuffled: int | None = None) -> list[Delivery]:
        """Send what waits, one request an event; `shuffled` is a seed for another order."""
        to = self._subscription
        assert to is not None, "connect_webhooks first"
        waiting, to.waiting = to.waiting, []
        if shuffled is not None:
            random.Random(shuffled).shuffle(waiting)
        return [await self.webhook(self._url(to), [event], key=to.key) for event in waiting]

    async def settle(self) -> None:
        """Wait until everything that is under way has been delivered, or given up."""
        while self._tasks:
            await asyncio.gather(*list(self._tasks))

    def event(self, category: str, record: Contact | Invoice | CreditNote, kind: str = "UPDATE") -> Json:
        """One event about a record."""
        event: Json = {
            "resourceUrl": f"https://api.xero.com/api.xro/2.0/{PATHS[category]}/{record.id}",
            "resourceId": record.id,
            "eventDateUtc": self.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3],
            "eventType": kind,
            "eventCategory": category,
            "tenantId": record.tenant_id,
            "tenantType": "ORGANISATION",
        }
        if isinstance(record, CreditNote):
            event["data"] = {"Type": record.type, "Status": record.status}
        return event

    async def webhook(
        self,
        url: str,
        events: Iterable[Json],
        *,
        key: str = WEBHOOK_KEY,
        signature: str | None = None,
        retries: int = 0,
        gives_up_after: float = GIVES_UP_AFTER,
    ) -> Delivery:
        """Post events; tries again (the same body) only when told to."""
        listed = list(events)
        first = self._sequence + 1 if listed else 0
        self._sequence += len(listed)
        body: Json = {
            "events": listed,
            "lastEventSequence": self._sequence if listed else 0,
            "firstEventSequence": first,
            "entropy": "".join(secrets.choice(string.ascii_uppercase) for _ in range(20)),
        }
        raw = json.dumps(body, separators=(",", ":")).encode()
        delivery = Delivery(url, body)
        self.deliveries.append(delivery)
        while delivery.attempts <= retries:
            await self._post(delivery, raw, sign(key, raw) if signature is None else signature, gives_up_after)
            if delivery.ok:
                break
        return delivery

    async def intent_to_receive(self, url: str, *, key: str = WEBHOOK_KEY) -> dict[str, Delivery]:
        """The validation when a webhook is set up: {"right": must be a 200, "wrong": must be a 401}."""
        right = await self.webhook(url, [], key=key)
        wrong = await self.webhook(url, [], key=key, signature=sign("another key", b"another body"))
        return {"right": right, "wrong": wrong}

    async def _post(self, delivery: Delivery, raw: bytes, signature: str, gives_up_after: float) -> None:
        headers = {"Content-Type": "application/json; charset=utf-8", "x-xero-signature": signature}
        delivery.attempts += 1
        began = time.monotonic()
        try:
            async with self._session.post(
                delivery.url, data=raw, headers=headers, timeout=ClientTimeout(total=gives_up_after)
            ) as response:
                delivery.status, delivery.text = response.status, await response.text()
                delivery.cookies = "Set-Cookie" in response.headers
        except (ClientError, TimeoutError, OSError):
            delivery.status = None
        delivery.seconds = time.monotonic() - began

    def _start(self, events: list[Json]) -> None:
        to = self._subscription
        assert to is not None
        for event in events:
            task = asyncio.get_running_loop().create_task(self.webhook(self._url(to), [event], key=to.key, retries=2))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _url(self, to: _Subscription) -> str:
        to.turn += 1
        return to.urls[(to.turn - 1) % len(to.urls)]
