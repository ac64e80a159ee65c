"""What people see on their screens: chats, and the messages that stand in them now."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.sandbox.telegram import formatting

if TYPE_CHECKING:
    from tests.sandbox.telegram.server import TelegramServer

Wire = dict[str, Any]
MEDIA = ("photo", "document", "voice", "audio", "video", "sticker", "location", "contact")


@dataclass(eq=False)
class Shown:
    """One message as it stands on the screen; `wire` is its Message object of the Bot API."""

    chat: "Chat"
    wire: Wire
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
        found = self.wire.get("entities", self.wire.get("caption_entities", []))
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
    def by_bot(self) -> bool:
        """Whether the bot under test wrote it."""
        return self.wire.get("from", {}).get("id") == self.chat.server.bot["id"]

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
        self.drafts: dict[int, str] = {}
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

    def find(self, message_id: int) -> Shown | None:
        """A message that is not deleted."""
        return next((message for message in self.messages if message.message_id == message_id), None)

    def add(self, wire: Wire) -> Shown:
        """Puts a message at the end; gives it its number and date."""
        shown = Shown(
            self, {"message_id": self.server.number(self), "date": self.server.today(), "chat": self.wire, **wire}
        )
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


class Actor:
    """A person in a chat, and what they do there. Each act makes an update."""

    def __init__(self, chat: Chat, user: Wire | None, sender_chat: Wire | None = None) -> None:
        self.chat = chat
        self.user = user
        self.sender_chat = sender_chat

    def _base(self, reply_to: Shown | None = None, topic: int | None = None, **more: Any) -> Wire:
        wire: Wire = {}
        if self.user:
            wire["from"] = self.user
        if self.sender_chat:
            wire["sender_chat"] = self.sender_chat
        if topic is None and reply_to is not None:
            topic = reply_to.thread
        if topic is not None:
            assert topic in self.chat.topics, f"no topic {topic}"
            wire |= {"message_thread_id": topic, "is_topic_message": True}
        if reply_to is not None:
            wire["reply_to_message"] = {k: v for k, v in reply_to.wire.items() if k != "reply_to_message"}
            if self.chat.type == "supergroup" and topic is None:
                # Replies in any supergroup carry a thread id, though the chat has no topics.
                wire["message_thread_id"] = reply_to.wire.get("message_thread_id", reply_to.message_id)
        return wire | more

    def _write(self, wire: Wire) -> Shown:
        shown = self.chat.add(wire)
        chat = self.chat
        kind = "channel_post" if chat.type == "channel" else "message"
        if chat.bot in ("member", "administrator", "restricted", "never") and self.chat.server.hears(shown):
            if chat.type == "private":
                chat.bot = "member"
            chat.server.updates.make(kind, dict(shown.wire))
        return shown

    def says(
        self,
        text: str,
        *,
        reply_to: Shown | None = None,
        topic: int | None = None,
        mention: bool = False,
        **fields: Any,
    ) -> Shown:
        """Writes a text; with `mention` it begins with the bot's @name. `fields` go into the message as they are."""
        if mention:
            text = f"@{self.chat.server.bot['username']} {text}"
        text = text.strip()
        assert 0 < formatting.units(text) <= 4096, "Telegram's own apps split longer texts"
        entities = formatting.found(text)
        wire = self._base(reply_to, topic, text=text)
        if entities:
            wire["entities"] = entities
        return self._write(wire | fields)

    def starts(self, payload: str = "") -> Shown:
        """Opens the bot by a link: /start with its payload."""
        return self.says(f"/start {payload}".strip())

    def edits(self, message: Shown, text: str) -> Shown:
        """Replaces the text of an own message."""
        message.versions.append(message.text)
        entities = formatting.found(text)
        message.wire = {k: v for k, v in message.wire.items() if k not in ("text", "entities")}
        message.wire |= {"edit_date": self.chat.server.today(), "text": text}
        if entities:
            message.wire["entities"] = entities
        kind = "edited_channel_post" if self.chat.type == "channel" else "edited_message"
        if self.chat.server.hears(message):
            self.chat.server.updates.make(kind, dict(message.wire))
        return message

    def deletes(self, message: Shown) -> None:
        """Takes a message off the screen; bots are not told."""
        message.deleted = True

    def taps(self, message: Shown, title: str = "", *, data: str | None = None) -> Tap:
        """Presses the button with this title, or (a screen that lags behind) one with this data."""
        if data is None:
            found = [b for row in message.buttons for b in row if b["text"] == title]
            if not found:
                raise LookupError(f"no button {title!r} among {message.titles}")
            data = str(found[0]["callback_data"])
        return self.chat.server.tapped(self, message, data)

    def sends_photo(self, data: bytes = b"\xff\xd8\xff\xe0photo", *, caption: str = "", **fields: Any) -> Shown:
        """A picture, in three sizes."""
        server = self.chat.server
        sizes = []
        for width, height in ((90, 67), (320, 240), (1280, 960)):
            wire = server.keep_file(data, "photos", "jpg")
            sizes.append(wire | {"width": width, "height": height})
        return self._media("photo", sizes, caption, fields)

    def sends_voice(self, data: bytes = b"OggSvoice", *, duration: int = 4, **fields: Any) -> Shown:
        """A voice note."""
        wire = self.chat.server.keep_file(data, "voice", "oga")
        return self._media("voice", wire | {"duration": duration, "mime_type": "audio/ogg"}, "", fields)

    def sends_document(
        self, name: str, data: bytes, *, mime_type: str = "application/octet-stream", caption: str = "", **fields: Any
    ) -> Shown:
        """A file."""
        wire = self.chat.server.keep_file(data, "documents", name.rpartition(".")[2])
        return self._media("document", wire | {"file_name": name, "mime_type": mime_type}, caption, fields)

    def sends_sticker(self, emoji: str = "👍", **fields: Any) -> Shown:
        """A sticker."""
        wire = self.chat.server.keep_file(b"RIFFwebp", "stickers", "webp")
        more = {"type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False}
        return self._media("sticker", wire | more | {"emoji": emoji, "set_name": "MadeUpSet"}, "", fields)

    def sends_location(self, latitude: float = 1.3008, longitude: float = 103.8392, **fields: Any) -> Shown:
        """A place."""
        return self._media("location", {"latitude": latitude, "longitude": longitude}, "", fields)

    def sends_contact(self, phone_number: str = "+6591230099", first_name: str = "Made", **fields: Any) -> Shown:
        """A contact card."""
        return self._media("contact", {"phone_number": phone_number, "first_name": first_name}, "", fields)

    def _media(self, kind: str, media: Any, caption: str, fields: Wire) -> Shown:
        wire = self._base(fields.pop("reply_to", None), fields.pop("topic", None), **{kind: media})
        if caption:
            wire["caption"] = caption
            if entities := formatting.found(caption):
                wire["caption_entities"] = entities
        return self._write(wire | fields)

    def reacts(self, message: Shown, *emoji: str) -> None:
        """Sets this person's reactions to a message; none takes them away."""
        self.chat.server.reacted(self, message, [{"type": "emoji", "emoji": one} for one in emoji])


class PrivateChat(Chat, Actor):
    """A person's chat with the bot: the screen, and the person before it."""

    def __init__(self, server: "TelegramServer", user: Wire) -> None:
        wire = {k: user[k] for k in ("id", "first_name", "last_name", "username") if k in user} | {"type": "private"}
        Chat.__init__(self, server, wire)
        Actor.__init__(self, self, user)

    def blocks(self) -> None:
        """Stops the bot."""
        self.server.standing(self, self, "kicked")
        self.bot = "blocked"

    def unblocks(self) -> None:
        """Lets the bot write again."""
        self.bot = "member"
        self.server.standing(self, self, "member")


class Group(Chat):
    """A group, supergroup (with topics: a forum) or channel; people act through `member()`."""

    def member(self, user_id: int, first_name: str = "Mei", *, status: str = "member", **fields: Any) -> Actor:
        """Someone in the group; the same person for the same id."""
        user = self.server.user(user_id, first_name, **fields)
        self.members[user_id] = (user, status)
        return Actor(self, user)

    def says(self, text: str, *, by: int = 710_001, **more: Any) -> Shown:
        """Someone in the group writes. `mention`, `reply_to` and `topic` as in `Actor.says`."""
        return self.member(by).says(text, **more)

    def anonymous_admin(self) -> Actor:
        """An administrator who writes in the group's name: from GroupAnonymousBot, sender_chat the group."""
        return Actor(self, ANONYMOUS_ADMIN, self.wire)

    def linked_channel(self, title: str = "Made-up Channel") -> Actor:
        """Posts of the channel that is linked to the group, forwarded by Telegram itself."""
        channel = {"id": -1001999000111, "title": title, "type": "channel"}
        return Actor(self, SERVICE_USER, channel)

    def removes_bot(self) -> None:
        """An administrator throws the bot out."""
        self.server.standing(self, self.member(710_001), "kicked")
        self.bot = "kicked"

    def adds_bot(self, status: str = "member") -> None:
        """The bot comes (back) in, or changes its standing."""
        self.bot = status
        self.server.standing(self, self.member(710_001), status)

    def moves_to(self, chat_id: int) -> "Group":
        """The group becomes a supergroup with another id; both sides are told by a service message."""
        new = self.server.group(chat_id, title=str(self.wire["title"]))
        who = self.member(710_001)
        who._write(who._base(migrate_to_chat_id=chat_id))
        there = new.member(710_001)
        there._write(there._base(migrate_from_chat_id=self.id))
        self.moved_to = chat_id
        return new

    def posts(self, text: str) -> Shown:
        """A post in a channel."""
        return Actor(self, None, self.wire).says(text)


ANONYMOUS_ADMIN: Wire = {
    "id": 1087968824,
    "is_bot": True,
    "first_name": "Group",
    "username": "GroupAnonymousBot",
}
SERVICE_USER: Wire = {"id": 777000, "is_bot": False, "first_name": "Telegram"}
