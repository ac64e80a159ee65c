"""The routes of /v1/Content."""

import json
from datetime import UTC
from typing import Any

from aiohttp import web

from tests.sandbox.twilio import forms
from tests.sandbox.twilio.contents import Content, checked_content
from tests.sandbox.twilio.messages import only_known, page_of
from tests.sandbox.twilio.refusals import invalid, not_found
from tests.sandbox.twilio.state import State


class ContentApi(State):
    """Creating, listing, showing and deleting contents."""

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
