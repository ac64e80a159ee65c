"""Endpoints for the supplier's staff, behind the API key: chats and answering in them, orders, invoices."""

from collections.abc import Callable
from datetime import date
from typing import Any

import orjson
from aiohttp import web

from bot.exports import order_as_json, orders_csv, read_period
from bot.handoff import answer_chat, release_chat, session_of, waiting_for_a_person
from bot.http.access import KeyCheck
from bot.http.cleaning import clean
from bot.http.errors import ApiError, invalid, too_large, unavailable
from bot.ports import Books, ChatRow, DeskStore
from core.domain.messages import ChatRef
from core.errors import Busy
from core.ports import Clock

_MOST = 10_000
_LONGEST_ID = 18
_FORMS = ("register", "xero")
_FLAGS = {"": False, "0": False, "false": False, "no": False, "1": True, "true": True, "yes": True}


class StaffApi:
    """The handlers. Money is decimal text in the order's currency, before tax where it is a line's.

    `stir` is told of a chat in which staff wrote, so that it shows and is delivered at once.
    """

    def __init__(
        self,
        store: DeskStore,
        books: Books,
        clock: Clock,
        max_chars: int,
        stir: Callable[[ChatRef], None],
    ) -> None:
        self._store = store
        self._books = books
        self._clock = clock
        self._max_chars = max_chars
        self._stir = stir

    def add_to(self, app: web.Application, keys: KeyCheck) -> None:
        """Add the routes."""
        app.router.add_get("/api/chats", keys.guard(self.chats))
        app.router.add_post("/api/chats/{id}/release", keys.guard(self.release))
        app.router.add_post("/api/chats/{id}/messages", keys.guard(self.say))
        app.router.add_get("/api/orders.csv", keys.guard(self.orders))
        app.router.add_get("/api/orders/{number}", keys.guard(self.order))
        app.router.add_get("/api/orders/{number}/invoice.pdf", keys.guard(self.invoice))
        app.router.add_get("/api/invoices.csv", keys.guard(self.invoices))

    async def chats(self, request: web.Request) -> web.StreamResponse:
        """GET /api/chats: newest first; `?handoff=true` only those waiting for a person."""
        wanted = _FLAGS.get(request.query.get("handoff", "").lower())
        if wanted is None:
            raise invalid("handoff must be true or false.")
        rows = await self._store.chat_rows(limit=_limit(request), for_a_person=wanted)
        return _json({"chats": [_chat_json(row) for row in rows]})

    async def release(self, request: web.Request) -> web.StreamResponse:
        """POST /api/chats/{id}/release: give a chat back to the desk."""
        try:
            row = await release_chat(self._store, _chat_id(request))
        except Busy as error:
            raise unavailable(str(error)) from None
        if row is None:
            raise _no_chat()
        return _json({"id": row.chat_id, "handoff": False})

    async def say(self, request: web.Request) -> web.StreamResponse:
        """POST /api/chats/{id}/messages `{"text"}`: write into a chat as a person of the supplier's."""
        chat_id, text = _chat_id(request), await self._text(request)
        said = await answer_chat(self._store, chat_id, text, self._clock.now())
        if said is None:
            raise _no_chat()
        self._stir(said.row.chat)
        return _json({"id": chat_id, "seq": said.seq, "queued": said.queued})

    async def order(self, request: web.Request) -> web.StreamResponse:
        """GET /api/orders/{number}: the order as the chat API shows one."""
        order = await self._store.order(request.match_info["number"])
        if order is None:
            raise ApiError(404, "not_found", "There is no such order.")
        return _json(order_as_json(order))

    async def orders(self, request: web.Request) -> web.StreamResponse:
        """GET /api/orders.csv: one row a line, newest order first."""
        orders = await self._store.recent_orders(limit=_limit(request, _MOST))
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

    async def _text(self, request: web.Request) -> str:
        """The message in a request's body. Raises ApiError 400, 413 or 415."""
        if request.content_type != "application/json":
            raise ApiError(415, "unsupported_media_type", "Send the request as application/json.")
        try:
            fields = orjson.loads(await request.read())
        except orjson.JSONDecodeError:
            raise invalid("The body is not valid JSON in UTF-8.") from None
        text = fields.get("text") if isinstance(fields, dict) else None
        if not isinstance(text, str) or not (text := clean(text)):
            raise invalid("text is missing: what to say to the customer.")
        if len(text) > self._max_chars:
            raise too_large(f"text must not be longer than {self._max_chars} characters.")
        return text


def _chat_json(row: ChatRow) -> dict[str, Any]:
    session, why = session_of(row), waiting_for_a_person(row)
    return {
        "id": row.chat_id,
        "channel": row.chat.channel,
        "sender": row.chat.sender,
        "session_id": row.chat.session,
        "outlet": session.outlet,
        "waiting": row.waiting,
        "parked": row.parked,
        "last_at": row.last_at.isoformat() if row.last_at else None,
        "handoff": session.handoff is not None,
        "reason": why.reason if why else None,
        "since": why.since.isoformat() if why and why.since else None,
    }


def _chat_id(request: web.Request) -> int:
    text = request.match_info["id"]
    if not text.isascii() or not text.isdigit() or len(text) > _LONGEST_ID:
        raise invalid("A chat's id is a number.")
    return int(text)


def _period(request: web.Request) -> tuple[date, date]:
    return read_period(request.query.get("from"), request.query.get("to"))


def _limit(request: web.Request, default: int = 100) -> int:
    text = request.query.get("limit", str(default))
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:9]) <= _MOST:
        raise invalid(f"limit must be between 1 and {_MOST}.")
    return int(text)


def _no_chat() -> ApiError:
    return ApiError(404, "not_found", "There is no such chat.")


def _csv(text: str, name: str) -> web.Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(text=text, content_type="text/csv", headers=headers)


def _json(body: Any) -> web.Response:
    return web.Response(body=orjson.dumps(body), content_type="application/json")
