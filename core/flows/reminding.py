"""What the desk says by itself. Whether there is still a reason to is decided here, from rows, when it is said."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from core import wording
from core.domain.commands import Repeat, RepeatOf
from core.domain.invoices import Receivable, Statement
from core.domain.messages import Choice, Intent, Reply
from core.domain.orders import Order, OrderStatus
from core.domain.outlets import Outlet
from core.domain.reminders import Occasion, ReminderKind, Unsaid, wanted
from core.domain.sessions import Spoken
from core.flows import lasting
from core.flows.claims import problem_choices
from core.flows.closing import finish, offer_days
from core.flows.ordering import basket, still_open
from core.flows.outlets import own_outlets
from core.flows.revising import show_as_it_stands
from core.flows.scene import Scene

DISCARD = "clear"
_MOST_ROWS = 3
_MOST_NAMED = 4
_ASKED_WITHIN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Moment:
    """An occasion with what is known of it now. `orders` are the outlet's, newest first.

    `alone`: the customer has written nothing in this turn.
    """

    occasion: Occasion
    outlet: Outlet
    orders: Sequence[Order]
    choices: Mapping[str, bool]
    alone: bool

    @property
    def for_day(self) -> list[Order]:
        """The confirmed orders for its day, the first placed first."""
        placed = [o for o in self.orders if o.status is OrderStatus.CONFIRMED]
        return [o for o in reversed(placed) if o.delivery_date == self.occasion.day]


def remind(scene: Scene, moment: Moment) -> None:
    """Say what the moment is for, or nothing where there is no reason left.

    No draft, question or memory of what the customer wrote changes.
    """
    kind = moment.occasion.kind
    if kind.value not in scene.rules.reminders or not wanted(kind, moment.choices):
        return
    if scene.session.handoff is not None or scene.session.opted_out:
        scene.unsaid[moment.occasion.key] = Unsaid.ELSEWHERE
        return
    _SAY[kind](scene, moment)


# -- deliveries ------------------------------------------------------------------------------------------


def _delivery(scene: Scene, moment: Moment) -> None:
    """What comes tomorrow, or today."""
    day, today = moment.occasion.day, scene.now.date()
    ahead = timedelta(days=moment.occasion.kind is ReminderKind.DELIVERY_TOMORROW)
    orders = moment.for_day
    if day - today != ahead or not orders:
        return
    rows = [wording.delivery_rows(order, _MOST_ROWS) for order in orders]
    changeable = [o for o in orders if still_open(scene, o, moment.outlet)]
    closes = scene.reference.calendar.closes_at(day, moment.outlet) if changeable else None
    text = wording.delivery_reminder(day, today, rows, _named(scene, moment.outlet), closes)
    several = len(orders) > 1
    choices = [Choice(lasting.see(n), wording.see_order(n if several else "")) for n in _numbers(orders[:_MOST_ROWS])]
    choices += [
        Choice(lasting.change(n), wording.change_order(n if several else "")) for n in _numbers(changeable[:_MOST_ROWS])
    ]
    _say(scene, moment, Intent.DELIVERY, text, [*choices, Choice(lasting.AGENT, wording.GET_PERSON)])


def _received(scene: Scene, moment: Moment) -> None:
    """Whether a delivery arrived all right."""
    ago = scene.now.date() - moment.occasion.day
    orders = moment.for_day
    reported = {claim.split(":")[0] for claim in scene.session.reported}
    if not orders or not timedelta() <= ago <= _ASKED_WITHIN or reported & set(_numbers(orders)):
        return
    numbers = _numbers(orders)
    text = wording.received_question(numbers, moment.occasion.day, scene.now.date(), _named(scene, moment.outlet))
    fine = lasting.received(numbers[0], None)
    choices = [Choice(fine, wording.ALL_GOOD), *problem_choices(numbers[0]), _off(moment)]
    _say(scene, moment, Intent.DELIVERY, text, choices, yes=fine, no=lasting.not_received(numbers[0]))


# -- orders that are not there yet -----------------------------------------------------------------------


def _cut_off(scene: Scene, moment: Moment) -> None:
    """Orders for a day close soon and there is none of this outlet's."""
    day, outlet = moment.occasion.day, moment.outlet
    calendar = scene.reference.calendar
    if moment.for_day or calendar.problem_with(day, outlet, scene.now) is not None:
        return
    closes = calendar.closes_at(day, outlet)
    closing = wording.closing_soon(day, closes, scene.now.date(), _named(scene, outlet))
    if _has_draft(scene, outlet):
        if scene.draft.delivery_date in (None, day) and scene.draft.amends is None:
            _show_draft(scene, moment, f"{closing} {wording.DRAFT_WAITS}")
        return
    lines = [line for line in basket(moment.orders, Repeat(RepeatOf.USUAL)) if _sold(scene, line.sku)]
    off = [Choice(lasting.not_this_time(day), wording.NOT_THIS_TIME), _off(moment)]
    if not lines or scene.draft.lines:
        _say(scene, moment, Intent.ORDER, closing, off)
        return
    usual = lasting.usual(outlet.code, day)
    text = f"{closing}\n{wording.usual_basket([scene.item(line.sku, line.quantity) for line in lines], _MOST_NAMED)}"
    choices = [Choice(usual, wording.ORDER_USUAL), *off]
    _say(scene, moment, Intent.REORDER, text, choices, yes=usual, no=lasting.not_this_time(day))


