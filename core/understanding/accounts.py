"""Questions about the sender's own account: the invoice, what is owed, what is paid.

Such a question is told by its key words, and by having no others: each of its words has to be one that people use
to ask this. "do you send invoices by email?" and "how do I pay" have words that ask for a rule, and go to the
documents; what orders goods names them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from core.domain.commands import Ask, AskBalance, AskInvoice, AskPaid, CallPerson, Command, Confirm, NameOutlet, Which
from core.domain.invoices import INVOICE_PREFIX
from core.understanding import account_cues as cue
from core.understanding import cues
from core.understanding.burst import Burst
from core.understanding.clauses import Clause
from core.understanding.for_documents import asks
from core.understanding.periods import Period, find_period
from core.understanding.spelling import stem
from core.understanding.tokens import Kind, Token


@dataclass(frozen=True, slots=True)
class _Said:
    """A clause in the words of this module: key words as they are spelt, codes, dates and sums left out.

    `bare`: its codes are mere numbers, which may be sums as well.
    """

    text: str
    codes: tuple[str, ...]
    period: Period | None
    question: bool
    sums: bool = False
    bare: bool = False

    def has(self, pattern: re.Pattern[str]) -> bool:
        return pattern.search(self.text) is not None


def account_question(burst: Burst, clause: Clause) -> list[Command] | None:
    """ "send me the invoice", "how much do we owe", "is last week's paid", "anything overdue?"."""
    if burst.about_account and set(clause.text.split()) <= cue.ONLY_FETCHES:
        return []
    said = _said(burst, clause)
    if said is None:
        return _more_numbers(burst, clause)
    if _beside_an_order(burst, clause):
        return None
    if said.has(cue.NOT_WANTED):
        return None
    if said.has(cue.CANCEL):
        return [CallPerson(clause.text)] if "invoice" in said.text else None
    if said.has(cue.NOT_GOT):
        found: list[Command] | None = _invoices(said)
    elif said.has(cue.IF) or cues.COMPLAINT.search(clause.text) or said.has(cue.RULE) or said.has(cue.THEY_OWE):
        found = None
    else:
        found = _paid(said) or (None if said.sums else _balance(said) or _paper(burst, said))
    burst.about_account |= found is not None
    confirms = found and burst.context.drafting and cue.CONFIRMS.match(clause.text)
    return [Confirm(), *found] if found and confirms else found


def _more_numbers(burst: Burst, clause: Clause) -> list[Command] | None:
    """ "invoice 10012, 10013 and 10014 pls": what stands behind the cuts."""
    left, plain = _with_plain_codes(clause.tokens)
    more = burst.about_account and plain and {token.text for token in left} <= cue.ONLY_FETCHES | {","}
    return [AskInvoice(Which.ORDER, code.upper()) for code in plain] if more else None


def account_of_an_outlet(burst: Burst, clause: Clause) -> list[Command] | None:
    """ "is Toa Payoh all paid?", "invoice for Bedok pls"; one of an outlet that the sender cannot name orders nothing."""
    if not names_account(clause.text):
        return None
    outlets = burst.context.outlets
    named = outlets.find(clause.tokens, 1 if outlets.own and outlets.several else 2)
    if named is not None:
        rest = (*clause.tokens[: named.start], *clause.tokens[named.end :])
        words = " ".join(token.text for token in rest)
        said = account_question(burst, Clause(rest, words, clause.asks, clause.breaks)) if rest else None
        if said:
            name = " ".join(token.text for token in clause.tokens[named.start : named.end])
            return [NameOutlet(name, named.codes), *said]
    return [Ask(clause.text)] if cue.OF_ANOTHER.search(clause.text) and not re.search(r"\d", clause.text) else None


def with_plain_numbers(text: str, prefix: str) -> str:
    """A text whose invoice numbers under the supplier's own prefix ("SP-10012") read "inv 10012"."""
    return text if prefix == INVOICE_PREFIX else _numbers_under(prefix).sub(r"inv \1", text)


