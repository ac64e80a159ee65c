"""Which words are for the supplier's documents: questions that neither catalogue nor calendar nor orders explain.

Nothing is decided here. A question goes to the documents first, and what the order reader made of it is done where they
do not settle it. So a policy needs no rule of its own, and an order is never taken for a question.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from core.domain.commands import (
    Acknowledge,
    Add,
    Ask,
    AskDelivery,
    AskProduct,
    AskTerms,
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
from core.domain.units import UNITS
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
    r"should (?:i|we)|when (?:is|do|can|will|must)|wants? to know|wonder(?:ing)?|not sure (?:if|whether)|any idea|(?:may|can) i know)\b|"
    r"\b(?:who|where|when|wen|how|what|wat|why)(?: \w+){0,3}\W*$"
)
_OR_NOT = re.compile(r"\b(?:anot|or not|ornot|can or not|also|as well|extra|charged?)\b")
_DELIVERS = re.compile(
    r"\b(?:you|u|ya|yall|they)(?: all| guys)? (?:\w+ ){0,2}?(?:deliver|send|come|ship)\w*\b|"
    r"\b(?:got|have|any|is there|are there) (?:\w+ ){0,2}?(?:deliver\w*|lorry|van|send)\b|"
    r"\b(?:delivery|deliver|send)\b.*\b(?:anot|or not|ornot|can choose|can pick|charged?|extra|possible|available|also)\b|"
    r"\bcan (?:choose|pick)\b.*\b(?:time|slot|morning|afternoon|window)\b"
)
_DELIVERY = re.compile(r"\b(?:re)?deliver(?:y|ies)\b")
_FREE_DAYS = re.compile(r"\b(?:sat(?:urday)?s?|sun(?:day)?s?|w(?:ee)?k ?ends?|holidays?|ph)\b")
_MAY = re.compile(r"\b(?:can|ok|okay|possible|able)\b")
_ENOUGH = re.compile(
    r"^(?:\W*(?:hi|hello|boss|eh|so|and|ok)\W+)*(?:is|are|will|would|does|do)\b.*\b(?:enough|sufficient|meets?|qualify|min(?:imum)?|free delivery)\b"
)
_OWN_TERMS = re.compile(
    r"\b(?:my|our)\b.*\b(?:payment|credit)\b.*\b(?:terms?|days)\b|\bhow many days(?: of)? credit\b.*\b(?:i|we)\b|"
    r"\bwhen (?:is|are|must) (?:my|our) (?:invoices?|bills?|payments?) due\b|\bwhen must (?:i|we) pay(?: my| our| the| your)?(?: invoices?| bills?)?\W*$"
)
_POLICY = re.compile(
    r"\b(?:cancel|change|return|refund|exchange|pay|deposit|credit|card|cash|paynow|cheque|invoice|minimum|fee|charge)\w*\b"
)
_HAVE = re.compile(
    r"\b(?:you|u|ya)(?: all| guys)?(?: also| still)? (?:have|sell|carry|stock|got|keep|supply)\b|\bgot any\b|^\W*(?:any|got|have|selling)\b|\blooking for\b"
)
_LONGEST_STORY = 400
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
    r"\b(?:sizes?|sizez|measure\w*|dimensions?|inside|inner|outer|diameter|fits?|thick(?:ness)?|long|heavy|strong|difference|which|suitable|material|made of|can|safe|okay|ok to)\b"
)
_SUPPOSES = re.compile(
    r"\b(?:if|suppose|in case|what happens|policy|"
    r"when(?:ever)?(?! (?:\w+ ){0,2}(?:arrived|came|received|reached|delivered|opened|got|was|were)\b))\b"
)
_BLAMES = re.compile(r"^\W*(?:\w+\W+){0,2}why\b")
_WISHES = re.compile(
    r"^\W*(?:\w+\W+){0,3}?(?:cancel|void|call off)\b(?!.*\b(?:after|before|policy|fee|charge|until|how|late|if)\b)"
)


def asks_about_delivery(text: str) -> bool:
    """Whether words may ask how the supplier delivers."""
    return _DELIVERS.search(text) is not None


def asks(clause: Clause) -> bool:
    """Whether a clause puts a question, with or without its mark."""
    return clause.asks or bool(_ASKS.search(clause.text))


def delivery_question(burst: Burst, clause: Clause) -> list[Command] | None:
    """ "u all deliver sunday anot", "got delivery on saturday?": what is asked sets no date.

    The outlet's own calendar answers; what the policy says of weekends and holidays comes after it.
    """
    text = clause.text
    wanted = bool(cues.REQUEST.match(text)) and not _OR_NOT.search(text)
    other = burst.goods(clause) or cues.PAYMENT.search(text) or cues.PRICE.search(text)
    if not asks(clause) or wanted or other or not _DELIVERS.search(text):
        return None
    if _FREE_DAYS.search(text):
        return _of_weekend(burst, text)
    return _of_delivery(burst, clause)


def terms_question(burst: Burst, clause: Clause) -> list[Command] | None:
    """ "what are my payment terms?" is answered from the outlet's row."""
    return [AskTerms()] if burst.context.linked and _OWN_TERMS.search(clause.text) and asks(clause) else None


