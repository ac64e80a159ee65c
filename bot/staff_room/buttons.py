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


def row_of(chat_id: int, holder: str | None, *, numbered: bool = False) -> list[InlineKeyboardButton]:
    """What can be done about a chat: take over (`holder` None: the desk has it), hand back (the name of who has it),
    either ("": it waits for a person). `numbered` where several chats stand in a message.
    """
    number = f" {chat_id}" if numbered else ""
    name = f" ({holder if len(holder) <= _NAME_CHARS else holder[: _NAME_CHARS - 1] + '…'})" if holder else ""
    take = InlineKeyboardButton(f"Take over{number}", callback_data=f"{PREFIX}{TAKE}:{chat_id}")
    free = InlineKeyboardButton(f"Hand back{number}{name}", callback_data=f"{PREFIX}{FREE}:{chat_id}")
    return [take] if holder is None else [free] if holder else [take, free]


def keyboard(chat_id: int, holder: str | None) -> InlineKeyboardMarkup:
    """The buttons of a message about one chat."""
    return InlineKeyboardMarkup([row_of(chat_id, holder)])


def list_keyboard(chats: Sequence[tuple[int, str | None]]) -> InlineKeyboardMarkup:
    """A row a chat."""
    return InlineKeyboardMarkup([row_of(chat_id, holder, numbered=True) for chat_id, holder in chats])


def changed(shown: InlineKeyboardMarkup | None, chat_id: int, holder: str | None) -> InlineKeyboardMarkup:
    """The buttons of a message with those of one chat as they should be now."""
    rows = [list(row) for row in shown.inline_keyboard] if shown else []
    about = [{_chat_of(each) for each in row} for row in rows]
    if {chat_id} not in about:
        return keyboard(chat_id, holder)
    several = len(rows) > 1
    return InlineKeyboardMarkup(
        [
            row_of(chat_id, holder, numbered=several) if chats == {chat_id} else row
            for row, chats in zip(rows, about, strict=True)
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
