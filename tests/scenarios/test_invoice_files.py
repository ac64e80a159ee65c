"""The invoice as a file, on every channel: once, from the books, and never in the way of what the chat goes on with."""

import io
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pypdf import PdfReader
from rich.console import Console

from bot.app import Overrides
from bot.ledger import Ledger, SqlInvoiceBook, Supplier
from bot.storage.database import Database
from bot.storage.tables import deliveries, outbox
from bot.terminal import TerminalChat
from core.errors import AccountingAway
from core.ports import Clock
from tests.sandbox.sample import PASIR_RIS, Customer, Shop, StoppedClock, open_shop, sample_settings, until
from tests.sandbox.telegram_server import Fault, PrivateChat, TelegramServer
from tests.sandbox.twilio_server import ACCOUNT_SID, AUTH_TOKEN, SENDER, Message, TwilioServer, forms

MEI = 700001
PUBLIC = "https://desk.example"
MONDAY = "2026-11-23T09:30"
TEMPLATE = "HX" + "0" * 32


class LockedLedger(Ledger):
    """The ledger, whose drawer of PDFs can be locked."""

    locked = False

    async def document(self, order_number: str) -> bytes | None:
        if self.locked:
            raise AccountingAway("the drawer is locked")
        return await super().document(order_number)


def ledger(url: str, clock: Clock) -> LockedLedger:
    return LockedLedger(SqlInvoiceBook(Database.open(url), clock), Supplier("Straits Packaging"), clock)


async def quiet(shop: Shop) -> None:
    await until(shop.idle)


async def order(shop: Shop, text: str = "100 12in pizza boxes tmr", sender: str = PASIR_RIS) -> str:
    """Place an order over the API and wait for its invoice; the order's number."""
    customer = shop.customer(sender, "ordering")
    await customer.say(text)
    number: str = (await customer.say("confirm"))["order"]["number"]
    await quiet(shop)
    return number


def invoice_of(number: str) -> str:
    return f"INV-{number.removeprefix('RS-')}"


def words_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


# -- Telegram -----------------------------------------------------------------------------------------


class Telegram:
    """A desk on Telegram, and Mei who orders for Pasir Ris."""

    def __init__(self, server: TelegramServer, shop: Shop, books: LockedLedger) -> None:
        self.server = server
        self.shop = shop
        self.books = books
        self.mei: PrivateChat = server.chat(MEI, "Mei")

    async def says(self, text: str) -> list[Any]:
        """What is new on Mei's screen when all is done."""
        seen = len(self.mei.from_bot)
        self.mei.says(text)
        await self.server.settled()
        await self.quiet()
        return self.mei.from_bot[seen:]

    async def quiet(self) -> None:
        await quiet(self.shop)

    def files(self) -> list[tuple[str, bytes]]:
        """The documents that arrived, by name."""
        found = [m.wire["document"] for m in self.mei.from_bot if "document" in m.wire]
        return [(one["file_name"], self.server.files[one["file_id"]].data) for one in found]


@pytest_asyncio.fixture
async def telegram(sample_url: str, tmp_path: Path) -> AsyncIterator[Telegram]:
    clock = StoppedClock(MONDAY)
    async with TelegramServer() as server:
        given = {"burst_seconds": 0.05, "telegram_api_url": server.url, "telegram_bot_token": server.token}
        settings = sample_settings(sample_url, tmp_path, **given)
        books = ledger(sample_url, clock)
        async with open_shop(settings, Overrides(clock=clock, accounting=books)) as shop:
            await shop.store.link(f"telegram:{MEI}", "CPZ-PSR")
            yield Telegram(server, shop, books)
        await books._book._database.close()  # type: ignore[attr-defined]


async def test_on_telegram_the_words_come_and_then_the_file(telegram: Telegram) -> None:
    number = await order(telegram.shop)
    text, file = await telegram.says("send me the invoice")
    assert text.text == f"Invoice {invoice_of(number)} of Mon 23 Nov for order {number}: S$69.76, due Wed 23 Dec."
    assert file.wire["document"]["file_name"] == f"{invoice_of(number)}.pdf"
    [(name, pdf)] = telegram.files()
    assert name == f"{invoice_of(number)}.pdf"
    assert invoice_of(number) in words_of(pdf)
    assert "69.76" in words_of(pdf)
    assert telegram.server.refused == []


async def test_a_file_that_telegram_refused_for_now_is_sent_once(telegram: Telegram) -> None:
    await order(telegram.shop)
    telegram.server.faults.next("sendDocument", Fault.too_many(1))
    await telegram.says("send me the invoice")
    assert len(telegram.files()) == 1
    assert len(telegram.server.calls_of("sendDocument")) == 2


