"""Lines of a PDF that stand in columns -> rows of cells, wrapped cells put together again."""

from collections.abc import Sequence

from knowledge.documents.pdf_lines import Line, Run

# Clearly less than the usual distance of two lines, and clearly more than another distance.
_LESS, _MORE = 0.8, 1.15


def in_columns(line: Line, heads: Sequence[Run]) -> bool:
    """Whether a line goes on with a table: it has several cells, or one that starts where a further column does."""
    if len(line.runs) > 1:
        return True
    run = line.runs[0]
    return any(abs(run.x - head.x) < run.size for head in heads[1:]) and run.x > heads[0].end


def heads_of(lines: Sequence[Line]) -> tuple[Run, ...]:
    """What tells the columns: the first of the lines with most cells."""
    return max(lines, key=lambda line: len(line.runs)).runs


def rows_of(lines: Sequence[Line], heads: Sequence[Run], pitch: float) -> list[list[str]]:
    """The rows of a table. A line without a first cell goes on with a row.

    Cells that are centred in their rows have lines above the first cell as well; then each goes to the nearest row.
    """
    anchors = [n for n, line in enumerate(lines) if _column(line.runs[0], heads) == 0]
    if not anchors:
        return [_cells(line, heads) for line in lines]
    centred = any(_is_nearer_below(lines, n, anchors, pitch) for n in range(len(lines) - 1))
    rows: dict[int, list[list[str]]] = {n: [] for n in anchors}
    for n, line in enumerate(lines):
        above = [a for a in anchors if a <= n] or anchors[:1]
        owner = min(anchors, key=lambda a: abs(lines[a].y - line.y)) if centred else above[-1]
        rows[owner].append(_cells(line, heads))
    return [[" ".join(filter(None, cells)) for cells in zip(*parts, strict=True)] for parts in rows.values()]


def _is_nearer_below(lines: Sequence[Line], n: int, anchors: Sequence[int], pitch: float) -> bool:
    """Whether a line without a first cell belongs to the row below: that is nearer, or less than a line away."""
    if n in anchors or n + 1 not in anchors:
        return False
    below = lines[n].y - lines[n + 1].y
    return n < anchors[0] or below < pitch * _LESS or lines[n - 1].y - lines[n].y > below * _MORE


def _cells(line: Line, heads: Sequence[Run]) -> list[str]:
    cells = [""] * len(heads)
    for run in line.runs:
        at = _column(run, heads)
        cells[at] = f"{cells[at]} {run.text}".strip()
    return cells


def _column(run: Run, heads: Sequence[Run]) -> int:
    """The column of a cell: that whose head it stands nearest to."""
    return min(range(len(heads)), key=lambda n: _distance(run, heads[n]))


def _distance(run: Run, head: Run) -> float:
    """How far two runs stand apart sideways; by their middles and left ends where they overlap."""
    if abs(run.x - head.x) < 0.5 * head.size:
        return 0.0
    gap = max(run.x - head.end, head.x - run.end, 0.0)
    return gap * 10 + min(abs(run.x - head.x), abs(run.x + run.end - head.x - head.end) / 2)
