"""Voice notes and pictures: what kind they are, by their content, and whether they are short and small enough."""

from collections.abc import Callable

from bot.order_sheets.limits import MOST_MEDIA_BYTES, MOST_SOUND_SECONDS
from core.ports import MediaFile, Unread

_OPUS_RATE = 48_000  # RFC 7845, 4: the granule position counts samples at 48 kHz, whatever was recorded
_PAGE = b"OggS"
_PAGE_HEADER = 27
_LAST_PAGES = 128 * 1024  # a page has at most 65,307 bytes (RFC 3533, 6)


def _iso_media(content: bytes) -> str | None:
    """An MP4 file by its brand (ISO 14496-12, 4.3): sound only where it says so."""
    return "audio/mp4" if content[4:8] == b"ftyp" and content[8:12] in (b"M4A ", b"M4B ", b"mp42", b"isom") else None


def _riff(content: bytes) -> str | None:
    forms = {b"WAVE": "audio/wav", b"WEBP": "image/webp"}
    return forms.get(content[8:12]) if content.startswith(b"RIFF") else None


def _mp3(content: bytes) -> str | None:
    """An MPEG audio frame of layer III begins with eleven set bits, or an ID3 tag stands before it."""
    frame = len(content) > 1 and content[0] == 0xFF and content[1] & 0xE6 == 0xE2
    return "audio/mpeg" if frame or content.startswith(b"ID3") else None


def _begins(magic: bytes, content_type: str) -> Callable[[bytes], str | None]:
    return lambda content: content_type if content.startswith(magic) else None


_KINDS = (
    _begins(_PAGE, "audio/ogg"),
    _begins(b"\xff\xd8\xff", "image/jpeg"),
    _begins(b"\x89PNG\r\n\x1a\n", "image/png"),
    _begins(b"GIF8", "image/gif"),
    _begins(b"fLaC", "audio/flac"),
    _begins(b"\x1a\x45\xdf\xa3", "audio/webm"),
    _iso_media,
    _riff,
    _mp3,
)


def media_of(content: bytes, name: str) -> MediaFile | Unread:
    """The file with its kind, or why it is none that a model is given."""
    if not content:
        return Unread.EMPTY
    content_type = next(filter(None, (kind(content[:64]) for kind in _KINDS)), None)
    if content_type is None:
        return Unread.TYPE
    if len(content) > MOST_MEDIA_BYTES[content_type.partition("/")[0]]:
        return Unread.TOO_LARGE
    if content_type == "audio/ogg" and _seconds(content) > MOST_SOUND_SECONDS:
        return Unread.TOO_LONG
    return MediaFile(content, content_type, name)


def _seconds(ogg: bytes) -> float:
    """How long an Ogg Opus file plays: the granule position of its last page. 0 where no page tells."""
    last = ogg.rfind(_PAGE, max(0, len(ogg) - _LAST_PAGES))
    header = ogg[last : last + _PAGE_HEADER] if last >= 0 else b""
    if len(header) < _PAGE_HEADER:
        return 0.0
    return max(0, int.from_bytes(header[6:14], "little", signed=True)) / _OPUS_RATE
