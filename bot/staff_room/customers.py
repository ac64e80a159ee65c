"""Who a chat's customer is, in words for the staff."""

from bot.handoff import session_of
from bot.ports import ChatRow, DeskStore
from bot.staff_room import wording
from core.domain.messages import ChatRef


class Customers:
    """Names outlets and senders."""

    def __init__(self, store: DeskStore) -> None:
        self._store = store

    async def outlet_name(self, code: str | None) -> str:
        """An outlet's name; its code where it is not known any more, "" for none."""
        if not code:
            return ""
        outlet = (await self._store.reference()).directory.outlets.get(code)
        return outlet.name if outlet else code

    async def html(self, outlet: str | None, author: str, chat: ChatRef) -> str:
        """Outlet, name, channel and number."""
        name = await self.outlet_name(outlet)
        return wording.customer(name if name != outlet else "", outlet or "", author, chat)

    async def of_row(self, row: ChatRow) -> str:
        """The same for a chat as it is stored, which does not keep its writers' names."""
        return await self.html(session_of(row).outlet, "", row.chat)
