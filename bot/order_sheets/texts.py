"""Text files: bytes to text whatever the encoding, lines or a table, whatever separates its columns."""

import csv
import io
from collections import Counter

from bot.order_sheets.limits import MOST_CELL, MOST_COLUMNS, MOST_LINES

Cells = list[str]

_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SEPARATORS = ("\t", ";", "|", ",")
# Letters in another encoding than UTF-8 are read as Windows writes them here; other bytes below the blank are no text.
_CONTROLS = frozenset(range(32)) - {9, 10, 12, 13}
_MOST_CONTROLS = 0.01


def decoded(content: bytes) -> str | None:
    """The text of a file (UTF-8 with or without BOM, UTF-16, Windows-1252), or None where it is no text."""
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return _plain(content.decode(encoding, errors="replace"))
    sample = content[:4096]
    if sample.count(0) * 4 > len(sample):
        # UTF-16 without its mark: every other byte of Latin text is zero.
        little = sample[1::2].count(0) > sample[::2].count(0)
        return _plain(content.decode("utf-16-le" if little else "utf-16-be", errors="replace"))
    try:
        return _plain(content.decode())
    except UnicodeDecodeError:
        return _plain(content.decode("cp1252", errors="replace"))


def _plain(text: str) -> str | None:
    """Without stray control characters; None where they or undecodable bytes are too many for a text."""
    strange = sum(1 for c in text[:20_000] if ord(c) in _CONTROLS or c == "\ufffd")
    if strange > 2 and strange > len(text[:20_000]) * _MOST_CONTROLS:
        return None
    return text.translate(dict.fromkeys(_CONTROLS))


def lines_of(text: str) -> list[str]:
    """The lines of a text, at most as many as are read and none longer than a cell may be."""
    head = text[: MOST_LINES * MOST_CELL]
    return [line.strip()[:MOST_CELL] for line in head.splitlines()[: MOST_LINES + 1]]


def table_of(text: str) -> list[Cells] | None:
    """The text as a table, or None where it is plain lines."""
    separator = _separator(text)
    if separator is None:
        return None
    try:
        rows = _read(text, separator, csv.QUOTE_MINIMAL)
        # A stray quote (12" box) swallows all that follows it.
        if any(cell.count("\n") > 3 for row in rows for cell in row):
            rows = _read(text, separator, csv.QUOTE_NONE)
    except csv.Error:
        rows = [line.split(separator)[:MOST_COLUMNS] for line in lines_of(text)]
    return [[" ".join(cell.split())[:MOST_CELL] for cell in row] for row in rows]


def _read(text: str, separator: str, quoting: int) -> list[Cells]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, quoting=quoting)  # type: ignore[arg-type]
    rows: list[Cells] = []
    for row in reader:
        rows.append(row[:MOST_COLUMNS])
        if len(rows) > MOST_LINES:
            break
    return rows


def _separator(text: str) -> str | None:
    """What parts the columns: the sign that most lines hold equally often."""
    lines = [line for line in text[:100_000].splitlines() if line.strip()][:200]
    best: tuple[float, str] | None = None
    for separator in _SEPARATORS:
        counts = Counter(line.count(separator) for line in lines)
        counts.pop(0, None)
        if not counts:
            continue
        columns, agreeing = max(counts.items(), key=lambda c: (c[1], c[0]))
        share = agreeing / len(lines) * (1.5 if columns > 1 else 1.0)
        if share >= 0.5 and agreeing > 1 and (best is None or share > best[0]):
            best = (share, separator)
    return best[1] if best else None
