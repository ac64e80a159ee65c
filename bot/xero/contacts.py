"""An outlet's contact in Xero: the stored one, else that with the outlet's code as its number, else a new one.

Invoices then name it by its id only. By a name Xero would guess, or make another contact without a word.
"""

import asyncio
import hashlib
from weakref import WeakValueDictionary

import structlog

from bot.xero.api import XeroApi, XeroContact, key_of
from bot.xero.errors import XeroFailed, XeroRefused
from bot.xero.mirror import Mirror
from core.domain.outlets import Outlet

log = structlog.get_logger(__name__)

_LONGEST_NUMBER = 50


class Contacts:
    """Finds and makes contacts; one flight an outlet, and a number or name that is taken is looked up again."""

    def __init__(self, api: XeroApi, mirror: Mirror) -> None:
        self._api = api
        self._mirror = mirror
        self._flights: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def id_of(self, tenant_id: str, outlet: Outlet) -> str:
        """The id of an outlet's contact. Raises XeroRefused, or what a call raises."""
        lock = self._flights.setdefault(outlet.code, asyncio.Lock())
        async with lock:
            known = await self._mirror.contact_of(tenant_id, outlet.code)
            if known is not None:
                return known
            contact = await self._numbered(outlet) or await self._made(outlet)
            await self._mirror.keep_contact(tenant_id, outlet.code, contact.contact_id)
            return contact.contact_id

    async def known_id(self, tenant_id: str, outlet: Outlet) -> str | None:
        """The same without making one; None where there is none."""
        known = await self._mirror.contact_of(tenant_id, outlet.code)
        if known is not None:
            return known
        found = await self._numbered(outlet)
        if found is not None:
            await self._mirror.keep_contact(tenant_id, outlet.code, found.contact_id)
        return found.contact_id if found else None

    async def forget(self, tenant_id: str, outlet: Outlet) -> None:
        """Xero would not take the stored one, for it was archived or merged: look again next time."""
        await self._mirror.forget_contact(tenant_id, outlet.code)

    async def _numbered(self, outlet: Outlet) -> XeroContact | None:
        """The contact with the outlet's number, or the one it was merged into.

        Raises XeroRefused where only an archived one has it.
        """
        found = await self._api.contacts_numbered(contact_number(outlet.code))
        for contact in found:
            if contact.active:
                return contact
        for contact in found:
            if contact.merged_into and (into := await self._api.contact(contact.merged_into)).active:
                return into
        if found:
            named = f"The contact {found[0].name} with the number {found[0].number}"
            raise XeroRefused(f"{named} is archived; please restore it in Xero.")
        return None

    async def _made(self, outlet: Outlet) -> XeroContact:
        """A new contact under the outlet's name; under name and code where somebody else has that name."""
        number = contact_number(outlet.code)
        for name in (outlet.name, f"{outlet.name} ({number})"):
            try:
                return await self._api.put_contact(name, number, key_of("contact", outlet.code, name))
            except XeroFailed:
                if (found := await self._numbered(outlet)) is not None:
                    return found
                raise
            except XeroRefused as error:
                if not error.of_contact:
                    raise
                if (found := await self._numbered(outlet)) is not None:
                    return found
                log.info("xero_contact_name_taken", outlet=outlet.code)
                refused = error
        raise refused


def contact_number(code: str) -> str:
    """An outlet's code as Xero's ContactNumber; one that is too long for it is cut, and gets a digest."""
    if len(code) <= _LONGEST_NUMBER:
        return code
    mark = hashlib.sha256(code.encode()).hexdigest()[:10]
    return f"{code[: _LONGEST_NUMBER - len(mark) - 1].strip()}-{mark}"
