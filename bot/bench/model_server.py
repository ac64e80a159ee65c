"""A stand-in for a model: OpenAI's chat completions on a free port of 127.0.0.1, at a pace that is set.

It understands nothing. Asked to write, it copies the beginning of the first passage; asked to read, it proposes the
first product on offer for everything unclear. What it takes and what it counts are assumptions.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from aiohttp import web

from knowledge.sentences import sentences_of

MODEL = "bench-model"
_CHARACTERS_PER_TOKEN = 4
_SENTENCES = 2


@dataclass(frozen=True, slots=True)
class Pace:
    """Milliseconds until the first token, and for each one after it."""

    first: float = 0.0
    token: float = 0.0

    def milliseconds(self, tokens: int) -> float:
        """How long an answer of so many tokens takes."""
        return self.first + self.token * max(tokens - 1, 0)


ASSUMED = Pace(400, 20)
AT_ONCE = Pace()


@dataclass(frozen=True, slots=True)
class Served:
    """A request that was answered: its task ("read", "write") and its tokens."""

    task: str
    input_tokens: int
    output_tokens: int


@dataclass(slots=True)
class ModelServer:
    """Use it as a context manager; `url` is what OPENAI_BASE_URL has to be. `pace` may be changed at any time."""

    pace: Pace = AT_ONCE
    url: str = ""
    served: list[Served] = field(default_factory=list)
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> "ModelServer":
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._complete)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        started, asked = perf_counter(), await request.json()
        system, user = (message["content"] for message in asked["messages"])
        form = asked.get("response_format")
        text = answer_of(json.loads(user), reading=form is not None)
        given = tokens_of(system, user, *([json.dumps(form["json_schema"]["schema"])] if form else ()))
        pieces = _pieces(text)
        self.served.append(Served("read" if form else "write", given, len(pieces)))
        usage = {"prompt_tokens": given, "completion_tokens": len(pieces), "total_tokens": given + len(pieces)}
        if asked.get("stream"):
            return await self._stream(request, pieces, usage, started)
        await _until(started, self.pace.milliseconds(len(pieces)))
        message = {"role": "assistant", "content": text, "refusal": None}
        return web.json_response(_body([{"index": 0, "message": message, "finish_reason": "stop"}], usage))

    async def _stream(
        self, request: web.Request, pieces: Sequence[str], usage: dict[str, int], started: float
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        with suppress(ConnectionError):  # who asks may have heard enough
            async for choices in self._choices(pieces, started):
                await response.write(_event(_body(choices, None, chunk=True)))
            await response.write(_event(_body([], usage, chunk=True)))
            await response.write(b"data: [DONE]\n\n")
            await response.write_eof()
        return response

    async def _choices(self, pieces: Sequence[str], started: float) -> AsyncIterator[list[dict[str, Any]]]:
        """What each chunk carries, when it is its time."""
        for number, piece in enumerate(pieces, 1):
            await _until(started, self.pace.milliseconds(number))
            yield [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]
        yield [{"index": 0, "delta": {}, "finish_reason": "stop"}]


def tokens_of(*texts: str) -> int:
    """How many tokens texts have, at four characters a token."""
    return sum(-(-len(text) // _CHARACTERS_PER_TOKEN) for text in texts)


def answer_of(data: dict[str, Any], *, reading: bool) -> str:
    """What the stand-in says to the data of a prompt (see core.model_reading and knowledge.writing)."""
    return json.dumps({"commands": _commands(data)}) if reading else _written(data["passages"])


def _commands(data: dict[str, Any]) -> list[dict[str, Any]]:
    kind, sku = ("add", data["products"][0]["sku"]) if data["products"] else ("nothing", None)
    return [{"kind": kind, "sku": sku, "quantity": None, "unit": None, "quote": quote} for quote in data["unclear"]]


def _written(passages: Sequence[dict[str, str]]) -> str:
    return " ".join(sentences_of(passages[0]["text"])[:_SENTENCES])


def _pieces(text: str) -> list[str]:
    return [text[at : at + _CHARACTERS_PER_TOKEN] for at in range(0, len(text), _CHARACTERS_PER_TOKEN)]


async def _until(started: float, milliseconds: float) -> None:
    await asyncio.sleep(max(started + milliseconds / 1000 - perf_counter(), 0))


def _body(choices: list[dict[str, Any]], usage: dict[str, int] | None, *, chunk: bool = False) -> dict[str, Any]:
    kind = "chat.completion.chunk" if chunk else "chat.completion"
    return {"id": "bench", "object": kind, "created": 0, "model": MODEL, "choices": choices, "usage": usage}


def _event(body: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(body).encode() + b"\n\n"
