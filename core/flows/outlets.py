"""Which outlet the chat orders for, and what changes with it."""

from collections.abc import Sequence
from dataclasses import replace

from core import wording
from core.domain.commands import Command, NameOutlet, Pick
from core.domain.sessions import Asked, Option, QuestionKind, new_id
from core.flows.asking import ask, question_by_id
from core.flows.delivery import choose
from core.flows.scene import Scene

_MOST_OUTLETS = 9
_MOST_WAITING = 3
# Questions about days and earlier orders: those of the outlet that they were asked for.
_OF_ONE_OUTLET = frozenset({QuestionKind.DATE, QuestionKind.UNUSUAL, QuestionKind.REPEATED, QuestionKind.CANCEL})


def own_outlets(scene: Scene) -> dict[str, str]:
    """The sender's outlets, code to name, in the order of their links."""
    return {o.code: o.name for o in scene.reference.directory.outlets_of(scene.sender)}


def is_linked(scene: Scene, code: str) -> bool:
    """Whether the sender is linked to an outlet as of now. A chat may still have one that was taken from them."""
    return code in own_outlets(scene) or (scene.sender, code) in scene.links


def is_stranger(scene: Scene) -> bool:
    """Whether nothing is known of the sender on a channel where an outlet takes a link, not a name."""
    may_name = scene.channel in scene.rules.name_claim_channels
    return scene.outlet is None and not may_name and not own_outlets(scene)


def ask_outlet_first(scene: Scene, then: Asked | None = None) -> bool:
    """Where the outlet is not known its orders cannot be spoken of: ask for it. True when that was done.

    `then` is asked again by itself once the outlet is known.
    """
    if scene.outlet is not None:
        return False
    own = own_outlets(scene)
    if own:
        ask_which(scene, list(own), "outlet", then=then)
    elif is_stranger(scene):
        scene.said.append(wording.UNKNOWN_SENDER)
    else:
        return False
    return True


def ask_which(
    scene: Scene, codes: Sequence[str], said: str, note: str = wording.ASK_OUTLET, then: Asked | None = None
) -> None:
    """Ask which outlet is meant. What waits for the answer already waits on."""
    waiting = dict.fromkeys([*waiting_for_outlet(scene), *([then] if then else [])])
    options = [Option(scene.reference.directory.outlets[c].name, outlet=c) for c in codes[:_MOST_OUTLETS]]
    ask(scene, QuestionKind.OUTLET, said, options, blocking=False, note=note, then=tuple(waiting)[-_MOST_WAITING:])


def waiting_for_outlet(scene: Scene) -> list[Asked]:
    """What the customer wanted to know before it was clear which outlet is meant."""
    asked = [each for q in scene.session.questions if q.kind is QuestionKind.OUTLET for each in q.then]
    return list(dict.fromkeys(asked))


def outlet_chosen(scene: Scene, commands: Sequence[Command]) -> str | None:
    """Which of their own outlets the sender chooses in this turn, where the chat has none yet."""
    if scene.outlet is not None:
        return None
    own = own_outlets(scene)
    for command in commands:
        codes: list[str | None] = list(command.codes) if isinstance(command, NameOutlet) else []
        if isinstance(command, Pick) and command.options:
            question = question_by_id(scene, command.question)
            codes = [question.options[command.options[0]].outlet] if question is not None else []
        mine = [code for code in codes if code in own]
        if len(mine) == 1:
            return mine[0]
    return None


def set_outlet(scene: Scene, code: str, *, claimed: bool) -> None:
    """Order for this outlet from now on; the lines stay, prices and dates are those of the new outlet."""
    earlier = scene.session.outlet
    if earlier is not None and earlier != code:
        _leave(scene, earlier)
    scene.session.outlet, scene.session.claimed = code, claimed
    scene.session.questions = [q for q in scene.session.questions if q.kind is not QuestionKind.OUTLET]
    scene.said.append(wording.outlet_set(scene.reference.directory.outlets[code].name))
    scene.touched.append("")
    scene.show = bool(scene.draft.lines)
    _check_date(scene)


def _leave(scene: Scene, earlier: str) -> None:
    """What belongs to the outlet left behind stays with it: its order, its history, drafts that change that order."""
    session = scene.session
    if scene.draft.amends:
        outlet = scene.reference.directory.outlets.get(earlier)
        scene.said.append(wording.order_stays(scene.draft.amends, outlet.name if outlet else earlier))
        scene.draft = replace(scene.draft, id=new_id(), amends=None)
    if session.ordered is not None and session.ordered.outlet == earlier:
        session.ordered = None
    session.questions = [q for q in session.questions if q.kind not in _OF_ONE_OUTLET]
    session.checked, scene.history = [], ()
    scene.lines_changed = scene.lines_changed or bool(scene.draft.lines)


def _check_date(scene: Scene) -> None:
    """A date that was set before the outlet was known may not be one of its delivery days."""
    day = scene.draft.delivery_date
    if day and scene.reference.calendar.problem_with(day, scene.outlet, scene.now) is not None:
        choose(scene, day)
