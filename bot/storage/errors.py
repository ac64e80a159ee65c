"""Errors that only storage can raise."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

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


@asynccontextmanager
async def as_storage_down() -> AsyncIterator[None]:
    """Whatever the database fails with becomes StorageDown."""
    try:
        yield
    except (SQLAlchemyError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise StorageDown(type(error).__name__) from error
