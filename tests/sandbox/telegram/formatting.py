"""Text as Telegram reads it: HTML tags, entities, and lengths in UTF-16 units ("Formatting options")."""

import re
from typing import Any

from tests.sandbox.telegram.refusals import bad_request

Entity = dict[str, Any]

_TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "a": "text_link",
    "tg-emoji": "custom_emoji",
}
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}  # "the API currently supports only" these four
_REFERENCE = re.compile(r"&(?:(lt|gt|amp|quot)|#(\d{1,7})|#x([0-9a-fA-F]{1,6}));")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)((?:\s+[a-zA-Z-]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[\w.-]+))?)*)\s*>")
_ATTRIBUTE = re.compile(r"([a-zA-Z-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([\w.-]+)))?")
_FOUND = (
    ("url", re.compile(r"https?://[^\s<>]+")),
    ("email", re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+\w")),
    ("mention", re.compile(r"(?<![\w@/])@[A-Za-z]\w{3,31}")),
    ("bot_command", re.compile(r"(?<![\w/])/[A-Za-z0-9_]{1,64}(?:@\w{5,32})?(?![\w/])")),
    ("hashtag", re.compile(r"(?<!\w)#\w+")),
    ("phone_number", re.compile(r"(?<![\w+])\+\d[\d -]{6,16}\d")),
)


def units(text: str) -> int:
    """Length in UTF-16 code units, which is how the Bot API counts."""
    return len(text.encode("utf-16-le")) // 2


def found(text: str) -> list[Entity]:
    """The entities that Telegram marks by itself: links, mentions, commands, telephone numbers."""
    entities: list[Entity] = []
    taken: list[tuple[int, int]] = []
    for kind, pattern in _FOUND:
        for match in pattern.finditer(text):
            start, end = match.span()
            if any(start < b and a < end for a, b in taken):
                continue
            taken.append((start, end))
            entities.append({"type": kind, "offset": units(text[:start]), "length": units(match.group())})
    return sorted(entities, key=lambda entity: entity["offset"])


def read(text: str, parse_mode: str | None) -> tuple[str, list[Entity]]:
    """Text as it is shown, and its entities. Raises a Refusal for what can't be parsed."""
    if not parse_mode:
        return _trimmed(text, [])
    if parse_mode.lower() == "html":
        return _trimmed(*_html(text))
    if parse_mode.lower() in ("markdown", "markdownv2"):
        raise bad_request("sandbox: only parse_mode HTML is spoken here")
    raise bad_request("unsupported parse_mode")


def _trimmed(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Telegram strips blank ends, and entities that then are empty."""
    shown = text.strip()
    gone = units(text) - units(text.lstrip())
    length = units(shown)
    kept = []
    for entity in entities:
        start = max(entity["offset"] - gone, 0)
        end = min(entity["offset"] + entity["length"] - gone, length)
        if end > start:
            kept.append({**entity, "offset": start, "length": end - start})
    return shown, kept


def _html(source: str) -> tuple[str, list[Entity]]:
    out = ""
    entities: list[Entity] = []
    opened: list[tuple[str, int, dict[str, str]]] = []
    at = 0
    while at < len(source):
        here = source[at]
        if here == "&" and (match := _REFERENCE.match(source, at)):
            out += _character(match)
            at = match.end()
        elif here == "<":
            match = _TAG.match(source, at)
            offset = len(source[:at].encode())
            if match is None:
                raise _cannot(f"Unclosed start tag at byte offset {offset}")
            at = match.end()
            if match.group(1):
                _close(match.group(2).lower(), offset, opened, entities, units(out))
            else:
                _open(match, offset, opened, units(out))
        else:
            out += here
            at += 1
    if opened:
        raise _cannot(f'Can\'t find end tag corresponding to start tag "{opened[-1][0]}"')
    return out, sorted(entities, key=lambda entity: (entity["offset"], -entity["length"]))


def _character(match: re.Match[str]) -> str:
    name, decimal, hexadecimal = match.groups()
    if name:
        return _NAMED[name]
    code = int(decimal) if decimal else int(hexadecimal, 16)
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else match.group()


def _plain(value: str) -> str:
    return _REFERENCE.sub(_character, value)


def _open(match: re.Match[str], offset: int, opened: list[tuple[str, int, dict[str, str]]], at: int) -> None:
    tag = match.group(2).lower()
    attributes = {m[0].lower(): _plain(m[1] or m[2] or m[3]) for m in _ATTRIBUTE.findall(match.group(3))}
    if tag not in _TAGS:
        raise _cannot(f'Unsupported start tag "{tag}" at byte offset {offset}')
    if tag == "span" and attributes.get("class") != "tg-spoiler":
        raise _cannot(f'Tag "span" must have class "tg-spoiler" at byte offset {offset}')
    opened.append((tag, at, attributes))


def _close(
    tag: str, offset: int, opened: list[tuple[str, int, dict[str, str]]], entities: list[Entity], end: int
) -> None:
    if not opened:
        raise _cannot(f"Unexpected end tag at byte offset {offset}")
    name, start, attributes = opened.pop()
    if name != tag:
        raise _cannot(f'Unmatched end tag at byte offset {offset}, expected "</{name}>", found "</{tag}>"')
    if end == start:
        return
    entity: Entity = {"type": _TAGS[name], "offset": start, "length": end - start}
    if name == "a":
        if not attributes.get("href"):
            return  # a link to nowhere is shown as plain text
        entity["url"] = attributes["href"]
    elif name == "blockquote" and "expandable" in attributes:
        entity["type"] = "expandable_blockquote"
    elif name == "tg-emoji":
        entity["custom_emoji_id"] = attributes.get("emoji-id", "")
    entities.append(entity)


def _cannot(text: str) -> Exception:
    return bad_request(f"can't parse entities: {text}")
