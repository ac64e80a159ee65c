"""The browser chat's routes: the page, sending, the log, the event stream and invoices."""

import re
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from bot.live import LiveReplies
from bot.web_chat.events import PAGE, Events, Tail
from bot.web_chat.guard import HEADERS, guarded, problem
from bot.web_chat.hub import Hub
from bot.web_chat.payload import chat_of, contacts_json, message_json, read_sent
from bot.web_chat.ports import Admit, ChatLog, DeskLike, Invoices, WebChatSettings
from bot.web_chat.state import ChatState
from core.domain.messages import ChatRef, Inbound
from core.errors import InvalidInput

STATIC = Path(__file__).with_name("static")
TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
ORDER_NUMBER = re.compile(r"[A-Za-z0-9-]{1,40}")
MAX_BODY = 64 * 1024


def utc_now() -> datetime:
    """The current moment, for a program that hands in no clock of its own."""
    return datetime.now(UTC)


async def admit_all(_request: web.Request, _sender: str) -> None:
    """For a program without rate limits."""


def setup(  # noqa: PLR0913  what the program hands in, one by one
    app: web.Application,
    desk: DeskLike,
    settings: WebChatSettings,
    *,
    log: ChatLog,
    invoices: Invoices,
    hub: Hub | None = None,
    live: LiveReplies | None = None,
    admit: Admit = admit_all,
    now: Callable[[], datetime] = utc_now,
) -> None:
    """Add the browser chat to the server; adds nothing unless it is enabled or a demo.

    The desk should call `hub.notify(chat.key)` after each turn; without it replies show after
    `settings.poll_seconds`. `live` are the replies that the desk is writing; without it a reply shows when it is
    whole.
    """
    if not (settings.demo or settings.enabled):
        return
    events = Events(hub or Hub(), live or LiveReplies(), settings.poll_seconds)
    chat = WebChat(desk, log, settings, events, ChatState(log, invoices), admit, now)
    routes: list[tuple[str, str, Callable[[web.Request], Awaitable[web.StreamResponse]]]] = [
        ("GET", "/", chat.page),
        ("GET", "/static/{path:.+}", chat.static),
        ("GET", "/web/config", chat.config),
        ("GET", "/web/contacts", chat.contacts),
        ("GET", "/web/history", chat.history),
        ("GET", "/web/state", chat.state),
        ("GET", "/web/events", chat.events),
        ("GET", "/web/invoices/{order}.pdf", chat.invoice),
        ("POST", "/web/messages", chat.send),
    ]
    for method, path, handler in routes:
        app.router.add_route(method, path, guarded(handler, settings.public_origin))
    app.on_shutdown.append(chat.stop)


