"""Errors that only storage can raise."""

from core.errors import AlreadyOrdered, DeskError, Disposition


class StorageDown(DeskError):
    """The database cannot be reached, or the connection broke; whether a write stands is not known."""

    disposition = Disposition.RETRY
    code = "storage_down"


class OrderChanged(AlreadyOrdered):
    """The order was changed by someone else since the turn read it; the commit wrote nothing."""

    code = "order_changed"


class InviteSpent(DeskError):
    """The invite code was used up, revoked or expired since the turn read it; nothing was written."""

    disposition = Disposition.RETRY
    code = "invite_spent"
