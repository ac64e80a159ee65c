"""Lines of a PDF -> a table: runs of text under the heads of their columns, wrapped cells put together again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.order_sheets.headers import Columns, Role, columns_of

# Widths of a sans-serif letter in parts of the font size, near enough to tell a gap from a blank.
_NARROW = frozenset("ijl.,:;|!'()[]ft ")
_WORDS = frozenset({Role.DESCRIPTION, Role.DETAIL, Role.REMARK})
# Lines of one cell stand no further apart than this many font sizes.
_LINE_PITCH = 2.2


@dataclass(frozen=True, slots=True)
class Run:
    """Text shown in one go: its left end and baseline in points, its font size."""

    text: str
    x: float
    y: float
    size: float

    @property
    def width(self) -> float:
        """About how wide it is."""
        return self.size * sum(0.28 if c in _NARROW else 0.68 if c.isupper() else 0.53 for c in self.text)

    @property
    def end(self) -> float:
        return self.x + self.width


@dataclass(frozen=True, slots=True)
class Line:
    """Runs on one baseline, from left to right."""

    runs: list[Run]

    @property
    def y(self) -> float:
        return self.runs[0].y


@dataclass(slots=True)
class _Row:
    """A line under a header: its cells, and whether only columns of words are filled."""

    cells: list[str]
    y: float
    size: float
    loose: bool


def table_of_lines(pages: Iterable[Sequence[Line]]) -> list[list[str]]:
    """The lines as rows of cells: under a header by place, elsewhere parted where gaps are."""
    table: list[list[str]] = []
    header: list[Run] = []
    columns: Columns | None = None
    for lines in pages:
        rows: list[_Row] = []
        for line in lines:
            pieces = _pieces(line)
            named = columns_of([piece.text for piece in pieces])
            if named is not None and (named.quantities or columns is None):
                table += _unwrapped(rows, columns)
                rows, header, columns = [], pieces, named
                table.append([piece.text for piece in pieces])
            elif columns is None:
                table.append([piece.text for piece in pieces])
            else:
                rows.append(_row(line, header, columns))
        table += _unwrapped(rows, columns)
    return table


def _pieces(line: Line) -> list[Run]:
    """A line with the runs joined that only a blank parts: words that were placed one by one."""
    pieces: list[Run] = []
    for run in line.runs:
        last = pieces[-1] if pieces else None
        if last is not None and run.x - last.end < 0.45 * run.size and len(last.text) < 24:
            pieces[-1] = Run(f"{last.text} {run.text}", last.x, last.y, last.size)
        else:
            pieces.append(run)
    return pieces


def _row(line: Line, header: Sequence[Run], columns: Columns) -> _Row:
    """A line's runs under the heads that they stand nearest to."""
    cells = [""] * len(header)
    for run in line.runs:
        at = min(range(len(header)), key=lambda n: _distance(run, header, n))
        cells[at] = f"{cells[at]} {run.text}".strip()
    loose = all(columns.roles[n] in _WORDS for n, cell in enumerate(cells) if cell)
    return _Row(cells, line.y, line.runs[0].size, loose)


def _distance(run: Run, header: Sequence[Run], n: int) -> tuple[float, float]:
    """How far a run stands from a column: from its head, and then from the head's nearer edge.

    A run that starts where a head starts is in that column, however far it reaches to the right.
    """
    head = header[n]
    if abs(run.x - head.x) < 0.5 * head.size:
        return 0.0, 0.0
    gap = max(run.x - head.end, head.x - run.end, 0.0)
    return gap, min(abs(run.x - head.x), abs(run.end - head.end), abs(run.x + run.end - head.x - head.end) / 2)


# -- wrapped cells ---------------------------------------------------------------------------------------


def _unwrapped(rows: list[_Row], columns: Columns | None) -> list[list[str]]:
    """The rows of a page's table, each with the lines that only go on with its description."""
    if columns is None or not rows:
        return [row.cells for row in rows]
    regular = _regular(rows, columns)
    if regular:
        wrapping = [n for n, role in enumerate(columns.roles) if role in _WORDS or role is Role.CODE]
        for row in rows:
            row.loose = all(n in wrapping for n, cell in enumerate(row.cells) if cell)
    return _around(rows) if _centred(rows, columns) else _below(rows, columns, regular)


