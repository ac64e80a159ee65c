"""The routes of /2010-04-01/Accounts/{sid}/Messages."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, urlencode

from aiohttp import web

from tests.sandbox.twilio import forms
from tests.sandbox.twilio.contents import SID as CONTENT_SID
from tests.sandbox.twilio.messages import (
    CREATE,
    LIST,
    UPDATE,
    Message,
    check_addresses,
    check_rest,
    only_known,
    page_of,
    selected,
)
from tests.sandbox.twilio.refusals import invalid, not_found
from tests.sandbox.twilio.reporting import Reporting


class MessageApi(Reporting):
    """Creating, listing, showing and redacting messages."""

    async def _create_message(self, request: web.Request) -> web.StreamResponse:
        pairs = await form_of(request)
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
        statuses = [(doom.status, doom.code)] if doom else [(s, None) for s in self.auto_statuses]
        self._report_soon(message.sid, statuses, fetch=bool(media) and doom is None)
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
        found = selected(sorted([*self.messages, *self.inbound.values()], key=lambda message: message.at), query)
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
        message = self.message(sid)
        if message is None:
            raise not_found(request.path)
        if request.method == "POST":
            form = dict(await form_of(request))
            only_known(form, UPDATE)
            if form.get("Body") or form.get("Status", "canceled") != "canceled":
                raise invalid("Only an empty Body or the Status canceled may be set")
            if "Status" in form:
                raise invalid("Message is not in a cancelable state", 30409)
            message.body = ""
        if request.method == "DELETE":
            self.inbound.pop(sid, None)
            self.messages = [known for known in self.messages if known is not message]
            return web.Response(status=204)
        return web.json_response(message.shown())


async def form_of(request: web.Request) -> list[tuple[str, str]]:
    """The parameters of a POST, in order."""
    if request.content_type != "application/x-www-form-urlencoded":
        raise invalid("Content-Type must be application/x-www-form-urlencoded")
    return parse_qsl(await request.text(), keep_blank_values=True)


def _page(request: web.Request, size: int, page: int) -> str:
    kept = {name: value for name, value in request.query.items() if name not in ("PageSize", "Page", "PageToken")}
    return f"{request.path}?" + urlencode({**kept, "PageSize": size, "Page": page}, quote_via=quote)
