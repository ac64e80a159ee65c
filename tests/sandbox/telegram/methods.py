"""What each Bot API method does in the sandbox, with the refusals of the real one."""

import re
from typing import TYPE_CHECKING, Any

from tests.sandbox.telegram import formatting
from tests.sandbox.telegram.chats import Chat, Shown, Wire
from tests.sandbox.telegram.markup import check_reply, inline_keyboard
from tests.sandbox.telegram.parameters import Params, check_fields
from tests.sandbox.telegram.refusals import bad_request, forbidden, stricter
from tests.sandbox.telegram.updates import Webhook, check_secret

if TYPE_CHECKING:
    from tests.sandbox.telegram.server import TelegramServer

Files = dict[str, tuple[str, bytes]]
ACTIONS = frozenset(
    """typing upload_photo record_video upload_video record_voice upload_voice upload_document choose_sticker
    find_location record_video_note upload_video_note""".split()
)
REACTIONS = frozenset("👍 👎 ❤ 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🙏 👌 💯 🤝 ✍ 👀 🫡 🤗 😎 🆒".split())
_NO_WAY_IN = {
    "blocked": "bot was blocked by the user",
    "never": "bot can't initiate conversation with a user",
    "kicked": "bot was kicked from the {} chat",
    "left": "bot is not a member of the {} chat",
}


