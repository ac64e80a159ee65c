"""Small builders of what the store takes."""

from datetime import date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from bot.storage.store import SqlStore
from core.domain.messages import Answer, ChatRef, Choice, Inbound, Intent, Reply
from core.domain.orders import Draft, DraftLine, Order, OrderLine, OrderStatus
from core.domain.outlets import Outlet
from core.ports import OpenTurn, TurnCommit
from tests.databases import SINGAPORE

NOW = datetime(2026, 11, 23, 10, 15, tzinfo=SINGAPORE)
CHAT = ChatRef("api", "+6591230001", "s1")
OUTLET = Outlet("CPZ-PSR", "Canadian Pizza Pasir Ris", zone="East", delivery_days=(1, 3), payment_terms_days=30)

_ids = count(1)


def chat(number: int) -> ChatRef:
    """Chat number so and so."""
    return ChatRef("api", f"+659124{number:04}", "s1")


def message(text: str = "2 ctn", chat: ChatRef = CHAT, provider_id: str | None = None, **more: Any) -> Inbound:
    """An inbound message with a provider id of its own."""
    return Inbound(chat, provider_id or f"m{next(_ids)}", text, more.pop("received_at", NOW), **more)


def answer(*texts: str, **more: Any) -> Answer:
    """An answer that says `texts`."""
    replies = tuple(Reply(text, (Choice("confirm", "Confirm"),)) for text in texts or ("Noted.",))
    return Answer(replies, Intent.ORDER, True, **more)


def commit(turn: OpenTurn, *texts: str, **more: Any) -> TurnCommit:
    """A commit of a turn that answers `texts`."""
    given: dict[str, Any] = {
        "session": '{"step": 1}',
        "draft": None,
        "answer": answer(*texts),
        "body": {"reply": "Noted.", "turn_id": turn.turn_id},
        "at": NOW,
    }
    return TurnCommit(turn=turn, **{**given, **more})


def draft(draft_id: str = "d1", quantity: int = 2) -> Draft:
    """A draft of one line."""
    return Draft(draft_id, (DraftLine("PB-12", quantity),), date(2026, 11, 24), "morning", ("leave at door",))


def order(number: str = "RS-1", draft_id: str = "d1", **more: Any) -> Order:
    """A confirmed order of two lines."""
    given: dict[str, Any] = {
        "status": OrderStatus.CONFIRMED,
        "outlet": OUTLET.code,
        "lines": (
            OrderLine("PB-12", "Pizza Box 12in", 2, "bundle", 50, Decimal("32.00")),
            OrderLine("ST-01", "Straw", 3, "pkt", 250, Decimal("0.125")),
        ),
        "currency": "SGD",
        "tax_rate": Decimal("0.09"),
        "number": number,
        "draft_id": draft_id,
        "delivery_date": date(2026, 11, 24),
        "delivery_window": "morning",
        "notes": ("leave at door",),
        "placed_at": NOW,
        "placed_by": "+6591230001",
    }
    return Order(**{**given, **more})


async def opened(store: SqlStore, inbound: Inbound | None = None, owner: str = "me") -> OpenTurn:
    """A turn on a message just accepted."""
    accepted = await store.accept(inbound or message(), open_as=owner)
    assert accepted.turn is not None
    return accepted.turn


async def with_outlet(store: SqlStore) -> SqlStore:
    """The store with the outlet that orders belong to."""
    await store.replace_outlets([OUTLET], {"+6591230001": (OUTLET.code,)})
    return store
