"""What the commands share: where they print, tables, moments, and running their work."""

import asyncio
from collections.abc import Coroutine
from datetime import datetime
from typing import Any, TypeVar

from rich.console import Console
from rich.table import Table

from core.errors import InvalidInput

out = Console()
err = Console(stderr=True)

Value = TypeVar("Value")


def run(work: Coroutine[Any, Any, Value]) -> Value:
    """Run a command's work; a database that cannot be reached becomes one clear line."""
    from sqlalchemy.exc import InterfaceError, OperationalError, ProgrammingError

    from bot.storage.errors import StorageDown

    try:
        return asyncio.run(work)
    except (OperationalError, InterfaceError, OSError) as error:
        reason = str(error.orig) if hasattr(error, "orig") else str(error)
        raise StorageDown(f"the database cannot be used: {reason}") from None
    except ProgrammingError:
        raise InvalidInput("the database is not up to date: run `resupply migrate`") from None


def table_of(*names: str, title: str | None = None) -> Table:
    """A table that wraps what is too long for its column, and never cuts it off."""
    table = Table(title=title)
    for name in names:
        table.add_column(name, overflow="fold")
    return table


def moment(at: datetime | None) -> str:
    """A moment as lists show it; empty for none."""
    return at.strftime("%d %b %H:%M") if at else ""


def age_of(seconds: float) -> str:
    """A length of time in its largest whole unit."""
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit}"
    return f"{max(int(seconds), 0)} s"
