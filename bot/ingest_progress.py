"""How far an ingest is: a bar on a terminal, plain lines elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from bot.cli_output import err
from knowledge.reports import Progress as Listener
from knowledge.reports import Stage, Step


@contextmanager
def shown_progress(console: Console = err) -> Iterator[Listener]:
    """What is to be told of every step; the bar goes when this ends."""
    if not console.is_terminal:
        yield _Lines(console).tell
        return
    columns = (
        TextColumn("{task.description:10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[name]}", markup=False),
    )
    with Progress(*columns, console=console, transient=True) as bars:
        tasks = {stage: bars.add_task(stage.value, visible=False, total=None, name="") for stage in Stage}

        def tell(step: Step) -> None:
            task = tasks[step.stage]
            bars.update(task, completed=step.done, total=step.total, name=step.name, visible=True, refresh=True)

        yield tell


class _Lines:
    """A line for each file that is read, and one for each other stage."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._stage: Stage | None = None

    def tell(self, step: Step) -> None:
        """Print what is done next."""
        if step.name:
            line = f"reading {step.done + 1}/{step.total} {step.name}"
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)
        elif step.stage is not self._stage and step.stage is not Stage.READING and step.total:
            self._console.print(step.stage.value, highlight=False)
        self._stage = step.stage
