"""Chats that a person has or should look at: why, taking one over, answering in it, giving it back."""

from dataclasses import dataclass
from datetime import datetime

from bot.ports import ChatRow, DeskStore
from core.domain.sessions import Handoff, Session
from core.engine import PULL_CHANNELS
from core.errors import InvalidInput

PARKED = "a message could not be handled"
TAKEN = "taken over by "


class Unsubscribed(InvalidInput):
    """The customer asked not to be written to."""

    code = "unsubscribed"


@dataclass(frozen=True, slots=True)
class PersonNeeded:
    """Why a chat waits for a person, and since when."""

    reason: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Said:
    """What a person wrote into a chat: its place in the log, and whether it is delivered by a job.

    Where it is not, the browser chat shows it; a caller of the chat API or a terminal never hears of it.
    """

    row: ChatRow
    seq: int
    queued: bool


def session_of(row: ChatRow) -> Session:
    """A chat's session; an empty one where it cannot be read."""
    try:
        return Session.from_json(row.session)
    except ValueError:
        return Session()


def waiting_for_a_person(row: ChatRow) -> PersonNeeded | None:
    """Why a chat waits for a person: it was handed over, or one of its messages is parked."""
    handoff = session_of(row).handoff
    if handoff is not None:
        return PersonNeeded(handoff.reason, handoff.since)
    return PersonNeeded(PARKED, row.parked_since) if row.parked else None


async def release_chat(store: DeskStore, chat_id: int) -> ChatRow | None:
    """End the handoff of a chat; harmless where there is none. None for no such chat. Raises Busy."""
    row = await store.chat(chat_id)
    if row is not None:
        await store.edit_session(row.chat.key, _without_handoff)
    return row


async def take_chat(store: DeskStore, chat_id: int, by: str, at: datetime) -> ChatRow | None:
    """Hand a chat to the person `by`: the desk is silent in it until it is released.

    One that waits for a person becomes theirs; one that somebody has taken stays with them. The chat as it was
    before, None for no such chat. Raises Busy.
    """
    row = await store.chat(chat_id)
    if row is not None and not _is_taken(session_of(row)):
        await store.edit_session(row.chat.key, lambda stored: _taken(stored, by, at))
    return row


async def answer_chat(
    store: DeskStore, chat_id: int, text: str, at: datetime, source: str | None = None
) -> Said | None:
    """Write into a chat as a person of the supplier's. None for no such chat.

    It changes nothing about who has the chat. With `source`, the provider's id of what the person wrote, it is
    said once however often it is called. Raises Unsubscribed.
    """
    row = await store.chat(chat_id)
    if row is None:
        return None
    push = is_pushed(row)
    seq = await store.log_staff_message(chat_id, text, at, push=push, source=source)
    return None if seq is None else Said(row, seq, push)


def is_pushed(row: ChatRow) -> bool:
    """Whether what a person writes into a chat is sent, rather than shown there. Raises Unsubscribed."""
    if session_of(row).opted_out:
        raise Unsubscribed("This customer has unsubscribed on this channel and may not be written to there.")
    return row.chat.channel not in PULL_CHANNELS


def _taken(stored: str | None, by: str, at: datetime) -> str:
    """The session in the hands of `by`, unless somebody has it; one that cannot be read begins afresh."""
    try:
        session = Session.from_json(stored)
    except ValueError:
        session = Session()
    if not _is_taken(session):
        session.handoff = Handoff(f"{TAKEN}{by}", session.handoff.since if session.handoff else at)
    return session.to_json()


def _is_taken(session: Session) -> bool:
    """Whether somebody has the chat, rather than that it waits for somebody."""
    return session.handoff is not None and session.handoff.reason.startswith(TAKEN)


def _without_handoff(stored: str | None) -> str | None:
    """The session with its handoff ended; one that cannot be read has none."""
    if stored is None:
        return None
    try:
        session = Session.from_json(stored)
    except ValueError:
        return stored
    session.handoff = None
    return session.to_json()
