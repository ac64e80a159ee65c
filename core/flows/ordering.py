"""Placing, changing and cancelling orders, and repeating earlier ones."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from core import wording
from core.domain.commands import Cancel, Pick, Repeat, RepeatOf, Status
from core.domain.messages import Choice, Intent
from core.domain.orders import Draft, DraftLine, Order, OrderStatus
from core.domain.outlets import Outlet
from core.domain.sessions import Option, QuestionKind, new_id
from core.flows.asking import ask, question_by_id, settle
from core.flows.delivery import choose
from core.flows.outlets import ask_outlet_first
from core.flows.scene import Scene, StaffNote
from core.ports import Job

CONFIRM = "confirm"
# A mark for the supplier's staff on orders of senders whose outlet is not proved.
UNVERIFIED = "Ordered by an unverified sender"
_FAR_ABOVE_USUAL = 3
_ENOUGH_HISTORY = 3


def confirm(scene: Scene) -> None:
    """Place the draft once everything it needs is there; a second confirm names the same order."""
    cancelled = Intent.CANCEL in scene.intents
    scene.about(Intent.CONFIRM)
    if not scene.draft.lines:
        if not cancelled:
            _nothing_to_confirm(scene)
    elif any(q.blocking and (q.options or q.puts < 2) for q in scene.session.questions):
        scene.said.append(wording.CONFIRM_FIRST)
        scene.refused = True
    elif scene.lines_changed or scene.session.questions:
        scene.review = True
    elif _ready(scene):
        _place(scene)


def catch_up(scene: Scene, orders: Sequence[Order]) -> None:
    """Take over what a colleague has done since to the order that this chat placed last."""
    mine = scene.session.ordered
    stored = next((o for o in orders if mine is not None and o.number == mine.number), None)
    if mine is None or stored is None or stored.version <= mine.version:
        return
    scene.session.ordered = stored
    if scene.draft.amends != stored.number:
        return
    if stored.status is OrderStatus.CANCELLED:
        scene.draft = replace(scene.draft, id=new_id(), amends=None)
        scene.said.append(wording.cancelled_meanwhile(stored.number or ""))
    else:
        scene.said.append(wording.changed_meanwhile(stored))
    scene.lines_changed = True  # so that a confirm shows it first


def _nothing_to_confirm(scene: Scene) -> None:
    ordered = scene.session.ordered
    if ordered and ordered.status is OrderStatus.CONFIRMED and ordered.number and not scene.session.questions:
        scene.order = ordered
        scene.said.append(wording.already_confirmed(ordered.number, ordered))
    elif not scene.session.questions:
        scene.said.append(wording.EMPTY)


def _ready(scene: Scene) -> bool:
    """Outlet, date, minimum and the sentinels; the first that fails says what is missing."""
    scene.session.expecting = CONFIRM
    if not _as_shown(scene):
        return False
    if scene.outlet is None or scene.draft.delivery_date is None:
        return False
    problem = scene.reference.calendar.problem_with(scene.draft.delivery_date, scene.outlet, scene.now)
    if problem is not None:
        choose(scene, scene.draft.delivery_date)
        return False
    if scene.priced(scene.draft).subtotal < scene.reference.calendar.rules_for(scene.outlet).minimum_order:
        return False
    return not _looks_unusual(scene) and not _placed_by_colleague(scene)


def _as_shown(scene: Scene) -> bool:
    """Whether every line was shown at the price it has now; an order is never placed at a price not seen."""
    shown = scene.session.shown
    if prices_changed(scene):
        scene.said.append(wording.PRICES_CHANGED)
        return False
    return not shown or all(line.sku in shown for line in scene.draft.lines)


def prices_changed(scene: Scene) -> bool:
    """Whether a line costs something else than when the customer saw it last."""
    shown = scene.session.shown
    return any(shown.get(line.sku, price) != price for line in scene.draft.lines for price in [scene.price(line.sku)])


def _looks_unusual(scene: Scene) -> bool:
    """A quantity far outside what the outlet orders is asked about once."""
    for line in scene.draft.lines:
        past = [old.quantity for order in _confirmed(scene) for old in order.lines if old.sku == line.sku]
        mark = f"{line.sku}:{line.quantity}"
        if (
            len(past) < _ENOUGH_HISTORY
            or mark in scene.session.checked
            or line.quantity <= max(past) * _FAR_ABOVE_USUAL
        ):
            continue
        note = wording.unusual(scene.item(line.sku, line.quantity), int(median(past)), scene.product(line.sku).unit)
        ask(
            scene,
            QuestionKind.UNUSUAL,
            mark,
            (Option("Yes, that's right", yes=True), Option("No, change it", yes=False)),
            note=note,
        )
        return True
    return False


def _placed_by_colleague(scene: Scene) -> bool:
    lines = {(line.sku, line.quantity) for line in scene.draft.lines}
    for order in _confirmed(scene):
        same_day = (
            order.placed_at is not None and order.placed_at.astimezone(scene.now.tzinfo).date() == scene.now.date()
        )
        if (
            not same_day
            or {(old.sku, old.quantity) for old in order.lines} != lines
            or order.number in (scene.draft.amends, *scene.session.checked)
        ):
            continue
        options = (Option("Yes, place it again", yes=True), Option("No, don't", yes=False))
        ask(
            scene,
            QuestionKind.REPEATED,
            order.number or "",
            options,
            note=wording.repeated(order.number or ""),
        )
        return True
    return False


def _confirmed(scene: Scene) -> list[Order]:
    return [o for o in scene.history if o.status is OrderStatus.CONFIRMED]


def _place(scene: Scene) -> None:
    """Turn the draft into an order; its id makes that happen once however often it is tried."""
    draft, old = scene.draft, scene.session.ordered
    changed = draft.amends is not None and old is not None and old.number == draft.amends
    number = draft.amends if changed else scene.next_number
    if number is None:
        raise RuntimeError("an order is placed without a number")
    order = replace(
        scene.priced(draft),
        status=OrderStatus.CONFIRMED,
        number=number,
        placed_at=scene.now,
        placed_by=scene.sender,
        draft_id=old.draft_id if changed and old else draft.id,
        version=old.version + 1 if changed and old else 1,
        notes=(
            *draft.notes,
            *((UNVERIFIED,) if scene.session.claimed else ()),
        ),
    )
    _leave_behind(scene, order)
    shown = replace(order, notes=draft.notes)
    scene.said.append(wording.confirmed(number, shown, scene.outlet.name if scene.outlet else None, changed=changed))
    scene.session.draft = Draft()
    scene.session.undo.clear()
    scene.session.shown = {}
    scene.session.focus = [line.sku for line in order.lines]


def _leave_behind(scene: Scene, order: Order) -> None:
    """The order is written, invoiced once per version, and remembered by the chat."""
    scene.orders.append(order)
    scene.order = scene.session.ordered = order
    scene.session.expecting = None
    scene.jobs.append(
        Job(
            "invoice",
            f"invoice:{order.number}:{order.version}",
            f"invoice:{order.number}",
            {"order": order.number, "version": order.version},
        )
    )
    cancelled = order.status is OrderStatus.CANCELLED
    about = "cancelled" if cancelled else "changed" if order.version > 1 else "order"
    text = wording.for_staff(order, scene.outlet.name if scene.outlet else None)
    scene.notes.append(StaffNote(about, text, order.number))


# -- changing a confirmed order -------------------------------------------------------------------------


def reopen(scene: Scene) -> bool:
    """Open the chat's confirmed order for a change, up to its cut-off; True when the change may go on."""
    order = scene.session.ordered
    if scene.draft.lines or order is None or order.status is not OrderStatus.CONFIRMED or order.number is None:
        return True
    if not still_open(scene, order):
        scene.said.append(wording.too_late(order.number))
        scene.order = order
        return False
    lines = tuple(DraftLine(line.sku, line.quantity) for line in order.lines)
    notes = without_marks(order).notes
    scene.session.draft = Draft(new_id(), lines, order.delivery_date, order.delivery_window, notes, order.number)
    scene.said.append(wording.reopened(order.number))
    return True


