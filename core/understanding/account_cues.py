"""Words and phrases that tell questions about the sender's own account (`accounts.py` reads with them)."""

import re

from core.understanding.lexicon import COURTESY, PARTICLES

PAPERS = {"inv": "invoice", "invs": "invoices", "bill": "invoice", "bills": "invoices", "receipt": "invoice"} | {
    "receipts": "invoices",
    "invoice": "invoice",
    "invoices": "invoices",
    "soa": "statement",
    "bal": "balance",
}
KEYS = frozenset(
    """invoice invoices statement outstanding overdue owe owes owed owing unpaid balance due paid pay payment payments
    settled cleared paynow transfer cheque giro money""".split()
)
SPELT = tuple(word for word in sorted(KEYS) if len(word) > 5)
AROUND = (
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
POLITE = frozenset("pls plz pl plss please kindly thx tks tq ty thnx boss bos sir".split())
# What is left of "inv 10012 pls send" behind the cut at "pls".
ONLY_FETCHES = COURTESY | PARTICLES | frozenset("send show check give me us it can again now".split())
PLAIN_CODE = re.compile(r"\d{5}")
# What a bare number may be that of.
OF_PAPERS = frozenset("invoice invoices paid payment settled cleared".split())
BARE = POLITE | frozenset("invoice the a an tax with also too".split())
# A supplier's own numbers, not those of a customer's purchase orders and the like.
FOREIGN_CODE = re.compile(r"^(?:p\.?o|uen|quote|quotation|ref|reference|d\.?o|s\.?o)\b")
RULE = re.compile(
    r"\b(?:do|does|will|would) (?:you|u|ya|yall|they|i|we)(?: all| guys)?(?: also| usually| still| just)? "
    r"(?:send|give|issue|share|email|mail|show|get|need|have to|receive|pass)\b(?! (?:me|us) (?:the|my|our)\b)|"
    r"\bhow (?!much|many)|\bneed to\b|\bhave to\b|\bwant to pay\b|\bcan (?:i |we )?pay\b|\bto pay\b|(?<!did we )(?<!did i )\bpay (?:you|u|to)\b|"
    r"\b(?:e-?mail|mail|whatsapp)\b(?! (?:me|us)\b)"
)
TOLD = re.compile(
    r"\bthank\w* for\b|\b(?:noted|okay|ok|alright|correct|fine)(?: \w+)?$|"
    r"^(?:(?:ok|okay|hi|hello|boss|yes|ya|yeah|just|already|i|we|i've|we've)\W+)*(?:have |had )?(?:just |already )?"
    r"(?:got|received|receive|see|seen|saw|sent|have)\b|\b(?:received|sent|got it|seen)(?: thanks?)?\W*$"
)
NOT_GOT = re.compile(
    r"\b(?:not|never|haven't|havent|hasn't|hasnt|didn't|didnt|no)\b(?: \w+){0,3} (?:get|got|gotten|receive|received|see|seen|come|came)\b"
    r".*\binvoices?\b|\binvoices?\b.*\b(?:not|never|haven't|hasn't|didn't)\b(?: \w+){0,2} (?:come|came|received?|reached?|sent|here)\b"
)
MONEY_IN = re.compile(
    r"\b(?:get|got|gotten|receive|received|see|seen|confirm)\b.*\b(?:payments?|paynow|transfer|cheque|giro|money)\b|"
    r"\b(?:payments?|paynow|transfer|cheque|giro|money)\b.*\b(?:receive|received|came|come|in|gone|through|reach|reached|cleared|confirmed)\b"
)
IS_PAID = re.compile(
    r"\b(?:is|are|was|were|has|have|hasn't|did|didn't|all)\b.*\b(?:paid|settled|cleared)\b|"
    r"\b(?:did|have|has) (?:we|i)\b.*\bpay\b|\b(?:paid|settled|cleared)\b"
)
CHECK = re.compile(r"\b(?:check|confirm|verify)\b")
MADE = (
    r"\b(?:payment|paynow|transfer|giro|cheque) (?:is |was )?(?:already )?(?:done|made|sent)\b|"
    r"\b(?:done|made|sent) (?:the |our )?(?:payment|paynow|transfer|giro|cheque)\b"
)
HAVE_PAID = re.compile(rf"\b(?:paid|transferred)\b|{MADE}")
# "paid already": who says so hears what the books have, and how to reach a person.
SAY_PAID = re.compile(
    rf"\b(?:i|we|i've|we've)\b(?: \w+){{0,2}} (?:paid|paynow|transferred|settled|cleared)\b|{MADE}|^(?:(?:ok|okay|already|cash|money) )*paid\b|"
    r"^invoice(?: \w+)? paid\b|\bmarke?d?\b.*\bpaid\b"
)
NOT_PAID = re.compile(r"\b(?:not|never|haven't|havent|hasn't|hasnt|didn't|didnt|will|would|can|could|how|what)\b")
OWED = re.compile(r"\b(?:outstanding|overdue|owe|owes|owed|owing|unpaid|statement)\b")
DUE = re.compile(
    r"\b(?:amount|balance|payment|invoices?|total|much|what's|whats|what is|what|anything|any)\b.*\bdue\b|"
    r"\b(?:account|acct|our|my|open|outstanding) balance\b|\bbalance\b.*\b(?:owing|outstanding|account)\b|"
    r"\b(?:open|pending)\b.*\b(?:invoices?|payments?)\b|\bwhat is (?:the |our |my )balance\b|"
    r"\b(?:what|wat|which|any)\b.*\binvoices?\b.*\b(?:open|pending|not (?:yet )?paid|never pay|not paid)\b"
)
NOT_WANTED = re.compile(r"\b(?:no|don't|dont|not) (?:need|send|want|give|issue|email)\b(?! \w+ (?:yet|again))")
CONFIRMS = re.compile(r"^(?:(?:ok|yes|ya|yup)\W+)?confirm(?:ed)?\s*,")
# "cancel invoice 10012": an order is cancelled by its own number, and an invoice by people.
CANCEL = re.compile(r"\b(?:cancel|void)\b")
STATUS = re.compile(r"\bstatus\b")
UP_TO = re.compile(r"\b(?:up to|until|till|til)\b")
TO_CHECK_IF = re.compile(r"\b(check|know|see|confirm|verify|tell|me|us) (?:if|whether)\b")
IF = re.compile(r"\b(?:if|whether)\b")
WHEN_DUE = re.compile(r"\bwhen\b.*\bdue\b")
THEY_OWE = re.compile(r"\b(?:you|u|ya|they) (?:still |all )?owe\b")
OF_GOODS = re.compile(r"\b(?:outstanding|overdue|pending|open|owe) (?:orders?|deliver\w+|items?|stock)\b")
ASKED_FOR = re.compile(
    r"\b(?:how much|hw much|what|what's|whats|wat|which|any|anything|check|know|tell|show|see|send|give|can|could|may|list|have|want|wan|need|total)\b"
)
WHO = re.compile(r"\b(?:i|we|you|u|they)\b")
OF_ANOTHER = re.compile(
    r"^(?:\W*(?:hi|hello|boss|pls|please|can|could|may|i|we|u|you|have|get|give|send|resend|need|want|me|us|the|a|my|our|"
    r"latest|last|all|copy|of)\b)*\W*(?:invoices?|inv|statement|soa) (?:for|of) (?:the )?[a-z]|^for [^,:]+: .*\b(?:invoices?|inv|owe|statement)\b"
)
FETCH = re.compile(
    r"\b(?:send|resend|forward|fwd|give|gimme|copy|copies|pdf|download|get|have|share|pass|need|want|email|mail)\b"
)
SEVERAL = re.compile(r"\b(?:all|invoices|unpaid|outstanding|overdue|open|pending)\b")
# While there is a draft: what it comes to.
COMES_TO = re.compile(r"\bhow much\b(?!.*\b(?:my|our|last|latest)\b)")
WHERE = re.compile(r"\bwhere(?:'?s| is| are)?\b")
