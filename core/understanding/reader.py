"""The order reader: a burst of messages -> typed commands. No model, no I/O, no state of its own.

A message is cut into clauses. Each clause is tried against what people do in a chat (answer, greet, ask, complain,
edit, repeat, name a date) and, where none of that fits, read as items of an order. What matters and cannot be
explained becomes a doubt, never silence.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from core.domain.commands import (
    Acknowledge,
    Add,
    AddNote,
    Agree,
    Ask,
    AskDelivery,
    AskProduct,
    CallPerson,
    Cancel,
    Change,
    Clear,
    Command,
    Complain,
    Confirm,
    Deliver,
    Drop,
    Greet,
    Help,
    Menu,
    NameOutlet,
    Pick,
    Reading,
    Refuse,
    Remove,
    Repeat,
    Replace,
    RepeatOf,
    Show,
    Sign,
    Status,
    Thank,
    Unclear,
    Undo,
    UseInvite,
    Wanted,
)
from core.domain.sessions import Question, QuestionKind
from core.understanding import cues
from core.understanding.answers import NO, YES, answer, within_options
from core.understanding.clauses import Clause, clauses_of
from core.understanding.context import Context
from core.understanding.dates import When, find_when
from core.understanding.edits import EditReader
from core.understanding.index import CatalogueIndex, features_of, stem
from core.understanding.items import Item, borrow, read_items, take_unit
from core.understanding.lexicon import COURTESY, FILLER, NOT_GOODS, PARTICLES, PLACE_WORDS, UNITS, WEEKDAYS, WINDOWS
from core.understanding.tokens import Kind, Token, plain
from core.understanding.wanted import wanted_of

_SMALL = COURTESY | PARTICLES
_NOISE = _SMALL | FILLER


def read(texts: Sequence[str], context: Context) -> Reading:
    """What a burst of messages asks for. Repeated identical messages of a burst count once."""
    reader = _Reader(context)
    commands = reader.burst(list(dict.fromkeys(t.strip() for t in texts)))
    return Reading(_tidy(commands), reader.needs_history)


def _tidy(commands: list[Command]) -> tuple[Command, ...]:
    """Without greetings beside real requests, and with at least one command."""
    talk = (Greet, Thank, Acknowledge)
    ordered = {s for c in commands if isinstance(c, Add) and c.wanted.amount is not None for s in c.wanted.skus}
    real = [c for c in commands if not isinstance(c, talk) and not (isinstance(c, Add) and _only_mentions(c, ordered))]
    if any(isinstance(c, Confirm) for c in real):
        real = [c for c in real if not isinstance(c, Agree)]
    if len(real) > 1:
        real = [c for c in real if not (isinstance(c, Unclear) and not c.matters)] or real
    if real:
        return tuple(real)
    return tuple(dict.fromkeys(commands)) or (Acknowledge(),)


def _without_counts_of_people(tokens: Sequence[Token], used: set[int]) -> tuple[Sequence[Token], set[int]]:
    """ "3 staff", "2 outlets", "30 mins": numbers of what nobody orders here are marked as used."""
    found = set(used)
    for n, token in enumerate(tokens[1:], 1):
        if token.text in NOT_GOODS and tokens[n - 1].kind is Kind.NUMBER:
            found |= {n - 1, n}
        if token.kind in (Kind.NUMBER, Kind.MEASURE) and tokens[n - 1].text in PLACE_WORDS:
            found |= {n - 1, n}
    return tokens, found


_LINE_BREAK = Token(Kind.SYMBOL, "\n", 0, 0)
_EDGE = re.compile(rf"^(?:(?:{'|'.join(map(re.escape, sorted(_SMALL - {'morning', 'afternoon', 'evening', 'sorry'})))})\b[ ,!.]*)+(?=\S)")
_TAIL = re.compile(rf"(?<=\S)(?:[ ,!.]+(?:{'|'.join(map(re.escape, sorted(_SMALL - {'morning', 'afternoon', 'evening', 'day'})))})\b)+$")


def _without_courtesy(text: str) -> str:
    """ "ok boss agent pls" as "agent"; a text of nothing but courtesy stays."""
    bare = _TAIL.sub("", _EDGE.sub("", text))
    return bare or text


def _only_mentions(command: Add, ordered: set[str]) -> bool:
    """ "straws finish already, 3 pkt black straws": a product without an amount that is ordered beside it."""
    wanted = command.wanted
    return wanted.amount is None and not wanted.vague and bool(set(wanted.skus) & ordered)


class _Reader:
    """Reads one burst; remembers what earlier clauses of it said."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.index: CatalogueIndex = context.index
        self.needs_history = False
        self.lines = list(context.lines)
        self.focus = list(context.focus)
        self.asked = list(context.asked_about)
        self.edits = EditReader(self)
        self.editing = False
        self.drafting = context.drafting
        self.picked: set[str] = set()
        if context.quoted and not self.asked:
            quoted = [i for i in self._read_text(context.quoted) if len(i.match.skus) == 1]
            self.asked = [quoted[0].match.skus[0]] if len(quoted) == 1 else []

    # -- messages ------------------------------------------------------------------------------------

    def burst(self, texts: list[str]) -> list[Command]:
        """Messages sent in one go: answers to a question first, the rest read as one text."""
        commands: list[Command] = []
        while texts:
            answered = answer(texts[0], self.context) if not commands else None
            if answered is None:
                break
            commands += answered
            texts = texts[1:]
        return commands + self.message("\n".join(texts)) if texts else commands

    def message(self, text: str) -> list[Command]:
        """The commands of one text, in order."""
        commands: list[Command] = []
        run: list[Clause] = []
        drafted = set(self.lines)
        for clause in self._moods(text):
            if run:
                self._peek(run)
            said = self._other_than_items(clause)
            if said is None:
                run.append(clause)
                self.drafting = True
                continue
            commands += self._items(run) + said
            run = []
            self.drafting = True
            self.editing |= any(isinstance(c, Change | Replace | Remove | Repeat) for c in said)
        commands += self._items(run)
        return [self._as_edit(c) if self.editing and isinstance(c, Add) and drafted & set(c.wanted.skus) else c for c in commands]

    def _peek(self, run: list[Clause]) -> None:
        """Know the lines that the clauses before will make, so that "no, 3" finds them."""
        items = self._read([t for c in run for t in (*c.tokens, _LINE_BREAK)])
        self._remember(items)
        for item in items:
            found = self._among_options(item)
            if found and len(found[1]) == 1:
                self._touch(found[1][0])

    def _moods(self, text: str) -> Iterator[Clause]:
        """Clauses; one that both orders and grumbles or asks is parted at its commas."""
        for clause in clauses_of(text, self.index):
            mixed = "," in clause.text and (cues.COMPLAINT.search(clause.text) or cues.REPORT.search(clause.text) or cues.PRICE.search(clause.text) or cues.HAVE.search(clause.text))
            parts = clause.text.split(",") if "," in clause.text else []
            if (mixed and self._any_amount(clause)) or any(cues.NOTE.match(part.strip()) for part in parts):
                yield from clauses_of(clause.text.replace(",", ";") + ("?" if clause.asks else ""), self.index)
            else:
                yield clause

    def _other_than_items(self, clause: Clause) -> list[Command] | None:
        """What a clause says if it is no part of an item list; None if it may be one."""
        for attempt in (self._small_talk, self._plain_words, self._trouble, self._repeat, self._question, self._hypothetical):
            said = attempt(clause)
            if said is not None:
                return said
        clause, outlet = self._without_outlet(clause)
        before = list(outlet)
        if not clause.tokens:
            return before
        for attempt in (self._invite, self._note, self.edits.read):
            said = attempt(clause)
            if said is not None:
                return before + said
        if before:
            return before + (self._other_than_items(clause) or self._items([clause]))
        return None

    # -- talk ----------------------------------------------------------------------------------------

    def _small_talk(self, clause: Clause) -> list[Command] | None:
        words = [t.text for t in clause.tokens if t.kind is Kind.WORD]
        if any(t.kind not in (Kind.WORD, Kind.SYMBOL) for t in clause.tokens):
            return None
        if not words:
            return [] if not clause.asks else [Help()]
        rest = [w for w in words if w not in _SMALL]
        if set(words) & YES and not [w for w in words if w not in _SMALL | YES | {"that", "it", "is", "all"}]:
            return [Agree()] if not cues.THANKS.search(clause.text) else [Thank()]
        if set(words) & NO and not [w for w in words if w not in _SMALL | NO]:
            return [Refuse()]
        if not rest or rest == ["there"]:
            if cues.THANKS.search(clause.text):
                return [Thank()]
            if cues.GREETING.match(clause.text) and not (self.drafting and words[0] in WINDOWS):
                return [Greet()]
            return None if set(words) & set(WINDOWS) and self.drafting else [Acknowledge()]
        if cues.THANKS.search(clause.text) and not cues.REPORT.search(clause.text) and not self._any_product(clause):
            return [Thank()] if all(w in _NOISE | {"help", "advance"} for w in rest) else None
        if cues.GREETING.match(clause.text) and all(w in _NOISE | {"how", "eat", "eaten", "makan"} for w in rest) and len(words) <= 6 and not self._means_order(clause):
            return [Greet()] if not (self.drafting and set(words) & set(WINDOWS)) else None
        return None

    def _means_order(self, clause: Clause) -> bool:
        return bool(cues.ORDER_VERB.search(clause.text) or cues.QUESTION_WORD.match(clause.text))

    def _plain_words(self, clause: Clause) -> list[Command] | None:
        """Whole-clause phrases: confirm, cancel, cart, menu, help, person, ..."""
        text = _without_courtesy(clause.text.strip(" .!,?"))
        table: tuple[tuple[object, Callable[[], list[Command]]], ...] = (
            (cues.PERSON.search(text), lambda: [CallPerson(text)]),
            (cues.HELP.match(text), lambda: [Help()]),
            (cues.HOLD.search(text) if not self._any_amount(clause) else None, lambda: [Acknowledge()]),
            (cues.UNDO.match(text), lambda: [Undo()]),
            (cues.DONE.match(text), lambda: [Show()]),
            (cues.CONFIRM.match(text), lambda: [Confirm()]),
            (cues.CLEAR.match(text), lambda: [Clear()]),
            (cues.CANCEL.search(text) if not self._edits_line(clause) else None, lambda: [Cancel(self._code(clause), bool(self._code(clause)) or "order" in text)]),
            (cues.NEVER_MIND.match(text), lambda: [Drop()]),
            (cues.SHOW.search(text), lambda: [Show()]),
            (cues.REST_SAME.search(text) if not self._any_amount(clause) else None, list),
        )
        for found, commands in table:
            if found:
                return commands()
        if cues.MENU.search(text) and not self._any_amount(clause):
            return [Menu()]
        return None

    def _edits_line(self, clause: Clause) -> bool:
        return self._any_product(clause)

    def _any_product(self, clause: Clause) -> bool:
        return any(self.index.names(stem(t.text)) and t.text not in _NOISE for t in clause.tokens if t.kind is Kind.WORD)

    def _any_amount(self, clause: Clause) -> bool:
        return any(t.kind is Kind.NUMBER for t in clause.tokens)

    def _code(self, clause: Clause) -> str | None:
        code = next((t.text for t in clause.tokens if t.kind is Kind.CODE), None)
        return code.split()[-1].lstrip("#:").upper() if code else None

    def _trouble(self, clause: Clause) -> list[Command] | None:
        """Complaints, and talk about what has been: neither orders anything."""
        text = clause.text
        wants = cues.REQUEST.match(text)
        if cues.COMPLAINT.search(text) and not wants and not cues.REPEAT.search(text) and not self._defect_is_product(clause):
            return [Complain(text)]
        if cues.REPORT.search(text) and not wants and not cues.REPEAT.search(text) and not cues.STATUS.search(text):
            if cues.PRICE.search(text) or cues.HAVE.search(text):
                return None
            if clause.asks:
                return [Ask(text)] if self._any_amount(clause) and not cues.ORDER_VERB.search(text) else None
            return [Thank()] if cues.THANKS.search(text) else [Acknowledge()]
        return None

    def _defect_is_product(self, clause: Clause) -> bool:
        """A word such as "wet" or "loose" that names products here, in a clause that orders."""
        found = cues.COMPLAINT.search(clause.text)
        last = found.group().split()[-1] if found else ""
        words = found.group().split() if found else []
        named = any(self.index.names(stem(w)) and w not in _NOISE for w in words)
        return named and (not cues.PAST.search(clause.text) or (self.index.names(stem(last)) and bool(cues.ORDER_VERB.search(clause.text))))

    def _hypothetical(self, clause: Clause) -> list[Command] | None:
        """ "maybe 3 ctn", "if they come tomorrow": nothing is ordered on a maybe."""
        if not cues.CONDITIONAL.search(clause.text):
            return None
        items = self._read(clause.tokens)
        named = [i for i in items if i.match.skus]
        if not named:
            return [Ask(clause.text)] if clause.asks else None
        if clause.asks or clause.text.startswith(("what about", "how about")):
            return None
        return [Add(replace(wanted_of(i, self.index), sure=False)) for i in named]

    # -- questions -----------------------------------------------------------------------------------

    def _question(self, clause: Clause) -> list[Command] | None:
        text = clause.text
        if cues.STATUS_FIRM.search(text) or (cues.STATUS.search(text) and not self._any_product(clause)):
            return [Status(self._code(clause))]
        if cues.REQUEST.match(text) and not cues.PRICE.search(text):
            return None
        if cues.PRICE.search(text) or cues.PACK.search(text):
            return self._about_products(clause, price=bool(cues.PRICE.search(text)), pack=bool(cues.PACK.search(text)))
        if cues.DELIVERY_QUESTION.search(text) and (clause.asks or cues.QUESTION_WORD.match(text)) and not self._any_amount_of_product(clause):
            return [AskDelivery()] if not cues.PAYMENT.search(text) else [Ask(text)]
        asks = clause.asks or bool(cues.QUESTION_WORD.match(text))
        menu = self._menu_of(clause)
        if menu:
            return menu
        if not asks and not cues.HAVE.search(text):
            return None
        if asks and not cues.HAVE.search(text) and not cues.QUESTION_WORD.match(text):
            return self._trailing_question(clause)
        return self._about_products(clause)

    def _any_amount_of_product(self, clause: Clause) -> bool:
        return self._any_amount(clause) and self._any_product(clause)

    def _trailing_question(self, clause: Clause) -> list[Command] | None:
        """ "12in box?" asks; "2 bundles 12in box can?" orders."""
        items = self._read(clause.tokens)
        if any(i.amount and (i.match.skus or not i.names_something) for i in items):
            return None
        named = [i for i in items if i.names_something]
        if not named:
            return None
        return self._about_products(clause)

    def _about_products(self, clause: Clause, *, price: bool = False, pack: bool = False) -> list[Command] | None:
        tokens = self._without(clause.tokens, find_when(list(clause.tokens), self.context.now.date(), self.index.names))
        items = [i for i in read_items(tokens, self.index) if i.names_something]
        if pack:
            items = [i for i in items if any(UNITS.get(w) is None for w in i.words) or i.measures]
        for item in items:
            if item.match.unexplained and item.match.explained and set(item.match.unexplained) <= cues.QUESTION_NOISE:
                item.words = [w for w in item.words if w not in item.match.unexplained]
                item.match = self.index.find(tuple(item.words), tuple(item.measures), tuple(item.optional))
        named = [i for i in items if i.match.explained]
        if not named:
            if price and cues.TOTAL.search(clause.text) and self.lines:
                return [Show()]
            if price or pack:
                return [AskProduct(self._last_asked(), price, pack)] if self._last_asked() else [Show()] if price and self.lines else [Ask(clause.text)]
            strange = [i for i in items if i.words]
            if cues.HAVE.search(clause.text) and strange and not cues.PAYMENT.search(clause.text):
                return [AskProduct(tuple(wanted_of(i, self.index) for i in strange[:2]), price, pack)]
            return [Ask(clause.text)] if clause.asks or cues.QUESTION_WORD.match(clause.text) else None
        if not price and not pack and any(i.amount and i.match.skus and not i.match.unexplained for i in named) and not cues.HAVE.search(clause.text):
            return None
        if not price and not pack and cues.PAYMENT.search(clause.text):
            return [Ask(clause.text)]
        wanted = tuple(wanted_of(i, self.index) for i in named)
        self.asked = list(dict.fromkeys(s for w in wanted for s in w.skus))
        self.focus = self.asked if len(self.asked) == 1 else self.focus
        return [AskProduct(wanted, price, pack)]

    def _last_asked(self) -> tuple[Wanted, ...]:
        skus = self.asked or self.focus
        return (Wanted("", tuple(skus)),) if skus else ()

    def _menu_of(self, clause: Clause) -> list[Command] | None:
        found = cues.MENU_OF.match(clause.text)
        if not found:
            return None
        what = next(filter(None, found.groups()), "")
        words = {stem(w) for w in what.replace("&", " ").split()} - _NOISE
        for category in self.index.catalogue.categories:
            named = {stem(w) for w in category.casefold().replace("&", " ").replace(",", " ").split()}
            if words and words <= named:
                return [Menu(category)]
        return None

    # -- repeat, outlet, notes -----------------------------------------------------------------------

    def _repeat(self, clause: Clause) -> list[Command] | None:
        if clause.asks and cues.QUESTION_WORD.match(clause.text) and not cues.REQUEST.match(clause.text):
            return None
        found = cues.REPEAT.search(clause.text)
        day = cues.REPEAT_DAY.search(clause.text)
        if day:
            found = day
        if not found or cues.NOT_REPEAT.search(clause.text):
            return None
        head, tail = clause.text[: found.start()], clause.text[found.end() :]
        if any(i.amount and i.match.skus for i in self._read_text(head)):
            return None
        if self.index.names(stem(found.group().split()[-1])) and self._read_text(clause.text) and not cues.REPEAT.fullmatch(clause.text):
            return None
        self.needs_history = self.needs_history or self.context.basket is None
        if self.context.basket:
            self.lines = list(dict.fromkeys([*self.lines, *self.context.basket]))
            self.focus = list(self.context.basket)
        return [self._repeat_command(found.group(), day.group("day") if day else None), *self._changes_after_repeat(tail)]

    def _repeat_command(self, said: str, day: str | None) -> Repeat:
        if day:
            weekday = int(WEEKDAYS[day])
            today = self.context.now.date()
            return Repeat(RepeatOf.DATE, today.fromordinal(today.toordinal() - ((today.isoweekday() - weekday - 1) % 7 + 1)))
        return Repeat(RepeatOf.USUAL if "usual" in said or "regular" in said else RepeatOf.LAST)

    def _changes_after_repeat(self, tail: str) -> list[Command]:
        commands: list[Command] = []
        for clause in clauses_of(tail.lstrip(" ,.-:") .removeprefix("but ").removeprefix("except "), self.index):
            said = self.edits.read(clause)
            if said is None:
                said = self._other_than_items(clause)
            if said is None:
                said = [self._as_edit(c) for c in self._items([clause])]
            commands += said
        return commands

    def _as_edit(self, command: Command) -> Command:
        """ "same as last week but 3 lids": an amount for a line of the basket sets it."""
        if isinstance(command, Add) and not command.wanted.more:
            within = [s for s in command.wanted.skus if s in self.lines]
            if len(within) == 1:
                return Change(replace(command.wanted, skus=tuple(within)), Sign.SET)
        return command

    def _without_outlet(self, clause: Clause) -> tuple[Clause, list[Command]]:
        """The clause without an outlet's name, and the command of naming it where that is news."""
        named = self.context.outlets.find(clause.tokens, 1 if self.context.outlets.own and not self.context.linked else 2)
        phrase = cues.OUTLET.match(clause.text)
        if named is None:
            return self._unknown_outlet(clause, phrase is not None and bool(cues.OUTLET_FIRM.search(clause.text)))
        led = named.start > 0 and clause.tokens[named.start - 1].text in ("for", "to", "at", "from", "outlet")
        if not named.complete and not phrase and not led and self._any_amount(clause):
            return clause, []
        start, end = named.start, named.end
        lead = frozenset("my our the outlet is this it's its i'm im from we we're for at here ordering order deliver delivery to branch shop store name : - calling am are".split())
        while start and clause.tokens[start - 1].text in lead:
            start -= 1
        while end < len(clause.tokens) and clause.tokens[end].text in ("outlet", "branch", "here", ":", "-", ",", "shop"):
            end += 1
        rest = (*clause.tokens[:start], *clause.tokens[end:])
        if phrase and not any(t.kind in (Kind.NUMBER, Kind.MEASURE) for t in rest) and not any(t.text in (",", "\n") for t in rest):
            rest = ()
        said = " ".join(t.text for t in clause.tokens[named.start : named.end])
        text = " ".join(t.text for t in rest)
        return Clause(rest, text, clause.asks, clause.breaks), [NameOutlet(said, named.codes)]

    def _unknown_outlet(self, clause: Clause, firm: bool) -> tuple[Clause, list[Command]]:
        found = cues.OUTLET.match(clause.text)
        if not found or self.context.linked or not firm or self._any_amount(clause):
            return clause, []
        name = found.group("name")
        if any(i.match.skus and not i.match.unexplained for i in self._read_text(name)):
            return clause, []
        return Clause((), "", False, clause.breaks), [NameOutlet(name, ())]

    def _invite(self, clause: Clause) -> list[Command] | None:
        if self.context.linked and "code" not in clause.text and "invit" not in clause.text:
            return None
        found = cues.INVITE.search(clause.text)
        if not found:
            return None
        code = found.group("grouped") or found.group("code") or found.group("bare")
        if not code or self.index.skus.get(code) or not any(c.isdigit() for c in code) or self.index.has_measure(code):
            return None
        return [UseInvite(code.upper())]

    def _note(self, clause: Clause) -> list[Command] | None:
        found = cues.NOTE.match(clause.text)
        if found:
            if any(i.amount and i.match.head and not i.match.unexplained for i in self._read(clause.tokens)):
                return None
            when = find_when(list(clause.tokens), self.context.now.date(), self.index.names)
            return [*self._deliver(replace(when, window=None) if not when.days else when), AddNote(found.group("note"))]
        kept = [t for t in clause.tokens if t.kind in (Kind.CODE, Kind.PHONE, Kind.PLACE)]
        if kept and not self._read([t for t in clause.tokens if t not in kept]):
            return [AddNote(clause.text)]
        return None

    # -- items ---------------------------------------------------------------------------------------

    def _items(self, run: list[Clause]) -> list[Command]:
        """A run of clauses that say what is wanted, and perhaps when."""
        if not run:
            return []
        tokens: list[Token] = []
        for n, clause in enumerate(run):
            if n:
                last = run[n - 1].tokens[-1]
                tokens.append(Token(Kind.SYMBOL, "\n" if run[n - 1].breaks else ",", last.end, last.end))
            tokens += clause.tokens
        text = " ".join(c.text for c in run)
        greeting = 2 if cues.GREETING.match(text) and not (self.drafting and run[0].tokens[0].text in WINDOWS) else 0
        when = find_when(tokens, self.context.now.date(), self.index.names, greeting)
        self._idle_today(when, run)
        if len(when.days) > 1 and not cues.EITHER_DAY.search(text):
            self._prefer_delivery(when, run)
        commands: list[Command] = list(self._deliver(when, text))
        if cues.SOONEST.search(text) and not when.days:
            commands.append(Deliver(soonest=True, said="as soon as possible"))
        commands += self._references(tokens)
        items = read_items(self._without(tokens, when), self.index)
        adding = any(cues.ADDING.search(c.text) for c in run)
        for item in items:
            item.more |= adding
            commands += self._item(item, text)
        self._remember(items)
        if not commands:
            commands = self._nothing_found(run, text)
        if any(cues.CONFIRM.match(c.text) for c in run):
            commands.append(Confirm())
        return commands

    def _idle_today(self, when: When, run: list[Clause]) -> None:
        """ "today sell finish liao, 2 ctn ..": a "today" beside other words and no order is no delivery date."""
        today = self.context.now.date()
        if today not in when.days:
            return
        for clause in run:
            for part in clauses_of(clause.text.replace(",", ";"), self.index):
                said = find_when(list(part.tokens), today, self.index.names)
                words = [t for n, t in enumerate(part.tokens) if n not in said.used and t.kind is Kind.WORD and t.text not in _SMALL]
                if today in said.days and words and not cues.DELIVERING.search(part.text) and not self._goods(part):
                    when.days.remove(today)
                    return

    def _goods(self, clause: Clause) -> bool:
        return any(i.amount and i.match.skus for i in self._read(clause.tokens))

    def _prefer_delivery(self, when: When, run: list[Clause]) -> None:
        """Of several days the one said with "deliver" or "send", where only one is ("today need .. tmr can send")."""
        days: list[date] = []
        for clause in run:
            for part in clauses_of(clause.text.replace(",", ";"), self.index):
                if cues.DELIVERING.search(part.text):
                    days += find_when(list(part.tokens), self.context.now.date(), self.index.names).days
        if len(set(days)) == 1:
            when.days = days[:1]

    def _references(self, tokens: Iterable[Token]) -> list[Command]:
        """PO numbers, phone numbers and addresses beside an order go to the people who pack and deliver."""
        return [AddNote(t.text.upper() if t.kind is Kind.CODE else t.text) for t in tokens if t.kind in (Kind.CODE, Kind.PHONE, Kind.PLACE)]

    def _deliver(self, when: When, text: str = "") -> list[Command]:
        if not when.days and not when.window:
            return []
        recurring = when.recurring or bool(cues.RECURRING.search(text))
        return [Deliver(tuple(when.days), when.window, " ".join(when.said), recurring)]

    def _item(self, item: Item, text: str) -> list[Command]:
        picked = self._picks(item)
        if picked is not None:
            return picked
        if not item.names_something:
            return self._sized(item) or self._bare_amount(item)
        if not item.match.explained and not item.match.discontinued:
            return self._strange(item)
        if item.amount is None and item.match.explained == item.match.loose and not item.measures:
            return self._strange(item)
        if item.amount is None and cues.PRAISE.search(text) and not cues.ORDER_VERB.search(text) and not self.context.questions:
            return [Acknowledge()]
        chatter = not item.match.head and not item.measures and not cues.ORDER_VERB.search(text)
        if item.amount is None and item.match.unexplained and chatter and len(item.tokens) - len(item.match.unexplained) < 3:
            return [Unclear(" ".join(t.text for t in item.tokens), matters=False)]
        self._from_context(item)
        command = Add(wanted_of(item, self.index), same_order=bool(cues.TO_ORDER.search(text)))
        return [self._as_edit(command) if self.editing or cues.ONLY.search(text) else command]

    def _picks(self, item: Item) -> list[Command] | None:
        """An item that only narrows a pending question down answers it."""
        found = self._among_options(item)
        if found is None:
            return None
        question, skus = found
        amount = item.amount.value if item.amount else None
        if len(skus) == 1:
            self._touch(skus[0])
        if question.id in self.picked:
            wanted = replace(wanted_of(item, self.index), skus=skus, sure=True, unexplained=())
            return [Add(replace(wanted, unit=wanted.unit or question.unit, amount=amount if amount is not None else question.amount))]
        self.picked.add(question.id)
        places = tuple(n for n, o in enumerate(question.options) if o.sku in skus)
        return [Pick(question.id, places, amount, item.unit if amount is not None else None)]

    def _among_options(self, item: Item) -> tuple[Question, tuple[str, ...]] | None:
        """The pending question that an item's words narrow down, and the alternatives that fit them."""
        for question in self.context.questions:
            options = within_options(question, self.context)
            if question.kind is not QuestionKind.PRODUCT or not options or not item.names_something:
                continue
            words, measures = item.own or (tuple(item.words), tuple(item.measures))
            match = self.index.find(words, measures, tuple(item.optional), options)
            if not match.skus or match.unexplained:
                continue
            if len(item.match.skus) == 1 and not item.match.unexplained and item.match.skus[0] not in match.skus and item.match.head:
                continue
            return question, match.skus
        return None

    def _touch(self, sku: str) -> None:
        self.focus = [sku]
        self.lines = list(dict.fromkeys([*self.lines, sku]))

    def _sized(self, item: Item) -> list[Command] | None:
        """ "the 90 one" to "which elbow?": a number that is a size of some of the alternatives."""
        if item.amount is None or item.amount.value is None or item.unit:
            return None
        sized = replace(item, measures=[plain(item.amount.value)], amount=None)
        picked = self._picks(sized)
        question = next((q for q in self.context.questions if q.kind is QuestionKind.PRODUCT), None)
        if picked and question and isinstance(picked[0], Pick) and len(picked[0].options) < len(question.options):
            return picked
        return None

    def _bare_amount(self, item: Item) -> list[Command]:
        """An amount without a product belongs to what was asked about, or to the line touched last."""
        if self.context.questions and item.amount and item.amount.value is not None:
            first = self.context.questions[0]
            if first.kind in (QuestionKind.QUANTITY, QuestionKind.UNITS, QuestionKind.MINIMUM, QuestionKind.TOTAL):
                return [Pick(first.id, (), item.amount.value, item.unit)]
        wanted = wanted_of(item, self.index)
        if len(self.asked) == 1 and self.asked[0] not in self.lines:
            return [Add(replace(wanted, skus=tuple(self.asked)))]
        if item.more and len(self.focus) == 1:
            return [Change(replace(wanted, skus=tuple(self.focus)), Sign.PLUS)]
        if any(self.context.quantities.get(s) == wanted.amount for s in self.focus):
            return [Acknowledge()]
        return [Unclear(wanted.said)]

    def _strange(self, item: Item) -> list[Command]:
        """Words that fit no product: an unknown product when an amount goes with them, else talk or a riddle."""
        if item.amount:
            return [Add(wanted_of(item, self.index))]
        words = [w for w in item.words if not self.index.is_english(w)]
        if item.measures or (words and len(item.tokens) <= 4) or not item.words:
            return [Unclear(" ".join(t.text for t in item.tokens), matters=bool(item.measures))]
        return []

    def _from_context(self, item: Item) -> None:
        """`and 3 of the 10in`, `2 more cups`: the chat says what kind of thing, or which of the lines."""
        if item.more and self.lines:
            match = self.index.find(tuple(item.words), tuple(item.measures), tuple(item.optional), self.index.bits(self.lines))
            if match.skus and not match.unexplained and len(match.skus) == 1:
                item.match = match
                return
        if item.match.head and not item.match.unexplained:
            return
        if len(item.match.skus) == 1 and not item.match.unexplained:
            return
        for sku in (*self.focus, *self.asked):
            if borrow(item, self.nouns(self.index.catalogue.products[sku].name), self.index, like=sku):
                take_unit(item, self.context.units.get(sku), self.index)
                return

    def _remember(self, items: Iterable[Item]) -> None:
        settled = [i.match.skus[0] for i in items if len(i.match.skus) == 1 and i.names_something]
        if settled:
            self.focus = settled
            self.lines = list(dict.fromkeys([*self.lines, *settled]))

    def _nothing_found(self, run: list[Clause], text: str) -> list[Command]:
        words = [t.text for c in run for t in c.tokens if t.kind is Kind.WORD and t.text not in _SMALL]
        if not words:
            return [Acknowledge()]
        if any(c.asks for c in run):
            return [Ask(text)]
        if cues.ORDER_VERB.search(text) and all(w in _NOISE for w in words):
            return [Menu()] if "order" in text and len(words) <= 8 else [Unclear(text)]
        return [Unclear(text, matters=False)]

    # -- helpers -------------------------------------------------------------------------------------

    def _without(self, tokens: Sequence[Token], when: When) -> list[Token]:
        """Tokens with dates and times blanked out; they part what stands around them."""
        kept: list[Token] = []
        tokens, used = _without_counts_of_people(tokens, when.used)
        gone = (Kind.DATE, Kind.TIME, Kind.MONEY, Kind.PHONE, Kind.CODE, Kind.PLACE, Kind.LINK)
        for n, token in enumerate(tokens):
            if n in used or token.kind in gone:
                if token.kind not in (Kind.MONEY,) and kept and kept[-1].text != ",":
                    kept.append(Token(Kind.SYMBOL, ",", token.start, token.end))
            else:
                kept.append(token)
        return kept

    def _read(self, tokens: Sequence[Token]) -> list[Item]:
        when = find_when(list(tokens), self.context.now.date(), self.index.names)
        return read_items(self._without(tokens, when), self.index)

    def _read_text(self, text: str) -> list[Item]:
        return [item for clause in clauses_of(text, self.index) for item in self._read(clause.tokens)]

    def nouns(self, name: str) -> list[str]:
        """The words of a product's name that another size or kind of it would share."""
        return [w for w in features_of(name).words if w.isalpha() and self.index.names(w)]

    def within_lines(self, item: Item) -> tuple[str, ...]:
        """The lines of the draft that an item's words fit."""
        if not item.names_something:
            return ()
        match = self.index.find(tuple(item.words), tuple(item.measures), tuple(item.optional), self.index.bits(self.lines))
        return match.skus if not match.unexplained else ()
