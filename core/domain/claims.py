"""Claims: what a customer says was wrong with a delivery, for staff to settle."""

from dataclasses import dataclass

from core.domain.reminders import ClaimKind


@dataclass(frozen=True, slots=True)
class Claim:
    """One item of an order that came short, damaged or wrong. `sku` is "" for all of it; `said` are the words."""

    order: str
    outlet: str
    kind: ClaimKind
    sku: str = ""
    said: str = ""

    @property
    def id(self) -> str:
        """The same report again is the same claim."""
        return f"{self.order}:{self.kind.value}:{self.sku or 'all'}"
