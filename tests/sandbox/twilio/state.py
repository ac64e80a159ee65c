"""What the stand-in keeps; the parts that answer and report share it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import ClientSession

from tests.sandbox.twilio import forms
from tests.sandbox.twilio.contents import Content
from tests.sandbox.twilio.faults import Faults
from tests.sandbox.twilio.messages import Message
from tests.sandbox.twilio.webhooks import Delivery

API_HOST = "https://api.twilio.com"


@dataclass(frozen=True, slots=True)
class Request:
    """A request that came, whatever became of it. `refused` is the code it was answered with, 0 for none."""

    route: str
    method: str
    path: str
    form: dict[str, str]
    at: datetime
    user_agent: str = ""
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Media:
    """A file that a customer sent. `url` is what the webhook carries, `local_url` the same at this server."""

    sid: str
    message_sid: str
    content_type: str
    data: bytes
    url: str
    local_url: str
    chunked: bool = False


@dataclass(frozen=True, slots=True)
class Doom:
    """What becomes of the messages to one customer."""

    code: int
    status: str
    templates_pass: bool
    at_once: bool


class State:
    """All of it, in memory."""

    def __init__(
        self,
        account_sid: str = forms.ACCOUNT_SID,
        auth_token: str = forms.AUTH_TOKEN,
        sender: str = forms.SENDER,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.account_sid, self.auth_token, self.sender = account_sid, auth_token, sender
        self.senders = {sender}
        self.clock = clock
        self.faults = Faults()
        self.messages: list[Message] = []
        self.inbound: dict[str, Message] = {}
        self.contents: dict[str, Content] = {}
        self.typing: list[str] = []
        self.requests: list[Request] = []
        self.deliveries: list[Delivery] = []
        self.due_reports: list[dict[str, str]] = []
        self.auto_statuses: tuple[str, ...] = ()
        self.url = ""
        self.cdn_url = ""
        self.media_redirect: str | None = None
        self.leaked_credentials = 0
        self._media: dict[str, Media] = {}
        self._doomed: dict[str, Doom] = {}
        self._opted_out: dict[str, int] = {}
        self._targets: list[tuple[str, str]] = []
        self._next_target = 0
        self._tasks: set[asyncio.Task[Any]] = set()
        self._session: ClientSession

    def message(self, sid: str) -> Message | None:
        """A message of either direction, by its SID."""
        return self.inbound.get(sid) or next((message for message in self.messages if message.sid == sid), None)


def address(number: str) -> str:
    """A number, or a whatsapp: address, as Twilio writes it."""
    return number if number.startswith("whatsapp:") else f"whatsapp:{number}"