class WebChat:
    """The handlers. A request names its chat by `session` and, in the demo, the sender as `as`."""

    def __init__(
        self,
        desk: DeskLike,
        log: ChatLog,
        settings: WebChatSettings,
        events: Events,
        state: ChatState,
        admit: Admit,
        now: Callable[[], datetime],
    ) -> None:
        self._desk = desk
        self._log = log
        self._settings = settings
        self._events = events
        self._state = state
        self._admit = admit
        self._now = now
        self._files = {path.relative_to(STATIC).as_posix(): path for path in STATIC.rglob("*") if path.is_file()}

    async def page(self, _request: web.Request) -> web.StreamResponse:
        """GET /: the page."""
        return self._file("index.html")

    async def static(self, request: web.Request) -> web.StreamResponse:
        """GET /static/…: only files that were there at the start, so no path can leave the folder."""
        return self._file(request.match_info["path"])

    async def config(self, _request: web.Request) -> web.StreamResponse:
        """GET /web/config: what the page must know before it opens a chat."""
        percent = f"{self._settings.tax_rate * 100:f}"
        percent = percent.rstrip("0").rstrip(".") if "." in percent else percent
        return json_response(
            {
                "demo": self._settings.demo,
                "supplier": self._settings.supplier,
                "tax_percent": percent,
                "max_text": self._settings.max_text,
            }
        )

    async def contacts(self, _request: web.Request) -> web.StreamResponse:
        """GET /web/contacts: the senders to choose from, in the demo only."""
        if not self._settings.demo:
            return problem(404, "not_found", "There is nothing here.")
        return json_response({"contacts": contacts_json(await self._log.reference())})

    async def send(self, request: web.Request) -> web.StreamResponse:
        """POST /web/messages: 200 once the message is durable; the answer comes by the event stream."""
        if request.content_type != "application/json":
            return problem(415, "unsupported_media_type", "Send application/json.")
        if (request.content_length or 0) > MAX_BODY:
            return problem(413, "too_large", "The message is too large.")
        sent = read_sent(await request.read(), self._settings.max_text)
        chat = chat_of(sent.sender, str(sent.session), demo=self._settings.demo)
        await self._admit(request, chat.sender)
        inbound = Inbound(chat, str(sent.id), sent.text, self._now(), sent.choice_id, sent.quoted)
        accepted = await self._desk.receive(inbound)
        self._events.hub.notify(chat.key)
        return json_response({"accepted": True, "duplicate": accepted.duplicate})

    async def history(self, request: web.Request) -> web.StreamResponse:
        """GET /web/history: a page of the log, oldest first, and whether there is more."""
        rows = await self._log.history(self._chat(request), after_of(request), PAGE)
        return json_response({"messages": [message_json(row) for row in rows], "more": len(rows) == PAGE})

    async def state(self, request: web.Request) -> web.StreamResponse:
        """GET /web/state: the order, outlet, invoice, and whether a person has taken over."""
        return json_response(await self._state.of(self._chat(request)))

    async def events(self, request: web.Request) -> web.StreamResponse:
        """GET /web/events: the log from `after` (or Last-Event-ID) on, and replies as they are written."""
        chat = self._chat(request)
        tail = Tail(self._log, self._state, chat, after_of(request))
        response = web.StreamResponse(headers={**HEADERS, "Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        response.content_type = "text/event-stream"
        await response.prepare(request)
        try:
            async with aclosing(self._events.follow(tail, chat)) as texts:
                async for text in texts:
                    if request.transport is None or request.transport.is_closing():
                        break
                    await response.write(text.encode())
        except ConnectionResetError:
            pass  # the browser went away; it resumes with Last-Event-ID
        return response

    async def invoice(self, request: web.Request) -> web.StreamResponse:
        """GET /web/invoices/{order}.pdf: the invoice, for the outlets of the chat's sender only."""
        chat, order = self._chat(request), request.match_info["order"]
        if not ORDER_NUMBER.fullmatch(order):
            raise InvalidInput("order is not valid")
        pdf = await self._state.pdf(chat, order)
        if pdf is None:
            return problem(404, "not_found", "There is no such invoice (yet).")
        headers = {
            "Content-Disposition": f'inline; filename="invoice-{order}.pdf"',
            "Cache-Control": "no-store",
            # The page's own policy would keep a browser's built-in PDF viewer from working.
            "Content-Security-Policy": "frame-ancestors 'none'",
        }
        return web.Response(body=pdf, content_type="application/pdf", headers=headers)

    async def stop(self, _app: web.Application) -> None:
        """End the open streams before the server waits for its connections."""
        self._events.hub.close()

    def _chat(self, request: web.Request) -> ChatRef:
        query = request.query
        return chat_of(query.get("as", ""), query.get("session", ""), demo=self._settings.demo)

    def _file(self, name: str) -> web.StreamResponse:
        path = self._files.get(name)
        if path is None:
            return problem(404, "not_found", "There is nothing here.")
        response = web.FileResponse(path, headers={"Cache-Control": "no-cache"})
        response.content_type = TYPES.get(path.suffix, "application/octet-stream")
        return response


def after_of(request: web.Request) -> int:
    """Where to resume: a reconnecting browser's Last-Event-ID counts before the address's `after`."""
    value = request.headers.get("Last-Event-ID") or request.query.get("after", "0")
    if not value.isascii() or not value.isdigit() or len(value) > 18:
        raise InvalidInput("after is not valid")
    return int(value)


def json_response(body: object) -> web.Response:
    """JSON that no cache keeps."""
    return web.json_response(body, headers={"Cache-Control": "no-store"})
