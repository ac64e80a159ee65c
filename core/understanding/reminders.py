"""Reminders in words: "stop reminders", "don't remind me about the cut off", "remind me when invoices are overdue".

Only a clause that says nothing else is one: what goes on ("... and 2 ctn straws") is read as what it is.
"""

import re
from collections.abc import Iterator

from core.domain.commands import Acknowledge, Command, RemindLater, SetReminders
from core.domain.reminders import ReminderKind
from core.understanding import cues
from core.understanding.clauses import Clause, cut

_POLITE = (
    r"(?:(?:hi|hello|hey|boss|bro|pls|plz|please|kindly|ok|okay|oh|eh|sorry|and|also|so|actually|no|yes|thanks|thank you|thx|"
    r"can|could|may|would|will|you|u|ya|we|i|want|wan|like|to|help|just|now|for now|from now on|already|liao|la+h?|leh|hor|"
    r"ah|again|anymore|any more|at all|first|guys|me|us|it's ok)\W+)*"
)
_END = r"(?:\W+(?:pls|plz|please|thanks|thank you|thx|tks|la+h?|leh|already|liao|again|anymore|any more|at all|now|boss|ok|okay|from now on|for now|can|hor|ah|first|too|also|here|to me|to us|me|us))*\W*"
_WHOSE = r"(?:(?:the|your|ur|ya|these|those|this|all|any|such|more|of|sending|send|giving|getting|receiving|me|us|my|our|auto|automatic|daily)\W+)*"
_REMINDERS = r"(?:reminders?|reminder (?:messages?|msgs?|texts?|notifications?))"
_OFF = (
    r"(?:stop|no more|turn off|switch off|off|cancel|disable|mute|end|unsubscribe(?: from)?|opt out of|quit|remove|"
    r"don'?t (?:want|need|send|give)|do not (?:want|need|send|give)|dun (?:want|need|send)|no need(?: for| to send| to give)?|"
    r"enough(?: of| with)?|too many|no)"
)
_NEVER = r"(?:don'?t|do not|dun|no need(?: to)?|stop|never|not need to|need not|don'?t need to)"
_ON = (
    r"(?:turn on|switch on|turn back on|on|start|restart|resume|enable|activate|want|need|like|get|have|send|give|bring back|subscribe to|"
    r"opt in(?: to| for)?)"
)
_ABOUT = r"(?:(?:about|of|for|on|when|before|if|once|regarding|to|that|abt)\W+)?"

_SETS_OFF = re.compile(
    rf"^\W*{_POLITE}(?:{_OFF}\W+{_WHOSE}(?P<what>[\w' -]*?)\s*{_REMINDERS}(?:\W+{_ABOUT}(?P<what2>[\w' -]+?))??|"
    rf"{_REMINDERS}\W+(?:(?:pls|please|to be|should be|all)\W+)*(?:off|stop|no need))(?:{_END})$"
)
_NEVER_REMINDS = re.compile(
    rf"^\W*{_POLITE}{_NEVER}\W+(?:keep\W+)?remind(?:ing)?\W+(?:me|us)(?:\W+{_ABOUT}(?P<what>[\w' -]+?))??(?:{_END})$"
)
_SETS_ON = re.compile(
    rf"^\W*{_POLITE}(?:{_ON}\W+{_WHOSE}(?P<what>[\w' -]*?)\s*{_REMINDERS}(?:\W+{_ABOUT}(?P<what2>[\w' -]+?))??|"
    rf"{_REMINDERS}\W+(?:(?:pls|please|to be|should be|all|back)\W+)*on)(?:{_END})$"
)
_TURNS = re.compile(
    rf"^\W*{_POLITE}(?:turn|switch)\W+{_WHOSE}(?P<what>[\w' -]*?)\s*{_REMINDERS}\W+(?:back\W+)?(?P<how>on|off)(?:{_END})$"
)
_REMIND_ME = re.compile(rf"^\W*{_POLITE}remind\W+(?:me|us)\b(?P<rest>.*)$")
_GOT = re.compile(
    rf"^\W*{_POLITE}(?:(?:just|have)\W+)?(?:got|saw|seen|received|read|noted)\W+(?:it\W+)?{_WHOSE}{_REMINDERS}(?:{_END})$"
)
_AND_MORE = re.compile(
    r"^(?P<head>.*?\bremind(?:ers?|ing)\b[^,;]*?)\s*(?:,|\b(?:and|but|then)\b)\s*(?P<tail>.+)$", re.DOTALL
)
_MORE_AND = re.compile(
    r"^(?P<head>.+)(?:,|\b(?:and|but|then|also)\b)\s*(?P<tail>.*\bremind(?:ers?|ing)?\b.*)$", re.DOTALL
)
# "remind me what the cut off is", "remind me when is delivery": what is asked is in the rest.
_ASKS = re.compile(
    r"^\W*(?:again\W+)?(?:what|which|who|whom|whose|why|how|where|whether|wat|whats|what's|"
    r"when(?:'s| is| are| do| does| did| will| can)\b|if (?:i|we|you|u)\b)"
)
_KINDS: tuple[tuple[re.Pattern[str], tuple[ReminderKind, ...]], ...] = (
    (
        re.compile(
            r"\b(?:overdue|over due|invoices?|bills?|payments?|paying|pay|money|owe|owing|outstanding|statements?)\b"
        ),
        (ReminderKind.OVERDUE,),
    ),
    (
        re.compile(
            r"\b(?:cut ?-?offs?|closing|close|closes|deadlines?|ordering time|order time|last order|to order)\b"
        ),
        (ReminderKind.CUT_OFF,),
    ),
    (
        re.compile(
            r"\b(?:drafts?|unconfirmed|un-confirmed|unfinished|open orders?|not confirmed|not placed|unplaced|pending orders?|"
            r"confirm|cart|basket|incomplete)\b"
        ),
        (ReminderKind.DRAFT,),
    ),
    (
        re.compile(
            r"\b(?:received|receive|arrived|arrive all right|arrival|delivered|feedback|whether .* (?:came|arrived))\b"
        ),
        (ReminderKind.RECEIVED,),
    ),
    (
        re.compile(r"\b(?:tomorrow'?s?|tmr'?s?|tmrw'?s?) (?:deliver\w*)\b|\bdeliver\w* tomorrow\b"),
        (ReminderKind.DELIVERY_TOMORROW,),
    ),
    (re.compile(r"\b(?:today'?s?) (?:deliver\w*)\b|\bdeliver\w* today\b"), (ReminderKind.DELIVERY_TODAY,)),
    (
        re.compile(r"\b(?:deliver(?:y|ies)|delivering)\b"),
        (ReminderKind.DELIVERY_TOMORROW, ReminderKind.DELIVERY_TODAY),
    ),
)
_SAYS_NOTHING = frozenset(
    "the a an my our your ur is are was gets get it that this those these any about of for on i we me us all everything such "
    "order orders ordering when before if near coming up soon late due become becomes have got day days every each again day's "
    "message messages msg msgs text texts notification notifications and or".split()
)


