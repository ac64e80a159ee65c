"""What the browser chat needs from the desk and from the program that wires it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from aiohttp import web

from core.domain.invoices import Invoice, Receivable
from core.domain.messages import ChatRef, Inbound
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
    """One row of a chat's message log. `seq` grows within a chat; an inbound row has its `provider_id`,
    and the `state` "waiting" until a turn has answered it. `choices` have "id", "title", "description"."""

    @property
    def seq(self) -> int: ...
    @property
    def direction(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def choices(self) -> Sequence[Mapping[str, str]]: ...
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
    @property
    def document(self) -> str | None: ...


class DeskLike(Protocol):
    """The desk as the browser chat sees it."""

    async def receive(self, inbound: Inbound) -> Accepted:
        """Accept durably; the turn follows on its own."""
        ...


class ChatLog(Protocol):
    """What has been said, and the reference data; `bot.storage.SqlStore` fits."""

    async def history(self, chat: ChatRef, after: int = 0, limit: int = 200) -> Sequence[Logged]:
        """The oldest `limit` rows of the chat's log with a `seq` above `after`; empty for a new chat."""
        ...

    async def last_body(self, chat: ChatRef) -> dict[str, Any] | None:
        """The body (DESIGN 10) of the chat's last turn; None before the first."""
        ...

    async def reference(self) -> Reference:
        """The current reference data."""
        ...


class Invoices(Protocol):
    """The accounting as the browser chat sees it; `bot.ledger.Ledger` fits."""

    async def find(self, order_number: str) -> Invoice | None:
        """The invoice of an order, or None while it has none."""
        ...

    async def standing(self, order_number: str) -> Receivable | None:
        """What of that invoice is owed, or None while there is none."""
        ...

    async def document(self, order_number: str) -> bytes | None:
        """That invoice as PDF."""
        ...


Admit = Callable[[web.Request, str], Awaitable[None]]
"""Called with each message's request and sender; raises what the server answers when it is one too many."""
