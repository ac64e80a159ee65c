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
from core.understanding import cues
from core.understanding.burst import Burst
from core.understanding.clauses import Clause
from core.understanding.for_documents import asks
from core.understanding.lexicon import COURTESY, PARTICLES
from core.understanding.periods import Period, find_period
from core.understanding.spelling import stem
from core.understanding.tokens import Kind, Token

_PAPERS = {"inv": "invoice", "invs": "invoices", "bill": "invoice", "bills": "invoices", "receipt": "invoice"} | {
    "receipts": "invoices",
    "invoice": "invoice",
    "invoices": "invoices",
    "soa": "statement",
    "bal": "balance",
}
_KEYS = frozenset(
    """invoice invoices statement outstanding overdue owe owes owed owing unpaid balance due paid pay payment payments
    settled cleared paynow transfer cheque giro money""".split()
)
_SPELT = tuple(word for word in sorted(_KEYS) if len(word) > 5)
_AROUND = (
    COURTESY
    | PARTICLES
    | frozenset(
        """i we me my our ours us you u ya your ur yall guys they the a an of to for from on in about and or so also too then
        just only is are was were am be been do does did have has had having can could cld may would will wld want wan
        wanna need nid like get got gotten give gimme send sent sending resend forward fwd pass share show see seen check
        know tell let lemme help find pull generate issue issued download list again still already alr oredi yet now here
        there this that these those it its it's i'd i'm we're them all any some anything something both one ones order orders
        delivery deliveries number no pdf file copy copies soft tax account acct accounts latest last recent newest new
        current previous past how much hw what what's whats wat which total amount amt sum figure open pending receive received
        come came gone go through reach reached up confirm confirmed full not never haven't havent hasn't hasnt didn't didnt
        anot ornot ready where wheres where's month's e me, email mail whatsapp due still much many so far company
        done made verify transferred status mark marked as dont don't chase i've we've if whether until till til between cancel void right nothing everything why say said ok okay cash""".split()
    )
)
_POLITE = frozenset("pls plz pl plss please kindly thx tks tq ty thnx boss bos sir".split())
# What is left of "inv 10012 pls send" behind the cut at "pls".
_ONLY_FETCHES = COURTESY | PARTICLES | frozenset("send show check give me us it can again now".split())
_PLAIN_CODE = re.compile(r"\d{5}")
# What a bare number may be that of.
_OF_PAPERS = frozenset("invoice invoices paid payment settled cleared".split())
_BARE = _POLITE | frozenset("invoice the a an tax with also too".split())
# A supplier's own numbers, not those of a customer's purchase orders and the like.
_FOREIGN_CODE = re.compile(r"^(?:p\.?o|uen|quote|quotation|ref|reference|d\.?o|s\.?o)\b")
_RULE = re.compile(
    r"\b(?:do|does|will|would) (?:you|u|ya|yall|they|i|we)(?: all| guys)?(?: also| usually| still| just)? "
    r"(?:send|give|issue|share|email|mail|show|get|need|have to|receive|pass)\b(?! (?:me|us) (?:the|my|our)\b)|"
    r"\bhow (?!much|many)|\bneed to\b|\bhave to\b|\bwant to pay\b|\bcan (?:i |we )?pay\b|\bto pay\b|(?<!did we )(?<!did i )\bpay (?:you|u|to)\b|"
    r"\b(?:e-?mail|mail|whatsapp)\b(?! (?:me|us)\b)"
)
_TOLD = re.compile(
    r"\bthank\w* for\b|\b(?:noted|okay|ok|alright|correct|fine)(?: \w+)?$|"
    r"^(?:(?:ok|okay|hi|hello|boss|yes|ya|yeah|just|already|i|we|i've|we've)\W+)*(?:have |had )?(?:just |already )?"
    r"(?:got|received|receive|see|seen|saw|sent|have)\b|\b(?:received|sent|got it|seen)(?: thanks?)?\W*$"
)
_NOT_GOT = re.compile(
    r"\b(?:not|never|haven't|havent|hasn't|hasnt|didn't|didnt|no)\b(?: \w+){0,3} (?:get|got|gotten|receive|received|see|seen|come|came)\b"
    r".*\binvoices?\b|\binvoices?\b.*\b(?:not|never|haven't|hasn't|didn't)\b(?: \w+){0,2} (?:come|came|received?|reached?|sent|here)\b"
)
_MONEY_IN = re.compile(
    r"\b(?:get|got|gotten|receive|received|see|seen|confirm)\b.*\b(?:payments?|paynow|transfer|cheque|giro|money)\b|"
    r"\b(?:payments?|paynow|transfer|cheque|giro|money)\b.*\b(?:receive|received|came|come|in|gone|through|reach|reached|cleared|confirmed)\b"
)
_IS_PAID = re.compile(
    r"\b(?:is|are|was|were|has|have|hasn't|did|didn't|all)\b.*\b(?:paid|settled|cleared)\b|"
    r"\b(?:did|have|has) (?:we|i)\b.*\bpay\b|\b(?:paid|settled|cleared)\b"
)
_CHECK = re.compile(r"\b(?:check|confirm|verify)\b")
_MADE = (
    r"\b(?:payment|paynow|transfer|giro|cheque) (?:is |was )?(?:already )?(?:done|made|sent)\b|"
    r"\b(?:done|made|sent) (?:the |our )?(?:payment|paynow|transfer|giro|cheque)\b"
)
_HAVE_PAID = re.compile(rf"\b(?:paid|transferred)\b|{_MADE}")
# "paid already": who says so hears what the books have, and how to reach a person.
_SAY_PAID = re.compile(
    rf"\b(?:i|we|i've|we've)\b(?: \w+){{0,2}} (?:paid|paynow|transferred|settled|cleared)\b|{_MADE}|^(?:(?:ok|okay|already|cash|money) )*paid\b|"
    r"^invoice(?: \w+)? paid\b|\bmarke?d?\b.*\bpaid\b"
)
_NOT_PAID = re.compile(r"\b(?:not|never|haven't|havent|hasn't|hasnt|didn't|didnt|will|would|can|could|how|what)\b")
_OWED = re.compile(r"\b(?:outstanding|overdue|owe|owes|owed|owing|unpaid|statement)\b")
_DUE = re.compile(
    r"\b(?:amount|balance|payment|invoices?|total|much|what's|whats|what is|what|anything|any)\b.*\bdue\b|"
    r"\b(?:account|acct|our|my|open|outstanding) balance\b|\bbalance\b.*\b(?:owing|outstanding|account)\b|"
    r"\b(?:open|pending)\b.*\b(?:invoices?|payments?)\b|\bwhat is (?:the |our |my )balance\b|"
    r"\b(?:what|wat|which|any)\b.*\binvoices?\b.*\b(?:open|pending|not (?:yet )?paid|never pay|not paid)\b"
)
_NOT_WANTED = re.compile(r"\b(?:no|don't|dont|not) (?:need|send|want|give|issue|email)\b(?! \w+ (?:yet|again))")
_CONFIRMS = re.compile(r"^(?:(?:ok|yes|ya|yup)\W+)?confirm(?:ed)?\s*,")
# "cancel invoice 10012": an order is cancelled by its own number, and an invoice by people.
_CANCEL = re.compile(r"\b(?:cancel|void)\b")
_STATUS = re.compile(r"\bstatus\b")
_UP_TO = re.compile(r"\b(?:up to|until|till|til)\b")
_TO_CHECK_IF = re.compile(r"\b(check|know|see|confirm|verify|tell|me|us) (?:if|whether)\b")
_IF = re.compile(r"\b(?:if|whether)\b")
_WHEN_DUE = re.compile(r"\bwhen\b.*\bdue\b")
_THEY_OWE = re.compile(r"\b(?:you|u|ya|they) (?:still |all )?owe\b")
_OF_GOODS = re.compile(r"\b(?:outstanding|overdue|pending|open|owe) (?:orders?|deliver\w+|items?|stock)\b")
_ASKED_FOR = re.compile(
    r"\b(?:how much|hw much|what|what's|whats|wat|which|any|anything|check|know|tell|show|see|send|give|can|could|may|list|have|want|wan|need|total)\b"
)
_WHO = re.compile(r"\b(?:i|we|you|u|they)\b")
_OF_ANOTHER = re.compile(
    r"^(?:\W*(?:hi|hello|boss|pls|please|can|could|may|i|we|u|you|have|get|give|send|resend|need|want|me|us|the|a|my|our|"
    r"latest|last|all|copy|of)\b)*\W*(?:invoices?|inv|statement|soa) (?:for|of) (?:the )?[a-z]|^for [^,:]+: .*\b(?:invoices?|inv|owe|statement)\b"
)
_FETCH = re.compile(
    r"\b(?:send|resend|forward|fwd|give|gimme|copy|copies|pdf|download|get|have|share|pass|need|want|email|mail)\b"
)
_SEVERAL = re.compile(r"\b(?:all|invoices|unpaid|outstanding|overdue|open|pending)\b")
# While there is a draft: what it comes to.
_COMES_TO = re.compile(r"\bhow much\b(?!.*\b(?:my|our|last|latest)\b)")
_WHERE = re.compile(r"\bwhere(?:'?s| is| are)?\b")


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
    if burst.about_account and set(clause.text.split()) <= _ONLY_FETCHES:
        return []
    said = _said(burst, clause)
    if said is None:
        return _more_numbers(burst, clause)
    if _beside_an_order(burst, clause):
        return None
    if said.has(_NOT_WANTED):
        return None
    if said.has(_CANCEL):
        return [CallPerson(clause.text)] if "invoice" in said.text else None
    if said.has(_NOT_GOT):
        found: list[Command] | None = _invoices(said)
    elif said.has(_IF) or cues.COMPLAINT.search(clause.text) or said.has(_RULE) or said.has(_THEY_OWE):
        found = None
    else:
        found = _paid(said) or (None if said.sums else _balance(said) or _paper(burst, said))
    burst.about_account |= found is not None
    confirms = found and burst.context.drafting and _CONFIRMS.match(clause.text)
    return [Confirm(), *found] if found and confirms else found


