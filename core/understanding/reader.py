"""The order reader: a burst of messages -> typed commands. No model, no I/O, no state of its own.

A message is cut into clauses. Each clause is tried against what people do in a chat (answer, greet, ask, complain,
edit, repeat, name a date) and, where none of that fits, read as items of an order. What matters and cannot be
explained becomes a doubt, never silence.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from core.domain.commands import (
    Acknowledge,
    Add,
    AddNote,
    Agree,
    Ask,
    AskBalance,
    AskDelivery,
    AskInvoice,
    AskPaid,
    AskProduct,
    Change,
    Clear,
    Command,
    Confirm,
    Deliver,
    Greet,
    Hold,
    Menu,
    Reading,
    Refuse,
    Remove,
    Repeat,
    RepeatOf,
    Replace,
    Show,
    Suggest,
    Thank,
    Unclear,
    Undo,
)
from core.understanding import cues
from core.understanding.accounts import (
    account_of_an_outlet,
    account_question,
    is_bare_paper,
    names_account,
    with_plain_numbers,
)
from core.understanding.answers import answer
from core.understanding.burst import Burst
from core.understanding.clauses import Clause, clauses_of
from core.understanding.context import Context
from core.understanding.dates import find_when
from core.understanding.edits import EditReader
from core.understanding.for_documents import (
    ask_documents,
    asks_about_delivery,
    delivery_question,
    enough_question,
    one_question,
    or_documents,
    question_beside,
    terms_question,
)
from core.understanding.lexicon import WEEKDAYS
from core.understanding.listing import among_options, as_edit, deliver_commands, listed
from core.understanding.particulars import invite, note, order_reference, without_outlet
from core.understanding.questions import question
from core.understanding.reminders import about_reminders, parted
from core.understanding.spelling import stem
from core.understanding.talk import hypothetical, plain_words, small_talk, trouble

_COUNTS = re.compile(r"\d.*[a-z]|[a-z].*\d")
# What makes an "ok" before it no yes: "ok what is the delivery fee?" and "ok, no straws" place no order.
_SAY_MORE = (
    *(Confirm, Add, Change, Remove, Replace, Repeat, Deliver, AddNote, Suggest, Undo, Clear),
    *(Ask, AskProduct, AskDelivery, AskInvoice, AskBalance, AskPaid, Menu, Show, Hold, Refuse),
)


def read(texts: Sequence[str], context: Context) -> Reading:
    """What a burst of messages asks for. Repeated identical messages of a burst count once."""
    burst = Burst(context)
    told = list(dict.fromkeys(with_plain_numbers(t.strip(), context.invoice_prefix) for t in texts))
    commands = _Reader(burst).messages(told)
    return Reading(_tidy(one_question(told, commands)), burst.needs_history)


def _tidy(commands: list[Command]) -> tuple[Command, ...]:
    """Without greetings beside real requests, and with at least one command."""
    talk = (Greet, Thank, Acknowledge)
    ordered = {s for c in commands if isinstance(c, Add) and c.wanted.amount is not None for s in c.wanted.skus}
    real = [c for c in commands if not isinstance(c, talk) and not (isinstance(c, Add) and _only_mentions(c, ordered))]
    if any(isinstance(c, _SAY_MORE) for c in real):
        real = [c for c in real if not isinstance(c, Agree)]
    real = _hold_leftover_amounts(real)
    if len(real) > 1:
        real = [c for c in real if not (isinstance(c, Unclear) and not c.matters)] or real
    if real:
        return tuple(real)
    return tuple(dict.fromkeys(commands)) or (Acknowledge(),)


# What is longer and has no full stop or line break is a list, not a sentence.
_LONGEST_SENTENCE = 400


def _with_corrections(texts: list[str]) -> list[str]:
    """A message that only says "sorry" or "no wait" belongs to the next; one with a star corrects ("T65*")."""
    joined: list[str] = []
    for text in texts:
        text = cues.STARRED.sub(r"sorry \1\2\3\4", text)
        if len(joined) > 1 and cues.ONLY_CORRECTS.match(joined[-1]):
            joined[-1] = f"{joined[-1]}, {text}"
        else:
            joined.append(text)
    return joined


def _hold_leftover_amounts(commands: list[Command]) -> list[Command]:
    """An amount that no item took, right behind an item, makes that item's amount a doubt."""
    kept: list[Command] = []
    for command in commands:
        last = kept[-1] if kept else None
        if isinstance(command, Unclear) and command.amount and isinstance(last, Add):
            kept[-1] = replace(last, wanted=replace(last.wanted, amount=None, unit=None, vague=True))
        else:
            kept.append(command)
    return kept


