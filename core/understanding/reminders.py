"""Reminders in words: "stop reminders", "don't remind me about the cut off", "which reminders do we get?".

Only a clause that says nothing else is one: what goes on ("... and 2 ctn straws") is read as what it is.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from core.domain.commands import Acknowledge, AskReminders, Command, PauseReminders, RemindLater, SetReminders
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
    r"enough(?: of| with)?|too many|no|pause|snooze|suspend|silence|delete|take (?:me|us) off|remove (?:me|us) from)"
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
_A_WHILE = (
    r"(?:(?:for|until|till|til|on|over|during|just|only)\W+)*(?:today|tonight|tmr|tmrw|tomorrow|"
    r"(?:(?:the\W+)?rest\W+of\W+)?(?:this|next|the|a|an|one)\W+(?:day|week|weekend|month|morning|afternoon|evening|hour|while)|"
    r"(?:a\W+)?(?:few|couple\W+of|\w+)\W+(?:days?|hours?|hrs?|weeks?)|"
    r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?)"
)
_PAUSES = re.compile(
    rf"^\W*{_POLITE}(?:{_OFF}\W+{_WHOSE}[\w' -]*?\s*{_REMINDERS}|{_NEVER}\W+(?:keep\W+)?remind(?:ing)?\W+(?:me|us)|"
    rf"(?:mute|snooze|silence)(?:\W+(?:me|us|it|this|you|(?:the\W+)?chat|notifications?|messages?))?)"
    rf"\W+{_A_WHILE}(?:{_END})$"
)
_WHICH = re.compile(
    r"^\W*(?:(?:hi|hello|hey|boss|ok|okay|and|so|also|pls|please|btw|can|could|may|you|u|i|we|just|me)\W+)*"
    r"(?:what(?:'?s|\W+kinds?|\W+sorts?|\W+types?)?|wat|which|how\W+many|(?:do|does|are|is)\W+(?=you|u\b|ya|we|i\b|our|my|the|reminders?|there|any)|"
    r"will\W+(?=i\b|we\b|our|my|there)|any|show|see|list|tell\W+(?:me|us)\W+(?:what|which|about))\b(?P<rest>.*)$"
)
_REMIND_ME = re.compile(rf"^\W*{_POLITE}remind\W+(?:me|us)\b(?P<rest>.*)$")
_REMIND_AGAIN = re.compile(
    rf"^\W*{_POLITE}(?:(?:re)?start\W+reminding\W+(?:me|us)|resume\W+reminding\W+(?:me|us)|remind\W+(?:me|us)\W+again)(?:{_END})$"
)
_NOT_REMINDED = re.compile(rf"^\W*{_POLITE}(?:don'?t|do not|dun)\W+(?:want|need|like)\W+to\W+be\W+reminded(?:{_END})$")
_NEVER_ASKS = re.compile(
    rf"^\W*{_POLITE}{_NEVER}\W+(?:keep\W+)?ask(?:ing)?\W+(?:(?:me|us)\W+)?(?:if|whether|about|abt)\W+(?P<what>[\w' -]+?)(?:{_END})$"
)
_NO_MESSAGES = re.compile(
    rf"^\W*{_POLITE}(?:(?:stop|quit)\W+(?:spamming|messaging|texting|disturbing|bothering|pinging)|"
    rf"(?:stop|quit|no more)\W+{_WHOSE}(?:so many\W+)?(?:spam|auto messages?|automatic messages?|messages?|msgs?|texts?|notifications?))"
    rf"(?:{_END})$"
)
_GOT = re.compile(
    rf"^\W*{_POLITE}(?:(?:just|have)\W+)?(?:got|saw|seen|received|read|noted)\W+(?:it\W+)?{_WHOSE}{_REMINDERS}(?:{_END})$"
)
_IT = r"\b(?:remind(?:ers?|ing)|stop (?:spamming|messaging|texting|disturbing|bothering|pinging)|messages?|msgs?)\b"
_SPEAKS_OF_IT = re.compile(rf"{cues.REMINDS.pattern}|{_IT}")
_AND_MORE = re.compile(rf"^(?P<head>.*?{_IT}[^,;]*?)\s*(?:,|\b(?:and|but|then)\b)\s*(?P<tail>.+)$", re.DOTALL)
_MORE_AND = re.compile(
    rf"^(?P<head>.+)(?:,|\b(?:and|but|then|also)\b)\s*(?P<tail>.*(?:\bremind\b|{_IT}).*)$", re.DOTALL
)
# "remind me what the cut off is", "remind me when is delivery": what is asked is in the rest.
_ASKS = re.compile(
    r"^\W*(?:again\W+)?(?:what|which|who|whom|whose|why|how|where|whether|wat|whats|what's|"
    r"when(?:'s| is| are| do| does| did| will| can)\b|if (?:i|we|you|u)\b)"
)
_KINDS: tuple[tuple[re.Pattern[str], tuple[ReminderKind, ...]], ...] = (
    (
        re.compile(
            r"\b(?:overdue|over due|unpaid|invoices?|bills?|payments?|paying|pay|money|owe|owing|outstanding|statements?)\b"
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
            r"\b(?:received|receive|arrived?|arrive all right|arrival|delivered|feedback|came|whether .* (?:came|arrived))\b"
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
_EVERYWHERE = re.compile(
    r"\W+(?:for|at|to|of|in)\W+(?:both|all|every|each)\W+(?:of\W+)?(?:(?:the|my|our)\W+)?"
    r"(?:outlets?|shops?|stores?|branch(?:es)?|kitchens?|places?|locations?)\b"
)
_ASKS_NOTHING_ELSE = frozenset(
    "what which kind kinds sort sorts type types do does did you u ya will can have has had send sends sent sending receive "
    "give there on off active activated enabled set setup up turned switched subscribed signed currently automatic auto "
    "outlet outlets shop shops am be being from pls please boss la lah ah leh hor now right".split()
)
_SAYS_NOTHING = frozenset(
    "the a an my our your ur is are was gets get it that this those these any about of for on i we me us all everything such "
    "order orders ordering goods when before if near coming up soon late due become becomes have got day days every each again day's "
    "message messages msg msgs text texts notification notifications and or".split()
)


def about_reminders(clause: Clause) -> list[Command] | None:
    """What a clause says about being reminded; None where it says something else, or more."""
    text, everywhere = _EVERYWHERE.subn("", clause.text)
    said = _about(text)
    if not everywhere or said is None:
        return said
    return [replace(c, outlet="*") if isinstance(c, SetReminders | AskReminders) else c for c in said]


def _about(text: str) -> list[Command] | None:
    """The same of its words, those about outlets left out."""
    if _PAUSES.match(text):
        return [PauseReminders()]
    if not cues.REMINDS.search(text):
        return _about_messages(text)
    if _asks_which(text):
        return [AskReminders()]
    if _GOT.match(text):
        return [Acknowledge()]
    if _REMIND_AGAIN.match(text):
        return [SetReminders(True)]
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


def _about_messages(text: str) -> list[Command] | None:
    """ "stop messaging me", "stop asking me if it arrived": reminders are all that comes unasked."""
    if _NO_MESSAGES.match(text) or _NOT_REMINDED.match(text):
        return [SetReminders(False)]
    asks = _NEVER_ASKS.match(text)
    if asks is None:
        return None
    kinds = tuple(dict.fromkeys(_kinds(asks["what"])))
    if ReminderKind.RECEIVED in kinds:  # "if the delivery arrived"
        kinds = (ReminderKind.RECEIVED,)
    return [SetReminders(False, kinds)] if kinds and not _left(asks["what"]) else None


def parted(clause: Clause) -> tuple[Clause, ...]:
    """ "stop reminders and 2 bundles of boxes" in two: what is said of reminders, and the rest."""
    if not _SPEAKS_OF_IT.search(clause.text) or about_reminders(clause) is not None:
        return (clause,)
    for pattern, ours in ((_AND_MORE, 0), (_MORE_AND, 1)):
        found = pattern.match(clause.text)
        parts = tuple(cut(clause, *found.span(name)) for name in ("head", "tail")) if found else ()
        if parts and all(part.tokens for part in parts) and about_reminders(parts[ours]) is not None:
            return parts
    return (clause,)


def _asks_which(text: str) -> bool:
    """ "what reminders do we get", "do you remind us about the cut off?", and nothing else."""
    found = _WHICH.match(text)
    return found is not None and all(
        cues.REMINDS.fullmatch(word) or word in _ASKS_NOTHING_ELSE for word in _left(found["rest"])
    )


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
