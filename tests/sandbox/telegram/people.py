"""People, and what they do in their chats; each act makes an update."""

from typing import TYPE_CHECKING, Any

from tests.sandbox.telegram import formatting
from tests.sandbox.telegram.chats import Chat, Shown, Tap, Wire

if TYPE_CHECKING:
    from tests.sandbox.telegram.server import TelegramServer

FOUNDER = 710_001  # who opens groups and topics, and acts where nobody is named


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
            if reply_to is None:
                # A message in a topic that answers nothing "answers" the topic's first service message.
                wire["reply_to_message"] = self._opening(topic)
        if reply_to is not None:
            wire["reply_to_message"] = {k: v for k, v in reply_to.wire.items() if k != "reply_to_message"}
            if self.chat.type == "supergroup" and topic is None:
                # Replies in any supergroup carry a thread id, though the chat has no topics.
                wire["message_thread_id"] = reply_to.wire.get("message_thread_id", reply_to.message_id)
        return wire | more

    def _opening(self, topic: int) -> Wire:
        chat = self.chat
        return {
            "message_id": topic,
            "date": chat.server.today(),
            "chat": chat.wire,
            "from": chat.server.user(FOUNDER),
            "message_thread_id": topic,
            "is_topic_message": True,
            "forum_topic_created": {"name": chat.topics[topic], "icon_color": 7322096},
        }

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
        self.server.standing(self, self, "member")
        self.bot = "member"


class Group(Chat):
    """A group, supergroup (with topics: a forum) or channel; people act through `member()`."""

    def member(self, user_id: int, first_name: str = "Mei", *, status: str = "member", **fields: Any) -> Actor:
        """Someone in the group; the same person for the same id."""
        user = self.server.user(user_id, first_name, **fields)
        self.members[user_id] = (user, status)
        return Actor(self, user)

    def says(self, text: str, *, by: int = FOUNDER, **more: Any) -> Shown:
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
        self.server.standing(self, self.member(FOUNDER), "kicked")
        self.bot = "kicked"

    def adds_bot(self, status: str = "member") -> None:
        """The bot comes (back) in, or changes its standing."""
        who = self.member(FOUNDER)
        was_out = self.bot in ("left", "kicked", "never")
        self.server.standing(self, who, status)
        self.bot = status
        if was_out:
            who._write(who._base(new_chat_members=[self.server.bot_user]))

    def moves_to(self, chat_id: int) -> "Group":
        """The group becomes a supergroup with another id; both sides are told by a service message."""
        new = self.server.group(chat_id, title=str(self.wire["title"]))
        who = self.member(FOUNDER)
        who._write(who._base(migrate_to_chat_id=chat_id))
        there = new.member(FOUNDER)
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
