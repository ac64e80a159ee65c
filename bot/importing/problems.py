"""What is wrong with an imported file: all of it at once, each with line, column, value and reason."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.errors import InvalidInput

SHOWN_VALUE = 60


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One thing wrong. `line` is the line in the file (the header is 1), 0 for the file as a whole."""

    line: int
    column: str
    value: str
    reason: str

    def __str__(self) -> str:
        """As a person reads it: `line 7, price "$4.00": write the number alone`."""
        value = self.value if len(self.value) <= SHOWN_VALUE else self.value[: SHOWN_VALUE - 1] + "…"
        place = f"line {self.line}" if self.line else "file"
        named = f"{place}, {self.column}" if self.column else place
        return f'{named} "{value}": {self.reason}' if value else f"{named}: {self.reason}"


class ImportProblems(InvalidInput):
    """A file that cannot be imported; nothing was changed. `problems` holds all of them, in file order."""

    code = "import_problems"

    def __init__(self, file: str, problems: Sequence[RowProblem]) -> None:
        self.file = file
        self.problems = tuple(problems)
        count = "1 problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        listed = "\n".join(f"  {problem}" for problem in self.problems)
        super().__init__(f"{file}: {count}, nothing was imported\n{listed}")


@dataclass(slots=True)
class Findings:
    """Collects problems (they stop the import) and warnings (they do not) while a file is read."""

    file: str
    problems: list[RowProblem] = field(default_factory=list)
    warnings: list[RowProblem] = field(default_factory=list)

    def refuse(self, line: int, column: str, value: str, reason: str) -> None:
        """Note something that stops the import."""
        self.problems.append(RowProblem(line, column, value, reason))

    def warn(self, line: int, column: str, value: str, reason: str) -> None:
        """Note something a person should look at."""
        self.warnings.append(RowProblem(line, column, value, reason))

    def raise_if_any(self) -> None:
        """Raise ImportProblems, ordered by line, when anything was refused."""
        if self.problems:
            raise ImportProblems(self.file, sorted(self.problems, key=lambda problem: problem.line))
