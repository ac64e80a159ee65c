"""The bench's stand-in for a model, as the desk's own client sees it."""

import json
import shutil
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from bot.bench.cost import EXAMPLE_PRICE
from bot.bench.model_server import MODEL, ModelServer, Pace, Served, tokens_of
from bot.clock import SystemClock
from bot.llm.client import ModelClient, open_model
from bot.metrics import Metrics
from bot.settings import load_settings
from bot.storage.database import Database
from core.ports import Prompt
from core.understanding.schema import Move, answer_schema, parse

PASSAGES = [{"section": "Fees", "question": "", "text": "Delivery is free. It is made by van. There is no fee."}]
WRITE = Prompt("write", "Answer.", json.dumps({"question": "What is the fee?", "passages": PASSAGES}))


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    async with ModelServer(Pace(first=1, token=1)) as server:
        yield server


@pytest.fixture
async def model(server: ModelServer, migrated_file: Path, tmp_path: Path) -> AsyncIterator[ModelClient]:
    path = shutil.copy(migrated_file, tmp_path / "bench.db")
    settings = load_settings(
        _env_file=None, openai_base_url=server.url, openai_model=MODEL, model_prices={MODEL: EXAMPLE_PRICE}
    )
    database = Database.open(f"sqlite:///{path}")
    client = open_model(settings, database, SystemClock(settings.zone), Metrics())
    assert client is not None
    yield client
    await client.close()
    await database.close()


async def test_a_streamed_answer_copies_the_passage_and_tells_its_usage(
    server: ModelServer, model: ModelClient
) -> None:
    turn = model.turn()
    pieces = [piece async for piece in turn.stream(WRITE)]
    assert "".join(pieces) == "Delivery is free. It is made by van."
    assert len(pieces) == tokens_of("".join(pieces))
    assert (turn.usage.input_tokens, turn.usage.output_tokens) == (tokens_of(WRITE.system, WRITE.user), len(pieces))
    assert server.served == [Served("write", turn.usage.input_tokens, turn.usage.output_tokens)]
    assert turn.usage.cost_usd == Decimal("0.15e-6") * turn.usage.input_tokens + Decimal("0.6e-6") * len(pieces)


async def test_what_is_unclear_is_proposed_in_the_form_that_was_asked_for(
    server: ModelServer, model: ModelClient
) -> None:
    products = [{"sku": "A", "name": "Box", "unit": "carton", "pieces": 50}]
    data = {"message": "2 boxs n foo", "unclear": ["boxs", "foo"], "products": products, "on_order": []}
    schema = answer_schema(["A"], [], ["carton"])
    proposals = parse(await model.turn().complete(Prompt("read", "Read.", json.dumps(data), schema)))
    assert [(p.move, p.sku, p.quote) for p in proposals] == [(Move.ADD, "A", "boxs"), (Move.ADD, "A", "foo")]
    assert [served.task for served in server.served] == ["read"]


async def test_without_products_nothing_is_proposed(model: ModelClient) -> None:
    data = {"message": "hm", "unclear": ["hm"], "products": [], "on_order": []}
    answer = await model.turn().complete(Prompt("read", "Read.", json.dumps(data), answer_schema([], [], [])))
    assert [p.move for p in parse(answer)] == [Move.NOTHING]


def test_the_pace_is_the_first_token_and_then_each_one() -> None:
    assert Pace(400, 20).milliseconds(1) == 400
    assert Pace(400, 20).milliseconds(31) == 1_000
    assert Pace().milliseconds(31) == 0


def test_a_token_is_four_characters_begun() -> None:
    assert tokens_of("abcd") == 1
    assert tokens_of("abcde", "a", "") == 3
