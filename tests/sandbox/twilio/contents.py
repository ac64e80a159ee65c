"""Twilio's Content API: what a content may be, and how the recipient reads it.

Written from https://www.twilio.com/docs/content/content-api-resources, .../twiliotext, .../twilio-quick-reply,
.../twiliolist-picker and .../using-variables-with-content-api.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.sandbox.twilio.refusals import invalid

SID = re.compile(r"HX[0-9a-fA-F]{32}")
PLACEHOLDER = re.compile(r"\{\{([^{}]*)\}\}")
BODY_LIMIT = {"twilio/text": 1600, "twilio/quick-reply": 1024, "twilio/list-picker": 1024}
IN_SESSION_BUTTONS = 3
VALUE_LIMIT = 255


@dataclass(frozen=True, slots=True)
class Choice:
    """A button or a list item as the recipient sees it (`id` is what comes back)."""

    id: str
    title: str
    description: str = ""


@dataclass(slots=True)
class Content:
    """A content as it was created. `approved` means that WhatsApp lets it open a conversation."""

    sid: str
    language: str
    types: dict[str, dict[str, Any]]
    variables: dict[str, str]
    friendly_name: str
    at: datetime
    approved: bool = False
    placeholders: set[str] = field(default_factory=set)

    def render(self, raw: str | None) -> tuple[str, list[Choice]]:
        """The body and the choices that a recipient sees, given `ContentVariables`.

        Raises Refused with 21656 for bad variables, and with 63021 for what WhatsApp would not show.
        """
        values = _values(raw, self.placeholders)
        kind, definition = next(iter(self.types.items()))

        def fill(text: str) -> str:
            return PLACEHOLDER.sub(lambda found: values[found[1].strip()], text)

        body, choices = _filled(kind, definition, fill)
        _check_shown(kind, body, choices, definition, fill)
        if kind == "twilio/quick-reply" and not self.approved and len(choices) > IN_SESSION_BUTTONS:
            raise invalid("Without approval only three quick-reply buttons are allowed in a session", 63021)
        return body, choices


def checked_content(payload: Any, sid: str, at: datetime) -> Content:
    """The content that a POST to /v1/Content asks for. Raises Refused for one that Twilio would refuse."""
    if not isinstance(payload, dict):
        raise invalid("The request body must be a JSON object")
    _only(payload, {"friendly_name", "language", "variables", "types"}, "the request")
    language = payload.get("language")
    if not isinstance(language, str) or not re.fullmatch(r"[a-z]{2,3}(_[A-Z]{2})?", language):
        raise invalid("language is required")
    types = payload.get("types")
    if not isinstance(types, dict) or not types:
        raise invalid("types is required")
    variables = payload.get("variables") or {}
    if not isinstance(variables, dict) or not all(isinstance(value, str) and value for value in variables.values()):
        raise invalid("variables must be an object of strings")
    if len(variables) > 100:
        raise invalid("The max amount of variables allowed is 100", 92002)
    placeholders: set[str] = set()
    for kind, definition in types.items():
        if kind not in CHECKS:
            raise invalid(f"types: {kind} is not known to this stand-in")
        placeholders |= CHECKS[kind](definition)
    if missing := placeholders - set(variables):
        raise invalid(f"variables: a sample value is required for {sorted(missing)}")
    name = payload.get("friendly_name", "")
    if not isinstance(name, str):
        raise invalid("friendly_name must be a string")
    return Content(sid, language, types, dict(variables), name, at, placeholders=placeholders)


def _text(definition: Any) -> set[str]:
    _shape(definition, {"body"}, set(), "twilio/text")
    return _string(definition["body"], "body", BODY_LIMIT["twilio/text"])


def _quick_reply(definition: Any) -> set[str]:
    _shape(definition, {"body", "actions"}, set(), "twilio/quick-reply")
    found = _string(definition["body"], "body", BODY_LIMIT["twilio/quick-reply"])
    actions = definition["actions"]
    if not isinstance(actions, list) or not 1 <= len(actions) <= 10:
        raise invalid("actions: between 1 and 10 quick-reply buttons")
    for action in actions:
        _shape(action, {"title"}, {"id", "type"}, "actions")
        if action.get("type", "QUICK_REPLY") != "QUICK_REPLY":
            raise invalid("actions: type must be QUICK_REPLY")
        found |= _string(action["title"], "title", 20)
        if "id" in action:
            found |= _string(action["id"], "id", 200)
    _unique([action["title"] for action in actions], "title")
    _unique([action["id"] for action in actions if "id" in action], "id")
    return found


def _list_picker(definition: Any) -> set[str]:
    _shape(definition, {"body", "button", "items"}, set(), "twilio/list-picker")
    found = _string(definition["body"], "body", BODY_LIMIT["twilio/list-picker"])
    found |= _string(definition["button"], "button", 20)
    items = definition["items"]
    if not isinstance(items, list) or not 1 <= len(items) <= 10:
        raise invalid("items: between 1 and 10")
    for item in items:
        _shape(item, {"id", "item"}, {"description"}, "items")
        found |= _string(item["item"], "item", 24) | _string(item["id"], "id", 200)
        if "description" in item:
            found |= _string(item["description"], "description", 72)
    _unique([item["id"] for item in items], "id")
    return found


CHECKS: dict[str, Callable[[Any], set[str]]] = {
    "twilio/text": _text,
    "twilio/quick-reply": _quick_reply,
    "twilio/list-picker": _list_picker,
}


def _string(value: Any, name: str, limit: int) -> set[str]:
    """Check one text; returns its placeholders. A text that holds some is measured when it is sent."""
    if not isinstance(value, str) or not value.strip():
        raise invalid(f"{name} is required")
    names = [found.strip() for found in PLACEHOLDER.findall(value)]
    if any(not re.fullmatch(r"\w{1,16}", found) for found in names) or "{{" in PLACEHOLDER.sub("", value):
        raise invalid(f"{name}: a variable placeholder is improperly formed")
    if not names and len(value) > limit:
        raise invalid(f"{name} exceeds the maximum length of {limit}")
    return set(names)


def _filled(kind: str, definition: Mapping[str, Any], fill: Callable[[str], str]) -> tuple[str, list[Choice]]:
    body = fill(definition["body"])
    if kind == "twilio/quick-reply":
        buttons = [(fill(action["title"]), action.get("id")) for action in definition["actions"]]
        return body, [Choice(fill(id_) if id_ else title, title) for title, id_ in buttons]
    if kind == "twilio/list-picker":
        return body, [
            Choice(fill(item["id"]), fill(item["item"]), fill(item.get("description", "")))
            for item in definition["items"]
        ]
    return body, []


def _check_shown(
    kind: str, body: str, choices: list[Choice], definition: Mapping[str, Any], fill: Callable[[str], str]
) -> None:
    """What WhatsApp refuses once the variables are in (63021: message components follow character limits)."""
    title = 20 if kind == "twilio/quick-reply" else 24
    wrong = [
        len(body) > BODY_LIMIT[kind],
        "button" in definition and len(fill(definition["button"])) > 20,
        any(len(choice.title) > title or len(choice.id) > 200 or len(choice.description) > 72 for choice in choices),
        any(not choice.title.strip() or not choice.id.strip() for choice in choices),
        len({choice.id for choice in choices}) < len(choices),
        kind == "twilio/quick-reply" and len({choice.title for choice in choices}) < len(choices),
    ]
    if any(wrong):
        raise invalid("Channel invalid content error", 63021)


def _values(raw: str | None, placeholders: set[str]) -> dict[str, str]:
    """`ContentVariables`, checked. The real one fills a gap with the sample value; a customer must never read that."""
    problem = invalid("The ContentVariables Parameter is invalid", 21656)
    try:
        values = json.loads(raw) if raw else {}
    except json.JSONDecodeError:
        raise problem from None
    if not isinstance(values, dict) or set(values) != placeholders:
        raise problem
    for value in values.values():
        if not isinstance(value, str) or not value.strip() or len(value) > VALUE_LIMIT or re.search(r"[\r\n\t]", value):
            raise problem
    return values


def _shape(value: Any, needed: set[str], optional: set[str], name: str) -> None:
    if not isinstance(value, dict):
        raise invalid(f"{name} must be an object")
    if missing := needed - set(value):
        raise invalid(f"{name}: {sorted(missing)} required")
    _only(value, needed | optional, name)


def _only(value: Mapping[str, Any], known: set[str], name: str) -> None:
    if unknown := set(value) - known:
        raise invalid(f"{name}: unknown {sorted(unknown)}")


def _unique(values: list[str], name: str) -> None:
    if len(set(values)) < len(values):
        raise invalid(f"{name} must be unique")
