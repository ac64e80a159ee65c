"""A Twilio of this test's own, and a channel that talks to it with the real SDK."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import pytest

from channels.contract import Outgoing
from channels.whatsapp.client import Account
from channels.whatsapp.sender import WhatsAppChannel
from channels.whatsapp.template import Template
from core.domain.messages import ChatRef, Choice, Reply
from tests.sandbox.sent_log import MemorySentLog
from tests.sandbox.twilio_server import ACCOUNT_SID, AUTH_TOKEN, SENDER, TwilioServer

CUSTOMER = "+6591230001"
CHAT = ChatRef("whatsapp", CUSTOMER)

OpenChannel = Callable[..., WhatsAppChannel]


class HandClock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def now(self) -> datetime:
        """The moment it was set to."""
        return self.at


def message(text: str, *titles: str, key: str = "turn-1:0", chat: ChatRef = CHAT, template: bool = False) -> Outgoing:
    choices = tuple(Choice(f"0a1b2c3d:{n}", title) for n, title in enumerate(titles))
    return Outgoing(chat, Reply(text, choices), key, template=template)


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioServer]:
    async with TwilioServer() as server:
        yield server


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def sent_log(clock: HandClock) -> MemorySentLog:
    log = MemorySentLog(clock.at)
    log.told(CHAT, clock.at - timedelta(minutes=1))
    return log


@pytest.fixture
async def open_channel(twilio: TwilioServer, sent_log: MemorySentLog, clock: HandClock) -> AsyncIterator[OpenChannel]:
    """Opens channels; each is what a process would have, on the same log."""
    opened: list[WhatsAppChannel] = []

    def open_one(
        *, timeout: float = 5.0, token: str = AUTH_TOKEN, url: str | None = None, template: Template | None = None
    ) -> WhatsAppChannel:
        account = Account(ACCOUNT_SID, token, SENDER, url or twilio.url, timeout)
        channel = WhatsAppChannel(
            account, sent_log, clock, public_url="https://desk.example.com/", template=template, supplier="Resupply"
        )
        opened.append(channel)
        return channel

    yield open_one
    for channel in opened:
        await channel.stop()


@pytest.fixture
def channel(open_channel: OpenChannel) -> WhatsAppChannel:
    return open_channel()
