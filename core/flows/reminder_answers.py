"""What customers do about reminders: turn them off or on, order their usual, look at an order or change it."""

from collections.abc import Sequence
from dataclasses import replace

from core import wording
from core.domain.commands import (
    AskReminders,
    ChangeOrder,
    Command,
    Heed,
    NameOutlet,
    NotThisTime,
    OrderUsual,
    PauseReminders,
    RemindLater,
    Repeat,
    RepeatOf,
    SeeOrder,
    SetReminders,
)
from core.domain.messages import Choice, Intent
from core.domain.orders import Order, OrderStatus
from core.domain.reminders import ReminderChoice, ReminderKind, wanted, with_said
from core.domain.sessions import Spoken
from core.flows import lasting, ordering
from core.flows.claims import find
from core.flows.delivery import choose
from core.flows.outlets import own_outlets, set_outlet
from core.flows.revising import show_as_it_stands
from core.flows.scene import Scene
from core.ports import Job, OpenTurn


def set_reminders(scene: Scene, command: SetReminders) -> None:
    """Turn reminders off or on for an outlet of the sender's, and say how to have them otherwise."""
    scene.about(Intent.ACCOUNT)
    codes = _outlets_meant(scene, command)
    if not codes:
        scene.said.append(wording.NOT_YOUR_OUTLET if own_outlets(scene) else wording.UNKNOWN_SENDER)
        return
    sent = [kind for kind in command.kinds if kind.value in scene.rules.reminders]
    if command.on and not (sent if command.kinds else scene.rules.reminders):
        scene.said.append(wording.NOT_SENT)
        scene.person_button = True
        return
    kinds = tuple(kind.value for kind in (sent if command.on else command.kinds)) or ("",)
    scene.reminder_choices += [ReminderChoice(code, kind, command.on) for code in codes for kind in kinds]
    names = [own_outlets(scene)[code] for code in codes]
    what = _kinds_of(scene) if command.on and not command.kinds else command.kinds
    scene.said.append(wording.reminders_set(names, what, on=command.on, every=not command.kinds))
    if len(command.kinds) == 1 and len(codes) == 1:
        back = lasting.reminders(codes[0], command.kinds[0], on=not command.on)
        scene.choices = [Choice(back, wording.UNDO_REMINDERS[not command.on])]
        scene.session.spoken = Spoken(tuple((c.title, c.id) for c in scene.choices))


def ask_reminders(scene: Scene, command: AskReminders) -> None:
    """Which reminders an outlet of the sender's gets, by what it chose and what is sent at all."""
    scene.about(Intent.ACCOUNT)
    codes = _outlets_meant(scene, command)
    if not codes:
        scene.said.append(wording.NOT_YOUR_OUTLET if own_outlets(scene) else wording.UNKNOWN_SENDER)
        return
    chosen = [with_said(code, scene.chosen.get(code, {}), scene.reminder_choices) for code in codes]
    kinds = [[k for k in ReminderKind if k.value in scene.rules.reminders and wanted(k, each)] for each in chosen]
    names = [own_outlets(scene)[code] for code in codes]
    scene.said.append(wording.reminders_told(dict(zip(names, kinds, strict=True)), sent=bool(_kinds_of(scene))))


def pause_reminders(scene: Scene, _: PauseReminders) -> None:
    """The desk knows on and off, and says so: nothing is changed."""
    scene.about(Intent.ACCOUNT)
    scene.said.append(wording.CANNOT_PAUSE)


def for_outlets(commands: Sequence[Command]) -> list[Command]:
    """ "stop reminders for Bedok" names an outlet for reminders alone: what is being ordered stays where it is."""
    named = [c for c in commands if isinstance(c, NameOutlet)]
    sets = [c for c in commands if isinstance(c, SetReminders | AskReminders)]
    if not named or not sets or len(named) + len(sets) < len(commands):
        return list(commands)
    codes = dict.fromkeys(code for c in named for code in c.codes)
    return [replace(c, outlet=code) for c in sets for code in codes] or list(commands)


def choice_jobs(turn: OpenTurn, scene: Scene) -> tuple[Job, ...]:
    """The outbox rows that keep what was chosen; of an outlet's the last one stands."""
    return tuple(
        Job(
            "reminder choice",
            f"reminder choice:{turn.turn_id}:{n}",
            f"reminders:{choice.outlet}",
            {
                "outlet": choice.outlet,
                "kind": choice.kind,
                "wanted": choice.wanted,
                "by": turn.chat.sender,
                "at": scene.now.isoformat(),
            },
        )
        for n, choice in enumerate(scene.reminder_choices)
    )


