"""Taking things off the draft: no lids, remove everything but the boxes, not the first one."""

from dataclasses import replace

from core.domain.commands import Change, Clear, Command, Drop, Remove, Sign, Wanted
from core.understanding import cues
from core.understanding.item import Item
from core.understanding.targets import Targets


class RemovalReader(Targets):
    """Reads a text as a removal, or says (None) that it is none."""

    def _remove(self, text: str) -> list[Command] | None:
        found = cues.REMOVE.match(text)
        tail = None if found else cues.REMOVE_TAIL.match(text)
        if found is None and tail is None:
            return None
        cue = found.group("cue") if found else "no need"
        rest = (found or tail or {"rest": ""})["rest"].strip(" .,!")
        if cue == "no" and self._is_no_removal(rest):
            return None
        if not rest:
            return [Drop()] if cue.startswith("no need") else None
        return self._correct_size(cue, rest) or self._remove_several(rest) or self._remove_named(cue, rest)

    def _is_no_removal(self, rest: str) -> bool:
        """ "no, 3", or "no sugar" where products are called that."""
        first = next(iter(self._items(rest)), None)
        if first is not None and first.amount is not None:
            return True
        return bool(self._burst.context.questions) and self._burst.index.names("no")

    def _correct_size(self, cue: str, rest: str) -> list[Command] | None:
        """ "no 12in" when the line is 18in: the size is corrected."""
        first = next(iter(self._items(rest)), None)
        if cue != "no" or first is None or first.words or self._burst.within_lines(first):
            return None
        return self._replace_focus(first)

    def _remove_several(self, rest: str) -> list[Command] | None:
        """`everything`, `both`, `all but the boxes`, `the first one`, `it`."""
        if cues.EVERYTHING.match(rest):
            return [Clear()]
        if cues.BOTH.match(rest) and self._burst.lines:
            return [Remove(Wanted(rest, (s,))) for s in self._many()]
        but = cues.ALL_BUT.match(rest)
        if but:
            return self._all_but(but.group("keep"))
        place = cues.PLACE_IN_LIST.match(rest)
        if place and self._burst.lines:
            return [Remove(Wanted(rest, (self._at(place.group("place")),)))]
        if cues.PRONOUN.match(rest):
            focus = tuple(s for s in self._burst.focus if s in self._burst.lines) or tuple(self._burst.lines)
            return [Remove(Wanted(rest, focus))]
        return None

    def _remove_named(self, cue: str, rest: str) -> list[Command] | None:
        """What the words name: lines, parts of lines, pending items, or nothing that is on the order."""
        items = self._items(rest)
        targets = [
            t for n, i in enumerate(items) if (t := self._amount_after_remove(n, i) or self._remove_target(i, rest))
        ]
        if targets:
            return list(targets)
        named = self._named(rest)
        if not named and cue not in ("remove", "delete", "drop"):
            return None
        return [Remove(Wanted(rest, (), unexplained=(rest,)))]

    def _all_but(self, keep: str) -> list[Command] | None:
        kept = {s for i in self._items(keep) for s in self._burst.within_lines(i)}
        return [Remove(Wanted(keep, (s,))) for s in self._burst.lines if s not in kept] if kept else None

    def _amount_after_remove(self, n: int, item: Item) -> Command | None:
        """ "no underpad, sharps bin 2 only": an amount for a later item is its new amount."""
        if n == 0 or item.amount is None or not item.names_something:
            return None
        said = self._set(item)
        return said[0] if said else None

    def _remove_target(self, item: Item, rest: str) -> Command | None:
        if not item.names_something:
            if item.amount is None:
                return None
            changes = self._set(item, Sign.MINUS)
            return changes[0] if changes else None
        within = self._burst.within_lines(item)
        if not within:
            pending = self._pending(item)
            return Drop(pending) if pending else None
        wanted = replace(self._wanted(item), skus=within, sure=True, unexplained=())
        if item.amount is not None and item.amount.value is not None and len(within) == 1:
            return Change(wanted, Sign.MINUS)
        return Remove(wanted)

    def _pending(self, item: Item) -> str | None:
        """The pending question that the item's words are about."""
        for question in self._burst.context.questions:
            bits = self._burst.index.bits(o.sku for o in question.options if o.sku)
            if bits and self._burst.index.find(tuple(item.words), tuple(item.measures), (), bits).skus:
                return question.id
        return None