def still_open(scene: Scene, order: Order, outlet: Outlet | None = None) -> bool:
    """Whether an order can still be changed; it is the chat's outlet's where none is named."""
    if order.delivery_date is None:
        return False
    closes = scene.reference.calendar.closes_at(order.delivery_date, outlet or scene.outlet)
    return scene.now.replace(tzinfo=None) <= closes


def without_marks(order: Order) -> Order:
    """An order without the remarks that are for staff."""
    return replace(order, notes=tuple(n for n in order.notes if n != UNVERIFIED))


# -- cancelling and status ---------------------------------------------------------------------------------


def cancel(scene: Scene, command: Cancel) -> None:
    """Drop the draft, or cancel an order up to its cut-off; asked where either could be meant."""
    scene.about(Intent.CANCEL)
    if command.number:
        _cancel_number(scene, command.number)
        return
    draft = scene.draft
    held = any(q.kind is not QuestionKind.OUTLET for q in scene.session.questions)
    if (draft.lines or held) and draft.amends is None:
        scene.session.draft = Draft()
        scene.session.questions.clear()
        scene.said.append(wording.DRAFT_CANCELLED)
        return
    number = draft.amends or (scene.session.ordered.number if _open_order(scene) and scene.session.ordered else None)
    if number:
        _cancel_number(scene, number)
        return
    orders = [o for o in _confirmed(scene) if still_open(scene, o)]
    if not orders:
        _nothing_to_cancel(scene)
        return
    options = [Option(f"{o.number}, {wording.day(o.delivery_date)}", order=o.number) for o in orders if o.delivery_date]
    ask(scene, QuestionKind.CANCEL, "cancel", options, note=wording.cancel_which(len(options)))


