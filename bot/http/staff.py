"""Endpoints for the supplier's staff, behind the API key: chats and answering in them, claims, orders, invoices."""

from collections.abc import Callable, Mapping
from datetime import date

from aiohttp import web

from bot.exports import order_as_json, orders_csv, read_period
from bot.http.access import KeyCheck
from bot.http.errors import ApiError, invalid
from bot.http.staff_chats import StaffChats
from bot.http.staff_claims import StaffClaims
from bot.http.staff_requests import MOST, as_json, asked_number
from bot.ports import Books, DeskStore
from channels.contract import Channel
from core.domain.messages import ChatRef
from core.ports import Clock

_FORMS = ("register", "xero")
_MEDIA_BYTES = 10_000_000


class StaffApi:
    """The handlers, those of chats in `StaffChats`, of claims in `StaffClaims`.

    Money is decimal text in the order's currency, before tax where it is a line's.
    """

    def __init__(
        self,
        store: DeskStore,
        books: Books,
        clock: Clock,
        max_chars: int,
        stir: Callable[[ChatRef], None],
        channels: Mapping[str, Channel] | None = None,
        media_bytes: int = _MEDIA_BYTES,
    ) -> None:
        self._store = store
        self._books = books
        self._chats = StaffChats(store, clock, max_chars, stir, channels or {}, media_bytes)
        self._claims = StaffClaims(store, clock, max_chars, stir)

    def add_to(self, app: web.Application, keys: KeyCheck) -> None:
        """Add the routes."""
        self._chats.add_to(app, keys)
        self._claims.add_to(app, keys)
        app.router.add_get("/api/orders.csv", keys.guard(self.orders))
        app.router.add_get("/api/orders/{number}", keys.guard(self.order))
        app.router.add_get("/api/orders/{number}/invoice.pdf", keys.guard(self.invoice))
        app.router.add_get("/api/invoices.csv", keys.guard(self.invoices))

    async def order(self, request: web.Request) -> web.StreamResponse:
        """GET /api/orders/{number}: the order as the chat API shows one, and how its invoice stands."""
        order = await self._store.order(request.match_info["number"])
        if order is None:
            raise ApiError(404, "not_found", "There is no such order.")
        return as_json(order_as_json(order, await self._books.standing(order.number or "")))

    async def orders(self, request: web.Request) -> web.StreamResponse:
        """GET /api/orders.csv: one row a line, newest order first."""
        orders = await self._store.recent_orders(limit=asked_number(request, "limit", MOST))
        return _csv(orders_csv(orders), "orders.csv")

    async def invoice(self, request: web.Request) -> web.StreamResponse:
        """GET /api/orders/{number}/invoice.pdf: the order's invoice as PDF."""
        number = request.match_info["number"]
        pdf = await self._books.document(number)
        if pdf is None:
            raise ApiError(404, "not_found", "There is no such invoice (yet).")
        headers = {"Content-Disposition": f'inline; filename="invoice-{number}.pdf"'}
        return web.Response(body=pdf, content_type="application/pdf", headers=headers)

    async def invoices(self, request: web.Request) -> web.StreamResponse:
        """GET /api/invoices.csv?from=&to=&format=: invoices dated within both days."""
        first, last = _period(request)
        form = request.query.get("format", _FORMS[0])
        if form not in _FORMS:
            raise invalid(f"format must be {' or '.join(_FORMS)}.")
        text = await self._books.export(first, last, form)
        return _csv(text, f"invoices-{form}-{first}-{last}.csv")


def _period(request: web.Request) -> tuple[date, date]:
    return read_period(request.query.get("from"), request.query.get("to"))


def _csv(text: str, name: str) -> web.Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(text=text, content_type="text/csv", headers=headers)
