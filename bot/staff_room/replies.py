"""What staff write in their group: replies, which go to the customer, and a few commands."""

import asyncio
import re
from collections.abc import Callable

import structlog
from telegram import InlineKeyboardMarkup, Message
from telegram.constants import ReactionEmoji
from telegram.error import TelegramError

from bot.handoff import Unsubscribed, answer_chat, session_of, waiting_for_a_person
from bot.ports import ChatRow, DeskStore
from bot.staff_room import buttons, holding, wording
from bot.staff_room.customers import Customers
from bot.staff_room.post import ANSWER, PATIENCE, Place, Post
from channels.telegram.bot import id_in
from channels.telegram.parsing import clean
from core.domain.messages import ChatRef
from core.errors import Busy, DeliveryFailed, DeliveryRefused
from core.ports import Clock

log = structlog.get_logger(__name__)

_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@(\w{1,64}))?(?:\s+(.*))?", re.DOTALL)
_NUMBER = re.compile(r"(?:chat\s*)?#?(\d{1,18})", re.ASCII | re.IGNORECASE)
_MOST_LISTED = 10
_MUTE = frozenset({"api", "terminal"})  # channels on which a customer hears nothing that they did not ask for


class Replies:
    """Handles messages of the staff. `stir` is told of a chat that was written into, `bot_name` without "@"."""

    def __init__(
        self,
        post: Post,
        store: DeskStore,
        clock: Clock,
        customers: Customers,
        max_chars: int,
        stir: Callable[[ChatRef], None],
        bot_name: Callable[[], str],
    ) -> None:
        self._post = post
        self._store = store
        self._clock = clock
        self._customers = customers
        self._max_chars = max_chars
        self._stir = stir
        self._bot_name = bot_name

    async def wrote(self, message: Message, update_id: int) -> None:
        """A message in the group. Raises what the store raises in an outage; repeating it sends nothing twice."""
        command = _COMMAND.fullmatch((message.text or "").strip())
        if command is not None:
            await self._command(message, update_id, command)
            return
        answered = _answered(message)
        if answered is None:
            return
        chat_id = await self._about(answered)
        if chat_id is not None:
            await self._pass_on(message, update_id, chat_id)
        elif self._ours(answered):
            await self._say(message, update_id, wording.UNKNOWN_MESSAGE)

    async def edited(self, message: Message, update_id: int) -> None:
        """An edit. It is noted only where the message had gone to a customer."""
        answered = _answered(message)
        chat_id = await self._about(answered)
        if chat_id is not None:
            await self._say(message, update_id, wording.NO_EDITS, chat_id)

    async def _about(self, answered: Message | None) -> int | None:
        """The chat of the message that is replied to.

        One that is not on record (a process may have died before it wrote that down) tells it by its button.
        """
        if answered is None:
            return None
        chat_id = await self._post.chat_about(answered.message_id)
        if chat_id is None and self._ours(answered):
            return buttons.only_chat(answered.reply_markup)
        return chat_id

    def _ours(self, message: Message) -> bool:
        return message.from_user is not None and message.from_user.id == id_in(self._post.bot.token)

    async def _pass_on(self, message: Message, update_id: int, chat_id: int) -> None:
        """Send a reply to its customer."""
        text = clean(message.text or "").strip()
        row = await self._store.chat(chat_id)
        problem = wording.no_chat(chat_id) if row is None else await self._problem(message, text, row)
        if problem is None:
            problem = await self._answer(chat_id, text, f"telegram:u{update_id}")
        if problem is not None:
            await self._say(message, update_id, problem, chat_id)
        else:
            await self._acknowledge(message, update_id, chat_id)

    async def _answer(self, chat_id: int, text: str, source: str) -> str | None:
        """Write to the customer, once for a source; why not, where it cannot be."""
        try:
            said = await answer_chat(self._store, chat_id, text, self._clock.now(), source=source)
        except Unsubscribed:
            return wording.unreachable("opted out")
        if said is None:
            return wording.no_chat(chat_id)
        self._stir(said.row.chat)
        return None

    async def _problem(self, message: Message, text: str, row: ChatRow) -> str | None:
        """Why a reply cannot go out."""
        if message.text is None:
            return wording.TEXT_ONLY
        if not text:
            return wording.NOTHING_TO_SEND
        if len(text) > self._max_chars:
            return wording.too_long(self._max_chars)
        if row.chat.channel in _MUTE:
            return wording.no_way_in(row.chat.channel)
        reach = await self._store.reach_of(row.chat)
        return wording.unreachable(reach.reason) if reach is not None and not reach.wrote_since else None

    async def _acknowledge(self, message: Message, update_id: int, chat_id: int) -> None:
        """A reaction on the staff member's message, or words where the group allows none."""
        try:
            reaction = ReactionEmoji.THUMBS_UP
            async with asyncio.timeout(PATIENCE):
                await self._post.bot.set_message_reaction(self._post.group, message.message_id, reaction)
        except (TelegramError, TimeoutError):
            await self._say(message, update_id, wording.SENT, chat_id)

    # Commands ----------------------------------------------------------------------------------------

    async def _command(self, message: Message, update_id: int, found: re.Match[str]) -> None:
        name, bot, rest = found[1].casefold(), (found[2] or "").casefold(), (found[3] or "").strip()
        own = self._bot_name().casefold()
        if bot and own and bot != own:
            return
        answered = _answered(message)
        about = await self._about(answered)
        if name in ("take", "release"):
            number = _NUMBER.fullmatch(rest)
            chat_id = int(number[1]) if number else about if not rest else None
            await self._change(message, update_id, name, chat_id)
        elif name == "chats":
            await self._list(message, update_id)
        elif name in ("help", "start"):
            await self._say(message, update_id, wording.HELP)
        elif about is not None:
            await self._say(message, update_id, wording.UNKNOWN_COMMAND, about)

    async def _change(self, message: Message, update_id: int, name: str, chat_id: int | None) -> None:
        """/take and /release."""
        if chat_id is None:
            await self._say(message, update_id, wording.WHICH_CHAT)
            return
        assert message.from_user is not None
        try:
            if name == "take":
                who = wording.short(message.from_user.full_name)
                done = _taken(await holding.take(self._store, self._clock, chat_id, who))
            else:
                done = _freed(await holding.free(self._store, chat_id))
        except Busy:
            await self._say(message, update_id, wording.BUSY)
            return
        if done is None:
            await self._say(message, update_id, wording.no_chat(chat_id))
            return
        row, said, holder = done
        await self._post.show_holder(chat_id, holder)
        text = wording.about_chat(chat_id, await self._customers.of_row(row), wording.escape(said))
        await self._say(message, update_id, text, chat_id, buttons.keyboard(chat_id, holder))

    async def _list(self, message: Message, update_id: int) -> None:
        """/chats: those that wait for a person, the longest waiting first."""
        waiting = [
            (row, why) for row in await self._store.chat_rows(for_a_person=True) if (why := waiting_for_a_person(row))
        ]
        if not waiting:
            await self._say(message, update_id, wording.NOBODY_WAITS)
            return
        now = self._clock.now()
        waiting.sort(key=lambda each: each[1].since or now)
        rows, shown = [], waiting[:_MOST_LISTED]
        for row, why in shown:
            since = f"since {why.since.astimezone(now.tzinfo):%a %H:%M}" if why.since else ""
            outlet = await self._customers.outlet_name(session_of(row).outlet) or "unknown outlet"
            rows.append(wording.waiting_row(row.chat_id, outlet, row.chat.channel, why.reason, since))
        markup = buttons.list_keyboard([(row.chat_id, holding.holder_of(row)) for row, _ in shown])
        await self._say(message, update_id, wording.waiting(rows, len(waiting) - len(shown)), None, markup)

    async def _say(
        self,
        message: Message,
        update_id: int,
        html: str,
        chat_id: int | None = None,
        markup: InlineKeyboardMarkup | None = None,
    ) -> None:
        """Answer a staff member. Nobody waits for it: what fails is logged, for the deed itself is done."""
        place = Place(f"staff-answer:{self._post.group}:{update_id}", 0, chat_id, buttons=ANSWER if markup else "")
        try:
            async with asyncio.timeout(PATIENCE):
                await self._post.text(place, html, markup, reply_to=message.message_id)
        except (DeliveryFailed, DeliveryRefused, TelegramError, TimeoutError) as error:
            log.warning("staff_not_answered", error=type(error).__name__)


def _answered(message: Message) -> Message | None:
    """The message that this one replies to. In a topic every message "replies" to the one that opened it."""
    to = message.reply_to_message
    return to if to is not None and to.forum_topic_created is None else None


def _taken(done: tuple[ChatRow, str, bool] | None) -> tuple[ChatRow, str, str | None] | None:
    if done is None:
        return None
    row, holder, new = done
    return row, (wording.taken(holder) if new else wording.has_it(holder)), holder


def _freed(done: tuple[ChatRow, bool] | None) -> tuple[ChatRow, str, str | None] | None:
    if done is None:
        return None
    row, had = done
    return row, (wording.released() if had else wording.with_desk()), None
