"""Plays a conversation against the engine over a store in memory."""

import asyncio
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cache
from time import perf_counter
from typing import Any

from bot.english import english_words
from core.domain.messages import ChatRef, Inbound
from core.domain.outlets import Directory
from core.engine import DeskRules, Engine
from core.ports import Knowledge, Model, Reference
from core.understanding.indexes import Indexes
from tests.eval.cases import Conversation, Expected, Turn, duration
from tests.eval.loading import load_history, load_reference, supplier
from tests.sandbox.memory_store import MemoryStore

RULES = DeskRules(
    tax_rate=Decimal("0.09"),
    currency="SGD",
    supplier="Evaluation Supplies",
    name_claim_channels=frozenset({"api"}),
)


INDEXES: dict[str, Indexes] = defaultdict(lambda: Indexes(english_words()))


class SetClock:
    """Shows the conversation's time and moves only when it says so."""

    def __init__(self, now: datetime) -> None:
        self.time = now

    def now(self) -> datetime:
        """The current moment of the conversation."""
        return self.time


@dataclass
class Played:
    """A turn as it went. `body` is the chat API's answer; `error` says why there is none."""

    turn: Turn
    body: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    milliseconds: float = 0.0
    messages: int = 1
    number_before: str | None = None

    @property
    def order(self) -> dict[str, Any]:
        """The draft or order that the turn left, empty where there is none."""
        return self.body.get("order") or {}


@cache
def reference_of(name: str) -> Reference:
    """A supplier's reference data, loaded once."""
    return load_reference(supplier(name))


class Desk:
    """One engine, one chat, one customer."""

    def __init__(
        self,
        case: Conversation,
        store: MemoryStore,
        clock: SetClock,
        model: Model | None = None,
        knowledge: Knowledge | None = None,
    ) -> None:
        self._store, self._clock = store, clock
        self._engine = Engine(store, clock, RULES, INDEXES[case.supplier], knowledge=knowledge, model=model)
        self._chat = ChatRef(case.channel, case.sender, case.id)
        self._sent = 0
        self._last: dict[str, Any] = {}

    async def play(self, turn: Turn) -> Played:
        """Take one turn of the customer and return what came back."""
        if turn.action == "wait":
            self._clock.time += duration(turn.value)
            return Played(turn, self._last, messages=0)
        try:
            inbound = self._inbound(turn)
        except LookupError as error:
            return Played(turn, self._last, error=str(error))
        for message in inbound[:-1]:
            await self._store.accept(message)
        accepted = await self._store.accept(inbound[-1], open_as="evaluation")
        if accepted.turn is None:
            return Played(turn, self._last, error="the chat is still leased")
        started = perf_counter()
        outcome = await self._engine.take_turn(accepted.turn)
        taken = (perf_counter() - started) * 1000
        self._last = outcome.body
        return Played(turn, outcome.body, milliseconds=taken, messages=len(inbound))

    def _inbound(self, turn: Turn) -> list[Inbound]:
        if turn.action == "tap":
            choice = self._choices()[self._position(turn.value) - 1]
            return [self._message(choice["title"], choice_id=choice["id"])]
        if turn.action == "pick":
            return [self._message(str(self._position(turn.value)))]
        texts = turn.value if turn.action == "burst" else [turn.value]
        return [self._message(text, quoted=turn.quoted) for text in texts]

    def _choices(self) -> list[dict[str, str]]:
        return [c for message in self._last.get("messages", ()) for c in message.get("choices", ())]

    def _position(self, wanted: str | int) -> int:
        """The 1-based position of a choice: named by position, title, start of the title, or words of it."""
        titles = [choice["title"] for choice in self._choices()]
        if isinstance(wanted, int) and 0 < wanted <= len(titles):
            return wanted
        name = str(wanted).casefold()
        for fits in (str.__eq__, str.startswith, _has_words):
            found = [n for n, title in enumerate(titles, 1) if fits(title.casefold(), name)]
            if len(found) == 1:
                return found[0]
        raise LookupError(f"no choice {wanted!r} among {titles}")

    def _message(self, text: str, choice_id: str | None = None, quoted: str | None = None) -> Inbound:
        self._sent += 1
        return Inbound(self._chat, f"{self._chat.session}-{self._sent}", text, self._clock.now(), choice_id, quoted)


def _has_words(title: str, words: str) -> bool:
    return set(words.split()) <= set(re.findall(r"\w+", title))


async def play(case: Conversation, model: Model | None = None, knowledge: Knowledge | None = None) -> list[Played]:
    """Play a conversation from its first turn in a fresh house; stops at an unexpected exception."""
    reference = reference_of(case.supplier)
    history = load_history(supplier(case.supplier), reference, case.now)
    if case.invites:
        directory = reference.directory
        invited = Directory(directory.outlets, directory.contacts, case.invites)
        reference = Reference(reference.version, reference.catalogue, invited, reference.calendar)
    store = MemoryStore(reference)
    await store.seed_orders(history)
    desk = Desk(case, store, SetClock(case.now), model, knowledge)
    played: list[Played] = []
    number: str | None = None
    for turn in case.turns:
        try:
            step = await desk.play(turn)
        except Exception as error:  # noqa: BLE001 - a crash is a finding of the evaluation, not its end
            played.append(Played(turn, error=f"{type(error).__name__}: {error}"))
            break
        step.number_before = number
        number = step.order.get("number") or number
        played.append(step)
    return played


def play_all(cases: Sequence[Conversation], model: Model | None = None) -> list[list[Played]]:
    """Play every conversation, one after another."""

    async def run() -> list[list[Played]]:
        return [await play(case, model) for case in cases]

    return asyncio.run(run())


def expectations(case: Conversation, played: list[Played]) -> list[tuple[int, Expected]]:
    """The expectations to hold the played turns to, by turn; the conversation's own is that of the last."""
    between = [(i, step.turn.expected) for i, step in enumerate(played) if step.turn.expected]
    return [*between, (len(played) - 1, case.expected)]
