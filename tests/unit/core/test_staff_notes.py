"""Which notes of a turn become jobs for the staff."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from core.domain.messages import ChatRef, Inbound
from core.domain.sessions import Session
from core.flows.scene import Scene, StaffNote
from core.flows.staff import staff_jobs
from core.ports import OpenTurn, Waiting
from tests.eval.playing import RULES, reference_of

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=ZoneInfo("Asia/Singapore"))
ANN = ChatRef("whatsapp", "+6591230001")


@pytest.mark.parametrize(("staff_room", "told"), [(True, ["order", "handoff", "message"]), (False, ["handoff"])])
def test_without_a_staff_room_only_what_needs_somebody_is_told(staff_room: bool, told: list[str]) -> None:
    turn = OpenTurn("t1", 7, ANN, "me", 1, (Waiting(1, Inbound(ANN, "m1", "agent", NOW), 1),), None, 1)
    rules = replace(RULES, staff_room=staff_room)
    scene = Scene(Session(), reference_of("sample"), rules, NOW, ANN.sender, ANN.channel)
    scene.notes += [StaffNote("order", order="RS-10001"), StaffNote("handoff"), StaffNote("message")]

    jobs = staff_jobs(turn, scene)

    assert [job.payload["about"] for job in jobs] == told
    assert len({job.key for job in jobs}) == len(jobs)
