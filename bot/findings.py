"""What `resupply doctor` finds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `advice` says what to do where it is not well."""

    name: str
    well: bool
    state: str
    advice: str = ""
