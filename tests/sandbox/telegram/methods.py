"""What each Bot API method does in the sandbox, with the refusals of the real one."""

import re
from typing import TYPE_CHECKING, Any

from tests.sandbox.telegram.chats import Wire
from tests.sandbox.telegram.media import Files, MediaMethods
from tests.sandbox.telegram.parameters import Params, check_fields
from tests.sandbox.telegram.refusals import bad_request, stricter
from tests.sandbox.telegram.updates import Webhook, check_secret

if TYPE_CHECKING:
    from tests.sandbox.telegram.server import TelegramServer


class Methods(MediaMethods):
    """The methods by name; each takes read parameters and uploaded files and returns the result."""

    def __init__(self, server: "TelegramServer") -> None:
        super().__init__(server)
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

    # -- chats --------------------------------------------------------------------------------------------------

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


def _scope(p: Params) -> str:
    scope = p.get("scope") or {"type": "default"}
    return f"{sorted(scope.items())}/{p.get('language_code', '')}"
