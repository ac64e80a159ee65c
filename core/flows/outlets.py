"""Which outlet the chat orders for, and what changes with it."""

from collections.abc import Sequence
from dataclasses import replace

from core import wording
from core.domain.sessions import Option, QuestionKind, new_id
from core.flows.asking import ask
from core.flows.delivery import choose
from core.flows.scene import Scene

_MOST_OUTLETS = 9
# Questions about days and earlier orders: those of the outlet that they were asked for.
_OF_ONE_OUTLET = frozenset({QuestionKind.DATE, QuestionKind.UNUSUAL, QuestionKind.REPEATED, QuestionKind.CANCEL})


def own_outlets(scene: Scene) -> dict[str, str]:
    """The sender's outlets, code to name, in the order of their links."""
    return {o.code: o.name for o in scene.reference.directory.outlets_of(scene.sender)}


def is_stranger(scene: Scene) -> bool:
    """Whether nothing is known of the sender on a channel where an outlet takes a link, not a name."""
    may_name = scene.channel in scene.rules.name_claim_channels
    return scene.outlet is None and not may_name and not own_outlets(scene)


def ask_outlet_first(scene: Scene) -> bool:
    """Where the outlet is not known its orders cannot be spoken of: ask for it. True when that was done."""
    if scene.outlet is not None:
        return False
    own = own_outlets(scene)
    if own:
        ask_which(scene, list(own), "outlet")
    elif is_stranger(scene):
        scene.said.append(wording.UNKNOWN_SENDER)
    else:
        return False
    return True


def ask_which(scene: Scene, codes: Sequence[str], said: str, note: str = wording.ASK_OUTLET) -> None:
    """Ask which outlet is meant."""
    options = [Option(scene.reference.directory.outlets[c].name, outlet=c) for c in codes[:_MOST_OUTLETS]]
    ask(scene, QuestionKind.OUTLET, said, options, blocking=False, note=note)


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
