"""The buttons of the staff room: who has a chat, and changing that. Callback data is below 64 bytes."""

import re
from collections.abc import Sequence

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

PREFIX = "s:"
TAKE, FREE = "take", "free"
_DATA = re.compile(r"s:(take|free):(\d{1,18})", re.ASCII)
_NAME_CHARS = 20


def read_data(data: str | None) -> tuple[str, int] | None:
    """What a button does and to which chat; None for data that is none of ours."""
    found = _DATA.fullmatch(data or "")
    return (found[1], int(found[2])) if found else None


def button(chat_id: int, holder: str | None, *, numbered: bool = False) -> InlineKeyboardButton:
    """Take over, or where somebody has the chat, hand back. `numbered` where several chats stand in a message."""
    number = f" {chat_id}" if numbered else ""
    if holder is None:
        return InlineKeyboardButton(f"Take over{number}", callback_data=f"{PREFIX}{TAKE}:{chat_id}")
    name = f" ({holder if len(holder) <= _NAME_CHARS else holder[: _NAME_CHARS - 1] + '…'})" if holder else ""
    return InlineKeyboardButton(f"Hand back{number}{name}", callback_data=f"{PREFIX}{FREE}:{chat_id}")


def keyboard(chat_id: int, holder: str | None) -> InlineKeyboardMarkup:
    """The one button of a message about one chat."""
    return InlineKeyboardMarkup([[button(chat_id, holder)]])


def list_keyboard(chats: Sequence[tuple[int, str | None]]) -> InlineKeyboardMarkup:
    """A button a chat."""
    return InlineKeyboardMarkup([[button(chat_id, holder, numbered=True)] for chat_id, holder in chats])


def changed(shown: InlineKeyboardMarkup | None, chat_id: int, holder: str | None) -> InlineKeyboardMarkup:
    """The buttons of a message with that of one chat as it should be now."""
    rows = shown.inline_keyboard if shown else ()
    several = sum(len(row) for row in rows) > 1
    if not any(_chat_of(each) == chat_id for row in rows for each in row):
        return keyboard(chat_id, holder)
    return InlineKeyboardMarkup(
        [
            [button(chat_id, holder, numbered=several) if _chat_of(each) == chat_id else each for each in row]
            for row in rows
        ]
    )


def only_chat(shown: InlineKeyboardMarkup | None) -> int | None:
    """The chat that a message's buttons are about, where they are about one."""
    found = {_chat_of(each) for row in (shown.inline_keyboard if shown else ()) for each in row}
    return found.pop() if len(found) == 1 else None


def _chat_of(each: InlineKeyboardButton) -> int | None:
    data = each.callback_data
    found = read_data(data) if isinstance(data, str) else None
    return found[1] if found else None
