"""A model that answers what a test says, and remembers what it was asked."""

import json
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from core.domain.messages import Usage
from core.errors import ModelUnavailable
from core.ports import MediaFile, Prompt

Answer = str | Exception | Callable[[Prompt], str]


@dataclass
class ScriptedModel:
    """`answers` are used one a request, the last one for ever after; so are `transcripts`. Without any it is away."""

    answers: Sequence[Answer] = ()
    transcripts: Sequence[str | Exception] = ()
    prompts: list[Prompt] = field(default_factory=list)
    listened: list[MediaFile] = field(default_factory=list)
    name: str = "scripted"

    def turn(self) -> "ScriptedTurn":
        """Begin a turn."""
        return ScriptedTurn(self)


@dataclass
class ScriptedTurn:
    """The calls of one turn. Each counts as used, also one that fails."""

    model: ScriptedModel
    usage: Usage = field(default_factory=Usage)

    async def complete(self, prompt: Prompt) -> str:
        """The next answer."""
        self._used()
        self.model.prompts.append(prompt)
        return _next(self.model.answers, len(self.model.prompts), prompt)

    async def stream(self, prompt: Prompt) -> AsyncGenerator[str, None]:
        """The next answer in one piece."""
        yield await self.complete(prompt)

    async def transcribe(self, audio: MediaFile) -> str:
        """The next transcript."""
        self._used()
        self.model.listened.append(audio)
        return _next(self.model.transcripts, len(self.model.listened))

    def _used(self) -> None:
        self.usage = replace(self.usage, model_calls=self.usage.model_calls + 1)


def _next(given: Sequence[Any], count: int, *details: Any) -> str:
    answer = given[min(count, len(given)) - 1] if given else ModelUnavailable("breaker")
    if isinstance(answer, Exception):
        raise answer
    return str(answer(*details)) if callable(answer) else str(answer)


def command(kind: str, quote: str, sku: str | None = None, quantity: Any = None, unit: str | None = None) -> Any:
    """One command as the model writes it."""
    return {"kind": kind, "sku": sku, "quantity": quantity, "unit": unit, "quote": quote}


def commands(*rows: Any) -> str:
    """The answer of a model that reads."""
    return json.dumps({"commands": list(rows)})


def photo(*rows: str, is_order_list: bool = True) -> str:
    """The answer of a model that looks at a photo."""
    return json.dumps({"is_order_list": is_order_list, "rows": [{"text": row} for row in rows]})
