"""Errors of the desk. Each class carries what is to be done about it: its disposition."""

from enum import StrEnum


class Disposition(StrEnum):
    """What the edge does with an error."""

    TELL = "tell the customer"
    RETRY = "retry"
    PAGE = "page someone"


class DeskError(Exception):
    """Base of every expected error. `code` is stable and shown to API callers."""

    disposition = Disposition.PAGE
    code = "internal"


class InvalidInput(DeskError):
    """The caller sent something that cannot be accepted; nothing was changed."""

    disposition = Disposition.TELL
    code = "invalid"


class Busy(DeskError):
    """The chat is being answered elsewhere or the desk is overloaded; trying again later helps."""

    disposition = Disposition.RETRY
    code = "busy"


class LeaseLost(DeskError):
    """Another process took over the chat; this turn's commit was refused and wrote nothing."""

    disposition = Disposition.RETRY
    code = "lease_lost"


class AlreadyOrdered(DeskError):
    """The draft has become an order already; the commit was refused and wrote nothing."""

    disposition = Disposition.RETRY
    code = "already_ordered"


class DeliveryFailed(DeskError):
    """A send that may be tried again. `retry_after` in seconds where the provider named it."""

    disposition = Disposition.RETRY
    code = "delivery_failed"

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class DeliveryRefused(DeskError):
    """A send that will never work (blocked, unknown address, malformed): park it for a person."""

    disposition = Disposition.PAGE
    code = "delivery_refused"
