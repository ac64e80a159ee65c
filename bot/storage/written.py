"""Which messages of a chat's log a customer wrote, and which came in by themselves."""

from sqlalchemy import ColumnElement, and_, not_

from bot.storage.tables import messages
from core.domain.reminders import PROVIDER_ID


def is_reminder() -> ColumnElement[bool]:
    """An inbound message that is a moment to speak at: nobody sent it."""
    return and_(messages.c.direction == "in", messages.c.provider_id.startswith(PROVIDER_ID))


def by_customer() -> ColumnElement[bool]:
    """An inbound message that the customer sent."""
    return and_(messages.c.direction == "in", not_(messages.c.provider_id.startswith(PROVIDER_ID)))
