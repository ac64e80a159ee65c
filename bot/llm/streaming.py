"""A streamed answer: its pieces as they come, and whether it came to its end."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from types import TracebackType

from openai import AsyncStream
from openai.types.chat import ChatCompletionChunk

from bot.llm.bounds import Deadline
from bot.llm.call import Call
from bot.llm.failures import CallFailed, Reason
from bot.llm.schemas import check_json
from bot.llm.wire import Piece, check_finish, checked_text, longest, piece_of, spent_of
from core.ports import Prompt


class Streamed:
    """An answer under way. An async context: leaving it closes the stream and settles the call."""

    def __init__(
        self, stream: AsyncStream[ChatCompletionChunk], call: Call, prompt: Prompt, deadline: Deadline
    ) -> None:
        self._stream = stream
        self._call = call
        self._prompt = prompt
        self._deadline = deadline
        self._first: Piece | None = None
        self._finish: str | None = None
        self._heard: list[str] = []
        self._stack = AsyncExitStack()

    async def begin(self) -> None:
        """Read up to the first text. Until here nothing was passed on and the request may be tried again."""
        self._first = await self._next()
        while self._first is not None and not self._first.text:
            self._first = await self._next()
        if self._first is None:
            self._check_end()
        self._call.heard = True

    def own(self, stack: AsyncExitStack) -> "Streamed":
        """Take over what has to be closed at the end."""
        self._stack = stack
        return self

    async def pieces(self) -> AsyncIterator[str]:
        """The texts, in order. Raises where the answer breaks off or is none: CallFailed, or the SDK's error."""
        piece, length = self._first, 0
        while piece is not None:
            length += len(piece.text)
            if length > longest(self._prompt):
                raise CallFailed(Reason.GARBAGE, "too long", reached=True)
            if piece.text:
                self._heard.append(piece.text)
                yield piece.text
            piece = await self._next()
        self._check_end()

    async def __aenter__(self) -> "Streamed":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.__aexit__(kind, error, trace)

    async def _next(self) -> Piece | None:
        """What the next chunk carries, None after the last."""
        if not self._deadline.left:  # a chunk that is here already would get through a timeout of zero
            raise TimeoutError
        async with self._deadline.within():
            chunk = await anext(self._stream, None)
        if chunk is None:
            return None
        self._call.spent = spent_of(chunk) or self._call.spent
        piece = piece_of(chunk)
        self._finish = piece.finish or self._finish
        return piece

    def _check_end(self) -> None:
        """A stream may end anywhere; only one that says so has come to its end."""
        check_finish(self._finish)
        text = checked_text("".join(self._heard), self._prompt)
        if self._prompt.schema is not None:
            check_json(text, self._prompt.schema)
        self._call.wrote(text)
