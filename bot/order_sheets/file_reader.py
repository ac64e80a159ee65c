"""Fetching a customer's file from its channel and reading it: the port `core.ports.Attachments`."""

import asyncio
from collections.abc import Mapping
from pathlib import PurePath

from bot.order_sheets.child import ChildReader
from bot.order_sheets.kinds import FileKind, kind_of
from bot.order_sheets.limits import MOST_BYTES, SECONDS
from bot.order_sheets.media import media_of
from bot.order_sheets.reading import Rows, capped, read_content
from channels.contract import Channel
from core.domain.messages import Attachment, ChatRef
from core.errors import MediaProblem, MediaTooLarge
from core.ports import MediaFile, Sheet, Unread

_TRIES = 2
_LONGEST_NAME = 80


class FileReader:
    """Reads the order sheets that customers send. `seconds` bounds fetching and reading together."""

    def __init__(self, channels: Mapping[str, Channel], max_bytes: int = MOST_BYTES, seconds: float = SECONDS) -> None:
        self._channels = channels
        self._most = min(max_bytes, MOST_BYTES)
        self._seconds = seconds
        self._child = ChildReader()

    async def read(self, chat: ChatRef, attachment: Attachment) -> Sheet | Unread:
        """The order sheet in a file, or why there is none. Never raises for a bad file."""
        channel = self._channels.get(chat.channel)
        if channel is None:
            return Unread.GONE
        if attachment.size is not None and attachment.size > self._most:
            return Unread.TOO_LARGE
        content: bytes | Unread = Unread.GONE
        try:
            async with asyncio.timeout(self._seconds):
                content = await self._fetched(channel, attachment)
                rows = await self._rows(attachment.name, content) if isinstance(content, bytes) else content
        except TimeoutError:
            # The provider did not hand it out in time; or it did, and the file keeps its reader busy for ever.
            return content if isinstance(content, Unread) else Unread.BROKEN
        if isinstance(rows, Unread):
            return rows
        return Sheet(PurePath(attachment.name).name[:_LONGEST_NAME], rows)

    async def media(self, chat: ChatRef, attachment: Attachment) -> MediaFile | Unread:
        """A voice note or picture that a model takes, or why it is none. Never raises for a bad file."""
        channel = self._channels.get(chat.channel)
        if channel is None:
            return Unread.GONE
        if attachment.size is not None and attachment.size > self._most:
            return Unread.TOO_LARGE
        try:
            async with asyncio.timeout(self._seconds):
                content = await self._fetched(channel, attachment)
        except TimeoutError:
            return Unread.GONE
        return media_of(content, attachment.name) if isinstance(content, bytes) else content

    async def _fetched(self, channel: Channel, attachment: Attachment) -> bytes | Unread:
        for attempt in range(_TRIES):
            try:
                content = await channel.fetch(attachment, self._most)
            except MediaTooLarge:
                return Unread.TOO_LARGE
            except MediaProblem as problem:
                if not problem.again or attempt + 1 == _TRIES:
                    return Unread.GONE
            else:
                return content if len(content) <= self._most else Unread.TOO_LARGE
        return Unread.GONE

    async def _rows(self, name: str, content: bytes) -> Rows | Unread:
        kind = await asyncio.to_thread(kind_of, name, content)
        if isinstance(kind, Unread):
            return kind
        if kind is FileKind.TEXT:
            return await asyncio.to_thread(read_content, name, content)
        return capped(await self._child.read(kind, content))
