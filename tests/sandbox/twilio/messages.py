"""The Message resource: what may be created, how it is shown, and how a list of them is filtered.

Written from https://www.twilio.com/docs/messaging/api/message-resource and the pages of the error codes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

from tests.sandbox.twilio.contents import Choice
from tests.sandbox.twilio.refusals import Refused, invalid

CREATE = frozenset(
    """To From Body MediaUrl ContentSid ContentVariables MessagingServiceSid StatusCallback ApplicationSid MaxPrice
    ProvideFeedback Attempt ValidityPeriod ForceDelivery ContentRetention AddressRetention SmartEncoded
    PersistentAction TrafficType ShortenUrls ScheduleType SendAt SendAsMms RiskCheck FallbackFrom""".split()
)
LIST = frozenset({"To", "From", "DateSent", "DateSent<", "DateSent>", "PageSize", "Page", "PageToken"})
UPDATE = frozenset({"Body", "Status"})
STATUSES = frozenset(
    """queued sending sent failed delivered undelivered receiving received accepted scheduled read
    partially_delivered canceled""".split()
)
SID = re.compile(r"(SM|MM)[0-9a-fA-F]{32}")
NUMBER = re.compile(r"whatsapp:\+[1-9]\d{6,14}")
# Business-scoped user ids: a country and letters or digits, with ENT. for a parent business.
USER_ID = re.compile(r"whatsapp:[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")
BODY_LIMIT = 1600
WHATSAPP_FILES = frozenset({"application/pdf", "image/jpeg", "image/png", "audio/ogg", "video/mp4"})
VERSION = "2010-04-01"


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file as Twilio got it from its MediaUrl. `name` is what Content-Disposition says."""

    status: int
    content_type: str
    name: str
    data: bytes

    @property
    def sendable(self) -> bool:
        """Whether WhatsApp takes it (Twilio, "WhatsApp media": PDF among others, up to 16 MB)."""
        return self.status == 200 and self.content_type in WHATSAPP_FILES and 0 < len(self.data) <= 16_000_000


@dataclass(slots=True)
class Message:
    """A message that Twilio has. `body` and `choices` are what its recipient reads."""

    sid: str
    to: str
    from_: str
    body: str
    at: datetime
    choices: list[Choice] = field(default_factory=list)
    content_sid: str | None = None
    content_variables: str | None = None
    template: bool = False
    status_callback: str | None = None
    media: list[str] = field(default_factory=list)
    files: list[Fetched] = field(default_factory=list)
    status: str = "queued"
    error_code: int | None = None
    direction: str = "outbound-api"
    account_sid: str = ""

    @property
    def sent(self) -> bool:
        """Whether it has left the queue; until then it has no `date_sent`."""
        return self.status not in ("accepted", "queued", "scheduled")

    def shown(self, *, new: bool = False) -> dict[str, Any]:
        """The resource as JSON. A message that was just created has not been sent yet."""
        uri = f"/{VERSION}/Accounts/{self.account_sid}/Messages/{self.sid}"
        at = rfc2822(self.at)
        return {
            "account_sid": self.account_sid,
            "api_version": VERSION,
            "body": self.body,
            "date_created": at,
            "date_sent": None if new or not self.sent else at,
            "date_updated": at,
            "direction": self.direction,
            "error_code": self.error_code,
            "error_message": None if self.error_code is None else f"Error {self.error_code}",
            "from": self.from_,
            "messaging_service_sid": None,
            "num_media": str(len(self.media)),
            "num_segments": "1",
            "price": None,
            "price_unit": None,
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": self.to,
            "uri": f"{uri}.json",
        }


def rfc2822(at: datetime) -> str:
    """A time as the 2010 API writes it: whole seconds, GMT."""
    return format_datetime(at.astimezone(UTC))


def only_known(given: Mapping[str, Any], known: frozenset[str]) -> None:
    """Refuse a parameter that Twilio's contract does not list. The real one ignores it: a typing error would hide."""
    if unknown := set(given) - known:
        raise invalid(f"Unknown parameters: {sorted(unknown)}")


