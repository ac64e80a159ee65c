"""What is wanted and when: a run of clauses -> commands, with the chat filling what they leave out."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from core.domain.commands import (
    Acknowledge,
    Add,
    AddNote,
    Ask,
    Change,
    Command,
    Confirm,
    Deliver,
    Menu,
    Pick,
    Sign,
    Thank,
    Unclear,
)
from core.domain.sessions import Question, QuestionKind
from core.domain.units import unit_of
from core.understanding import cues
from core.understanding.answers import within_options
from core.understanding.burst import NOISE, SMALL, Burst
from core.understanding.clauses import Clause, clauses_of
from core.understanding.dates import When, find_when
from core.understanding.ellipsis import borrow, take_unit
from core.understanding.item import Item
from core.understanding.items import read_items
from core.understanding.lexicon import NUMBER_WORDS, WINDOWS
from core.understanding.spelling import stem
from core.understanding.tokens import Kind, Token, plain
from core.understanding.wanted import wanted_of

_GREETS = frozenset("hi hello hey dear morning afternoon evening".split())


def listed(burst: Burst, run: list[Clause]) -> list[Command]:
    """A run of clauses that say what is wanted, and perhaps when."""
    if not run:
        return []
    tokens: list[Token] = []
    for n, clause in enumerate(run):
        if n:
            last = run[n - 1].tokens[-1]
            tokens.append(Token(Kind.SYMBOL, "\n" if run[n - 1].breaks else ",", last.end, last.end))
        tokens += clause.tokens
    tokens = _without_name(burst, tokens)
    text = " ".join(c.text for c in run)
    greeting = 2 if cues.GREETING.match(text) and not (burst.drafting and run[0].tokens[0].text in WINDOWS) else 0
    when = find_when(tokens, burst.context.now.date(), burst.index.names, greeting)
    _idle_today(burst, when, run)
    if len(when.days) > 1 and not cues.EITHER_DAY.search(text):
        _prefer_delivery(burst, when, run)
    commands: list[Command] = list(deliver_commands(burst, when, text))
    if cues.SOONEST.search(text) and not when.days:
        commands.append(Deliver(soonest=True, said="as soon as possible"))
    commands += _references(burst, tokens)
    items = read_items(burst.without(tokens, when), burst.index)
    adding = any(cues.ADDING.search(c.text) for c in run)
    for item in items:
        item.more |= adding
        commands += _item(burst, item, text)
    burst.remember(items)
    if not commands:
        commands = _nothing_found(burst, run, text)
    if any(cues.CONFIRM.match(c.text) for c in run):
        commands.append(Confirm())
    return commands


def _without_name(burst: Burst, tokens: list[Token]) -> list[Token]:
    """ "Hi Wei Ling 2 pkt ..": words between the greeting and the order that no product has are a name."""
    if not tokens or tokens[0].text not in _GREETS:
        return tokens
    at = 1
    while at < min(len(tokens), 4) and tokens[at].kind is Kind.WORD and tokens[at].text not in NUMBER_WORDS:
        if burst.index.meanings(stem(tokens[at].text))[0]:
            break
        at += 1
    return [tokens[0], *tokens[at:]]


def _idle_today(burst: Burst, when: When, run: list[Clause]) -> None:
    """ "today sell finish liao, 2 ctn ..": a "today" beside other words and no order is no delivery date."""
    today = burst.context.now.date()
    if today not in when.days:
        return
    for clause in run:
        for part in clauses_of(clause.text.replace(",", ";"), burst.index):
            said = find_when(list(part.tokens), today, burst.index.names)
            words = [
                t
                for n, t in enumerate(part.tokens)
                if n not in said.used and t.kind is Kind.WORD and t.text not in SMALL
            ]
            if today in said.days and words and not cues.DELIVERING.search(part.text) and not burst.goods(part):
                when.days.remove(today)
                return


def _prefer_delivery(burst: Burst, when: When, run: list[Clause]) -> None:
    """Of several days the one said with "deliver" or "send", where only one is ("today need .. tmr can send")."""
    days: list[date] = []
    for clause in run:
        for part in clauses_of(clause.text.replace(",", ";"), burst.index):
            if cues.DELIVERING.search(part.text):
                days += find_when(list(part.tokens), burst.context.now.date(), burst.index.names).days
    if len(set(days)) == 1:
        when.days = days[:1]


def _references(burst: Burst, tokens: Iterable[Token]) -> list[Command]:
    """PO numbers, phone numbers and addresses beside an order go to the people who pack and deliver."""
    return [
        AddNote(t.text.upper() if t.kind is Kind.CODE else t.text)
        for t in tokens
        if t.kind in (Kind.CODE, Kind.PHONE, Kind.PLACE)
    ]


def deliver_commands(burst: Burst, when: When, text: str = "") -> list[Command]:
    if not when.days and not when.window:
        return []
    recurring = when.recurring or bool(cues.RECURRING.search(text))
    return [Deliver(tuple(when.days), when.window, " ".join(when.said), recurring)]


def _item(burst: Burst, item: Item, text: str) -> list[Command]:
    picked = _picks(burst, item)
    if picked is not None:
        return picked
    if not item.names_something:
        return _sized(burst, item) or _bare_amount(burst, item)
    if not item.match.explained and not item.match.discontinued:
        return _strange(burst, item)
    if item.amount is None and item.match.explained == item.match.loose and not item.measures:
        return _strange(burst, item)
    if (
        item.amount is None
        and cues.PRAISE.search(" ".join(t.text for t in item.tokens))
        and not cues.ORDER_VERB.search(text)
        and not burst.context.questions
    ):
        return [Acknowledge()]
    chatter = not item.match.head and not item.measures and not cues.ORDER_VERB.search(text)
    if (
        item.amount is None
        and item.match.unexplained
        and chatter
        and len(item.tokens) - len(item.match.unexplained) < 3
    ):
        return [Unclear(" ".join(t.text for t in item.tokens), matters=_matters(burst, text))]
    _from_context(burst, item)
    command = Add(wanted_of(item, burst.index), same_order=bool(cues.TO_ORDER.search(text)))
    return [as_edit(burst, command) if burst.editing or cues.ONLY.search(text) else command]


def _picks(burst: Burst, item: Item) -> list[Command] | None:
    """An item that only narrows a pending question down answers it."""
    found = among_options(burst, item)
    if found is None:
        return None
    question, skus = found
    amount = item.amount.value if item.amount else None
    if len(skus) == 1:
        burst.touch(skus[0])
    if question.id in burst.picked:
        wanted = replace(wanted_of(item, burst.index), skus=skus, sure=True, unexplained=())
        return [
            Add(
                replace(
                    wanted,
                    unit=wanted.unit or question.unit,
                    amount=amount if amount is not None else question.amount,
                )
            )
        ]
    burst.picked.add(question.id)
    places = tuple(n for n, o in enumerate(question.options) if o.sku in skus)
    return [Pick(question.id, places, amount, item.unit if amount is not None else None)]


def among_options(burst: Burst, item: Item) -> tuple[Question, tuple[str, ...]] | None:
    """The pending question that an item's words narrow down, and the alternatives that fit them."""
    for question in burst.context.questions:
        options = within_options(question, burst.context)
        if question.kind is not QuestionKind.PRODUCT or not options or not item.names_something:
            continue
        words, measures = item.own or (tuple(item.words), tuple(item.measures))
        match = burst.index.find(words, measures, tuple(item.optional), options)
        if not match.skus or match.unexplained:
            continue
        if (
            len(item.match.skus) == 1
            and not item.match.unexplained
            and item.match.skus[0] not in match.skus
            and item.match.head
        ):
            continue
        return question, match.skus
    return None


