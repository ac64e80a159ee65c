"""What a question asks, in the parts that a guard can compare.

Openings, closings, articles and tone fall away. What is left: the kind of question, who acts, tense, whose things,
and the content words in their order, each in one spelling. A word that is in no table stays as it is.
"""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import lru_cache

from core.understanding.lexicon import NUMBER_WORDS
from core.understanding.spelling import stem as singular
from knowledge.cache import guard_words as words
from knowledge.cache.normalising import COMMA, PAUSE

Tokens = list[str]

_ANYBODY = frozenset(("i do", "i can", "you", "it"))
_HELPERS = words.BE | words.CAN | words.WILL | words.PAST | {"must", "should"}
_ASKING = words.WH | words.BE | words.DO | words.CAN | words.WILL | words.PAST | {"have", "has", "must", "should"}
_BEFORE_QUESTION = words.TIES.keys() | {"by", "until", "from", "since", "with"}
_ADJUNCTS = words.DAYS.keys() | words.TIMES | words.TIES.keys()
_BE = words.BE | {"was", "were"}
_PARTICIPLE = re.compile(r".{2,}ed")
_PARTICIPLES = frozenset(
    "sent paid made kept given done taken sold bought broken shown held left lost found built".split()
)
_NUMBER = re.compile(r"-?\d[\d.,:/x×-]*")


@dataclass(frozen=True, slots=True)
class Term:
    """A content word in its one spelling.

    `typed` is how it was written. `tie` is the class of the preposition right before it, "" where there is none;
    `tied` whether it is one of the words that a preposition governs ("for new customers").
    """

    word: str
    typed: str
    tie: str = ""
    tied: bool = False


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
    tokens = [word for token in tokens for word in words.WRITTEN_OUT.get(token, (token,))]
    idle = words.FILLERS - names
    tokens = [t for at, t in enumerate(tokens) if t not in idle or (t == "a" and _is_lettered(tokens, at))]
    tokens = _without_closing(_without_opening(tokens))
    exists, tokens = _exists(tokens)
    tokens = _in_one_wording(_amounts(tokens))
    kind, tokens = _kind(tokens)
    return _Parts(kind, _active(tokens), exists).clause()


def _without_opening(tokens: Tokens) -> Tokens:
    """Without what is said before the question: "hi can you tell me if ..."."""
    opened = False
    while found := _beginning(tokens, words.OPENINGS):
        tokens = tokens[len(found) :]
        opened = opened or len(found) > 1
        if opened and len(tokens) > 1 and tokens[0] in words.WHETHER:
            tokens = _turned_round(tokens[1:])
    return tokens


def _is_lettered(tokens: Tokens, at: int) -> bool:
    """Whether an "a" is a name: "outlet A"."""
    return at > 0 and tokens[at - 1] in words.LETTERED


def _turned_round(tokens: Tokens) -> Tokens:
    """ "(wondering if) I can cancel" as the question that it is."""
    if tokens[0] in words.SUBJECTS and tokens[1:2] and tokens[1] in _HELPERS:
        return [tokens[1], tokens[0], *tokens[2:]]
    return tokens


def _without_closing(tokens: Tokens) -> Tokens:
    while found := _beginning(tokens[::-1], words.CLOSINGS):
        tokens = tokens[: -len(found)]
    return tokens


def _exists(tokens: Tokens) -> tuple[bool, Tokens]:
    """Whether it is asked if there is such a thing, and the thing."""
    found = _beginning(tokens, words.EXISTS)
    if found and tokens[len(found)] not in words.SUBJECTS and not _is_participle(tokens[len(found)]):
        return True, tokens[len(found) :]
    if "got" in tokens and not set(tokens) & (_ASKING | words.SUBJECTS.keys()):  # "sunday got delivery"
        return True, [token for token in tokens if token != "got"]
    return False, tokens


def _in_one_wording(tokens: Tokens) -> Tokens:
    at = 0
    while at < len(tokens):
        for said, meant in words.PHRASES.get(tokens[at], ()):
            if tuple(tokens[at : at + len(said)]) == said:
                tokens = [*tokens[:at], *meant, *tokens[at + len(said) :]]
                break
        at += 1
    return tokens


def _amounts(tokens: Tokens) -> Tokens:
    """Numbers as figures, with their unit or currency in one token."""
    found: Tokens = []
    at = 0
    while at < len(tokens):
        token, step = _amount(tokens, at)
        found.append(token)
        at += step
    return found


