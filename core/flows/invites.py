"""Invite codes: a valid one links the sender to its outlet for good, wrong ones are limited."""

import re
from collections.abc import Mapping
from datetime import timedelta

from core import wording
from core.domain.commands import UseInvite
from core.domain.messages import Intent
from core.flows.outlets import own_outlets, set_outlet
from core.flows.scene import Scene

_MOST_WRONG = 5
_FOR = timedelta(hours=1)
# In a longer text nobody looks for a code: that would be a way to try many at once.
_LONGEST = 200
_MOST_TRIED = 6
_MAY_BE_CODE = re.compile(r"[a-z0-9](?:[a-z0-9-]{4,22})[a-z0-9]", re.IGNORECASE)
_SENTENCE = re.compile(r"[^.!?\n]+[.!?\n]*")
_AROUND = re.compile(
    r"\b(?:my|the|our|this|here|is|invite|invitation|access|code|no|number|it's|its)\b|[:=#*]", re.IGNORECASE
)
_COURTESY = re.compile(
    r"^\W*(?:(?:hi|hello|hey|good|morning|afternoon|evening|there|thanks?|thank|you|thx|tq|boss|please|pls|and|ok)\W*)*$",
    re.IGNORECASE,
)


def invite_in(scene: Scene, text: str) -> tuple[str | None, str]:
    """The valid invite code that a short text carries, and the words that say anything else; (None, text) if none."""
    invites = scene.reference.directory.invites
    if not invites or len(text) > _LONGEST or _tried_too_often(scene):
        return None, text
    words = _MAY_BE_CODE.findall(text)[:_MOST_TRIED]
    found, code = next(((w, c) for w in words for c in (w.upper(), _plain(w)) if c in invites), ("", None))
    if code is None:
        return None, text
    rest = [part if found not in part else _without(part, found) for part in _SENTENCE.findall(text)]
    return code, "".join(part for part in rest if not _COURTESY.match(part)).strip()


def _without(sentence: str, code: str) -> str:
    """What else a sentence orders besides naming the code."""
    rest = _AROUND.sub("", sentence.replace(code, "")).strip()
    return f"{rest} " if any(c.isdigit() for c in rest) else ""


def use_invite(scene: Scene, command: UseInvite) -> None:
    """Link the sender to the code's outlet, which the chat then orders for. A link there is spends no use."""
    scene.about(Intent.ACCOUNT)
    if _tried_too_often(scene):
        scene.said.append(wording.TOO_MANY_CODES)
        return
    code = _by_plain_code(scene.reference.directory.invites).get(_plain(command.code))
    if code is None:
        _refuse(scene)
        return
    scene.session.wrong_codes, scene.session.wrong_codes_since = 0, None
    outlet = scene.reference.directory.invites[code]
    linked = outlet in own_outlets(scene) or (scene.sender, outlet) in scene.links
    if not linked:
        scene.invites_used.append(code)
        scene.links.append((scene.sender, outlet))
    if not linked or scene.session.outlet != outlet or scene.session.claimed:
        set_outlet(scene, outlet, claimed=False)
        scene.welcomes = True
    elif not scene.links:
        scene.closing.append(wording.outlet_known(scene.reference.directory.outlets[outlet].name))


def _refuse(scene: Scene) -> None:
    session = scene.session
    if session.wrong_codes == 0 or session.wrong_codes_since is None or scene.now - session.wrong_codes_since > _FOR:
        session.wrong_codes, session.wrong_codes_since = 0, scene.now
    session.wrong_codes += 1
    known = scene.outlet is not None and not session.claimed
    scene.said.append(wording.code_not_needed(scene.outlet.name) if known and scene.outlet else wording.WRONG_CODE)


def _tried_too_often(scene: Scene) -> bool:
    session = scene.session
    since = session.wrong_codes_since
    return session.wrong_codes >= _MOST_WRONG and since is not None and scene.now - since <= _FOR


def _by_plain_code(invites: Mapping[str, str]) -> dict[str, str]:
    return {_plain(code): code for code in invites}


def _plain(code: str) -> str:
    """A code however it was typed: capitals, blanks and hyphens make no difference."""
    return "".join(c for c in code.upper() if c.isalnum())
