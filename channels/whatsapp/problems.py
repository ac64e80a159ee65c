"""What can go wrong with a call to Twilio, and what each error code asks for.

Codes: Twilio, "Error and Warning Dictionary" (docs/api/errors).
"""

import re
from enum import StrEnum

from core.errors import DeliveryFailed, DeliveryRefused, DeskError, Unreachable

_NUMBER = re.compile(r"\+?\d[\d\s().\-]{5,}\d")
_SECRETIVE = re.compile(r"\b(?:AC|SK)[0-9a-fA-F]{32}\b")


class CallProblem(Exception):
    """A call that brought no result. The text names neither account nor recipient."""


class NotSent(CallProblem):
    """The request never reached Twilio."""


class Unsure(CallProblem):
    """Twilio may or may not have done it: a timeout, a dropped connection, an error of the server."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TooMany(CallProblem):
    """Refused for now: too many requests. `retry_after` in seconds where Twilio named it."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Refused(CallProblem):
    """Twilio did not do it. `code` is Twilio's error code, or the HTTP status where it gave none."""

    def __init__(self, status: int, code: int, said: str) -> None:
        super().__init__(f"Twilio {code}: {without_numbers(said)}")
        self.status = status
        self.code = code


class Remedy(StrEnum):
    """What is to be done about an error code, of a refused call or of a status callback alike."""

    TEMPLATE = "template"  # the 24-hour window is closed
    LATER = "later"
    OPTED_OUT = "opted out"
    BLOCKED = "blocked"
    CREDENTIALS = "credentials"
    PERSON = "person"


_REMEDIES = {
    63016: Remedy.TEMPLATE,
    63018: Remedy.LATER,  # rate limit of the channel
    20429: Remedy.LATER,
    429: Remedy.LATER,
    30001: Remedy.LATER,  # queue overflow
    63038: Remedy.LATER,  # daily limit of the account
    21610: Remedy.OPTED_OUT,
    63033: Remedy.OPTED_OUT,
    63014: Remedy.BLOCKED,
    20003: Remedy.CREDENTIALS,
    401: Remedy.CREDENTIALS,
}
# A ContentSid that is not (any more) one of the account's, and content that the channel will not have.
CONTENT_GONE = frozenset({21655, 20404, 92006})
CONTENT_UNFIT = frozenset({21656, 21658, 63013, 63021})


def remedy(code: int | None) -> Remedy:
    """What an error code asks for; a person where nothing else is known."""
    return _REMEDIES.get(code or 0, Remedy.PERSON)


def desk_error(problem: CallProblem) -> DeskError:
    """The desk's error for a message that was not, or perhaps not, sent."""
    if isinstance(problem, TooMany | Unsure):
        return DeliveryFailed(str(problem), problem.retry_after)
    if not isinstance(problem, Refused):
        return DeliveryFailed(str(problem))
    asked = remedy(problem.code)
    if asked in (Remedy.OPTED_OUT, Remedy.BLOCKED):
        return Unreachable(str(problem), asked.value)
    # A changed token is put right by a person within minutes; the replies of those minutes are still wanted.
    if asked in (Remedy.LATER, Remedy.CREDENTIALS):
        return DeliveryFailed(str(problem))
    return DeliveryRefused(str(problem))


def without_numbers(text: str) -> str:
    """An error text of Twilio's, shortened, without phone numbers and account ids."""
    return _NUMBER.sub("***", _SECRETIVE.sub("***", " ".join(text.split())))[:200]
