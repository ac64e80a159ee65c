"""How a line is coded: the organisation's tax type for a rate, its items, and the account of the settings."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.xero.api import XeroApi
from bot.xero.bills import Coding
from bot.xero.errors import XeroRefused
from core.ports import Clock

_FRESH = timedelta(hours=1)


def tax_type_of(rates: Sequence[Mapping[str, Any]], rate: Decimal, wanted: str | None) -> str:
    """The tax type for a rate (a fraction) on sales. `wanted` decides where several have it.

    Raises XeroRefused, naming what there is, where none has it or several do.
    """
    percent = rate * 100
    usable = {str(each["TaxType"]): _percent(each) for each in rates if _for_sales(each)}
    fitting = sorted(name for name, of in usable.items() if of == percent)
    if wanted is not None and wanted not in usable:
        known = ", ".join(sorted(usable))
        raise XeroRefused(f"RESUPPLY_XERO_TAX_TYPE={wanted} is no tax type for sales there; there are {known}.")
    if wanted in fitting:
        return str(wanted)
    if len(fitting) == 1:
        return fitting[0]
    shown = f"{percent.normalize():f}%"
    if fitting:
        raise XeroRefused(f"Several tax types have {shown}: {', '.join(fitting)}. Name one in RESUPPLY_XERO_TAX_TYPE.")
    there = ", ".join(f"{name} {of.normalize():f}%" for name, of in sorted(usable.items()))
    raise XeroRefused(f"No tax type for sales has {shown}; there are {there}.")


def _for_sales(rate: Mapping[str, Any]) -> bool:
    return bool(rate.get("CanApplyToRevenue")) and rate.get("Status", "ACTIVE") == "ACTIVE"


def _percent(rate: Mapping[str, Any]) -> Decimal:
    effective = rate.get("EffectiveRate")
    return Decimal(effective if effective is not None else rate.get("DisplayTaxRate") or 0)


@dataclass(frozen=True, slots=True)
class _Chart:
    rates: Sequence[Mapping[str, Any]]
    items: frozenset[str]
    asked_at: datetime


class Codings:
    """Looks them up, one call each, and remembers them for an hour."""

    def __init__(self, api: XeroApi, clock: Clock, account: str | None, tax_type: str | None) -> None:
        self._api = api
        self._clock = clock
        self._account = account or ""
        self._tax_type = tax_type
        self._charts: dict[str, _Chart] = {}
        self._asking = asyncio.Lock()

    async def of_rate(self, tenant_id: str, rate: Decimal) -> Coding:
        """The coding of lines taxed at this rate. Raises XeroRefused, or what a call raises."""
        chart = await self._chart(tenant_id)
        return Coding(self._account, tax_type_of(chart.rates, rate, self._tax_type), chart.items)

    def forget(self) -> None:
        """Xero refused something that was written by them: ask again next time."""
        self._charts.clear()

    async def _chart(self, tenant_id: str) -> _Chart:
        async with self._asking:
            known, now = self._charts.get(tenant_id), self._clock.now()
            if known is None or now - known.asked_at > _FRESH:
                rates, items = await self._api.tax_rates(), await self._api.item_codes()
                known = self._charts[tenant_id] = _Chart(rates, items, now)
            return known
