"""Rows of a table -> lines that each make sense alone."""

import re
from collections.abc import Sequence

_LONGEST_HEAD = 60
_FIGURE = re.compile(r"\d")


def rows_as_lines(rows: Sequence[Sequence[str]], header: Sequence[str] | None = None) -> list[str]:
    """Each row as one line that carries the header's names: "Zone: Sentosa; Cut-off: 15:00".

    Without `header` the first row is taken for it where it looks like one; else a table of two columns reads
    "name: value" and a wider one its cells.
    """
    filled = [list(row) for row in rows if any(row)]
    if header is None and filled and is_header(filled):
        header, filled = filled[0], filled[1:]
    if header is not None and any(header):
        return [line for row in filled if (line := _named(row, header))]
    return [line for row in filled if (line := _plain(row))]


def is_header(rows: Sequence[Sequence[str]]) -> bool:
    """Short, different names without figures over at least one row; figures below, or three columns and more."""
    first, rest = rows[0], rows[1:]
    names = [cell.casefold() for cell in first]
    if not rest or len(first) < 2 or not all(names) or len(set(names)) < len(names):
        return False
    if any(len(name) > _LONGEST_HEAD or _FIGURE.search(name) for name in names):
        return False
    return len(first) > 2 or any(_FIGURE.search(cell) for row in rest for cell in row[1:])


def _named(row: Sequence[str], header: Sequence[str]) -> str:
    """A cell that spans columns stands in each of them and is said once."""
    parts: list[str] = []
    said = ""
    for n, cell in enumerate(row):
        name = header[n].rstrip(" :") if n < len(header) else ""
        if cell and not (cell == said and name == ""):
            parts.append(f"{name}: {cell}" if name else cell)
        said = cell
    return "; ".join(part.rstrip(";") for part in parts)


def _plain(row: Sequence[str]) -> str:
    cells = [cell for cell in row if cell]
    if len(cells) == 2:
        return f"{cells[0].rstrip(' :')}: {cells[1]}"
    return "; ".join(cells)
