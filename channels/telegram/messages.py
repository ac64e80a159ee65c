"""Sending, editing and deleting single messages: pace, time limit, and groups that have moved."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import structlog
from telegram import InlineKeyboardMarkup, InputFile, LinkPreviewOptions, Message
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated

from channels.contract import File
from channels.telegram.bot import DeskBot
from channels.telegram.failures import is_markup_problem, is_unchanged
from channels.telegram.pace import Pace
from channels.telegram.render import Part
from core.errors import DeliveryFailed

log = structlog.get_logger(__name__)

_T = TypeVar("_T")
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
# Beyond the request's own timeout: the rate limiter of a busy group may hold a call back.
_QUEUE_SECONDS = 10.0


class Messages:
    """The Bot API's calls about messages. All raise TelegramError, or DeliveryFailed where the time is over."""

    def __init__(self, bot: DeskBot, pace: Pace, timeout: float) -> None:
        self._bot = bot
        self._pace = pace
        self._seconds = timeout + _QUEUE_SECONDS
        self._moved: dict[int, int] = {}

    def now_at(self, chat_id: int) -> int:
        """The chat's id today: a group that became a supergroup has another one."""
        return self._moved.get(chat_id, chat_id)

    async def send(self, chat_id: int, thread: int | None, part: Part, keyboard: InlineKeyboardMarkup | None) -> int:
        """Send one message and return its id; as plain text where Telegram does not understand its markup."""
        await self._pace.turn(self.now_at(chat_id))
        try:
            try:
                sent = await self._send(chat_id, thread, part.html, keyboard, ParseMode.HTML)
            except ChatMigrated as error:
                self._moves(chat_id, error)
                sent = await self._send(chat_id, thread, part.html, keyboard, ParseMode.HTML)
        except BadRequest as error:
            if not is_markup_problem(error):
                raise
            log.warning("telegram_markup_refused", reason=error.message)
            sent = await self._send(chat_id, thread, part.plain, keyboard, None)
        return sent.message_id

    async def send_file(self, chat_id: int, thread: int | None, file: File) -> int:
        """Send a file and return its message's id."""
        await self._pace.turn(self.now_at(chat_id))
        try:
            sent = await self._send_file(chat_id, thread, file)
        except ChatMigrated as error:
            self._moves(chat_id, error)
            sent = await self._send_file(chat_id, thread, file)
        return sent.message_id

    async def edit(self, chat_id: int, message_id: int, html: str, keyboard: InlineKeyboardMarkup | None) -> bool:
        """Replace a message's text and keyboard. False when Telegram will not, as it is gone or too old."""
        await self._pace.turn(self.now_at(chat_id))  # to Telegram's limits an edit is a message
        call = self._bot.edit_message_text(
            html,
            chat_id=self.now_at(chat_id),
            message_id=message_id,
            parse_mode=ParseMode.HTML,
            reply_markup=keyboard,
            link_preview_options=_NO_PREVIEW,
        )
        return await self._unless_refused(call, chat_id)

    async def remove_keyboard(self, chat_id: int, message_id: int) -> bool:
        """Take the buttons away. False when Telegram will not."""
        await self._pace.turn(self.now_at(chat_id))
        call = self._bot.edit_message_reply_markup(chat_id=self.now_at(chat_id), message_id=message_id)
        return await self._unless_refused(call, chat_id)

    async def delete(self, chat_id: int, message_id: int) -> bool:
        """Delete a message. False when Telegram will not: it does for 48 hours."""
        return await self._unless_refused(self._bot.delete_message(self.now_at(chat_id), message_id), chat_id)

    async def _send(
        self, chat_id: int, thread: int | None, text: str, keyboard: InlineKeyboardMarkup | None, mode: str | None
    ) -> Message:
        return await self._within(
            self._bot.send_message(
                self.now_at(chat_id),
                text,
                parse_mode=mode,
                message_thread_id=thread,
                reply_markup=keyboard,
                link_preview_options=_NO_PREVIEW,
            )
        )

    async def _send_file(self, chat_id: int, thread: int | None, file: File) -> Message:
        document = InputFile(file.content, filename=file.name)
        return await self._within(
            self._bot.send_document(
                self.now_at(chat_id), document, message_thread_id=thread, disable_content_type_detection=True
            )
        )

    async def _unless_refused(self, call: Coroutine[Any, Any, object], chat_id: int) -> bool:
        try:
            await self._within(call)
        except ChatMigrated as error:  # its messages have other ids now
            self._moves(chat_id, error)
            return False
        except BadRequest as error:
            if not is_unchanged(error):
                log.info("telegram_edit_refused", reason=error.message)
            return is_unchanged(error)
        return True

    async def _within(self, call: Coroutine[Any, Any, _T]) -> _T:
        try:
            async with asyncio.timeout(self._seconds):
                return await call
        except TimeoutError:
            raise DeliveryFailed("Telegram: no answer in time") from None

    def _moves(self, chat_id: int, error: ChatMigrated) -> None:
        self._moved[chat_id] = error.new_chat_id
        log.warning("telegram_group_moved", old=chat_id, new=error.new_chat_id)
