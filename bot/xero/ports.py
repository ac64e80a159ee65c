"""What the parts of the Xero integration ask of each other."""

from dataclasses import dataclass, field
from typing import Protocol

from core.errors import NotNow

DAY_LIMIT = "the daily limit of calls is reached"
HOW = "`resupply xero connect`"


class NotConnected(NotNow):
    """Xero is not, or no longer, connected: a person has to connect it. What is to be written there waits."""

    code = "xero_not_connected"


@dataclass(frozen=True, slots=True)
class Access:
    """What a call needs. `generation` tells this token from the one after the next refresh."""

    token: str = field(repr=False)
    tenant_id: str
    generation: int


class Connection(Protocol):
    """The connection to one organisation, shared by all processes."""

    async def access(self) -> Access:
        """A token that holds for some minutes. Raises NotConnected, or NotNow while Xero cannot be reached."""
        ...

    async def refused(self, access: Access) -> None:
        """Xero answered 401, or 403, to this token: the next `access` gives another, or raises NotConnected."""
        ...

    async def close(self) -> None:
        """Let go of what it holds open. Doing it again is harmless."""
        ...
