"""Senders as Twilio writes them (`whatsapp:+6591230001`) and as the desk does (`+6591230001`)."""

import re

# Business-scoped user ids are for people who show a user name instead of their number: a country code and an
# opaque part, "US.13491208655302741918", for linked businesses "US.ENT.11815799212886844830" (Meta,
# "Business-scoped user IDs"). They are passed back exactly as they came.
_USER_ID = re.compile(r"[A-Z]{2}(?:\.ENT)?\.[A-Za-z0-9]{1,128}\Z")
_NUMBER = re.compile(r"\+?\d{7,15}\Z")
_SEPARATORS = re.compile(r"[\s().\-]")
_PREFIX = "whatsapp:"


def sender_of(address: str) -> str | None:
    """The desk's name for the sender at one of Twilio's addresses; None when it is not a WhatsApp address.

    A phone number becomes E.164; a user id keeps its prefix, for nothing else says that it is WhatsApp's.
    """
    prefix, _, rest = address.strip().partition(":")
    if prefix.lower() != "whatsapp":
        return None
    if _USER_ID.match(rest):
        return _PREFIX + rest
    number = _SEPARATORS.sub("", rest)
    return "+" + number.removeprefix("+") if _NUMBER.match(number) else None


def address_of(sender: str) -> str | None:
    """Twilio's address of a sender; None when the sender cannot be on WhatsApp."""
    address = sender if sender.startswith(_PREFIX) else _PREFIX + sender
    known = sender_of(address)
    return None if known is None else _PREFIX + known.removeprefix(_PREFIX)
