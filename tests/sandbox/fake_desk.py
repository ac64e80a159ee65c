"""A desk with canned turns, for what the browser chat must do whatever the desk says."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from bot.live import LiveReplies
from core.domain.catalogue import Catalogue
from core.domain.delivery import DeliveryCalendar
from core.domain.invoices import Invoice, Receivable, due_date
from core.domain.messages import ChatRef, Choice, Inbound
from core.domain.orders import Order, OrderLine, OrderStatus
from core.domain.outlets import Directory, Outlet
from core.errors import LeaseLost
from core.ports import Accepted, Live, OpenTurn, Reference, Waiting

PASIR_RIS = Outlet("CPZ-PSR", "Canadian Pizza Pasir Ris", payment_terms_days=30)
TOA_PAYOH = Outlet("KKB-TPY", "Kopi & Kaya Bar Toa Payoh")
DIRECTORY = Directory(
    outlets={PASIR_RIS.code: PASIR_RIS, TOA_PAYOH.code: TOA_PAYOH},
    contacts={"+6591230001": ("CPZ-PSR",), "+6591230005": ("KKB-TPY",)},
)
NUMBER = "SO-1001"
PDF = b"%PDF-1.4\n%%EOF\n"
LINES = (
    OrderLine("PB-12-PLN", "Pizza Box 12in", 4, "bundle", 50, Decimal("32.00")),
    OrderLine("ST-PP06-BLK", "Paper Straw 6mm Black", 5, "packet", 100, Decimal("4.20")),
)
BOX, STRAW, NASTY = "Pizza Box 12in", "Paper Straw 6mm Black", "</script><img src=x onerror=window.hacked=1>"


@dataclass(frozen=True)
class Row:
    """A row of the fake's message log."""

    seq: int
    direction: str
    text: str
    at: datetime
    choices: Sequence[Mapping[str, str]] = ()
    turn_id: str | None = None
    provider_id: str | None = None
    state: str = "waiting"
    quoted: str | None = None
    document: str | None = None


class FakeDesk:
    """Answers after `delay` seconds; `received` holds each provider id once, `posts` every call.

    `speak` runs in each turn that is watched, before its commit. A lost turn is one that it raises LeaseLost in: it
    is taken again.
    """

    def __init__(self, delay: float = 0.02) -> None:
        self.delay = delay
        self.posts: list[Inbound] = []
        self.logs: dict[str, list[Row]] = {}
        self.states: dict[str, dict[str, Any]] = {}
        self.notify: Callable[[str], None] = lambda key: None
        self.live = LiveReplies()
        self.speak: Callable[[Live], Awaitable[None]] | None = None
        self.taken = 0
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def received(self) -> list[Inbound]:
        """Inbound messages without their repetitions."""
        return list({inbound.provider_id: inbound for inbound in self.posts}.values())

    async def receive(self, inbound: Inbound) -> Accepted:
        duplicate = any(inbound.provider_id == post.provider_id for post in self.posts)
        self.posts.append(inbound)
        if not duplicate:
            log = self.logs.setdefault(inbound.chat.key, [])
            row = Row(
                len(log) + 1,
                "in",
                inbound.text,
                now(),
                provider_id=inbound.provider_id,
                quoted=inbound.quoted,
            )
            log.append(row)
            task = asyncio.create_task(self._turn(inbound, len(log) - 1))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return Accepted(inbox_id=1, chat_id=1, duplicate=duplicate)

    async def history(self, chat: ChatRef, after: int = 0, limit: int = 200) -> Sequence[Row]:
        return [row for row in self.logs.get(chat.key, []) if row.seq > after][:limit]

    async def last_body(self, chat: ChatRef) -> dict[str, Any] | None:
        state = self.states.get(chat.key)
        return {"order": state["order"], "intent": "order"} if state else None

    async def reference(self, version: int | None = None) -> Reference:
        return Reference(1, Catalogue({}), DIRECTORY, DeliveryCalendar())

    async def find(self, order_number: str) -> Invoice | None:
        order = Order(OrderStatus.CONFIRMED, PASIR_RIS.code, LINES, "SGD", Decimal("0.09"), NUMBER)
        issued = date(2026, 11, 23)
        invoice = Invoice("INV-1001", order, PASIR_RIS, issued, due_date(issued, PASIR_RIS))
        return invoice if order_number == NUMBER else None

    async def standing(self, order_number: str) -> Receivable | None:
        """What is owed of it: all."""
        invoice = await self.find(order_number)
        if invoice is None:
            return None
        total, currency = invoice.order.total, invoice.order.currency
        days = invoice.issued_on, invoice.due_on
        return Receivable(invoice.number, invoice.order_number, *days, total, total, currency, invoice.status)

    async def document(self, order_number: str) -> bytes | None:
        return PDF

    async def stop(self) -> None:
        """Let the turns under way end."""
        await asyncio.gather(*self._tasks)

    async def _turn(self, inbound: Inbound, place: int) -> None:
        await asyncio.sleep(self.delay)
        key = inbound.chat.key
        while not await self._take(inbound, place):
            pass
        self.notify(key)

    async def _take(self, inbound: Inbound, place: int) -> bool:
        """Take a turn and put it into the log; False when it was lost."""
        self.taken += 1
        turn = OpenTurn(f"turn-{self.taken}", 1, inbound.chat, "fake", 1, (Waiting(1, inbound, 1),), None, 1)
        try:
            with self.live.taking(turn):
                live = self.live.of(inbound.chat)
                if self.speak is not None and live is not None:
                    await self.speak(live)
                self._commit(inbound, place, turn.turn_id)
        except LeaseLost:
            return False
        return True

    def _commit(self, inbound: Inbound, place: int, turn: str) -> None:
        key = inbound.chat.key
        state = self.states.get(key) or empty_state(inbound.chat)
        reply, choices, state = answer(inbound, state)
        log = self.logs[key]
        log[place] = replace(log[place], turn_id=turn, state="answered")
        log.append(Row(len(log) + 1, "out", reply, now(), [asdict(choice) for choice in choices], turn, state="sent"))
        self.states[key] = state


