"""Lines of a PDF that stand in columns -> rows of cells, wrapped cells put together again."""

from collections.abc import Sequence

from knowledge.documents.pdf_lines import Line, Run

# Clearly less than the usual distance of two lines, and clearly more than another distance.
_LESS, _MORE = 0.8, 1.15


def in_columns(line: Line, table: Sequence[Line]) -> bool:
    """Whether a line goes on with a table: it has several cells, or one that starts as cells of further columns do."""
    if len(line.runs) > 1:
        return True
    start = line.runs[0].x
    further = [run.x for row in table for run in row.runs[1:]]
    return start >= min(further) - 1 and any(abs(start - x) <= 2 for x in further)


def heads_of(lines: Sequence[Line]) -> tuple[Run, ...]:
    """What tells the columns: the first of the lines with most cells."""
    return max(lines, key=lambda line: len(line.runs)).runs


def rows_of(lines: Sequence[Line], heads: Sequence[Run], pitch: float) -> list[list[str]]:
    """The rows of a table. A line without a first cell goes on with a row.

    Cells that are centred in their rows have lines above the first cell as well; then each goes to the nearest row.
    """
    columns = _columns(lines, heads)
    anchors = [n for n, line in enumerate(lines) if _column(line.runs[0], columns) == 0]
    if not anchors:
        return [_cells(line, columns) for line in lines]
    centred = any(_is_nearer_below(lines, n, anchors, pitch) for n in range(len(lines) - 1))
    rows: dict[int, list[list[str]]] = {n: [] for n in anchors}
    for n, line in enumerate(lines):
        above = [a for a in anchors if a <= n] or anchors[:1]
        owner = min(anchors, key=lambda a: abs(lines[a].y - line.y)) if centred else above[-1]
        rows[owner].append(_cells(line, columns))
    return [[" ".join(filter(None, cells)) for cells in zip(*parts, strict=True)] for parts in rows.values()]


def _columns(lines: Sequence[Line], heads: Sequence[Run]) -> list[tuple[int, int]]:
    """From where to where each column reaches: its head and the cells of rows in which none is empty."""
    whole = [line.runs for line in lines if len(line.runs) == len(heads)]
    return [(min(run.x for run in runs), max(run.end for run in runs)) for runs in zip(heads, *whole, strict=True)]


def _is_nearer_below(lines: Sequence[Line], n: int, anchors: Sequence[int], pitch: float) -> bool:
    """Whether a line without a first cell belongs to the row below: that is nearer, or less than a line away."""
    if n in anchors or n + 1 not in anchors:
        return False
    below = lines[n].y - lines[n + 1].y
    return n < anchors[0] or below < pitch * _LESS or lines[n - 1].y - lines[n].y > below * _MORE


def _cells(line: Line, columns: Sequence[tuple[int, int]]) -> list[str]:
    cells = [""] * len(columns)
    for run in line.runs:
        at = _column(run, columns)
        cells[at] = f"{cells[at]} {run.text}".strip()
    return cells


def _column(run: Run, columns: Sequence[tuple[int, int]]) -> int:
    """The column of a cell: that which it stands nearest to, or starts nearest to where it stands in several."""

    def distance(n: int) -> tuple[int, int]:
        start, end = columns[n]
        return max(run.x - end, start - run.end, 0), abs(run.x - start)

    return min(range(len(columns)), key=distance)
