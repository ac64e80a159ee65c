"""What the bench tells of a stream: hits, those that say something else, and what was saved."""

import random
from decimal import Decimal
from pathlib import Path

import pytest
from redis import Redis

from bot.bench.cache_stream import Flow, Made, Outcome, play
from bot.bench.desk import OwnSettings
from bot.bench.model_server import Pace, Served
from bot.bench.questions import Question
from bot.bench.redis_server import database_on, redis_url
from bot.llm.prices import Price
from core.ports import Finding, Inquiry, Live, ModelTurn, Reference
from tests.eval.loading import load_reference, supplier

PRICE = Price(input=Decimal(1), output=Decimal(2))


class Answering:
    """Knowledge that says what a test wrote, by question."""

    def __init__(self, **answers: tuple[str, str]) -> None:
        self._answers = answers

    async def answer(self, inquiry: Inquiry, model: ModelTurn | None = None, live: Live | None = None) -> Finding:
        text, level = self._answers[inquiry.text]
        return Finding(text, cache=level)


@pytest.fixture(scope="module")
def reference() -> Reference:
    return load_reference(supplier("sample"))


async def test_a_hit_is_false_where_another_question_was_given_it(reference: Reference) -> None:
    cached = Answering(
        fee=("Free.", "miss"), charge=("Free.", "l3"), shop=("Free.", "l3"), cost=("Free.", "l1"), days=("Daily.", "l4")
    )
    uncached = Answering(charge=("Free.", "miss"), shop=("At Loyang.", "miss"), cost=("Free, always.", "miss"))
    asked = [Question(text, answer) for text, answer in
             (("fee", "F"), ("charge", "F"), ("shop", "S"), ("cost", "F"), ("days", "D"))]  # fmt: skip
    outcome = await play(Flow([cached], uncached, reference), asked, random.Random(1))
    assert outcome.levels == {"miss": 1, "l1": 1, "l3": 2, "l4": 1}
    assert outcome.share("l1", "l2", "l3") == pytest.approx(3 / 5)
    assert [(d.question, d.served, d.uncached, d.stray) for d in outcome.differing] == [
        ("shop", "Free.", "At Loyang.", True),
        ("cost", "Free.", "Free, always.", False),
    ]
    assert (len(outcome.made), len(outcome.hits), len(outcome.spared)) == (2, 3, 3)


def test_what_is_saved_counts_the_model_at_its_pace_and_price() -> None:
    written = Made(Finding(), 0.1, (Served("write", 1_000_000, 11),))
    outcome = Outcome(hits=[Made(Finding(), 0.01)], spared=[written], made=[written])
    took, without = outcome.seconds(Pace(first=400, token=10))
    assert (took, without) == (pytest.approx(0.61), pytest.approx(1.2))
    assert outcome.cost(PRICE) == (Decimal("1.000022"), Decimal("2.000044"))


def test_the_settings_of_the_bench_are_none_of_this_shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("RESUPPLY_KNOWLEDGE_URI", "RESUPPLY_CURRENCY", "OPENAI_MODEL", "REDIS_URL"):
        monkeypatch.setenv(name, "redis://elsewhere")
    settings = OwnSettings(data_dir=tmp_path)
    assert settings.knowledge == str(tmp_path / "knowledge")
    assert (settings.currency, settings.openai_model, settings.redis_url) == ("SGD", None, None)


@pytest.mark.redis
def test_a_redis_is_used_where_it_is_empty_and_left_empty() -> None:
    with redis_url() as server:
        assert server is not None
        with Redis.from_url(server) as used:
            used.set("order", "1")
            with database_on(server) as url, Redis.from_url(str(url)) as own:
                assert url != server
                assert own.dbsize() == 0
                own.set("answer", "2")
            with Redis.from_url(str(url)) as own:
                assert own.dbsize() == 0
            assert used.get("order") == b"1"


@pytest.mark.parametrize("address", ["", "redis://127.0.0.1:1"])
def test_without_a_redis_there_is_no_address(address: str) -> None:
    with database_on(address) as url:
        assert url is None