async def test_several_invoices_are_several_files_and_too_many_are_none(telegram: Telegram) -> None:
    numbers = [await order(telegram.shop, f"{n} bundles 12in pizza box tmr") for n in (3, 4, 5)]
    text, *_ = await telegram.says("can i have all the unpaid invoices")
    assert text.text.startswith("Here are 3 invoices:\n")
    assert sorted(name for name, _ in telegram.files()) == sorted(f"{invoice_of(n)}.pdf" for n in numbers)
    numbers += [await order(telegram.shop, f"{n} bundles 12in pizza box tmr") for n in (6, 7, 8)]
    [only] = await telegram.says("send me this month's invoices")
    assert "There are 6 invoices of Sun 1 Nov to Mon 23 Nov" in only.text
    assert len(telegram.files()) == 3


async def test_while_the_books_are_away_the_chat_goes_on_and_the_file_follows(telegram: Telegram) -> None:
    number = await order(telegram.shop)
    telegram.books.locked = True
    telegram.mei.says("send me the invoice")

    async def told() -> bool:
        return bool(telegram.mei.from_bot) and any(
            row.lane.endswith(":again") for row in await telegram.shop.rows(outbox)
        )

    await until(told)
    telegram.mei.says("what time is the cut off?")

    async def answered() -> bool:
        return "20:00" in telegram.mei.last.text

    await until(answered)
    assert telegram.files() == []
    telegram.books.locked = False
    await telegram.quiet()
    assert [name for name, _ in telegram.files()] == [f"{invoice_of(number)}.pdf"]


async def test_the_buttons_of_a_draft_stay_when_a_file_comes_after_them(telegram: Telegram) -> None:
    await order(telegram.shop)
    [review] = await telegram.says("3 bundles plain 12in pizza box, wed")
    assert review.titles == ["Confirm"]
    await telegram.says("inv pls")
    assert len(telegram.files()) == 1
    telegram.mei.taps(review, "Confirm")
    await telegram.server.settled()
    await telegram.quiet()
    assert any("is confirmed" in m.text for m in telegram.mei.from_bot)


# -- WhatsApp -----------------------------------------------------------------------------------------


class WhatsApp:
    """A desk on WhatsApp, and the manager of Pasir Ris."""

    def __init__(self, twilio: TwilioServer, shop: Shop, books: LockedLedger, clock: StoppedClock) -> None:
        self.twilio = twilio
        self.shop = shop
        self.books = books
        self.clock = clock

    async def says(self, text: str) -> list[Message]:
        """What is new on the phone when all is done."""
        seen = len(self.twilio.sent_to(PASIR_RIS))
        assert (await self.twilio.send(forms.text(PASIR_RIS, text))).ok

        async def done() -> bool:
            rows = await self.shop.rows(outbox)
            sent = len(self.twilio.sent_to(PASIR_RIS)) > seen
            return sent and all(row.state != "waiting" for row in rows)

        await until(done)
        await self.twilio.settle()
        await quiet(self.shop)
        return self.twilio.sent_to(PASIR_RIS)[seen:]


@pytest_asyncio.fixture
async def whatsapp(sample_url: str, tmp_path: Path) -> AsyncIterator[WhatsApp]:
    clock = StoppedClock(MONDAY)
    async with TwilioServer() as twilio:
        twilio.add_template("{{1}}: {{2}}", {"1": "Straits", "2": "Your order"}, sid=TEMPLATE)
        settings = sample_settings(
            sample_url,
            tmp_path,
            burst_seconds=0.05,
            public_url=PUBLIC,
            secret_key="a secret of this desk",
            twilio_api_url=twilio.url,
            twilio_account_sid=ACCOUNT_SID,
            twilio_auth_token=AUTH_TOKEN,
            twilio_whatsapp_from=SENDER,
            whatsapp_template_sid=TEMPLATE,
        )
        books = ledger(sample_url, clock)
        async with open_shop(settings, Overrides(clock=clock, accounting=books)) as shop:
            twilio.connect(shop.url, public_url=PUBLIC)
            twilio.auto_statuses = ("sent", "delivered")
            yield WhatsApp(twilio, shop, books, clock)
        await books._book._database.close()  # type: ignore[attr-defined]
        assert twilio.refusals == []


async def test_on_whatsapp_twilio_fetches_the_file_from_an_address_that_says_nothing(whatsapp: WhatsApp) -> None:
    number = await order(whatsapp.shop)
    text, file = await whatsapp.says("send me the invoice")
    assert text.body == f"Invoice *{invoice_of(number)}* of Mon 23 Nov for order {number}: S$69.76, due Wed 23 Dec."
    [url] = file.media
    assert url.startswith(f"{PUBLIC}/documents/")
    assert not any(said in url for said in (number, "CPZ-PSR", "INV-"))
    [fetched] = file.files
    assert (fetched.status, fetched.content_type) == (200, "application/pdf")
    assert fetched.name == f"{invoice_of(number)}.pdf"
    assert "69.76" in words_of(fetched.data)
    assert file.status == "delivered"


