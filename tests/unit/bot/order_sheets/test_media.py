"""Voice notes and pictures: told by their content, no longer and no larger than the desk takes."""

import io
import struct
import wave

import pytest

from bot.order_sheets.limits import MOST_MEDIA_BYTES, MOST_SOUND_SECONDS
from channels.contract import Channel
from core.domain.messages import Attachment
from core.errors import MediaProblem
from core.ports import MediaFile, Unread
from tests.unit.bot.order_sheets.test_file_reader import CHAT, Files, reader

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\x00" * 40
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


def page(seconds: float, body: bytes = b"") -> bytes:
    """An Ogg page (RFC 3533, 6) whose granule position says how much sound there was by its end."""
    granule = round(seconds * 48_000)
    return b"OggS\x00\x04" + struct.pack("<qIIIB", granule, 1, 0, 0, 1) + bytes([len(body)]) + body


def voice(seconds: float) -> bytes:
    return page(0, b"OpusHead") + page(0, b"OpusTags") + page(seconds, b"\x00" * 60)


def sound() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as recording:
        recording.setnchannels(1)
        recording.setsampwidth(2)
        recording.setframerate(8000)
        recording.writeframes(b"\x00" * 160)
    return file.getvalue()


async def media(channel: Channel, name: str = "", content_type: str = "", **limits: float) -> MediaFile | Unread:
    return await reader(channel, **limits).media(CHAT, Attachment("r", content_type, name))


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (voice(5), "audio/ogg"),
        (sound(), "audio/wav"),
        (b"\xff\xfb\x90\x44" + b"\x00" * 60, "audio/mpeg"),
        (b"ID3\x04" + b"\x00" * 60, "audio/mpeg"),
        (b"\x00\x00\x00\x1cftypM4A \x00" + b"\x00" * 40, "audio/mp4"),
        (b"fLaC\x00" + b"\x00" * 40, "audio/flac"),
        (b"\x1a\x45\xdf\xa3" + b"\x00" * 40, "audio/webm"),
        (JPEG, "image/jpeg"),
        (PNG, "image/png"),
        (b"GIF89a" + b"\x00" * 40, "image/gif"),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 " + b"\x00" * 40, "image/webp"),
    ],
)
async def test_the_kind_is_told_by_the_content_whatever_is_claimed(content: bytes, content_type: str) -> None:
    got = await media(Files(content), "note.pdf", "application/pdf")

    assert got == MediaFile(content, content_type, "note.pdf")


@pytest.mark.parametrize(
    "content",
    [
        b"#!AMR\n" + b"\x00" * 40,
        b"%PDF-1.4",
        b"PK\x03\x04",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\x00\x00\x00\x1cftypheic\x00" + b"\x00" * 40,
        b"\xff\xf1\x50\x80" + b"\x00" * 40,
        b"2 bundles",
    ],
)
async def test_what_no_model_takes_is_not_handed_out(content: bytes) -> None:
    assert await media(Files(content)) is Unread.TYPE


@pytest.mark.parametrize(
    ("seconds", "taken"), [(1, True), (MOST_SOUND_SECONDS, True), (MOST_SOUND_SECONDS + 1, False), (36_000, False)]
)
async def test_a_voice_note_is_no_longer_than_the_desk_listens(seconds: float, taken: bool) -> None:
    got = await media(Files(voice(seconds)))

    assert isinstance(got, MediaFile) if taken else got is Unread.TOO_LONG


@pytest.mark.parametrize("content", [b"OggS", b"OggS" + b"\xff" * 30, page(-1), voice(5)[:-80]])
async def test_an_ogg_that_tells_no_length_is_held_to_its_size(content: bytes) -> None:
    assert isinstance(await media(Files(content)), MediaFile)


@pytest.mark.parametrize(("content", "family"), [(voice(5), "audio"), (JPEG, "image")])
async def test_a_file_is_no_larger_than_its_kind_may_be(content: bytes, family: str) -> None:
    most = MOST_MEDIA_BYTES[family]
    padded = content + b"\x00" * (most - len(content))

    assert isinstance(await media(Files(padded)), MediaFile)
    assert await media(Files(padded + b"\x00")) is Unread.TOO_LARGE


async def test_a_file_that_says_it_is_too_large_is_not_fetched() -> None:
    channel = Files(JPEG)

    assert await reader(channel).media(CHAT, Attachment("r", size=2**30)) is Unread.TOO_LARGE
    assert channel.asked == 0


async def test_a_file_that_cannot_be_had_is_gone() -> None:
    assert await media(Files(JPEG, [MediaProblem("deleted")])) is Unread.GONE
    assert await media(Files(JPEG, hangs=True), seconds=0.01) is Unread.GONE
    assert await media(Files(b"")) is Unread.EMPTY
    assert await reader(Files(JPEG)).media(CHAT.__class__("web", "x"), Attachment("r")) is Unread.GONE
