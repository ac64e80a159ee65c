"""The server: one bot, the people it talks to, and what they all did."""

import itertools
import time
from typing import Any

from aiohttp import web

from tests.sandbox.telegram.chats import MEDIA, Chat, Shown, Tap, Wire
from tests.sandbox.telegram.faults import Faults, FloodLimits
from tests.sandbox.telegram.front import Call, Front
from tests.sandbox.telegram.media import File
from tests.sandbox.telegram.methods import Methods
from tests.sandbox.telegram.people import Actor, Group, PrivateChat
from tests.sandbox.telegram.updates import Update, Updates

TOKEN = "7000000001:AASandboxSandboxSandboxSandboxSandb"


class TelegramServer:
    """A Bot API server on 127.0.0.1 for one bot. Use it as an async context manager."""

    def __init__(
        self,
        token: str = TOKEN,
        *,
        port: int = 0,
        username: str = "resupply_test_bot",
        allow_http_webhooks: bool = True,
        flood: bool = False,
        privacy: bool = False,
    ) -> None:
        self.token = token
        self.bot_user: Wire = {
            "id": int(token.partition(":")[0]),
            "is_bot": True,
            "first_name": "Resupply",
            "username": username,
        }
        self.bot: Wire = self.bot_user | {
            "can_join_groups": True,
            "can_read_all_group_messages": not privacy,
            "supports_inline_queries": False,
            "can_connect_to_business": False,
            "has_main_web_app": False,
        }
        self.allow_http_webhooks = allow_http_webhooks
        self.privacy = privacy
        self.callback_seconds = 15.0  # undocumented; how long the real one accepts an answer is about this
        self.flood = FloodLimits(on=flood)
        self.faults = Faults()
        self.updates = Updates()
        self.methods = Methods(self)
        self.chats: dict[int, Chat] = {}
        self.users: dict[int, Wire] = {}
        self.files: dict[str, File] = {}
        self.taps: dict[str, Tap] = {}
        self.calls: list[Call] = []
        self._port = port
        self._ahead = 0.0
        self._numbers = itertools.count(101)
        self._own_numbers: dict[int, itertools.count[int]] = {}
        self._ids = itertools.count(1)
        self._runner: web.AppRunner | None = None
        self.url = ""

    # -- life --------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Listens; `url` is known afterwards."""
        self._runner = web.AppRunner(Front(self).app(), access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self._port = port  # so that it comes back to the same address after stop()
        self.url = f"http://{host}:{port}"
        await self.updates.start()

    async def stop(self) -> None:
        """Closes everything."""
        await self.updates.stop()
        if self._runner:
            await self._runner.cleanup()

    async def __aenter__(self) -> "TelegramServer":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def base_url(self) -> str:
        """For python-telegram-bot's `base_url`."""
        return f"{self.url}/bot"

    @property
    def base_file_url(self) -> str:
        """For python-telegram-bot's `base_file_url`."""
        return f"{self.url}/file/bot"

    # -- time and numbers --------------------------------------------------------------------------------------

    def now(self) -> float:
        """The server's clock, in seconds since 1970."""
        return time.time() + self._ahead

    def today(self) -> int:
        """The same as messages carry it."""
        return int(self.now())

    def passes(self, seconds: float) -> None:
        """Sets the server's clock forward: taps grow old, flood limits recover."""
        self._ahead += seconds

    def number(self, chat: Chat) -> int:
        """The next message_id: supergroups and channels count for themselves, all other chats together."""
        if chat.type in ("supergroup", "channel"):
            return next(self._own_numbers.setdefault(chat.id, itertools.count(11)))
        return next(self._numbers)

    # -- people and chats --------------------------------------------------------------------------------------

    def user(self, user_id: int, first_name: str = "Mei", **fields: Any) -> Wire:
        """A User object; the same for the same id."""
        if user_id not in self.users:
            wire = {"id": user_id, "is_bot": False, "first_name": first_name, "language_code": "en", **fields}
            self.users[user_id] = wire
        return self.users[user_id]

    def chat(self, user_id: int, first_name: str = "Mei", *, started: bool = True, **fields: Any) -> PrivateChat:
        """A person's chat with the bot; not `started`: the bot may not write first."""
        if user_id not in self.chats:
            chat = PrivateChat(self, self.user(user_id, first_name, **fields))
            chat.bot = "member" if started else "never"
            self.chats[user_id] = chat
        found = self.chats[user_id]
        assert isinstance(found, PrivateChat)
        return found

    def group(
        self, chat_id: int, title: str = "Made-up Group", *, topics: dict[int, str] | None = None, bot: str = "member"
    ) -> Group:
        """A supergroup (id from -1000000000000 down) or basic group; with `topics` {thread id: name} a forum."""
        return self._group(chat_id, "supergroup" if chat_id <= -1_000_000_000_000 else "group", title, topics, bot)

    def channel(self, chat_id: int, title: str = "Made-up Channel") -> Group:
        """A channel with the bot as its administrator."""
        return self._group(chat_id, "channel", title, None, "administrator")

    def _group(self, chat_id: int, kind: str, title: str, topics: dict[int, str] | None, bot: str) -> Group:
        if chat_id not in self.chats:
            wire: Wire = {"id": chat_id, "title": title, "type": kind}
            if topics:
                wire["is_forum"] = True
            group = Group(self, wire, topics=topics)
            group.bot = bot
            self.chats[chat_id] = group
        found = self.chats[chat_id]
        assert isinstance(found, Group)
        return found

    def hears(self, message: Shown) -> bool:
        """Whether the bot is told of a message: in privacy mode only what is meant for it."""
        if not self.privacy or message.chat.type in ("private", "channel") or message.chat.bot == "administrator":
            return True
        if message.wire.get("reply_to_message", {}).get("from", {}).get("id") == self.bot["id"]:
            return True
        text = message.text
        return text.startswith("/") or f"@{self.bot['username']}".lower() in text.lower() or _is_service(message)

    # -- what people's acts make -------------------------------------------------------------------------------

    def tapped(self, actor: Actor, message: Shown, data: str) -> Tap:
        """A callback_query."""
        tap = Tap(str(4_300_000_000_000 + next(self._ids)), actor.chat, self.now(), len(actor.chat.all), data)
        self.taps[tap.id] = tap
        query = {
            "id": tap.id,
            "from": actor.user,
            "message": dict(message.wire),
            "chat_instance": str(-8_000_000_000 - abs(actor.chat.id)),
            "data": data,
        }
        if message.deleted:  # InaccessibleMessage
            query["message"] = {"chat": actor.chat.wire, "message_id": message.message_id, "date": 0}
        tap.update = self.updates.make("callback_query", query)
        return tap

    def reacted(self, actor: Actor, message: Shown, reactions: list[Wire]) -> None:
        """A message_reaction."""
        assert actor.user
        old = message.reactions.get(actor.user["id"], [])
        message.reactions[actor.user["id"]] = reactions
        changed = {"chat": actor.chat.wire, "message_id": message.message_id, "user": actor.user, "date": self.today()}
        self.updates.make("message_reaction", changed | {"old_reaction": old, "new_reaction": reactions})

    def standing(self, chat: Chat, actor: Actor, status: str) -> None:
        """A my_chat_member: the bot's standing in a chat changes to `status`."""
        old = "kicked" if chat.bot == "blocked" else chat.bot
        changed = {
            "chat": chat.wire,
            "from": actor.user,
            "date": self.today(),
            "old_chat_member": self.bot_member(old),
            "new_chat_member": self.bot_member(status),
        }
        self.updates.make("my_chat_member", changed)

    def bot_member(self, status: str) -> Wire:
        """The bot as a ChatMember."""
        wire: Wire = {"user": self.bot_user, "status": "left" if status == "never" else status}
        if status == "kicked":
            wire["until_date"] = 0
        if status == "administrator":
            rights = (
                "can_manage_chat can_delete_messages can_manage_video_chats can_restrict_members can_promote_members "
                "can_change_info can_invite_users can_post_stories can_edit_stories can_delete_stories"
            )
            wire |= {"can_be_edited": False, "is_anonymous": False, **dict.fromkeys(rights.split(), True)}
        return wire

    def keep_file(self, data: bytes, folder: str, suffix: str, size: int | None = None) -> Wire:
        """Stores a file and returns its file_id, file_unique_id and file_size (`size` may claim another)."""
        number = next(self._ids)
        file_id = f"{folder[:4].upper()}-made-up-file-id-{number:06d}"
        wire = {"file_id": file_id, "file_unique_id": f"unique{number:06d}", "file_size": size or len(data)}
        self.files[file_id] = File(wire, folder, f"{folder}/file_{number}.{suffix}", data)
        return wire

    def update(self, update: Update) -> Update:
        """Sends a raw update; it gets an update_id where it has none."""
        return self.updates.send(update)

    async def settled(self, timeout: float = 10.0) -> None:
        """Returns when the bot has taken every update (2xx, or confirmed by a later getUpdates)."""
        await self.updates.settled(timeout)

    @property
    def sent(self) -> list[Call]:
        """The calls that were carried out, without getUpdates and getMe."""
        return [call for call in self.calls if call.accepted and call.method not in ("getUpdates", "getMe")]

    def calls_of(self, method: str) -> list[Call]:
        """All calls of one method, refused ones too."""
        return [call for call in self.calls if call.method == method]

    @property
    def refused(self) -> list[Call]:
        """The calls that were refused for what they asked (ordered failures not counted)."""
        return [call for call in self.calls if call.refusal and not call.fault]


def _is_service(message: Shown) -> bool:
    return not message.text and not any(kind in message.wire for kind in MEDIA)
