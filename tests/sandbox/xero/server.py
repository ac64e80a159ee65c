"""The stand-in itself: starting, the table of routes, and the order in which a request is checked."""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from aiohttp import ClientSession, DummyCookieJar, web

from tests.sandbox.xero.books import Bookkeeper
from tests.sandbox.xero.contract import contract
from tests.sandbox.xero.limits import Limits
from tests.sandbox.xero.refusals import Refused, invalid_json, not_found
from tests.sandbox.xero.state import CLIENT_ID, CLIENT_SECRET, ENTRY, Request
from tests.sandbox.xero.wire import loads

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]

LOGGED = ("idempotency-key", "xero-tenant-id", "accept", "content-type", "if-modified-since", "user-agent")
JSON = "application/json"
API = "/api.xro/2.0/"
READ_SETTINGS = ("accounting.settings", "accounting.settings.read")
SCOPES = {
    "contacts": ("accounting.contacts",),
    "invoices": ("accounting.invoices", "accounting.transactions"),
    "payments": ("accounting.payments", "accounting.transactions"),
}


class XeroServer(Bookkeeper):
    """Xero on a free port of 127.0.0.1; see tests/sandbox/xero_server.py for how to use it."""

    CLIENT_ID, CLIENT_SECRET = CLIENT_ID, CLIENT_SECRET

    def __init__(
        self,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        old_app: bool = False,
        limits: Limits | None = None,
    ) -> None:
        super().__init__(clock, old_app=old_app, limits=limits)
        self.contract = contract()

    async def start(self, port: int = 0) -> "XeroServer":
        """Listen; `api_url`, `token_url` and `authorize_url` are then what the desk's settings have to be."""
        app = web.Application(client_max_size=8 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self._route)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._session = ClientSession(cookie_jar=DummyCookieJar())
        return self

    async def stop(self) -> None:
        """Stop listening; what is held or under way is dropped."""
        await self.faults.release()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._session.close()
        await self._runner.cleanup()

    async def __aenter__(self) -> "XeroServer":
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def api_url(self) -> str:
        """XERO_API_URL: what stands before /api.xro/2.0 and /connections."""
        return self.url

    @property
    def token_url(self) -> str:
        """XERO_TOKEN_URL."""
        return f"{self.url}/connect/token"

    @property
    def authorize_url(self) -> str:
        """XERO_AUTHORIZE_URL."""
        return f"{self.url}/identity/connect/authorize"

    def count(self, route: str) -> int:
        """How many requests came to a route, refused and failed ones too."""
        return Counter(request.route for request in self.requests)[route]

    @property
    def refusals(self) -> list[Request]:
        """Requests that the client should not have sent. Not: limits, expired tokens, and what the books forbid."""
        return [request for request in self.requests if request.wrong]

    @property
    def conflicts(self) -> list[Request]:
        """Requests that the state of the books, the connection or a limit stood against."""
        return [request for request in self.requests if request.refused and not request.wrong]

    @property
    def limited(self) -> list[Request]:
        """Requests that the limits refused (not an ordered fault)."""
        return [request for request in self.requests if request.refused.startswith("limit: ")]

    async def _route(self, request: web.Request) -> web.StreamResponse:
        route, answer, scopes = self._find(request)
        raw = await request.read()
        entry = Request(
            route,
            request.method,
            request.path,
            dict(request.query),
            {name: request.headers[name] for name in LOGGED if name in request.headers},
            _body(raw, request.content_type),
            self.now(),
        )
        self.requests.append(entry)
        request[ENTRY] = entry
        tenant_id = request.headers.get("xero-tenant-id", "")
        accounting = request.path.startswith(API)
        if accounting:
            self.limits.arrive(tenant_id, self.now())

        async def accept() -> web.StreamResponse:
            try:
                response = await (self._guarded(request, entry, answer, scopes, raw) if accounting else answer(request))
            except Refused as refused:
                entry.refused, entry.wrong = refused.reason, refused.wrong
                response = refused.response()
            if accounting:
                self._check_answer(entry, response)
                response.headers.update(self.limits.headers(tenant_id, self.now()))
            return response

        try:
            response = await self.faults.around(request, route, accept)
        finally:
            if accounting:
                self.limits.leave(tenant_id)
        if request.transport is not None and not request.transport.is_closing():
            entry.status = response.status
        return response

    async def _guarded(
        self, request: web.Request, entry: Request, answer: Answer, scopes: tuple[str, ...], raw: bytes
    ) -> web.StreamResponse:
        """Token, scope and tenant; limits; what is asked for; Idempotency-Key; the contract; and then the work."""
        organisation = self._admit(request, *scopes)
        self.limits.spend(organisation.tenant_id, self.now())
        accept = request.headers.get("Accept", "")
        if "json" not in accept and not (entry.route.endswith("_pdf") and "pdf" in accept):
            raise Refused(406, f"Accept {accept!r} asks for XML")
        self._check_body(entry)
        key = request.headers.get("Idempotency-Key")
        if key is None or request.method not in ("PUT", "POST"):
            return await answer(request)

        async def once() -> web.Response:
            response = await answer(request)
            assert isinstance(response, web.Response)
            return response

        print_ = (request.method, request.path_qs, raw)
        return await self.idempotency.around(organisation.tenant_id, key, print_, self.now(), once)

    def _check_body(self, entry: Request) -> None:
        if self.contract is None or not isinstance(entry.body, dict):
            return
        if found := self.contract.request_errors(entry.route, entry.method, entry.body):
            self.contract_errors.extend(f"{entry.method} {entry.route}: {error}" for error in found)
            raise invalid_json("; ".join(found))

    def _check_answer(self, entry: Request, response: web.StreamResponse) -> None:
        """Hold an answer against the contract; what is found is a fault of the stand-in's."""
        if self.contract is not None and isinstance(response, web.Response) and response.content_type == JSON:
            body = json.loads(response.text or "null")
            found = self.contract.answer_errors(entry.route, entry.method, response.status, body)
            self.contract_errors.extend(f"answer to {entry.method} {entry.route}: {error}" for error in found)

    def _find(self, request: web.Request) -> tuple[str, Answer, tuple[str, ...]]:
        """(route, handler, the scopes of which it needs one)."""
        method, path = request.method, request.path
        if path.startswith(API):
            return self._find_accounting(request, path.removeprefix(API).strip("/").split("/"))
        match method, path.lower().strip("/").split("/"):
            case "GET", ["identity", "connect", "authorize"]:
                return "authorize", self._authorize, ()
            case "POST", ["connect", "token"]:
                return "token", self._token, ()
            case "POST", ["connect", "revocation"]:
                return "revocation", self._revocation, ()
            case "GET", ["connections"]:
                return "connections", self._list_connections, ()
            case "DELETE", ["connections", _]:
                return "connection", self._delete_connection, ()
        return "unknown", self._unknown, ()

    def _find_accounting(self, request: web.Request, parts: list[str]) -> tuple[str, Answer, tuple[str, ...]]:
        pdf = "application/pdf" in request.headers.get("Accept", "")
        reading = request.method == "GET"
        request.match_info["key"] = parts[1] if len(parts) > 1 else ""
        match request.method, parts:
            case "GET", ["Organisation"]:
                return "organisation", self._organisation, READ_SETTINGS
            case "GET", ["TaxRates"]:
                return "taxrates", self._tax_rates, READ_SETTINGS
            case "GET", ["Accounts"]:
                return "accounts", self._accounts, READ_SETTINGS
            case "GET", ["Items"]:
                return "items", self._items, READ_SETTINGS
            case "GET", ["Currencies"]:
                return "currencies", self._currencies, READ_SETTINGS
            case "GET", ["Contacts"]:
                return "contact_list", self._list_contacts, _scopes("contacts", reading)
            case (("PUT" | "POST"), ["Contacts"]):
                return "contacts", self._save_contacts, _scopes("contacts", reading)
            case (("GET" | "POST"), ["Contacts", _]):
                return "contact", self._one_contact, _scopes("contacts", reading)
            case "GET", ["Invoices"]:
                return "invoice_list", self._list_invoices, _scopes("invoices", reading)
            case (("PUT" | "POST"), ["Invoices"]):
                return "invoices", self._save_invoices, _scopes("invoices", reading)
            case ("GET", ["Invoices", _, "pdf"]) | ("GET", ["Invoices", _]) if pdf or parts[-1] == "pdf":
                return "invoice_pdf", self._invoice_pdf, _scopes("invoices", reading)
            case (("GET" | "POST"), ["Invoices", _]):
                return "invoice", self._one_invoice, _scopes("invoices", reading)
            case "POST", ["Invoices", _, "Email"]:
                return "invoice_email", self._email_invoice, _scopes("invoices", reading)
            case "GET", ["CreditNotes"]:
                return "credit_note_list", self._list_credit_notes, _scopes("invoices", reading)
            case (("PUT" | "POST"), ["CreditNotes"]):
                return "credit_notes", self._save_credit_notes, _scopes("invoices", reading)
            case ("GET", ["CreditNotes", _, "pdf"]) | ("GET", ["CreditNotes", _]) if pdf or parts[-1] == "pdf":
                return "credit_note_pdf", self._credit_note_pdf, _scopes("invoices", reading)
            case (("GET" | "POST"), ["CreditNotes", _]):
                return "credit_note", self._one_credit_note, _scopes("invoices", reading)
            case "PUT", ["CreditNotes", _, "Allocations"]:
                return "allocations", self._allocate, _scopes("invoices", reading)
            case "DELETE", ["CreditNotes", _, "Allocations", _]:
                return "allocations", self._delete_allocation, _scopes("invoices", reading)
            case "GET", ["Payments"]:
                return "payments", self._list_payments, _scopes("payments", reading)
            case "GET", ["Payments", _]:
                return "payment", self._one_payment, _scopes("payments", reading)
        return "unknown", self._unknown, ()

    async def _unknown(self, request: web.Request) -> web.StreamResponse:
        raise not_found(f"{request.method} {request.path}")


def _scopes(area: str, reading: bool) -> tuple[str, ...]:
    """The scopes of which a request needs one; for reading, those that only read as well."""
    return (*SCOPES[area], *(f"{name}.read" for name in SCOPES[area] if reading))


def _body(raw: bytes, content_type: str) -> Any:
    """What came, for the log: JSON with Decimals, or text. A token request's secrets are left out."""
    if content_type != JSON:
        return None
    try:
        return loads(raw.decode())
    except ValueError:
        return raw.decode("utf-8", "replace")