@pytest.mark.parametrize("fault", ["reset_after", "reset_before"])
async def test_a_file_whose_answer_was_lost_is_sent_once(whatsapp: WhatsApp, fault: str) -> None:
    await order(whatsapp.shop)
    whatsapp.twilio.faults.next("messages", slow_before=0)
    whatsapp.twilio.faults.next("messages", **{fault: True})
    await whatsapp.says("send me the invoice")
    with_files = [message for message in whatsapp.twilio.sent_to(PASIR_RIS) if message.media]
    assert len(with_files) == 1


async def test_outside_the_window_a_template_brings_the_address(whatsapp: WhatsApp) -> None:
    number = await order(whatsapp.shop)
    whatsapp.twilio.close_window(PASIR_RIS)
    messages = await whatsapp.says("send me the invoice")
    templates = [message for message in messages if message.template]
    assert f"{invoice_of(number)}.pdf: {PUBLIC}/documents/" in templates[-1].body
    url = re.search(r"https://\S+", templates[-1].body)
    assert url is not None
    async with whatsapp.shop.session.get(whatsapp.shop.url + url[0].removeprefix(PUBLIC)) as response:
        assert response.status == 200
        assert "69.76" in words_of(await response.read())


# -- the addresses, the API, the browser --------------------------------------------------------------


@pytest_asyncio.fixture
async def shop(sample_url: str, tmp_path: Path) -> AsyncIterator[Shop]:
    settings = sample_settings(sample_url, tmp_path, demo=True)
    async with open_shop(settings, Overrides(clock=StoppedClock(MONDAY))) as shop:
        yield shop


async def fetch(shop: Shop, path: str) -> tuple[int, bytes, Any]:
    async with shop.session.get(shop.url + path) as response:
        return response.status, await response.read(), response.headers


async def test_over_the_api_a_message_names_its_document(shop: Shop) -> None:
    number = await order(shop)
    customer = Customer(shop.session, shop.url, PASIR_RIS, "asking")
    body = await customer.say("send me the invoice", message_id="once")
    words, file = body["messages"]
    assert "document" not in words
    assert (file["text"], file["choices"]) == (f"{invoice_of(number)}.pdf", [])
    assert file["document"]["name"] == f"{invoice_of(number)}.pdf"
    again = await customer.say("send me the invoice", message_id="once")
    for document in (file["document"], again["messages"][1]["document"]):
        status, pdf, headers = await fetch(shop, document["url"])
        assert status == 200
        assert invoice_of(number) in words_of(pdf)
        assert headers["Content-Type"] == "application/pdf"
        assert headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in headers
    clock = shop.program.clock
    assert isinstance(clock, StoppedClock)
    clock.at += timedelta(days=2)
    assert (await fetch(shop, file["document"]["url"]))[0] == 410
    assert (await fetch(shop, "/documents/abc"))[0] == 404
    assert (await fetch(shop, file["document"]["url"][:-6]))[0] == 404


async def test_the_browser_gets_a_file_that_only_its_own_outlet_may_open(shop: Shop) -> None:
    number = await order(shop)
    session = "00000000-0000-4000-8000-000000000001"
    sent = {"id": "00000000-0000-4000-8000-000000000002", "as": PASIR_RIS, "session": session, "text": "invoice pls"}
    async with shop.session.post(f"{shop.url}/web/messages", json=sent) as response:
        assert response.status == 200
    rows: list[dict[str, Any]] = []

    async def answered() -> bool:
        async with shop.session.get(f"{shop.url}/web/history?session={session}&as=%2B6591230001") as response:
            rows[:] = (await response.json())["messages"]
        return len(rows) == 3

    await until(answered)
    assert "document" not in rows[1]
    assert rows[2]["document"] == {"name": f"{invoice_of(number)}.pdf", "order": number}
    own = f"/web/invoices/{number}.pdf?session={session}&as=%2B6591230001"
    assert (await fetch(shop, own))[0] == 200
    assert (await fetch(shop, own.replace("1230001", "1230002")))[0] == 404


async def test_the_terminal_says_where_the_file_is(sample_url: str, tmp_path: Path) -> None:
    for public, where in ((PUBLIC, r"INV-\d+\.pdf: https://desk\.example/documents/\S+"),
                          (None, r"INV-\d+\.pdf: GET /api/orders/RS-\d+/invoice\.pdf of resupply serve")):  # fmt: skip
        settings = sample_settings(sample_url, tmp_path, public_url=public)
        async with open_shop(settings, Overrides(clock=StoppedClock(MONDAY))) as shop:
            if public:
                await order(shop)
            screen = Console(file=io.StringIO(), width=400)
            terminal = TerminalChat(shop.program, PASIR_RIS, screen)
            await terminal._say("send me the invoice")
            assert re.search(where, screen.file.getvalue())  # type: ignore[attr-defined]


async def test_the_log_of_sent_parts_has_every_file_once(telegram: Telegram) -> None:
    await order(telegram.shop)
    await telegram.says("send me the invoice")
    rows = await telegram.shop.rows(deliveries)
    assert len({(row.key, row.part) for row in rows}) == len(rows) == 2
    assert all(row.provider_id for row in rows)
