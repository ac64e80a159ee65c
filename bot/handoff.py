"""Giving a chat back to the desk after a person has had it."""

from bot.ports import ChatRow, DeskStore
from core.domain.sessions import Session

_LOOKED_AT = 10_000


async def release_chat(store: DeskStore, chat_id: int) -> ChatRow | None:
    """End the handoff of a chat; harmless where there is none. None for no such chat. Raises Busy."""
    rows = await store.chat_rows(limit=_LOOKED_AT)
    row = next((row for row in rows if row.chat_id == chat_id), None)
    if row is not None:
        await store.edit_session(row.chat.key, _without_handoff)
    return row


def _without_handoff(stored: str | None) -> str | None:
    """The session with its handoff ended."""
    if stored is None:
        return None
    session = Session.from_json(stored)
    session.handoff = None
    return session.to_json()
