"""Twilio's form fields of an incoming WhatsApp message -> `Inbound`. Pure.

Source: Twilio, "Twilio's request to your incoming message Webhook URL"; fields that are not read are ignored, for
Twilio adds some without notice. Reactions, edits and deletions are not in that document: what WhatsApp calls them
(Meta, "messages webhook reference": reaction, edit, revoke) is read in the shape that replies have.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from channels.whatsapp.addresses import sender_of
from core.domain.messages import Attachment, ChatRef, Inbound, Kind
from core.errors import InvalidInput

LONGEST_TEXT = 16_000
_LONGEST_NAME = 200
_LONGEST_FIELD = 2_000
_MOST_MEDIA = 10

# CANCEL, END and QUIT also opt out of SMS at Twilio; here they are words about an order, so they are not read so.
_OPT_OUT = frozenset({"stop", "stopall", "stop all", "unsubscribe"})
_OPT_IN = frozenset({"start", "unstop", "subscribe"})

_SID = re.compile(r"[A-Za-z0-9]{1,64}\Z")
_CONTROLS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f"
    "\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)
_FILE_NAME = re.compile(r"[^\n/\\]{1,200}\.[A-Za-z0-9]{1,5}\Z")

_REACTION = frozenset({"reaction"})
_EDITED = frozenset({"edit", "edited", "message_edit"})
_DELETED = frozenset({"revoke", "revoked", "delete", "deleted"})
_UNREADABLE = frozenset({"unsupported", "unknown", "order", "system"})
_KIND_OF_TYPE = {"sticker": Kind.STICKER, "image": Kind.PHOTO, "contacts": Kind.CONTACT, "contact": Kind.CONTACT}


class NotAMessage(InvalidInput):
    """The form holds no WhatsApp message: no id, no sender on WhatsApp, or a status callback gone astray."""

    code = "not_a_message"


@dataclass(frozen=True, slots=True)
class Received:
    """An incoming message, and the MessageSid of the message that it replies to ("" for none).

    The words of that message are not in the form; who looks them up puts them into `inbound.quoted`. `user_id` is
    the sender's name once they show no number any more ("whatsapp:SG.1234"), which Twilio tells beside the number.
    """

    inbound: Inbound
    replied_to: str = ""
    user_id: str = ""


def read_message(form: Mapping[str, str], at: datetime) -> Received:
    """The message in a form, `at` being the time of its arrival. Raises NotAMessage."""
    sid = _field(form, "MessageSid") or _field(form, "SmsMessageSid")
    sender = sender_of(_field(form, "From"))
    if not _SID.match(sid):
        raise NotAMessage("the form has no MessageSid")
    if sender is None:
        raise NotAMessage("the form has no WhatsApp sender in From")
    if "MessageStatus" in form:
        raise NotAMessage("the form is a status callback")
    replied_to = _sid_field(form, "OriginalRepliedMessageSid")
    read = _read(form, replied_to)
    inbound = Inbound(
        ChatRef("whatsapp", sender),
        sid,
        read.text,
        at,
        choice_id=read.choice_id,
        kind=read.kind,
        attachments=read.attachments,
        message_id=sid,
        about=read.about,
        edited=read.edited,
        author=_field(form, "ProfileName", _LONGEST_NAME),
    )
    return Received(inbound, replied_to, sender_of(_field(form, "ExternalUserId")) or "")


@dataclass(frozen=True, slots=True)
class _Read:
    """The part of an Inbound that depends on what kind of message it is."""

    kind: Kind
    text: str
    choice_id: str | None = None
    attachments: tuple[Attachment, ...] = ()
    about: str = ""
    edited: bool = False


def _read(form: Mapping[str, str], replied_to: str) -> _Read:
    """The first reading that fits, from the most particular to plain words."""
    text = _field(form, "Body", LONGEST_TEXT)
    return (
        _event(form, text, replied_to)
        or _consent(form, text)
        or _tap(form, text, replied_to)
        or _location(form, text)
        or _media(form, text)
        or _words(form, text)
    )


def _event(form: Mapping[str, str], text: str, replied_to: str) -> _Read | None:
    """A reaction, an edit or a deletion."""
    names = {_field(form, "MessageType").lower(), _field(form, "EventType").lower()}
    about = _sid_field(form, "OriginalMessageSid") or replied_to
    if names & _DELETED:
        return _Read(Kind.DELETED, "", about=about)
    if names & _REACTION or "ReactionEmoji" in form:
        return _Read(Kind.REACTION, _field(form, "ReactionEmoji", _LONGEST_NAME) or text, about=about)
    if names & _EDITED and text:
        return _Read(Kind.TEXT, text, about=about, edited=bool(about))
    return None


def _consent(form: Mapping[str, str], text: str) -> _Read | None:
    """STOP and START: as Twilio has read them (OptOutType), else as words that stand alone."""
    by_twilio = _field(form, "OptOutType").upper()
    words = " ".join(re.sub(r"[^a-z]+", " ", (text or _field(form, "ButtonText")).lower()).split())
    alone = "" if _field(form, "MediaUrl0") or re.search(r"[^\W_a-zA-Z]", text) else words
    if by_twilio == "STOP" or alone in _OPT_OUT:
        return _Read(Kind.OPT_OUT, text)
    if by_twilio == "START" or alone in _OPT_IN:
        return _Read(Kind.OPT_IN, text)
    return None


def _tap(form: Mapping[str, str], text: str, replied_to: str) -> _Read | None:
    """A button or list row.

    The button of an approved template has no id of ours, but its title for a payload: it is read as its words.
    """
    for payload, named in (("ButtonPayload", "ButtonText"), ("ListId", "ListTitle")):
        choice_id, title = _field(form, payload, _LONGEST_NAME), _field(form, named, _LONGEST_NAME) or text
        if choice_id and choice_id != title:
            return _Read(Kind.TAP, title, choice_id=choice_id, about=replied_to)
    return None


def _location(form: Mapping[str, str], text: str) -> _Read | None:
    """A place: its name and address as far as it has them, else where it lies."""
    latitude, longitude = _field(form, "Latitude"), _field(form, "Longitude")
    if not latitude or not longitude:
        return None
    named = [_field(form, name, _LONGEST_FIELD) for name in ("Label", "Address")]
    words = ", ".join(dict.fromkeys(filter(None, named)))
    return _Read(Kind.LOCATION, words or text or f"{latitude}, {longitude}")


def _media(form: Mapping[str, str], text: str) -> _Read | None:
    """Files; the kind is that of the first."""
    attachments = tuple(
        Attachment(url, _field(form, f"MediaContentType{n}").lower(), text if _FILE_NAME.match(text) else "")
        for n in range(_MOST_MEDIA)
        if (url := _field(form, f"MediaUrl{n}", _LONGEST_FIELD))
    )
    if not attachments:
        return None
    kind = _kind(_field(form, "MessageType").lower(), attachments[0].content_type)
    return _Read(kind, text, attachments=attachments)


def _kind(message_type: str, content_type: str) -> Kind:
    """What a file is. WhatsApp's stickers are WebP, its photos JPEG or PNG; a contact comes as a vCard."""
    family, _, form = content_type.partition(";")[0].strip().partition("/")
    if family == "text" and form in ("vcard", "x-vcard", "directory"):
        return Kind.CONTACT
    if message_type in _KIND_OF_TYPE:
        return _KIND_OF_TYPE[message_type]
    if (family, form) == ("image", "webp"):
        return Kind.STICKER
    return {"image": Kind.PHOTO, "audio": Kind.VOICE, "video": Kind.VIDEO}.get(family, Kind.DOCUMENT)


def _words(form: Mapping[str, str], text: str) -> _Read:
    """Plain words, or what Twilio could not pass on."""
    words = text or _field(form, "ButtonText", _LONGEST_NAME)
    if not words or _field(form, "MessageType").lower() in _UNREADABLE:
        return _Read(Kind.OTHER, words)
    return _Read(Kind.TEXT, words)


def _sid_field(form: Mapping[str, str], name: str) -> str:
    value = _field(form, name)
    return value if _SID.match(value) else ""


def _field(form: Mapping[str, str], name: str, longest: int = _LONGEST_FIELD) -> str:
    """A field without control characters, "" when it is not there. What is absurdly long is cut, not refused."""
    value = form.get(name) or ""
    return _CONTROLS.sub("", value[: 4 * longest].replace("\r\n", "\n").replace("\r", "\n")).strip()[:longest]
