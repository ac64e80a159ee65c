"""Identities as an outlets file names them: E.164 numbers, `telegram:<id>` and `whatsapp:<id>`."""

import re

import phonenumbers

WHATSAPP_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
TELEGRAM_ID = re.compile(r"[1-9][0-9]{0,18}")


class UnknownIdentity(ValueError):
    """A contact that no channel could ever present; the message says how to write it."""


def read_identity(text: str, country: str) -> str:
    """One contact in the form it is stored and looked up. Raises UnknownIdentity.

    A number may carry spaces and hyphens. One without "+" is taken only when it starts with the calling
    code of `country` (ISO 3166), because a spreadsheet drops the "+" of a number.
    """
    kind, separator, rest = text.partition(":")
    kind, rest = kind.strip().casefold(), rest.strip()
    if not separator:
        return _phone(text.strip(), country)
    if kind == "whatsapp" and rest.startswith("+"):
        return _phone(rest, country)
    if kind == "whatsapp" and WHATSAPP_ID.fullmatch(rest):
        return f"whatsapp:{rest}"
    if kind == "telegram" and TELEGRAM_ID.fullmatch(rest):
        return f"telegram:{rest}"
    if kind == "telegram":
        raise UnknownIdentity("a Telegram contact is telegram: and the user's id in digits (not the @name)")
    raise UnknownIdentity("write +6591230001, telegram:<user id> or whatsapp:<user id>")


def is_assigned(identity: str) -> bool:
    """Whether a phone number lies in a range that is in use; true for what is not a phone number.

    Numbering plans grow faster than any library, so this is worth a warning and no more.
    """
    if not identity.startswith("+"):
        return True
    return phonenumbers.is_valid_number(phonenumbers.parse(identity))


def _phone(text: str, country: str) -> str:
    digits = re.sub(r"[\s().-]", "", text)
    calling_code = str(phonenumbers.country_code_for_region(country))
    if digits.isascii() and digits.isdigit() and digits.startswith(calling_code) and _possible(f"+{digits}"):
        return f"+{digits}"
    if not re.fullmatch(r"\+[0-9]+", digits):
        raise UnknownIdentity(f"write a number with + and country code, such as +{calling_code}…")
    if not _possible(digits):
        raise UnknownIdentity("is not a possible phone number: too short, too long or no such country")
    return digits


def _possible(number: str) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return False
