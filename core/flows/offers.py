"""Buttons on push channels: what a tap means while its button stands for what is shown, and that it is old later.

A provider gets short tokens for ids. Only the choices shown last are remembered, with a digest of the order they
were shown with, so that an old Confirm never places another order than the one above it. Buttons that last
(`lasting`) are another matter: they keep their ids, and leave the others' tokens as they were.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

from core.domain.commands import Command, OldButton
from core.domain.messages import Choice
from core.domain.sessions import Offer
from core.flows import lasting
from core.flows.ordering import CONFIRM
from core.flows.scene import Scene

_WIRE = re.compile(r"([0-9a-f]{8}):(\d{1,2})")
_DOUBLE_TAP = timedelta(minutes=2)
# Choices that change nothing and mean the same at any time.
_ALWAYS = ("agent", "show ")


def offer(scene: Scene, turn_id: str, choices: Sequence[Choice]) -> tuple[Choice, ...]:
    """The choices under the ids that go out; the session remembers what they stand for."""
    if not choices:
        return ()
    lasting_ids = {c.id for c in choices if lasting.lasts(c.id)}
    if lasting_ids:
        lasting_ids.add(lasting.AGENT)
    if {c.id for c in choices} <= lasting_ids:
        return tuple(choices)
    token = sha256(turn_id.encode()).hexdigest()[:8]
    scene.session.offer = Offer(token, tuple(c.id for c in choices), _digest(scene))
    return tuple(c if c.id in lasting_ids else replace(c, id=f"{token}:{n}") for n, c in enumerate(choices))


def tapped(scene: Scene, wire: str) -> str | Command | None:
    """The real id of a tapped choice, or what a lasting one means; OldButton when it stands no more.

    None for a double tap.
    """
    session = scene.session
    again = session.tapped == wire and session.tapped_at is not None and scene.now - session.tapped_at <= _DOUBLE_TAP
    if again:
        return None
    session.tapped, session.tapped_at = wire, scene.now
    command = lasting.tapped(wire)
    if command is not None:
        return command
    real = _stands_for(scene, wire)
    live = real is not None and _is_live(scene, real)
    return real if live and real is not None else OldButton(real == CONFIRM)


def _stands_for(scene: Scene, wire: str) -> str | None:
    found, current = _WIRE.fullmatch(wire), scene.session.offer
    if not found or current is None or found[1] != current.token or int(found[2]) >= len(current.choices):
        return None
    return current.choices[int(found[2])]


def _is_live(scene: Scene, choice: str) -> bool:
    """Whether what the choice was shown with is still there: its question, or the order as it was."""
    session = scene.session
    if choice.startswith(_ALWAYS) or lasting.meaning(choice) is not None:
        return True
    question, _, place = choice.rpartition(":")
    for pending in session.questions:
        if pending.id == question:
            return place.isdigit() and int(place) < len(pending.options)
    return not _names_question(choice) and session.offer is not None and session.offer.digest == _digest(scene)


def _names_question(choice: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{16}:\d+", choice) is not None


def _digest(scene: Scene) -> str:
    """The order as the customer sees it, prices included."""
    shown = replace(scene.priced(scene.draft), draft_id="")
    return sha256(repr(shown).encode()).hexdigest()[:16]