def _outlets_meant(scene: Scene, command: SetReminders | AskReminders) -> list[str]:
    """The outlet that is named, else the chat's, else all that the sender is linked to; never another's."""
    own = own_outlets(scene)
    meant = command.outlet or scene.session.outlet
    if meant in (None, "*"):
        return list(own)
    return [meant] if meant in own else []


def _kinds_of(scene: Scene) -> Sequence[ReminderKind]:
    """What "all" stands for: everything that is sent unasked."""
    return [k for k in ReminderKind if k.value in scene.rules.reminders and k is not ReminderKind.OVERDUE]


def remind_later(scene: Scene, _: RemindLater) -> None:
    """The desk keeps no appointments, and says so."""
    scene.about(Intent.UNCLEAR)
    scene.said.append(wording.CANNOT_REMIND)
    scene.person_button = True


def heed(scene: Scene, _: Heed) -> None:
    """What was said by itself is noted; an open order is shown, for this was no yes to it."""
    scene.about(Intent.SMALLTALK)
    scene.said.append(wording.NOTED)
    scene.show = bool(scene.draft.lines)


def not_this_time(scene: Scene, command: NotThisTime) -> None:
    """No order for a day."""
    scene.about(Intent.SMALLTALK)
    scene.said.append(wording.nothing_for(command.day))


def order_usual(scene: Scene, command: OrderUsual) -> None:
    """Put the usual together for a day and show it; it is ordered by confirming it like any order."""
    scene.about(Intent.REORDER)
    outlet = scene.reference.directory.outlets.get(command.outlet)
    if outlet is None or command.outlet not in own_outlets(scene):
        scene.said.append(wording.NOT_YOUR_OUTLET)
        return
    theirs = [o for o in scene.own_orders if o.outlet == command.outlet]
    placed = [o for o in theirs if o.status is OrderStatus.CONFIRMED and o.delivery_date == command.day]
    closed = scene.reference.calendar.problem_with(command.day, outlet, scene.now) is not None
    if placed:
        scene.said.append(wording.placed_already(placed[0].number or "", command.day))
        scene.choices = [Choice(lasting.see(placed[0].number or ""), wording.see_order())]
    elif closed:
        scene.said.append(wording.closed_for(command.day))
    elif _busy_with_another(scene, command):
        scene.said.append(wording.ANOTHER_IS_OPEN)
        show_as_it_stands(scene)
    else:
        _go_to(scene, command.outlet)
        scene.history = theirs
        ordering.repeat(scene, Repeat(RepeatOf.USUAL))
        if scene.draft.lines:
            choose(scene, command.day)


def _busy_with_another(scene: Scene, command: OrderUsual) -> bool:
    """Whether the chat has a draft that the usual would be mixed into."""
    draft = scene.draft
    if not draft.lines:
        return False
    return scene.session.outlet != command.outlet or draft.delivery_date != command.day or draft.amends is not None


def see_order(scene: Scene, command: SeeOrder) -> None:
    """An order with its lines and prices."""
    scene.about(Intent.ACCOUNT)
    order = _found(scene, command.number)
    if order is None:
        return
    scene.said.append(wording.whole_order(ordering.without_marks(order), own_outlets(scene).get(order.outlet or "")))
    if not scene.draft.lines:
        scene.order = order


def change_order(scene: Scene, command: ChangeOrder) -> None:
    """Make an order the one that the next words change, up to its cut-off."""
    scene.about(Intent.AMEND)
    order = _found(scene, command.number)
    if order is None:
        return
    outlet = scene.reference.directory.outlets.get(order.outlet or "")
    if order.status is not OrderStatus.CONFIRMED:
        scene.said.append(wording.cancelled(command.number))
    elif order.delivery_date is None or not ordering.still_open(scene, order, outlet):
        scene.said.append(wording.too_late(command.number))
    elif scene.draft.lines:
        if scene.draft.amends != command.number:
            scene.said.append(wording.ANOTHER_IS_OPEN)
        show_as_it_stands(scene)
    else:
        _go_to(scene, order.outlet or "")
        scene.session.ordered = scene.order = order
        closes = scene.reference.calendar.closes_at(order.delivery_date, outlet)
        scene.said.append(wording.what_to_change(ordering.without_marks(order), closes, scene.now.date()))


def _found(scene: Scene, number: str) -> Order | None:
    order = find(scene, number)
    if order is None:
        scene.said.append(wording.unknown_order(number))
    return order


def _go_to(scene: Scene, outlet: str) -> None:
    if scene.session.outlet != outlet or scene.session.claimed:
        set_outlet(scene, outlet, claimed=False)