def _amount(tokens: Tokens, at: int) -> tuple[str, int]:
    token = tokens[at]
    after = tokens[at + 1] if at + 1 < len(tokens) else ""
    if token == "s" and after == "$":
        return _amount(tokens, at + 1)[0], 1 + _amount(tokens, at + 1)[1]
    if token in ("$", "sgd") and _is_number(after):
        return f"${_figure(after)}", 2
    if not _is_number(token):
        return token, 1
    figure = _figure(token)
    if after in ("st", "nd", "rd", "th") and token.isdigit():
        return f"{figure}{after}", 2
    if after in ("am", "pm"):
        return f"{figure}{after}", 2
    if after in words.MONEY_WORDS:
        return f"${figure}", 2
    if after in words.MEASURES and not (after == "in" and _no_inch(tokens[at + 2 : at + 3])):
        return f"{figure}{words.MEASURES[after]}", 2
    if after in words.SELL_UNITS:
        return f"{figure}{words.SELL_UNITS[after]}", 2
    return figure, 1


def _no_inch(following: Sequence[str]) -> bool:
    return bool(following) and (following[0] in words.NOT_AFTER_INCH or _is_number(following[0]))


def _is_number(token: str) -> bool:
    return _NUMBER.fullmatch(token) is not None or (token in NUMBER_WORDS and token not in ("", "one"))


def _figure(token: str) -> str:
    if token in NUMBER_WORDS:
        return str(NUMBER_WORDS[token])
    return re.sub(r"\.0+$", "", token)


def _kind(tokens: Tokens) -> tuple[str, Tokens]:
    """The question word, with the word that it asks for, and the rest.

    Only at the beginning or the end it asks; within, it joins two thoughts.
    """
    at = next((i for i, token in enumerate(tokens) if token in words.WH), None)
    if at is None:
        return "", tokens
    kind, length = _question_word(tokens[at], tokens[at + 1] if at + 1 < len(tokens) else "")
    begins = at == 0 or (at == 1 and tokens[0] in _BEFORE_QUESTION)
    after = [t for t in tokens[at + length :] if t not in words.BE | words.DO | words.CAN]
    if not begins and (tokens[0] in words.CAN | words.DO | words.BE | words.WILL or (length == 1 and len(after) > 1)):
        return "", tokens
    before = tokens[: at - 1] if at and tokens[at - 1] in words.TIES else tokens[:at]
    if kind == "how much" and before and not after:  # "delivery to sentosa how much"
        before = ["is", *before]
    if kind in ("what", "how many"):  # "boxes come in what sizes"
        return kind, [*tokens[at + length :], *before]
    return kind, [*before, *tokens[at + length :]]


def _question_word(token: str, after: str) -> tuple[str, int]:
    """The kind of question, and of how many words its question word is."""
    word = "what" if token == "which" else token
    if token == "how" and after in words.HOW_WORDS:
        return f"how {words.HOW_WORDS[after]}", 2
    if word == "what" and after in ("time", "day", "days", "date"):
        return f"what {canonical(after)}", 2
    return word, 1


def _active(tokens: Tokens) -> Tokens:
    """ "are orders delivered" and "can my order be cancelled" with the verb where "deliver orders" has it."""
    be = next((at for at, token in enumerate(tokens) if token in _BE), None)
    if be is None:
        return tokens
    if tokens[be] in ("be", "been") and be + 1 < len(tokens) and _is_participle(tokens[be + 1]):
        helper = next((at for at, token in enumerate(tokens[:be]) if token in _HELPERS), None)
        if helper is not None and not _is_pronoun(tokens[helper + 1 : be]):
            return [*tokens[: helper + 1], tokens[be + 1], *tokens[helper + 1 : be], *tokens[be + 2 :]]
        return tokens
    # What follows "are" at once is "confirmed orders"; the verb comes after what it is done to.
    verb = next((at for at in range(be + 2, len(tokens)) if _is_participle(tokens[at])), None)
    if verb is None or _is_pronoun(tokens[be + 1 : verb]):
        return tokens
    return [*tokens[: be + 1], tokens[verb], *tokens[be + 1 : verb], *tokens[verb + 1 :]]


def _is_pronoun(tokens: Tokens) -> bool:
    """Whether this is no thing, but somebody or nothing."""
    return all(token in words.SUBJECTS or token in ("not", "it", "they", "he", "she") for token in tokens)


def _beginning(tokens: Sequence[str], phrases: words.Phrases) -> tuple[str, ...]:
    """The phrase that the tokens begin with and go on after; empty where there is none."""
    known = phrases.get(tokens[0], ()) if tokens else ()
    return next((p for p in known if len(tokens) > len(p) and tuple(tokens[: len(p)]) == p), ())


