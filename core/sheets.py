"""Order sheets that customers send: fetched through a port, read as data, never more than lines, dates and notes."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from core.domain.commands import Add, Attached, Command, FromSheet
from core.domain.messages import Attachment, ChatRef
from core.ports import Attachments, Sheet, Unread
from core.understanding.context import Context
from core.understanding.sheet import read_sheet

_LONGEST_WAIT = 20.0


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of a turn's files: the sheets, and what is to be said of the others."""

    sheets: tuple[Sheet, ...] = ()
    others: tuple[Attached, ...] = ()

    def with_photos(self, sheets: Sequence[Sheet]) -> "Fetched":
        """With the order lists that were read off photos."""
        return replace(self, sheets=(*self.sheets, *sheets)) if sheets else self

    @property
    def mark(self) -> str:
        """Tells a file sent twice from another one; empty without a sheet."""
        rows = repr([sheet.rows for sheet in self.sheets])
        return sha256(rows.encode()).hexdigest()[:16] if self.sheets else ""


async def fetch(port: Attachments | None, chat: ChatRef, documents: Sequence[Attachment]) -> Fetched:
    """Read the files of a turn. One that cannot be had is a reason to say so, never to fail the turn."""
    if not documents:
        return Fetched()
    sheets: list[Sheet] = []
    others: list[Attached] = []
    got_all = await asyncio.gather(*(_one(port, chat, document) for document in documents))
    for document, got in zip(documents, got_all, strict=True):
        if isinstance(got, Sheet):
            sheets.append(got)
        else:
            others.append(Attached("document", document.name, got.value if got else ""))
    return Fetched(tuple(sheets), tuple(others))


async def _one(port: Attachments | None, chat: ChatRef, document: Attachment) -> Sheet | Unread | None:
    if port is None:
        return None
    try:
        async with asyncio.timeout(_LONGEST_WAIT):
            return await port.read(chat, document)
    except Exception:  # noqa: BLE001 - a file is never worth a turn; a person gets it
        return Unread.GONE


async def commands_of(fetched: Fetched, context: Context) -> tuple[Command, ...]:
    """What the sheets order: of each its name and counts, its items, then its dates and notes."""
    commands: list[Command] = []
    for sheet in fetched.sheets:
        reading = await asyncio.to_thread(read_sheet, sheet.rows, context)
        items = [c for c in reading.commands if isinstance(c, Add)]
        commands.append(FromSheet(sheet.name, len(items), tuple(reading.unread), reading.outlets))
        if items:
            commands += [*items, *(c for c in reading.commands if not isinstance(c, Add))]
    return tuple(commands)
