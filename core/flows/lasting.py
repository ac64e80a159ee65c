"""Buttons that mean the same at any time: their ids name what they are about, so that nothing has to be remembered.

They go out under those ids on every channel. Whoever sends one back is held to their own outlets by the flows, for an
id proves nothing. Telegram takes 63 bytes ("callback_data": 1-64); a longer id goes out as a token like all others.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date

from core.domain.claims import Claim
from core.domain.commands import (
    CallPerson,
    ChangeOrder,
    ClaimItem,
    Command,
    Heed,
    NotReceived,
    NotThisTime,
    OrderUsual,
    Received,
    SeeOrder,
    SetReminders,
)
from core.domain.reminders import ClaimKind, ReminderKind
from core.domain.sessions import Session

AGENT = "agent"
_ALL, _FINE, _NOT_FINE = "*", "fine", "no"
_LONGEST = 63

_YES = frozenset(
    "yes y ya yah yeah yea yep yup ok okay k kk okie can sure fine good great correct right alright".split()
)
_HEEDS = frozenset("noted received arrived got came".split())
_NO = frozenset("no n nope nah not".split())
_AROUND = frozenset(
    "all it that thats is was thanks thank you u thx tks ty tq boss bro pls please la lah liao already looks very "
    "everything we i well so hi hello just yet".split()
)


def received(order: str, problem: ClaimKind | None) -> str:
    """The id of how a delivery arrived."""
    return f"received:{order}:{problem.value if problem else _FINE}"


def not_received(order: str) -> str:
    """The id of "no" to whether it arrived."""
    return f"received:{order}:{_NOT_FINE}"


def claimed(claim: Claim) -> str:
    """The id of an item that something was wrong with."""
    return f"claim:{claim.order}:{claim.kind.value}:{claim.sku or _ALL}"


def usual(outlet: str, day: date) -> str:
    """The id of ordering the usual."""
    return f"usual:{day.isoformat()}:{outlet}"


def not_this_time(day: date) -> str:
    """The id of ordering nothing for a day."""
    return f"not now:{day.isoformat()}"


def see(order: str) -> str:
    """The id of showing an order."""
    return f"see:{order}"


def change(order: str) -> str:
    """The id of changing an order."""
    return f"change:{order}"


def reminders(outlet: str, kind: ReminderKind, *, on: bool) -> str:
    """The id of turning a kind of reminders on or off."""
    return f"reminders {'on' if on else 'off'}:{kind.value}:{outlet}"


def _received(order: str, how: str) -> Command:
    if how == _NOT_FINE:
        return NotReceived(order)
    return Received(order, None if how == _FINE else ClaimKind(how))


_READ: dict[str, Callable[[re.Match[str]], Command]] = {
    r"received:([^:]+):(\w+)": lambda m: _received(m[1], m[2]),
    r"claim:([^:]+):(\w+):(.+)": lambda m: ClaimItem(m[1], ClaimKind(m[2]), () if m[3] == _ALL else (m[3],)),
    r"usual:([\d-]+):(.+)": lambda m: OrderUsual(m[2], date.fromisoformat(m[1])),
    r"not now:([\d-]+)": lambda m: NotThisTime(date.fromisoformat(m[1])),
    r"see:([^:]+)": lambda m: SeeOrder(m[1]),
    r"change:([^:]+)": lambda m: ChangeOrder(m[1]),
    r"reminders (on|off):([^:]+):(.+)": lambda m: SetReminders(m[1] == "on", (ReminderKind(m[2]),), m[3]),
}


def meaning(choice: str) -> Command | None:
    """The command that an id stands for; None for an id that is none of these."""
    for pattern, command in _READ.items():
        found = re.fullmatch(pattern, choice)
        if found:
            with suppress(ValueError):
                return command(found)
    return None


def lasts(choice: str) -> bool:
    """Whether an id goes out as it is."""
    return len(choice.encode()) <= _LONGEST and meaning(choice) is not None


def tapped(choice: str) -> Command | None:
    """What a tapped button means; "agent" beside lasting buttons lasts as they do."""
    return CallPerson("asked for a person") if choice == AGENT else meaning(choice)


def said(text: str, session: Session) -> Command | None:
    """What words mean as an answer to what the desk said last by itself: an id, a title, a number, yes or no."""
    spoken, folded = session.spoken, text.strip().casefold().rstrip(".!)")
    direct = meaning(text.strip())
    if direct is not None or spoken is None:
        return direct
    by_title = {title.casefold(): choice for title, choice in spoken.choices}
    numbered = not (session.questions or session.offered) and folded.isascii() and folded.isdigit()
    if folded in by_title:
        return tapped(by_title[folded])
    if numbered and 1 <= int(folded) <= len(spoken.choices):
        return tapped(spoken.choices[int(folded) - 1][1])
    return _yes_or_no(folded, spoken.yes, spoken.no)


def _yes_or_no(text: str, yes: str, no: str) -> Command | None:
    words = set(re.findall(r"[^\W_]+", text.replace("'", "").replace("’", "")))
    if not words or not words <= _YES | _HEEDS | _NO | _AROUND:
        return None
    if words & _NO:
        return meaning(no) or Heed()
    if words & _YES:
        return meaning(yes) or Heed()
    if words & _HEEDS:
        return meaning(yes) if yes.startswith("received:") else Heed()
    return None