def _only_asks_price(clause: Clause, parts: Sequence[str]) -> bool:
    """ "how much for a printed box, 1 colour, 5000 pcs?": the numbers belong to the question."""
    if not clause.asks or not parts or not cues.PRICE.search(parts[0]):
        return False
    return not any(cues.ORDER_VERB.search(p) for p in parts[1:])


def _only_mentions(command: Add, ordered: set[str]) -> bool:
    """ "straws finish already, 3 pkt black straws": a product without an amount that is ordered beside it."""
    wanted = command.wanted
    return wanted.amount is None and not wanted.vague and not wanted.unexplained and bool(set(wanted.skus) & ordered)


class _Reader:
    """Reads one burst, clause by clause."""

    def __init__(self, burst: Burst) -> None:
        self._burst = burst
        self._edits = EditReader(burst)

    def messages(self, texts: list[str]) -> list[Command]:
        """Messages sent in one go: answers to a question first, the rest read as one text."""
        commands: list[Command] = []
        texts = _with_corrections(texts)
        while texts:
            answered = answer(texts[0], self._burst.context) if not commands else None
            if answered is None:
                break
            commands += answered
            texts = texts[1:]
        return commands + self.message("\n".join(texts)) if texts else commands

    def message(self, text: str) -> list[Command]:
        """The commands of one text, in order."""
        commands: list[Command] = []
        run: list[Clause] = []
        drafted = set(self._burst.lines)
        for clause in self._moods(text):
            if run:
                self._peek(run[-1])
            said = self._other_than_items(clause)
            if said is None and any(map(self._burst.any_amount, run)):
                said = question_beside(self._burst, clause)
            if said is None:
                run.append(clause)
                self._burst.drafting = True
                continue
            commands += or_documents(self._burst, run, listed(self._burst, run)) + said
            run = []
            self._burst.drafting = True
            self._burst.editing |= any(isinstance(c, Change | Replace | Remove | Repeat) for c in said)
        commands += or_documents(self._burst, run, listed(self._burst, run))
        return [
            as_edit(self._burst, c)
            if self._burst.editing and isinstance(c, Add) and drafted & set(c.wanted.skus)
            else c
            for c in commands
        ]

    def _peek(self, clause: Clause) -> None:
        """Know the lines that the clause before will make, so that "no, 3" finds them."""
        items = self._burst.read(clause.tokens)
        self._burst.remember(items)
        for item in items:
            found = among_options(self._burst, item)
            if found and len(found[1]) == 1:
                self._burst.touch(found[1][0])

    def _moods(self, text: str) -> Iterator[Clause]:
        """Clauses; one that both orders and grumbles or asks is parted at its commas."""
        whole = (part for each in clauses_of(text, self._burst.index) for part in parted(each))
        for clause in (part for each in whole for part in self._without_account(each)):
            mixed = "," in clause.text and (
                cues.COMPLAINT.search(clause.text)
                or cues.REPORT.search(clause.text)
                or cues.STOCK.search(clause.text)
                or cues.PRICE.search(clause.text)
                or cues.HAVE.search(clause.text)
            )
            parts = [p.strip() for p in clause.text.split(",")] if "," in clause.text else []
            reports = (cues.COMPLAINT, cues.REPORT, cues.STOCK)
            account = [p for p in parts if self._asks_about_account(p)]
            orders = any(
                re.search(r"\d", p) and p not in account and not any(cue.search(p) for cue in reports) for p in parts
            )
            orders = orders and not _only_asks_price(clause, parts)
            asks = any(cues.QUESTION_WORD.match(p) or (clause.asks and asks_about_delivery(p)) for p in parts[1:])
            if ((mixed or asks or account) and orders) or any(cues.NOTE.match(p) for p in parts):
                text_of = clause.text.replace(",", ";") + ("?" if clause.asks else "")
                yield from clauses_of(text_of, self._burst.index)
            else:
                yield clause

    def _without_account(self, clause: Clause) -> Sequence[Clause]:
        """A clause; one that orders and asks about the account as well is parted at the "and" between them."""
        mixed = names_account(clause.text) and not self._asks_about_account(clause.text)
        for found in cues.AND.finditer(clause.text) if mixed else ():
            head, tail = clause.text[: found.start()], clause.text[found.end() :]
            asking = [self._asks_about_account(part) for part in (head, tail)]
            asked, other = (head, tail) if asking[0] else (tail, head)
            if any(asking) and not all(asking) and _COUNTS.search(other) and not is_bare_paper(asked):
                ends = ("?" if clause.asks else "") if asking[1] else ""
                return clauses_of(f"{head};{tail}{ends}", self._burst.index)
        return (clause,)

    def _asks_about_account(self, text: str) -> bool:
        """Whether a part of a clause is a question about the account, whole."""
        clauses = clauses_of(text, self._burst.index) if names_account(text) else ()
        before = self._burst.about_account
        asks = bool(clauses) and all(account_question(self._burst, clause) for clause in clauses)
        self._burst.about_account = before
        return asks

    def _other_than_items(self, clause: Clause) -> list[Command] | None:
        """What a clause says if it is no part of an item list; None if it may be one."""
        burst = self._burst
        if len(clause.text) > _LONGEST_SENTENCE:
            return None
        said = about_reminders(clause)
        if said is None and cues.REMINDS.search(clause.text):
            rest, outlet = without_outlet(burst, clause)
            said = about_reminders(rest) if outlet and rest.tokens else None
            said = [*outlet, *said] if said is not None else None
        if said is not None:
            return said
        said = small_talk(burst, clause)
        for attempt in (
            account_question,
            account_of_an_outlet,
            plain_words,
            trouble,
            self._repeat,
            self._removal_asked_for,
            delivery_question,
            terms_question,
            enough_question,
            question,
            hypothetical,
        ):
            if said is None:
                said = attempt(burst, clause)
        if said is not None:
            return ask_documents(burst, clause, said)
        clause, outlet = without_outlet(self._burst, clause)
        before = list(outlet)
        if not clause.tokens:
            return before
        for attempt in (order_reference, invite, note, self._edits.read):
            said = attempt(burst, clause)
            if said is not None:
                return before + self._date_beside(clause, ask_documents(burst, clause, said))
        if before:
            return before + (self._other_than_items(clause) or listed(self._burst, [clause]))
        return None

    def _removal_asked_for(self, burst: Burst, clause: Clause) -> list[Command] | None:
        """ "remove the straws can?", "can no lids?": taking a line out may be put as a question."""
        if not clause.asks or not burst.context.drafting or not cues.REMOVE.match(clause.text):
            return None
        said = self._edits.read(burst, clause) or []
        lines = set(burst.context.lines)
        removals = [
            c for c in said if isinstance(c, Remove) and len(c.wanted.skus) == 1 and set(c.wanted.skus) <= lines
        ]
        return said if removals and len(removals) == len(said) else None

    def _date_beside(self, clause: Clause, said: list[Command]) -> list[Command]:
        """ "make it 4 on tuesday": an edit may carry a day as well."""
        if not any(isinstance(c, Change | Replace | Remove) for c in said):
            return said
        when = find_when(list(clause.tokens), self._burst.context.now.date(), self._burst.index.names)
        return [*said, *deliver_commands(self._burst, when, clause.text)]

    def _repeat(self, _: Burst, clause: Clause) -> list[Command] | None:
        if clause.asks and cues.QUESTION_WORD.match(clause.text) and not cues.REQUEST.match(clause.text):
            return None
        if order_reference(self._burst, clause):
            return None
        found = cues.REPEAT.search(clause.text)
        day = cues.REPEAT_DAY.search(clause.text)
        if day:
            found = day
        if not found or cues.NOT_REPEAT.search(clause.text):
            return None
        head, tail = clause.text[: found.start()], clause.text[found.end() :]
        if any(i.amount and i.match.skus for i in self._burst.read_text(head)):
            return None
        if (
            self._burst.index.names(stem(found.group().split()[-1]))
            and self._burst.read_text(clause.text)
            and not cues.REPEAT.fullmatch(clause.text)
        ):
            return None
        self._burst.needs_history = self._burst.needs_history or self._burst.context.basket is None
        if self._burst.context.basket:
            self._burst.lines = list(dict.fromkeys([*self._burst.lines, *self._burst.context.basket]))
            self._burst.focus = list(self._burst.context.basket)
        return [
            self._repeat_command(found.group(), day.group("day") if day else None),
            *self._changes_after_repeat(tail),
        ]

    def _repeat_command(self, said: str, day: str | None) -> Repeat:
        if day:
            weekday = int(WEEKDAYS[day])
            today = self._burst.context.now.date()
            return Repeat(
                RepeatOf.DATE,
                today.fromordinal(today.toordinal() - ((today.isoweekday() - weekday - 1) % 7 + 1)),
            )
        return Repeat(RepeatOf.USUAL if "usual" in said or "regular" in said else RepeatOf.LAST)

    def _changes_after_repeat(self, tail: str) -> list[Command]:
        commands: list[Command] = []
        for clause in clauses_of(tail.lstrip(" ,.-:").removeprefix("but ").removeprefix("except "), self._burst.index):
            said = self._edits.read(self._burst, clause)
            if said is None:
                said = self._other_than_items(clause)
            if said is None:
                said = [as_edit(self._burst, c) for c in listed(self._burst, [clause])]
            commands += said
        return commands