def _sized(burst: Burst, item: Item) -> list[Command] | None:
    """ "the 90 one" to "which elbow?": a number that is a size of some of the alternatives."""
    if item.amount is None or item.amount.value is None or item.unit:
        return None
    sized = replace(item, measures=[plain(item.amount.value)], amount=None)
    picked = _picks(burst, sized)
    question = next((q for q in burst.context.questions if q.kind is QuestionKind.PRODUCT), None)
    if picked and question and isinstance(picked[0], Pick) and len(picked[0].options) < len(question.options):
        return picked
    return None


def _bare_amount(burst: Burst, item: Item) -> list[Command]:
    """An amount without a product belongs to what was asked about, or to the line touched last."""
    if item.thanks:
        return [Thank()]
    if burst.context.questions and item.amount and item.amount.value is not None:
        first = burst.context.questions[0]
        if first.kind in (
            QuestionKind.QUANTITY,
            QuestionKind.UNITS,
            QuestionKind.MINIMUM,
            QuestionKind.TOTAL,
        ):
            return [Pick(first.id, (), item.amount.value, item.unit)]
    wanted = wanted_of(item, burst.index)
    if len(burst.asked) == 1 and burst.asked[0] not in burst.lines:
        return [Add(replace(wanted, skus=tuple(burst.asked)))]
    if item.more and len(burst.focus) == 1:
        return [Change(replace(wanted, skus=tuple(burst.focus)), Sign.PLUS)]
    only = burst.lines[0] if len(burst.lines) == 1 else None
    if only and item.unit and unit_of(burst.index.catalogue.products[only].unit) == item.unit:
        return [Change(replace(wanted, skus=(only,)), Sign.SET)]
    if any(burst.context.quantities.get(s) == wanted.amount for s in burst.focus):
        return [Acknowledge()]
    return [Unclear(wanted.said, amount=True)]


