"""Reading workbooks and PDFs in processes of their own, without the desk's environment and its secrets.

A thread cannot be stopped; a parser that a hostile file sends round in circles has to be. The process is started by
`subprocess`, not by the event loop: uvloop forks, which LanceDB's threads do not stand well.
"""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import bot
from bot.order_sheets.kinds import FileKind
from bot.order_sheets.reading import Rows
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
            process = await asyncio.to_thread(_started, kind)
            waiting = asyncio.ensure_future(asyncio.to_thread(process.communicate, content))
            try:
                answer, _ = await asyncio.shield(waiting)
            finally:
                if process.poll() is None:
                    process.kill()
                await asyncio.wait({waiting})  # ends with the process, and closes what led to it
        return _answer(answer) if process.returncode == 0 else Unread.BROKEN


def _started(kind: FileKind) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", str(__package__), kind.value],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        cwd=Path(bot.__file__).parents[1],
        # Windows cannot start Python without its own environment.
        env=None if sys.platform == "win32" else {"PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip


def _answer(text: bytes) -> Rows | Unread:
    found = json.loads(text)
    if isinstance(found, str):
        return Unread(found)
    return tuple(SheetRow(row[0], row[1]) for row in found)
