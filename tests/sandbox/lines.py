"""A customer on either messenger, over its real wire: what they send, and what stands on their screen then."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tests.sandbox.model_desk import OpenDesk, settled
from tests.sandbox.sample import PASIR_RIS, Shop
from tests.sandbox.telegram_server import PrivateChat, TelegramServer
from tests.sandbox.twilio_server import ACCOUNT_SID, AUTH_TOKEN, SENDER, TwilioServer, forms

PUBLIC = "https://desk.example"
MEI = 700001
OGG = b"OggS\x00\x04" + bytes(60)
JPEG = b"\xff\xd8\xff\xe0" + bytes(60)


@dataclass(frozen=True)
class Read:
    """A message of the desk's as the customer reads it: its text, and the titles of its buttons."""

    text: str
    titles: tuple[str, ...]


class Line(ABC):
    """A customer's chat with the desk. What they do returns once it is answered: the newest message of the desk's."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.sent = 0

    @property
    @abstractmethod
    def screen(self) -> list[Read]:
        """The desk's messages that stand there now."""

    @abstractmethod
    async def send(self, text: str = "", voice: bytes = b"", photo: bytes = b"", copies: int = 1) -> None:
        """Send something, without waiting for an answer; `text` is a photo's caption. `copies`: so often delivered."""

    @abstractmethod
    async def tap(self, title: str) -> None:
        """Press a button of the newest message that has it, without waiting for an answer."""

    async def says(self, text: str) -> Read:
        """Write."""
        await self.send(text)
        return await self.answer()

    async def speaks(self, voice: bytes = OGG) -> Read:
        """Send a voice note."""
        await self.send(voice=voice)
        return await self.answer()

    async def shows(self, photo: bytes = JPEG, caption: str = "") -> Read:
        """Send a photo."""
        await self.send(caption, photo=photo)
        return await self.answer()

    async def taps(self, title: str) -> Read:
        """Press a button."""
        await self.tap(title)
        return await self.answer()

    async def answer(self) -> Read:
        """The newest message, once everything is answered."""
        await settled(self.shop, self.sent)
        return self.screen[-1]


class TelegramLine(Line):
    """Mei on Telegram."""

    def __init__(self, shop: Shop, telegram: TelegramServer) -> None:
        super().__init__(shop)
        self.telegram = telegram
        self.chat: PrivateChat = telegram.chat(MEI, "Mei")

    @property
    def screen(self) -> list[Read]:
        return [Read(message.text, tuple(message.titles)) for message in self.chat.from_bot]

    async def send(self, text: str = "", voice: bytes = b"", photo: bytes = b"", copies: int = 1) -> None:
        self.sent += 1
        updates = self.telegram.updates
        updates.hold()
        if voice:
            self.chat.sends_voice(voice)
        elif photo:
            self.chat.sends_photo(photo, caption=text)
        else:
            self.chat.says(text)
        updates.release((updates.held or []) * copies)
        await self.telegram.settled()

    async def tap(self, title: str) -> None:
        self.sent += 1
        message = next(m for m in reversed(self.chat.from_bot) if title in m.titles)
        self.chat.taps(message, title)
        await self.telegram.settled()


class WhatsAppLine(Line):
    """The manager of Pasir Ris on WhatsApp."""

    def __init__(self, shop: Shop, twilio: TwilioServer) -> None:
        super().__init__(shop)
        self.twilio = twilio

    @property
    def screen(self) -> list[Read]:
        return [Read(m.body, tuple(choice.title for choice in m.choices)) for m in self.twilio.sent_to(PASIR_RIS)]

    async def send(self, text: str = "", voice: bytes = b"", photo: bytes = b"", copies: int = 1) -> None:
        kind, content, name = ("audio", voice, "audio/ogg") if voice else ("image", photo, "image/jpeg")
        if content:
            file = (name, self.twilio.add_media(content, name).url)
            form = forms.media(PASIR_RIS, file, kind=kind, caption=text)
        else:
            form = forms.text(PASIR_RIS, text)
        await self._post(form, copies)

    async def tap(self, title: str) -> None:
        message, choice = next(
            (m, c)
            for m in reversed(self.twilio.sent_to(PASIR_RIS))
            for c in m.choices
            if title in (c.title, c.description)
        )
        make = forms.tap if len(message.choices) <= 3 else forms.pick
        await self._post(make(PASIR_RIS, choice.id, choice.title, message.sid))

    async def _post(self, form: dict[str, str], copies: int = 1) -> None:
        self.sent += 1
        for _ in range(copies):
            delivery = await self.twilio.send(form)
            assert delivery.ok, delivery
            assert delivery.said == "", "the webhook's own answer would have been sent to the customer"


OpenLine = Callable[..., AbstractAsyncContextManager[Line]]


@asynccontextmanager
async def on_telegram(open_desk: OpenDesk, *args: Any, **more: Any) -> AsyncIterator[Line]:
    """A desk that hears Telegram by long polling; the arguments are `open_desk`'s."""
    async with TelegramServer() as telegram:
        given = {"telegram_api_url": telegram.url, "telegram_bot_token": telegram.token}
        async with open_desk(*args, **more, **given) as shop:
            await shop.store.link(f"telegram:{MEI}", "CPZ-PSR")
            yield TelegramLine(shop, telegram)


@asynccontextmanager
async def on_whatsapp(open_desk: OpenDesk, *args: Any, **more: Any) -> AsyncIterator[Line]:
    """A desk that hears WhatsApp through Twilio's webhooks; the arguments are `open_desk`'s."""
    async with TwilioServer() as twilio:
        given = {
            "public_url": PUBLIC,
            "twilio_api_url": twilio.url,
            "twilio_account_sid": ACCOUNT_SID,
            "twilio_auth_token": AUTH_TOKEN,
            "twilio_whatsapp_from": SENDER,
        }
        async with open_desk(*args, **more, **given) as shop:
            twilio.connect(shop.url, public_url=PUBLIC)
            yield WhatsAppLine(shop, twilio)
        assert not twilio.refusals
        assert twilio.leaked_credentials == 0


MESSENGERS: tuple[OpenLine, ...] = (on_telegram, on_whatsapp)
