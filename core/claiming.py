"""Words and files that come right after a report of a bad delivery: what belongs to it, and what orders something."""

import re
from collections.abc import Sequence

from core.domain.commands import (
    Acknowledge,
    Add,
    AddToClaim,
    Agree,
    Ask,
    ClaimItem,
    Command,
    Complain,
    Greet,
    Received,
    Refuse,
    Remove,
    Thank,
    Unclear,
)
from core.domain.reminders import ClaimKind
from core.domain.sessions import Claiming
from core.flows import claims
from core.flows.scene import Scene
from core.understanding import cues
from core.understanding.burst import Burst
from core.understanding.context import Context

_ONLY = re.compile(r"\bonly\b.*\d")
_TOLD = re.compile(
    r"\b(?:only|just|but|except|received?|got|came|was|were|is|are|all|good|yes|no|ok|the|of)\b", re.IGNORECASE
)
_MAY_REPORT = (Acknowledge, Add, Agree, Ask, Complain, Greet, Refuse, Remove, Thank, Unclear)
_SMALL_TALK = (Acknowledge, Greet, Thank)


def as_report(
    scene: Scene, commands: Sequence[Command], texts: Sequence[str], context: Context, *, files: bool = False
) -> tuple[Command, ...]:
    """The commands, with those that tell more of the report put into it. What orders something stays an order.

    Right after the desk asked which item it was, or how many, goods alone are the answer: "2 packets of straws".
    """
    claiming = claims.live(scene)
    words = "\n".join(texts)
    answered = _answers_whether_it_came(scene, commands, words, context)
    if answered is not None:
        return (answered,)
    if claiming is None or not (commands or files) or ("?" in words and not files):
        return tuple(commands)
    answers = claiming.turn == scene.session.turns and not cues.ORDER_VERB.search(words.casefold())
    report = answers and cues.REPORT.search(words.casefold())  # "only 3 came"
    told = [c for c in commands if _tells(c, claiming, answers=answers) or (report and isinstance(c, Acknowledge))]
    rest = [c for c in commands if c not in told and not (files and isinstance(c, Acknowledge))]
    if not all(isinstance(c, _SMALL_TALK) for c in rest):
        told = [c for c in told if isinstance(c, Complain)]
        rest = [c for c in commands if c not in told]
    if not told and not files:
        return tuple(commands)
    items = [found for c in told if isinstance(c, Add) and (found := _delivered(c, claiming))]
    skus = tuple(dict.fromkeys(sku for found in items for sku in found))
    said = words if told else ""
    if skus and not claiming.skus:
        return (ClaimItem(claiming.order, ClaimKind(claiming.problem), skus, said, len(items)), *rest)
    return (AddToClaim(said), *rest)


def _answers_whether_it_came(scene: Scene, commands: Sequence[Command], words: str, context: Context) -> Command | None:
    """ "short of straws" where the desk has just asked whether a delivery arrived: a report, of the items it names."""
    order = claims.asked_about(scene)
    kind = claims.kind_of(words) or (ClaimKind.SHORT if _ONLY.search(words.casefold()) else None)
    if not order or kind is None or "?" in words or cues.ORDER_VERB.search(words.casefold()):
        return None
    if not all(isinstance(c, _MAY_REPORT) for c in commands) or not claims.is_about_goods(words):
        return None
    items = [i for i in Burst(context).read_text(_TOLD.sub(" ", claims.without_kind(words))) if i.match.skus]
    skus = tuple(dict.fromkeys(sku for item in items for sku in item.match.skus))
    return ClaimItem(order, kind, skus, words, len(items)) if skus else Received(order, kind)


def _tells(command: Command, claiming: Claiming, *, answers: bool) -> bool:
    """Whether a command orders and asks nothing; `answers`: the desk has just asked what there is to tell."""
    if isinstance(command, Ask):
        asks = cues.QUESTION_WORD.match(command.text) or not (command.lightly or cues.PAST.search(command.text))
        return not asks and all(_tells(c, claiming, answers=answers) for c in command.otherwise)
    if isinstance(command, Add):
        vague = command.wanted.amount is None and (not command.wanted.skus or bool(command.wanted.unexplained))
        return vague or (answers and bool(_delivered(command, claiming)))
    if isinstance(command, Complain):
        return claims.is_about_goods(command.said)
    return isinstance(command, Unclear) and (answers or not command.amount)


def _delivered(command: Add, claiming: Claiming) -> list[str]:
    """The products of an item that came with the delivery."""
    return [sku for sku in command.wanted.skus if any(sku == other for _, other in claiming.lines)]
