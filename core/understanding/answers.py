"""Answers to a pending question: a tap, a number, an ordinal, yes or no."""

import re

from core.domain.commands import Agree, Command, Drop, Pick, Refuse
from core.domain.sessions import Question, QuestionKind
from core.domain.units import PIECE
from core.understanding import cues
from core.understanding.amounts import amount_at, unit_at
from core.understanding.context import Context
from core.understanding.features import features_of
from core.understanding.lexicon import COURTESY, FILLER, PARTICLES
from core.understanding.tokens import Kind, Token, normalise, tokenise

_ORDINALS = {
    "first": 0,
    "1st": 0,
    "second": 1,
    "2nd": 1,
    "third": 2,
    "3rd": 2,
    "fourth": 3,
    "4th": 3,
    "fifth": 4,
    "5th": 4,
    "last": -1,
    "former": 0,
    "latter": -1,
}
_LARGEST = frozenset("big bigger biggest large larger largest".split())
_SMALLEST = frozenset("small smaller smallest".split())
_ALL = re.compile(
    r"^(?:ok |yes |i want |want |give me |send |can |pls |take )*(?:both|all|all of them|both of them|all three|both also|each|every one|one each|all the above)(?: (?:pls|please|also|can|ok|la+h?|thanks?))*$"
)
YES = frozenset(
    "yes y yup yeah ya yah yep ok okay can sure correct right okie k yess yea ye yas fine good go ahead".split()
)
NO = frozenset("no nope nah n dont don't cannot not neither".split())
_POLITE = (
    (
        COURTESY
        | PARTICLES
        | frozenset(
            "it that is thats that's the one thing just i want we would like take option number no. choose pick go with for me then".split()
        )
    )
    - YES
    - NO
)
_AROUND_AMOUNT = (
    YES
    | (FILLER - {"a", "an", "x", "qty", "quantity"})
    | {"total", "better", "best", "enough", "mean", "meant", "said", "sorry", "actually", "should"}
)
_EXACT_COUNT = frozenset({QuestionKind.QUANTITY, QuestionKind.MINIMUM})
_COUNTED = _EXACT_COUNT | {QuestionKind.UNITS, QuestionKind.TOTAL}


def answer(text: str, context: Context) -> list[Command] | None:
    """The commands of a text that does nothing but answer; None when it says anything else."""
    question = context.questions[0] if context.questions else None
    chosen = _tapped(text, context.questions)
    if chosen:
        return [chosen]
    tokens = [t for t in tokenise(normalise(text)) if t.text not in (".", "!", ",", "\n", "#", "(", ")")]
    words = [t.text for t in tokens]
    if not words:
        return []
    said = " ".join(words)
    if question is None:
        return None
    if cues.NEVER_MIND.match(said):
        return [Drop(question.id)]
    if _ALL.match(said) and question.kind is QuestionKind.PRODUCT:
        return [Pick(question.id, tuple(range(len(question.options))))]
    kept = [t for t in tokens if t.text not in _POLITE]
    negated = _all_but(question, said, context)
    if negated:
        return negated
    relative = _by_comparison(question, kept, context)
    if relative:
        return relative
    return (
        _total_or_more(question, said)
        or _by_position(question, kept)
        or _by_amount(question, kept)
        or _yes_or_no(question, kept)
    )


def _all_but(question: Question, said: str, context: Context) -> list[Command] | None:
    """ "not latex": the alternatives that the words do not fit."""
    found = cues.NOT_THAT.match(said)
    if not found or question.kind is not QuestionKind.PRODUCT:
        return None
    features = features_of(found.group("what"))
    match = context.index.find(features.words, tuple(features.measures), (), within_options(question, context))
    kept = tuple(n for n, o in enumerate(question.options) if o.sku not in match.skus)
    return [Pick(question.id, kept)] if match.skus and not match.unexplained and kept else None


def _by_comparison(question: Question, tokens: list[Token], context: Context) -> list[Command] | None:
    """ "the big one": the alternative that is largest or smallest, where no name says so itself."""
    if len(tokens) != 1 or tokens[0].text not in _LARGEST | _SMALLEST or question.kind is not QuestionKind.PRODUCT:
        return None
    skus = [o.sku for o in question.options if o.sku]
    if context.index.find((tokens[0].text,), (), (), context.index.bits(skus)).skus:
        return None
    found = context.index.extreme(skus, largest=tokens[0].text in _LARGEST)
    return [Pick(question.id, (skus.index(found),))] if found else None


def _total_or_more(question: Question, said: str) -> list[Command] | None:
    if question.kind is not QuestionKind.TOTAL or len(said.split()) > 6:
        return None
    words = set(said.split())
    if words & {"more", "add", "extra", "top", "another", "additional", "plus", "addition"}:
        return [Pick(question.id, (1,))]
    return [Pick(question.id, (0,))] if words & {"total", "only", "altogether", "just", "all"} else None


def _tapped(text: str, questions: tuple[Question, ...]) -> Pick | None:
    """The text is a choice's id or its title."""
    folded = text.strip().casefold()
    for question in questions:
        for n, option in enumerate(question.options):
            if folded in (f"{question.id}:{n}", option.title.casefold()):
                return Pick(question.id, (n,))
    return None


def _by_position(question: Question, tokens: list[Token]) -> list[Command] | None:
    count = len(question.options)
    if not count:
        return None
    if len(tokens) == 1 and tokens[0].text in _ORDINALS:
        place = _ORDINALS[tokens[0].text]
        return [Pick(question.id, (place % count,))] if place < count else None
    ordinal = re.fullmatch(r"(\d)(?:st|nd|rd|th)", "".join(t.text for t in tokens))
    number = int(ordinal[1]) if ordinal else _lone_number(tokens)
    if number is None or question.kind in _EXACT_COUNT:
        return None
    if 1 <= number <= count:
        return [Pick(question.id, (number - 1,))]
    return None


def _lone_number(tokens: list[Token]) -> int | None:
    if len(tokens) != 1 or tokens[0].kind not in (Kind.NUMBER, Kind.WORD):
        return None
    found = amount_at(tokens, 0)
    if found is None or found[0].value is None or found[0].value != int(found[0].value):
        return None
    return int(found[0].value)


def _by_amount(question: Question, tokens: list[Token]) -> list[Command] | None:
    """`2 bundles`, `100 pcs`, `bundles`: an amount, or only a unit, and nothing else."""
    tokens = [t for t in tokens if t.text not in _AROUND_AMOUNT]
    if question.kind not in _COUNTED or not tokens:
        return None
    found = amount_at(tokens, 0)
    if found and found[0].value is not None:
        unit = found[0].unit or unit_at(tokens, found[1])
        after = found[1] + (unit is not None and found[0].unit is None)
        if after == len(tokens):
            return [Pick(question.id, (), found[0].value, unit)]
        return None
    unit = unit_at(tokens, 0)
    if unit and len(tokens) == 1 and question.amount is not None:
        return [Pick(question.id, (), question.amount, PIECE if unit == PIECE else unit)]
    return None


def _yes_or_no(question: Question, tokens: list[Token]) -> list[Command] | None:
    words = {t.text for t in tokens}
    if words and words <= YES:
        return [Agree()]
    if words and words <= NO:
        return [Refuse()]
    return None


def within_options(question: Question, context: Context) -> int:
    """The products that a pending question offers, as a bit set of the index."""
    return context.index.bits(o.sku for o in question.options if o.sku)
