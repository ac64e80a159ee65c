"""Who a sender is: one written form for the many ways to write a phone number."""

import re
from functools import lru_cache

from phonenumbers import NumberParseException, PhoneNumberFormat, format_number, is_possible_number, parse

_PHONE = re.compile(r"^\+[\d\s().\-]{6,30}$")


@lru_cache(maxsize=10_000)
def normalise(identity: str) -> str:
    """E.164 for an international phone number ("+65 9123 0001" -> "+6591230001"); anything else unchanged.

    A number without "+" is left alone: it could as well be somebody's account number.
    """
    text = identity.strip()
    if not _PHONE.match(text):
        return text
    try:
        number = parse(text, None)
    except NumberParseException:
        return text
    return str(format_number(number, PhoneNumberFormat.E164)) if is_possible_number(number) else text


def masked(text: str) -> str:
    """The text with every phone number reduced to its country code's start and last two digits."""
    return _NUMBER.sub(lambda found: f"{found[1]}***{found[2]}", text)


def masked_sender(sender: str) -> str:
    """Who a sender is, without saying it: their phone number masked, of another id its two ends."""
    hidden = masked(sender)
    if hidden != sender:
        return hidden
    return f"{sender[:4]}***{sender[-2:]}" if len(sender) > 8 else f"{sender[:2]}***"


_NUMBER = re.compile(r"(\+\d{2})[\d\s().\-]{3,15}(\d\d)\b")
