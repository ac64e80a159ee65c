"""The benchmark runs, counts and loses no turn; nothing here is about how quick it is."""

import io
from collections import defaultdict
from dataclasses import dataclass

import pytest
from rich.console import Console

from bot.bench.load import Load
from bot.bench.reading import generated, measure_reader
from bot.bench.report import percentile
from bot.bench.run import run_bench

Rows = dict[str, list[str]]


@dataclass(frozen=True)
class Run:
    """A run as it was printed: turns a second by database and chats, the tables' rows by title and first cell."""

    printed: str
    turns: dict[tuple[str, str], float]
    tables: dict[str, Rows]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_quick_run_measures_everything_and_answers_every_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    written = io.StringIO()
    failed = run_bench(Console(file=written, width=200), quick=True)
    run = read(written.getvalue())

    assert failed == 0
    assert {chats for name, chats in run.turns if name == "SQLite"} == {"1", "4"}
    assert min(run.turns.values()) > 0
    assert "One run on this machine" in run.printed
    check_questions(run)
    check_cost(run)
    check_cache(run)


def read(printed: str) -> Run:
    title, tables, turns = "", defaultdict[str, Rows](dict), {}
    for line in printed.splitlines():
        cells = [cell.strip() for cell in line.split("│")[1:-1]]
        if not cells and line[:1].isspace() and not line.strip().endswith("."):
            title = line.strip()
        elif cells and "SQL" in cells[0]:
            turns[cells[0], cells[1]] = float(cells[2])
        elif cells:
            tables[title][cells[0]] = cells[1:]
    return Run(printed, turns, tables)


def check_questions(run: Run) -> None:
    """Questions are answered from the cache, without it and by the model, whole and streamed."""
    rows = run.tables["Questions at the API, one at a time"]
    answered = {name: int(cells[0]) for name, cells in rows.items()}
    assert answered.keys() >= {"L2, Redis", "L3, other words", "L4, evidence known"}
    assert min(answered[name] for name in ("L1, this process", "no cache, quoted", "no cache, written")) > 0
    streamed = run.tables["Answers that the model writes, at the API"]
    assert streamed["whole"][0] == streamed["streamed"][0] == rows["no cache, written"][0]
    assert "assumed, not measured of any provider" in run.printed


def check_cost(run: Run) -> None:
    """Some messages reach the model, and cost less than if every one did."""
    reached, costs = run.tables["Messages that reach the model"], run.tables["What the model costs"]
    assert int(reached["ordering turns"][0]) + int(reached["other turns"][0]) == int(reached["all"][0])
    assert float(reached["all"][2].rstrip("%")) > 0
    ours, naive = float(costs["this desk"][3]), float(costs["every message"][3])
    assert 0 < ours < naive / 5
    assert float(costs["every message"][4].rstrip("%")) == pytest.approx(100 * (1 - ours / naive), abs=0.2)


def check_cache(run: Run) -> None:
    """Both streams have hits, none of them false, and with the model they save money."""
    rows = run.tables["The cache on a stream of questions, two replicas"]
    assert rows.keys() == {"quoted", "written"}
    for asked, *_levels, hits, _differ, false, _time, _cost in rows.values():
        assert (asked, false) == ("30", "0")
        assert float(hits.rstrip("%")) > 0
    assert float(rows["written"][-1].rstrip("%")) > 0


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
