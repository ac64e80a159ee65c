"""Sends replies: each part once, the draft's card in one place, and errors by what they mean.

The draft is one message. A tap on it edits it where it stands; anything else sends it anew at the bottom and
takes it out of the message above.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog
from telegram import InlineKeyboardMarkup
from telegram.error import InvalidToken, TelegramError

from channels.contract import File, Outgoing, SentLog
from channels.telegram.cards import CARD, KEYBOARD, Earlier, Shown, earlier_in, earlier_of, note_of, tidied, without
from channels.telegram.failures import failure_of, surely_not_sent
from channels.telegram.messages import Messages
from channels.telegram.render import Part, keyboard_of, parts_of
from core.domain.messages import ChatRef
from core.errors import DeliveryFailed, DeliveryRefused

log = structlog.get_logger(__name__)

_T = TypeVar("_T")


@dataclass(slots=True)
class _Reply:
    """One reply on its way: what it becomes, what stood there before, and how far it has got."""

    message: Outgoing
    chat_id: int
    parts: tuple[Part, ...]
    keyboard: InlineKeyboardMarkup | None
    earlier: Earlier = field(default_factory=Earlier)
    message_ids: list[int] = field(default_factory=list)
    note: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.message.key

    @property
    def takes_card(self) -> bool:
        """Whether it stands in the place of the card before: it shows the draft anew, or says what became of it."""
        return bool(self.message.reply.card) or self.message.reply.closes

    @property
    def last(self) -> int:
        return len(self.parts) - 1

    def answers_tap_on(self, shown: Shown) -> bool:
        """Whether it is the answer to a tap on a button of that message."""
        return self.message.tapped.rpartition(":")[2] == str(shown.message_id)


class Sender:
    """Delivers replies. `on_token` hears whether Telegram takes the bot's token, whenever that shows."""

    def __init__(
        self, messages: Messages, sent_log: SentLog, on_token: Callable[[bool], None] = lambda _accepted: None
    ) -> None:
        self._messages = messages
        self._log = sent_log
        self._on_token = on_token

    async def send(self, message: Outgoing) -> None:
        """Deliver one reply. Raises DeliveryFailed, DeliveryRefused or Unreachable."""
        if message.file is not None:
            await self._send_file(message, message.file)
            return
        parts, keyboard = parts_of(message.reply), keyboard_of(message.reply.choices)
        reply = _Reply(message, chat_id_of(message.chat), parts, keyboard)
        reply.earlier = await earlier_of(self._log, message.chat)
        for part in range(len(parts)):
            known = await self._log.begin(message.chat, message.key, part)
            if known is None or known.provider_id is None:
                await self._deliver(reply, part)
                continue
            reply.message_ids.append(int(known.note["message_id"]))
            if part == reply.last:  # out already; what it had still to take down stands in its note
                reply.note, reply.earlier = dict(known.note), earlier_in(known.note) or Earlier()
        await self._tidy(reply)

    async def _send_file(self, message: Outgoing, file: File) -> None:
        """Bring a file into the chat: one message, which takes nothing down."""
        chat_id = chat_id_of(message.chat)
        known = await self._log.begin(message.chat, message.key, 0)
        if known is not None and known.provider_id is not None:
            return
        sending = self._messages.send_file(chat_id, thread_of(message.chat), file)
        number = await self._tried(message.key, 0, sending)
        await self._log.finish(message.key, 0, f"{self._messages.now_at(chat_id)}:{number}", {"message_id": number})

    async def _deliver(self, reply: _Reply, part: int) -> None:
        """Bring one part into the chat and record it."""
        provider_id = await self._tried(reply.key, part, self._place(reply, part))
        reply.note = _note(reply) if part == reply.last else {"message_id": reply.message_ids[-1]}
        await self._log.finish(reply.key, part, provider_id, reply.note)

    async def _tried(self, key: str, part: int, call: Coroutine[Any, Any, _T]) -> _T:
        """What a call brings; where it surely sent nothing the part is forgotten."""
        try:
            result = await call
        except TelegramError as error:
            if surely_not_sent(error):
                await self._log.forget(key, part)
            if isinstance(error, InvalidToken):
                self._on_token(False)
            raise failure_of(error) from error
        except DeliveryFailed as error:
            if error.retry_after is not None:  # the chat's pace held it back
                await self._log.forget(key, part)
            raise
        self._on_token(True)
        return result

    async def _place(self, reply: _Reply, part: int) -> str:
        """Edit the tapped card, or send a new message; returns its provider id (for an edit that of the card)."""
        card = _card_to_edit(reply)
        keyboard = reply.keyboard if part == reply.last else None
        if card is not None and await self._messages.edit(
            reply.chat_id, card.message_id, reply.parts[part].html, keyboard
        ):
            reply.message_ids.append(card.message_id)
            return f"{self._messages.now_at(reply.chat_id)}:{card.message_id}"
        thread = thread_of(reply.message.chat)
        number = await self._messages.send(reply.chat_id, thread, reply.parts[part], keyboard)
        reply.message_ids.append(number)
        return f"{self._messages.now_at(reply.chat_id)}:{number}"

    # What stood there before ----------------------------------------------------------------------------

    async def _tidy(self, reply: _Reply) -> None:
        """Take down what the reply replaces. Best effort: the reply is out, and the engine knows old buttons."""
        card, keyboard = reply.earlier.card, reply.earlier.keyboard
        if card is not None and reply.takes_card:
            await self._retire(reply, card)
            if keyboard is not None and keyboard.key == card.key:
                keyboard = None
        if keyboard is not None and _ends_keyboard(reply, keyboard):
            await _attempt(self._messages.remove_keyboard(reply.chat_id, keyboard.message_id))
            await self._log.annotate(keyboard.key, keyboard.part, without(keyboard.note, KEYBOARD))
        if earlier_in(reply.note) is not None:
            await self._log.annotate(reply.key, reply.last, tidied(reply.note))

    async def _retire(self, reply: _Reply, card: Shown) -> None:
        """Take the card out of the messages that showed it; one that was nothing else goes altogether."""
        for number, rest in card.messages:
            if number in reply.message_ids:
                continue  # edited in place: it shows the new card
            if rest:
                await _attempt(self._messages.edit(reply.chat_id, number, rest, None))
            elif not await _attempt(self._messages.delete(reply.chat_id, number)):
                await _attempt(self._messages.remove_keyboard(reply.chat_id, number))
        await self._log.annotate(card.key, card.part, without(card.note, CARD, KEYBOARD))


