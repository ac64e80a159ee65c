"""Measures questions, cost and cache on desks of their own, with a model's stand-in beside them."""

import asyncio
import json
import logging
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from aiohttp import ClientSession

from bot.app import open_store
from bot.bench.asking import Caller
from bot.bench.cache_stream import Outcome, open_flow, play
from bot.bench.cost import EXAMPLE_PRICE, Costs, measure_costs
from bot.bench.desk import ServedDesk, prepared, serving, sqlite_url
from bot.bench.levels import QuestionTimes, change_a_price, measure_cached, measure_evidence, measure_writing
from bot.bench.messages import conversations
from bot.bench.model_server import ASSUMED, AT_ONCE, MODEL, ModelServer, Pace
from bot.bench.questions import Question, faq_questions, one_of_each, stream
from bot.bench.redis_server import redis_url
from bot.settings import Settings
from core.domain.catalogue import Catalogue

_SEED = 1


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is asked: questions by level and of the model, orders with all that comes between, the stream."""

    levels: int = 40
    written: int = 20
    orders: int = 32
    streamed: int = 400
    pace: Pace = ASSUMED


QUICK = Sizes(levels=4, written=2, orders=1, streamed=30, pace=Pace(20, 1))


@dataclass(frozen=True, slots=True)
class QuestionFigures:
    """Everything that was measured. `streams` by what answers: without and with the model."""

    sizes: Sizes
    times: QuestionTimes
    costs: Costs
    streams: Mapping[str, Outcome]


def measure_questions(sizes: Sizes) -> QuestionFigures:
    """Measure it all, one after the other. Raises Skipped where a desk does not start."""
    with sqlite_url() as url, prepared(url) as settings, quiet():
        questions = asyncio.run(faq_questions(settings))
        with redis_url() as redis:
            times, costs = asyncio.run(_at_the_api(settings, questions, sizes, redis))
        streams = {}
        for name, written in (("quoted", False), ("written", True)):
            with redis_url() as own:  # empty for each
                streams[name] = asyncio.run(_stream(settings, questions, sizes, own, written=written))
    return QuestionFigures(sizes, times, costs, streams)


async def _at_the_api(
    settings: Settings, questions: list[Question], sizes: Sizes, redis: str | None
) -> tuple[QuestionTimes, Costs]:
    times = QuestionTimes()
    first, second, *asked = one_of_each(questions)[: sizes.levels + 2]
    plain = {"REDIS_URL": redis} if redis is not None else {}
    async with ModelServer(sizes.pace) as model, ClientSession() as session:
        caller, own = Caller(session), _with_model(model)
        with serving(settings, plain, plain, own, own) as desks:
            here, there, one, other = desks
            await _warm(caller, desks, [first, second, first, first])
            reached = await measure_cached(caller, [here, there], asked, times)
            await measure_writing(caller, [one, other], reached[: sizes.written], times)
            await change_a_price(settings)
            await _warm(caller, [here, one], [first, first])
            await measure_evidence(caller, here, reached, times)
            model.pace = AT_ONCE
            said = conversations(sizes.orders, questions, _SEED)
            return times, await measure_costs(caller, one, model, await _catalogue(settings), said)


async def _catalogue(settings: Settings) -> Catalogue:
    store = open_store(settings)
    try:
        return (await store.reference()).catalogue
    finally:
        await store.close()


async def _stream(
    settings: Settings, questions: list[Question], sizes: Sizes, redis: str | None, *, written: bool
) -> Outcome:
    asked = stream(questions, sizes.streamed, random.Random(_SEED))
    async with ModelServer() as model, open_flow(settings, redis=redis, server=model if written else None) as flow:
        return await play(flow, asked, random.Random(_SEED))


def _with_model(model: ModelServer) -> dict[str, str]:
    """The settings of a desk that has the model."""
    prices = {MODEL: EXAMPLE_PRICE.model_dump(mode="json", exclude_none=True)}
    return {"OPENAI_BASE_URL": model.url, "OPENAI_MODEL": MODEL, "RESUPPLY_MODEL_PRICES": json.dumps(prices)}


async def _warm(caller: Caller, desks: list[ServedDesk], questions: list[Question]) -> None:
    """Have each desk read its documents and catalogue; what is in the cache already would leave it cold."""
    for desk, question in zip(desks, questions, strict=True):
        await caller.ask(desk, question.text)


@contextmanager
def quiet() -> Iterator[None]:
    """Without the log lines of what runs in this process."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    try:
        yield
    finally:
        structlog.configure(**before)
