"""The Telegram channel: what the desk sees of Telegram."""

import asyncio
from collections.abc import Awaitable

import structlog
from telegram.constants import ChatAction
from telegram.error import RetryAfter, TelegramError

from channels.contract import Outgoing, SentLog
from channels.telegram.bot import API_URL, BotSelf, DeskBot, make_bot
from channels.telegram.drafts import Draft, Drafts, Rhythm
from channels.telegram.failures import rest_of
from channels.telegram.inbound import CHANNEL
from channels.telegram.intake import CONNECTED, WEBHOOK_PATH, Handle, Intake, Mode, Pauses
from channels.telegram.media import Media
from channels.telegram.messages import Messages
from channels.telegram.pace import Pace
from channels.telegram.sender import Sender, chat_id_of, thread_of
from core.domain.messages import Attachment, ChatRef
from core.errors import DeliveryFailed, DeliveryRefused

log = structlog.get_logger(__name__)

_SOON = 3.0  # what is only a courtesy to the customer may not hold up anything
_BAD_TOKEN = "degraded: Telegram does not accept the bot's token"


class TelegramChannel:
    """A `channels.contract.Channel`.

    `handle` takes each update in polling mode and must be set before `start`; in webhook mode the caller reads
    bodies with `parse_update` and `read_update`, for which it needs `me` and `webhook_secret`. `bot` may be
    used for other chats, such as the staff's; it keeps the overall limits.
    """

    name = CHANNEL

    def __init__(  # noqa: PLR0913  what the settings say, one by one
        self,
        token: str,
        mode: Mode,
        sent_log: SentLog,
        *,
        api_url: str = API_URL,
        public_url: str = "",
        webhook_secret: str = "",
        timeout: float = 10.0,
        pace: Pace | None = None,
        pauses: Pauses | None = None,
        rhythm: Rhythm | None = None,
    ) -> None:
        """`public_url` is where the desk is reached (webhook mode only); `timeout` in seconds a request.

        Raises ValueError for webhook mode without a public URL or a secret.
        """
        if mode == "webhook" and not (public_url and webhook_secret):
            raise ValueError("webhook mode needs the desk's public URL and a secret")
        self.bot: DeskBot = make_bot(token, api_url, timeout)
        self.webhook_secret = webhook_secret
        self._messages = Messages(self.bot, pace or Pace(), timeout)
        self._sender = Sender(self._messages, sent_log, self._token_seen)
        self._drafts = Drafts(self.bot, rhythm)
        self._media = Media(self.bot, timeout)
        url = public_url.rstrip("/") + WEBHOOK_PATH
        self._intake = Intake(self.bot, mode, url, self.webhook_secret, pauses or Pauses())
        self._token_accepted = True

    @property
    def handle(self) -> Handle | None:
        """What takes updates in polling mode. It returns once an update is committed."""
        return self._intake.handle

    @handle.setter
    def handle(self, handle: Handle) -> None:
        self._intake.handle = handle

    @property
    def me(self) -> BotSelf:
        """Who the bot is; its username is known once Telegram has been reached."""
        return self._intake.me

    @property
    def state(self) -> str:
        """For /health."""
        state = self._intake.state
        return _BAD_TOKEN if state == CONNECTED and not self._token_accepted else state

    async def start(self) -> None:
        """Register the bot, its commands and its webhook or poll; in the background, until it works."""
        await self._intake.start()

    async def stop(self) -> None:
        """Stop taking updates and close connections."""
        await self._intake.stop()
        self._drafts.stop()
        await self._media.close()
        await self.bot.close_connections()

    async def send(self, message: Outgoing) -> None:
        """See the contract."""
        try:
            await self._sender.send(message)
        except DeliveryFailed as failure:
            if isinstance(failure.__cause__, RetryAfter):
                self._drafts.rest(rest_of(failure.__cause__))
            raise

    def draft(self, chat: ChatRef) -> Draft | None:
        """Where a private chat sees a reply while it is written; None for a group, and under a rush.

        To be opened when a turn begins and closed when it is over; whatever fails meanwhile is let be.
        """
        return self._drafts.begin(chat)

    async def show_typing(self, chat: ChatRef, message_id: str) -> None:
        """Show "typing" in a private chat. A group's twenty calls a minute are kept for messages."""
        try:
            chat_id = chat_id_of(chat)
        except DeliveryRefused:
            return
        if chat_id > 0:
            await _politely(self.bot.send_chat_action(chat_id, ChatAction.TYPING, message_thread_id=thread_of(chat)))

    async def answer_tap(self, callback_id: str, text: str = "") -> None:
        """Stop the tapped button's spinning; `text` (at most 200 characters) shows for a moment. Never raises."""
        await _politely(self.bot.answer_callback_query(callback_id, text[:200] or None))

    async def fetch(self, attachment: Attachment, max_bytes: int) -> bytes:
        """See the contract."""
        return await self._media.fetch(attachment, max_bytes)

    def _token_seen(self, accepted: bool) -> None:
        if accepted != self._token_accepted:
            log.warning("telegram_token", accepted=accepted)
        self._token_accepted = accepted


async def _politely(call: Awaitable[object]) -> None:
    """Best effort: late answers to taps ("query is too old") and the like are nobody's problem."""
    try:
        async with asyncio.timeout(_SOON):
            await call
    except (TelegramError, TimeoutError) as error:
        log.info("telegram_courtesy_failed", error=type(error).__name__)
