"""What comes in from a channel and what the desk sends back."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from core.domain.orders import Order
from core.domain.reminders import Occasion


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


class Kind(StrEnum):
    """What a message is. Whatever words came with it (a caption, a file's name) stand in its `text`.

    TAP: a button or list row, `choice_id` says which. START: the bot was opened, `text` is the invite code of
    the link or empty. OPT_OUT, OPT_IN: WhatsApp's STOP and START. DELETED: the message `about` was taken back.
    OTHER: something that the channel cannot pass on. REMINDER: nothing that a customer sent: a moment has come that
    the desk speaks at by itself, `text` is a `core.domain.reminders.Occasion` as JSON.
    """

    TEXT = "text"
    TAP = "tap"
    START = "start"
    VOICE = "voice"
    PHOTO = "photo"
    VIDEO = "video"
    DOCUMENT = "document"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACT = "contact"
    REACTION = "reaction"
    DELETED = "deleted"
    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    OTHER = "other"
    REMINDER = "reminder"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that lies with the provider. `ref` is what its channel fetches it by; `size` in bytes if known."""

    ref: str
    content_type: str = ""
    name: str = ""
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message from a customer, normalised. `provider_id` is unique within its channel.

    `message_id` is the provider's name for the message inside its chat where that is another one. `about` is
    the `message_id` of the earlier message that this one edits (`edited`), deletes or reacts to, or whose
    button was tapped. `quoted` are the words of the message that it replies to. `author` is the name that the
    writer shows, `order` grows with the provider's own order of the chat's messages (0 where it has none).
    """

    chat: ChatRef
    provider_id: str
    text: str
    received_at: datetime
    choice_id: str | None = None
    quoted: str | None = None
    kind: Kind = Kind.TEXT
    attachments: tuple[Attachment, ...] = ()
    message_id: str = ""
    about: str = ""
    edited: bool = False
    author: str = ""
    order: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """A button or list row. `id` is what a tap sends back."""

    id: str
    title: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """One outgoing message; `choices` become buttons, a list, or a numbered list on plain channels.

    `card` is the part of `text` that shows the draft as it stands and asks what comes next; a channel that can
    edit keeps only the newest. `closes`: the draft shown before is an order now, or gone; this takes its card's
    place for good. `document` is the number of the order whose invoice this message is, as a file that has `text` for
    its name; "" for none. `reminds` is the occasion that this is said at, where the desk speaks by itself.
    """

    text: str
    choices: tuple[Choice, ...] = ()
    card: str = ""
    closes: bool = False
    document: str = ""
    reminds: Occasion | None = None


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