@lru_cache(maxsize=8)
def _numbers_under(prefix: str) -> re.Pattern[str]:
    """Such a number, typed with another dash or (where that is no common word) a blank, "invoice no." before it or not."""
    bare = prefix.rstrip("-")
    joint = r"[-\u2010-\u2015\s]?" if len(bare) > 2 else r"[-\u2010-\u2015]?"
    own = joint.join(map(re.escape, bare.split("-")))
    says = r"(?:inv(?:oice)?\s?(?:(?:no|number|num)\b\.?)?\s?[#:]?\s?)?"
    return re.compile(rf"(?<![\w-]){says}{own}{joint}(\d{{3,}}(?:-\d{{1,2}})?)(?![\w-])", re.IGNORECASE)


def is_bare_paper(text: str) -> bool:
    """Whether words only name the paper: "2 bundles and invoice" wants that of this order, once there is one."""
    words = set(re.findall(r"[a-z]+", text))
    return {cue.PAPERS.get(word, word) for word in words} <= cue.BARE


def names_account(text: str) -> bool:
    """Whether words may ask about the account: they hold one of its key words."""
    return any(cue.PAPERS.get(word, word) in cue.KEYS for word in re.findall(r"[a-z]+", text))


def _paid(said: _Said) -> list[Command] | None:
    """Whether it is paid; who says that it is wants the books to say so too."""
    told = not said.question and said.has(cue.SAY_PAID) and not said.has(cue.NOT_PAID)
    when_due = bool(said.codes) and said.has(cue.WHEN_DUE)
    if not (when_due or told) and (said.has(cue.DUE) or said.has(cue.OWED)):
        return None
    asked = said.question and (said.has(cue.MONEY_IN) or said.has(cue.IS_PAID) or said.has(cue.SAY_PAID))
    checks = said.has(cue.CHECK) and said.has(cue.HAVE_PAID)
    if not (when_due or told or asked or checks or _asks_standing(said)):
        return None
    if said.codes and not (told and said.bare):
        return [AskPaid(Which.ORDER, code) for code in said.codes]
    if said.period is not None and not told and not said.has(cue.UP_TO):
        return [AskPaid(Which.PERIOD, None, said.period.first, said.period.last)]
    return [AskPaid()]


def _asks_standing(said: _Said) -> bool:
    """ "payment status", "status of INV-10012"."""
    of_order = not said.codes and re.search(r"\border\b", said.text)
    return said.has(cue.STATUS) and not of_order and bool(re.search(r"\b(?:invoices?|payments?)\b", said.text))


def _balance(said: _Said) -> list[Command] | None:
    """What is owed; "send me the unpaid invoices" wants the papers."""
    if not (said.has(cue.OWED) or said.has(cue.DUE)) or said.has(cue.OF_GOODS) or said.has(cue.WHERE):
        return None
    if not (said.question or said.has(cue.ASKED_FOR) or not said.has(cue.WHO)):
        return None
    if "invoice" in said.text and said.has(cue.FETCH):
        return _invoices(said)
    return [AskBalance(overdue="overdue" in said.text)]


def _paper(burst: Burst, said: _Said) -> list[Command] | None:
    """The invoice itself."""
    if not re.search(r"\binvoices?\b", said.text) or (said.has(cue.TOLD) and not (said.question and said.codes)):
        return None
    if re.search(r"\b(?:paid|pay|payments?|settled|cleared|balance|due|why)\b", said.text):
        return None
    if said.period is not None and said.has(cue.UP_TO):
        return None
    if said.has(cue.STATUS) or (said.has(cue.WHERE) and not burst.context.linked):
        return None
    if burst.context.drafting and said.has(cue.COMES_TO) and not (said.codes or said.period):
        return None
    return _invoices(said)


