"""What a model may propose about an order, and the checks that code makes of it. Pure: text in, proposals out.

The schema leaves no room for prices, dates, outlets, confirming or cancelling. What is of its form still has to rest on
the customer's words: a proposal that fails any check is dropped.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.domain.catalogue import Catalogue
from core.understanding.amounts import unit_at
from core.understanding.spoken import Counted, Spoken

MOST_PROPOSALS = 8
MOST_QUANTITY = 100_000
_LONGEST_QUOTE = 400
# What a message that wants a person names: somebody, or talking to them.
_PERSON = frozenset(
    """person people human agent staff manager boss supervisor someone somebody anyone operator sales salesman rep
    representative accounts accountant finance support service call callback ring phone speak talk contact""".split()
)  # fmt: skip


class Move(StrEnum):
    """What a part of a message asks for."""

    ADD = "add"
    REMOVE = "remove"
    CHANGE = "change"
    QUESTION = "question"
    PERSON = "person"
    NOTHING = "nothing"


EDITS = (Move.REMOVE, Move.CHANGE)
_WITHOUT_PRODUCT = (Move.QUESTION, Move.PERSON, Move.NOTHING)


@dataclass(frozen=True, slots=True)
class Proposal:
    """One command of the model's, of the schema's form and not yet checked."""

    move: Move
    sku: str | None
    quantity: int | None
    unit: str | None
    quote: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A proposal that holds. `span` are the places of its quote in the message's words, end exclusive.

    `counted` is the amount as the order reader found it in the quote.
    """

    move: Move
    span: tuple[int, int]
    sku: str = ""
    counted: Counted | None = None


def answer_schema(skus: Sequence[str], on_order: Sequence[str], units: Sequence[str]) -> Mapping[str, Any]:
    """JSON Schema (strict) of an answer: only these products, edits only where lines are on order."""
    moves = [*([Move.ADD] if skus else []), *(EDITS if on_order else ()), *_WITHOUT_PRODUCT]
    command = {
        "kind": {"type": "string", "enum": [move.value for move in moves]},
        "sku": {"type": ["string", "null"], "enum": [*skus, None]},
        "quantity": {"type": ["integer", "null"]},
        "unit": {"type": ["string", "null"], "enum": [*units, None]},
        "quote": {"type": "string"},
    }
    return _object({"commands": {"type": "array", "items": _object(command)}})


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


class _Command(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Literal["add", "remove", "change", "question", "person", "nothing"]
    sku: str | None
    quantity: int | None = Field(ge=1, le=MOST_QUANTITY)
    unit: str | None
    quote: str = Field(min_length=1, max_length=_LONGEST_QUOTE)


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    commands: list[Any]


def parse(answer: str) -> tuple[Proposal, ...]:
    """The proposals in a model's answer; whatever is not of the schema's form is left out."""
    try:
        rows = _Answer.model_validate_json(answer).commands
    except ValidationError:
        return ()
    found: list[Proposal] = []
    for row in rows[:MOST_PROPOSALS]:
        try:
            command = _Command.model_validate(row)
        except ValidationError:
            continue
        found.append(Proposal(Move(command.kind), command.sku, command.quantity, command.unit, command.quote))
    return tuple(found)


def checked(
    proposals: Sequence[Proposal], spoken: Spoken, catalogue: Catalogue, skus: Sequence[str], on_order: Sequence[str]
) -> tuple[Checked, ...]:
    """The proposals that rest on the customer's words, no more of them than the message has parts.

    `skus` are the products that were offered to the model, `on_order` those with a line in the draft.
    """
    kept: dict[tuple[int, int], list[Checked]] = {}
    for proposal in proposals:
        allowed = on_order if proposal.move in EDITS else skus
        product = catalogue.products.get(proposal.sku or "")
        if proposal.move not in _WITHOUT_PRODUCT and (
            product is None or product.sku not in allowed or not product.active
        ):
            continue
        holding = next(_holding(proposal, spoken), None)
        if holding is not None and (holding.span in kept or len(kept) < spoken.parts):
            kept.setdefault(holding.span, []).append(holding)
    return tuple(dict.fromkeys(c for group in kept.values() for c in group))


def _holding(proposal: Proposal, spoken: Spoken) -> Iterator[Checked]:
    """The places of the message where the quote stands and everything said of it is true."""
    for span in spoken.places(proposal.quote):
        found = Checked(proposal.move, span, proposal.sku or "")
        words = spoken.words[slice(*span)]
        if proposal.move is Move.NOTHING:
            continue
        if proposal.move is Move.PERSON:
            if any(token.text in _PERSON for token in words):
                yield replace(found, sku="")
        elif proposal.move is Move.QUESTION:
            yield replace(found, sku="")
        elif proposal.quantity is None:
            said = proposal.unit is None or any(unit_at([t], 0, spoken.units) == proposal.unit for t in words)
            if said and proposal.move is not Move.CHANGE:
                yield found
        else:
            counted = _counted(proposal, spoken, span)
            if counted is not None:
                yield replace(found, counted=counted)


def _counted(proposal: Proposal, spoken: Spoken, span: tuple[int, int]) -> Counted | None:
    """The amount that is proposed, as the order reader finds it within the quote, if it does."""
    within = (c for c in spoken.amounts if span[0] <= c.first and c.last < span[1])
    fits = (c for c in within if c.value == Decimal(proposal.quantity or 0) and proposal.unit in (None, c.unit))
    return next(fits, None)
