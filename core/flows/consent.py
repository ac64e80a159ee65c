"""The start of a chat, and STOP and START: whether the customer wants to hear from the desk."""

from core import wording
from core.domain.commands import OptIn, OptOut, Start
from core.domain.messages import Intent
from core.flows.outlets import is_stranger
from core.flows.scene import Scene, StaffNote


def start(scene: Scene, _: Start) -> None:
    """Say what this is, and to an unknown sender how to be linked."""
    scene.about(Intent.SMALLTALK)
    own = scene.reference.directory.outlets_of(scene.sender)
    scene.said.append(wording.welcome(scene.rules.supplier))
    if scene.outlet is not None:
        scene.said.append(wording.ordering_for(scene.outlet.name))
    elif own:
        scene.said.append(wording.ordering_for_one_of([o.name for o in own]))
    elif is_stranger(scene):
        scene.said.append(wording.ASK_CODE)
    scene.show = scene.restating = bool(scene.draft.lines)


def opt_out(scene: Scene, _: OptOut) -> None:
    """Confirm once that nothing more is sent."""
    scene.about(Intent.SMALLTALK)
    scene.session.opted_out = scene.ends = True
    scene.said.append(wording.opted_out(open_order=bool(scene.draft.lines or scene.session.questions)))
    scene.notes.append(StaffNote("unsubscribed"))


def opt_in(scene: Scene, _: OptIn) -> None:
    """The customer is back; an open order is where it was."""
    scene.about(Intent.SMALLTALK)
    scene.session.opted_out = False
    scene.said.append(wording.OPTED_IN)
    scene.show = scene.restating = bool(scene.draft.lines)
    scene.welcomes = True
    if scene.session.handoff is not None:
        scene.notes.append(StaffNote("message"))
