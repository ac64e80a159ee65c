"""Delivery date, window and notes."""

from dataclasses import replace
from datetime import date

from core import wording
from core.domain.commands import AddNote, Deliver
from core.domain.messages import Intent
from core.domain.sessions import Option, QuestionKind
from core.flows.asking import ask
from core.flows.scene import Scene

_OFFERED = 3


def deliver(scene: Scene, command: Deliver) -> None:
    """Set the date and window, each only where it can be had."""
    scene.about(Intent.DELIVERY)
    if command.recurring:
        scene.said.append(wording.RECURRING)
    if command.window:
        scene.draft = replace(scene.draft, delivery_window=command.window)
        scene.touched.append("")
    if command.soonest:
        _set(scene, next(iter(scene.reference.calendar.next_days(scene.outlet, scene.now, 1)), None))
    elif len(command.days) > 1:
        _which(scene, command)
    elif command.days:
        choose(scene, command.days[0])
    elif command.window:
        scene.show = bool(scene.draft.lines)


def _which(scene: Scene, command: Deliver) -> None:
    possible = [d for d in command.days if scene.reference.calendar.problem_with(d, scene.outlet, scene.now) is None]
    if len(possible) == 1 and len(command.days) == 1:
        _set(scene, possible[0])
        return
    offered = possible or list(scene.reference.calendar.next_days(scene.outlet, scene.now, _OFFERED))
    _ask(scene, offered, command.said, wording.which_day(command.said))


def choose(scene: Scene, day: date) -> None:
    """Take a day, or say why not and offer the next ones that can be had."""
    calendar = scene.reference.calendar
    problem = calendar.problem_with(day, scene.outlet, scene.now)
    if problem is None:
        _set(scene, day)
        return
    closes = calendar.closes_at(day, scene.outlet) if problem == "cut_off" else None
    offered = calendar.next_days(scene.outlet, scene.now, _OFFERED, since=day)
    _ask(
        scene,
        list(offered),
        wording.day(day),
        wording.not_that_day(day, problem, calendar.holidays.get(day), closes),
    )


def _ask(scene: Scene, days: list[date], said: str, note: str) -> None:
    scene.draft = replace(scene.draft, delivery_date=None)
    ask(scene, QuestionKind.DATE, said, [Option(wording.day(d), day=d) for d in days], note=note)


def _set(scene: Scene, day: date | None) -> None:
    if day is None:
        return
    scene.session.questions = [q for q in scene.session.questions if q.kind is not QuestionKind.DATE]
    scene.draft = replace(scene.draft, delivery_date=day)
    scene.touched.append("")
    scene.said.append(f"Delivery {wording.delivery(day, scene.draft.delivery_window)}.")
    scene.show = bool(scene.draft.lines)


def note(scene: Scene, command: AddNote) -> None:
    """Keep a remark for the people who pack and deliver."""
    scene.about(Intent.ORDER)
    text = command.text.strip()
    if text and text not in scene.draft.notes:
        scene.draft = replace(scene.draft, notes=(*scene.draft.notes, text)[-8:])
        scene.said.append(f"Noted: {text}")
    scene.show = bool(scene.draft.lines)
