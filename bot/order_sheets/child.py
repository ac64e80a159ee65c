"""The process that reads one workbook or PDF: bounded in time and memory, without network, settings or secrets.

A thread cannot be stopped; a parser that a hostile file sends round in circles has to be. The content comes on
standard input, the rows go to standard output as JSON.
"""

import asyncio
import contextlib
import json
import sys
from pathlib import Path

import bot
from bot.order_sheets.kinds import FileKind
from bot.order_sheets.limits import CPU_SECONDS, MEMORY_BYTES
from bot.order_sheets.reading import Rows, read_as
from core.ports import SheetRow, Unread

# So many readers at a time, whatever customers send.
_AT_ONCE = 2


class ChildReader:
    """Reads files in processes of their own."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def read(self, kind: FileKind, content: bytes) -> Rows | Unread:
        """The rows of a file. When cancelled, the process is killed."""
        async with self._turns:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", __name__, kind.value,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
                cwd=Path(bot.__file__).parents[1],
                # Windows cannot start Python without its own environment.
                env=None if sys.platform == "win32" else {"PYTHONDONTWRITEBYTECODE": "1"},
            )  # fmt: skip
            try:
                answer, _ = await process.communicate(content)
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        return _answer(answer) if process.returncode == 0 else Unread.BROKEN


def _answer(text: bytes) -> Rows | Unread:
    found = json.loads(text)
    if isinstance(found, str):
        return Unread(found)
    return tuple(SheetRow(row[0], row[1]) for row in found)


def _limit_myself() -> None:
    """Bounds of the operating system on processor time and memory; some systems refuse one or have none."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def main() -> None:
    """Read standard input as the kind of file that the first argument names."""
    _limit_myself()
    try:
        rows = read_as(FileKind(sys.argv[1]), sys.stdin.buffer.read())
    except MemoryError:
        rows = Unread.TOO_LARGE
    except RecursionError:
        rows = Unread.BROKEN
    found: object = rows.value if isinstance(rows, Unread) else [[row.text, row.code] for row in rows]
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
