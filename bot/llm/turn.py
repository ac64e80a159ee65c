"""The model's calls of one turn: one deadline, one account, tries within them."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from random import uniform
from typing import Any, TypeVar

from openai import BadRequestError
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from bot.llm.bounds import Deadline
from bot.llm.call import Call, Endpoint, Parts
from bot.llm.failures import CallFailed, Reason
from bot.llm.ledger import TurnLedger
from bot.llm.prices import Spent, seconds_of, tokens_of
from bot.llm.schemas import check_json
from bot.llm.streaming import Streamed
from bot.llm.wire import answer_of, spent_of, transcript_of, upload_of
from bot.storage import json
from core.domain.messages import Usage
from core.errors import ModelUnavailable
from core.ports import MediaFile, Prompt

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 1.0
_WORTH_TRYING = 0.1  # of the deadline; with less left there is no time for an answer
_TRANSCRIBE = "transcribe"

T = TypeVar("T")


class Turn:
    """Implements `core.ports.ModelTurn`."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._deadline = Deadline(parts.deadline_seconds)
        self._ledger = TurnLedger()

    @property
    def usage(self) -> Usage:
        """What this turn's calls have cost so far."""
        return self._ledger.usage

    async def complete(self, prompt: Prompt) -> str:
        """The whole answer. With a schema: JSON text that is valid by it."""
        self._check(prompt)
        return await self._tried(partial(self._complete, prompt))

    async def stream(self, prompt: Prompt) -> AsyncGenerator[str, None]:
        """The answer in pieces as they come. Raises where it breaks off, also after the first pieces."""
        self._check(prompt)
        answer = await self._tried(partial(self._open, prompt))
        try:
            async with answer:
                async for piece in answer.pieces():
                    yield piece
        except CallFailed as failure:
            raise _unavailable(failure) from None

    async def transcribe(self, audio: MediaFile) -> str:
        """The words of a voice note."""
        if self._parts.transcription is None:
            raise self._refused(_TRANSCRIBE, CallFailed(Reason.UNSUPPORTED))
        return await self._tried(partial(self._transcribe, audio, self._parts.transcription))

    async def _complete(self, prompt: Prompt) -> str:
        async with self._call(prompt) as call:
            completion = await self._ask(prompt, stream=False)
            call.spent = spent_of(completion)
            text = answer_of(completion, prompt)
            if prompt.schema is not None:
                check_json(text, prompt.schema)
            call.wrote(text)
            return text

    async def _open(self, prompt: Prompt) -> Streamed:
        async with AsyncExitStack() as stack:
            call = await stack.enter_async_context(self._call(prompt))
            stream = await self._ask(prompt, stream=True)
            stack.push_async_callback(stream.close)
            answer = Streamed(stream, call, prompt, self._deadline)
            await answer.begin()
            return answer.own(stack.pop_all())

    async def _transcribe(self, audio: MediaFile, endpoint: Endpoint) -> str:
        try:
            upload = upload_of(audio)
        except CallFailed as failure:
            raise self._refused(_TRANSCRIBE, failure) from None
        estimate = Spent(audio_seconds=seconds_of(audio.content), estimated=True)
        async with Call(self._parts, endpoint, _TRANSCRIBE, self._deadline, self._ledger, estimate) as call:
            async with self._deadline.within():
                answer = await self._parts.sdk.audio.transcriptions.create(
                    model=endpoint.model,
                    file=upload,
                    response_format="json",
                    extra_headers=self._parts.headers,
                    timeout=self._deadline.of_a_request(),
                )
            call.spent = spent_of(answer) or estimate
            return transcript_of(answer)

    async def _ask(self, prompt: Prompt, *, stream: bool) -> Any:
        fields = self._parts.dialect.request(self._parts.chat.model, prompt, stream=stream)
        try:
            async with self._deadline.within():
                return await self._parts.sdk.chat.completions.create(
                    **fields, extra_headers=self._parts.headers, timeout=self._deadline.of_a_request()
                )
        except BadRequestError as error:
            if not self._parts.dialect.learn(error):
                raise
            raise CallFailed(Reason.REJECTED, "a field", again=True, retry_after=0) from None

    def _call(self, prompt: Prompt) -> Call:
        form = json.dumps(prompt.schema) if prompt.schema is not None else ""
        given = tokens_of(prompt.system, prompt.user, form, images=len(prompt.images))
        estimate = Spent(given, prompt.max_tokens, estimated=True)
        return Call(self._parts, self._parts.chat, prompt.task, self._deadline, self._ledger, estimate)

    def _check(self, prompt: Prompt) -> None:
        if prompt.images and not self._parts.vision:
            raise self._refused(prompt.task, CallFailed(Reason.UNSUPPORTED, "images"))

    def _refused(self, task: str, failure: CallFailed) -> ModelUnavailable:
        self._parts.metrics.model_calls.labels(task, failure.reason.value).inc()
        return _unavailable(failure)

    async def _tried(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Try until it works, or trying again would not help or not fit."""
        trying = AsyncRetrying(
            retry=retry_if_exception(_may_work), stop=self._must_stop, wait=_pause, sleep=asyncio.sleep, reraise=True
        )
        try:
            return await trying(attempt)
        except CallFailed as failure:
            raise _unavailable(failure) from None

    def _must_stop(self, state: RetryCallState) -> bool:
        left = self._deadline.left - state.upcoming_sleep
        return state.attempt_number >= self._parts.attempts or left < _WORTH_TRYING * self._deadline.seconds


def _unavailable(failure: CallFailed) -> ModelUnavailable:
    return ModelUnavailable(failure.reason.value, str(failure))


def _may_work(error: BaseException) -> bool:
    return isinstance(error, CallFailed) and error.again


def _pause(state: RetryCallState) -> float:
    """As long as the server says; else longer each time, and not all processes at once."""
    error = state.outcome.exception() if state.outcome is not None else None
    if isinstance(error, CallFailed) and error.retry_after is not None:
        return error.retry_after
    pause = _FIRST_PAUSE * 2 ** (state.attempt_number - 1)
    return uniform(pause, 2 * pause) if pause < _LONGEST_PAUSE else _LONGEST_PAUSE
