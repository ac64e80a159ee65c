"""Small endpoints for the supplier's staff, behind the API key: chats, releasing a handoff, orders."""

import csv
import io
from typing import Any

import orjson
from aiohttp import web

from bot.handoff import release_chat
from bot.http.access import KeyCheck
from bot.http.errors import ApiError, invalid, unavailable
from bot.ports import ChatRow, DeskStore
from core.domain.orders import Order
from core.domain.sessions import Session
from core.engine import order_json
from core.errors import Busy

_MOST = 10_000
_COLUMNS = [
    *("number", "status", "outlet", "placed_at", "placed_by", "delivery_date", "delivery_window"),
    *("sku", "name", "quantity", "unit", "pieces", "unit_price", "line_total"),
    *("order_subtotal", "order_tax", "order_total", "currency"),
]


class StaffApi:
    """The handlers. Money is decimal text in the order's currency, before tax where it is a line's."""

    def __init__(self, store: DeskStore) -> None:
        self._store = store

    def add_to(self, app: web.Application, keys: KeyCheck) -> None:
        """Add the routes."""
        app.router.add_get("/api/chats", keys.guard(self.chats))
        app.router.add_post("/api/chats/{id}/release", keys.guard(self.release))
        app.router.add_get("/api/orders.csv", keys.guard(self.export))
        app.router.add_get("/api/orders/{number}", keys.guard(self.order))

    async def chats(self, request: web.Request) -> web.StreamResponse:
        """GET /api/chats: newest first; `?handoff=1` only those that a person has."""
        rows = await self._store.chat_rows(limit=_limit(request))
        listed = [_chat_json(row) for row in rows]
        if request.query.get("handoff"):
            listed = [chat for chat in listed if chat["handoff"]]
        return _json({"chats": listed})

    async def release(self, request: web.Request) -> web.StreamResponse:
        """POST /api/chats/{id}/release: give a chat back to the desk."""
        text = request.match_info["id"]
        if not text.isascii() or not text.isdigit():
            raise invalid("A chat's id is a number.")
        try:
            row = await release_chat(self._store, int(text))
        except Busy as error:
            raise unavailable(str(error)) from None
        if row is None:
            raise ApiError(404, "not_found", "There is no such chat.")
        return _json({"id": row.chat_id, "handoff": False})

    async def order(self, request: web.Request) -> web.StreamResponse:
        """GET /api/orders/{number}: the order as the chat API shows one."""
        order = await self._store.order(request.match_info["number"])
        if order is None:
            raise ApiError(404, "not_found", "There is no such order.")
        return _json(_order(order))

    async def export(self, request: web.Request) -> web.StreamResponse:
        """GET /api/orders.csv: one row a line, newest order first."""
        orders = await self._store.recent_orders(limit=_limit(request, _MOST))
        output = io.StringIO()
        table = csv.writer(output)
        table.writerow(_COLUMNS)
        for order in orders:
            table.writerows(_csv_rows(order))
        headers = {"Content-Disposition": 'attachment; filename="orders.csv"'}
        return web.Response(text=output.getvalue(), content_type="text/csv", headers=headers)


def _order(order: Order) -> dict[str, Any]:
    """An order in the shape of DESIGN 10, with what only staff see."""
    return {
        **(order_json(order) or {}),
        "notes": list(order.notes),
        "placed_at": order.placed_at.isoformat() if order.placed_at else None,
        "placed_by": order.placed_by,
        "version": order.version,
    }


def _chat_json(row: ChatRow) -> dict[str, Any]:
    session = Session.from_json(row.session)
    return {
        "id": row.chat_id,
        "channel": row.chat.channel,
        "sender": row.chat.sender,
        "session_id": row.chat.session,
        "outlet": session.outlet,
        "waiting": row.waiting,
        "last_at": row.last_at.isoformat() if row.last_at else None,
        "handoff": session.handoff is not None,
        "handoff_reason": session.handoff.reason if session.handoff else None,
    }


def _csv_rows(order: Order) -> list[list[str]]:
    shown = _order(order)
    whole = {f"order_{name}": shown[name] for name in ("subtotal", "tax", "total")}
    return [[_cell({**shown, **whole, **line}[column]) for column in _COLUMNS] for line in shown["lines"]]


def _cell(value: Any) -> str:
    """A cell that a spreadsheet will not take for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in ("=", "@", "\t", "\r") or _formula(text) else text


def _formula(text: str) -> bool:
    """A sign that does not begin a plain number, such as a telephone number's."""
    return text[:1] in ("+", "-") and not text[1:].replace(".", "", 1).isdigit()


def _limit(request: web.Request, default: int = 100) -> int:
    text = request.query.get("limit", str(default))
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:9]) <= _MOST:
        raise invalid(f"limit must be between 1 and {_MOST}.")
    return int(text)


def _json(body: Any) -> web.Response:
    return web.Response(body=orjson.dumps(body), content_type="application/json")
