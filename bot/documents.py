"""Invoices as files: fetched from the books when they are sent, and behind addresses that hold for a day.

An address is a sealed token: what it stands for cannot be read from it, and nobody else can make one.
"""

import base64
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr

from bot.settings import Settings
from channels.contract import File
from core.errors import AccountingAway, DeliveryFailed
from core.ports import Accounting, Clock

PATH = "/documents/"
HOLDS = timedelta(days=1)
_PURPOSE = b"resupply: addresses of documents"
_LONGEST_TOKEN = 1_000


class DocumentAway(DeliveryFailed):
    """An invoice cannot be fetched now; nothing of it has been sent."""

    code = "document_away"


class NoDocument(Exception):
    """A token that was not made here. `expired`: it was, and is too old."""

    def __init__(self, *, expired: bool = False) -> None:
        super().__init__("the address is too old" if expired else "there is no such document")
        self.expired = expired


@dataclass(frozen=True, slots=True)
class Named:
    """What an address stands for: the invoice of an order, under a file name."""

    order: str
    name: str


class Addresses:
    """Makes and reads addresses. `public_url` is where the desk is reached from outside."""

    def __init__(self, secret: SecretStr | None, public_url: str | None, clock: Clock) -> None:
        """Of a secret of several keys, split by commas, the first makes addresses and each reads them.

        Without a secret the addresses hold in this process only.
        """
        given = secret.get_secret_value().split(",") if secret is not None else [secrets.token_hex(32)]
        self._seal = MultiFernet([_sealing(key.strip()) for key in given if key.strip()])
        self._public_url = public_url.rstrip("/") if public_url else ""
        self._clock = clock

    def path(self, order: str, name: str) -> str:
        """`/documents/<token>`, for who reaches this server anyway."""
        told = f"{order}\n{name}".encode()
        return PATH + self._seal.encrypt_at_time(told, self._now()).decode()

    def url(self, order: str, name: str) -> str:
        """The address for anybody, "" where the desk is not reached from outside."""
        return self._public_url + self.path(order, name) if self._public_url else ""

    def read(self, token: str) -> Named:
        """What a token stands for. Raises NoDocument."""
        try:
            if len(token) > _LONGEST_TOKEN or not token.isascii():
                raise InvalidToken
            order, name = self._seal.decrypt(token.encode()).decode().split("\n")
            made_at = self._seal.extract_timestamp(token.encode())
        except InvalidToken:
            raise NoDocument from None
        if self._clock.now() - datetime.fromtimestamp(made_at, UTC) > HOLDS:
            raise NoDocument(expired=True)
        return Named(order, name)

    def _now(self) -> int:
        return int(self._clock.now().timestamp())


class Documents:
    """Fetches what is to be sent."""

    def __init__(self, books: Accounting, addresses: Addresses) -> None:
        self._books = books
        self._addresses = addresses

    async def file(self, order: str, name: str) -> File:
        """An order's invoice. Raises DocumentAway while it cannot be had."""
        try:
            content = await self._books.document(order)
        except AccountingAway as error:
            raise DocumentAway(f"the invoice cannot be fetched: {error}") from error
        if content is None:
            raise DocumentAway(f"order {order} has no invoice (yet)")
        return File(name, content, self._addresses.url(order, name))


def _sealing(key: str) -> Fernet:
    derived = HKDF(SHA256(), length=32, salt=None, info=_PURPOSE).derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))


def open_addresses(settings: Settings, clock: Clock) -> Addresses:
    """Addresses under the desk's own secret, else under one that every process of this desk has."""
    known = (settings.secret_key, settings.twilio_auth_token, settings.telegram_bot_token, settings.api_key)
    secret = next((each for each in known if each is not None), None)
    return Addresses(secret, settings.public_url, clock)
