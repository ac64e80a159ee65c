"""Which words are for the supplier's documents: questions that neither catalogue nor calendar nor orders explain.

Nothing is decided here. A question goes to the documents first, and what the order reader made of it is done where they
do not settle it. So a policy needs no rule of its own, and an order is never taken for a question.
"""

import re
from collections.abc import Sequence

from core.domain.commands import (
    Acknowledge,
    Add,
    Ask,
    AskDelivery,
    AskProduct,
    Cancel,
    Command,
    Complain,
    Deliver,
    Help,
    Hold,
    Menu,
    NameOutlet,
    Refuse,
    Remove,
    Show,
    Status,
    Unclear,
)
from core.understanding import cues
from core.understanding.burst import NOISE, Burst
from core.understanding.clauses import Clause
from core.understanding.lexicon import TODAY, TOMORROW, WEEKDAYS, WINDOWS
from core.understanding.spelling import stem
from core.understanding.tokens import Kind

# A clause that asks without a question mark: "can refund anot", "got redelivery fee or not", "must pay first ah".
_ASKS = re.compile(
    r"\b(?:anot|or not|ornot|can or not|is it|right|ah|arh|meh|hah|huh|hor)\W*$|"
    r"^\W*(?:(?:hi|hello|boss|eh|hey|and|ok|sorry|btw|also|so|but|wan|want|to|ask|wanna|may i|i|need|know|check)\W+)*"
    r"(?:what|wat|wad|whats|what's|how|hw|when|wen|where|which|who|why|is|are|do|does|did|can|could|may|will|would|must|"
    r"got|any|have|has|if|tell me|explain|policy|any)\b|\b(?:policy|policies|procedure|terms and conditions|how (?:to|do|long|much|many|soon|fast)|"
    r"what (?:if|happens?)|wat (?:if|happen)|is (?:it|there)|are there|can (?:i|we|you|u)|do (?:i|we|you|u|they)|must (?:i|we)|"
    r"should (?:i|we)|when (?:is|do|can|will|must))\b"
)
# Who says so tells something and asks nothing: "payment done already", "i will pay by cheque".
_TELLS = re.compile(
    r"\b(?:i|we|i'm|we're|i'll|we'll|im|my|our|us|done|already|liao|will|need|have|has|here|thanks?|noted|later|tmr|tomorrow)\b"
)
_WANTS_TO = re.compile(
    r"\b(?:i|we)(?:'d| would)? (?:want|wan|like|need|wanna|wish)(?: to)? (?:know|ask|open|apply|set|check|return|report|register|become)\b"
)
# Words of questions that say nothing of what is asked about.
_EMPTY = NOISE | frozenset(
    """what wat wad whats how hw when wen where which who whom why can could will would do does did is are am was has had have if
    may might must shall any anything got tell explain know ask check please available availability cheap cheaper price
    cost much many long kind type range option choice stock sell carry supply item product thing something u ur we i it be
    possible able there their your this that like good best better recommend suggest still currently now already every""".split()
)
# Words that the delivery calendar answers.
_CALENDAR = (
    frozenset(
        """deliver delivery deliveries date day time timing slot schedule earliest next soon soonest latest when arrive reach
        come cut off cutoff order by close closing before until till days window available deadline week""".split()
    )
    | frozenset(WEEKDAYS)
    | TODAY
    | TOMORROW
    | frozenset(WINDOWS)
)
# What a size guide or a comparison in the documents may add to the catalogue's rows.
_GUIDE = re.compile(
    r"\b(?:sizes?|sizez|measure\w*|dimensions?|inside|inner|outer|diameter|fits?|difference|which|suitable|material|made of|can|safe|okay|ok to)\b"
)
_SUPPOSES = re.compile(r"\b(?:if|when(?:ever)?|suppose|in case|what happens|policy)\b")
_WISHES = re.compile(
    r"^\W*(?:\w+\W+){0,3}?(?:cancel|void|call off)\b(?!.*\b(?:after|before|policy|fee|charge|until|how|late|if)\b)"
)


def ask_documents(burst: Burst, clause: Clause, said: Sequence[Command]) -> list[Command]:
    """What a clause says, with the documents asked first where it is a question that they may settle."""
    text, asks = clause.text, clause.asks or bool(_ASKS.search(clause.text))
    first = said[0] if len(said) == 1 else None
    if isinstance(first, Complain):
        return _grievance(text, first, asks)
    if first is None or not asks:
        return list(said)
    if isinstance(first, AskProduct):
        if _left(burst, clause, frozenset()):
            return [Ask(text, (first,))]
        return [first, Ask(text, beside=True)] if _GUIDE.search(text) and not first.price else [first]
    if isinstance(first, AskDelivery):
        return [Ask(text, (first,))] if _left(burst, clause, _CALENDAR) else [first]
    if isinstance(first, Cancel) and first.number is None:
        return [first] if _WISHES.search(text) and not clause.asks else [Ask(text, (first,))]
    if isinstance(first, Deliver):
        return [first] if burst.context.drafting else [Ask(text, (first,), lightly=not clause.asks)]
    if isinstance(first, Status | Menu | Show | Help | Hold | Refuse | Remove | NameOutlet | Acknowledge | Unclear):
        return [Ask(text, (first,), lightly=not clause.asks)] if _left(burst, clause, _CALENDAR) else [first]
    return list(said)


def or_documents(burst: Burst, clauses: Sequence[Clause], said: Sequence[Command]) -> list[Command]:
    """Words read as items of which none is certain: perhaps they ask something that the documents settle."""
    asks = any(clause.asks or _ASKS.search(clause.text) for clause in clauses)
    counts = any(burst.any_amount(clause) for clause in clauses)
    if not said or (counts and not asks) or not all(_doubtful(burst, c, asks) for c in said):
        return list(said)
    text = ", ".join(clause.text for clause in clauses)
    if not asks and _WANTS_TO.search(text):
        return [Ask(text, tuple(said))]
    if not asks and (len(text.split()) < 2 or _TELLS.search(text)):
        return list(said)
    if asks and not counts and all(isinstance(c, Unclear) for c in said):
        return [Ask(text)]
    return [Ask(text, tuple(said), lightly=counts or not asks)]


def _grievance(text: str, complaint: Complain, asks: bool) -> list[Command]:
    """ "boxes came torn, can refund?" gets the policy and a person; "do you refund torn boxes?" the policy."""
    if not asks:
        return [complaint]
    if not cues.PAST.search(text) or _SUPPOSES.search(text):
        return [Ask(text, (complaint,))]
    return [Ask(text, beside=True), complaint]


def _doubtful(burst: Burst, command: Command, asks: bool) -> bool:
    """Whether nothing certain would be lost were the command's words a question."""
    if isinstance(command, Unclear):
        return not command.amount
    if isinstance(command, Deliver):
        return asks and not burst.context.drafting
    if not isinstance(command, Add):
        return False
    wanted = command.wanted
    return not wanted.skus or (wanted.amount is None and bool(wanted.unexplained))


def _left(burst: Burst, clause: Clause, known: frozenset[str]) -> list[str]:
    """The words of a clause that neither the catalogue nor `known` explains."""
    words = [t.text for t in clause.tokens if t.kind is Kind.WORD]
    return [
        w
        for w in words
        if w not in _EMPTY
        and stem(w) not in _EMPTY
        and w not in known
        and stem(w) not in known
        and w not in cues.QUESTION_NOISE
        and not burst.index.names(stem(w))
    ]
