"""What the desk remembers of its messages in a chat: the live draft card, and the live keyboard.

Both stand in the notes of SentLog, so that any process can take them down.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from channels.contract import Sent, SentLog
from channels.telegram.render import Part
from core.domain.messages import ChatRef

CARD = "card"  # the message shows the draft
KEYBOARD = "keyboard"  # the message has buttons
_MESSAGES = "messages"
_TIDY = "tidy"


@dataclass(frozen=True, slots=True)
class Shown:
    """An earlier reply as it stands in the chat.

    `messages` are its parts that show a card, each with the HTML that is left without it; `key` and `part`
    name the row of the reply's last part, where all this is noted.
    """

    key: str
    part: int
    message_id: int
    messages: tuple[tuple[int, str], ...] = ()
    note: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As kept in another note."""
        return {"key": self.key, "part": self.part, "note": dict(self.note)}


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a new reply takes down: the card and the keyboard before it, often one and the same message."""

    card: Shown | None = None
    keyboard: Shown | None = None

    def to_json(self) -> dict[str, Any]:
        """As kept in the new reply's note until it is done."""
        return {
            name: shown.to_json() for name, shown in ((CARD, self.card), (KEYBOARD, self.keyboard)) if shown is not None
        }


async def earlier_of(log: SentLog, chat: ChatRef) -> Earlier:
    """What stands in the chat now."""
    card, keyboard = await log.last_noted(chat, CARD), await log.last_noted(chat, KEYBOARD)
    return Earlier(_shown(card), _shown(keyboard))


def earlier_in(note: Mapping[str, Any]) -> Earlier | None:
    """What a reply that is out had still to take down when its process died; None for nothing."""
    tidy = note.get(_TIDY)
    if not tidy:
        return None
    return Earlier(*(_from_json(tidy[name]) if name in tidy else None for name in (CARD, KEYBOARD)))


def note_of(
    parts: Sequence[Part], message_ids: Sequence[int], *, card: bool, keyboard: bool, tidy: Earlier
) -> dict[str, Any]:
    """The note on a reply's last part."""
    shown = [[number, part.rest] for number, part in zip(message_ids, parts, strict=True) if part.has_card]
    note: dict[str, Any] = {"message_id": message_ids[-1], CARD: card, KEYBOARD: keyboard}
    if card:
        note[_MESSAGES] = shown
        note["rest"] = parts[-1].rest
    if tidy.to_json():
        note[_TIDY] = tidy.to_json()
    return note


def without(note: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """The note of a message that has lost its card, its keyboard or both."""
    return {name: False if name in names else value for name, value in note.items() if name != _TIDY}


def tidied(note: Mapping[str, Any]) -> dict[str, Any]:
    """The note once nothing is left to take down."""
    return {name: value for name, value in note.items() if name != _TIDY}


def _shown(sent: Sent | None) -> Shown | None:
    if sent is None or "message_id" not in sent.note:
        return None
    return _from_json({"key": sent.key, "part": sent.part, "note": tidied(sent.note)})


def _from_json(stored: Mapping[str, Any]) -> Shown:
    note = stored["note"]
    messages = tuple((int(number), str(rest)) for number, rest in note.get(_MESSAGES, ()))
    return Shown(stored["key"], int(stored["part"]), int(note["message_id"]), messages, note)