def _invoices(said: _Said) -> list[Command]:
    if said.codes:
        return [AskInvoice(Which.ORDER, code) for code in said.codes]
    if said.period is not None:
        return [AskInvoice(Which.PERIOD, None, said.period.first, said.period.last)]
    return [AskInvoice(Which.ALL_OPEN if said.has(cue.SEVERAL) else Which.LATEST)]


def _said(burst: Burst, clause: Clause) -> _Said | None:
    """The clause's words, or None where it has a word or a number that no such question has."""
    period = find_period(clause.tokens, burst.context.now.date())
    used = period.used if period is not None else frozenset[int]()
    left, plain = _with_plain_codes([token for at, token in enumerate(clause.tokens) if at not in used])
    codes = [token.text for token in left if token.kind is Kind.CODE] + plain
    words = [_word(token) for token in left if token.kind is Kind.WORD]
    sums = any(token.kind is Kind.MONEY for token in left)
    if any(token.kind not in (Kind.WORD, Kind.CODE, Kind.SYMBOL, Kind.MONEY) for token in left):
        return None
    if any(cue.FOREIGN_CODE.match(code) for code in codes):
        return None
    words += ["invoice"] if any(code.startswith("inv") for code in codes) else []
    if plain and not cue.OF_PAPERS & set(words):
        return None
    asked_with = cue.KEYS | cue.AROUND | ({"when"} if codes else set())
    if not cue.KEYS & set(words) or not set(words) <= asked_with or _sold(burst, left):
        return None
    numbers = dict.fromkeys(code.split()[-1].lstrip("#:").upper() for code in codes)
    words = [word for word in words if word not in cue.POLITE]
    bare = len(plain) == len(codes) and "invoice" not in words and not any(code.startswith("rs") for code in plain)
    text = cue.TO_CHECK_IF.sub(r"\1", " ".join(words))
    return _Said(text, tuple(numbers), period, _is_question(clause, words), sums, bare)


def _with_plain_codes(tokens: Sequence[Token]) -> tuple[list[Token], list[str]]:
    """The tokens without bare numbers that are long enough for an invoice's, and those: "10012", "rs 10012"."""
    left: list[Token] = []
    codes: list[str] = []
    for token in tokens:
        if token.kind is not Kind.NUMBER or not cue.PLAIN_CODE.fullmatch(token.text):
            left.append(token)
        elif left and left[-1].kind is Kind.WORD and left[-1].text == "rs":
            codes.append(f"{left.pop().text}-{token.text}")
        else:
            codes.append(token.text)
    return left, codes


def _word(token: Token) -> str:
    """A word, its key word as it is spelt: `inovice` is an invoice."""
    text = re.sub(r"'s$", "", token.text) if token.text not in cue.AROUND else token.text
    known = cue.PAPERS.get(text, text)
    if known in cue.KEYS or known in cue.AROUND or len(known) < 6:
        return known
    near = process.extractOne(known, cue.SPELT, scorer=OSA.distance, score_cutoff=1)
    return near[0] if near else known


def _is_question(clause: Clause, words: Sequence[str]) -> bool:
    ends = words[-1] if words else ""
    return asks(clause) or ends in ("anot", "ornot", "yet", "ah", "meh", "hor")


def _sold(burst: Burst, tokens: Sequence[Token]) -> bool:
    """Whether a bill or receipt is something that the catalogue sells, as a bill book and receipt rolls are."""
    return any(
        token.text in cue.PAPERS and not token.text.startswith("inv") and burst.index.names(stem(token.text))
        for token in tokens
    )


def _beside_an_order(burst: Burst, clause: Clause) -> bool:
    """ "need invoice" with goods on order is a note for who packs them; a lone number may be a reference."""
    ordering = burst.context.drafting or len(burst.lines) > len(burst.context.lines)
    alone = all(token.kind is Kind.CODE for token in clause.tokens)
    return ordering and (alone or cues.NOTE.match(clause.text) is not None)
