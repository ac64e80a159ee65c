"""Sending, editing and answering, with the refusals of the real Bot API."""

import re
from typing import TYPE_CHECKING

from tests.sandbox.telegram import formatting
from tests.sandbox.telegram.chats import Chat, Shown, Wire
from tests.sandbox.telegram.markup import check_reply, inline_keyboard
from tests.sandbox.telegram.parameters import Params, check_fields
from tests.sandbox.telegram.refusals import bad_request, forbidden, stricter

if TYPE_CHECKING:
    from tests.sandbox.telegram.server import TelegramServer

ACTIONS = frozenset(
    """typing upload_photo record_video upload_video record_voice upload_voice upload_document choose_sticker
    find_location record_video_note upload_video_note""".split()
)
REACTIONS = frozenset("👍 👎 ❤ 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🙏 👌 💯 🤝 ✍ 👀 🫡 🤗 😎 🆒".split())
_NO_WAY_IN = {
    "blocked": "bot was blocked by the user",
    "deactivated": "user is deactivated",
    "never": "bot can't initiate conversation with a user",
    "kicked": "bot was kicked from the {} chat",
    "left": "bot is not a member of the {} chat",
}


class MessageMethods:
    """Methods that put text on screens; each takes read parameters and returns the result."""

    def __init__(self, server: "TelegramServer") -> None:
        self._server = server

    def _known(self, chat_id: str) -> Chat:
        chat = self._server.chats.get(int(chat_id)) if re.fullmatch(r"-?\d+", chat_id) else None
        if chat is None:
            raise bad_request("chat not found")
        if chat.moved_to:
            raise bad_request("group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.moved_to)
        return chat

    def _open(self, p: Params) -> Chat:
        """The chat of a call, when the bot may write there, in the topic that is meant."""
        if "chat_id" not in p:
            raise bad_request("chat_id is empty")
        chat = self._known(p["chat_id"])
        if chat.bot in _NO_WAY_IN:
            raise forbidden(_NO_WAY_IN[chat.bot].format(chat.type))
        if chat.bot == "restricted":
            raise bad_request("not enough rights to send text messages to the chat")
        topic = p.get("message_thread_id")
        if topic is not None and topic not in chat.topics:
            raise bad_request("message thread not found")
        if topic in chat.closed_topics:
            raise bad_request("TOPIC_CLOSED")
        return chat

    async def sendChatAction(self, p: Params) -> bool:
        """ "typing" and the like."""
        if p["action"] not in ACTIONS:
            raise bad_request("wrong parameter action in request")
        self._open(p).actions.append((p["action"], p.get("message_thread_id")))
        return True

    def _text(self, p: Params, name: str = "text", entities: str = "entities", most: int = 4096) -> Wire:
        if p.get(entities) and p.get("parse_mode"):
            raise stricter(f"both parse_mode and {entities}")
        text, found = formatting.read(p.get(name, ""), p.get("parse_mode"))
        if name == "text" and not text:
            raise bad_request("message text is empty")
        if formatting.units(text) > most:
            raise bad_request("message is too long" if name == "text" else "message caption is too long")
        wire: Wire = {name: text} if text else {}
        found = p.get(entities) or found
        return wire | ({entities: found} if found else {})

    def _send(self, p: Params, content: Wire, *, flood: bool = True) -> Shown:
        chat = self._open(p)
        wire: Wire = {"from": self._server.bot_user, **content}
        if chat.type == "channel":
            wire = {"sender_chat": chat.wire, **content}
        if "message_thread_id" in p:
            wire |= {"message_thread_id": p["message_thread_id"], "is_topic_message": True}
        if "reply_parameters" in p:
            message_id, optional = check_reply(p["reply_parameters"], chat.id)
            answered = chat.find(message_id)
            if answered is not None:
                wire["reply_to_message"] = {k: v for k, v in answered.wire.items() if k != "reply_to_message"}
            elif not optional:
                raise bad_request("message to be replied not found")
        keyboard = inline_keyboard(p.get("reply_markup"))
        if keyboard:
            wire["reply_markup"] = keyboard
        if flood:
            self._server.flood.check(chat.id, self._server.now())
        chat.previews.clear()
        return chat.add(wire, by_bot=True)

    async def sendMessage(self, p: Params) -> Wire:
        """A text."""
        _check_preview(p)
        return self._send(p, self._text(p)).wire

    async def sendMessageDraft(self, p: Params) -> bool:
        """A preview of a text that is still being written; an empty one shows "Thinking..."."""
        chat = self._open(p)
        if chat.type != "private":
            raise bad_request("drafts can be sent only to private chats")
        if not p["draft_id"]:
            raise bad_request("draft_id must be non-zero")
        if p.get("entities") and p.get("parse_mode"):
            raise stricter("both parse_mode and entities")
        text, _ = formatting.read(p.get("text", ""), p.get("parse_mode"))
        if formatting.units(text) > 4096:
            raise bad_request("message is too long")
        chat.previews[p["draft_id"]] = text, self._server.now()
        chat.draft_log.append((p["draft_id"], text))
        return True

    def _own(self, p: Params) -> Shown:
        if "inline_message_id" in p or "message_id" not in p:
            raise bad_request("message identifier is not specified")
        message = self._open(p).find(p["message_id"])
        if message is None:
            raise bad_request("message to edit not found")
        if not message.by_bot:
            raise bad_request("message can't be edited")
        return message

    def _replace(self, message: Shown, wire: Wire) -> Wire:
        compared = ("text", "entities", "reply_markup")
        if all(wire.get(name) == message.wire.get(name) for name in compared):
            raise bad_request(
                "message is not modified: specified new message content and reply markup are exactly the same "
                "as a current content and reply markup of the message"
            )
        self._server.flood.check(message.chat.id, self._server.now())
        message.versions.append(message.text)
        message.wire = wire | {"edit_date": self._server.today()}
        return message.wire

    async def editMessageText(self, p: Params) -> Wire:
        """Replaces the text; the keyboard goes too unless it is given again."""
        _check_preview(p)
        message = self._own(p)
        if "text" not in message.wire:
            raise bad_request("there is no text in the message to edit")
        new = self._text(p)
        keyboard = inline_keyboard(p.get("reply_markup"), edit=True)
        kept = {k: v for k, v in message.wire.items() if k not in ("text", "entities", "reply_markup", "edit_date")}
        return self._replace(message, kept | new | ({"reply_markup": keyboard} if keyboard else {}))

    async def editMessageReplyMarkup(self, p: Params) -> Wire:
        """Replaces the keyboard; without one it is taken away."""
        message = self._own(p)
        keyboard = inline_keyboard(p.get("reply_markup"), edit=True)
        kept = {k: v for k, v in message.wire.items() if k not in ("reply_markup", "edit_date")}
        return self._replace(message, kept | ({"reply_markup": keyboard} if keyboard else {}))

    async def deleteMessage(self, p: Params) -> bool:
        """Own messages of the last 48 hours; others' in private chats, or as an administrator."""
        chat = self._open(p)
        message = chat.find(p["message_id"])
        if message is None:
            raise bad_request("message to delete not found")
        allowed = message.by_bot or chat.type == "private" or chat.bot == "administrator"
        if not allowed or self._server.now() - message.wire["date"] > 48 * 3600:
            raise bad_request("message can't be deleted for everyone")
        message.deleted = True
        return True

    async def answerCallbackQuery(self, p: Params) -> bool:
        """Stops the button's spinning; once, and in time."""
        if formatting.units(p.get("text", "")) > 200:
            raise bad_request("MESSAGE_TOO_LONG")
        tap = self._server.taps.get(p["callback_query_id"])
        late = tap is not None and self._server.now() - tap.at > self._server.callback_seconds
        if tap is None or late or tap.answer is not None:
            raise bad_request("query is too old and response timeout expired or query ID is invalid")
        tap.answer = {k: v for k, v in p.items() if k != "callback_query_id"}
        return True

    async def setMessageReaction(self, p: Params) -> bool:
        """The bot's reaction to a message."""
        message = self._open(p).find(p["message_id"])
        if message is None:
            raise bad_request("message to react not found")
        reactions = p.get("reaction", [])
        if len(reactions) > 1 or any(one.get("emoji") not in REACTIONS for one in reactions):
            raise bad_request("REACTION_INVALID")
        message.reactions[self._server.bot["id"]] = reactions
        return True


def _check_preview(p: Params) -> None:
    fields = "is_disabled url prefer_small_media prefer_large_media show_above_text"
    check_fields("link_preview_options", p.get("link_preview_options", {}), fields)
