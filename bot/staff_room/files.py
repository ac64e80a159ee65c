"""Customers' files in the staff group: sent on by Telegram's own id, or fetched from their channel and uploaded."""

from collections.abc import Mapping
from pathlib import PurePath

from telegram import Bot, InputFile, Message, ReplyParameters
from telegram.error import BadRequest

from bot.staff_room import wording
from bot.staff_room.post import Place, Post
from channels.contract import Channel
from core.domain.messages import Attachment
from core.errors import DeliveryFailed, MediaProblem, MediaTooLarge

_TRIES = 3  # of fetching a file; other announcements wait behind it
_MOST_BYTES = 50_000_000  # of an upload ("Sending files")
_WAYS = ("document", "photo", "voice", "video", "audio")
_PHOTOS = ("image/jpeg", "image/png")
_SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png", "audio/ogg": ".ogg", "application/pdf": ".pdf"}


class Files:
    """Passes files on. `channels` fetch those that Telegram does not hold."""

    def __init__(self, post: Post, channels: Mapping[str, Channel], max_bytes: int) -> None:
        self._post = post
        self._channels = channels
        self._max_bytes = min(max_bytes, _MOST_BYTES)

    async def pass_on(self, place: Place, channel: str, attachment: Attachment, attempt: int) -> None:
        """Show a file, or a line that says why not and how to see it. Raises DeliveryFailed to try once more."""
        try:
            if channel == "telegram" and await self._by_id(place, attachment):
                return
            await self._uploaded(place, channel, attachment)
        except MediaProblem as error:
            if error.again and attempt < _TRIES:
                raise DeliveryFailed(f"a customer's file cannot be fetched yet: {error}") from error
            await self._post.text(place, wording.file_missing(attachment, self._why(error), channel))
        except BadRequest as error:
            await self._post.text(place, wording.file_missing(attachment, f"Telegram: {error.message}", channel))

    async def _by_id(self, place: Place, attachment: Attachment) -> bool:
        """Send the file by its id. False where Telegram takes it in no way.

        An id can be sent only as the kind of file that it is ("Sending by file_id"), which its type tells not
        always: an animation and a video are both video/mp4.
        """
        first = _way(attachment)
        for way in (first, *(each for each in _WAYS if each != first)):
            try:
                await self._send(place, way, attachment.ref)
            except BadRequest:
                continue
            return True
        return False

    async def _uploaded(self, place: Place, channel: str, attachment: Attachment) -> None:
        source = self._channels.get(channel)
        if source is None:
            raise MediaProblem(f"{wording.channel_name(channel)} is not set up here")
        data = await source.fetch(attachment, self._max_bytes)
        if not data:
            raise MediaProblem("it is empty")
        way = _way(attachment)
        file = InputFile(data, filename=_name(attachment))
        try:
            await self._send(place, way, file)
        except BadRequest:
            if way == "document":
                raise
            await self._send(place, "document", file)  # such as a photo in a format that is no photo to Telegram

    async def _send(self, place: Place, way: str, file: str | InputFile) -> None:
        async def send(group: int, to: ReplyParameters | None) -> Message:
            return await _SENDERS[way](self._post.bot, group, file, to)

        await self._post.once(place, send)

    def _why(self, error: MediaProblem) -> str:
        if isinstance(error, MediaTooLarge):
            return f"it is larger than {self._max_bytes // 1_000_000 or 1} MB"
        return str(error)


async def _photo(bot: Bot, group: int, file: str | InputFile, to: ReplyParameters | None) -> Message:
    return await bot.send_photo(group, photo=file, reply_parameters=to)


async def _voice(bot: Bot, group: int, file: str | InputFile, to: ReplyParameters | None) -> Message:
    return await bot.send_voice(group, voice=file, reply_parameters=to)


async def _audio(bot: Bot, group: int, file: str | InputFile, to: ReplyParameters | None) -> Message:
    return await bot.send_audio(group, audio=file, reply_parameters=to)


async def _video(bot: Bot, group: int, file: str | InputFile, to: ReplyParameters | None) -> Message:
    return await bot.send_video(group, video=file, reply_parameters=to)


async def _document(bot: Bot, group: int, file: str | InputFile, to: ReplyParameters | None) -> Message:
    return await bot.send_document(group, document=file, reply_parameters=to)


_SENDERS = {"photo": _photo, "voice": _voice, "audio": _audio, "video": _video, "document": _document}


def _way(attachment: Attachment) -> str:
    """How a file is sent, by its type; one with a name was sent as a document."""
    kind = attachment.content_type.partition(";")[0].strip().casefold()
    if kind in _PHOTOS and not attachment.name:
        return "photo"
    if kind == "audio/ogg":
        return "voice"
    major = kind.partition("/")[0]
    return major if major in ("audio", "video") else "document"


def _name(attachment: Attachment) -> str:
    """A file name without a path, with an ending where the type gives one."""
    kind = attachment.content_type.partition(";")[0].strip().casefold()
    name = PurePath(attachment.name.replace("\\", "/")).name
    return name[-100:] if name else f"file{_SUFFIXES.get(kind, '')}"
