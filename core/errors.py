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


class NotNow(DeliveryFailed):
    """A job that cannot be done at present through no fault of its own: a limit is reached, a connection is lost.

    It waits `retry_after` seconds and is not counted as tried.
    """

    code = "not_now"


class AccountingAway(DeskError):
    """The books cannot be asked now; trying again later helps."""

    disposition = Disposition.RETRY
    code = "accounting_away"


class DeliveryRefused(DeskError):
    """A send that will never work (blocked, unknown address, malformed): park it for a person."""

    disposition = Disposition.PAGE
    code = "delivery_refused"


class Unreachable(DeliveryRefused):
    """The customer has blocked the desk or opted out: nothing more is sent until they write again.

    `reason` is "blocked" or "opted out"; the chat is marked with it and the send is dropped, not parked.
    """

    code = "unreachable"

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class NotSaid(Unreachable):
    """A reminder that is not said in this chat (any more); the send is dropped. Says nothing of the customer."""

    code = "not_said"

    def __init__(self, reason: str) -> None:
        super().__init__(f"not said here: {reason}", reason)


class MediaProblem(DeskError):
    """A file of a customer's that cannot be had. `again` is True where trying later may help."""

    disposition = Disposition.TELL
    code = "media_problem"

    def __init__(self, message: str, *, again: bool = False) -> None:
        super().__init__(message)
        self.again = again


class MediaTooLarge(MediaProblem):
    """The file is larger than the desk takes."""

    code = "media_too_large"


class ModelUnavailable(DeskError):
    """The model gave nothing that can be used; the desk goes on without it. `reason` is a short fixed word."""

    disposition = Disposition.RETRY
    code = "model_unavailable"

    def __init__(self, reason: str, message: str = "") -> None:
        super().__init__(message or reason)
        self.reason = reason
