"""Many invoices in one call: while one call is out, the next ones gather; nobody waits for company."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.storage.batches import GroupCommitter, Outcomes
from bot.xero.api import XeroApi, key_of
from bot.xero.bills import Booked
from bot.xero.errors import XeroRefused
from core.errors import DeskError

_MOST = 50  # as Xero advises


@dataclass(frozen=True, slots=True)
class Put:
    """An invoice to be made. `key` is that of the same invoice with the same content, and of no other."""

    number: str
    body: dict[str, Any]
    key: str


class Batches:
    """Makes and finds invoices, up to 50 in a call; each caller gets what became of its own."""

    def __init__(self, api: XeroApi) -> None:
        self._api = api
        self._puts: GroupCommitter[Put, Booked] = GroupCommitter(self._put_all, lambda put: [put.number], _MOST)
        self._finds: GroupCommitter[str, list[Booked]] = GroupCommitter(self._find_all, lambda number: [number], _MOST)

    async def put(self, put: Put) -> Booked:
        """Make an invoice. Raises XeroRefused, or XeroFailed where it may have been made."""
        return await self._puts.submit(put)

    async def find(self, number: str) -> Booked | None:
        """The sales invoice of a number, None where there is none that was not deleted."""
        found = await self._finds.submit(number)
        standing = [each for each in found if each.status != "DELETED"]
        return standing[0] if standing else None

    async def close(self) -> None:
        """Wait for what is out."""
        await self._puts.close()
        await self._finds.close()

    async def _put_all(self, puts: Sequence[Put]) -> Outcomes[Booked]:
        try:
            return await self._api.put_invoices(
                [put.body for put in puts], key_of(puts[0].key, *(put.key for put in puts))
            )
        except XeroRefused as error:
            # One that cannot be read refuses them all: then each goes alone.
            if len(puts) > 1 and error.status == 400:
                raise
            return [error] * len(puts)
        except DeskError as error:
            return [error] * len(puts)

    async def _find_all(self, numbers: Sequence[str]) -> Outcomes[list[Booked]]:
        try:
            found = await self._api.invoices_numbered(numbers)
        except DeskError as error:
            return [error] * len(numbers)
        return [[each for each in found if each.number.casefold() == number.casefold()] for number in numbers]
