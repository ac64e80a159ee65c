"""A reply as Telegram shows it: HTML in parts of at most 4,096 units, and an inline keyboard.

The desk writes WhatsApp's `*bold*`. Bot API, sendMessage: "1-4096 characters after entities parsing"; Telegram
counts UTF-16 code units.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from core.domain.messages import Choice, Reply
from core.errors import DeliveryRefused

LIMIT = 4_096
MOST_BUTTONS = 100
_TITLE = 64
_DATA = 64
# A star opens before a word and closes after one, on the same line; "4*6*2" is arithmetic.
_BOLD = re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]*[^\s*])\*(?![\w*])")
_THREE_A_ROW, _TWO_A_ROW = 10, 18


@dataclass(frozen=True, slots=True)
class Mark:
    """One character of a reply. `card`: it belongs to the card."""

    character: str
    bold: bool
    card: bool


@dataclass(frozen=True, slots=True)
class Part:
    """One message: its HTML, the same without markup, and the HTML that is left when the card is taken out."""

    html: str
    plain: str
    rest: str
    has_card: bool


def parts_of(reply: Reply, limit: int = LIMIT) -> tuple[Part, ...]:
    """The reply's messages, cut between lines (within one only when it is longer than a message).

    Descriptions of choices follow the text. Raises DeliveryRefused where there is nothing to say.
    """
    marks = _marks(reply.text + _descriptions(reply.choices), _span(reply), len(reply.text))
    parts = tuple(_part(group) for group in _grouped(_lines(marks), limit))
    if not parts:
        raise DeliveryRefused("a reply without a word")
    return parts


def keyboard_of(choices: Sequence[Choice]) -> InlineKeyboardMarkup | None:
    """The choices as buttons, short ones side by side. Raises DeliveryRefused for ids that Telegram would not take."""
    if not choices:
        return None
    if len(choices) > MOST_BUTTONS:
        raise DeliveryRefused(f"{len(choices)} choices; Telegram shows at most {MOST_BUTTONS}")
    return InlineKeyboardMarkup([[_button(choice) for choice in row] for row in _rows(choices)])


def width(text: str) -> int:
    """The length of a text as Telegram counts it: in UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


# Text ----------------------------------------------------------------------------------------------------


def _descriptions(choices: Iterable[Choice]) -> str:
    """Telegram's buttons have no second line, so what is to be known of a choice stands in the text."""
    told = [f"• {choice.title}: {choice.description}" for choice in choices if choice.description]
    return "\n\n" + "\n".join(told) if told else ""


def _span(reply: Reply) -> tuple[int, int]:
    """Where the card stands in the text; a card that is not in it is taken to be all of it."""
    if not reply.card:
        return 0, 0
    start = reply.text.find(reply.card)
    return (start, start + len(reply.card)) if start >= 0 else (0, len(reply.text))


def _marks(text: str, card: tuple[int, int], descriptions: int) -> list[Mark]:
    """The text's characters without the stars of bold. What describes the buttons of a card goes with it."""
    bold: set[int] = set()
    stars: set[int] = set()
    for found in _BOLD.finditer(text):
        stars.update((found.start(), found.end() - 1))
        bold.update(range(*found.span(1)))
    return [
        Mark(character, at in bold, card[0] <= at < card[1] or (card[1] > 0 and at >= descriptions))
        for at, character in enumerate(text.encode("utf-8", "replace").decode())
        if at not in stars
    ]


def _lines(marks: Iterable[Mark]) -> list[list[Mark]]:
    """The lines, each with its line end."""
    lines: list[list[Mark]] = [[]]
    for mark in marks:
        lines[-1].append(mark)
        if mark.character == "\n":
            lines.append([])
    return [line for line in lines if line]


def _grouped(lines: Iterable[list[Mark]], limit: int) -> list[list[Mark]]:
    """Lines put together to messages that keep the limit and are not blank."""
    groups: list[list[Mark]] = [[]]
    used = 0
    for piece in (piece for line in lines for piece in _pieces(line, limit)):
        size = width(_plain(piece))
        if used and used + size > limit:
            groups.append([])
            used = 0
        groups[-1].extend(piece)
        used += size
    return [group for group in groups if _plain(group).strip()]


def _pieces(line: list[Mark], limit: int) -> list[list[Mark]]:
    """A line that fits, or its pieces, cut after the last space that fits."""
    pieces = []
    while width(_plain(line)) > limit:
        fitting = _fitting(line, limit)
        spaces = [at for at in range(fitting) if line[at].character == " "]
        cut = spaces[-1] + 1 if spaces else fitting
        pieces.append(line[:cut])
        line = line[cut:]
    return [*pieces, line]


def _fitting(line: Sequence[Mark], limit: int) -> int:
    """How many of the characters fit."""
    used = 0
    for at, mark in enumerate(line):
        used += width(mark.character)
        if used > limit:
            return at
    return len(line)


def _part(marks: Sequence[Mark]) -> Part:
    rest = re.sub(r"\n{3,}", "\n\n", _html([mark for mark in marks if not mark.card])).strip()
    shown = _stripped(marks)
    return Part(_html(shown), _plain(shown), rest, any(mark.card for mark in marks))


def _stripped(marks: Sequence[Mark]) -> Sequence[Mark]:
    """Without white space at both ends, which may be bold."""
    said = [at for at, mark in enumerate(marks) if not mark.character.isspace()]
    return marks[said[0] : said[-1] + 1] if said else []


def _plain(marks: Iterable[Mark]) -> str:
    return "".join(mark.character for mark in marks)


def _html(marks: Iterable[Mark]) -> str:
    runs = ((bold, escape(_plain(run), quote=False)) for bold, run in groupby(marks, key=lambda mark: mark.bold))
    return "".join(f"<b>{text}</b>" if bold else text for bold, text in runs)


# Buttons -------------------------------------------------------------------------------------------------


def _button(choice: Choice) -> InlineKeyboardButton:
    size = len(choice.id.encode())
    if not 0 < size < _DATA:
        raise DeliveryRefused(f"a choice's id has {size} bytes; Telegram's callback_data takes 1 to {_DATA - 1}")
    title = choice.title if len(choice.title) <= _TITLE else choice.title[: _TITLE - 1].rstrip() + "…"
    return InlineKeyboardButton(title, callback_data=choice.id)


def _rows(choices: Sequence[Choice]) -> list[list[Choice]]:
    """Up to three short titles a row, two middling ones, or one long one, in the order given."""
    rows: list[list[Choice]] = []
    for choice in choices:
        if rows and len(rows[-1]) < min(_beside(other) for other in (*rows[-1], choice)):
            rows[-1].append(choice)
        else:
            rows.append([choice])
    if len(rows) > 1 and len(rows[-1]) == 1 and len(rows[-2]) == 3 and _beside(rows[-1][0]) == 3:
        rows[-1].insert(0, rows[-2].pop())  # two and two rather than three and one
    return rows


def _beside(choice: Choice) -> int:
    """How many buttons of this title's length a phone shows in a row."""
    length = len(choice.title)
    return 3 if length <= _THREE_A_ROW else 2 if length <= _TWO_A_ROW else 1
