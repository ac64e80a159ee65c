"""The stand-in itself: routes, what it keeps, and how it reports."""

import asyncio
import base64
import hashlib
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from aiohttp import ClientSession, web

from tests.sandbox.twilio import forms, webhooks
from tests.sandbox.twilio.contents import SID as CONTENT_SID
from tests.sandbox.twilio.contents import Content, checked_content
from tests.sandbox.twilio.faults import Faults
from tests.sandbox.twilio.messages import (
    CREATE,
    LIST,
    SID,
    STATUSES,
    UPDATE,
    Message,
    check_addresses,
    check_rest,
    only_known,
    page_of,
    selected,
)
from tests.sandbox.twilio.refusals import Refused, invalid, not_found
from tests.sandbox.twilio.webhooks import Delivery, Form

API_HOST = "https://api.twilio.com"


@dataclass(frozen=True, slots=True)
class Request:
    """A request that came, whatever became of it. `refused` is the code it was answered with, 0 for none."""

    route: str
    method: str
    path: str
    form: dict[str, str]
    at: datetime
    user_agent: str = ""
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Media:
    """A file that a customer sent. `url` is what the webhook carries, `local_url` the same at this server."""

    sid: str
    message_sid: str
    content_type: str
    data: bytes
    url: str
    local_url: str
    chunked: bool = False


@dataclass(frozen=True, slots=True)
class _Doom:
    code: int
    status: str
    templates_pass: bool
    at_once: bool


