"""What the browser chat needs from the desk and from the program that wires it."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from core.domain.messages import ChatRef, Choice, Inbound
from core.ports import Accepted, Reference


@dataclass(frozen=True, slots=True)
class WebChatSettings:
    """The browser chat's share of the settings.

    With `demo` a visitor may write as any contact of the sample data. Without it, and with `enabled`,
    every browser is a sender of its own that has to be linked to an outlet by an invite code.
    `public_origin` ("https://desk.example") is accepted as same-origin behind a proxy that rewrites Host.
    """

    demo: bool = False
    enabled: bool = False
    supplier: str = "Supplier desk"
    tax_rate: Decimal = Decimal("0.09")
    public_origin: str | None = None
    max_text: int = 4000
    poll_seconds: float = 1.0


class Logged(Protocol):
    """One row of a chat's message log. `seq` grows within a chat; `state` of an inbound row becomes
    "answered" (or "parked") with the turn that read it."""

    @property
    def seq(self) -> int: ...
    @property
    def direction(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def choices(self) -> Sequence[Choice]: ...
    @property
    def at(self) -> datetime: ...
    @property
    def turn_id(self) -> str | None: ...
    @property
    def provider_id(self) -> str | None: ...
    @property
    def state(self) -> str: ...
    @property
    def quoted(self) -> str | None: ...


class DeskLike(Protocol):
    """The desk as the browser chat sees it."""

    async def receive(self, inbound: Inbound) -> Accepted:
        """Accept durably; the turn follows on its own."""
        ...

    async def history(self, chat: ChatRef, after: int = 0, limit: int = 200) -> Sequence[Logged]:
        """The oldest `limit` rows of the chat's log with a `seq` above `after`; empty for a new chat."""
        ...

    async def state(self, chat: ChatRef) -> dict[str, Any]:
        """What the chat stands at, as JSON: `order` (DESIGN 10, with `notes`; or None), `handoff` (bool),
        `outlet` ({"code", "name"} or None), `invoice` ({"number", "order", "issued", "due", "total",
        "currency"} of the order shown, or None until it has been made)."""
        ...


InvoicePdf = Callable[[str, Collection[str]], Awaitable[bytes | None]]
"""(order number, outlet codes the caller may see) -> the invoice, or None where there is none for them."""

ReadReference = Callable[[], Awaitable[Reference]]
