"""Settling a claim: it is done once, and the customer hears of it only where there is something to tell."""

from dataclasses import dataclass
from datetime import datetime

from bot.handoff import is_pushed
from bot.ports import ChatRow, ClaimRow, DeskStore
from core.errors import InvalidInput


class UnknownClaim(InvalidInput):
    """There is no such claim."""

    code = "not_found"


class SettledAlready(InvalidInput):
    """The claim was settled before; that stands."""

    code = "settled"


@dataclass(frozen=True, slots=True)
class Settled:
    """A claim that was settled. `told` is the customer's chat where they were told, `queued`: a job sends it."""

    claim_id: str
    told: ChatRow | None = None
    queued: bool = False


async def settle(store: DeskStore, claim_id: str, note: str, at: datetime, tell: str | None = None) -> Settled:
    """Settle a claim, and say `tell` in the chat that it came from, in one.

    Raises UnknownClaim, SettledAlready or Unsubscribed, having changed nothing.
    """
    row = await store.claim_row(claim_id)
    if row is None:
        raise UnknownClaim(f"there is no claim {claim_id}")
    _refuse_settled(row)
    chat = await store.chat(row.chat_id) if tell is not None else None
    push = is_pushed(chat) if chat is not None else False
    if await store.settle_claim(claim_id, note, at, tell, push=push) is None:
        _refuse_settled(await store.claim_row(claim_id) or row)
    return Settled(claim_id, chat, push)


def _refuse_settled(row: ClaimRow) -> None:
    if row.settled_at is not None:
        raise SettledAlready(f"claim {row.claim.id} was settled on {row.settled_at:%d %b %H:%M}: {row.note}")
