"""The supplier's people beside the desk: who waits for them, answering, invoices and exports, on both databases."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from bot.app import Overrides
from channels.contract import Outgoing
from core.domain.messages import ChatRef, Inbound
from core.errors import DeliveryRefused
from tests.sandbox.channel import QuietChannel
from tests.sandbox.sample import PASIR_RIS, Shop, StoppedClock, open_shop, sample_settings, until

MONDAY = "2026-11-23T09:30"
DIALOGUE = ("100 12-inch pizza boxes", "Deliver on Tuesday morning", "note: ring the bell", "confirm")
XERO = "/api/invoices.csv?from=2026-11-01&to=2026-11-30&format=xero"


class Messenger(QuietChannel):
    """A push channel that keeps what it was given, and refuses to deliver while `closed`."""

    name = "whatsapp"

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[str, str]] = []
        self.closed = False

    async def send(self, message: Outgoing) -> None:
        if self.closed:
            raise DeliveryRefused("blocked by +65 9123 0001")
        self.sent.append((message.chat.sender, message.reply.text))


@pytest.fixture
def messenger() -> Messenger:
    return Messenger()


@pytest_asyncio.fixture
async def shop(sample_url: str, tmp_path: Path, messenger: Messenger) -> AsyncIterator[Shop]:
    settings = sample_settings(sample_url, tmp_path, demo=True, burst_seconds=0)
    async with open_shop(settings, Overrides(clock=StoppedClock(MONDAY), channels=[messenger])) as shop:
        yield shop


async def get(shop: Shop, path: str) -> tuple[int, str]:
    async with shop.session.get(shop.url + path) as response:
        return response.status, await response.text()


async def post(shop: Shop, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
    async with shop.session.post(shop.url + path, json=body) as response:
        return response.status, await response.json()


async def waiting(shop: Shop) -> list[dict[str, Any]]:
    async with shop.session.get(f"{shop.url}/api/chats?handoff=true") as response:
        return list((await response.json())["chats"])


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


async def test_a_confirmed_order_can_be_had_as_invoice_register_import_and_rows(shop: Shop) -> None:
    customer = shop.customer(PASIR_RIS)
    for text in DIALOGUE:
        number = (await customer.say(text))["order"]["number"]

    async def invoiced() -> bool:
        return await shop.program.accounting.find(number) is not None

    await until(invoiced)
    async with shop.session.get(f"{shop.url}/api/orders/{number}/invoice.pdf") as response:
        assert (response.status, response.content_type) == (200, "application/pdf")
        assert (await response.read())[:5] == b"%PDF-"
    assert (await get(shop, "/api/orders/RS-9/invoice.pdf"))[0] == 404
    status, register = await get(shop, "/api/invoices.csv?from=2026-11-23&to=2026-11-23")
    assert status == 200
    assert [(row["OrderNumber"], row["Total"]) for row in rows_of(register)] == [(number, "69.76")]
    assert [row["*Quantity"] for row in rows_of((await get(shop, XERO))[1])] == ["2"]
    assert rows_of((await get(shop, "/api/invoices.csv?from=2026-11-01&to=2026-11-22"))[1]) == []
    (line,) = rows_of((await get(shop, "/api/orders.csv"))[1])
    assert (line["number"], line["order_total"]) == (number, "69.76")
    assert "ring the bell" in line["notes"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "from is missing"),
        ("from=2026-11-01", "to is missing"),
        ("from=2026-11-31&to=2026-12-01", "from must be a day"),
        ("from=20261101&to=2026-12-01", "from must be a day"),
        ("from=2026-11-01&to=9999-12-31", "to must be a day"),
        ("from=2026-11-02&to=2026-11-01", "to must not be before from"),
        ("from=2026-11-01&to=2026-11-02&format=pdf", "format must be"),
    ],
)
async def test_a_period_that_cannot_be_is_400(sample_file: Path, tmp_path: Path, query: str, said: str) -> None:
    settings = sample_settings(f"sqlite:///{sample_file}", tmp_path)
    async with open_shop(settings, Overrides(clock=StoppedClock(MONDAY))) as shop:
        status, text = await get(shop, f"/api/invoices.csv?{query}")
    assert status == 400
    assert said in text


async def test_a_chat_handed_over_is_listed_answered_in_and_given_back(shop: Shop) -> None:
    customer = shop.customer(PASIR_RIS)
    await shop.customer("+6591230002").say("hi")
    await customer.say("I want to talk to a person please")
    (chat,) = await waiting(shop)
    assert (chat["sender"], chat["handoff"], chat["parked"]) == (PASIR_RIS, True, 0)
    assert chat["reason"]
    assert datetime.fromisoformat(chat["since"]) == StoppedClock(MONDAY).at
    path = f"/api/chats/{chat['id']}"
    status, said = await post(shop, f"{path}/messages", {"text": "This is <b>Mei</b>, how can I help?"})
    assert (status, said["queued"]) == (200, False)
    log = await shop.store.history(ChatRef("api", PASIR_RIS, "s"))
    assert (log[-1].direction, log[-1].text, log[-1].seq) == ("out", "This is Mei, how can I help?", said["seq"])
    assert (await customer.say("2 bundles 12in pizza box"))["reply"] == "", "the desk stays silent"
    assert (await post(shop, f"{path}/release"))[0] == 200
    assert await waiting(shop) == []
    assert (await customer.say("2 bundles 12in pizza box"))["order"]["lines"]


async def test_the_browser_shows_at_once_what_staff_write(shop: Shop) -> None:
    session = str(uuid4())
    chat = ChatRef("web", PASIR_RIS, session)
    accepted = await shop.program.desk.receive(Inbound(chat, uuid4().hex, "agent", shop.program.clock.now()))
    with shop.program.hub.listening(chat.key) as news:

        async def handed_over() -> bool:
            return len(await waiting(shop)) == 1

        await until(handed_over)
        news.wake.clear()
        status, said = await post(shop, f"/api/chats/{accepted.chat_id}/messages", {"text": "Mei here"})
        assert (status, said["queued"]) == (200, False)
        assert news.wake.is_set()
    _, text = await get(shop, f"/web/history?session={session}&as=%2B6591230001")
    assert "Mei here" in text


async def test_a_messenger_is_sent_what_staff_write(shop: Shop, messenger: Messenger) -> None:
    chat = ChatRef("whatsapp", PASIR_RIS)
    accepted = await shop.program.desk.receive(Inbound(chat, "SM1", "agent", shop.program.clock.now()))

    async def handed_over() -> bool:
        return len(messenger.sent) == 1

    await until(handed_over)
    status, said = await post(shop, f"/api/chats/{accepted.chat_id}/messages", {"text": "Mei here"})
    assert (status, said["queued"]) == (200, True)

    async def sent() -> bool:
        return messenger.sent[1:] == [(PASIR_RIS, "Mei here")]

    await until(sent)


async def test_what_staff_may_not_write_is_refused(shop: Shop) -> None:
    await shop.customer(PASIR_RIS).say("hi")
    (row,) = await shop.store.chat_rows()
    path = f"/api/chats/{row.chat_id}/messages"
    assert (await post(shop, "/api/chats/99/messages", {"text": "hi"}))[0] == 404
    assert (await post(shop, "/api/chats/x/messages", {"text": "hi"}))[0] == 400
    assert (await post(shop, f"/api/chats/{'9' * 30}/release"))[0] == 400
    wrong: tuple[Any, ...] = ({}, {"text": " "}, {"text": 7}, [])
    for body in wrong:
        assert (await post(shop, path, body))[0] == 400
    assert (await post(shop, path, {"text": "x" * 4001}))[0] == 413
    async with shop.session.post(shop.url + path, data="text=hi") as response:
        assert response.status == 415


async def test_health_is_degraded_while_something_is_parked_and_well_again_after(
    shop: Shop, messenger: Messenger
) -> None:
    messenger.closed = True
    await shop.program.desk.receive(Inbound(ChatRef("whatsapp", PASIR_RIS), "SM1", "hi", datetime.now(UTC)))

    def health_is(*expected: Any) -> Callable[[], Any]:
        async def look() -> bool:
            status, body = await shop.health()
            assert status == 200
            return (body["status"], body["dispatcher"], body["inbox"], body["parked_jobs"]) == expected

        return look

    await until(health_is("degraded", "degraded", "ok", 1))
    (job,) = await shop.store.parked_jobs()
    messenger.closed = False
    await shop.store.unpark(job.job_id)
    await until(health_is("ok", "running", "ok", 0))
    assert messenger.sent


async def test_health_is_degraded_when_the_dispatcher_has_stopped(shop: Shop) -> None:
    assert (await shop.health())[1]["dispatcher"] == "running"
    shop.program.dispatcher.stop()
    while shop.program.dispatcher.running:
        await asyncio.sleep(0.01)
    status, body = await shop.health()
    assert (status, body["status"], body["dispatcher"]) == (200, "degraded", "degraded")