def check_addresses(to: str | None, from_: str | None, service: str | None, senders: set[str]) -> None:
    """The pair of addresses. Raises Refused."""
    if not to:
        raise invalid("A 'To' phone number is required.", 21604)
    if not from_ and not service:
        raise invalid("A 'From' or 'MessagingServiceSid' parameter is required to send a message", 21603)
    if not NUMBER.fullmatch(to) and not USER_ID.fullmatch(to):
        if to.startswith("whatsapp:") or not re.fullmatch(r"\+[1-9]\d{6,14}", to):
            raise invalid("Invalid 'To' Phone Number", 21211)
        raise invalid("Invalid From and To pair. From and To should be of the same channel", 21910)
    if service is not None:
        raise invalid("This stand-in has no messaging service", 21701)
    assert from_ is not None
    if not from_.startswith("whatsapp:"):
        raise invalid("Invalid From and To pair. From and To should be of the same channel", 21910)
    if from_ not in senders:
        raise invalid("Twilio could not find a Channel with the specified From address", 63007)


def check_rest(form: Mapping[str, str], media: list[str]) -> None:
    """What does not need to know the contents. Raises Refused."""
    body, content = form.get("Body"), form.get("ContentSid")
    if not (body and body.strip()) and not content and not media:
        raise invalid("A Message Body, Media URL or Content SID is required", 21619)
    if body and len(body) > BODY_LIMIT:
        raise invalid("The concatenated message body exceeds the 1600 character limit", 21617)
    if content and (body or media):
        # "Remove Body and MediaUrl when you send a content template" (error 63016's page)
        raise invalid("Body and MediaUrl do not go with ContentSid")
    if "ContentVariables" in form and not content:
        raise invalid("ContentSid Required", 21654)
    if len(media) > 1:
        raise invalid("WhatsApp carries one media file a message", 63021)
    if any(urlsplit(url).scheme not in ("http", "https") for url in media):
        raise invalid("Invalid media URL(s)", 21620)
    _check_callback(form.get("StatusCallback"))
    for name in ("ScheduleType", "SendAt", "PersistentAction"):
        if name in form:
            raise invalid(f"{name}: not in this stand-in")


def _check_callback(url: str | None) -> None:
    if url is None:
        return
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "_" in parts.hostname:
        raise invalid("Invalid StatusCallback", 21609)


def selected(messages: list[Message], query: Mapping[str, str]) -> list[Message]:
    """The messages a list request asks for, newest first."""
    found = [
        message
        for message in messages
        if query.get("To") in (None, message.to)
        and query.get("From") in (None, message.from_)
        and _in_time(message, query)
    ]
    return found[::-1]


def _in_time(message: Message, query: Mapping[str, str]) -> bool:
    at = message.at.replace(microsecond=0)
    if not message.sent:
        return not any(name.startswith("DateSent") for name in query)
    if text := query.get("DateSent"):
        first, end = _span(text)
        if not first <= at < end:
            return False
    if (text := query.get("DateSent>")) and at < _span(text)[0]:
        return False
    return not (text := query.get("DateSent<")) or at < _span(text)[1]


def _span(text: str) -> tuple[datetime, datetime]:
    """A day, or a second, as [first, end). The SDK writes a date as 2026-11-23T00:00:00Z."""
    text = text.removesuffix("T00:00:00Z")
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            day = datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
            return day, day + timedelta(days=1)
        at = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(f"DateSent: {text} is not a date") from None
    at = at.replace(tzinfo=at.tzinfo or UTC)
    return at, at + timedelta(seconds=1)


def page_of(query: Mapping[str, str], name: str = "PageSize") -> tuple[int, int]:
    """(size, number) of the page asked for."""
    size, page = query.get(name, "50"), query.get("Page", "0")
    if not size.isdecimal() or not page.isdecimal() or not 1 <= int(size) <= 1000:
        raise Refused(400, 20001, "Page size must be between 1 and 1000")
    return int(size), int(page)
