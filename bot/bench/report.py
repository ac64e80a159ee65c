"""What the benchmark prints."""

import platform
from collections.abc import Sequence
from os import cpu_count
from statistics import quantiles

from rich.console import Console
from rich.table import Table

from bot.bench.desk import Measured
from bot.bench.reading import ReadingTimes


def percentile(times: Sequence[float], percent: int) -> float:
    """The time that `percent` of them do not exceed."""
    if len(times) < 2:
        return times[0] if times else 0.0
    return quantiles(times, n=100, method="inclusive")[percent - 1]


def turns_table() -> Table:
    """The table of turns, one row a run."""
    table = Table(
        title="Turns over HTTP, each durably committed",
        caption="Server: processor ms a turn. Load: share of a core that the customers took.",
        padding=(0, 0),
    )
    heads = (
        "Database",
        "Chats",
        "Turns/s",
        "Ratio",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "Orders",
        "Failed",
        "Server",
        "Load",
    )
    for head in heads:
        table.add_column(head, no_wrap=True)
    return table


def add_turns(table: Table, database: str, runs: Sequence[Measured]) -> None:
    """The runs on one database; the ratio compares with the first."""
    for run in runs:
        load = run.load
        first = runs[0].load
        rate = len(load.milliseconds) / load.seconds
        base = len(first.milliseconds) / first.seconds
        cpu = run.server_seconds
        table.add_row(
            database, str(load.chats),
            f"{rate:,.0f}", f"{rate / max(base, 1):.1f}",
            *(f"{percentile(load.milliseconds, percent):.1f}" for percent in (50, 95, 99)),
            str(load.orders),
            str(sum(load.failures.values())),
            "-" if cpu is None else f"{cpu * 1000 / max(len(load.milliseconds), 1):.2f}",
            f"{load.busy * 100:.0f}%",
        )  # fmt: skip


def reader_table(runs: Sequence[ReadingTimes]) -> Table:
    """The reader at each size of catalogue; the ratio compares with the first."""
    table = Table(
        "Products", "Messages", "Median ms", "x first", "p95 ms", "Index built in ms",
        title="The order reader, one message at a time",
    )  # fmt: skip
    for run in runs:
        median, first = percentile(run.milliseconds, 50), percentile(runs[0].milliseconds, 50)
        table.add_row(
            f"{run.products:,}", str(len(run.milliseconds)), f"{median:.2f}", f"{median / first:.1f}",
            f"{percentile(run.milliseconds, 95):.2f}", f"{run.index:.0f}",
        )  # fmt: skip
    return table


def say_conditions(out: Console) -> None:
    """What the figures are worth."""
    machine = f"{cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    out.print(f"One run on this machine ({machine}), which server, database and load share; another run differs.")
