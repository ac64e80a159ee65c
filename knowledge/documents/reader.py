"""Reading documents in a process of its own, without this one's environment and its secrets.

A thread cannot be stopped; a parser that a broken file sends round in circles has to be.
"""

import asyncio
import json
import sys
from pathlib import Path
from types import TracebackType

import knowledge
from knowledge.documents.blocks import Block, Kind
from knowledge.documents.limits import SECONDS
from knowledge.errors import BadDocument

_LENGTH = 8


class DocumentReader:
    """Reads one document after the other. The process starts with the first one, and anew after one that broke it."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> "DocumentReader":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end()

    async def read(self, name: str, content: bytes) -> list[Block]:
        """The blocks of a document. Raises BadDocument."""
        try:
            async with asyncio.timeout(self._seconds):
                answer = await self._ask(name, content)
        except TimeoutError:
            await self._end()
            raise BadDocument("it takes too long to read") from None
        except (asyncio.IncompleteReadError, OSError):
            await self._end()
            raise BadDocument("it takes too long to read, or breaks its reader") from None
        except BaseException:
            await self._end()  # an answer that nobody waited for must not be taken for the next one's
            raise
        if isinstance(answer, str):
            raise BadDocument(answer)
        return [
            Block(text, tuple(section), page, Kind(kind), question) for text, section, page, kind, question in answer
        ]

    async def _ask(self, name: str, content: bytes) -> list[tuple[str, list[str], int | None, str, str]] | str:
        process = self._process = self._process or await _started()
        assert process.stdin is not None
        assert process.stdout is not None
        for part in (name.encode(), content):
            process.stdin.write(len(part).to_bytes(_LENGTH) + part)
        await process.stdin.drain()
        length = int.from_bytes(await process.stdout.readexactly(_LENGTH))
        answer: list[tuple[str, list[str], int | None, str, str]] | str
        answer = json.loads(await process.stdout.readexactly(length))
        return answer

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def _started() -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "knowledge.documents",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        cwd=Path(knowledge.__file__).parents[1],
        # Windows cannot start Python without its own environment.
        env=None if sys.platform == "win32" else {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"},
    )  # fmt: skip
