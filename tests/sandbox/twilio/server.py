"""The stand-in itself: starting, what tests set up and look at, and the table of routes."""

import asyncio
import base64
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import ClientSession, web

from tests.sandbox.twilio import forms
from tests.sandbox.twilio.content_api import ContentApi
from tests.sandbox.twilio.contents import checked_content
from tests.sandbox.twilio.media_api import MediaApi
from tests.sandbox.twilio.message_api import MessageApi
from tests.sandbox.twilio.messages import Message
from tests.sandbox.twilio.refusals import Refused, not_found
from tests.sandbox.twilio.state import Doom, Request, address

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class TwilioServer(MessageApi, ContentApi, MediaApi):
    """Twilio on a free port of 127.0.0.1; see tests/sandbox/twilio_server.py for how to use it."""

    async def start(self, port: int = 0) -> "TwilioServer":
        """Listen; `url` is then what TWILIO_API_URL has to be."""
        app = web.Application(client_max_size=4 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self._route)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        # Two origins, as the real one has: the API's, and that of the host where the files lie.
        for at in (port, 0):
            await web.TCPSite(self._runner, "127.0.0.1", at).start()
        self.url, self.cdn_url = (f"http://127.0.0.1:{address[1]}" for address in self._runner.addresses)
        self._session = ClientSession()
        return self

    async def stop(self) -> None:
        """Stop listening; what is held or under way is dropped."""
        await self.faults.release()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._session.close()
        await self._runner.cleanup()

    async def __aenter__(self) -> "TwilioServer":
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def close_window(self, number: str, *, at_once: bool = False) -> None:
        """The customer wrote more than 24 hours ago: 63016, by status callback or `at_once`; templates pass."""
        self._doomed[address(number)] = Doom(63016, "failed", True, at_once)

    def open_window(self, number: str) -> None:
        """All is well with this customer again."""
        self._doomed.pop(address(number), None)
        self._opted_out.pop(address(number), None)

    def undeliverable(self, number: str, code: int = 63024, status: str = "undelivered") -> None:
        """Messages to this customer are accepted, and then reported with this status and code."""
        self._doomed[address(number)] = Doom(code, status, False, False)

    def opt_out(self, number: str, code: int = 21610) -> None:
        """The customer has unsubscribed: refused at once."""
        self._opted_out[address(number)] = code

    def add_content(self, definition: Mapping[str, Any], *, approved: bool = False, sid: str | None = None) -> str:
        """A content that is there already, as the POST body that creates it. Returns its SID."""
        content = checked_content(dict(definition), sid or forms.new_sid("HX"), self.clock())
        self.contents[content.sid] = content
        if approved:
            self.approve(content.sid)
        return content.sid

    def add_template(self, body: str, samples: Mapping[str, str], *, sid: str | None = None) -> str:
        """An approved text template. Returns its SID."""
        definition = {"language": "en", "variables": dict(samples), "types": {"twilio/text": {"body": body}}}
        return self.add_content(definition, approved=True, sid=sid)

    def approve(self, sid: str) -> None:
        """Let a content open conversations; a list picker never may."""
        if "twilio/list-picker" in self.contents[sid].types:
            raise ValueError("list pickers are not approved by WhatsApp")
        self.contents[sid].approved = True

    def sent_to(self, number: str) -> list[Message]:
        """The messages accepted for one customer, in order."""
        return [message for message in self.messages if message.to == address(number)]

    def count(self, route: str) -> int:
        """How many requests came to a route, refused and failed ones too."""
        return Counter(request.route for request in self.requests)[route]

    @property
    def refusals(self) -> list[Request]:
        """Requests that the server itself refused (not by an ordered fault): an error of the client's."""
        return [request for request in self.requests if request.refused]

    async def _route(self, request: web.Request) -> web.StreamResponse:
        route, answer, guarded = self._find(request)
        form: dict[str, str] = {}
        code = 0

        async def accept() -> web.StreamResponse:
            nonlocal code
            try:
                if guarded:
                    self._authenticate(request)
                return await answer(request)
            except Refused as refused:
                code = refused.code
                return refused.response()

        if request.method == "POST" and route != "contents":
            form = dict(parse_qsl(await request.text(), keep_blank_values=True))
        at, agent = self.clock(), request.headers.get("User-Agent", "")
        index = len(self.requests)
        self.requests.append(Request(route, request.method, request.path, form, at, agent))
        response = await self.faults.around(request, route, accept)
        if code:
            self.requests[index] = Request(route, request.method, request.path, form, at, agent, code)
        return response

    def _find(self, request: web.Request) -> tuple[str, Callable[[web.Request], Awaitable[web.StreamResponse]], bool]:
        """(route, handler, whether it needs authentication)."""
        parts = request.path.strip("/").split("/")
        account = ["2010-04-01", "Accounts", self.account_sid]
        match request.method, parts:
            case "POST", [*start, "Messages.json"] if start == account:
                return "messages", self._create_message, True
            case "GET", [*start, "Messages.json"] if start == account:
                return "list", self._list_messages, True
            case (("GET" | "POST" | "DELETE"), [*start, "Messages", _]) if start == account:
                return "message", self._one_message, True
            case "GET", [*start, "Messages", _, "Media", _] if start == account:
                return "media", self._get_media, True
            case "GET", ["cdn", _, _]:
                return "cdn", self._get_file, False
            case "POST", ["v1", "Content"]:
                return "contents", self._create_content, True
            case "GET", ["v1", "Content"]:
                return "content", self._list_contents, True
            case (("GET" | "DELETE"), ["v1", "Content", _]):
                return "content", self._one_content, True
            case "POST", ["v2", "Indicators", "Typing.json"]:
                return "typing", self._show_typing, True
        return "unknown", self._unknown, True

    async def _unknown(self, request: web.Request) -> web.StreamResponse:
        raise not_found(request.path)

    def _authenticate(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "")
        wanted = "Basic " + base64.b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()
        if given != wanted:
            raise Refused(401, 20003, "Authenticate", {"WWW-Authenticate": 'Basic realm="Twilio API"'})
