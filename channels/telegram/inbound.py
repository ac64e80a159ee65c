"""An update from Telegram, normalised. Pure: what it needs is in the update.

The shapes are those of the Bot API (core.telegram.org/bots/api#update).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from telegram import (
    CallbackQuery,
    Chat,
    ChatMember,
    ChatMemberRestricted,
    ChatMemberUpdated,
    InlineKeyboardButton,
    Message,
    MessageReactionUpdated,
    ReactionType,
    ReactionTypeEmoji,
    Update,
    User,
)
from telegram.ext import filters

from channels.telegram.addressing import is_addressed, without_mentions
from channels.telegram.bot import BotSelf
from channels.telegram.commands import START, command_in
from channels.telegram.contents import Contents, contents_of
from channels.telegram.parsing import BROKEN, MalformedUpdate, clean, number
from core.domain.messages import ChatRef, Inbound, Kind

CHANNEL = "telegram"
# What setWebhook and getUpdates ask for; anything else would be ignored.
ALLOWED_UPDATES = [
    Update.MESSAGE,
    Update.EDITED_MESSAGE,
    Update.CALLBACK_QUERY,
    Update.MESSAGE_REACTION,
    Update.MY_CHAT_MEMBER,
]
_GROUPS = (Chat.GROUP, Chat.SUPERGROUP)
_GONE = (ChatMember.BANNED, ChatMember.LEFT)


@dataclass(frozen=True, slots=True)
class Reach:
    """The bot was blocked or removed (`reachable` False), or let in again. In a group it is about every topic."""

    chat: ChatRef
    reachable: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Moved:
    """A group became a supergroup and has another id from now on."""

    old: ChatRef
    new: ChatRef


@dataclass(frozen=True, slots=True)
class Received:
    """What an update brings; all empty for one to ignore. `callback_id` is a tap to be answered in any case."""

    inbound: Inbound | None = None
    reach: Reach | None = None
    moved: Moved | None = None
    callback_id: str = ""


def read_update(update: Update, me: BotSelf, now: datetime) -> Received:
    """What an update means to the desk; `now` is the desk's clock.

    Raises MalformedUpdate for one that Telegram would not send, Busy for a group's message that comes before
    the bot knows its own name (it helps to have it sent again).
    """
    try:
        return _read(update, me, now)
    except BROKEN as error:
        raise MalformedUpdate(f"not an update as Telegram sends them ({type(error).__name__})") from None


def chat_ref(chat: Chat, message: Message | None = None) -> ChatRef:
    """The desk's name for a chat; in a forum each topic is a session of its own."""
    in_topic = message is not None and message.is_topic_message and message.message_thread_id is not None
    session = str(number(message.message_thread_id)) if message is not None and in_topic else ""
    return ChatRef(CHANNEL, f"telegram:{number(chat.id)}", session)


def _read(update: Update, me: BotSelf, now: datetime) -> Received:
    number(update.update_id)
    if update.message is not None:
        return _message(update, update.message, me, now)
    if update.edited_message is not None:
        return Received(_edit(update, update.edited_message, me, now))
    if update.callback_query is not None:
        return _tap(update, update.callback_query, now)
    if update.message_reaction is not None:
        return Received(_reaction(update, update.message_reaction, now))
    if update.my_chat_member is not None:
        return Received(reach=_reach(update.my_chat_member))
    return Received()


# Messages ------------------------------------------------------------------------------------------------


def _message(update: Update, message: Message, me: BotSelf, now: datetime) -> Received:
    if message.migrate_to_chat_id is not None and message.chat.type in _GROUPS:
        new = ChatRef(CHANNEL, f"telegram:{number(message.migrate_to_chat_id)}")
        return Received(moved=Moved(chat_ref(message.chat), new))
    contents = contents_of(message) or _unheard_of(update, message)
    if contents is None or not _concerns_us(message, me):
        return Received()
    return Received(_inbound(update, message, contents, me, now))


def _unheard_of(update: Update, message: Message) -> Contents | None:
    """Something that a customer sent and this version does not know: they hear that the desk cannot read it."""
    known = message.poll is not None or filters.StatusUpdate.ALL.check_update(update)
    if known or not message.api_kwargs or message.chat.type != Chat.PRIVATE:
        return None
    return Contents(Kind.OTHER)


def _edit(update: Update, message: Message, me: BotSelf, now: datetime) -> Inbound | None:
    """An edited message, under a new provider id. A live location "edits" its message at every step."""
    contents = contents_of(message)
    if contents is None or contents.kind is Kind.LOCATION or not _concerns_us(message, me):
        return None
    inbound = _inbound(update, message, contents, me, now, edited=True)
    return None if inbound.kind is Kind.START else inbound


