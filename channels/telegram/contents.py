"""What a message holds: its kind, its words and its files. None for service messages and polls."""

from dataclasses import dataclass
from typing import Any

from telegram import Contact, Location, Message, Venue

from channels.telegram.parsing import clean
from core.domain.messages import Attachment, Kind

# What a customer sent on purpose and the desk can do nothing with: it says so.
_OTHER = ("dice", "game", "story", "paid_media", "checklist", "giveaway", "giveaway_winners", "invoice")


@dataclass(frozen=True, slots=True)
class Contents:
    """Kind, files and the words that the kind brings by itself, such as a sticker's emoji."""

    kind: Kind
    words: str = ""
    attachments: tuple[Attachment, ...] = ()


def contents_of(message: Message) -> Contents | None:
    """What a message holds. None where it is nothing that a customer says: a service message or a poll."""
    if message.text is not None:
        return Contents(Kind.TEXT)
    if message.sticker is not None:
        return Contents(Kind.STICKER, clean(message.sticker.emoji))
    if message.venue is not None:  # before the location, which a venue has as well
        return Contents(Kind.LOCATION, _venue(message.venue))
    if message.location is not None:
        return Contents(Kind.LOCATION, _place(message.location))
    if message.contact is not None:
        return Contents(Kind.CONTACT, _contact(message.contact))
    if any(getattr(message, name) is not None for name in _OTHER):
        return Contents(Kind.OTHER)
    return _file(message)


def _file(message: Message) -> Contents | None:
    if message.photo:
        largest = max(message.photo, key=lambda size: size.width * size.height)
        return Contents(Kind.PHOTO, attachments=(_attachment(largest, "image/jpeg"),))
    for kind, media, usual in (
        (Kind.VOICE, message.voice, "audio/ogg"),
        (Kind.VOICE, message.audio, "audio/mpeg"),
        (Kind.VIDEO, message.animation, "video/mp4"),  # before the document, which an animation has as well
        (Kind.VIDEO, message.video, "video/mp4"),
        (Kind.VIDEO, message.video_note, "video/mp4"),
        (Kind.VIDEO, message.live_photo, "video/mp4"),
        (Kind.DOCUMENT, message.document, ""),
    ):
        if media is not None:
            return Contents(kind, attachments=(_attachment(media, usual),))
    return None


def _attachment(media: Any, usual: str) -> Attachment:
    """The file, by the id that getFile takes. `usual` is its type where Telegram does not say."""
    if not isinstance(media.file_id, str) or not media.file_id:
        raise TypeError("a file without an id")
    size = media.file_size if isinstance(media.file_size, int) and media.file_size >= 0 else None
    content_type = clean(getattr(media, "mime_type", None)) or usual
    return Attachment(media.file_id, content_type, clean(getattr(media, "file_name", None)), size)


def _place(location: Location) -> str:
    return f"{float(location.latitude):.6f}, {float(location.longitude):.6f}"


def _venue(venue: Venue) -> str:
    named = ", ".join(part for part in (clean(venue.title), clean(venue.address)) if part)
    return f"{named} ({_place(venue.location)})" if named else _place(venue.location)


def _contact(contact: Contact) -> str:
    parts = (clean(contact.first_name), clean(contact.last_name), clean(contact.phone_number))
    return " ".join(part for part in parts if part)