def now() -> datetime:
    return datetime.now(UTC)


def empty_state(chat: ChatRef) -> dict[str, Any]:
    outlets = DIRECTORY.outlets_of(chat.sender)
    outlet = {"code": outlets[0].code, "name": outlets[0].name} if outlets else None
    return {"order": None, "outlet": outlet}


def line(name: str, quantity: int, unit: str, pieces: int, price: str) -> dict[str, Any]:
    total = Decimal(price) * quantity
    return {
        "sku": name.replace(" ", "-"),
        "name": name,
        "quantity": quantity,
        "unit": unit,
        "pieces": quantity * pieces,
        "unit_price": price,
        "line_total": f"{total:.2f}",
    }


def order(lines: list[dict[str, Any]], outlet: str | None, **more: Any) -> dict[str, Any]:
    subtotal = sum((Decimal(entry["line_total"]) for entry in lines), Decimal(0))
    tax = (subtotal * Decimal("0.09")).quantize(Decimal("0.01"))
    return {
        "number": None,
        "status": "draft",
        "outlet": outlet,
        "lines": lines,
        "subtotal": f"{subtotal:.2f}",
        "tax": f"{tax:.2f}",
        "total": f"{subtotal + tax:.2f}",
        "currency": "SGD",
        "delivery_date": None,
        "delivery_window": None,
        "notes": [],
        **more,
    }


def answer(inbound: Inbound, state: dict[str, Any]) -> tuple[str, tuple[Choice, ...], dict[str, Any]]:
    """The canned turns: text, choices, state left behind."""
    text = inbound.text.casefold()
    code = state["outlet"]["code"] if state["outlet"] else None
    if inbound.choice_id == "box-12":
        lines = [line(BOX, 2, "bundle", 50, "32.00"), line(STRAW, 5, "packet", 100, "4.20")]
        draft = order(lines, code)
        return (
            f"Noted:\n• *2 bundles* {BOX}\n• *5 packets* {STRAW}\n\nWhen shall we deliver?",
            (
                Choice("day-1", "Tue 24 Nov"),
                Choice("day-2", "Wed 25 Nov"),
            ),
            {**state, "order": draft},
        )
    if (inbound.choice_id or "").startswith("day") or "tuesday" in text:
        draft = {
            **state["order"],
            "delivery_date": "2026-11-24",
            "delivery_window": "morning",
            "notes": ["Back door"],
        }
        return (
            "Delivery *Tuesday, 24 November*, morning. Total *S$92.66* with GST. Shall I confirm?",
            (Choice("confirm", "Confirm"), Choice("edit", "Change something")),
            {**state, "order": draft},
        )
    if text.startswith("make it 4"):
        lines = [line(BOX, 4, "bundle", 50, "32.00"), *state["order"]["lines"][1:]]
        old = state["order"]
        draft = order(lines, code, delivery_date=old["delivery_date"], delivery_window=old["delivery_window"])
        return f"Changed to *4 bundles* {BOX}.", (), {**state, "order": draft}
    if text == "confirm":
        done = {**state["order"], "status": "confirmed", "number": NUMBER}
        return (
            "Order *SO-1001* is confirmed 🎉\nYour invoice follows.",
            (),
            {**state, "order": done},
        )
    if "pizza" in text or "straw" in text:
        return (
            "Which box do you mean?",
            (
                Choice("box-12", "Plain 12in", "S$32.00 a bundle of 50"),
                Choice("box-12k", "Kraft 12in", "S$33.50 a bundle of 50"),
            ),
            state,
        )
    if text == "nasty":
        return (
            NASTY,
            (Choice("nasty", NASTY, NASTY),),
            {**state, "order": order([line(NASTY, 1, "box", 1, "1.00")], code, notes=[NASTY])},
        )
    return f"You said: {inbound.text}", (), state
