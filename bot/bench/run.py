"""`resupply bench`: turns a second and reply times through HTTP on both databases, the reader's time, and what
questions take and cost.

Server, load and database are processes of their own; nothing is asserted of wall-clock time.
"""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape

from bot.bench.desk import Measured, Skipped, postgres_url, served, sqlite_url
from bot.bench.question_report import question_tables
from bot.bench.question_run import QUICK, Sizes, measure_questions
from bot.bench.reading import measure_reader
from bot.bench.report import add_turns, reader_table, say_conditions, turns_table

DATABASES = {"SQLite": sqlite_url, "PostgreSQL": postgres_url}
CHATS = (1, 10, 50)
_SIZES = (160, 4_000)


def run_bench(out: Console, *, quick: bool = False, seconds: float = 8.0) -> int:
    """Measure everything and print it; `quick` only shows that it works. Returns how many turns failed."""
    chats, seconds = ((1, 4), 0.5) if quick else (CHATS, seconds)
    table, notes, failed = turns_table(), [], 0
    for name in DATABASES:
        out.print(f"Measuring turns on {name} ...", style="dim")
        try:
            runs = measure_turns(name, chats, seconds)
        except Skipped as reason:
            notes.append(f"{name} was skipped: {reason}")
            continue
        add_turns(table, name, runs)
        left = sum(run.load.unfinished for run in runs)
        if left:
            notes.append(f"{name}: {left} orders were given up, their questions unanswered")
        failed += sum(sum(run.load.failures.values()) for run in runs)
    out.print("Measuring the reader ...", style="dim")
    readings = [measure_reader(size, 50 if quick else 1_000) for size in _SIZES]
    out.print("Measuring questions, cost and cache ...", style="dim")
    try:
        questions = question_tables(measure_questions(QUICK if quick else Sizes()))
    except Skipped as reason:
        questions = []
        notes.append(f"Questions were skipped: {reason}")
    out.print(table, reader_table(readings), *questions)
    for note in notes:
        out.print(escape(note), style="yellow")
    say_conditions(out)
    return failed


def measure_turns(database: str, chats: Sequence[int], seconds: float) -> list[Measured]:
    """A run for each number of chats on one server, after a short one that is not counted. Raises Skipped."""
    with DATABASES[database]() as url, served(url) as desk:
        desk.measure(min(chats[-1], 10), min(seconds, 2.0), seed=0)
        return [desk.measure(count, seconds, seed) for seed, count in enumerate(chats, 1)]
