"""A customer on a push channel, in front of the real engine over a store in memory."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from bot.english import english_words
from core.domain.messages import Attachment, ChatRef, Inbound, Kind
from core.domain.orders import Order, OrderLine, OrderStatus
from core.domain.outlets import Directory
from core.domain.reminders import Occasion, ReminderKind
from core.engine import DeskRules, Engine
from core.ports import Accounting, Attachments, Job, Knowledge, Model, Reference, TurnCommit
from core.understanding.indexes import Indexes
from tests.eval.playing import SetClock, reference_of
from tests.sandbox.memory_store import MemoryStore

RULES = DeskRules(Decimal("0.09"), "SGD", "Sample Supplies")
PASIR_RIS, TWO_OUTLETS, STRANGER = "+6591230001", "+6591230099", "whatsapp:US.1234"
CODE, OTHER_CODE = "ABCD2345", "QRSTUVWX"
_INDEXES = Indexes(english_words())


@dataclass
class Heard:
    """What one turn sent out, and the jobs it left."""

    commit: TurnCommit

    @property
    def replies(self) -> list[dict[str, Any]]:
        return [job.payload for job in self.commit.jobs if job.kind == "reply"]

    @property
    def text(self) -> str:
        """The one reply's words; empty where the desk said nothing."""
        assert len(self.replies) <= 1
        return str(self.replies[0]["text"]) if self.replies else ""

    @property
    def buttons(self) -> dict[str, str]:
        """Titles of the reply's choices with the ids that go over the wire."""
        return {c["title"]: c["id"] for c in self.replies[0]["choices"]} if self.replies else {}

    @property
    def lines(self) -> dict[str, int]:
        order = self.commit.answer.order
        return {line.sku: line.quantity for line in order.lines} if order else {}

    @property
    def staff(self) -> list[Job]:
        return [job for job in self.commit.jobs if job.kind == "staff"]

    @property
    def told(self) -> list[str]:
        """What the supplier's people are told about."""
        return [job.payload["about"] for job in self.staff]


@dataclass
class PushChat:
    """Writes as a customer. On Monday 23 November 2026, 09:30 in Singapore."""

    sender: str = PASIR_RIS
    channel: str = "whatsapp"
    attachments: Attachments | None = None
    model: Model | None = None
    knowledge: Knowledge | None = None
    accounting: Accounting | None = None
    rules: DeskRules = RULES
    reference: Reference = field(default_factory=lambda: reference_of("sample"))
    sent: int = 0
    clock: SetClock = field(
        default_factory=lambda: SetClock(datetime(2026, 11, 23, 9, 30, tzinfo=ZoneInfo("Asia/Singapore")))
    )

    def __post_init__(self) -> None:
        given = self.reference.directory
        invites = {CODE: "CPZ-TMP", OTHER_CODE: "KKB-BDK"}
        self.store = MemoryStore(replace(self.reference, directory=Directory(given.outlets, given.contacts, invites)))
        self.engine = Engine(
            self.store,
            self.clock,
            self.rules,
            _INDEXES,
            self.attachments,
            self.knowledge,
            self.model,
            accounting=self.accounting,
        )
        self.chat = ChatRef(self.channel, self.sender)

    def message(self, text: str = "", kind: Kind = Kind.TEXT, **more: Any) -> Inbound:
        """The customer's next message."""
        self.sent += 1
        more.setdefault("message_id", f"m{self.sent}")
        return Inbound(self.chat, f"p{self.sent}", text, self.clock.now(), kind=kind, **more)

    def tap(self, title: str, wire_id: str) -> Inbound:
        return self.message(title, Kind.TAP, choice_id=wire_id, about="bot-message", message_id="")

    def edit(self, message_id: str, text: str, **more: Any) -> Inbound:
        return self.message(text, edited=True, about=message_id, message_id=message_id, **more)

    def delete(self, message_id: str) -> Inbound:
        return self.message("", Kind.DELETED, about=message_id, message_id="")

    def file(self, name: str, text: str = "", kind: Kind = Kind.DOCUMENT) -> Inbound:
        return self.message(text, kind, attachments=(Attachment(f"ref-{name}", "", name, 10),))

    def reminder(self, kind: ReminderKind, day: date, outlet: str = "CPZ-PSR") -> Inbound:
        """A moment for the desk to speak at, as the scheduler puts it into the inbox."""
        occasion = Occasion(kind, outlet, day)
        self.sent += 1
        key = f"reminder:{occasion.key}:{self.sent}"
        return Inbound(self.chat, key, occasion.to_json(), self.clock.now(), kind=Kind.REMINDER)

    def placed(self, number: str, day: date, outlet: str = "CPZ-PSR", **quantities: int) -> Order:
        """An order of an outlet, placed the morning before; `PB_12_PLN=2` is two of PB-12-PLN."""
        products = self.reference.catalogue.products
        goods = [(products[name.replace("_", "-")], quantity) for name, quantity in quantities.items()]
        lines = tuple(OrderLine(p.sku, p.name, n, p.unit, p.pieces_per_unit, p.price) for p, n in goods)
        at = datetime.combine(day - timedelta(days=1), time(9), self.clock.now().tzinfo)
        order = Order(OrderStatus.CONFIRMED, outlet, lines, "SGD", RULES.tax_rate, number, f"d-{number}", day)
        return self.store.put_order(replace(order, placed_at=at, placed_by=self.sender))

    async def say(self, *messages: str | Inbound) -> Heard:
        """Send messages in one burst and have their turn."""
        inbound = [m if isinstance(m, Inbound) else self.message(m) for m in messages]
        for message in inbound[:-1]:
            await self.store.accept(message)
        accepted = await self.store.accept(inbound[-1], open_as="test")
        assert accepted.turn is not None
        await self.engine.take_turn(accepted.turn)
        commit = self.store.turns_of(self.chat)[-1]
        assert commit.parked is None, commit.parked
        for job in commit.jobs:
            assert job.payload.get("card", "") in job.payload["text"] if job.kind == "reply" else True
        return Heard(commit)

    async def ready_to_confirm(self, *more: str) -> Heard:
        """An order of two bundles that waits to be confirmed."""
        return await self.say("2 bundles 12in pizza box tmr", *more)

    def pass_time(self, **by: float) -> None:
        self.clock.time += timedelta(**by)
