"""Bytes -> text, whatever the encoding, and plain text -> blocks."""

import re
from collections.abc import Iterator

from knowledge.documents.blocks import Block, Kind, Outline, tidy
from knowledge.documents.limits import MOST_CHARACTERS
from knowledge.errors import BadDocument

_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_CONTROLS = frozenset(range(32)) - {9, 10, 12, 13}
_SAMPLE = 20_000
_MOST_STRANGE = 0.01

ITEM = re.compile(r"^\s*(?:[-*•●▪◦·–]|\(?(?:\d{1,2}|[a-z])[.)])\s+(?=\S)", re.IGNORECASE)
_UNDERLINE = re.compile(r"^\s*([=\-~_*#])\1{2,}\s*$")
_NUMBERED = re.compile(r"^(\d{1,2}(?:\.\d{1,2}){0,3})[.)]?\s+(?=[A-Z])")
_LONGEST_HEADING = 10


def decoded(content: bytes) -> str:
    """The text of a file: UTF-8 with or without BOM, UTF-16, Windows-1252. Raises BadDocument where it is none."""
    if not content.strip():
        raise BadDocument("it is empty")
    text = _decoded(content)
    sample = text[:_SAMPLE]
    strange = sum(1 for c in sample if ord(c) in _CONTROLS or c == "\ufffd")
    if strange > 2 and strange > len(sample) * _MOST_STRANGE:
        raise BadDocument("it is not text")
    if len(text) > MOST_CHARACTERS:
        raise BadDocument(f"it has more than {MOST_CHARACTERS:,} characters")
    return text


def _decoded(content: bytes) -> str:
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    sample = content[:4096]
    if sample.count(0) * 4 > len(sample):
        # UTF-16 without its mark: every other byte of Latin text is zero.
        little = sample[1::2].count(0) > sample[::2].count(0)
        return content.decode("utf-16-le" if little else "utf-16-be", errors="replace")
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def text_blocks(source: str) -> list[Block]:
    """The blocks of a plain text: paragraphs between empty lines, list items, headings told by their form."""
    outline = Outline()
    for lines in _paragraphs(source):
        heading = _heading(lines)
        if heading is not None:
            outline.heading(*heading)
            continue
        for text, kind in _parts(lines):
            outline.add(text, kind)
    return outline.finished()


def item_of(line: str) -> str:
    """A list item without its bullet; a number stays."""
    return tidy(line) if line.lstrip()[:1].isdigit() else ITEM.sub("", line)


def _paragraphs(source: str) -> Iterator[list[str]]:
    """Lines that no empty line parts; a heading stands alone even where text follows at once."""
    lines: list[str] = []
    for line in [*source.expandtabs(4).splitlines(), ""]:
        if _UNDERLINE.match(line) and lines:
            if len(lines) > 1:
                yield lines[:-1]
            yield [lines[-1], line]
            lines = []
        elif not line.strip():
            if lines:
                yield lines
            lines = []
        elif not lines and _heading([line]) is not None and (line.isupper() or _NUMBERED.match(line.strip())):
            yield [line]
        else:
            lines.append(line)


def _heading(lines: list[str]) -> tuple[int, str] | None:
    """The level and words of a heading, or None for other text."""
    if len(lines) == 2 and _UNDERLINE.match(lines[1]):
        return (1 if lines[1].strip()[0] == "=" else 2), tidy(lines[0])
    text = tidy(lines[0])
    if (
        len(lines) > 1
        or text[-1:] in ".,;:!"
        or len(text.split()) > _LONGEST_HEADING
        or not any(c.isalpha() for c in text)
    ):
        return None
    if numbered := _NUMBERED.match(text):
        return 1 + numbered.group(1).count(".") + 1, text
    if ITEM.match(lines[0]):
        return None
    return (1 if text.isupper() else 2), text


def _parts(lines: list[str]) -> Iterator[tuple[str, Kind]]:
    """Paragraph lines joined, list items apart; a line further in belongs to the item above it."""
    words: list[str] = []
    kind = Kind.TEXT
    for line in lines:
        if ITEM.match(line):
            if words:
                yield tidy(" ".join(words)), kind
            words, kind = [item_of(line)], Kind.ITEM
        else:
            words.append(line)
    if words:
        yield tidy(" ".join(words)), kind
