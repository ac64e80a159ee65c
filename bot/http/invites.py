"""Endpoints for the supplier's staff, behind the API key: invites made, listed and revoked."""

import re
from collections.abc import Callable
from typing import Any

import orjson
from aiohttp import web

from bot.http.access import KeyCheck
from bot.http.errors import ApiError, invalid
from bot.invites import Links, links_for, make_invite
from bot.settings import Settings
from bot.storage.onboarding import Invite
from bot.storage.store import SqlStore
from core.errors import InvalidInput
from core.ports import Clock

_CODE = re.compile(r"[A-Z0-9-]{1,64}")


class InviteApi:
    """The handlers. `telegram_name` tells the bot's name where Telegram has told it by now, else None."""

    def __init__(
        self, store: SqlStore, clock: Clock, settings: Settings, telegram_name: Callable[[], str | None]
    ) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings
        self._telegram_name = telegram_name

    def add_to(self, app: web.Application, keys: KeyCheck) -> None:
        """Add the routes."""
        app.router.add_get("/api/invites", keys.guard(self.listed))
        app.router.add_post("/api/invites", keys.guard(self.make))
        app.router.add_delete("/api/invites/{code}", keys.guard(self.revoke))

    async def make(self, request: web.Request) -> web.StreamResponse:
        """POST /api/invites `{"outlet", "uses", "days"}` (1 and 14 where left out): 201 with code and links."""
        fields = await _fields(request)
        outlet, uses, days = fields.get("outlet"), fields.get("uses", 1), fields.get("days", 14)
        if not isinstance(outlet, str) or not outlet.strip():
            raise invalid("outlet is missing: the code of the outlet.")
        if type(uses) is not int or type(days) is not int:
            raise invalid("uses and days must be whole numbers.")
        try:
            code, found, until = await make_invite(self._store, outlet, uses, days, self._clock.now())
        except InvalidInput as error:
            raise invalid(_sentence(error)) from None
        return _json(self._shown(Invite(code, found.code, 0, uses, until, revoked=False)), status=201)

    async def listed(self, _request: web.Request) -> web.StreamResponse:
        """GET /api/invites: every invite that was made, with its state."""
        return _json({"invites": [self._shown(invite) for invite in await self._store.invite_rows()]})

    async def revoke(self, request: web.Request) -> web.StreamResponse:
        """DELETE /api/invites/{code}: make it unusable. Doing it again is harmless; 404 for no such code."""
        code = request.match_info["code"].strip().upper()
        try:
            if _CODE.fullmatch(code) is None:
                raise InvalidInput("codes are letters and digits")
            await self._store.revoke_invite(code)
        except InvalidInput:
            raise ApiError(404, "not_found", "There is no such invite.") from None
        return _json({"code": code, "state": "revoked"})

    def _shown(self, invite: Invite) -> dict[str, Any]:
        links: Links = links_for(invite.code, self._settings, self._telegram_name())
        return {
            "code": invite.code,
            "outlet": invite.outlet,
            "uses": invite.uses,
            "max_uses": invite.max_uses,
            "expires_at": invite.expires_at.isoformat() if invite.expires_at else None,
            "state": invite.state(self._clock.now()),
            "links": {name: links.by_channel.get(name) for name in ("whatsapp", "telegram")},
        }


async def _fields(request: web.Request) -> dict[str, Any]:
    """The object in a request's body. Raises ApiError 400 or 415."""
    if request.content_type != "application/json":
        raise ApiError(415, "unsupported_media_type", "Send the request as application/json.")
    try:
        fields = orjson.loads(await request.read())
    except orjson.JSONDecodeError:
        raise invalid("The body is not valid JSON in UTF-8.") from None
    if not isinstance(fields, dict):
        raise invalid("The body must be a JSON object.")
    return fields


def _sentence(error: InvalidInput) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."


def _json(body: Any, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")