class Methods:
    """The methods by name; each takes read parameters and uploaded files and returns the result."""

    def __init__(self, server: "TelegramServer") -> None:
        self._server = server
        self.commands: dict[str, list[Wire]] = {}

    async def call(self, method: str, params: Params, files: Files) -> Any:
        """Runs a method. Raises a Refusal."""
        if method in ("setWebhook", "sendPhoto", "sendDocument", "sendVoice", "sendMediaGroup"):
            return await getattr(self, method)(params, files)
        return await getattr(self, method)(params)

    # -- the bot itself ----------------------------------------------------------------------------------------

    async def getMe(self, _: Params) -> Wire:
        """The bot's own User."""
        return self._server.bot

    async def setMyCommands(self, p: Params) -> bool:
        """Replaces the commands of a scope and language."""
        if len(p["commands"]) > 100:
            raise bad_request("BOT_COMMANDS_TOO_MUCH")
        for command in p["commands"]:
            check_fields("a command", command, "command description")
            if not re.fullmatch(r"[a-z0-9_]{1,32}", str(command.get("command"))):
                raise bad_request("BOT_COMMAND_INVALID")
            if not 1 <= len(str(command.get("description", ""))) <= 256:
                raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
        self.commands[_scope(p)] = p["commands"]
        return True

    async def getMyCommands(self, p: Params) -> list[Wire]:
        """The commands of exactly this scope and language."""
        return self.commands.get(_scope(p), [])

    async def deleteMyCommands(self, p: Params) -> bool:
        """Forgets them."""
        self.commands.pop(_scope(p), None)
        return True

    # -- updates -----------------------------------------------------------------------------------------------

    async def getUpdates(self, p: Params) -> list[Wire]:
        """Long polling."""
        return await self._server.updates.poll(
            p.get("offset"), p.get("limit"), p.get("timeout"), p.get("allowed_updates")
        )

    async def setWebhook(self, p: Params, _: Files) -> bool:
        """Checks the address and begins to post there; an empty one is deleteWebhook."""
        updates = self._server.updates
        url = p.get("url", "")
        if not url:
            return await self.deleteWebhook(p)
        if not self._server.allow_http_webhooks:
            if not url.startswith("https://"):
                raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
            port = re.match(r"https://[^/:]+:(\d+)", url)
            if port and int(port.group(1)) not in (80, 88, 443, 8443):
                raise bad_request("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
        check_secret(p.get("secret_token"))
        connections = p.get("max_connections", 40)
        if not 1 <= connections <= 100:
            raise stricter("max_connections must be 1 to 100")
        updates.allow(p.get("allowed_updates"))
        if p.get("drop_pending_updates"):
            updates.pending.clear()
        updates.set_webhook(Webhook(url, p.get("secret_token"), connections))
        return True

    async def deleteWebhook(self, p: Params) -> bool:
        """Back to getUpdates; what waits stays unless it is to be dropped."""
        if p.get("drop_pending_updates"):
            self._server.updates.pending.clear()
        self._server.updates.set_webhook(None)
        return True

    async def getWebhookInfo(self, _: Params) -> Wire:
        """WebhookInfo."""
        updates, hook = self._server.updates, self._server.updates.webhook
        info: Wire = {"url": "", "has_custom_certificate": False, "pending_update_count": len(updates.pending)}
        if hook:
            info |= {"url": hook.url, "max_connections": hook.max_connections, "ip_address": "127.0.0.1"}
            if hook.last_error:
                info |= {"last_error_date": self._server.today(), "last_error_message": hook.last_error}
        if updates.allowed:
            info["allowed_updates"] = updates.allowed
        return info

    # -- chats -------------------------------------------------------------------------------------------------

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

    async def getChat(self, p: Params) -> Wire:
        """ChatFullInfo."""
        return self._known(p["chat_id"]).wire | {
            "accent_color_id": 3,
            "max_reaction_count": 11,
            "accepted_gift_types": dict.fromkeys(
                ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"),
                True,
            ),
        }

    async def getChatMember(self, p: Params) -> Wire:
        """ChatMember of the bot or of someone in the group."""
        chat = self._known(p["chat_id"])
        if p["user_id"] == self._server.bot["id"]:
            return self._server.bot_member(chat.bot)
        if p["user_id"] not in chat.members:
            raise bad_request("member not found")
        user, status = chat.members[p["user_id"]]
        return {"user": user, "status": status} | ({"is_anonymous": False} if status == "creator" else {})

    async def sendChatAction(self, p: Params) -> bool:
        """ "typing" and the like."""
        if p["action"] not in ACTIONS:
            raise bad_request("wrong parameter action in request")
        self._open(p).actions.append((p["action"], p.get("message_thread_id")))
        return True

    # -- messages ----------------------------------------------------------------------------------------------

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
            message_id, optional = check_reply(p["reply_parameters"])
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
        return chat.add(wire)

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
        text, _ = formatting.read(p.get("text", ""), p.get("parse_mode"))
        if formatting.units(text) > 4096:
            raise bad_request("message is too long")
        chat.drafts[p["draft_id"]] = text
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

    # -- files -------------------------------------------------------------------------------------------------

    def _uploaded(self, kind: str, value: str | None, files: Files, folder: str) -> Wire:
        name = value.removeprefix("attach://") if value and value.startswith("attach://") else kind
        if name in files:
            filename, data = files[name]
            if not data:
                raise bad_request("file must be non-empty")
            if len(data) > 50_000_000:
                raise bad_request("file is too big")
            return self._server.keep_file(data, folder, filename.rpartition(".")[2] or "bin") | {"file_name": filename}
        if value in self._server.files:
            return self._server.files[value].wire
        raise bad_request("wrong remote file identifier specified: Wrong string length")

    async def sendPhoto(self, p: Params, files: Files) -> Wire:
        """A picture."""
        photo = self._uploaded("photo", p.get("photo"), files, "photos") | {"width": 640, "height": 480}
        photo.pop("file_name", None)
        return self._send(p, {"photo": [photo], **self._text(p, "caption", "caption_entities", 1024)}).wire

    async def sendDocument(self, p: Params, files: Files) -> Wire:
        """A file."""
        document = self._uploaded("document", p.get("document"), files, "documents")
        return self._send(p, {"document": document, **self._text(p, "caption", "caption_entities", 1024)}).wire

    async def sendVoice(self, p: Params, files: Files) -> Wire:
        """A voice note."""
        voice = self._uploaded("voice", p.get("voice"), files, "voice") | {"duration": p.get("duration", 1)}
        voice.pop("file_name", None)
        return self._send(p, {"voice": voice, **self._text(p, "caption", "caption_entities", 1024)}).wire

    async def sendMediaGroup(self, p: Params, files: Files) -> list[Wire]:
        """2 to 10 pictures or files as an album."""
        if not 2 <= len(p["media"]) <= 10:
            raise bad_request("there must be 2 to 10 media in an album")
        parts = []
        for media in p["media"]:
            kind = media.get("type")
            if kind not in ("photo", "document"):
                raise stricter("albums here hold photos or documents")
            file = self._uploaded("", media.get("media"), files, kind + "s")
            caption = self._text({k: v for k, v in media.items() if k != "media"}, "caption", "caption_entities", 1024)
            parts.append({kind: [file | {"width": 640, "height": 480}] if kind == "photo" else file, **caption})
        album = {"media_group_id": str(13_000_000_000 + len(self._server.calls))}
        return [self._send(p, part | album).wire for part in parts]

    async def getFile(self, p: Params) -> Wire:
        """Where a file can be fetched, for at least an hour; up to 20 MB."""
        kept = self._server.files.get(p["file_id"])
        if kept is None:
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        if kept.wire["file_size"] > 20 * 1024 * 1024:
            raise bad_request("file is too big")
        return kept.wire | {"file_path": kept.path}


def _scope(p: Params) -> str:
    scope = p.get("scope") or {"type": "default"}
    return f"{sorted(scope.items())}/{p.get('language_code', '')}"


def _check_preview(p: Params) -> None:
    fields = "is_disabled url prefer_small_media prefer_large_media show_above_text"
    check_fields("link_preview_options", p.get("link_preview_options", {}), fields)
