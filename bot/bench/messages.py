"""A day of messages as a desk gets them: orders with questions in between, questions alone, and small talk."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.bench.questions import Question, stream
from bot.bench.rewording import retyped
from bot.bench.talk import LINKED, Talk, talks

# What the catalogue has under other words, or not at all.
_ODD = (
    "also 3 pkt toothpicks",
    "and something to wrap sandwiches, 2 pkt",
    "got that thing for pulling apart hot trays?",
    "2 ctn styrofoam box",
    "the stuff to clean the oven, 1 bottle",
    "n 4 pkt sugar sachets",
    "some covers for the soup bowls also",
    "5 pkt of the thing you put under cakes",
)
_SMALL_TALK = (
    "thanks boss",
    "ok noted",
    "good morning",
    "👍",
    "hi there",
    "ok thank you",
    "are you a bot?",
    "great, tq",
)
ODD_EVERY, _QUESTION_EVERY = 8, 3  # that many orders
_TYPED_ANEW = 0.3  # of the messages of an order
_ALONE = 3  # questions alone for each order


@dataclass(frozen=True, slots=True)
class Conversation:
    """What one customer writes. One who `orders` answers what is asked and confirms."""

    talk: Talk
    orders: bool


def conversations(orders: int, questions: Sequence[Question], seed: int) -> Iterator[Conversation]:
    """So many orders with everything that comes between them. The same seed, the same messages."""
    chance, customers = random.Random(seed), talks("cost", seed)
    asked = iter(stream(questions, (_ALONE + 1) * orders, chance))
    for number in range(orders):
        talk = next(customers)
        inserted = [next(asked).text] if number % _QUESTION_EVERY == 0 else []
        odd = [_ODD[number // ODD_EVERY % len(_ODD)]] if number % ODD_EVERY == 0 else []
        hello, order, *rest = (_typed(text, chance) for text in talk.messages)
        yield Conversation(replace(talk, messages=(hello, order, *odd, *inserted, *rest)), orders=True)
        for n in range(_ALONE):
            yield _alone(f"question-{number}-{n}", next(asked).text, chance)
        yield _alone(f"talk-{number}", chance.choice(_SMALL_TALK), chance)


def _typed(text: str, chance: random.Random) -> str:
    return retyped(text, chance) if chance.random() < _TYPED_ANEW else text


def _alone(name: str, text: str, chance: random.Random) -> Conversation:
    return Conversation(Talk(chance.choice(LINKED), name, (text,)), orders=False)
