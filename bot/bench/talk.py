"""What the benchmark's customers write: whole orders, from hello to confirm, no two the same."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

LINKED = tuple(f"+659123000{digit}" for digit in (1, 2, 3, 4, 5, 6, 7, 8, 9))
_OUTLETS = (
    "Canadian Pizza Pasir Ris",
    "Canadian Pizza Tampines",
    "Kopi & Kaya Bar Bedok",
    "Straits Bubble Tea Clementi",
    "Palawan Bay Resort Beach Club",
)
_HELLOS = ("hi", "hello", "good morning boss", "Hi there")
_ITEMS = (
    "{n} bundles 12in pizza box",
    "{n}00 10-inch pizza boxes",
    "{n} sleeves 12oz single wall paper cup white",
    "{n} sleeves 8oz double wall paper cup black",
    "{n} pkt plastic straw 6mm black",
    "{n} pkt plastic carrier bag medium white",
    "{n} carton cutlery set 3-in-1",
    "{n} rolls cling film 30cm x 300m",
    "{n} pkt hair net 21in white",
    "{n} bottles food surface sanitiser 1L",
    "{n} rolls opp tape brown",
    "{n} boxes nitrile glove blue L",
)
_PRICES = (
    "how much is the 16oz cup?",
    "price of garbage bag 90x120?",
    "how much for microwave container 750ml",
    "do you have bagasse burger box?",
)
_DATES = ("deliver on Tuesday morning", "tmr morning pls", "Friday afternoon can?", "deliver on Wednesday")
_SHOWS = ("show my order", "what do I have so far?", "cart")


@dataclass(frozen=True, slots=True)
class Talk:
    """One order: who writes, in which session, and what, up to the confirming."""

    user_id: str
    session_id: str
    messages: tuple[str, ...]


def talks(name: str, seed: int) -> Iterator[Talk]:
    """Endless orders of one customer, each in a session of its own; every other sender is unknown."""
    chance = random.Random(seed)
    number = 0
    while True:
        number += 1
        linked = number % 2 == 0
        user = chance.choice(LINKED) if linked else f"{name}-{number}"
        yield Talk(user, f"{name}-{number}", _messages(chance, linked))


def _messages(chance: random.Random, linked: bool) -> tuple[str, ...]:
    first, second, third, fourth = (item.format(n=chance.randint(2, 9)) for item in chance.sample(_ITEMS, k=4))
    return (
        chance.choice(_HELLOS),
        f"I want to order {first}, {second} and {third}",
        *(() if linked else (f"My outlet is {chance.choice(_OUTLETS)}",)),
        chance.choice(_PRICES),
        f"add {fourth}",
        f"make the {_kind(second)} {chance.randint(2, 9)}",
        chance.choice(_DATES),
        chance.choice(_SHOWS),
    )


def _kind(item: str) -> str:
    """`2 rolls cling film` without its amount: the product as a customer would name it."""
    first, rest = item.split(" ", 1)
    return rest if first.endswith("00") else rest.split(" ", 1)[1]
