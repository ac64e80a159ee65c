"""What a question asks, in the parts that a guard can compare.

Openings, closings, articles and tone fall away. What is left: the kind of question, who acts, tense, whose things,
and the content words in their order, each in one spelling. A word that is in no table stays as it is.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass

from knowledge.cache import guard_words as words
from knowledge.cache.normalising import COMMA, PAUSE
from knowledge.cache.spelling import canonical, is_participle
from knowledge.cache.wording import BE, Tokens, active, amounts, exists, in_one_wording, question_kind, without_frame

_ANYBODY = frozenset(("i do", "i can", "you", "it"))
_ADJUNCTS = words.DAYS.keys() | words.TIMES | words.TIES.keys()
_ATTRIBUTES = frozenset(map(canonical, words.ATTRIBUTES))
_PRICES = frozenset(("cost", "costs", "price", "prices"))  # a charge or a fee is another matter than a price
_DELIVERING = frozenset("deliver delivers delivery deliveries delivered delivering".split())
_NO_PRICE = frozenset(map(canonical, words.NO_PRICE))
_BEFORE_SUBJECT = (
    words.BE
    | words.DO
    | words.CAN
    | words.WILL
    | words.WH
    | words.PAST
    | {"must", "should", "if", "that", "have", "has", "not", "then", "so", *words.HOW_WORDS}
)


@dataclass(frozen=True, slots=True)
class Term:
    """A content word in its one spelling.

    `typed` is how it was written. `tie` is the class of the preposition right before it, "" where there is none;
    `group` numbers the words that one preposition governs ("for new customers"), 0 where none does. `apart` says that
    no content word follows at once.
    """

    word: str
    typed: str
    tie: str = ""
    group: int = 0
    apart: bool = False

    @property
    def tied(self) -> bool:
        """Whether a preposition governs it."""
        return self.group > 0


@dataclass(frozen=True, slots=True)
class Clause:
    """One sentence of a question.

    `kind` is "when", "how long", "price", "yes", "bare", ...; `stances` are those who may act in it, one of whom is
    meant; `marks` are tense and ownership ("past", "my").
    """

    kind: str
    stances: frozenset[str]
    marks: frozenset[str]
    terms: tuple[Term, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """The content words."""
        return tuple(term.word for term in self.terms)


def read(question: str, names: Set[str] = frozenset()) -> tuple[Clause, ...]:
    """The sentences of a question in its normalised form; those that say nothing are left out.

    `names` are words of products and places, of which none falls away ("boss coffee").
    """
    sentences: list[Tokens] = [[]]
    for token in question.split():
        if token == PAUSE:
            sentences.append([])
        elif token != COMMA:
            sentences[-1].append(token)
    clauses = (_clause(tokens, names) for tokens in sentences if tokens)
    return tuple(clause for clause in clauses if clause.terms or clause.kind != "yes")


def gist(clauses: Sequence[Clause]) -> str:
    """What is asked in its one wording, for finding its like; empty where nothing is."""
    return " ".join(word for clause in clauses if clause.terms for word in (clause.kind, *clause.words))


def _clause(tokens: Tokens, names: Set[str]) -> Clause:
    there, tokens = exists(without_frame(tokens, names))
    kind, tokens = question_kind(in_one_wording(amounts(tokens)))
    return _Parts(kind, active(tokens), there).clause()


class _Parts:
    """Takes a clause apart: who acts, tense, ownership, content."""

    def __init__(self, kind: str, tokens: Tokens, exists: bool) -> None:
        self._kind = kind
        self._tokens = tokens
        self._exists = exists
        self._modal = ""
        self._subject = ""
        self._helped = False  # by a form of "be" or "do"
        self._helpers = 0
        self._marks: set[str] = set()
        self._terms: list[Term] = []
        self._passive = self._is_passive()

    def clause(self) -> Clause:
        """The clause."""
        found: list[tuple[int, str, str, int]] = []
        tie, group = "", 0
        for at, token in enumerate(self._tokens):
            if self._helps(at, token) or self._is_subject(at, token):
                tie, group = "", 0
            elif token in words.TIES:
                tie, group = words.TIES[token], at + 1
            elif word := self._owned(token, first=not found):
                found.append((at, word, tie, group))
                tie = ""
        content = {at for at, *_ in found}
        self._terms = [Term(canonical(word), word, tie, group, at + 1 not in content) for at, word, tie, group in found]
        if self._says():
            self._marks.add("said")
        self._ask_for_price()
        return Clause(self._asked(), self._stances(), frozenset(self._marks), tuple(self._terms))

    def _helps(self, at: int, token: str) -> bool:
        """Whether it is an auxiliary, which is noted and falls away."""
        if token in words.PAST or (token == "could" and self._tokens[at + 1 : at + 2] == ["not"]):
            self._marks.add(f"past {self._helpers}")
        if token in BE | words.DO:
            acts = self._kind == "what" and token == "do" and (self._helped or self._modal)  # "what do lids do"
            self._helped = True
            self._helpers += 1
            return not acts
        if token in ("have", "has", "had") and self._is_perfect(at):
            self._marks.add("perfect")
            return True
        modal = "can" if token in words.CAN else "will" if token in words.WILL else token
        if modal not in ("can", "will", "must", "should") or self._modal or not self._is_modal(at, token):
            return False
        self._modal = modal
        return True

    def _is_modal(self, at: int, token: str) -> bool:
        """ "may" is a month, and "can" a tin, where no one acts beside it."""
        beside = {*self._tokens[max(at - 1, 0) : at], *self._tokens[at + 1 : at + 2]} & words.SUBJECTS.keys()
        if token == "may":
            return at == 0 or bool(beside)
        if token == "can":
            return bool(beside) or not self._helped
        return True

    def _is_subject(self, at: int, token: str) -> bool:
        """Whether it is who acts, or a "you" that is acted on, which may as well be left out."""
        who = words.SUBJECTS.get(token)
        if who is None:
            return False
        before = self._tokens[at - 1] if at else ""
        acts = before in _BEFORE_SUBJECT or all(token in _ADJUNCTS for token in self._tokens[:at])
        if acts and not self._subject:
            self._subject = who
            return True
        return who == "you" and not acts and self._subject == "i"

    def _is_perfect(self, at: int) -> bool:
        following = [
            t for t in self._tokens[at + 1 : at + 4] if t not in ("not", "already", "been", "i", "we", "you", "my")
        ]
        return bool(following) and (at == 0 or self._helped is False) and is_participle(following[0])

    def _is_passive(self) -> bool:
        be = next((at for at, token in enumerate(self._tokens) if token in BE), None)
        return be is not None and any(is_participle(token) for token in self._tokens[be + 1 :])

    def _owned(self, token: str, *, first: bool) -> str:
        """The word, or "" where it only says whose something is."""
        if token in ("my", "our"):
            # Who cancels "my order" cancels an order; what "my terms" are is another matter than "the terms".
            if first or self._says() or not self._may_be_anybodys():
                self._marks.add("my")
            return ""
        if token == "your" and not {"my", "our", "than"} & set(self._tokens):
            if self._may_be_anybodys():
                self._marks.add("your")
            return ""
        return {"us": "me"}.get(token, token)

    def _may_be_anybodys(self) -> bool:
        return self._subject == "i" or self._modal == "can" or self._tokens[:1] == ["to"]

    def _says(self) -> bool:
        """Whether it tells something: "I must verify it" asks nothing."""
        return not self._kind and len(self._tokens) > 1 and self._tokens[0] in ("i", "we")

    def _ask_for_price(self) -> None:
        """Make one kind of "how much is X", "what is the price of X", "X price" and "how much do you charge for X"."""
        found = [term.word for term in self._terms]
        if self._marks or _NO_PRICE & set(found) or self._modal or self._exists:
            return
        cost = any(t.word == "cost" and (t.typed in _PRICES or self._delivers()) for t in self._terms)
        plain = self._kind == "how much" and (
            cost or (self._helped and self._tokens[:1] != [] and self._leads_with_be())
        )
        named = cost and ((self._kind == "what" and self._leads_with_be()) or (not self._kind and not self._helped))
        if (plain or named) and self._subject != "i" and not self._passive and len(found) > cost:
            self._kind = "price"
            self._subject = ""
            if cost:
                self._terms.pop(found.index("cost"))

    def _delivers(self) -> bool:
        """Whether it is about delivering, which only the supplier does: "is there delivery", "are orders delivered"."""
        return any(term.typed in _DELIVERING for term in self._terms)

    def _leads_with_be(self) -> bool:
        return bool(self._tokens) and self._tokens[0] in ("is", "are")

    def _asked(self) -> str:
        """The kind of question."""
        if self._kind == "how long":
            self._terms = [term for term in self._terms if term.word not in ("take", "get", "it")] or self._terms
        if self._kind == "what" and self._leads_with_be() and self._has_attribute():
            return "bare"
        if self._kind or self._exists:
            return self._kind or "yes"
        if self._modal or self._helped or self._subject or not self._has_attribute():
            return "yes"
        return "bare"

    def _has_attribute(self) -> bool:
        return bool(_ATTRIBUTES & {term.word for term in self._terms})

    def _stances(self) -> frozenset[str]:
        """Who may act: "i can", "you", "it", ... A wording that leaves it open has several."""
        if self._kind == "price":
            return frozenset(("it",))
        if self._exists:  # "do you have packing crates" is not "do you pack crates"
            return frozenset(("there", "you") if self._delivers() else ("there",))
        if self._modal in ("must", "should"):
            return frozenset((f"you {self._modal}" if self._subject == "you" else self._modal,))
        if self._subject:
            return self._of_subject()
        if self._modal == "can":
            return frozenset(("i can", "you", "it can")) | ({"i do"} if self._kind in ("how", "where") else set())
        if self._kind == "how long" or (self._kind and self._tokens[:1] == ["to"]):
            acts = {"i do", "i can"} if self._kind in ("how", "where") else {"it", "you", "i do"}
            return frozenset(acts)
        if self._passive:  # "are pumps returned" may ask of the customer
            return frozenset(("it", "you") if self._delivers() else ("it",))
        if self._helped or self._modal:
            return frozenset(("it",))
        return _ANYBODY if self._kind else _ANYBODY - {"i do"}

    def _of_subject(self) -> frozenset[str]:
        if self._subject == "you":
            open_ended = self._kind in ("", "how", "where", "what")
            return frozenset(("you can",)) if self._modal == "can" and not open_ended else frozenset(("you",))
        if self._kind in ("how", "where"):
            return frozenset(("i can", "i do"))
        return frozenset(("i can" if self._modal == "can" else "i do",))
