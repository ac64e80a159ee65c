"""What people see on their screens: chats, and the messages that stand in them now."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.sandbox.telegram.server import TelegramServer

Wire = dict[str, Any]
DRAFT_SECONDS = 30.0
MEDIA = ("photo", "document", "voice", "audio", "video", "sticker", "location", "contact")


@dataclass(eq=False)
class Shown:
    """One message as it stands on the screen.

    `wire` is its Message object of the Bot API; `by_bot`: the bot under test wrote it.
    """

    chat: "Chat"
    wire: Wire
    by_bot: bool = False
    deleted: bool = False
    versions: list[str] = field(default_factory=list)
    reactions: dict[int, list[Wire]] = field(default_factory=dict)

    @property
    def message_id(self) -> int:
        """Its number, which means something only within its chat."""
        return int(self.wire["message_id"])

    @property
    def text(self) -> str:
        """Text or caption, without tags."""
        return str(self.wire.get("text", self.wire.get("caption", "")))

    @property
    def bold(self) -> list[str]:
        """The pieces of text that are shown bold."""
        return self.marked("bold")

    def marked(self, kind: str) -> list[str]:
        """The pieces of text under an entity type."""
        text = self.text.encode("utf-16-le")
        found: list[Wire] = self.wire.get("entities", self.wire.get("caption_entities")) or []
        return [
            text[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])].decode("utf-16-le")
            for entity in found
            if entity["type"] == kind
        ]

    @property
    def buttons(self) -> list[list[Wire]]:
        """The inline keyboard's rows, as InlineKeyboardButton objects."""
        rows: list[list[Wire]] = self.wire.get("reply_markup", {}).get("inline_keyboard", [])
        return rows

    @property
    def keyboard(self) -> list[list[str]]:
        """The titles of the inline keyboard's buttons, row by row; [] for none."""
        return [[str(button["text"]) for button in row] for row in self.buttons]

    @property
    def titles(self) -> list[str]:
        """All button titles in one list."""
        return [title for row in self.keyboard for title in row]

    @property
    def edits(self) -> int:
        """How often text or keyboard was replaced."""
        return len(self.versions)

    @property
    def reply_to(self) -> int | None:
        """The message it answers."""
        answered = self.wire.get("reply_to_message")
        return int(answered["message_id"]) if answered else None

    @property
    def thread(self) -> int | None:
        """The forum topic it stands in."""
        return self.wire.get("message_thread_id") if self.wire.get("is_topic_message") else None

    @property
    def file(self) -> bytes | None:
        """The bytes of the file it carries."""
        for kind in MEDIA:
            media = self.wire.get(kind)
            media = media[-1] if isinstance(media, list) else media
            if media and "file_id" in media:
                return self.chat.server.files[media["file_id"]].data
        return None

    def __repr__(self) -> str:
        return f"<{self.message_id} {'bot' if self.by_bot else 'person'}: {self.text!r} {self.keyboard or ''}>"


class Chat:
    """A chat. `wire` is its Chat object of the Bot API; `bot` is the bot's standing in it."""

    def __init__(self, server: "TelegramServer", wire: Wire, *, topics: dict[int, str] | None = None) -> None:
        self.server = server
        self.wire = wire
        self.topics = dict(topics or {})
        self.closed_topics: set[int] = set()
        self.bot = "member"  # or administrator, restricted, left, kicked, blocked, never
        self.members: dict[int, tuple[Wire, str]] = {}
        self.moved_to: int | None = None
        self.all: list[Shown] = []
        self.actions: list[tuple[str, int | None]] = []
        self.previews: dict[int, tuple[str, float]] = {}
        self.draft_log: list[tuple[int, str]] = []
        self.pinned: Shown | None = None

    @property
    def id(self) -> int:
        """Negative for groups and channels."""
        return int(self.wire["id"])

    @property
    def type(self) -> str:
        """private, group, supergroup or channel."""
        return str(self.wire["type"])

    @property
    def messages(self) -> list[Shown]:
        """What is on the screen now, in order."""
        return [message for message in self.all if not message.deleted]

    @property
    def from_bot(self) -> list[Shown]:
        """The bot's messages on the screen, in order."""
        return [message for message in self.messages if message.by_bot]

    @property
    def last(self) -> Shown:
        """The bot's newest message. Raises LookupError when there is none."""
        if not self.from_bot:
            raise LookupError(f"the bot has not written in {self.id}")
        return self.from_bot[-1]

    @property
    def texts(self) -> list[str]:
        """The bot's texts on the screen, in order."""
        return [message.text for message in self.from_bot]

    @property
    def drafts(self) -> dict[int, str]:
        """The previews on the screen now, by draft id: for 30 seconds, or until the bot's next message."""
        now = self.server.now()
        return {number: text for number, (text, at) in self.previews.items() if now - at < DRAFT_SECONDS}

    def find(self, message_id: int) -> Shown | None:
        """A message that is not deleted."""
        return next((message for message in self.messages if message.message_id == message_id), None)

    def add(self, wire: Wire, *, by_bot: bool = False) -> Shown:
        """Puts a message at the end; gives it its number and date."""
        numbered = {"message_id": self.server.number(self), "date": self.server.today(), "chat": self.wire}
        shown = Shown(self, numbered | wire, by_bot)
        self.all.append(shown)
        return shown

    async def until(self, true: Callable[["Chat"], object], timeout: float = 10.0) -> None:
        """Waits until something holds of the screen. Raises TimeoutError with what is on it."""
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout
        while not true(self):
            if loop.time() > end:
                raise TimeoutError(f"chat {self.id} shows {self.messages!r}")
            await asyncio.sleep(0.005)

    async def answer(self, after: "Shown | Tap", timeout: float = 10.0) -> Shown:
        """The bot's first message that came after a person's message or tap."""
        start = after.screen if isinstance(after, Tap) else self.all.index(after) + 1

        def fresh() -> list[Shown]:
            return [message for message in self.all[start:] if message.by_bot and not message.deleted]

        await self.until(lambda _: fresh(), timeout)
        return fresh()[0]


@dataclass(eq=False)
class Tap:
    """A button that was pressed. `answer` is what answerCallbackQuery said, None while the button still spins."""

    id: str
    chat: Chat
    at: float
    screen: int
    data: str
    update: Wire = field(default_factory=dict)
    answer: Wire | None = None

    async def answered(self, timeout: float = 10.0) -> Wire:
        """Waits for the answer and returns its parameters."""
        await self.chat.until(lambda _: self.answer is not None, timeout)
        assert self.answer is not None
        return self.answer