def _concerns_us(message: Message, me: BotSelf) -> bool:
    """Not from a channel, an anonymous admin or a bot; in a group only what is addressed to the bot."""
    if message.from_user is None or message.from_user.is_bot or message.sender_chat is not None:
        return False
    if message.chat.type == Chat.PRIVATE:
        return True
    return message.chat.type in _GROUPS and is_addressed(message, me)


def _inbound(
    update: Update, message: Message, contents: Contents, me: BotSelf, now: datetime, *, edited: bool = False
) -> Inbound:
    kind, text = contents.kind, without_mentions(message, me)
    command = command_in(text) if kind is Kind.TEXT else None
    if command is not None:
        kind, text = (Kind.START, command.rest) if command.name == START else (kind, command.words)
    elif kind is Kind.TEXT and not text:
        text = "help"  # a group's member who wrote only the bot's name
    place = number(message.message_id)
    return Inbound(
        chat=chat_ref(message.chat, message),
        provider_id=f"u{update.update_id}",
        text=text or contents.words,
        received_at=now,
        quoted=_quoted(message),
        kind=kind,
        attachments=contents.attachments,
        message_id=str(place),
        about=str(place) if edited else "",
        edited=edited,
        author=author_of(message.from_user),
        order=place,
    )


def _quoted(message: Message) -> str | None:
    """The words replied to: the passage that the writer marked, or else all of the message."""
    if message.quote is not None and message.quote.is_manual:
        return clean(message.quote.text) or None
    to = message.reply_to_message
    return clean(to.text if to.text is not None else to.caption) or None if to is not None else None


def author_of(user: User | None) -> str:
    """The name that a user shows, or their @username."""
    if user is None:
        return ""
    name = " ".join(part for part in (clean(user.first_name), clean(user.last_name)) if part)
    return name or (f"@{clean(user.username)}" if user.username else "")


# Taps, reactions, membership -----------------------------------------------------------------------------


def _tap(update: Update, query: CallbackQuery, now: datetime) -> Received:
    """A tapped button. Messages sent through inline mode, games and channels have nothing for the desk.

    The message may be inaccessible (deleted, or too old for Telegram to show): then its words are lost, not
    its id.
    """
    callback_id = clean(query.id)
    message = query.message
    if message is None or not query.data or query.from_user.is_bot or message.chat.type == Chat.CHANNEL:
        return Received(callback_id=callback_id)
    whole = message if isinstance(message, Message) else None
    choice = clean(query.data)
    inbound = Inbound(
        chat=chat_ref(message.chat, whole),
        provider_id=f"u{update.update_id}",
        text=_title(whole, choice),
        received_at=now,
        choice_id=choice,
        kind=Kind.TAP,
        about=str(number(message.message_id)),
        author=author_of(query.from_user),
    )
    return Received(inbound, callback_id=callback_id)


def _title(message: Message | None, choice: str) -> str:
    """What stands on the button with this id."""
    if message is None or message.reply_markup is None:
        return ""
    buttons: Iterable[InlineKeyboardButton] = (b for row in message.reply_markup.inline_keyboard for b in row)
    return next((clean(button.text) for button in buttons if button.callback_data == choice), "")


def _reaction(update: Update, reaction: MessageReactionUpdated, now: datetime) -> Inbound | None:
    """An emoji put under a message in a private chat. One that was taken away says nothing."""
    if reaction.user is None or reaction.user.is_bot or reaction.chat.type != Chat.PRIVATE:
        return None  # in a group it may be about anybody's message
    before = _emojis(reaction.old_reaction)
    new = [emoji for emoji in _emojis(reaction.new_reaction) if emoji not in before]
    if not new:
        return None
    return Inbound(
        chat=chat_ref(reaction.chat),
        provider_id=f"u{update.update_id}",
        text="".join(new),
        received_at=now,
        kind=Kind.REACTION,
        about=str(number(reaction.message_id)),
        author=author_of(reaction.user),
    )


def _emojis(reactions: Iterable[ReactionType]) -> list[str]:
    """Those that are characters; a custom emoji is a picture with an id."""
    return [clean(reaction.emoji) for reaction in reactions if isinstance(reaction, ReactionTypeEmoji)]


def _reach(changed: ChatMemberUpdated) -> Reach | None:
    """Whether the bot may write in a chat from now on."""
    if changed.chat.type == Chat.CHANNEL:
        return None
    member = changed.new_chat_member
    reachable = member.status not in _GONE
    if isinstance(member, ChatMemberRestricted):
        reachable = bool(member.is_member and member.can_send_messages)
    return Reach(chat_ref(changed.chat), reachable, changed.date)
