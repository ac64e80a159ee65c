"""Edits of what is in the draft: make it 4, no lids, the 10in instead of the 12in, 2 more, undo."""

from dataclasses import replace
from decimal import Decimal

from core.domain.commands import Add, Change, Command, Refuse, Replace, Sign, Wanted
from core.understanding import cues
from core.understanding.amounts import unit_at
from core.understanding.burst import Burst
from core.understanding.clauses import Clause
from core.understanding.ellipsis import borrow
from core.understanding.item import Item
from core.understanding.removals import RemovalReader
from core.understanding.tokens import plain

_FACTORS = {
    "double": Decimal(2),
    "twice": Decimal(2),
    "triple": Decimal(3),
    "halve": Decimal("0.5"),
    "half": Decimal("0.5"),
}


class EditReader(RemovalReader):
    """Reads a clause as an edit of the draft, or says (None) that it is none."""

    def read(self, _: Burst, clause: Clause) -> list[Command] | None:
        """The edit that a clause asks for."""
        if not self._burst.lines and not self._burst.context.questions:
            return self._without_draft(clause)
        for attempt in (
            self._of_each,
            self._make_of,
            self._swap,
            self._less,
            self._scale,
            self._same_for,
            self._make,
            self._more,
            self._remove,
            self._correction,
        ):
            said = attempt(clause.text)
            if said is not None:
                return said
        return None

    def _without_draft(self, clause: Clause) -> list[Command] | None:
        """With nothing in the draft, a refusal ("no straws this time") is only a refusal."""
        found = cues.REMOVE.match(clause.text)
        if found and not self._amounts(found.group("rest")) and found.group("cue") not in ("cancel",):
            return [Refuse()] if self._named(found.group("rest")) or not found.group("rest") else None
        return None

    def _swap(self, text: str) -> list[Command] | None:
        for pattern in (cues.SWAP, cues.INSTEAD_OF, cues.NOT_BUT, cues.ARROW):
            found = pattern.search(text)
            if not found:
                continue
            groups = found.groupdict()
            old = groups.get("old") or groups.get("old2")
            new = groups.get("new") or groups.get("new2")
            if old and new:
                said = self._old_to_new(old, new)
                if said is not None:
                    return said
        focus = cues.SWAP_FOCUS.match(text)
        items = self._items(focus.group("new")) if focus else []
        if items and not items[0].amount:
            return self._replace_focus(items[0])
        found = cues.INSTEAD.match(text)
        return self._instead(found.group("new") or found.group("new2")) if found else None

    def _old_to_new(self, old: str, new: str) -> list[Command] | None:
        olds, news = self._items(old), self._items(new)
        if olds and news and not olds[0].names_something and news[0].names_something and news[0].amount:
            return self._set(news[0])
        if olds and news and not olds[0].names_something and not news[0].names_something and not news[0].unit:
            return self._size_to_size(olds[0], news[0])
        target = self._target(olds, old)
        if target is None or not news:
            return None
        wanted = self._wanted(news[0])
        if not news[0].names_something:
            return [Change(replace(wanted, skus=target.skus, said=target.said))] if news[0].amount else None
        if not olds and not cues.PRONOUN.match(old.strip()):
            return None
        old_words = self._words_of(target) or [w for i in olds for w in i.words]
        if not news[0].match.head or news[0].match.unexplained or len(news[0].match.skus) > 1:
            borrow(news[0], old_words, self._burst.index, like=target.skus[0] if len(target.skus) == 1 else None)
        old_amount = olds[0].amount if olds else None
        wanted = self._wanted(news[0])
        if old_amount and not news[0].amount and target.skus and set(wanted.skus) <= set(target.skus):
            return None
        return [Replace(target, wanted), *(Add(self._wanted(i)) for i in news[1:] if i.names_something)]

    def _size_to_size(self, old: Item, new: Item) -> list[Command] | None:
        """ "instead of 55 give me 70": two bare numbers of which the first is a line's size."""
        sizes = [plain(i.amount.value) if i.amount and i.amount.value is not None else "" for i in (old, new)]
        index = self._burst.index
        lines = index.find((), (sizes[0],), (), index.bits(self._burst.lines)) if sizes[0] else None
        if lines is None or len(lines.skus) != 1 or lines.unexplained:
            return None
        found = index.closest(index.find((), (sizes[1],)).skus, lines.skus[0])
        return [Replace(Wanted("", lines.skus), Wanted(sizes[1], (found,)))] if found else None

    def _instead(self, new: str) -> list[Command] | None:
        """`3 instead`, `lids 3 instead`, `the kraft one instead`."""
        made = cues.MAKE.match(new)
        items = self._items(made.group("rest") if made else new)
        if not items:
            return None
        return self._set(items[0]) or self._replace_focus(items[0])

    def _make_of(self, text: str) -> list[Command] | None:
        """`12in make it 4`, `the straws should be 3 packets`."""
        text = cues.NOT_AMOUNT.sub("", text)
        found = cues.MAKE_OF.match(text)
        if not found:
            return None
        every = (
            cues.EVERYTHING.match(found.group("what"))
            or cues.BOTH.match(found.group("what"))
            or found.group("what") == "each"
        )
        place = cues.PLACE_IN_LIST.match(found.group("what"))
        what = self._items(found.group("what"))
        new = self._items(found.group("n"))
        if new and not new[0].names_something and new[0].amount and (every or place):
            skus = self._many() if every else [self._at(place.group("place"))] if place else []
            return [Change(replace(self._wanted(new[0]), skus=(s,))) for s in skus]
        if new and new[0].names_something and new[0].amount is None:
            pronoun = cues.PRONOUN.match(found.group("what"))
            return self._replace_focus(new[0]) if pronoun else self._old_to_new(found.group("what"), found.group("n"))
        if len(what) != 1 or not new or new[0].names_something or new[0].amount is None:
            return None
        within = self._burst.within_lines(what[0]) if what[0].names_something else ()
        if not within and not cues.PRONOUN.match(found.group("what")):
            return None
        wanted = self._wanted(new[0])
        return [Change(replace(wanted, skus=within))] if within else self._set_focus(wanted, Sign.SET, new[0])

    def _make(self, text: str) -> list[Command] | None:
        found = cues.MAKE.match(text)
        if not found:
            return None
        verb = text[: found.start("rest")].rsplit(maxsplit=1)[-1]
        rest = cues.NOT_AMOUNT.sub("", found.group("rest"))
        by = " by " in f" {rest} "
        to = " to " in f" {rest} "
        items = (
            self._items(f" {rest} ".replace(" by ", " , ").replace(" to ", " , ")) if to or by else self._items(rest)
        )
        if not items:
            return None
        if by or (verb in ("increase", "decrease", "reduce", "lower", "cut", "raise") and not to):
            sign = Sign.PLUS if verb in ("increase", "raise", "bump", "up") else Sign.MINUS
            return self._set(items[0], sign)
        said = self._set(items[0])
        if said is None:
            other = items[0].match.head and len(items[0].match.skus) == 1 and items[0].amount is not None
            return None if other and not cues.ABOUT_IT.match(rest) else self._replace_focus(items[0])
        for item in items[1:]:
            said = said + (self._set(item) or [Add(self._wanted(item))])
        return said

    def _more(self, text: str) -> list[Command] | None:
        """`add 2 more`, `2 more bundles`, `another one`: for what was touched last."""
        if cues.ANOTHER.match(text):
            return self._set_focus(Wanted(text, amount=Decimal(1)), Sign.PLUS, Item())
        items = self._items(text)
        if len(items) != 1 or (not items[0].more and not text.startswith("+")):
            return None
        item = items[0]
        if item.amount is None or (item.names_something and not self._burst.within_lines(item)):
            return None
        if not item.names_something and len(self._burst.asked) == 1 and self._burst.asked[0] not in self._burst.lines:
            return None
        return self._set(item, Sign.PLUS)

    def _less(self, text: str) -> list[Command] | None:
        found = cues.LESS.match(text)
        if not found:
            return None
        rest = found.group("rest") or f"{found.group('rest2')} {found.group('what') or ''}"
        items = self._items(rest)
        return self._set(items[0], Sign.MINUS) if items else None

    def _scale(self, text: str) -> list[Command] | None:
        found = cues.SCALE.match(text)
        if not found:
            return None
        factor = _FACTORS[found.group("how")]
        what = found.group("what").strip()
        if factor < 1 and unit_at(list(self._tokens(what)), 0):
            return None
        items = self._items(what)
        if what in ("everything", "all", "order", "whole order"):
            return [Change(Wanted(text, (s,), amount=factor), Sign.TIMES) for s in self._burst.lines]
        target = self._target(items, what or "it")
        return [Change(replace(target, amount=factor), Sign.TIMES)] if target else None

    def _same_for(self, text: str) -> list[Command] | None:
        """`same for the lids`: the amount of the line touched last, for another product."""
        found = cues.SAME_FOR.match(text)
        context = self._burst.context
        model = next((s for s in self._burst.focus if s in context.quantities), None)
        if not found or model is None:
            return None
        amount, unit = Decimal(context.quantities[model]), context.units.get(model)
        nouns = self._nouns(self._burst.index.catalogue.products[model].name)
        said: list[Command] = []
        for item in self._items(found.group("what")):
            whole = item.match.head and len(item.match.skus) == 1
            if whole or borrow(item, nouns, self._burst.index, like=model):
                said.append(Add(replace(self._wanted(item), amount=amount, unit=unit, more=False, sure=True)))
        return said or None

    def _of_each(self, text: str) -> list[Command] | None:
        """`3 more of each`, `each one less`, `all 5`."""
        one = cues.PLACE_AMOUNT.match(text)
        if one:
            amount = self._items(one.group("n"))
            return [Change(replace(self._wanted(amount[0]), skus=(self._at(one.group("place")),)))] if amount else None
        keep = cues.KEEP_ONLY.match(text)
        if keep:
            return self._all_but(keep.group("keep") or keep.group("keep2"))
        found = cues.OF_EACH.match(text)
        said = found and (found.group("n") or found.group("n2"))
        how = found and (found.group("how") or found.group("how2"))
        if not found or (not said and not how):
            return None
        amounts = self._items(said) if said else []
        value = amounts[0].amount.value if amounts and amounts[0].amount else Decimal(1)
        sign = Sign.PLUS if how == "more" else Sign.MINUS if how else Sign.SET
        return [Change(Wanted(text, (s,), amount=value), sign) for s in self._many()]

    def _correction(self, text: str) -> list[Command] | None:
        """`no, 3`, `actually 4 bundles`, `sorry 2 only`, `i mean the kraft one`."""
        found = cues.CORRECTION.match(text)
        if not found:
            return None
        rest = cues.NOT_AMOUNT.sub("", found.group("rest"))
        nested = self._make(rest) or self._swap(rest)
        if nested:
            return nested
        items = self._items(rest)
        if not items:
            return None
        commands: list[Command] = []
        for item in items:
            said = self._set(item)
            if said is None and item.amount is None:
                said = self._replace_focus(item)
            if said is None:
                return None
            commands += said
        return commands