def enough_question(_: Burst, clause: Clause) -> list[Command] | None:
    """ "is 1 bundle enough for the minimum order?" orders nothing."""
    return [Ask(clause.text)] if _ENOUGH.search(clause.text) and asks(clause) else None


def ask_documents(burst: Burst, clause: Clause, said: Sequence[Command]) -> list[Command]:
    """What a clause says, with the documents asked first where it is a question that they may settle."""
    text = clause.text
    first = said[0] if len(said) == 1 else None
    if isinstance(first, Complain):
        return _grievance(burst, clause, first)
    if _asks_what_delivery_costs(text, first):
        return [Ask(text, tuple(said))]
    if isinstance(first, AskProduct):
        return _of_products(burst, clause, first)
    if first is None or not asks(clause):
        return list(said)
    if isinstance(first, AskDelivery):
        return _of_delivery(burst, clause)
    if isinstance(first, Cancel) and first.number is None:
        return [first] if _WISHES.search(text) and not clause.asks else [Ask(text, (first,))]
    if isinstance(first, Deliver):
        if _of_free_days(burst, text):
            return _of_weekend(burst, text)
        left = not burst.context.drafting and _left(burst, clause, _CALENDAR)
        return [Ask(text, (first,), lightly=not clause.asks)] if left else [first]
    if isinstance(first, Remove) and burst.context.drafting and set(first.wanted.skus) & set(burst.lines):
        return [first]
    if isinstance(first, Acknowledge) and _left(burst, clause, _CALENDAR):
        return [Ask(text)]
    if isinstance(first, Status | Menu | Show | Help | Hold | Refuse | Remove | NameOutlet | Unclear):
        return [Ask(text, (first,), lightly=not clause.asks)] if _left(burst, clause, _CALENDAR) else [first]
    return list(said)


def or_documents(burst: Burst, clauses: Sequence[Clause], said: Sequence[Command]) -> list[Command]:
    """Words read as items of which none is certain: perhaps they ask something that the documents settle."""
    asking = any(map(asks, clauses))
    counts = any(burst.any_amount(clause) for clause in clauses)
    foreign = asking and any(_left(burst, clause, _CALENDAR) for clause in clauses)
    if not said or (counts and not asking) or not all(_doubtful(burst, c, asking, foreign) for c in said):
        return list(said)
    text = ", ".join(clause.text for clause in clauses)
    if not foreign and all(isinstance(c, Deliver) for c in said):
        return _of_weekend(burst, text) if asking and _of_free_days(burst, text) else list(said)
    if not asking and burst.context.questions:
        return list(said)
    if not asking and _WANTS_TO.search(text):
        return [Ask(text, tuple(said))]
    if not asking and (len(text.split()) < 2 or _TELLS.search(text)):
        return list(said)
    if asking and not counts and not any(isinstance(c, Add) and c.wanted.skus for c in said):
        return [Ask(text)]
    return [Ask(text, tuple(said), lightly=counts or not asking)]


def question_beside(burst: Burst, clause: Clause) -> list[Command] | None:
    """A question beside the items of an order, in words that name no item: "..., and can I cancel later?"."""
    if burst.any_product(clause) or burst.any_amount(clause) or not asks(clause):
        return None
    return [Ask(clause.text)] if _POLICY.search(clause.text) else None


def one_question(texts: Sequence[str], said: Sequence[Command]) -> list[Command]:
    """A question with a story around it is one question: what only tells the story is not to be answered by itself."""
    said = _in_one_breath(texts, said)
    questions = [c for c in said if isinstance(c, Ask) and not c.lightly]
    others = [c for c in said if not isinstance(c, Ask)]
    whole = " ".join(" ".join(texts).split())
    if len(questions) != 1 or not others or len(whole) > _LONGEST_STORY or not all(map(_tells, others)):
        return list(said)
    if whole.count("?") > 1 and any(isinstance(c, AskProduct) for c in others):
        return list(said)
    grievances = [c for c in others if isinstance(c, Complain)]
    return [replace(questions[0], text=whole, otherwise=(), beside=bool(grievances)), *grievances[:1]]