def about_reminders(clause: Clause) -> list[Command] | None:
    """What a clause says about being reminded; None where it says something else, or more."""
    text = clause.text
    if not cues.REMINDS.search(text):
        return None
    if _GOT.match(text):
        return [Acknowledge()]
    turned = _TURNS.match(text)
    if turned:
        return _set(turned["what"], on=turned["how"] == "on")
    for pattern, on in ((_SETS_OFF, False), (_NEVER_REMINDS, False), (_SETS_ON, True)):
        found = pattern.match(text)
        if found:
            said = " ".join(filter(None, found.groupdict().values()))
            return _set(said, on=on)
    asked = _REMIND_ME.match(text)
    if asked is None or _ASKS.match(asked["rest"]):
        return None
    return _asked_to_remind(asked["rest"])


def parted(clause: Clause) -> tuple[Clause, ...]:
    """ "stop reminders and 2 bundles of boxes" in two: what is said of reminders, and the rest."""
    if not cues.REMINDS.search(clause.text) or about_reminders(clause) is not None:
        return (clause,)
    for pattern, ours in ((_AND_MORE, 0), (_MORE_AND, 1)):
        found = pattern.match(clause.text)
        parts = tuple(cut(clause, *found.span(name)) for name in ("head", "tail")) if found else ()
        if parts and all(part.tokens for part in parts) and about_reminders(parts[ours]) is not None:
            return parts
    return (clause,)


def _set(said: str, *, on: bool) -> list[Command] | None:
    """On or off for the kinds that are named; None where the words name what is none of them."""
    kinds = tuple(dict.fromkeys(_kinds(said)))
    if not kinds and _left(said):
        return None
    return [SetReminders(on, kinds)]


def _asked_to_remind(rest: str) -> list[Command]:
    """ "remind me when invoices are overdue" is a kind of ours; "remind me tmr to order" is an appointment."""
    kinds = tuple(dict.fromkeys(_kinds(rest)))
    when = re.match(r"\W*(?:again\W+)?(?:when|before|if|once|about|of|on|for|whenever|every time)\b", rest)
    if kinds and when and not _left(rest):
        return [SetReminders(True, kinds)]
    return [RemindLater()]


def _kinds(said: str) -> Iterator[ReminderKind]:
    for pattern, kinds in _KINDS:
        if pattern.search(said):
            yield from kinds
            said = pattern.sub(" ", said)


def _left(said: str) -> list[str]:
    """The words that no kind and no filler explains."""
    for pattern, _ in _KINDS:
        said = pattern.sub(" ", said)
    return [word for word in re.findall(r"[\w']+", said) if word not in _SAYS_NOTHING]
