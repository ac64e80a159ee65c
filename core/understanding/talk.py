"""Small talk, plain words, grievances and maybes: clauses that order nothing."""

import re
from collections.abc import Callable
from dataclasses import replace

from core.domain.commands import (
    Acknowledge,
    Add,
    Agree,
    Ask,
    AskOutlet,
    CallPerson,
    Cancel,
    Clear,
    Command,
    Complain,
    Confirm,
    Drop,
    Greet,
    Help,
    Hold,
    Menu,
    Refuse,
    Show,
    SwitchOutlet,
    Thank,
    Unclear,
    Undo,
)
from core.understanding import cues
from core.understanding.answers import NO, YES
from core.understanding.burst import NOISE, SMALL, Burst
from core.understanding.clauses import Clause
from core.understanding.lexicon import WINDOWS
from core.understanding.spelling import stem
from core.understanding.tokens import Kind
from core.understanding.wanted import wanted_of

_MOST_NAMED = 40
_GREETINGS = frozenset({"morning", "afternoon", "evening"})
_POLITE_START = "|".join(map(re.escape, sorted(SMALL - _GREETINGS - {"sorry"})))
_POLITE_END = "|".join(map(re.escape, sorted(SMALL - _GREETINGS - {"day"})))
_EDGE = re.compile(rf"^(?:(?:{_POLITE_START})\b[ ,!.]*)+(?=\S)")
_TAIL = re.compile(rf"(?<=\S)(?:[ ,!.]+(?:{_POLITE_END})\b)+$")


def _without_courtesy(text: str) -> str:
    """ "ok boss agent pls" as "agent"; a text of nothing but courtesy stays."""
    bare = _TAIL.sub("", _EDGE.sub("", text))
    return bare or text


def small_talk(burst: Burst, clause: Clause) -> list[Command] | None:
    words = [t.text for t in clause.tokens if t.kind is Kind.WORD]
    if any(t.kind not in (Kind.WORD, Kind.SYMBOL) for t in clause.tokens):
        return None
    if not words:
        return [] if not clause.asks else [Help()]
    rest = [w for w in words if w not in SMALL]
    if set(words) & YES and not [w for w in words if w not in SMALL | YES | {"that", "it", "is", "all"}]:
        return [Agree()] if not cues.THANKS.search(clause.text) else [Thank()]
    if set(words) & NO and not [w for w in words if w not in SMALL | NO]:
        return [Refuse()]
    if not rest or rest == ["there"]:
        if cues.THANKS.search(clause.text):
            return [Thank()]
        if cues.GREETING.match(clause.text) and not (burst.drafting and words[0] in WINDOWS):
            return [Greet()]
        return None if set(words) & set(WINDOWS) and burst.drafting else [Acknowledge()]
    if cues.THANKS.search(clause.text) and not cues.REPORT.search(clause.text) and not burst.any_product(clause):
        return [Thank()] if all(w in NOISE | {"help", "advance"} for w in rest) else None
    if (
        cues.GREETING.match(clause.text)
        and all(w in NOISE | {"how", "eat", "eaten", "makan"} for w in rest)
        and len(words) <= 6
        and not _means_order(burst, clause)
    ):
        return [Greet()] if not (burst.drafting and set(words) & set(WINDOWS)) else None
    return None


def _means_order(burst: Burst, clause: Clause) -> bool:
    return bool(cues.ORDER_VERB.search(clause.text) or cues.QUESTION_WORD.match(clause.text))


# Whole clauses that say one thing, in the order in which they are tried.
_PHRASES: tuple[tuple[re.Pattern[str], Callable[[], Command]], ...] = (
    (cues.HELP, Help),
    (cues.SWITCH_OUTLET, SwitchOutlet),
    (cues.WHICH_OUTLET, AskOutlet),
    (cues.UNDO, Undo),
    (cues.DONE, Show),
    (cues.CONFIRM, Confirm),
    (cues.CLEAR, Clear),
    (cues.NEVER_MIND, Drop),
)