def _in_one_breath(texts: Sequence[str], said: Sequence[Command]) -> list[Command]:
    """ "box got hole can refund anot": questions with nothing between them are one."""
    whole, joined = " ".join(" ".join(texts).casefold().split()), list(said[:1])
    for command in said[1:]:
        last = joined[-1]
        if isinstance(last, Ask) and isinstance(command, Ask) and f"{last.text} {command.text}".casefold() in whole:
            joined[-1] = Ask(f"{last.text} {command.text}")
        else:
            joined.append(command)
    return joined


def _tells(command: Command) -> bool:
    """Whether a command was read from words that order nothing."""
    if isinstance(command, AskProduct):
        return not _names_goods(command)
    if isinstance(command, Add):
        return command.wanted.amount is None and (not command.wanted.skus or bool(command.wanted.unexplained))
    return isinstance(command, Acknowledge | Complain) or (isinstance(command, Unclear) and not command.amount)


def _grievance(burst: Burst, clause: Clause, complaint: Complain) -> list[Command]:
    """ "boxes came torn, can refund?" gets the policy and a person; "do you refund torn boxes?" the policy.

    What only asks is not handed over: that would silence the desk in the chat.
    """
    text = clause.text
    if not asks(clause) or _BLAMES.search(text):
        return [complaint]
    if _SUPPOSES.search(text) or not (cues.PAST.search(text) or burst.any_amount(clause)):
        return [Ask(text)]
    return [Ask(text, beside=True), complaint]


def _asks_what_delivery_costs(text: str, command: Command | None) -> bool:
    """ "how much is delivery?" after boxes is not about the boxes."""
    named = isinstance(command, AskProduct) and any(wanted.said for wanted in command.wanted)
    about = isinstance(command, AskProduct | Show) and not named
    return about and cues.PRICE.search(text) is not None and _DELIVERY.search(text) is not None


def _of_products(burst: Burst, clause: Clause, command: AskProduct) -> list[Command]:
    """Goods and prices are the catalogue's to answer; what it does not know at all is no product."""
    text = clause.text
    if not _left(burst, clause, frozenset(UNITS)):
        return [command, Ask(text, beside=True)] if _GUIDE.search(text) and not command.price else [command]
    known = _names_goods(command) or _HAVE.search(text)
    return [Ask(text, (command,) if known else ())]


def _of_delivery(burst: Burst, clause: Clause) -> list[Command]:
    """What the calendar knows, it answers. It says nothing of other places, charges or rules."""
    left = _left(burst, clause, _CALENDAR)
    if not left:
        return [AskDelivery()] if burst.context.linked else [Ask(clause.text, (AskDelivery(),))]
    elsewhere = any(re.search(rf"\b(?:to|at|in|for) (?:\w+ ){{0,2}}{re.escape(w)}\b", clause.text) for w in left)
    return [Ask(clause.text, () if elsewhere else (AskDelivery(),))]


def _of_weekend(burst: Burst, text: str) -> list[Command]:
    """The outlet's own days, then the policy; without an outlet the policy, for there is no calendar to ask."""
    return [AskDelivery(), Ask(text, beside=True)] if burst.context.linked else [Ask(text, (AskDelivery(),))]


def _of_free_days(burst: Burst, text: str) -> bool:
    """ "sat delivery?" with nothing to deliver yet; "sat can?" asks for that day."""
    return not burst.context.drafting and bool(_FREE_DAYS.search(text)) and not _MAY.search(text)


def _names_goods(command: AskProduct) -> bool:
    return any(len(w.skus) == 1 or (w.skus and not w.unexplained) for w in command.wanted)


def _doubtful(burst: Burst, command: Command, asking: bool, foreign: bool) -> bool:
    """Whether nothing certain would be lost were the command's words a question."""
    if isinstance(command, Unclear):
        return not command.amount
    if isinstance(command, Deliver):
        return asking and not burst.context.drafting
    if not isinstance(command, Add):
        return False
    wanted = command.wanted
    return not wanted.skus or (wanted.amount is None and (foreign or bool(wanted.unexplained)))


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
