"""Pages of a PDF -> lines of text with their place, size and weight."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import hypot
from typing import Any

from pypdf import PageObject
from pypdf.generic import ArrayObject, FloatObject, NameObject

from knowledge.documents.blocks import tidy
from knowledge.documents.limits import MOST_CELL

_MOST_RUNS = 20_000
_IDENTITY = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
# Widths of a sans-serif letter in parts of the font size, near enough to tell a gap from a blank.
_NARROW = frozenset("ijl.,:;|!'()[]ft ")
Matrix = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """Text shown in one go: its left end and baseline in points, its font size, whether it is bold."""

    text: str
    x: float
    y: float
    size: float
    bold: bool = False

    @property
    def end(self) -> float:
        """About where it ends."""
        return self.x + self.size * sum(0.28 if c in _NARROW else 0.68 if c.isupper() else 0.51 for c in self.text)


@dataclass(frozen=True, slots=True)
class Line:
    """Runs on one baseline, from left to right; runs that only a blank parts are one."""

    runs: tuple[Run, ...]
    page: int

    @property
    def text(self) -> str:
        """The words of the line."""
        return " ".join(run.text for run in self.runs)

    @property
    def y(self) -> float:
        """The baseline, in points from the foot of the page."""
        return self.runs[0].y

    @property
    def size(self) -> float:
        """The largest font size on it."""
        return max(run.size for run in self.runs)

    @property
    def bold(self) -> bool:
        """Whether all of it is bold."""
        return all(run.bold for run in self.runs)


def lines_of(page: PageObject, number: int) -> list[Line]:
    """The lines of a page from top to bottom; of two columns of text first the left one's."""
    runs: list[Run] = []

    def keep(text: str, outer: Sequence[float], inner: Sequence[float], font: Any, size: float) -> None:
        matrix = _times(inner, outer)
        # Text on its side is a watermark or the label of a drawing.
        upright = abs(matrix[1]) < abs(matrix[0]) / 10
        words = tidy(text)[:MOST_CELL]
        if words and upright and len(runs) < _MOST_RUNS:
            bold = "bold" in str((font or {}).get("/BaseFont", "")).casefold()
            runs.append(Run(words, matrix[4], matrix[5], abs(size) * hypot(matrix[2], matrix[3]), bold))

    _part_runs(page)
    page.extract_text(visitor_text=keep)
    lines = list(_on_lines(runs, number))
    gutter = _gutter(lines)
    if gutter is None:
        return lines
    left = [run for run in runs if run.x < gutter]
    return [*_on_lines(left, number), *_on_lines([run for run in runs if run.x >= gutter], number)]


def _on_lines(runs: Sequence[Run], page: int) -> Iterator[Line]:
    """Runs whose baselines are (nearly) the same height stand on one line."""
    line: list[Run] = []
    for run in sorted(runs, key=lambda r: (-r.y, r.x)):
        if line and line[0].y - run.y > 0.3 * max(run.size, 1.0):
            yield Line(_joined(line), page)
            line = []
        line.append(run)
    if line:
        yield Line(_joined(line), page)


def _joined(runs: Sequence[Run]) -> tuple[Run, ...]:
    """The runs from left to right, those put together that no gap of a column parts."""
    found: list[Run] = []
    for run in sorted(runs, key=lambda r: r.x):
        last = found[-1] if found else None
        if last is None or run.x - last.end > 1.1 * run.size:
            found.append(run)
        else:
            near = run.x - last.end < 0.05 * run.size and last.text[-1:].isalnum() and run.text[:1] in ".,;:)!?%"
            text = f"{last.text}{'' if near else ' '}{run.text}"
            found[-1] = Run(text, last.x, last.y, max(last.size, run.size), last.bold and run.bold)
    return tuple(found)


def _gutter(lines: Sequence[Line]) -> float | None:
    """Where the right one of two columns of running text starts, or None: then no line is parted."""
    parted = [line for line in lines if len(line.runs) == 2 and all(len(run.text.split()) > 3 for run in line.runs)]
    if len(parted) < 6 or len(parted) * 3 < len(lines):
        return None
    start = sorted(line.runs[1].x for line in parted)[len(parted) // 2]
    agreeing = sum(abs(line.runs[1].x - start) < line.size for line in parted)
    return start - 1.0 if agreeing * 4 > len(parted) * 3 else None


@dataclass(slots=True)
class _TextPlace:
    """Where the next line of text starts: the text line matrix of PDF 1.7, 9.4.1, and the leading."""

    matrix: Matrix = _IDENTITY
    leading: float = 0.0

    def after(self, operator: bytes, operands: list[Any]) -> bool:
        """Follow a text-positioning operator; False for any other."""
        numbers = [float(o) for o in operands if isinstance(o, int | float)]
        if operator == b"Tm" and len(numbers) == 6:
            self.matrix = tuple(numbers)
        elif operator in (b"Td", b"TD") and len(numbers) == 2:
            self.leading = -numbers[1] if operator == b"TD" else self.leading
            self.matrix = _times((1.0, 0.0, 0.0, 1.0, *numbers), self.matrix)
        elif operator == b"T*":
            self.matrix = _times((1.0, 0.0, 0.0, 1.0, 0.0, -self.leading), self.matrix)
        elif operator == b"TL" and len(numbers) == 1:
            self.leading = numbers[0]
            return False
        else:
            return False
        return True


def _part_runs(page: PageObject) -> None:
    """Make every positioned piece of text an object of its own, so that each is reported with its own place.

    pypdf joins what one text object shows on a line, cells of a table included.
    """
    stream = page.get_contents()
    if stream is None:
        return
    place = _TextPlace()
    parted: list[tuple[Any, bytes]] = []
    for operands, operator in stream.operations:
        if operator == b"BT":
            place.matrix = _IDENTITY
        listed = list(operands) if isinstance(operands, list) else []
        if operator in (b"Td", b"TD", b"T*", b"Tm") and place.after(operator, listed):
            matrix = ArrayObject(FloatObject(n) for n in place.matrix)
            parted += [([], b"ET"), ([], b"BT"), (matrix, b"Tm")]
        else:
            place.after(operator, listed)
            parted.append((operands, operator))
    stream.operations = parted
    page[NameObject("/Contents")] = stream


def _times(first: Sequence[float], then: Sequence[float]) -> Matrix:
    """The product of two transformations (PDF 1.7, 8.3.4)."""
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m)