def _more_numbers(burst: Burst, clause: Clause) -> list[Command] | None:
    """ "invoice 10012, 10013 and 10014 pls": what stands behind the cuts."""
    left, plain = _with_plain_codes(clause.tokens)
    more = burst.about_account and plain and {token.text for token in left} <= _ONLY_FETCHES | {","}
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
    return [Ask(clause.text)] if _OF_ANOTHER.search(clause.text) and not re.search(r"\d", clause.text) else None


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
    return {_PAPERS.get(word, word) for word in words} <= _BARE


def names_account(text: str) -> bool:
    """Whether words may ask about the account: they hold one of its key words."""
    return any(_PAPERS.get(word, word) in _KEYS for word in re.findall(r"[a-z]+", text))


def _paid(said: _Said) -> list[Command] | None:
    """Whether it is paid; who says that it is wants the books to say so too."""
    told = not said.question and said.has(_SAY_PAID) and not said.has(_NOT_PAID)
    when_due = bool(said.codes) and said.has(_WHEN_DUE)
    if not (when_due or told) and (said.has(_DUE) or said.has(_OWED)):
        return None
    asked = said.question and (said.has(_MONEY_IN) or said.has(_IS_PAID) or said.has(_SAY_PAID))
    checks = said.has(_CHECK) and said.has(_HAVE_PAID)
    if not (when_due or told or asked or checks or _asks_standing(said)):
        return None
    if said.codes and not (told and said.bare):
        return [AskPaid(Which.ORDER, code) for code in said.codes]
    if said.period is not None and not told and not said.has(_UP_TO):
        return [AskPaid(Which.PERIOD, None, said.period.first, said.period.last)]
    return [AskPaid()]