class TwilioServer:
    """Twilio on a free port of 127.0.0.1; see tests/sandbox/twilio_server.py for how to use it."""

    def __init__(
        self,
        account_sid: str = forms.ACCOUNT_SID,
        auth_token: str = forms.AUTH_TOKEN,
        sender: str = forms.SENDER,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.account_sid, self.auth_token, self.sender = account_sid, auth_token, sender
        self.senders = {sender}
        self.clock = clock
        self.faults = Faults()
        self.messages: list[Message] = []
        self.contents: dict[str, Content] = {}
        self.typing: list[str] = []
        self.requests: list[Request] = []
        self.deliveries: list[Delivery] = []
        self.due_reports: list[dict[str, str]] = []
        self.auto_statuses: tuple[str, ...] = ()
        self.media_redirect: str | None = None
        self.leaked_credentials = 0
        self.url = ""
        self._media: dict[str, Media] = {}
        self._inbound: list[Message] = []
        self._doomed: dict[str, _Doom] = {}
        self._opted_out: dict[str, int] = {}
        self._targets: list[tuple[str, str]] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._next_target = 0

    async def start(self, port: int = 0) -> "TwilioServer":
        """Listen; `url` is then what TWILIO_API_URL has to be."""
        app = web.Application(client_max_size=4 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self._route)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
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

    # What the tests set up

    def connect(self, *app_urls: str, public_url: str | None = None) -> None:
        """Where the desk listens (one base URL a process, in turn) and the public base URL it is known by.

        From then on failures and `auto_statuses` are reported by themselves; before, they wait in `due_reports`.
        """
        self._targets = [(url.rstrip("/"), (public_url or url).rstrip("/")) for url in app_urls]

    def close_window(self, number: str, *, at_once: bool = False) -> None:
        """The customer wrote more than 24 hours ago: 63016, by status callback or `at_once`; templates pass."""
        self._doomed[_address(number)] = _Doom(63016, "failed", True, at_once)

    def open_window(self, number: str) -> None:
        """All is well with this customer again."""
        self._doomed.pop(_address(number), None)
        self._opted_out.pop(_address(number), None)

    def undeliverable(self, number: str, code: int = 63024, status: str = "undelivered") -> None:
        """Messages to this customer are accepted, and then reported with this status and code."""
        self._doomed[_address(number)] = _Doom(code, status, False, False)

    def opt_out(self, number: str, code: int = 21610) -> None:
        """The customer has unsubscribed: refused at once."""
        self._opted_out[_address(number)] = code

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

    def add_media(
        self, data: bytes, content_type: str, *, message_sid: str | None = None, chunked: bool = False
    ) -> Media:
        """A file to be fetched; `chunked` leaves out its Content-Length."""
        message_sid, sid = message_sid or forms.new_sid("MM"), forms.new_sid("ME")
        path = f"/2010-04-01/Accounts/{self.account_sid}/Messages/{message_sid}/Media/{sid}"
        self._media[sid] = Media(sid, message_sid, content_type, data, API_HOST + path, self.url + path, chunked)
        return self._media[sid]

    # What the tests look at

    def sent_to(self, number: str) -> list[Message]:
        """The messages accepted for one customer, in order."""
        return [message for message in self.messages if message.to == _address(number)]

    def count(self, route: str) -> int:
        """How many requests came to a route, refused and failed ones too."""
        return Counter(request.route for request in self.requests)[route]

    @property
    def refusals(self) -> list[Request]:
        """Requests that the server itself refused (not by an ordered fault): an error of the client's."""
        return [request for request in self.requests if request.refused]

    # Twilio's own requests

    async def deliver(
        self,
        url: str,
        public_url: str | None,
        form: Form,
        *,
        signature: str | None = None,
        retries: int = 0,
        gives_up_after: float = webhooks.GIVES_UP_AFTER,
    ) -> Delivery:
        """Post one signed webhook to `url`, signed for `public_url` (None: the same)."""
        self._know(form)
        delivery = await webhooks.post(
            self._session,
            self.auth_token,
            url,
            form,
            public_url=public_url,
            signature=signature,
            retries=retries,
            gives_up_after=gives_up_after,
        )
        self.deliveries.append(delivery)
        return delivery

    async def send(self, form: Form, path: str = "/webhooks/whatsapp", **options: Any) -> Delivery:
        """Post one webhook to the desk that `connect` named."""
        base, public = self._target()
        return await self.deliver(base + path, public + path, form, **options)

    async def send_all(
        self,
        every: Sequence[Form],
        path: str = "/webhooks/whatsapp",
        *,
        concurrency: int = 20,
        retries: int = 0,
    ) -> list[Delivery]:
        """Post many, so many at a time, to all connected processes in turn. See `webhooks.storm`."""
        for form in every:
            self._know(form)
        targets = [(base + path, public + path) for base, public in self._targets]
        done = await webhooks.post_all(
            self._session, self.auth_token, targets, every, concurrency=concurrency, retries=retries
        )
        self.deliveries.extend(done)
        return done

    async def report(self, sid: str, status: str, error_code: int | None = None, **fields: str) -> Delivery | None:
        """Post the status callback of a message to its StatusCallback; None where it has none."""
        return await self._post_report(self._reported(sid, status, error_code, fields))

    async def report_due(self) -> list[Delivery]:
        """Post what waits in `due_reports`."""
        due, self.due_reports = self.due_reports, []
        done = [await self._post_report(form) for form in due]
        return [delivery for delivery in done if delivery]

    async def settle(self) -> None:
        """Wait until everything that is reported by itself has been posted."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    def _reported(self, sid: str, status: str, error_code: int | None, fields: Mapping[str, str]) -> dict[str, str]:
        if status not in STATUSES:
            raise ValueError(status)
        message = self._message(sid)
        message.status, message.error_code = status, error_code
        return forms.status(sid, message.to, status, error_code, message.from_, **fields)

    async def _post_report(self, form: dict[str, str]) -> Delivery | None:
        public = self._message(form["MessageSid"]).status_callback
        if public is None:
            return None
        base, known_as = self._target() if self._targets else ("", "")
        url = base + public.removeprefix(known_as) if known_as and public.startswith(known_as) else public
        return await self.deliver(url, public, form)

    def _report_soon(self, sid: str, statuses: Sequence[tuple[str, int | None]]) -> None:
        if not self._targets:
            self.due_reports += [
                forms.status(sid, self._message(sid).to, status, code, self._message(sid).from_)
                for status, code in statuses
            ]
            return

        async def report() -> None:
            for status, code in statuses:
                await self.report(sid, status, code)

        task = asyncio.create_task(report())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _target(self) -> tuple[str, str]:
        if not self._targets:
            raise RuntimeError("connect(app_url, public_url=...) first")
        self._next_target += 1
        return self._targets[self._next_target % len(self._targets)]

    def _know(self, form: Form) -> None:
        """An incoming message is a Message resource too, and listed with the others."""
        sid = form.get("MessageSid", "")
        if "MessageStatus" in form or not SID.fullmatch(sid) or any(known.sid == sid for known in self._inbound):
            return
        self._inbound.append(
            Message(
                sid,
                form.get("To", ""),
                form.get("From", ""),
                form.get("Body", ""),
                self.clock(),
                status="received",
                direction="inbound",
                account_sid=self.account_sid,
            )
        )

    def _message(self, sid: str) -> Message:
        return next(message for message in self.messages + self._inbound if message.sid == sid)

    # Answering

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

    async def _create_message(self, request: web.Request) -> web.StreamResponse:
        pairs = await _form(request)
        form = dict(pairs)
        media = [value for name, value in pairs if name == "MediaUrl"]
        only_known(form, CREATE)
        if len(form) < len(pairs) - max(len(media) - 1, 0):
            raise invalid("A parameter is given twice")
        check_addresses(form.get("To"), form.get("From"), form.get("MessagingServiceSid"), self.senders)
        check_rest(form, media)
        message = self._rendered(form, media)
        if code := self._opted_out.get(message.to):
            raise invalid("Attempt to send to unsubscribed recipient", code)
        doom = self._doomed.get(message.to)
        if doom and doom.templates_pass and message.template:
            doom = None
        if doom and doom.at_once:
            raise invalid("Failed to send freeform message because you are outside the allowed window", doom.code)
        self.messages.append(message)
        answer = web.json_response(message.shown(new=True), status=201)
        self._report_soon(message.sid, [(doom.status, doom.code)] if doom else [(s, None) for s in self.auto_statuses])
        return answer

    def _rendered(self, form: Mapping[str, str], media: list[str]) -> Message:
        content_sid = form.get("ContentSid")
        message = Message(
            forms.new_sid("MM" if media else "SM"),
            form["To"],
            form["From"],
            form.get("Body", ""),
            self.clock(),
            content_sid=content_sid,
            content_variables=form.get("ContentVariables"),
            status_callback=form.get("StatusCallback"),
            media=media,
            account_sid=self.account_sid,
        )
        if content_sid is not None:
            content = self.contents.get(content_sid)
            if content is None or not CONTENT_SID.fullmatch(content_sid):
                raise invalid("The ContentSid is Invalid", 21655)
            message.body, message.choices = content.render(form.get("ContentVariables"))
            message.template = content.approved
        return message

    async def _list_messages(self, request: web.Request) -> web.StreamResponse:
        query = dict(request.query)
        only_known(query, LIST)
        size, page = page_of(query)
        found = selected(sorted(self.messages + self._inbound, key=lambda message: message.at), query)
        shown = found[page * size : (page + 1) * size]
        start = page * size
        return web.json_response(
            {
                "messages": [message.shown() for message in shown],
                "page": page,
                "page_size": size,
                "start": start,
                "end": start + max(len(shown) - 1, 0),
                "uri": request.path_qs,
                "first_page_uri": _page(request, size, 0),
                "next_page_uri": _page(request, size, page + 1) if len(found) > start + size else None,
                "previous_page_uri": _page(request, size, page - 1) if page else None,
            }
        )

    async def _one_message(self, request: web.Request) -> web.StreamResponse:
        sid = request.path.rsplit("/", 1)[1].removesuffix(".json")
        message = next((known for known in self.messages + self._inbound if known.sid == sid), None)
        if message is None:
            raise not_found(request.path)
        if request.method == "POST":
            form = dict(await _form(request))
            only_known(form, UPDATE)
            if form.get("Body") or form.get("Status", "canceled") != "canceled":
                raise invalid("Only an empty Body or the Status canceled may be set")
            if "Status" in form:
                raise invalid("Message is not in a cancelable state", 30409)
            message.body = ""
        if request.method == "DELETE":
            (self.messages if message in self.messages else self._inbound).remove(message)
            return web.Response(status=204)
        return web.json_response(message.shown())

    async def _create_content(self, request: web.Request) -> web.StreamResponse:
        if request.content_type != "application/json":
            raise invalid("Content-Type must be application/json")
        try:
            payload = await request.json()
        except json.JSONDecodeError:
            raise invalid("The request body is not JSON") from None
        content = checked_content(payload, forms.new_sid("HX"), self.clock())
        self.contents[content.sid] = content
        return web.json_response(self._shown_content(content), status=201)

    async def _list_contents(self, request: web.Request) -> web.StreamResponse:
        only_known(request.query, frozenset({"PageSize", "Page", "PageToken"}))
        size, page = page_of(request.query)
        every = list(self.contents.values())
        here = self.url + request.path
        meta = {
            "page": page,
            "page_size": size,
            "key": "contents",
            "url": f"{here}?PageSize={size}&Page={page}",
            "first_page_url": f"{here}?PageSize={size}&Page=0",
            "next_page_url": f"{here}?PageSize={size}&Page={page + 1}" if len(every) > (page + 1) * size else None,
            "previous_page_url": f"{here}?PageSize={size}&Page={page - 1}" if page else None,
        }
        shown = [self._shown_content(content) for content in every[page * size : (page + 1) * size]]
        return web.json_response({"meta": meta, "contents": shown})

    async def _one_content(self, request: web.Request) -> web.StreamResponse:
        content = self.contents.get(request.path.rsplit("/", 1)[1])
        if content is None:
            raise not_found(request.path)
        if request.method == "DELETE":
            del self.contents[content.sid]
            return web.Response(status=204)
        return web.json_response(self._shown_content(content))

    def _shown_content(self, content: Content) -> dict[str, Any]:
        url = f"https://content.twilio.com/v1/Content/{content.sid}"
        at = content.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "sid": content.sid,
            "account_sid": self.account_sid,
            "friendly_name": content.friendly_name,
            "language": content.language,
            "variables": content.variables,
            "types": content.types,
            "url": url,
            "date_created": at,
            "date_updated": at,
            "links": {
                "approval_create": f"{url}/ApprovalRequests/whatsapp",
                "approval_fetch": f"{url}/ApprovalRequests",
            },
        }

    async def _show_typing(self, request: web.Request) -> web.StreamResponse:
        form = dict(await _form(request))
        only_known(form, frozenset({"channel", "messageId"}))
        if form.get("channel") != "whatsapp" or not SID.fullmatch(form.get("messageId", "")):
            raise invalid("channel must be whatsapp and messageId a message SID")
        self.typing.append(form["messageId"])
        return web.json_response({"success": True})

    async def _get_media(self, request: web.Request) -> web.StreamResponse:
        """Sends on to where the file lies, with a signed address, as the real one does."""
        *_, message_sid, _, sid = request.path.split("/")
        media = self._media.get(sid)
        if media is None or media.message_sid != message_sid:
            raise not_found(request.path)
        base = self.media_redirect or self.url
        target = f"{base}/cdn/{self.account_sid}/{sid}?" + urlencode({"Signature": self._seal(sid)})
        return web.Response(status=307, headers={"Location": target})

    def _seal(self, sid: str) -> str:
        return hashlib.sha256(f"{self.auth_token}{sid}".encode()).hexdigest()[:16]

    async def _get_file(self, request: web.Request) -> web.StreamResponse:
        sid = request.path.rsplit("/", 1)[1]
        if "Authorization" in request.headers:
            self.leaked_credentials += 1
        if sid not in self._media or request.query.get("Signature") != self._seal(sid):
            return web.Response(status=403, text="<Error><Code>AccessDenied</Code></Error>", content_type="text/xml")
        media = self._media[sid]
        response = web.StreamResponse(headers={"Content-Type": media.content_type})
        if media.chunked:
            response.enable_chunked_encoding()
        else:
            response.content_length = len(media.data)
        await response.prepare(request)
        await response.write(media.data)
        await response.write_eof()
        return response


async def _form(request: web.Request) -> list[tuple[str, str]]:
    if request.content_type != "application/x-www-form-urlencoded":
        raise invalid("Content-Type must be application/x-www-form-urlencoded")
    return parse_qsl(await request.text(), keep_blank_values=True)


def _page(request: web.Request, size: int, page: int) -> str:
    kept = {name: value for name, value in request.query.items() if name not in ("PageSize", "Page", "PageToken")}
    return f"{request.path}?" + urlencode({**kept, "PageSize": size, "Page": page}, quote_via=quote)


def _address(number: str) -> str:
    return number if number.startswith("whatsapp:") else f"whatsapp:{number}"