def _strange(burst: Burst, item: Item) -> list[Command]:
    """Words that fit no product: an unknown product when an amount goes with them, else talk or a riddle."""
    if item.amount:
        return [Add(wanted_of(item, burst.index))]
    words = [w for w in item.words if not burst.index.is_english(w)]
    if item.measures or (words and len(item.tokens) <= 4) or not item.words:
        text = " ".join(t.text for t in item.tokens)
        return [
            Unclear(text, matters=bool(item.measures) or (burst.context.drafting and bool(cues.EDITISH.search(text))))
        ]
    return []


def _from_context(burst: Burst, item: Item) -> None:
    """`and 3 of the 10in`, `2 more cups`: the chat says what kind of thing, or which of the lines."""
    if item.more and burst.lines:
        match = burst.index.find(
            tuple(item.words), tuple(item.measures), tuple(item.optional), burst.index.bits(burst.lines)
        )
        if match.skus and not match.unexplained and len(match.skus) == 1:
            item.match = match
            return
    if item.match.head and not item.match.unexplained:
        return
    if len(item.match.skus) == 1 and not item.match.unexplained:
        return
    for sku in (*burst.context.focus, *burst.asked):
        if borrow(item, burst.nouns(burst.index.catalogue.products[sku].name), burst.index, like=sku):
            take_unit(item, burst.context.units.get(sku), burst.index)
            return


def _nothing_found(burst: Burst, run: list[Clause], text: str) -> list[Command]:
    words = [t.text for c in run for t in c.tokens if t.kind is Kind.WORD and t.text not in SMALL]
    if not words:
        return [Acknowledge()]
    if any(c.asks for c in run):
        return [Ask(text)]
    if cues.ORDER_VERB.search(text) and all(w in NOISE for w in words):
        return [Menu()] if "order" in text and len(words) <= 8 else [Unclear(text)]
    return [Unclear(text, matters=_matters(burst, text))]


def _matters(burst: Burst, text: str) -> bool:
    """Whether unread words may have been an edit of a draft, so that they must not be passed over."""
    return burst.context.drafting and bool(cues.EDITISH.search(text))


def as_edit(burst: Burst, command: Command) -> Command:
    """ "same as last week but 3 lids": an amount for a line of the basket sets it."""
    if isinstance(command, Add) and not command.wanted.more:
        within = [s for s in command.wanted.skus if s in burst.lines]
        if len(within) == 1:
            return Change(replace(command.wanted, skus=tuple(within)), Sign.SET)
    return command