def plain_words(burst: Burst, clause: Clause) -> list[Command] | None:
    """Whole-clause phrases: confirm, cancel, cart, menu, help, person, ..."""
    text = _without_courtesy(clause.text.strip(" .!,?"))
    code = code_in(burst, clause)
    if code and cues.CANCEL_WORD.search(text) and not burst.any_product(clause):
        return [Cancel(code, True)]
    if cues.PERSON.search(text):
        return [CallPerson(text)]
    for pattern, command in _PHRASES:
        if pattern.match(text):
            return [command()]
    amount = burst.any_amount(clause)
    if not amount and cues.HOLD.search(text):
        return [Hold()]
    if not burst.any_product(clause) and cues.CANCEL.search(text):
        return [Cancel(code, order=bool(code) or "order" in text)]
    if cues.SHOW.search(text) or (cues.SUM.search(text) and not any(i.amount for i in burst.read(clause.tokens))):
        return [Show()]
    if not amount and cues.REST_SAME.search(text):
        return []
    if cues.MENU.search(text) and not burst.any_amount(clause):
        return [Menu()]
    return None


def code_in(burst: Burst, clause: Clause) -> str | None:
    code = next((t.text for t in clause.tokens if t.kind is Kind.CODE), None)
    return code.split()[-1].lstrip("#:").upper() if code else None


def trouble(burst: Burst, clause: Clause) -> list[Command] | None:
    """Complaints, and talk about what has been: neither orders anything."""
    text = clause.text
    wants = cues.REQUEST.match(text)
    if (
        cues.COMPLAINT.search(text)
        and not wants
        and not cues.REPEAT.search(text)
        and not _defect_is_product(burst, clause)
    ):
        return [Complain(text, _goods_named(burst, clause))]
    if cues.STOCK.search(text) and not wants and not cues.CONFIRM.match(text):
        return [Acknowledge()]
    if cues.REPORT.search(text) and not wants and not cues.REPEAT.search(text) and not cues.STATUS.search(text):
        if cues.PRICE.search(text) or cues.HAVE.search(text):
            return None
        if clause.asks:
            return [Ask(text)] if burst.any_amount(clause) and not cues.ORDER_VERB.search(text) else None
        if cues.THANKS.search(text):
            return [Thank()]
        goods = burst.any_amount(clause) and burst.any_product(clause)
        if goods and not cues.PAST_VERB.search(text):
            return None if cues.ORDER_VERB.search(text) else [Unclear(text)]
        return [Acknowledge()]
    return None


def _goods_named(burst: Burst, clause: Clause) -> tuple[str, ...]:
    """The products that a complaint may be about; which of them were delivered is known elsewhere."""
    return tuple(dict.fromkeys(sku for item in burst.read(clause.tokens) for sku in item.match.skus))[:_MOST_NAMED]


def _defect_is_product(burst: Burst, clause: Clause) -> bool:
    """A word such as "wet" or "loose" that names products here, in a clause that orders."""
    found = cues.COMPLAINT.search(clause.text)
    defect = cues.DEFECT_WORD.search(found.group()) if found else None
    if defect is None or not burst.index.names(stem(defect.group().split()[-1])):
        return False
    return not cues.PAST.search(clause.text) or bool(cues.ORDER_VERB.search(clause.text))


def hypothetical(burst: Burst, clause: Clause) -> list[Command] | None:
    """ "maybe 3 ctn", "if they come tomorrow": nothing is ordered on a maybe."""
    if not cues.CONDITIONAL.search(clause.text):
        return None
    items = burst.read(clause.tokens)
    named = [i for i in items if i.match.skus]
    if not named:
        return [Ask(clause.text)] if clause.asks else None
    if clause.asks or clause.text.startswith(("what about", "how about")):
        return None
    return [Add(replace(wanted_of(i, burst.index), sure=False)) for i in named]
