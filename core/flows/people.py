"""Who is writing, small talk, and handing the chat to a person."""

from core import wording
from core.domain.commands import CallPerson, Complain, NameOutlet, UseInvite
from core.domain.messages import Intent
from core.domain.sessions import Handoff, Option, QuestionKind
from core.flows.asking import ask
from core.flows.delivery import choose
from core.flows.scene import Scene
from core.ports import Job

_MOST_WRONG_CODES = 5
_MOST_OUTLETS = 9


def greet(scene: Scene) -> None:
    """Say hello."""
    scene.about(Intent.SMALLTALK)
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
    key = f"handoff:{scene.channel}:{scene.sender}:{scene.now.isoformat()}"
    scene.jobs.append(
        Job("staff", key, "staff", {"reason": reason, "outlet": scene.session.outlet, "sender": scene.sender})
    )


def call_person(scene: Scene, command: CallPerson) -> None:
    """Someone was asked for."""
    hand_over(scene, command.said or "asked for a person", wording.HANDED_OVER)


def complain(scene: Scene, command: Complain) -> None:
    """Something went wrong with a delivery or an invoice."""
    hand_over(scene, command.said, wording.COMPLAINT)


def know_sender(scene: Scene) -> None:
    """Take the outlet from the sender's stored link, where it is one outlet only."""
    if scene.session.outlet and not scene.session.claimed:
        return
    outlets = scene.reference.directory.outlets_of(scene.sender)
    if len(outlets) == 1:
        scene.session.outlet, scene.session.claimed = outlets[0].code, False


def name_outlet(scene: Scene, command: NameOutlet) -> None:
    """The sender says which outlet this is for: one of their own, or, where the channel allows, any."""
    own = {o.code for o in scene.reference.directory.outlets_of(scene.sender)}
    current = scene.session.outlet
    scene.about(Intent.ACCOUNT)
    if current in command.codes and (not command.codes[1:] or own):
        scene.closing.append(wording.outlet_known(scene.reference.directory.outlets[current].name) if current else "")
        scene.show = bool(scene.draft.lines)
        return
    allowed = (
        [c for c in command.codes if c in own]
        if own
        else list(command.codes)
        if scene.channel in scene.rules.name_claim_channels
        else []
    )
    if len(allowed) == 1:
        set_outlet(scene, allowed[0], claimed=not own)
    elif allowed:
        options = [Option(scene.reference.directory.outlets[c].name, outlet=c) for c in allowed[:_MOST_OUTLETS]]
        ask(scene, QuestionKind.OUTLET, command.said, options, blocking=False, note=wording.ASK_OUTLET)
    elif own:
        scene.said.append(wording.UNKNOWN_OUTLET if not current else wording.NOTED)
    else:
        scene.said.append(
            wording.UNKNOWN_OUTLET if scene.channel in scene.rules.name_claim_channels else wording.UNKNOWN_SENDER
        )
        scene.refused = True


def set_outlet(scene: Scene, code: str, *, claimed: bool) -> None:
    """Order for this outlet from now on."""
    scene.session.outlet, scene.session.claimed = code, claimed
    scene.session.questions = [q for q in scene.session.questions if q.kind is not QuestionKind.OUTLET]
    scene.said.append(wording.outlet_set(scene.reference.directory.outlets[code].name))
    scene.touched.append("")
    scene.show = bool(scene.draft.lines)
    _check_date(scene)


def _check_date(scene: Scene) -> None:
    """A date that was set before the outlet was known may not be one of its delivery days."""
    day = scene.draft.delivery_date
    if day and scene.reference.calendar.problem_with(day, scene.outlet, scene.now) is not None:
        choose(scene, day)


def use_invite(scene: Scene, command: UseInvite) -> None:
    """A valid code links the sender to its outlet for good."""
    scene.about(Intent.ACCOUNT)
    code = scene.reference.directory.invites.get(command.code)
    if code is None or scene.session.wrong_codes >= _MOST_WRONG_CODES:
        scene.session.wrong_codes += 1
        scene.said.append(wording.WRONG_CODE)
        return
    scene.session.wrong_codes = 0
    scene.invites_used.append(command.code)
    scene.links.append((scene.sender, code))
    set_outlet(scene, code, claimed=False)
