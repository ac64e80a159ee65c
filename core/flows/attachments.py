"""Files, places, contacts and stickers: an order sheet is read, the rest gets an answer and goes to a person."""

from core import wording
from core.domain.commands import Attached, FromSheet, Located, Reaction, SharedContact, Sticker, Transcribed, Unknown
from core.domain.messages import Intent
from core.flows.ordering import confirm_choice
from core.flows.outlets import ask_which, set_outlet
from core.flows.scene import Scene, StaffNote

_MOST_NAMED = 3


def attached(scene: Scene, command: Attached) -> None:
    """A file that cannot be read; all of a turn are answered together."""
    scene.attached.append(command)


def transcribed(scene: Scene, command: Transcribed) -> None:
    """Show what was heard on top of what comes of it."""
    scene.opening.append(wording.i_heard(command.text))


def from_sheet(scene: Scene, command: FromSheet) -> None:
    """Say what was found in a file; its items follow."""
    scene.about(Intent.ORDER)
    scene.opening.append(wording.from_sheet(command.name, command.items))
    if command.unread:
        more = len(command.unread) - _MOST_NAMED
        scene.opening.append(wording.unread_lines(command.unread[:_MOST_NAMED], max(0, more)))
        scene.refused = True
    _for_outlets(scene, command.outlets if command.items else ())
    if not command.items:
        scene.notes.append(StaffNote("file"))
        scene.person_button = True


def _for_outlets(scene: Scene, named: tuple[str, ...]) -> None:
    """The outlet that a sheet names is the order's where none is known; another one than the chat's is asked about."""
    current = scene.session.outlet
    if len(named) == 1 and current is None:
        set_outlet(scene, named[0], claimed=False)
    elif named and named != (current,):
        codes = list(dict.fromkeys((*named, *([current] if current else []))))
        names = [scene.reference.directory.outlets[code].name for code in named]
        ask_which(scene, codes, "outlets", wording.sheet_names_outlets(names))


def answer_attached(scene: Scene) -> None:
    """Say of the files that could not be read why, and pass them on. The desk keeps the chat."""
    if not scene.attached:
        return
    if scene.session.handoff is not None:
        scene.said.append(wording.files_passed_on(len(scene.attached)))
        return
    scene.notes.append(StaffNote("file"))
    scene.about(Intent.UNCLEAR)
    on_order = bool(scene.draft.lines or scene.session.questions)
    scene.said.append(
        wording.cannot_read([(f.kind, f.name, f.reason) for f in dict.fromkeys(scene.attached)], len(scene.attached))
    )
    if on_order:
        scene.said.append(wording.nothing_from_it(len(scene.attached)))
    scene.person_button = scene.restating = True


def located(scene: Scene, _: Located) -> None:
    """Deliveries go to the address on file."""
    scene.about(Intent.DELIVERY)
    outlet = scene.outlet
    address = outlet.address if outlet and not scene.session.claimed else ""
    scene.said.append(wording.delivers_to(outlet.name if outlet else "", address))
    _pass_on(scene)


def shared_contact(scene: Scene, _: SharedContact) -> None:
    """A contact goes to the team; ordering takes an invite."""
    scene.about(Intent.ACCOUNT)
    scene.said.append(wording.CONTACT)
    _pass_on(scene)


def _pass_on(scene: Scene) -> None:
    scene.notes.append(StaffNote("file"))
    scene.person_button = scene.restating = True


def sticker(scene: Scene, _: Sticker) -> None:
    """Nothing can be read off a sticker."""
    scene.about(Intent.SMALLTALK)
    scene.said.append(wording.STICKER)
    scene.restating = True


def unknown(scene: Scene, _: Unknown) -> None:
    """A message that the channel does not hand over."""
    scene.about(Intent.UNCLEAR)
    scene.said.append(wording.NOT_PASSED_ON)
    scene.person_button = scene.restating = True


def reaction(scene: Scene, _: Reaction) -> None:
    """A thumbs up beside an order that waits to be confirmed."""
    scene.about(Intent.SMALLTALK)
    scene.said.append(wording.REACTION)
    scene.choices = [confirm_choice()]
