"""Indexes over reference data, built once for each snapshot and shared by all chats."""

from core.domain.catalogue import Catalogue
from core.domain.outlets import Directory
from core.understanding.index import CatalogueIndex
from core.understanding.outlet_names import OutletNames


class Indexes:
    """The catalogue and the outlets as the reader sees them. `english` are ordinary words of the language."""

    def __init__(self, english: frozenset[str] = frozenset()) -> None:
        self._english = english
        self._catalogue: tuple[Catalogue, CatalogueIndex] | None = None
        self._directory: Directory | None = None
        self._names: dict[tuple[str, ...], OutletNames] = {}

    def of(self, catalogue: Catalogue) -> CatalogueIndex:
        """The index of a catalogue snapshot."""
        if self._catalogue is None or self._catalogue[0] is not catalogue:
            self._catalogue = (catalogue, CatalogueIndex(catalogue, self._english))
        return self._catalogue[1]

    def names_of(self, directory: Directory, sender: str) -> OutletNames:
        """The outlet names that a sender may mean: their own, or for an unknown sender all of a snapshot."""
        if self._directory is not directory:
            self._directory = directory
            self._names.clear()
        own = tuple(outlet.code for outlet in directory.outlets_of(sender))
        if own not in self._names:
            outlets = directory.outlets_of(sender) or tuple(directory.outlets.values())
            self._names[own] = OutletNames(outlets, own=bool(own))
        return self._names[own]
