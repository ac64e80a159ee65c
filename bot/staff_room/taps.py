"""Buttons tapped in the staff group: taking a chat over and handing it back."""

import structlog
from telegram import CallbackQuery, Message
from telegram.error import TelegramError

from bot.ports import DeskStore
from bot.staff_room import buttons, holding, wording
from bot.staff_room.post import Post
from core.errors import Busy
from core.ports import Clock

log = structlog.get_logger(__name__)


class Taps:
    """Does what a button says. Doing it again changes nothing, and says who has the chat."""

    def __init__(self, post: Post, store: DeskStore, clock: Clock) -> None:
        self._post = post
        self._store = store
        self._clock = clock

    async def tapped(self, query: CallbackQuery) -> None:
        """A tap. Raises what the store raises in an outage; the tap is delivered again then."""
        if query.message is None or query.message.chat.id != self._post.group:
            await self._answer(query, wording.NOT_HERE, alert=True)
            return
        asked = buttons.read_data(query.data)
        if asked is None:
            await self._answer(query, wording.STALE_BUTTON)
            return
        action, chat_id = asked
        try:
            done = await (self._take(chat_id, query) if action == buttons.TAKE else self._free(chat_id))
        except Busy:
            await self._answer(query, wording.BUSY)
            return
        if done is None:
            await self._answer(query, wording.no_chat(chat_id), alert=True)
            return
        said, holder = done
        await self._answer(query, said)
        await self._show(query, chat_id, holder)

    async def _take(self, chat_id: int, query: CallbackQuery) -> tuple[str, str | None] | None:
        who = wording.short(query.from_user.full_name)
        taken = await holding.take(self._store, self._clock, chat_id, who)
        if taken is None:
            return None
        _, holder, new = taken
        return (wording.taken(holder) if new else wording.has_it(holder)), holder

    async def _free(self, chat_id: int) -> tuple[str, str | None] | None:
        freed = await holding.free(self._store, chat_id)
        if freed is None:
            return None
        return (wording.released() if freed[1] else wording.with_desk()), None

    async def _show(self, query: CallbackQuery, chat_id: int, holder: str | None) -> None:
        """The buttons of the message that was tapped, and of the chat's newest announcement."""
        tapped = query.message
        assert tapped is not None
        shown = tapped.reply_markup if isinstance(tapped, Message) else None
        await self._post.change_buttons(tapped.message_id, buttons.changed(shown, chat_id, holder))
        await self._post.show_holder(chat_id, holder, but=tapped.message_id)

    async def _answer(self, query: CallbackQuery, text: str, *, alert: bool = False) -> None:
        """The toast. One that comes too late is of no use to anybody."""
        try:
            await self._post.bot.answer_callback_query(query.id, wording.toast(text), show_alert=alert)
        except TelegramError as error:
            log.info("staff_tap_not_answered", error=type(error).__name__)
