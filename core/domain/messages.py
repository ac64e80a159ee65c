"""What comes in from a channel and what the desk sends back."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from core.domain.orders import Order


class Intent(StrEnum):
    """What a turn was about (DESIGN 10)."""

    ORDER = "order"
    AMEND = "amend"
    CONFIRM = "confirm"
    CANCEL = "cancel"
    REORDER = "reorder"
    QUESTION = "question"
    DELIVERY = "delivery"
    ACCOUNT = "account"
    HANDOFF = "handoff"
    SMALLTALK = "smalltalk"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class ChatRef:
    """A conversation: one sender on one channel in one session (the API's `session_id`, else "")."""

    channel: str
    sender: str
    session: str = ""

    @property
    def key(self) -> str:
        """The unique text key of the chat, as stored."""
        return f"{self.channel}|{self.sender}|{self.session}"


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message from a customer, normalised. `provider_id` is unique within its channel."""

    chat: ChatRef
    provider_id: str
    text: str
    received_at: datetime
    choice_id: str | None = None
    quoted: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """A button or list row. `id` is what a tap sends back."""

    id: str
    title: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """One outgoing message; `choices` become buttons, a list, or a numbered list on plain channels."""

    text: str
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """What the model cost in a turn; all zero where none was called. `cost_usd` in US dollars."""

    model_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Source:
    """A passage that an answer rests on."""

    document: str
    section: str
    score: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What a turn says and leaves behind: the body of the chat API without transport fields."""

    replies: tuple[Reply, ...]
    intent: Intent
    asked: bool
    order: Order | None = None
    sources: tuple[Source, ...] = ()
    cache: str = "none"
    usage: Usage = Usage()
    understood: dict[str, Any] = field(default_factory=dict)