async def _attempt(call: Coroutine[Any, Any, bool]) -> bool:
    """Whether it worked; that it did not is no reason to fail."""
    try:
        return await call
    except (TelegramError, DeliveryFailed) as error:
        log.info("telegram_not_tidied", reason=type(error).__name__)
        return False


def chat_id_of(chat: ChatRef) -> int:
    """Telegram's id of a chat: "telegram:-100123" -> -100123. Raises DeliveryRefused for anything else."""
    kind, _, number = chat.sender.partition(":")
    if kind != "telegram" or not (number.removeprefix("-").isdecimal() and number.isascii()):
        raise DeliveryRefused("this chat has no Telegram id")
    return int(number)


def thread_of(chat: ChatRef) -> int | None:
    """The forum topic, None outside of one."""
    return int(chat.session) if chat.session.isdecimal() else None


def _card_to_edit(reply: _Reply) -> Shown | None:
    """The card that the reply belongs into: the chat's newest, when its own button was tapped."""
    card = reply.earlier.card
    if card is None or not reply.takes_card or reply.last > 0 or len(card.messages) > 1:
        return None
    return card if reply.answers_tap_on(card) else None


def _ends_keyboard(reply: _Reply, keyboard: Shown) -> bool:
    """Whether earlier buttons are over: a card or other buttons have come, or one of them was tapped."""
    return reply.takes_card or reply.keyboard is not None or reply.answers_tap_on(keyboard)


def _note(reply: _Reply) -> dict[str, Any]:
    return note_of(
        reply.parts,
        reply.message_ids,
        card=bool(reply.message.reply.card),
        keyboard=reply.keyboard is not None,
        tidy=reply.earlier,
    )
