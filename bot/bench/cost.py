"""What the model costs: the desk as it is, against sending it every message with the whole catalogue.

Both sides are counted on the same messages, at four characters a token and at the same example prices.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from bot.bench.asking import Caller
from bot.bench.desk import ServedDesk
from bot.bench.load import MOST_ANSWERS, in_a_hurry
from bot.bench.messages import Conversation
from bot.bench.model_server import ModelServer, tokens_of
from bot.llm.prices import Price, Spent
from core.domain.catalogue import Catalogue

EXAMPLE_PRICE = Price(input=Decimal("0.15"), output=Decimal("0.60"), cached_input=Decimal("0.075"))
TURNS_SHOWN = 6

_ORDERING = frozenset({"order", "amend", "confirm", "cancel", "reorder"})
_SYSTEM = """\
You are the ordering desk of a wholesale supplier of food packaging, in a chat with an outlet's manager. Take orders, \
change and cancel them, answer questions about products and prices, and ask where something is unclear. Use only \
products of the catalogue below and their prices; never make one up. Show the draft with every line, unit, price, GST \
of 9% and total, and place the order only after the customer has confirmed it. Delivery is Monday to Saturday."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that was answered: the intent the desk saw, what it asked the model for, and both sides' tokens."""

    intent: str
    tasks: tuple[str, ...]
    ours: Spent
    naive: Spent

    @property
    def ordering(self) -> bool:
        """Whether it makes, changes or places an order; what the model had to read counts as such."""
        return self.intent in _ORDERING or "read" in self.tasks


@dataclass(slots=True)
class Costs:
    """All messages of a run."""

    sent: list[Sent] = field(default_factory=list)

    @property
    def reached(self) -> Counter[str]:
        """How many messages reached the model, by task."""
        return Counter(task for message in self.sent for task in set(message.tasks))

    @property
    def ordering(self) -> list[Sent]:
        """The ordering turns."""
        return [message for message in self.sent if message.ordering]

    @property
    def ours(self) -> Spent:
        """The tokens of the desk."""
        return _sum(message.ours for message in self.sent)

    @property
    def naive(self) -> Spent:
        """The tokens of a model that gets every message. `cached_tokens`: what each prompt begins with, again."""
        return _sum(message.naive for message in self.sent)

    def per_thousand(self, count: float) -> float:
        """A count over all messages, for 1,000 of them."""
        return count * 1000 / max(len(self.sent), 1)


def catalogue_text(catalogue: Catalogue) -> str:
    """The catalogue as it would stand in a prompt: one lean row a product."""
    rows = (f"{p.sku},{p.name},{p.unit},{p.pieces_per_unit},{p.price}" for p in catalogue.active)
    return "\n".join(("sku,name,unit,pieces,price", *rows))


async def measure_costs(
    caller: Caller, desk: ServedDesk, model: ModelServer, catalogue: Catalogue, said: Iterable[Conversation]
) -> Costs:
    """Have every conversation, one after the other, with a desk that has the model and knows no answer yet."""
    costs, prefix = Costs(), tokens_of(_SYSTEM, catalogue_text(catalogue))
    for conversation in said:
        turns: list[tuple[str, str]] = []
        before = len(model.served)
        async for text, body in _have(caller, desk, conversation):
            served, before = model.served[before:], len(model.served)
            turns.append((text, str(body["reply"])))
            ours = Spent(sum(one.input_tokens for one in served), sum(one.output_tokens for one in served))
            tasks = tuple(one.task for one in served)
            costs.sent.append(Sent(str(body["intent"]), tasks, ours, naive_tokens(prefix, turns)))
    return costs


async def _have(
    caller: Caller, desk: ServedDesk, conversation: Conversation
) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """Each message with the API's answer. One who orders answers what is asked until the order is placed."""
    talk, body = conversation.talk, dict[str, Any]()
    for text in talk.messages:
        body = (await caller.ask(desk, text, talk.user_id, talk.session_id)).body
        yield text, body
    for _ in range(MOST_ANSWERS if conversation.orders else 0):
        if (body["order"] or {}).get("status") == "confirmed":
            return
        text = in_a_hurry(body)
        body = (await caller.ask(desk, text, talk.user_id, talk.session_id)).body
        yield text, body


def naive_tokens(prefix: int, turns: Sequence[tuple[str, str]]) -> Spent:
    """What the last of these turns takes where the model gets system text, catalogue and the turns before it."""
    *before, (text, reply) = turns
    shown = [part for turn in before[-TURNS_SHOWN:] for part in turn]
    return Spent(prefix + tokens_of(*shown, text), tokens_of(reply), cached_tokens=prefix)


def _sum(each: Iterable[Spent]) -> Spent:
    given = written = cached = 0
    for spent in each:
        given, written = given + spent.input_tokens, written + spent.output_tokens
        cached += spent.cached_tokens
    return Spent(given, written, cached)
