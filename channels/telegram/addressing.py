"""Groups: whether a message there is meant for the desk, and its words without the desk's name."""

import re
from collections.abc import Sequence

from telegram import Message, MessageEntity

from channels.telegram.bot import BotSelf
from channels.telegram.commands import command_in
from channels.telegram.parsing import clean
from core.errors import Busy

_GAP = re.compile(r"[ \t]{2,}")


def is_addressed(message: Message, me: BotSelf) -> bool:
    """Whether a group's message names the bot, replies to it, or is a command for it.

    Raises Busy while the bot's own name, on which it depends, is not known yet.
    """
    if _answers(message, me) or any(_names(e, _words(message), me) for e in _entities(message)):
        return True
    command = command_in(clean(message.text))
    if command is not None:
        return (command.bot == _own_name(me)) if command.bot else command.known
    return False


def without_mentions(message: Message, me: BotSelf) -> str:
    """The message's text or caption without mentions of the bot."""
    words = _words(message)
    kept = words.encode("utf-16-le")
    ours = sorted((e for e in _entities(message) if _names(e, words, me)), key=lambda e: e.offset, reverse=True)
    for entity in ours:
        kept = kept[: entity.offset * 2] + kept[(entity.offset + entity.length) * 2 :]
    text = clean(kept.decode("utf-16-le", "replace"))
    return _GAP.sub(" ", text).lstrip(" \t\n,:;").rstrip() if ours else text.strip()


def _answers(message: Message, me: BotSelf) -> bool:
    """Whether it replies to the bot. In a topic every message "replies" to the one that opened the topic."""
    to = message.reply_to_message
    return to is not None and to.from_user is not None and to.from_user.id == me.id and to.forum_topic_created is None


def _names(entity: MessageEntity, words: str, me: BotSelf) -> bool:
    if entity.type == MessageEntity.TEXT_MENTION:
        return entity.user is not None and entity.user.id == me.id
    if entity.type != MessageEntity.MENTION:
        return False
    named = words.encode("utf-16-le")[entity.offset * 2 : (entity.offset + entity.length) * 2]
    return named.decode("utf-16-le", "replace").casefold() == f"@{_own_name(me)}"


def _own_name(me: BotSelf) -> str:
    if not me.username:
        raise Busy("the bot does not know its own name yet")
    return me.username.casefold()


def _words(message: Message) -> str:
    """Text or caption as it came: offsets of entities count its UTF-16 units."""
    words = message.text if message.text is not None else message.caption
    return (words or "").encode("utf-8", "replace").decode()


def _entities(message: Message) -> Sequence[MessageEntity]:
    return message.entities if message.text is not None else message.caption_entities
