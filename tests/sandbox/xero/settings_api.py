"""The routes that only read how the books are set up."""

from uuid import NAMESPACE_OID, uuid5

from aiohttp import web

from tests.sandbox.xero.credit_note_api import CreditNoteApi
from tests.sandbox.xero.refusals import bad_query
from tests.sandbox.xero.where import ordered, parsed
from tests.sandbox.xero.wire import Json


class SettingsApi(CreditNoteApi):
    """Organisation, tax rates, accounts, items and currencies."""

    async def _organisation(self, request: web.Request) -> web.StreamResponse:
        return self._answer("Organisations", [self.tenant(request).shown()])

    async def _tax_rates(self, request: web.Request) -> web.StreamResponse:
        return self._plain(request, "TaxRates", [it.shown() for it in self.tenant(request).tax_rates.values()], "Name")

    async def _accounts(self, request: web.Request) -> web.StreamResponse:
        return self._plain(request, "Accounts", [it.shown() for it in self.tenant(request).accounts.values()], "Code")

    async def _items(self, request: web.Request) -> web.StreamResponse:
        items = [{"ItemID": item_id(code), "Code": code, "Name": code} for code in self.tenant(request).items]
        return self._plain(request, "Items", items, "Code")

    async def _currencies(self, request: web.Request) -> web.StreamResponse:
        codes = sorted(self.tenant(request).currencies)
        return self._plain(request, "Currencies", [{"Code": code, "Description": code} for code in codes], "Code")

    def _plain(self, request: web.Request, name: str, records: list[Json], order: str) -> web.Response:
        if unknown := sorted(set(request.query) - {"where", "order", "TaxType", "unitdp"}):
            raise bad_query(f"Unknown parameters: {', '.join(unknown)}")
        test = parsed(request.query["where"]) if "where" in request.query else None
        kept = [record for record in records if test is None or test(record)]
        return self._answer(name, ordered(kept, request.query.get("order"), order))


def item_id(code: str) -> str:
    """An item's id."""
    return str(uuid5(NAMESPACE_OID, code))
