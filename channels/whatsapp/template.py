"""The approved template, which alone may be sent when the customer wrote more than 24 hours ago."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from channels.whatsapp.pickers import shortened

_LONGEST_VALUE = 255
_PLACE = re.compile(r"\{(supplier|outlet|text)\}")
_NOTHING = "-"  # a value must not be empty (error 21656)


@dataclass(frozen=True, slots=True)
class Template:
    """An approved content: its ContentSid, and what fills its variables.

    In the values `{supplier}`, `{outlet}` and `{text}` are replaced.
    """

    content_sid: str
    variables: Mapping[str, str]

    def values(self, supplier: str, outlet: str, text: str) -> dict[str, str]:
        """Each variable's value: one line, at most 255 characters, never empty."""
        known = {"supplier": supplier, "outlet": outlet, "text": text}
        return {
            name: one_line(_PLACE.sub(lambda found: known[found[1]], pattern)) or _NOTHING
            for name, pattern in self.variables.items()
        }


def as_variables(values: Mapping[str, str]) -> str:
    """Values as ContentVariables wants them."""
    return json.dumps(dict(values), ensure_ascii=False)


def one_line(text: str) -> str:
    """The text without line breaks, which no variable may hold; lines are set apart by " · "."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return shortened(" · ".join(filter(None, lines)), _LONGEST_VALUE)
