"""Choices as WhatsApp shows them, quick replies or a list picker, and the reusable content behind them. Pure.

Twilio sends buttons and lists only as Content, which is created once and then sent with variables. One Content
serves every message of one shape: so many lines in such paragraphs, so many choices of such a kind. Line breaks and
blank lines are the content's own text, since no variable may hold one (error 21656); every line, title, id and
description is a variable.

Limits: Twilio, "twilio/quick-reply", "twilio/list-picker", "Using Variables with Content Templates"; errors 92002
(100 variables), 50529 (256 characters a value), 21656 (no empty value).
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from core.domain.messages import Choice

LONGEST_BODY = 1_024
_LONGEST_VALUE = 255
_MOST_VARIABLES = 100
_MOST_BUTTONS = 3  # of a message that WhatsApp has not approved
_LONGEST_BUTTON = 20
_MOST_ROWS = 10
_LONGEST_ROW = 24
_LONGEST_DESCRIPTION = 72
_LONGEST_ID = 200
_OPEN_LIST = "Choose"


@dataclass(frozen=True, slots=True)
class Picker:
    """A message with choices. `lines` are the body's, "" for a blank one; `rows` are (id, title, description)."""

    is_list: bool
    lines: tuple[str, ...]
    rows: tuple[tuple[str, str, str], ...]

    @property
    def body(self) -> str:
        """The body as the customer sees it."""
        return "\n".join(self.lines)

    @property
    def name(self) -> str:
        """The shape's name: kind, rows ("d" with a description) and the paragraphs' lengths in lines."""
        rows = "".join("d" if description else "t" for _, _, description in self.rows)
        paragraphs = "".join("." if line else "-" for line in self.lines)
        return f"whatsapp/1/{'list' if self.is_list else 'buttons'}/{rows}/{_shortened(paragraphs)}"

    def variables(self) -> str:
        """What fills the content, as ContentVariables wants it."""
        return json.dumps({str(n): value for n, value in enumerate(self.values(), 1)}, ensure_ascii=False)

    def content(self) -> dict[str, Any]:
        """The ContentCreateRequest of the shape, with samples in the place of what varies."""
        numbers = iter(range(1, _MOST_VARIABLES + 1))
        body = "\n".join(_variable(next(numbers)) if line else "" for line in self.lines)
        rows = [self._row(numbers, described=bool(row[2])) for row in self.rows]
        samples = {str(n): "sample" for n in range(1, next(numbers))}
        kind: dict[str, Any] = (
            {"twilio/list-picker": {"body": body, "button": _OPEN_LIST, "items": rows}}
            if self.is_list
            else {"twilio/quick-reply": {"body": body, "actions": rows}}
        )
        return {"friendly_name": f"resupply {self.name}", "language": "en", "variables": samples, "types": kind}

    def _row(self, numbers: Iterator[int], *, described: bool) -> dict[str, str]:
        key, title = next(numbers), next(numbers)
        if not self.is_list:
            return {"type": "QUICK_REPLY", "id": _variable(key), "title": _variable(title)}
        row = {"id": _variable(key), "item": _variable(title)}
        return {**row, "description": _variable(next(numbers))} if described else row

    def values(self) -> list[str]:
        """The values in the order of their numbers."""
        values = [line for line in self.lines if line]
        for key, title, description in self.rows:
            values += [key, title, *([description] if description else [])]
        return values


def picker(text: str, choices: Sequence[Choice]) -> Picker | None:
    """The picker for a text and its choices; None where they do not fit one, or could not be told apart in it."""
    lines = _lines(text)
    body = "\n".join(lines)
    if not lines or units(body) > LONGEST_BODY or any(units(line) > _LONGEST_VALUE for line in lines):
        return None
    for is_list, rows in ((False, _buttons(choices)), (True, _list_rows(choices))):
        made = Picker(is_list, lines, rows) if rows is not None else None
        if made and len(made.values()) < _MOST_VARIABLES:
            return made
    return None


def _lines(text: str) -> tuple[str, ...]:
    """The text's lines, spaces within them single, no two blank ones in a row."""
    lines: list[str] = []
    for line in text.splitlines():
        tidy = " ".join(line.split())
        if tidy or (lines and lines[-1]):
            lines.append(tidy)
    return tuple(lines[:-1] if lines and not lines[-1] else lines)


def _buttons(choices: Sequence[Choice]) -> tuple[tuple[str, str, str], ...] | None:
    """Quick replies, which show nothing but a short title."""
    rows = tuple((choice.id, " ".join(choice.title.split()), "") for choice in choices)
    fits = len(rows) <= _MOST_BUTTONS and not any(choice.description.strip() for choice in choices)
    return rows if fits and _distinct(rows) and all(units(row[1]) <= _LONGEST_BUTTON for row in rows) else None


def _list_rows(choices: Sequence[Choice]) -> tuple[tuple[str, str, str], ...] | None:
    """Rows of a list; a title that is too long is cut and stands whole in the description."""
    if len(choices) > _MOST_ROWS:
        return None
    rows = []
    for choice in choices:
        title, description = (" ".join(words.split()) for words in (choice.title, choice.description))
        if units(title) > _LONGEST_ROW:
            if units(title) > _LONGEST_DESCRIPTION:
                return None
            description = f"{title} · {description}" if description else title
        rows.append((choice.id, shortened(title, _LONGEST_ROW), shortened(description, _LONGEST_DESCRIPTION)))
    return tuple(rows) if _distinct(rows) else None


def _distinct(rows: Sequence[tuple[str, str, str]]) -> bool:
    """Whether every row has an id and a title of its own."""
    ids, titles = {row[0] for row in rows}, {row[1].casefold() for row in rows}
    whole = all(row[1] and 0 < units(row[0]) <= _LONGEST_ID for row in rows)
    return whole and len(ids) == len(titles) == len(rows)


def shortened(text: str, longest: int) -> str:
    """The text, cut and ended with "…" where it is too long."""
    if units(text) <= longest:
        return text
    kept = text[: longest - 1]
    while units(kept) > longest - 1:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def units(text: str) -> int:
    """The text's length in UTF-16 code units: an emoji is two, so that no way to count gives more."""
    return len(text) + sum(character > "\uffff" for character in text)


def _variable(number: int) -> str:
    return f"{{{{{number}}}}}"


def _shortened(paragraphs: str) -> str:
    """ "..-.": lengths of paragraphs, "2-1"."""
    return "-".join(str(len(run)) for run in paragraphs.split("-"))
