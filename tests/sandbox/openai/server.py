"""The stand-in itself: starting, what tests set up and look at, and the two endpoints."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.sandbox.faults import reset
from tests.sandbox.openai.answers import Reply, chunks, completion, plain_reply
from tests.sandbox.openai.faults import Fault, Faults
from tests.sandbox.openai.refusals import Refused, no_such_model, wrong_key
from tests.sandbox.openai.requests import Asked, Rules, read_chat
from tests.sandbox.openai.transcriptions import Heard, read_recording

KEY = "sk-test-0123456789abcdef"
MODEL = "gpt-test"
TRANSCRIPTION_MODEL = "hear-test"

Answers = Callable[[Asked], Reply | str]
Work = Callable[[Fault], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class Request:
    """Everything that came: to "chat" or "transcription". `refused` is the server's own refusal, if it had one.

    `worked`: the model did its work, whatever became of the answer. `left`: the client hung up before the end.
    """

    route: str
    authorization: str | None
    headers: dict[str, str]
    asked: Asked | Heard | None = None
    refused: Refused | None = None
    worked: bool = False
    left: bool = False
    sent_pieces: int = 0


class OpenAIServer:
    """OpenAI on a free port of 127.0.0.1; see tests/sandbox/openai_server.py for how to use it."""

    def __init__(self, *, key: str | None = KEY, rules: Rules | None = None) -> None:
        self.key = key
        self.rules = rules or Rules()
        self.models = {MODEL}
        self.transcription_models = {TRANSCRIPTION_MODEL}
        self.answers: Answers = plain_reply
        self.transcript: Callable[[Heard], str] = lambda heard: "two boxes please"
        self.transcript_usage: Callable[[Heard], Any] = lambda heard: {"type": "duration", "seconds": 3}
        self.faults = Faults()
        self.requests: list[Request] = []
        self.url = ""
        self.most_at_once = 0
        self._at_once = 0
        self._left = asyncio.Event()

    async def start(self, port: int = 0) -> "OpenAIServer":
        """Listen; `url` is then what OPENAI_BASE_URL has to be."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_post("/v1/audio/transcriptions", self._transcription)
        # A client that hangs up cancels its request here, so that a test can see it.
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"
        return self

    async def stop(self) -> None:
        """Stop listening; what is held goes on and fails."""
        await self.faults.release()
        await self._runner.cleanup()

    async def __aenter__(self) -> "OpenAIServer":
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def refusals(self) -> list[Request]:
        """Requests that the server itself refused (not by an ordered fault): an error of the client's."""
        return [request for request in self.requests if request.refused is not None]

    @property
    def asked(self) -> list[Asked]:
        """The requests for completions that could be read, in order."""
        return [request.asked for request in self.requests if isinstance(request.asked, Asked)]

    @property
    def worked(self) -> int:
        """How many requests the model has worked on."""
        return sum(request.worked for request in self.requests)

    async def hung_up(self, count: int = 1) -> None:
        """Wait until the client has hung up on so many requests."""
        while sum(request.left for request in self.requests) < count:
            self._left.clear()
            await self._left.wait()

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        async def read() -> Asked:
            try:
                body = await request.json()
            except json.JSONDecodeError:
                body = None
            asked = read_chat(body, self.rules)
            if asked.model not in self.models:
                raise no_such_model(asked.model)
            return asked

        return await self._serve("chat", request, read, self._completed)

    async def _transcription(self, request: web.Request) -> web.StreamResponse:
        async def read() -> Heard:
            heard = await read_recording(request)
            if heard.model not in self.transcription_models:
                raise no_such_model(heard.model)
            return heard

        return await self._serve("transcription", request, read, self._transcribed)

    async def _serve(self, route: str, request: web.Request, read: Any, work: Any) -> web.StreamResponse:
        seen = Request(route, request.headers.get("Authorization"), dict(request.headers))
        self.requests.append(seen)
        fault = self.faults.take()
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            seen.asked = await self._read(request, read)
            await self._before(fault)
            if fault.reset_before:
                reset(request)
                return web.Response()
            if (refusal := fault.refusal()) is not None:
                return refusal
            seen.worked = True
            answered: web.StreamResponse = await work(request, seen, fault)
            return answered
        except Refused as refused:
            seen.refused = refused
            return refused.response()
        except (asyncio.CancelledError, ConnectionError):
            seen.left = True
            self._left.set()
            raise
        finally:
            self._at_once -= 1

    async def _read(self, request: web.Request, read: Any) -> Any:
        if self.key is not None and request.headers.get("Authorization") != f"Bearer {self.key}":
            raise wrong_key(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if self.key is None and "Authorization" in request.headers:
            raise Refused(401, "no key is wanted here")
        return await read()

    async def _before(self, fault: Fault) -> None:
        if fault.slow_before:
            await asyncio.sleep(fault.slow_before)
        if fault.hold_before:
            await self.faults.hold()

    async def _completed(self, request: web.Request, seen: Request, fault: Fault) -> web.StreamResponse:
        assert isinstance(seen.asked, Asked)
        answer = self.answers(seen.asked)
        reply = Reply(answer) if isinstance(answer, str) else answer
        if fault.huge:
            reply = Reply("x" * fault.huge)
        if seen.asked.stream and not fault.garbage and fault.body is None:
            return await self._streamed(request, seen, reply, fault)
        body = completion(len(self.requests), seen.asked, reply)
        if fault.no_choices:
            body["choices"] = []
        if fault.no_usage:
            del body["usage"]
        if fault.usage is not None:
            body["usage"] = fault.usage
        return await self._answered(request, body, fault)

    async def _transcribed(self, request: web.Request, seen: Request, fault: Fault) -> web.StreamResponse:
        assert isinstance(seen.asked, Heard)
        body = {"text": self.transcript(seen.asked), "usage": self.transcript_usage(seen.asked)}
        if fault.no_usage:
            del body["usage"]
        return await self._answered(request, body, fault)

    async def _answered(self, request: web.Request, body: Any, fault: Fault) -> web.StreamResponse:
        if fault.hold_after:
            await self.faults.hold()
        if fault.reset_after:
            reset(request)
            return web.Response()
        if fault.garbage:
            return web.Response(text=fault.garbage, content_type="application/json")
        return web.json_response(body if fault.body is None else fault.body)

    async def _streamed(self, request: web.Request, seen: Request, reply: Reply, fault: Fault) -> web.StreamResponse:
        assert isinstance(seen.asked, Asked)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        await response.prepare(request)
        for data in fault.events:
            await response.write(b"data: " + data.encode() + b"\n\n")
        for kind, chunk in () if fault.events else chunks(len(self.requests), seen.asked, reply):
            if (kind == "finish" and fault.no_finish) or (kind == "usage" and (fault.no_usage or fault.no_finish)):
                continue
            if kind != "role" and not await self._goes_on(request, response, seen, fault):
                return response
            await response.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
            seen.sent_pieces += kind == "piece"
        if not fault.no_done:
            await response.write(b"data: [DONE]\n\n")
        await response.write_eof()
        return response

    async def _goes_on(self, request: web.Request, response: web.StreamResponse, seen: Request, fault: Fault) -> bool:
        """What happens before the next chunk; False where it is the last that happens."""
        if fault.slow_pieces:
            await asyncio.sleep(fault.slow_pieces)
        if fault.hold_after_pieces == seen.sent_pieces:
            await self.faults.hold()
        if fault.reset_after_pieces == seen.sent_pieces:
            reset(request)
            return False
        if fault.cut_after_pieces == seen.sent_pieces:
            await response.write(b'data: {"id": "chatcmpl-1", "object": "chat.compl')
            await response.write_eof()
            return False
        if fault.error_after_pieces == seen.sent_pieces:
            error = Refused(500, "The server had an error while processing your request.", kind="server_error")
            await response.write(b"data: " + json.dumps(error.body()).encode() + b"\n\n")
            await response.write_eof()
            return False
        return True
