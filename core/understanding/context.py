"""What the reader knows about the chat besides the words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from core.domain.invoices import INVOICE_PREFIX
from core.domain.sessions import Question
from core.understanding.index import CatalogueIndex
from core.understanding.outlet_names import OutletNames


@dataclass(frozen=True, slots=True)
class Context:
    """The state of a chat, as far as reading needs it.

    `lines` are the SKUs that an edit may mean: of the draft, or of the order confirmed last. `focus` are those
    touched last, `asked_about` the products of the last question. `basket` is what a repeat would bring (None
    until the history is loaded). `units` are the sell units of lines that were counted in units, `quantities` how many
    sell units each line has, `quoted`
    the message replied to. `outlets` are the names that may be said here; `linked` tells that the
    sender's outlet is known. `invoice_prefix` is what the supplier's invoice numbers begin with.
    """

    index: CatalogueIndex
    now: datetime
    outlets: OutletNames
    linked: bool
    lines: tuple[str, ...] = ()
    focus: tuple[str, ...] = ()
    asked_about: tuple[str, ...] = ()
    questions: tuple[Question, ...] = field(default=())
    basket: tuple[str, ...] | None = None
    quoted: str | None = None
    drafting: bool = False
    units: Mapping[str, str] = field(default_factory=dict)
    quantities: Mapping[str, int] = field(default_factory=dict)
    invoice_prefix: str = INVOICE_PREFIX
