"""Who is writing, small talk, and handing the chat to a person."""

from collections.abc import Sequence

from core import wording
from core.domain.commands import Add, CallPerson, Command, Complain, NameOutlet, SwitchOutlet
from core.domain.messages import Intent
from core.domain.sessions import Handoff, QuestionKind
from core.flows import claims
from core.flows.outlets import ask_outlet_first, ask_which, is_stranger, own_outlets, set_outlet
from core.flows.scene import Scene, StaffNote


def greet(scene: Scene) -> None:
    """Say hello."""
    scene.about(Intent.SMALLTALK)
    if is_stranger(scene):
        scene.said.append(f"Hi! {wording.ASK_CODE}")
    else:
        scene.said.append(wording.greeting(scene.outlet.name if scene.outlet else None))
    scene.show = bool(scene.draft.lines)


def hand_over(scene: Scene, reason: str, text: str) -> None:
    """A person takes the chat; the bot is silent until it is released."""
    scene.about(Intent.HANDOFF)
    if scene.session.handoff is not None:
        return
    scene.session.handoff = Handoff(reason, scene.now)
    scene.said.append(text)
    if scene.draft.lines:
        scene.said.append(wording.STILL_DRAFT)
    scene.notes.append(StaffNote("handoff", reason=reason))


def call_person(scene: Scene, command: CallPerson) -> None:
    """Someone was asked for."""
    hand_over(scene, command.said or "asked for a person", wording.HANDED_OVER)


def complain(scene: Scene, command: Complain) -> None:
    """Something went wrong with a delivery or an invoice."""
    number = "" if scene.session.handoff is not None else claims.from_complaint(scene, command)
    photo = "" if scene.attached else wording.PHOTO_HELPS
    hand_over(scene, command.said, wording.COMPLAINT + (wording.noted_against(number) if number else "") + photo)


def know_sender(scene: Scene) -> None:
    """Take the outlet from the sender's stored link, where it is one outlet only."""
    if scene.session.outlet and not scene.session.claimed:
        return
    outlets = scene.reference.directory.outlets_of(scene.sender)
    if len(outlets) == 1:
        scene.session.outlet, scene.session.claimed = outlets[0].code, False


def name_outlet(scene: Scene, command: NameOutlet) -> None:
    """The sender says which outlet this is for: one of their own, or, where the channel allows, any."""
    own = own_outlets(scene)
    current = scene.session.outlet
    scene.about(Intent.ACCOUNT)
    if current in command.codes and (not command.codes[1:] or own):
        scene.closing.append(wording.outlet_known(scene.reference.directory.outlets[current].name) if current else "")
        scene.show = bool(scene.draft.lines)
        scene.session.questions = [q for q in scene.session.questions if q.kind is not QuestionKind.OUTLET]
        return
    may_name = scene.channel in scene.rules.name_claim_channels
    allowed = [c for c in command.codes if c in own] if own else list(command.codes) if may_name else []
    if len(allowed) == 1:
        set_outlet(scene, allowed[0], claimed=not own)
    elif allowed:
        ask_which(scene, allowed, command.said)
    elif own:
        scene.said.append(wording.UNKNOWN_OUTLET if not current else wording.NOTED)
    else:
        scene.said.append(wording.UNKNOWN_OUTLET if may_name else wording.UNKNOWN_SENDER)
        scene.refused = True


def tell_outlet(scene: Scene) -> None:
    """Say which outlet the chat orders for, and which others it could."""
    scene.about(Intent.ACCOUNT)
    if scene.outlet is not None:
        others = [name for code, name in own_outlets(scene).items() if code != scene.session.outlet]
        scene.said.append(wording.this_outlet(scene.outlet.name, others))
    elif not ask_outlet_first(scene):
        scene.said.append(wording.ASK_OUTLET)


def one_outlet(scene: Scene, commands: Sequence[Command]) -> list[Command]:
    """Items for two outlets in one go would all land on one: it is asked which the order is for."""
    own = own_outlets(scene)
    sure = [c.codes[0] for c in commands if isinstance(c, NameOutlet) and len(c.codes) == 1]
    named = list(dict.fromkeys(code for code in sure if not own or code in own))
    if len(named) < 2 or not any(isinstance(c, Add) for c in commands):
        return list(commands)
    names = [scene.reference.directory.outlets[code].name for code in named]
    ask_which(scene, named, "outlets", wording.several_outlets(names))
    return [c for c in commands if not isinstance(c, NameOutlet)]


def switch_outlet(scene: Scene, _: SwitchOutlet) -> None:
    """Another outlet is wanted: with two there is only one other, with more it is asked which."""
    scene.about(Intent.ACCOUNT)
    own, current = own_outlets(scene), scene.session.outlet
    others = [c for c in own if c != current]
    if not own:
        may_name = scene.channel in scene.rules.name_claim_channels
        scene.said.append(wording.ASK_OUTLET if may_name else wording.UNKNOWN_SENDER)
    elif current and not others:
        scene.said.append(wording.only_outlet(scene.reference.directory.outlets[current].name))
    elif current and len(others) == 1:
        set_outlet(scene, others[0], claimed=False)
    else:
        ask_which(scene, others, "outlet")
