"""What the stand-in keeps; the parts that answer, keep the books and report share it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from aiohttp import ClientSession, web

from tests.sandbox.xero.faults import Faults
from tests.sandbox.xero.idempotency import Idempotency
from tests.sandbox.xero.limits import Limits
from tests.sandbox.xero.organisations import Organisation
from tests.sandbox.xero.records import Contact, CreditNote, Invoice, Payment
from tests.sandbox.xero.wire import Json

CLIENT_ID = "0123456789ABCDEF0123456789ABCDEF"
CLIENT_SECRET = "sandbox-secret-of-no-account"

D = TypeVar("D", Invoice, CreditNote)


@dataclass(slots=True)
class Request:
    """A request that came, whatever became of it.

    `status` is 0 until it is answered, and stays so where the connection was reset; `refused` says why the server
    itself said no, and `wrong` whether the client should have known.
    """

    route: str
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    at: datetime
    status: int = 0
    refused: str = ""
    wrong: bool = False

    @property
    def idempotency_key(self) -> str | None:
        """The Idempotency-Key it came with."""
        return self.headers.get("idempotency-key")

    @property
    def tenant_id(self) -> str | None:
        """The tenant it named."""
        return self.headers.get("xero-tenant-id")


ENTRY = web.RequestKey("entry", Request)


@dataclass(slots=True)
class Delivery:
    """How a webhook went."""

    url: str
    body: Json
    status: int | None = None
    text: str = ""
    cookies: bool = False
    seconds: float = 0
    attempts: int = 0

    @property
    def ok(self) -> bool:
        """Whether Xero is content: 200, in time, nothing in the body and no cookies."""
        return self.status == 200 and not self.text and not self.cookies


@dataclass(slots=True)
class Connection:
    """A tenant that the user connected the app to."""

    id: str
    tenant_id: str
    auth_event_id: str
    created: datetime
    updated: datetime


class State:
    """All of it, in memory."""

    def __init__(
        self,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        old_app: bool = False,
        limits: Limits | None = None,
    ) -> None:
        self.clock, self.old_app, self.limits = clock, old_app, limits or Limits()
        self.faults = Faults()
        self.idempotency = Idempotency()
        self.organisation = Organisation("Sample Packaging Pte Ltd")
        self.organisations: list[Organisation] = [self.organisation]
        self.connections: dict[str, Connection] = {}
        self.contacts: list[Contact] = []
        self.invoices: list[Invoice] = []
        self.credit_notes: list[CreditNote] = []
        self.payments: list[Payment] = []
        self.emailed: list[str] = []
        self.contacts_by_name = 0
        self.overwritten: list[str] = []
        self.requests: list[Request] = []
        self.contract_errors: list[str] = []
        self.deliveries: list[Delivery] = []
        self.url = ""
        self._tasks: set[asyncio.Task[Any]] = set()
        self._session: ClientSession

    def now(self) -> datetime:
        """The moment, in UTC."""
        return self.clock().astimezone(UTC)

    def today(self, organisation: Organisation) -> date:
        """The day that it is where the organisation is."""
        return self.clock().astimezone(organisation.zone).date()

    def changed(self, category: str, record: Contact | Invoice | CreditNote, event: str, *, by_app: bool) -> None:
        """A record has been made or changed; the webhooks build upon it."""
        record.updated = self.now()

    def organisation_of(self, tenant_id: str) -> Organisation:
        """The organisation with this tenant id."""
        return next(organisation for organisation in self.organisations if organisation.tenant_id == tenant_id)

    def tenant(self, request: web.Request) -> Organisation:
        """The organisation that a request, whose headers have been checked, is about."""
        return self.organisation_of(request.headers["xero-tenant-id"])

    def find(self, documents: list[D], tenant_id: str, key: str) -> D | None:
        """A document by its id, or by its number among those that are not deleted."""
        mine = [document for document in documents if document.tenant_id == tenant_id]
        by_number = [it for it in mine if it.number.casefold() == key.casefold() and it.status != "DELETED"]
        return next((it for it in mine if it.id == key.lower()), None) or (by_number[0] if by_number else None)

    def contact_by(self, tenant_id: str, **wanted: str) -> Contact | None:
        """A contact by id, number or (case-insensitively, among the active ones) name."""
        for contact in self.contacts:
            if contact.tenant_id != tenant_id:
                continue
            if contact.id == wanted.get("id", "").lower() or (
                contact.number and contact.number == wanted.get("number")
            ):
                return contact
            name = wanted.get("name")
            if name is not None and contact.status == "ACTIVE" and contact.name.casefold() == name.strip().casefold():
                return contact
        return None
