"""Reading documents in a process of its own, without this one's environment and its secrets.

A thread cannot be stopped; a parser that a broken file sends round in circles has to be. The process is started by
`subprocess`, not by the event loop: uvloop forks, which LanceDB's threads do not stand well.
"""

import asyncio
import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import knowledge
from knowledge.documents.blocks import Block, Kind
from knowledge.documents.limits import SECONDS
from knowledge.errors import BadDocument

_LENGTH = 8
Answer = list[tuple[str, list[str], int | None, str, str]] | str


class DocumentReader:
    """Reads one document after the other. The process starts with the first one, and anew after one that broke it."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None

    async def __aenter__(self) -> "DocumentReader":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    async def read(self, name: str, content: bytes) -> list[Block]:
        """The blocks of a document. Raises BadDocument."""
        self._process = process = self._process or _started()
        try:
            async with asyncio.timeout(self._seconds):
                answer = await asyncio.to_thread(_ask, process, name.encode(), content)
        except TimeoutError:
            self._end()
            raise BadDocument("it takes too long to read") from None
        except (EOFError, OSError):
            self._end()
            raise BadDocument("it takes too long to read, or breaks its reader") from None
        except BaseException:
            self._end()  # an answer that nobody waited for must not be taken for the next one's
            raise
        if isinstance(answer, str):
            raise BadDocument(answer)
        return [
            Block(text, tuple(section), page, Kind(kind), question) for text, section, page, kind, question in answer
        ]

    def _end(self) -> None:
        """Kill the process; whoever waits for its answer hears that there is none."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            # Closing its input may try once more to send what it did not take.
            with suppress(OSError), process:
                process.wait()


def _started() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "knowledge.documents"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        cwd=Path(knowledge.__file__).parents[1],
        # Windows cannot start Python without its own environment.
        env=None if sys.platform == "win32" else {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"},
    )  # fmt: skip


def _ask(process: subprocess.Popen[bytes], *parts: bytes) -> Answer:
    """Send a request and wait for its answer. Raises EOFError or OSError when the process ends before."""
    assert process.stdin is not None
    for part in parts:
        process.stdin.write(len(part).to_bytes(_LENGTH) + part)
    process.stdin.flush()
    length = int.from_bytes(_received(process, _LENGTH))
    answer: Answer = json.loads(_received(process, length))
    return answer


def _received(process: subprocess.Popen[bytes], length: int) -> bytes:
    assert process.stdout is not None
    found = process.stdout.read(length)
    if len(found) < length:
        raise EOFError
    return found