class _Parts:
    """Takes a clause apart: who acts, tense, ownership, content."""

    def __init__(self, kind: str, tokens: Tokens, exists: bool) -> None:
        self._kind = kind
        self._tokens = tokens
        self._exists = exists
        self._modal = ""
        self._subject = ""
        self._helped = False  # by a form of "be" or "do"
        self._marks: set[str] = set()
        self._terms: list[Term] = []
        self._passive = self._is_passive()

    def clause(self) -> Clause:
        """The clause."""
        tie, tied = "", False
        for at, token in enumerate(self._tokens):
            if self._helps(at, token) or self._is_subject(at, token):
                tie, tied = "", False
            elif token in words.TIES:
                tie, tied = words.TIES[token], True
            elif word := self._owned(token):
                self._terms.append(Term(canonical(word), word, tie, tied))
                tie = ""
        if self._says():
            self._marks.add("said")
        self._ask_for_price()
        return Clause(self._asked(), self._stances(), frozenset(self._marks), tuple(self._terms))

    def _helps(self, at: int, token: str) -> bool:
        """Whether it is an auxiliary, which is noted and falls away."""
        if token in words.PAST or (token == "could" and self._tokens[at + 1 : at + 2] == ["not"]):
            self._marks.add("past")
        if token in _BE | words.DO:
            acts = self._kind == "what" and token == "do" and (self._helped or self._modal)  # "what do lids do"
            self._helped = True
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
        return bool(following) and (at == 0 or self._helped is False) and _is_participle(following[0])

    def _is_passive(self) -> bool:
        be = next((at for at, token in enumerate(self._tokens) if token in _BE), None)
        return be is not None and any(_is_participle(token) for token in self._tokens[be + 1 :])

    def _owned(self, token: str) -> str:
        """The word, or "" where it only says whose something is."""
        if token in ("my", "our"):
            # Who cancels "my order" cancels an order; what "my terms" are is another matter than "the terms".
            if not self._terms or self._says() or not self._may_be_anybodys():
                self._marks.add("my")
            return ""
        if token == "your" and not {"my", "our", "than"} & set(self._tokens):
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
        cost = "cost" in found
        plain = self._kind == "how much" and (
            cost or (self._helped and self._tokens[:1] != [] and self._leads_with_be())
        )
        named = cost and ((self._kind == "what" and self._leads_with_be()) or (not self._kind and not self._helped))
        if (plain or named) and self._subject != "i" and not self._passive and len(found) > cost:
            self._kind = "price"
            self._subject = ""
            if cost:
                self._terms.pop(found.index("cost"))

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
        if self._exists:
            return frozenset(("you",))
        if self._modal in ("must", "should"):
            return frozenset((f"you {self._modal}" if self._subject == "you" else self._modal,))
        if self._subject:
            return self._of_subject()
        if self._modal == "can":
            return frozenset(("i can", "you", "it can")) | ({"i do"} if self._kind in ("how", "where") else set())
        if self._kind == "how long" or (self._kind and self._tokens[:1] == ["to"]):
            return frozenset(("it", "you", "i do")) | ({"i can"} if self._kind in ("how", "where") else set())
        if self._passive:
            return frozenset(("it", "you"))
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


_BEFORE_SUBJECT = (
    words.BE
    | words.DO
    | words.CAN
    | words.WILL
    | words.WH
    | words.PAST
    | {"must", "should", "if", "that", "have", "has", "not", "then", "so", *words.HOW_WORDS}
)


def _is_participle(token: str) -> bool:
    return _PARTICIPLE.fullmatch(token) is not None or token in _PARTICIPLES


@lru_cache(maxsize=20_000)
def canonical(word: str) -> str:
    """The one spelling of a word: its day or month, its synonym's first, without inflection."""
    for table in (words.DAYS, words.MONTH_NAMES):
        if word in table:
            return table[word]
    base = _uninflected(word)
    meant = words.SYNONYMS.get(word) or words.SYNONYMS.get(base)
    return _uninflected(meant) if meant else base


def _uninflected(word: str) -> str:
    """Without -s, -ed and -ing, which say number and tense; -er, -able, un- and the like make another word."""
    if word in words.WHOLE or len(word) < 4 or not word.isalpha():
        return word
    base = word[:-1] if word.endswith("zes") and word[-4] != "z" else singular(word)
    if base in words.WHOLE:
        return base
    for ending in ("ing", "ed"):
        root = base.removesuffix(ending)
        if root != base and len(root) > 3 and re.search("[aeiouy]", root):
            doubled = root[-1] == root[-2] and root[-1] not in "lszf"
            base = root[:-1] if doubled else root
            break
    base = re.sub(r"is(e?)$", r"iz\1", base) if len(base) > 6 else base
    return base.removesuffix("e") if len(base) > 4 and base not in words.WHOLE else base


_ATTRIBUTES = frozenset(map(canonical, words.ATTRIBUTES))
_NO_PRICE = frozenset(map(canonical, words.NO_PRICE))
