"""The approved template, which alone may be sent when the customer wrote more than 24 hours ago."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from channels.whatsapp.pickers import shortened, units

_LONGEST_VALUE = 255
_SHORTEST_TEXT = 40  # choices that leave less of it are cut as well
_BETWEEN = " · "
_TEXT = "{text}"
_PLACE = re.compile(r"\{(supplier|outlet|text)\}")
_NOTHING = "-"  # a value must not be empty (error 21656)


@dataclass(frozen=True, slots=True)
class Template:
    """An approved content: its ContentSid, and what fills its variables.

    In the values `{supplier}`, `{outlet}` and `{text}` are replaced.
    """

    content_sid: str
    variables: Mapping[str, str]

    def values(self, supplier: str, outlet: str, text: str, choices: str = "") -> dict[str, str]:
        """Each variable's value: one line, at most 255 characters, never empty.

        `choices`, written out, stand behind the text: where there is not room for both it is the text that is cut.
        """
        known = {"supplier": supplier, "outlet": outlet, "text": text}
        return {name: _value(pattern, known, choices) or _NOTHING for name, pattern in self.variables.items()}


def _value(pattern: str, known: Mapping[str, str], choices: str) -> str:
    """A variable's value. Whatever the pattern has behind the text stays behind the choices."""
    before, place, after = pattern.partition(_TEXT)
    head, tail = (_PLACE.sub(lambda found: known[found[1]], part) for part in (before, after))
    if not place:
        return one_line(head)
    behind = _joined("\n" + choices + tail) if choices else _joined(tail)
    room = _LONGEST_VALUE - units(behind) - len(_BETWEEN)
    if not choices or room < _SHORTEST_TEXT:
        return one_line(head + known["text"] + ("\n" + choices if choices else "") + tail)
    return one_line(f"{shortened(_joined(head + known['text']), room)}\n{behind}")


def as_variables(values: Mapping[str, str]) -> str:
    """Values as ContentVariables wants them."""
    return json.dumps(dict(values), ensure_ascii=False)


def one_line(text: str) -> str:
    """The text without line breaks, which no variable may hold; lines are set apart by " · "."""
    return shortened(_joined(text), _LONGEST_VALUE)


def _joined(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.splitlines())
    return _BETWEEN.join(filter(None, lines))