def _asks_standing(said: _Said) -> bool:
    """ "payment status", "status of INV-10012"."""
    of_order = not said.codes and re.search(r"\border\b", said.text)
    return said.has(_STATUS) and not of_order and bool(re.search(r"\b(?:invoices?|payments?)\b", said.text))


def _balance(said: _Said) -> list[Command] | None:
    """What is owed; "send me the unpaid invoices" wants the papers."""
    if not (said.has(_OWED) or said.has(_DUE)) or said.has(_OF_GOODS) or said.has(_WHERE):
        return None
    if not (said.question or said.has(_ASKED_FOR) or not said.has(_WHO)):
        return None
    if "invoice" in said.text and said.has(_FETCH):
        return _invoices(said)
    return [AskBalance(overdue="overdue" in said.text)]


def _paper(burst: Burst, said: _Said) -> list[Command] | None:
    """The invoice itself."""
    if not re.search(r"\binvoices?\b", said.text) or (said.has(_TOLD) and not (said.question and said.codes)):
        return None
    if re.search(r"\b(?:paid|pay|payments?|settled|cleared|balance|due|why)\b", said.text):
        return None
    if said.period is not None and said.has(_UP_TO):
        return None
    if said.has(_STATUS) or (said.has(_WHERE) and not burst.context.linked):
        return None
    if burst.context.drafting and said.has(_COMES_TO) and not (said.codes or said.period):
        return None
    return _invoices(said)


