"""Handlers of the jobs that keep what a customer said: claims about deliveries, and which reminders are wanted."""

from datetime import datetime

from bot.ports import ClaimedJob
from bot.storage.store import SqlStore
from core.domain.claims import Claim
from core.domain.reminders import ClaimKind
from core.errors import DeliveryRefused


class ClaimKeeper:
    """Keeps the claim of a "claim" job; payload as `core.flows.claims` leaves it. Repeating it changes nothing."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    async def __call__(self, job: ClaimedJob) -> None:
        """Keep it. Raises DeliveryRefused for a malformed job."""
        given = job.payload
        try:
            claim = Claim(given["order"], given["outlet"], ClaimKind(given["kind"]), given["sku"], given["said"])
            chat_id, turn_id, at = int(given["chat"]), str(given["turn"]), datetime.fromisoformat(given["at"])
        except (KeyError, TypeError, ValueError) as error:
            raise DeliveryRefused(f"malformed claim job: {type(error).__name__}") from None
        await self._store.keep_claim(claim, chat_id, turn_id, at)


class ChoiceKeeper:
    """Keeps what a "reminder choice" job says; an outlet's jobs come in order, so that the last word counts."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    async def __call__(self, job: ClaimedJob) -> None:
        """Keep it. Raises DeliveryRefused for a malformed job."""
        given = job.payload
        try:
            outlet, kind, wanted, by = given["outlet"], given["kind"], bool(given["wanted"]), given["by"]
            at = datetime.fromisoformat(given["at"])
        except (KeyError, TypeError, ValueError) as error:
            raise DeliveryRefused(f"malformed reminder choice: {type(error).__name__}") from None
        await self._store.choose_reminders(outlet, kind, wanted, by, at)
