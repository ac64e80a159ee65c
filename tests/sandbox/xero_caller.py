"""A plain HTTP client of the stand-in for Xero, and what its own tests say with it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp

from tests.sandbox.xero_server import Contact, XeroServer

INVOICES, CONTACTS, NOTES = (f"/api.xro/2.0/{name}" for name in ("Invoices", "Contacts", "CreditNotes"))
LINE = {"Description": "Box", "Quantity": 3, "UnitAmount": 1.15, "AccountCode": "200", "TaxType": "OUTPUTY24"}


class Clock:
    """A clock that is set by hand; it starts on Monday noon in Singapore."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def on(self, **by: float) -> None:
        """Let time pass."""
        self.now += timedelta(**by)


class Caller:
    """A plain HTTP client of a connected app."""

    def __init__(self, server: XeroServer, session: aiohttp.ClientSession) -> None:
        self.server, self.session = server, session
        self.token = server.connect()["access_token"]
        self.tenant = server.organisation.tenant_id

    async def __call__(self, method: str, path: str, **options: Any) -> tuple[int, Any, Any]:
        headers = {
            "Authorization": f"Bearer {self.token}",
            "xero-tenant-id": self.tenant,
            "Accept": "application/json",
        } | options.pop("headers", {})
        async with self.session.request(method, self.server.url + path, headers=headers, **options) as response:
            raw = await response.read()
            return response.status, json.loads(raw) if response.content_type == "application/json" else raw, response

    async def create(self, *changes: dict[str, Any], **options: Any) -> tuple[int, Any, Any]:
        """PUT invoices."""
        return await self("PUT", INVOICES, json={"Invoices": list(changes)}, **options)


def approved(customer: Contact) -> dict[str, Any]:
    """An approved invoice as the desk writes one."""
    return {
        "Type": "ACCREC",
        "InvoiceNumber": "SO-1",
        "Contact": {"ContactID": customer.id},
        "Date": "2026-11-24",
        "DueDate": "2026-12-24",
        "Status": "AUTHORISED",
        "CurrencyCode": "SGD",
        "LineItems": [LINE],
    }


def messages(body: Any, name: str = "Elements") -> list[list[str]]:
    """The validation messages, element by element."""
    return [[error["Message"] for error in it.get("ValidationErrors", [])] for it in body[name]]
