"""A reply as WhatsApp can show it: plain messages, and a picker for the choices where one fits. Pure.

Limits: Twilio, "Messages resource" (a body has 1,600 characters) and `pickers`. Characters are counted as UTF-16
counts them: an emoji is two, so that no way to count gives more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from channels.whatsapp.pickers import LONGEST_BODY, Picker, picker, units
from core.domain.messages import Choice, Reply

LONGEST_MESSAGE = 1_600


@dataclass(frozen=True, slots=True)
class Rendering:
    """The bodies of plain messages, then a picker. Without the picker its `fallback` is sent as plain messages.

    Parts are numbered through: `plain` from 0, the picker after them.
    """

    plain: tuple[str, ...]
    picker: Picker | None = None
    fallback: tuple[str, ...] = ()


def rendered(reply: Reply) -> Rendering:
    """How a reply is sent. The same reply is always rendered in the same parts, so that a retry fits the first try."""
    text = reply.text.strip()
    if not reply.choices:
        return Rendering(tuple(split(text)))
    for head, tail in _cuts(text):
        if made := picker(tail, reply.choices):
            return Rendering(tuple(split(head)), made, tuple(split(numbered(tail, reply.choices))))
    return Rendering(tuple(split(numbered(text, reply.choices))))


def numbered(text: str, choices: Sequence[Choice]) -> str:
    """The text with its choices as a numbered list; the desk reads a number as the choice at that place."""
    lines = [f"{n}. {_line(choice)}".rstrip() for n, choice in enumerate(choices, 1)]
    return "\n".join([text, "", *lines] if text else lines)


def split(text: str, limit: int = LONGEST_MESSAGE) -> list[str]:
    """The text in parts of at most `limit` characters, cut between lines.

    A line that is longer by itself is cut at a space, and a word that is longer by itself anywhere. Empty lines
    at the edge of a part are dropped; no other line is.
    """
    parts: list[str] = []
    part = ""
    for line in text.splitlines():
        for piece in _pieces(line.rstrip(), limit):
            longer = f"{part}\n{piece}" if part else piece
            if units(longer) <= limit:
                part = longer
                continue
            parts.append(part)
            part = piece
    parts.append(part)
    return [kept for part in parts if (kept := part.strip("\n"))]


def _pieces(line: str, limit: int) -> list[str]:
    """A line, cut where it does not fit."""
    pieces = []
    while units(line) > limit:
        room = _fitting(line, limit)
        cut = line.rfind(" ", 1, room + 1)
        cut = cut if cut > 0 and line[:cut].strip() else room
        pieces.append(line[:cut].rstrip())
        line = line[cut:].lstrip()
    return [*pieces, line]


def _fitting(line: str, limit: int) -> int:
    """How many characters of the line fit."""
    used = 0
    for count, character in enumerate(line):
        used += 2 if character > "\uffff" else 1
        if used > limit:
            return count
    return len(line)


def _cuts(text: str) -> list[tuple[str, str]]:
    """Ways to say the text in two: nothing before the picker; all but the last paragraph; all but the last lines."""
    cuts = [("", text)]
    head, gap, question = text.rpartition("\n\n")
    if gap:
        cuts.append((head, question))
    lines = text.splitlines()
    kept = len(lines)
    while kept and units("\n".join(lines[kept - 1 :])) <= LONGEST_BODY:
        kept -= 1
    if 0 < kept < len(lines):
        cuts.append(("\n".join(lines[:kept]), "\n".join(lines[kept:])))
    return cuts


def _line(choice: Choice) -> str:
    words = [" ".join(part.split()) for part in (choice.title, choice.description)]
    return " — ".join(filter(None, words))