def _regular(rows: Sequence[_Row], columns: Columns) -> bool:
    """Whether every item has a unit, price or number, so that a line without is none.

    Elsewhere a line of words alone may be an item that nobody ordered.
    """
    words = _WORDS | {Role.CODE, Role.QUANTITY}
    own = [n for n, role in enumerate(columns.roles) if role not in words]
    whole = [row for row in rows if any(row.cells[n] for n in (*own, *columns.quantities))]
    return len(whole) > 1 and any(sum(bool(row.cells[n]) for row in whole) >= 0.8 * len(whole) for n in own)


def _centred(rows: Sequence[_Row], columns: Columns) -> bool:
    """Whether amounts stand at half height of wrapped descriptions: beside none of their lines, or with lines above."""
    names = [n for n, role in enumerate(columns.roles) if role in (Role.DESCRIPTION, Role.DETAIL)]
    for above, row in pairwise(rows):
        beside_none = not row.loose and not any(row.cells[n] for n in names)
        if beside_none and above.loose and above.y - row.y < 0.9 * row.size:
            return True
    return any(_middle(rows, n, columns) for n in range(1, len(rows) - 1))


def _middle(rows: Sequence[_Row], n: int, columns: Columns) -> bool:
    """Whether a row has a line of words above it, which does not go on with the row before, and one below."""
    above, row, below = rows[n - 1 : n + 2]
    if row.loose or not (above.loose and below.loose) or above.y - below.y > 2 * _LINE_PITCH * row.size:
        return False
    words = [at for at, role in enumerate(columns.roles) if role in _WORDS]
    return n == 1 or not _no_room(above, rows[n - 2], words, _widest(rows, words))


def _around(rows: Sequence[_Row]) -> list[list[str]]:
    """Centred cells have as many lines above the amount as below it."""
    found: list[list[str]] = []
    above: list[_Row] = []
    at = 0
    while at < len(rows):
        row = rows[at]
        at += 1
        if row.loose:
            if above and above[-1].y - row.y > _LINE_PITCH * row.size:
                found += [loose.cells for loose in above]
                above = []
            above.append(row)
            continue
        below = 0
        while below < len(above) and at + below < len(rows) and rows[at + below].loose:
            below += 1
        found.append(_together([*above, row, *rows[at : at + below]]))
        above, at = [], at + below
    return found + [loose.cells for loose in above]


def _below(rows: Sequence[_Row], columns: Columns, regular: bool) -> list[list[str]]:
    """Cells that start at the top: a line of words goes on with the row above it."""
    words = [n for n, role in enumerate(columns.roles) if role in _WORDS]
    width = _widest(rows, words)
    found: list[_Row] = []
    for row in rows:
        last = found[-1] if found else None
        near = last is not None and last.y - row.y < _LINE_PITCH * row.size
        if last is not None and row.loose and near and (regular or _no_room(row, last, words, width)):
            found[-1] = _Row(_together([last, row]), row.y, row.size, last.loose)
        else:
            found.append(row)
    return [row.cells for row in found]


def _no_room(row: _Row, last: _Row, words: Sequence[int], width: float) -> bool:
    """Whether the first word of a line had no room on the line above, so that it was wrapped."""
    for n in words:
        if not row.cells[n]:
            continue
        first = row.cells[n].split()[0]
        if not last.cells[n] or _wide(f"{last.cells[n]} {first}") <= width * 0.92:
            return False
        if set(row.cells[n].casefold().split()) & set(last.cells[n].casefold().split()):
            return False
    return True


def _widest(rows: Sequence[_Row], places: Sequence[int]) -> float:
    return max((_wide(row.cells[n]) for row in rows for n in places), default=0.0)


def _wide(text: str) -> float:
    return Run(text, 0.0, 0.0, 1.0).width


def _together(rows: Sequence[_Row]) -> list[str]:
    return [" ".join(cell for cell in cells if cell) for cells in zip(*(row.cells for row in rows), strict=True)]
