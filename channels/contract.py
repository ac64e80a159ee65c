"""What every push channel offers to the desk, and what the desk keeps for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from core.domain.messages import Attachment, ChatRef, Reply


@dataclass(frozen=True, slots=True)
class File:
    """A PDF to be sent. `url` is where anybody who has the address can fetch it for a while, "" where nobody can."""

    name: str
    content: bytes = field(repr=False)
    url: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One reply on its way. `key` is the same on every try.

    `tapped` is the provider's id of the message whose button caused the reply. `template`: the free-form
    message was refused because the chat's 24-hour window is closed, so an approved template has to carry it.
    With a `file` it is that file, and the reply's text is no more than its name.
    """

    chat: ChatRef
    reply: Reply
    key: str
    tapped: str = ""
    template: bool = False
    file: File | None = None


class Channel(Protocol):
    """A way to reach a customer who is not waiting on an open request."""

    @property
    def name(self) -> str:
        """The channel's name, as it stands in `ChatRef.channel`."""
        ...

    @property
    def state(self) -> str:
        """How it is, for /health: "connected", "starting", "degraded: ..."."""
        ...

    async def start(self) -> None:
        """Register with the provider where that is needed; returns at once and keeps trying by itself."""
        ...

    async def stop(self) -> None:
        """Stop what `start` began and close connections."""
        ...

    async def send(self, message: Outgoing) -> None:
        """Deliver one reply, in as many parts as the provider needs.

        Parts that `SentLog` knows as sent are not sent again. Raises DeliveryFailed for what may be tried
        again, DeliveryRefused for what never will work, Unreachable where the customer has blocked the desk.
        """
        ...

    async def show_typing(self, chat: ChatRef, message_id: str) -> None:
        """Show that an answer is being written. Best effort: never raises, never waits long."""
        ...

    async def fetch(self, attachment: Attachment, max_bytes: int) -> bytes:
        """A customer's file. Raises MediaTooLarge, or MediaProblem with `again` where that may help."""
        ...


class Status(StrEnum):
    """How far an outgoing message got, as its provider reports; later ones win, whatever order they come in."""

    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Sent:
    """What is known of one part of an outgoing message.

    `provider_id` is None while no answer of the provider's is on record: the part was begun, and may or may
    not have gone out. `note` is the channel's own.
    """

    key: str
    part: int
    provider_id: str | None
    status: Status
    begun_at: datetime
    note: Mapping[str, Any] = field(default_factory=dict)


class SentLog(Protocol):
    """Durable memory of what was sent, shared by all processes."""

    async def begin(self, chat: ChatRef, key: str, part: int) -> Sent | None:
        """Record that a part is about to be sent. Returns what an earlier try left, None for the first."""
        ...

    async def finish(self, key: str, part: int, provider_id: str, note: Mapping[str, Any] | None = None) -> None:
        """Record that the provider took a part. A status that came before is kept."""
        ...

    async def annotate(self, key: str, part: int, note: Mapping[str, Any]) -> None:
        """Replace the note of a part."""
        ...

    async def forget(self, key: str, part: int) -> None:
        """Record that a part was certainly not sent, so that the next try begins afresh."""
        ...

    async def last_noted(self, chat: ChatRef, name: str) -> Sent | None:
        """The chat's newest part whose note has a true value under `name`."""
        ...

    async def by_provider_id(self, channel: str, provider_id: str) -> tuple[Sent, ChatRef] | None:
        """The part that the provider knows by this id, and the chat it went to."""
        ...

    async def last_inbound_at(self, chat: ChatRef) -> datetime | None:
        """When the customer wrote last; None for never."""
        ...

    async def content(self, name: str) -> str | None:
        """The provider's id of a reusable piece of content (a WhatsApp picker), as `keep_content` stored it."""
        ...

    async def keep_content(self, name: str, provider_id: str | None) -> None:
        """Remember it, or with None forget it."""
        ...
