"""Who is ordering and what the packers should know: outlet names, invite codes, notes."""

from dataclasses import replace

from core.domain.commands import AddNote, Command, NameOutlet, Status, SwitchOutlet, UseInvite
from core.understanding import cues
from core.understanding.burst import Burst
from core.understanding.clauses import Clause
from core.understanding.dates import find_when
from core.understanding.listing import deliver_commands
from core.understanding.outlet_names import Named
from core.understanding.spelling import stem
from core.understanding.tokens import Kind


def without_outlet(burst: Burst, clause: Clause) -> tuple[Clause, list[Command]]:
    """The clause without an outlet's name, and the command of naming it where that is news."""
    named = burst.context.outlets.find(
        clause.tokens, 1 if burst.context.outlets.own and not burst.context.linked else 2
    ) or _another_of_own(burst, clause)
    phrase = cues.OUTLET.match(clause.text) or cues.SWITCH_TO.match(clause.text)
    if named is None:
        return _unknown_outlet(burst, clause, bool(cues.OUTLET_FIRM.search(clause.text)))
    led = named.start > 0 and clause.tokens[named.start - 1].text in ("for", "to", "at", "from", "outlet")
    if not named.complete and not phrase and not led and burst.any_amount(clause):
        return clause, []
    start, end = named.start, named.end
    lead = frozenset(
        "my our the outlet is this it's its i'm im from we we're for at here ordering order deliver delivery to branch shop store name : - calling am are".split()
    )
    while start and clause.tokens[start - 1].text in lead:
        start -= 1
    while end < len(clause.tokens) and clause.tokens[end].text in (
        "outlet",
        "branch",
        "here",
        ":",
        "-",
        ",",
        "shop",
    ):
        end += 1
    rest = (*clause.tokens[:start], *clause.tokens[end:])
    if (
        phrase
        and not any(t.kind in (Kind.NUMBER, Kind.MEASURE) for t in rest)
        and not any(t.text in (",", "\n") for t in rest)
    ):
        rest = ()
    said = " ".join(t.text for t in clause.tokens[named.start : named.end])
    text = " ".join(t.text for t in rest)
    return Clause(rest, text, clause.asks, clause.breaks), [NameOutlet(said, named.codes)]


def _another_of_own(burst: Burst, clause: Clause) -> Named | None:
    """ "for Bugis instead", "2 ctn cups for bugis": one word is enough where nothing else can be meant."""
    if not (burst.context.outlets.own and burst.context.outlets.several):
        return None
    named = burst.context.outlets.find(clause.tokens, 1)
    if named is None or len(named.codes) > 1 or named.start == 0:
        return None
    before = clause.tokens[named.start - 1].text
    ends = all(t.text in _AFTER_OUTLET for t in clause.tokens[named.end :])
    goods = any(burst.index.names(stem(t.text)) for t in clause.tokens[named.start : named.end])
    switches = cues.SWITCH_TO.match(clause.text) is not None
    return named if ends and (switches or (before in ("for", "to", "at") and not goods)) else None


_AFTER_OUTLET = frozenset("outlet branch shop one instead now this time pls please lah ah ok today thanks".split())


def _unknown_outlet(burst: Burst, clause: Clause, firm: bool) -> tuple[Clause, list[Command]]:
    if burst.context.linked and cues.SWITCH_TO_UNKNOWN.match(clause.text):
        return Clause((), "", False, clause.breaks), [SwitchOutlet()]
    found = cues.OUTLET.match(clause.text)
    if not found or burst.context.linked or not firm or burst.any_amount(clause):
        return clause, []
    name = found.group("name")
    if any(i.match.skus and not i.match.unexplained for i in burst.read_text(name)):
        return clause, []
    return Clause((), "", False, clause.breaks), [NameOutlet(name, ())]


def invite(burst: Burst, clause: Clause) -> list[Command] | None:
    if burst.context.linked and "code" not in clause.text and "invit" not in clause.text:
        return None
    found = cues.INVITE.search(clause.text)
    if not found:
        return None
    code = found.group("grouped") or found.group("code") or found.group("bare")
    if (
        not code
        or burst.index.skus.get(code)
        or not any(c.isdigit() for c in code)
        or not any(c.isalpha() for c in code)
        or burst.index.has_measure(code)
    ):
        return None
    return [UseInvite(code.upper())]


def order_reference(burst: Burst, clause: Clause) -> list[Command] | None:
    """A clause about an order by its number that is no cancelling: the order is shown, or said not to be found."""
    code = next((t.text for t in clause.tokens if t.kind is Kind.CODE), "")
    if not cues.ORDER_NUMBER.match(code) or not cues.ABOUT_ORDER.search(clause.text):
        return None
    return [Status(code.split()[-1].lstrip("#:").upper())]


def note(burst: Burst, clause: Clause) -> list[Command] | None:
    found = cues.NOTE.match(clause.text)
    if found:
        if any(i.amount and i.match.head and not i.match.unexplained for i in burst.read(clause.tokens)):
            return None
        when = find_when(list(clause.tokens), burst.context.now.date(), burst.index.names)
        return [
            *deliver_commands(burst, replace(when, window=None) if not when.days else when),
            AddNote(cues.NOTE_LABEL.sub("", found.group("note"))),
        ]
    kept = [t for t in clause.tokens if t.kind in (Kind.CODE, Kind.PHONE, Kind.PLACE)]
    if kept and not burst.read([t for t in clause.tokens if t not in kept]):
        return [AddNote(clause.text)]
    return None
