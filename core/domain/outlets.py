"""Outlets, the people who order for them, and the invite codes that link the two."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.domain.catalogue import STANDARD


@dataclass(frozen=True, slots=True)
class Outlet:
    """One delivery address with its own terms. `delivery_days` are ISO weekdays, Monday is 1."""

    code: str
    name: str
    address: str = ""
    postal_code: str = ""
    zone: str = ""
    delivery_days: tuple[int, ...] = ()
    payment_terms_days: int = 0
    price_list: str = STANDARD


@dataclass(frozen=True)
class Directory:
    """Who may order for which outlet.

    `contacts` maps an identity (E.164 number, `telegram:<id>`, `whatsapp:<id>`) to outlet codes; an
    identity need not carry a phone number. `invites` maps a usable invite code to its outlet's code.
    """

    outlets: Mapping[str, Outlet] = field(default_factory=dict)
    contacts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    invites: Mapping[str, str] = field(default_factory=dict)

    def outlets_of(self, identity: str) -> tuple[Outlet, ...]:
        """The outlets that this sender is linked to; empty for an unknown sender."""
        return tuple(self.outlets[code] for code in self.contacts.get(identity, ()) if code in self.outlets)
