"""A supplier's files (DESIGN 8) into the desk: read whole, checked row by row, replaced all or nothing."""

from bot.importing.files import ImportKind, ImportSummary, ReferenceWriter, contacts_of, import_file
from bot.importing.problems import Findings, ImportProblems, RowProblem
from bot.importing.readers import (
    HistoryRow,
    OutletRow,
    PriceRow,
    read_catalogue,
    read_history,
    read_outlets,
    read_prices,
    read_zones,
)

__all__ = [
    "Findings",
    "HistoryRow",
    "ImportKind",
    "ImportProblems",
    "ImportSummary",
    "OutletRow",
    "PriceRow",
    "ReferenceWriter",
    "RowProblem",
    "contacts_of",
    "import_file",
    "read_catalogue",
    "read_history",
    "read_outlets",
    "read_prices",
    "read_zones",
]
