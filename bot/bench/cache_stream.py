"""A stream of questions through the real question flow, beside one that remembers nothing."""

import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from time import perf_counter

from pydantic import SecretStr

from bot.app import open_store
from bot.bench.model_server import MODEL, ModelServer, Pace, Served
from bot.bench.questions import Question
from bot.clock import SystemClock
from bot.knowing import DocumentsOnDemand, Knowing, words_of
from bot.llm.client import open_model
from bot.llm.prices import Price, Spent
from bot.metrics import Metrics
from bot.settings import Settings
from core.ports import Finding, Inquiry, Knowledge, Model, Reference
from knowledge.answering import DocumentDesk
from knowledge.cache import AnswerCache, CacheLimits

HITS = ("l1", "l2", "l3")
LEVELS = (*HITS, "l4", "miss")


@dataclass(frozen=True, slots=True)
class Flow:
    """What answers: `replicas` share a Redis if there is one, `uncached` remembers nothing.

    `model` is asked for the answers where it is not None; `server` is the one that it calls.
    """

    replicas: Sequence[Knowledge]
    uncached: Knowledge
    reference: Reference
    model: Model | None = None
    server: ModelServer | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """An answer: seconds that it took on this machine, and what the model was asked for it."""

    finding: Finding
    seconds: float
    served: tuple[Served, ...] = ()

    def waited(self, pace: Pace) -> float:
        """Seconds, with the time that a model of this pace would take."""
        return self.seconds + sum(pace.milliseconds(one.output_tokens) for one in self.served) / 1000

    def cost(self, price: Price) -> Decimal:
        """US dollars for the model."""
        spent = (price.cost(Spent(one.input_tokens, one.output_tokens)) for one in self.served)
        return sum(spent, Decimal(0))


@dataclass(frozen=True, slots=True)
class Differing:
    """A hit whose text is not what the uncached flow says: the question and both texts.

    `stray`: it was never made for a question that has the same answer, so that it is wrong for certain.
    """

    question: str
    served: str
    uncached: str
    stray: bool


@dataclass(slots=True)
class Outcome:
    """What became of a stream: its hits, what each of them spared (the same answer, uncached), and what was made."""

    levels: Counter[str] = field(default_factory=Counter)
    differing: list[Differing] = field(default_factory=list)
    hits: list[Made] = field(default_factory=list)
    spared: list[Made] = field(default_factory=list)
    made: list[Made] = field(default_factory=list)

    @property
    def asked(self) -> int:
        """How many questions there were."""
        return sum(self.levels.values())

    def share(self, *levels: str) -> float:
        """The share of these levels."""
        return sum(self.levels[level] for level in levels) / max(self.asked, 1)

    def seconds(self, pace: Pace) -> tuple[float, float]:
        """What the stream took, and what it would have taken without the cache, with a model of this pace."""
        made = sum(one.waited(pace) for one in self.made)
        return made + sum(one.waited(pace) for one in self.hits), made + sum(one.waited(pace) for one in self.spared)

    def cost(self, price: Price) -> tuple[Decimal, Decimal]:
        """What the stream cost, and what it would have cost without the cache; US dollars."""
        made = sum((one.cost(price) for one in self.made), Decimal(0))
        return made, made + sum((one.cost(price) for one in self.spared), Decimal(0))


async def play(flow: Flow, asked: Sequence[Question], chance: random.Random) -> Outcome:
    """Ask one question after the other, each of any replica."""
    outcome = Outcome()
    uncached: dict[str, Made] = {}
    answers: defaultdict[str, set[str]] = defaultdict(set)
    for question in asked:
        given = await _ask(flow, chance.choice(flow.replicas), question.text)
        outcome.levels[given.finding.cache] += 1
        if given.finding.cache not in HITS:
            outcome.made.append(given)
            answers[given.finding.text].add(question.answer)
            continue
        if question.text not in uncached:
            uncached[question.text] = await _ask(flow, flow.uncached, question.text)
        outcome.hits.append(given)
        outcome.spared.append(uncached[question.text])
        served, said = given.finding.text, uncached[question.text].finding.text
        if served != said:
            outcome.differing.append(Differing(question.text, served, said, question.answer not in answers[served]))
    return outcome


async def _ask(flow: Flow, desk: Knowledge, text: str) -> Made:
    turn = flow.model.turn() if flow.model is not None else None
    before = len(flow.server.served) if flow.server is not None else 0
    begun = perf_counter()
    finding = await desk.answer(Inquiry(text, reference=flow.reference), turn)
    seconds = perf_counter() - begun
    return Made(finding, seconds, tuple(flow.server.served[before:]) if flow.server is not None else ())


@asynccontextmanager
async def open_flow(
    settings: Settings, *, redis: str | None, server: ModelServer | None = None, replicas: int = 2
) -> AsyncIterator[Flow]:
    """The question flow over what is prepared, as the program wires it; with a model where there is a server."""
    update = {
        "redis_url": SecretStr(redis) if redis else None,
        "openai_base_url": server.url if server is not None else None,
        "openai_model": MODEL if server is not None else None,
    }
    settings = settings.model_copy(update=update)
    store, metrics = open_store(settings), Metrics()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(store.close)
        model = open_model(settings, store.database, SystemClock(settings.zone), metrics)
        if model is not None:
            stack.push_async_callback(model.close)
        name = model.name if model is not None else ""
        knowing = [Knowing(settings, metrics, name) for _ in range(replicas)]
        for each in knowing:
            stack.push_async_callback(each.close)
        documents = DocumentsOnDemand(settings)
        stack.push_async_callback(documents.close)
        nothing = AnswerCache(limits=CacheLimits(ttl_seconds=0, unsettled_ttl_seconds=0))
        uncached = DocumentDesk(documents, nothing, words_of(), name)
        desks, reference = [each.desk for each in knowing], await store.reference()
        for desk in (*desks, uncached):
            await desk.judge(reference)  # what the first question would wait for
        yield Flow(desks, uncached, reference, model, server)