def _invoices(said: _Said) -> list[Command]:
    if said.codes:
        return [AskInvoice(Which.ORDER, code) for code in said.codes]
    if said.period is not None:
        return [AskInvoice(Which.PERIOD, None, said.period.first, said.period.last)]
    return [AskInvoice(Which.ALL_OPEN if said.has(_SEVERAL) else Which.LATEST)]


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
    if any(_FOREIGN_CODE.match(code) for code in codes):
        return None
    words += ["invoice"] if any(code.startswith("inv") for code in codes) else []
    if plain and not _OF_PAPERS & set(words):
        return None
    asked_with = _KEYS | _AROUND | ({"when"} if codes else set())
    if not _KEYS & set(words) or not set(words) <= asked_with or _sold(burst, left):
        return None
    numbers = dict.fromkeys(code.split()[-1].lstrip("#:").upper() for code in codes)
    words = [word for word in words if word not in _POLITE]
    bare = len(plain) == len(codes) and "invoice" not in words and not any(code.startswith("rs") for code in plain)
    text = _TO_CHECK_IF.sub(r"\1", " ".join(words))
    return _Said(text, tuple(numbers), period, _is_question(clause, words), sums, bare)


def _with_plain_codes(tokens: Sequence[Token]) -> tuple[list[Token], list[str]]:
    """The tokens without bare numbers that are long enough for an invoice's, and those: "10012", "rs 10012"."""
    left: list[Token] = []
    codes: list[str] = []
    for token in tokens:
        if token.kind is not Kind.NUMBER or not _PLAIN_CODE.fullmatch(token.text):
            left.append(token)
        elif left and left[-1].kind is Kind.WORD and left[-1].text == "rs":
            codes.append(f"{left.pop().text}-{token.text}")
        else:
            codes.append(token.text)
    return left, codes


def _word(token: Token) -> str:
    """A word, its key word as it is spelt: `inovice` is an invoice."""
    text = re.sub(r"'s$", "", token.text) if token.text not in _AROUND else token.text
    known = _PAPERS.get(text, text)
    if known in _KEYS or known in _AROUND or len(known) < 6:
        return known
    near = process.extractOne(known, _SPELT, scorer=OSA.distance, score_cutoff=1)
    return near[0] if near else known


def _is_question(clause: Clause, words: Sequence[str]) -> bool:
    ends = words[-1] if words else ""
    return asks(clause) or ends in ("anot", "ornot", "yet", "ah", "meh", "hor")


def _sold(burst: Burst, tokens: Sequence[Token]) -> bool:
    """Whether a bill or receipt is something that the catalogue sells, as a bill book and receipt rolls are."""
    return any(
        token.text in _PAPERS and not token.text.startswith("inv") and burst.index.names(stem(token.text))
        for token in tokens
    )


def _beside_an_order(burst: Burst, clause: Clause) -> bool:
    """ "need invoice" with goods on order is a note for who packs them; a lone number may be a reference."""
    ordering = burst.context.drafting or len(burst.lines) > len(burst.context.lines)
    alone = all(token.kind is Kind.CODE for token in clause.tokens)
    return ordering and (alone or cues.NOTE.match(clause.text) is not None)
