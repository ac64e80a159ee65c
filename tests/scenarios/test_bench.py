"""The benchmark runs, counts and loses no turn; nothing here is about how quick it is."""

import io

import pytest
from rich.console import Console

from bot.bench.load import Load
from bot.bench.reading import generated, measure_reader
from bot.bench.report import percentile
from bot.bench.run import run_bench


def test_every_turn_of_a_quick_run_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    printed = io.StringIO()
    failed = run_bench(Console(file=printed, width=200), quick=True)
    rows = [line.split("│") for line in printed.getvalue().splitlines() if "│" in line]
    turns = {(row[1].strip(), row[2].strip()): float(row[3]) for row in rows if "SQL" in row[1]}
    assert failed == 0
    assert {chats for name, chats in turns if name == "SQLite"} == {"1", "4"}
    assert min(turns.values()) > 0
    assert "One run on this machine" in printed.getvalue()


def test_a_generated_catalogue_has_as_many_products_as_asked() -> None:
    assert [len(generated(count).products) for count in (160, 4_000)] == [160, 4_000]


def test_the_reader_is_timed_once_a_message() -> None:
    times = measure_reader(160, 20)
    assert len(times.milliseconds) == 20
    assert times.index > 0


def test_percentiles_are_those_of_the_times() -> None:
    assert percentile([float(n) for n in range(101)], 95) == 95.0
    assert percentile([], 50) == 0.0
    assert Load(chats=1).failures == {}
