"""Writing into the staff group: once for each key, as a thread for each chat, remembered with the chat's id."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from telegram import Bot, InlineKeyboardMarkup, LinkPreviewOptions, Message, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, TelegramError

from bot.staff_room import buttons
from channels.contract import SentLog
from channels.telegram.failures import failure_of, is_unchanged, surely_not_sent
from core.domain.messages import ChatRef
from core.errors import DeliveryRefused, DeskError, Unreachable

log = structlog.get_logger(__name__)

CHANNEL = "staff"
NEWS, ANSWER = "news", "answer"
_ANY = "thread"
PATIENCE = 5.0
"""Seconds for what is a courtesy to staff: in a busy group the rate limiter (20 a minute) would hold up updates."""
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)

Send = Callable[[int, ReplyParameters | None], Awaitable[Message]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message goes in the job that causes it, and the customer's chat that it is about.

    `buttons` is NEWS or ANSWER where it has the chat's button: the newest of each is kept up to date.
    """

    key: str
    part: int = 0
    chat_id: int | None = None
    buttons: str = ""


class Post:
    """The staff group as the desk writes into it. `group` is its chat id, which changes when Telegram moves it.

    Where it has moved is kept, for other processes and the next start, whose setting still names the old id.
    """

    def __init__(self, bot: Bot, sent: SentLog, group: int) -> None:
        self.bot = bot
        self.group = group
        self._sent = sent
        self._moves = f"telegram/staff/{group}"
        self._log = ChatRef(CHANNEL, str(group))

    async def text(
        self, place: Place, html: str, markup: InlineKeyboardMarkup | None = None, *, reply_to: int | None = None
    ) -> None:
        """Write a text. `reply_to` is the message that it answers; else the chat's newest message here.

        Raises DeliveryFailed, or DeliveryRefused where the group cannot be written to.
        """

        async def send(group: int, to: ReplyParameters | None) -> Message:
            return await self.bot.send_message(
                group,
                html,
                parse_mode=ParseMode.HTML,
                reply_markup=markup,
                reply_parameters=to,
                link_preview_options=_NO_PREVIEW,
            )

        await self.once(place, send, reply_to=reply_to)

    async def once(self, place: Place, send: Send, *, reply_to: int | None = None) -> None:
        """Send with `send(group, reply parameters)`, unless this place was done before.

        What was begun and never answered is sent again: twice is better than never. BadRequest is passed on,
        but where it is about the group.
        """
        reply_to = reply_to or await self._newest(place.chat_id, _ANY)
        earlier = await self._sent.begin(self._log, place.key, place.part)
        if earlier is not None and earlier.provider_id:
            return
        try:
            message = await self._follow(send, reply_to)
        except TelegramError as error:
            if surely_not_sent(error):
                await self._sent.forget(place.key, place.part)
            if isinstance(error, BadRequest) and not isinstance(failure_of(error), Unreachable):
                raise
            raise staff_failure(error) from error
        await self._sent.finish(place.key, place.part, self._name(message.message_id), _note(place))

    async def chat_about(self, message_id: int) -> int | None:
        """The customer's chat that a message here is about; None where it is about none that is known."""
        found = await self._sent.by_provider_id(CHANNEL, self._name(message_id))
        chat_id = found[0].note.get("chat") if found else None
        return chat_id if isinstance(chat_id, int) else None

    async def show_holder(self, chat_id: int, holder: str | None, *, but: int | None = None) -> None:
        """Bring the buttons of the chat's newest messages up to date, but for message `but`."""
        for what in (NEWS, ANSWER):
            newest = await self._newest(chat_id, what)
            if newest is not None and newest != but:
                await self.change_buttons(newest, buttons.keyboard(chat_id, holder))

    async def change_buttons(self, message_id: int, markup: InlineKeyboardMarkup) -> None:
        """Replace the buttons of a message. Best effort: what cannot be changed says so when it is tapped."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self.bot.edit_message_reply_markup(self.group, message_id, reply_markup=markup)
        except (TelegramError, TimeoutError) as error:
            if not (isinstance(error, BadRequest) and is_unchanged(error)):
                log.warning("staff_buttons_not_changed", error=type(error).__name__)

    async def moved(self, group: int) -> None:
        """Telegram made a supergroup of the group, with another id."""
        log.warning("staff_chat_moved", set="RESUPPLY_STAFF_CHAT", to=group)
        self.group = group
        await self._sent.keep_content(self._moves, str(group))

    async def is_group(self, chat_id: int) -> bool:
        """Whether this is the group's id; looks up where another process has seen it move to."""
        if chat_id != self.group and (now_at := await self._sent.content(self._moves)) is not None:
            self.group = int(now_at)
        return chat_id == self.group

    async def _follow(self, send: Send, reply_to: int | None) -> Message:
        try:
            return await send(self.group, _replying(reply_to))
        except ChatMigrated as moved:
            await self.moved(moved.new_chat_id)
            return await send(self.group, None)

    async def _newest(self, chat_id: int | None, what: str) -> int | None:
        """The newest message here about a chat, of those noted under `what`."""
        found = await self._sent.last_noted(self._log, f"{what}{chat_id}") if chat_id is not None else None
        group, _, message_id = (found.provider_id or "").rpartition(":") if found else ("", "", "")
        return int(message_id) if group == str(self.group) else None

    def _name(self, message_id: int) -> str:
        return f"{self.group}:{message_id}"


def staff_failure(error: TelegramError) -> DeskError:
    """What a failed call means for a staff job. The group's own absence is for whoever runs the desk."""
    failure = failure_of(error)
    if isinstance(failure, Unreachable):
        return DeliveryRefused(f"the staff group cannot be written to ({error.message}); is the bot in it?")
    return failure


def _note(place: Place) -> dict[str, object]:
    if place.chat_id is None:
        return {}
    names = (_ANY, place.buttons) if place.buttons else (_ANY,)
    return {"chat": place.chat_id, **{f"{name}{place.chat_id}": True for name in names}}


def _replying(message_id: int | None) -> ReplyParameters | None:
    return ReplyParameters(message_id, allow_sending_without_reply=True) if message_id is not None else None
