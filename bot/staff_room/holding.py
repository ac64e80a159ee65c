"""Who has a chat: the desk, nobody yet (a person was asked for), or one of the staff by name."""

from bot.handoff import TAKEN, release_chat, session_of, take_chat
from bot.ports import ChatRow, DeskStore
from core.ports import Clock


def holder_of(row: ChatRow) -> str | None:
    """The name of who has taken the chat; "" where it waits for somebody, None where the desk has it."""
    handoff = session_of(row).handoff
    if handoff is None:
        return None
    return handoff.reason.removeprefix(TAKEN) if handoff.reason.startswith(TAKEN) else ""


def with_person(row: ChatRow) -> bool:
    """Whether the desk is silent in the chat."""
    return session_of(row).handoff is not None


async def take(store: DeskStore, clock: Clock, chat_id: int, who: str) -> tuple[ChatRow, str, bool] | None:
    """Take a chat: the chat, who has it now, and whether that is news. None for no such chat. Raises Busy.

    One that waits for a person becomes theirs; one that somebody has stays with them, however close the two taps.
    """
    before = await take_chat(store, chat_id, who, clock.now())
    if before is None:
        return None
    if holder := holder_of(before):
        return before, holder, False
    row = await store.chat(chat_id) or before
    holder = holder_of(row) or who
    return row, holder, holder == who


async def free(store: DeskStore, chat_id: int) -> tuple[ChatRow, bool] | None:
    """Hand a chat back: the chat, and whether somebody had it. None for no such chat. Raises Busy."""
    before = await store.chat(chat_id)
    if before is None:
        return None
    if not with_person(before):
        return before, False
    await release_chat(store, chat_id)
    return await store.chat(chat_id) or before, True