def _open_order(scene: Scene) -> bool:
    order = scene.session.ordered
    return order is not None and order.status is OrderStatus.CONFIRMED


def _nothing_to_cancel(scene: Scene) -> None:
    ordered = scene.session.ordered
    if ordered and ordered.status is OrderStatus.CANCELLED and ordered.number:
        scene.order = ordered
        scene.said.append(wording.cancelled(ordered.number))
    elif not ask_outlet_first(scene):
        scene.said.append(wording.NOTHING_TO_CANCEL)


def _cancel_number(scene: Scene, number: str) -> None:
    order = _find(scene, number)
    if order is None:
        scene.said.append(wording.unknown_order(number))
        return
    number = order.number or number
    if order.status is OrderStatus.CANCELLED:
        scene.order = order
        scene.said.append(wording.cancelled(number))
    elif not still_open(scene, order):
        scene.order = order
        scene.said.append(wording.too_late(number))
    else:
        scene.session.draft = Draft()
        scene.session.questions.clear()
        scene.session.undo.clear()  # a draft that changes this order is not to come back
        _leave_behind(scene, replace(order, status=OrderStatus.CANCELLED, version=order.version + 1))
        scene.said.append(wording.cancelled(number))


def _find(scene: Scene, number: str) -> Order | None:
    """An order of this outlet, as stored last."""
    own = scene.session.ordered
    if own is not None and own.number and _same_number(own.number, number):
        return own
    if scene.session.claimed:
        return None
    return next((o for o in scene.history if o.number and _same_number(o.number, number)), None)


def _same_number(number: str, said: str) -> bool:
    return number.upper() == said.upper() or number.upper().rsplit("-", 1)[-1] == said.upper()


def status(scene: Scene, command: Status) -> None:
    """How an order stands: the one named, else the draft, else the latest."""
    scene.about(Intent.ACCOUNT)
    if command.number:
        order = _find(scene, command.number)
        if order is None:
            scene.said.append(wording.unknown_order(command.number))
            return
    else:
        order = scene.session.ordered or (None if scene.session.claimed else next(iter(scene.history), None))
    if order is not None:
        scene.said.append(wording.status(order))
        if not scene.draft.lines and order is scene.session.ordered:
            scene.order = order
    elif scene.draft.lines:
        scene.said.append("Not placed yet.")
        scene.review = True
    elif not ask_outlet_first(scene):
        scene.said.append(wording.NO_ORDERS)


def pick_order(scene: Scene, command: Pick) -> None:
    """The answer to "which order shall I cancel"."""
    question = question_by_id(scene, command.question)
    if question and command.options:
        settle(scene, question.id)
        number = question.options[command.options[0]].order
        if number:
            scene.about(Intent.CANCEL)
            _cancel_number(scene, number)


# -- repeating ---------------------------------------------------------------------------------------------


def basket(history: Sequence[Order], command: Repeat) -> tuple[DraftLine, ...]:
    """The lines that a repeat brings: those of the order meant, or what the outlet usually takes."""
    placed = [o for o in history if o.status is OrderStatus.CONFIRMED]
    if command.of is RepeatOf.DATE:
        on_day = [o for o in placed if command.day in (o.delivery_date, o.placed_at.date() if o.placed_at else None)]
        placed = on_day
    if not placed:
        return ()
    if command.of is RepeatOf.USUAL and len(placed) >= _ENOUGH_HISTORY:
        return _usual(placed[:6])
    return tuple(DraftLine(line.sku, line.quantity) for line in placed[0].lines)


def _usual(orders: Sequence[Order]) -> tuple[DraftLine, ...]:
    """Products in more than half of the recent orders, each in its commonest quantity."""
    seen: dict[str, list[int]] = {}
    for order in orders:
        for line in order.lines:
            seen.setdefault(line.sku, []).append(line.quantity)
    often = {sku: counts for sku, counts in seen.items() if len(counts) * 2 > len(orders)}
    return tuple(DraftLine(sku, Counter(counts).most_common(1)[0][0]) for sku, counts in often.items())


def repeat(scene: Scene, command: Repeat) -> None:
    """Fill the draft from an earlier order; what is no longer sold is named."""
    scene.about(Intent.REORDER)
    if ask_outlet_first(scene):
        scene.refused = True
        return
    lines = () if scene.session.claimed or scene.outlet is None else basket(scene.history, command)
    if not lines:
        scene.said.append(wording.NO_HISTORY)
        scene.refused = True
        return
    for line in lines:
        if not scene.product(line.sku).active:
            scene.said.append(f"{scene.product(line.sku).name} is {wording.CANNOT_REPEAT}.")
        elif scene.draft.line(line.sku) is None:
            scene.set_line(line.sku, line.quantity)
            scene.added.append(scene.item(line.sku, line.quantity))
    scene.show = True


def confirm_choice() -> Choice:
    """The button that places the order."""
    return Choice("confirm", "Confirm")
