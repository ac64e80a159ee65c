"""HTTP in front of the server: tokens, parameters, ordered failures, downloads."""

import asyncio
import re
import socket
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.sandbox.telegram import parameters
from tests.sandbox.telegram.faults import NGINX_PAGE, Fault
from tests.sandbox.telegram.media import Files
from tests.sandbox.telegram.refusals import Refusal, bad_request

if TYPE_CHECKING:
    from tests.sandbox.telegram.server import TelegramServer


@dataclass
class Call:
    """One request: what was asked and what came of it. `fault` names an ordered failure."""

    method: str
    params: dict[str, Any]
    files: Files = field(default_factory=dict)
    at: float = 0.0
    result: Any = None
    refusal: Refusal | None = None
    fault: str = ""

    @property
    def accepted(self) -> bool:
        """Whether the server carried it out (the bot may not have heard so)."""
        return self.result is not None


class Front:
    """The routes of the Bot API."""

    def __init__(self, server: "TelegramServer") -> None:
        self._server = server

    def app(self) -> web.Application:
        """/bot<token>/<method> and /file/bot<token>/<path>."""
        app = web.Application(client_max_size=60_000_000)
        app.router.add_route("*", "/bot{token}/{method}", self._answer)
        app.router.add_get("/file/bot{token}/{path:.+}", self._download)
        return app

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        try:
            self._check_token(request.match_info["token"])
            name = next((known for known in parameters.METHODS if known.lower() == method.lower()), None)
            if name is None or request.method not in ("GET", "POST"):
                raise Refusal(404, "Not Found")
        except Refusal as refusal:
            return web.json_response(refusal.body(), status=refusal.code)
        try:
            raw, files = await _parameters(request)
        except ValueError:
            return web.json_response(bad_request("can't parse the request's body").body(), status=400)
        call = Call(name, raw, files, self._server.now())
        self._server.calls.append(call)
        fault = self._server.faults.take(name)
        if fault:
            call.fault = fault.kind
            if fault.kind in ("refuse", "broken", "reset"):
                return self._fail(fault, call, request)
        answer = await self._carry_out(call)
        return await self._spoil(fault, answer, request) if fault else answer

    async def _carry_out(self, call: Call) -> web.Response:
        try:
            call.params = parameters.read(call.method, call.params, call.files)
            call.result = await self._server.methods.call(call.method, call.params, call.files)
        except Refusal as refusal:
            call.refusal = refusal
            return web.json_response(refusal.body(), status=refusal.code)
        return web.json_response({"ok": True, "result": call.result})

    def _fail(self, fault: Fault, call: Call, request: web.Request) -> web.Response:
        if fault.refusal:
            call.refusal = fault.refusal
            return web.json_response(fault.refusal.body(), status=fault.refusal.code)
        if fault.kind == "broken":
            page = NGINX_PAGE.format(status=fault.status)
            return web.Response(text=page, content_type="text/html", status=fault.status)
        return _abort(request)

    async def _spoil(self, fault: Fault, answer: web.Response, request: web.Request) -> web.Response:
        if fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
            return answer
        if fault.kind == "lost":
            return _abort(request)
        return web.Response(text='{"ok":true,"resu', content_type="application/json")

    def _check_token(self, token: str) -> None:
        if token == self._server.token:
            return
        if re.fullmatch(r"\d+:[\w-]{30,}", token):
            raise Refusal(401, "Unauthorized")
        raise Refusal(404, "Not Found")

    async def _download(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        call = Call("file", {"path": path}, at=self._server.now())
        self._server.calls.append(call)
        fault = self._server.faults.take("file")
        found = next((file for file in self._server.files.values() if file.path == path), None)
        if request.match_info["token"] != self._server.token or found is None:
            call.refusal = Refusal(404, "Not Found")
            return web.json_response(call.refusal.body(), status=404)
        if fault:
            call.fault = fault.kind
            if fault.kind in ("refuse", "broken", "reset"):
                return self._fail(fault, call, request)
        call.result = len(found.data)
        answer = web.Response(body=found.data, content_type="application/octet-stream")
        return await self._spoil(fault, answer, request) if fault else answer


def _abort(request: web.Request) -> web.Response:
    """Resets the connection: without lingering, closing sends RST instead of FIN."""
    if request.transport is not None:
        request.transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
        request.transport.abort()
    return web.Response()


async def _parameters(request: web.Request) -> tuple[dict[str, Any], Files]:
    """Parameters from the query, a form, multipart or JSON, in that order of growing weight."""
    raw: dict[str, Any] = dict(request.query)
    files: Files = {}
    if request.content_type == "application/json":
        body = await request.json()
        raw |= body if isinstance(body, dict) else {}
    elif request.method == "POST":
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                files[name] = (value.filename, value.file.read())
            else:
                raw[name] = value if isinstance(value, str) else value.decode()
    return raw, files