def _draft(scene: Scene, moment: Moment) -> None:
    """An order that was put together and never placed."""
    touched = scene.session.last_at
    since = touched is not None and touched.astimezone(scene.now.tzinfo).date() > moment.occasion.day
    if _has_draft(scene, moment.outlet) and not since:
        _show_draft(scene, moment, wording.draft_waits(_named(scene, moment.outlet)))


def _has_draft(scene: Scene, outlet: Outlet) -> bool:
    return bool(scene.draft.lines) and scene.session.outlet == outlet.code and not scene.session.claimed


def _show_draft(scene: Scene, moment: Moment, opening: str) -> None:
    """The draft with its buttons, as at any review; not while the customer is writing."""
    if not moment.alone or scene.spoke:
        return
    scene.about(Intent.ORDER)
    scene.spoke = True
    scene.reminds = moment.occasion
    scene.session.spoken = None
    scene.said.append(opening)
    day, calendar = scene.draft.delivery_date, scene.reference.calendar
    problem = calendar.problem_with(day, moment.outlet, scene.now) if day else None
    if day and problem and not scene.session.questions:
        closes = calendar.closes_at(day, moment.outlet) if problem == "cut_off" else None
        scene.said.append(wording.draft(scene.priced(scene.draft), scene.draft.amends))
        scene.closing.append(wording.not_that_day(day, problem, calendar.holidays.get(day), closes))
        offer_days(scene)
    else:
        show_as_it_stands(scene)
        finish(scene)
    if not scene.session.questions:
        scene.choices += [Choice(DISCARD, wording.DISCARD), _off(moment)]


# -- money -----------------------------------------------------------------------------------------------


def _overdue(scene: Scene, moment: Moment) -> None:
    """What is late, as the books say now: what they said once may be paid since, and nobody asked."""
    statement = scene.statements.get(moment.outlet.code)
    if moment.occasion.day != scene.now.date():
        return
    if statement is None or not statement.current:
        scene.unsaid[moment.occasion.key] = Unsaid.LATER
        return
    if statement.overdue <= 0:
        return
    late = _late(statement, scene)
    rows = [wording.overdue_row(r.number, r.amount_due, r.currency, r.due_on) for r in late[:_MOST_ROWS]]
    more = len(late) - len(rows)
    text = wording.overdue_reminder(moment.outlet.name, statement.overdue, statement.currency, rows, more)
    _say(scene, moment, Intent.ACCOUNT, text, [Choice(lasting.AGENT, wording.GET_PERSON), _off(moment)])


def _late(statement: Statement, scene: Scene) -> list[Receivable]:
    """The invoices that are late, the longest first."""
    late = [r for r in statement.receivables if r.amount_due > 0 and r.due_on < scene.now.date()]
    return sorted(late, key=lambda r: r.due_on)


# -- saying it -------------------------------------------------------------------------------------------


def _say(
    scene: Scene, moment: Moment, about: Intent, text: str, choices: Sequence[Choice], *, yes: str = "", no: str = ""
) -> None:
    """One message of its own, behind whatever else this turn says."""
    scene.about(about)
    scene.spoke = True
    scene.reminders.append(Reply(text, tuple(choices), reminds=moment.occasion))
    scene.session.spoken = Spoken(tuple((c.title, c.id) for c in choices), yes, no)


def _off(moment: Moment) -> Choice:
    return Choice(lasting.reminders(moment.outlet.code, moment.occasion.kind, on=False), wording.NO_SUCH_REMINDERS)


def _named(scene: Scene, outlet: Outlet) -> str:
    """The outlet's name where the chat has more than one."""
    return outlet.name if len(own_outlets(scene)) > 1 else ""


def _numbers(orders: Sequence[Order]) -> list[str]:
    return [order.number or "" for order in orders]


def _sold(scene: Scene, sku: str) -> bool:
    return sku in scene.catalogue.products and scene.product(sku).active


_SAY: dict[ReminderKind, Callable[[Scene, Moment], None]] = {
    ReminderKind.DELIVERY_TOMORROW: _delivery,
    ReminderKind.DELIVERY_TODAY: _delivery,
    ReminderKind.CUT_OFF: _cut_off,
    ReminderKind.DRAFT: _draft,
    ReminderKind.RECEIVED: _received,
    ReminderKind.OVERDUE: _overdue,
}
