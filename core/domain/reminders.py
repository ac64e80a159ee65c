"""What the desk says by itself, and when: the kinds of reminders, and the occasion that a single one is for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pydantic import TypeAdapter

PROVIDER_ID = "reminder:"
"""How the provider id of a reminder in the inbox begins; no channel gives such a one to a customer's message."""


class ReminderKind(StrEnum):
    """What a reminder is about. The date of an occasion is, for each kind, the one named here."""

    DELIVERY_TOMORROW = "delivery tomorrow"  # the delivery's day
    DELIVERY_TODAY = "delivery today"  # the delivery's day
    CUT_OFF = "cut-off"  # the delivery's day that orders close for
    DRAFT = "draft"  # the day on which the draft was touched last
    RECEIVED = "received"  # the delivery's day
    OVERDUE = "overdue"  # the day of the reminder; opt in


class Unsaid(StrEnum):
    """Why a turn left a reminder unsaid that there may still be a reason for."""

    ELSEWHERE = "elsewhere"  # a person has the chat, its customer said STOP, or is not of the outlet any more
    LATER = "later"  # the books could not be asked


class ClaimKind(StrEnum):
    """What was wrong with a delivery."""

    SHORT = "short"
    DAMAGED = "damaged"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Occasion:
    """One moment for one outlet. `tried` are the chats (their keys) that it could not be said in."""

    kind: ReminderKind
    outlet: str
    day: date
    tried: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Unique: an outlet is reminded once of a kind and day."""
        return f"{self.kind.value}:{self.outlet}:{self.day.isoformat()}"

    def to_json(self) -> str:
        """As JSON text."""
        return _OCCASION.dump_json(self).decode()

    @classmethod
    def from_json(cls, text: str) -> "Occasion":
        """What `to_json` gave. Raises ValueError for anything else."""
        return _OCCASION.validate_json(text)


_OCCASION = TypeAdapter(Occasion)


@dataclass(frozen=True, slots=True)
class ReminderChoice:
    """What an outlet says it wants, or not: of a kind (its value), or "" for all of them."""

    outlet: str
    kind: str
    wanted: bool


def with_said(outlet: str, stored: Mapping[str, bool], said: Iterable[ReminderChoice]) -> dict[str, bool]:
    """What an outlet wants, by kind, with what was said since: all of them (`""`) replaces what was said of each."""
    choices = dict(stored)
    for choice in said:
        if choice.outlet == outlet:
            choices = {**({} if choice.kind == "" else choices), choice.kind: choice.wanted}
    return choices


def wanted(kind: ReminderKind, choices: Mapping[str, bool]) -> bool:
    """Whether an outlet wants a kind, by what it said: of the kind, else of all (`""`), else what is usual.

    OVERDUE is opt in: only where it was asked for by name.
    """
    if kind.value in choices:
        return choices[kind.value]
    return kind is not ReminderKind.OVERDUE and choices.get("", True)
