"""Connecting to Xero on a server: `GET /xero/connect`, with the API key, begins; `/xero/callback` takes the answer."""

import orjson
import structlog
from aiohttp import web

from bot.http.access import KeyCheck, client_address
from bot.http.errors import ApiError
from bot.http.limits import RateLimits
from bot.settings import Settings
from bot.storage.database import Database
from bot.xero.authorizing import Authorizing, NotAuthorized, Undecided, Wish
from bot.xero.connection import XeroConnection
from bot.xero.page import listed, page, sentence
from core.ports import Clock

log = structlog.get_logger(__name__)

_CALLBACK = "/xero/callback"


class XeroConnectApi:
    """The handlers. The redirect URI to register with the app is RESUPPLY_PUBLIC_URL and `/xero/callback`."""

    def __init__(
        self, settings: Settings, database: Database, clock: Clock, connection: XeroConnection, limits: RateLimits
    ) -> None:
        self._settings = settings
        self._authorizing = Authorizing(settings, database, clock, connection)
        self._limits = limits

    def add_to(self, app: web.Application, keys: KeyCheck) -> None:
        """Add the routes. The callback is public: what it takes has to answer a `state` that was handed out."""
        app.router.add_get("/xero/connect", keys.guard(self.begin))
        app.router.add_get(_CALLBACK, self.answered, allow_head=False)  # an answer is used once

    async def begin(self, request: web.Request) -> web.StreamResponse:
        """GET /xero/connect `?tenant=ID&switch=yes`: `{"authorize_url", "redirect_uri"}`; a browser is sent there."""
        if self._settings.public_url is None:
            raise ApiError(409, "no_public_url", "RESUPPLY_PUBLIC_URL must be set for Xero to come back here.")
        redirect_uri = self._settings.public_url.rstrip("/") + _CALLBACK
        wish = Wish(request.query.get("tenant", "").strip(), request.query.get("switch") == "yes")
        address = await self._authorizing.begin(redirect_uri, wish)
        if "text/html" in request.headers.get("Accept", ""):
            raise web.HTTPFound(address)
        body = orjson.dumps({"authorize_url": address, "redirect_uri": redirect_uri})
        return web.Response(body=body, content_type="application/json")

    async def answered(self, request: web.Request) -> web.StreamResponse:
        """GET /xero/callback: connects, and says in a small page what happened. Nothing changes where it cannot."""
        await self._limits.count_address(client_address(request, self._settings.trusted_proxies))
        try:
            consent = await self._authorizing.finish(request.query)
            chosen = await self._authorizing.settle(consent)
        except Undecided as undecided:
            how = "Connect again with /xero/connect?tenant= and one of these ids, or set XERO_TENANT_ID to it."
            return page("Not connected yet", f"{sentence(undecided)} {how}", listed(undecided.organisations), 409)
        except NotAuthorized as error:
            log.info("xero_not_authorized", code=error.code)
            return page("Not connected", f"{sentence(error)} Nothing was changed.", status=400)
        return page("Connected to Xero", f"Orders become invoices of {chosen.name}. You can close this page.")
