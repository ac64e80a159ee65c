"""What the supplier's people are told about a turn."""

from collections.abc import Sequence
from typing import Any

from core.domain.messages import Attachment, Inbound, Kind
from core.flows.scene import Scene, StaffNote
from core.ports import Job, OpenTurn

NEWS = frozenset({"order", "changed", "cancelled", "message", "unsubscribed"})
"""What staff hear of and need not act on."""

_LONGEST = 2_000
_NOT_WRITTEN = frozenset({Kind.OPT_OUT, Kind.OPT_IN, Kind.REMINDER})
_WITH_FILES = frozenset({"handoff", "message", "file", "parked", "claim", "claim more"})


def staff_jobs(turn: OpenTurn, scene: Scene) -> tuple[Job, ...]:
    """The outbox rows for a turn's notes. Their keys come from the turn, so that a repeat is harmless."""
    told = (note for note in dict.fromkeys(scene.notes) if scene.rules.staff_room or note.about not in NEWS)
    return tuple(_job(turn, scene, note) for note in told)


def message_note(turn: OpenTurn) -> StaffNote | None:
    """The customer's words and files for the person who has the chat; None where there is nothing to pass on."""
    inbound = [w.inbound for w in turn.messages if w.inbound.kind not in _NOT_WRITTEN]
    if not words_of(inbound) and not _files(inbound):
        return None
    return StaffNote("message", words_of(inbound))


def words_of(messages: Sequence[Inbound]) -> str:
    """What was written in a turn, a line a message."""
    written = (message for message in messages if message.kind is not Kind.REMINDER)
    return "\n".join(said for said in map(_said, written) if said)[:_LONGEST]


def _said(inbound: Inbound) -> str:
    if inbound.kind is Kind.DELETED:
        return "(took a message back)"
    text = inbound.text.strip()
    if not text and inbound.kind in (Kind.OTHER, Kind.STICKER):
        return "(sent a sticker)" if inbound.kind is Kind.STICKER else "(sent something that can't be shown here)"
    return f"(edited) {text}" if inbound.edited and text else text


def _files(messages: Sequence[Inbound]) -> list[Attachment]:
    return [file for inbound in messages for file in inbound.attachments if not inbound.edited]


def _job(turn: OpenTurn, scene: Scene, note: StaffNote) -> Job:
    messages = [w.inbound for w in turn.messages]
    payload: dict[str, Any] = {
        "about": note.about,
        "chat": turn.chat_id,
        "outlet": scene.session.outlet,
        "sender": turn.chat.sender,
        "channel": turn.chat.channel,
        "author": next((m.author for m in reversed(messages) if m.author), ""),
        "text": note.text or words_of(messages),
        "order": note.order,
        "attachments": [
            {"ref": f.ref, "content_type": f.content_type, "name": f.name, "size": f.size} for f in _files(messages)
        ]
        if note.about in _WITH_FILES
        else [],
        "turn": turn.turn_id,
        **({"reason": note.reason} if note.reason else {}),
    }
    ending = f":{note.order}" if note.order else ""
    return Job("staff", f"{note.about}:{turn.turn_id}{ending}", "staff", payload)
