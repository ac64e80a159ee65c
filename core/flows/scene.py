"""What the flows of one turn work on, and what they leave behind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from core import wording
from core.domain.catalogue import STANDARD, Catalogue, Product
from core.domain.claims import Claim
from core.domain.commands import Attached
from core.domain.invoices import INVOICE_PREFIX, Statement
from core.domain.messages import Choice, Intent, Reply, Usage
from core.domain.orders import Draft, DraftLine, Order, OrderLine, OrderStatus
from core.domain.outlets import Outlet
from core.domain.reminders import Occasion, ReminderChoice, ReminderKind, Unsaid
from core.domain.sessions import Session, new_id
from core.ports import Finding, Job, Reference


@dataclass(frozen=True, slots=True)
class DeskRules:
    """The supplier's own rules. `tax_rate` is a fraction.

    On `name_claim_channels` an unknown sender may name their outlet. Without a `staff_room` nobody is told of
    what nobody has to act on. `reminders` are the kinds that the desk sends. `invoice_prefix` is what the numbers of
    its invoices begin with.
    """

    tax_rate: Decimal
    currency: str = "SGD"
    supplier: str = ""
    name_claim_channels: frozenset[str] = frozenset({"api", "web", "terminal"})
    staff_room: bool = True
    reminders: frozenset[str] = frozenset(kind.value for kind in ReminderKind)
    invoice_prefix: str = INVOICE_PREFIX


@dataclass(frozen=True, slots=True)
class StaffNote:
    """Something to tell the supplier's people; without a `text` they get the customer's words of this turn."""

    about: str
    text: str = ""
    order: str | None = None
    reason: str = ""


@dataclass(slots=True)
class Scene:
    """One turn: the session to change, the data to decide by, and the results.

    `said` are the sentences about what happened, in order; `order` is what the turn leaves behind when that
    is not the draft; `intents` are what the turn was about, most telling first. `opening` stands before all that
    is said, `card` is the part that shows the draft. `restating`: an open question is shown again, not put anew;
    `ends`: nothing comes after what is said. `emptied_by_edit`: an edit may have taken all lines out.
    `findings`: what the documents say, by question; `usage`: what the model cost. `own_orders` are those of every
    outlet that the sender is linked to, where a command needs them. `reminders` are what the desk says by itself,
    `reminds` is set where the turn's own message is that; `spoke` tells that it did, `unsaid` (by occasion) that it may
    be said yet. `chosen`: what outlets want to be reminded of, where a command asks for it. `statements`: what the
    books say, by outlet, None where they could not be asked; `files`: invoices to send as files, each as (order number,
    name). `asked_of`: another of the sender's outlets, which only the questions about the account are of.
    """

    session: Session
    reference: Reference
    rules: DeskRules
    now: datetime
    sender: str
    channel: str
    history: Sequence[Order] = ()
    own_orders: Sequence[Order] = ()
    next_number: str | None = None
    opening: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    closing: list[str] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    touched: list[str] = field(default_factory=list)
    intents: list[Intent] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    notes: list[StaffNote] = field(default_factory=list)
    attached: list[Attached] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    reminder_choices: list[ReminderChoice] = field(default_factory=list)
    reminders: list[Reply] = field(default_factory=list)
    reminds: Occasion | None = None
    spoke: bool = False
    unsaid: dict[str, Unsaid] = field(default_factory=dict)
    chosen: dict[str, Mapping[str, bool]] = field(default_factory=dict)
    links: list[tuple[str, str]] = field(default_factory=list)
    invites_used: list[str] = field(default_factory=list)
    order: Order | None = None
    show: bool = False
    review: bool = False
    lines_changed: bool = False
    refused: bool = False
    silent: bool = False
    offers_person: bool = False
    person_button: bool = False
    welcomes: bool = False
    restating: bool = False
    ends: bool = False
    had_lines: bool = False
    emptied_by_edit: bool = False
    card: str = ""
    findings: dict[str, Finding] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    statements: dict[str, Statement | None] = field(default_factory=dict)
    files: list[tuple[str, str]] = field(default_factory=list)
    asked_of: str | None = None
    _priced: tuple[tuple[Draft, str | None, str], Order] | None = None

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue as of this turn."""
        return self.reference.catalogue

    @property
    def outlet(self) -> Outlet | None:
        """The outlet that the chat orders for."""
        code = self.session.outlet
        return self.reference.directory.outlets.get(code) if code else None

    @property
    def draft(self) -> Draft:
        """The draft as it stands."""
        return self.session.draft

    @draft.setter
    def draft(self, draft: Draft) -> None:
        self.session.draft = draft if draft.id or not draft.lines else replace(draft, id=new_id())

    def product(self, sku: str) -> Product:
        """A product by SKU."""
        return self.catalogue.products[sku]

    @property
    def price_list(self) -> str:
        """The price list that applies; one who only named an outlet sees catalogue prices.

        While one with several outlets has not said which, it is the list that they all have.
        """
        if self.outlet:
            return STANDARD if self.session.claimed else self.outlet.price_list
        own = {outlet.price_list for outlet in self.reference.directory.outlets_of(self.sender)}
        return own.pop() if len(own) == 1 else STANDARD

    def price(self, sku: str) -> Decimal:
        """Price of one sell unit for this chat."""
        return self.catalogue.price_of(sku, self.price_list)

    def money(self, amount: Decimal) -> str:
        """An amount in the supplier's currency."""
        return wording.money(amount, self.rules.currency)

    def line(self, sku: str, quantity: int) -> OrderLine:
        """A priced line."""
        product = self.product(sku)
        return OrderLine(sku, product.name, quantity, product.unit, product.pieces_per_unit, self.price(sku))

    def item(self, sku: str, quantity: int) -> str:
        """`2 bundles Pizza Box 12in (100 pcs)`."""
        return wording.item(self.line(sku, quantity))

    def priced(self, draft: Draft) -> Order:
        """The draft with prices, tax and total; priced once while it stays as it is."""
        if self._priced is None or self._priced[0] != (draft, self.session.outlet, self.price_list):
            self._priced = ((draft, self.session.outlet, self.price_list), self._price(draft))
        return self._priced[1]

    def _price(self, draft: Draft) -> Order:
        return Order(
            OrderStatus.DRAFT,
            self.session.outlet,
            tuple(self.line(line.sku, line.quantity) for line in draft.lines),
            self.rules.currency,
            self.rules.tax_rate,
            draft.amends,
            draft.id,
            draft.delivery_date,
            draft.delivery_window,
            draft.notes,
        )

    def about(self, intent: Intent) -> None:
        """Note what the turn is about."""
        self.intents.append(intent)

    def set_line(self, sku: str, quantity: int, *, in_pieces: bool = False, instead_of: str | None = None) -> None:
        """Put a line on the draft or change it; zero takes it out. `instead_of` gives its place to the new one."""
        lines = [line for line in self.draft.lines if line.sku != instead_of or instead_of == sku]
        line = DraftLine(sku, quantity, in_pieces)
        known = next((n for n, old in enumerate(lines) if old.sku == sku), None)
        if known is not None:
            lines[known : known + 1] = [line] if quantity > 0 else []
        elif quantity > 0:
            place = next((n for n, old in enumerate(self.draft.lines) if old.sku == instead_of), len(lines))
            lines.insert(place, line)
        self.draft = replace(self.draft, lines=tuple(lines))
        self.lines_changed = True
        self.touched.append(sku)
