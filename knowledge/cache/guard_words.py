"""Word tables of the guard: which words of a question cannot change its answer, and which stand for each other.

What stands in no table is a word that must be the same in both questions. So a row here is a promise: two questions
that differ by it alone have one answer, whatever they are about. Words for sizes, places, days, amounts, negation,
order and comparison never stand for another.
"""

from collections import defaultdict
from collections.abc import Mapping

from core.domain.units import UNITS, table
from core.understanding.lexicon import MEASURE_UNITS, MONTHS, TOMORROW, WEEKDAYS

Phrases = Mapping[str, tuple[tuple[str, ...], ...]]


def _by_first_word(phrases: str, *, backwards: bool = False) -> Phrases:
    """Phrases split by "|" as tuples of words, under the first word of each, longest first."""
    found: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for phrase in phrases.split("|"):
        words = tuple(phrase.split()[::-1] if backwards else phrase.split())
        found[words[0]].append(words)
    return {first: tuple(sorted(those, key=len, reverse=True)) for first, those in found.items()}


# Spellings, and what is written out for comparing. Contractions have lost their apostrophe before.
WRITTEN_OUT = {
    short: tuple(full.split("_"))
    for full, shorts in {
        "do_not": "dont dun donch",
        "does_not": "doesnt",
        "did_not": "didnt",
        "can_not": "cant cannot cnt",
        "could_not": "couldnt",
        "will_not": "wont",
        "would_not": "wouldnt",
        "should_not": "shouldnt",
        "must_not": "mustnt",
        "is_not": "isnt aint",
        "are_not": "arent",
        "was_not": "wasnt",
        "were_not": "werent",
        "have_not": "havent",
        "has_not": "hasnt",
        "had_not": "hadnt",
        "what_is": "whats wats",
        "where_is": "wheres",
        "when_is": "whens",
        "how_is": "hows",
        "who_is": "whos",
        "that_is": "thats",
        "there_is": "theres",
        "it_is": "its",
        "i_am": "im",
        "i_have": "ive",
        "you_are": "youre",
        "what": "wat wad wht wot",
        "you": "u",
        "your": "ur yr",
        "are": "r",
        "how": "hw hou",
        "and": "n nd &",
        "with": "w wif",
        "want": "wan wanna",
        "because": "cos coz bcos bc",
        "got": "gt",
        "have": "hv hav",
        "can": "cn",
        "before": "b4 bef",
        "after": "aft",
        "between": "btwn",
        "without": "wo w/o",
        "today": "tdy 2day",
        "tonight": "2night 2nite tonite",
        "tomorrow": " ".join(sorted(TOMORROW - {"tml", "tomorrow"})) + " tml",
    }.items()
    for short in shorts.split()
}

# Said around a question, not in it. At its beginning:
OPENINGS = _by_first_word(
    "can you tell me|could you tell me|can u tell me|would you tell me|please tell me|tell me|can tell me|"
    "can you let me know|could you let me know|let me know|may i know|can i know|i want to know|"
    "want to know|i would like to know|would like to know|like to know|i need to know|need to know|"
    "may i ask|can i ask|could i ask|i want to ask|want to ask|i would like to ask|need to ask|"
    "i need to ask|just want to ask|i just want to ask|can i check|may i check|could i check|"
    "i want to check|want to check|just want to check|i just want to check|need to check|"
    "i would like to check|just checking|just to check|just to confirm|can i confirm|i am wondering|"
    "i was wondering|was wondering|wondering|just wondering|do you know|any idea|do you have any idea|"
    "quick question|one question|another question|one more question|question|can advise|can you advise|"
    "please advise|can help to check|can help check|can you help to check|can you help me check|"
    "can you check|can check|i am asking|asking|can you please tell me|can you please let me know|"
    "can you explain|please explain|advise|hi|hello|hey|btw|by the way|so|oh|ok|okay|also|eh|er|erm|um|well|and|but"
)
# At its end:
CLOSINGS = _by_first_word(
    "or not|anot|ornot|or no|please advise|can advise|please let me know|let me know|can you tell me|"
    "may i know|do you know|any idea|can you advise|can help to check|can help check|please help|"
    "please tell me|tell me|want to know|just asking|just checking|just wondering|appreciate it",
    backwards=True,
)
# At its beginning: whether there is such a thing.
EXISTS = _by_first_word(
    "is there any|are there any|is there|are there|do you have any|do you have|have you got any|"
    "have you got|do you got any|do you got|you have any|you have|you got any|you got|got any|got|"
    "have any|have|any|do you guys have any|do you guys have|"
    "do you offer|do you provide|can you offer|can you provide|do you offer any|do you provide any"
)
WHETHER = frozenset("if whether".split())

# Anywhere: articles, and words that add a tone.
FILLERS = frozenset(
    """a an the please pls plz pl kindly thanks thank thx tks lah la leh lor liao ah hor sia meh mah ma ar arh eh huh
    lei siah ba bah actually really usually normally typically
    generally roughly exactly ever hi hello hey um erm er oh""".split()
)

# After these a letter is a name, and "a" no article.
LETTERED = frozenset(
    """outlet zone block blk unit level grade size type option plan group team section hall terminal tower wing gate
    list tier class category kitchen branch shop store warehouse""".split()
)

# Phrases that mean what stands beside them, longest first.
_MEANT = {
    "is it possible to": "can",
    "is it possible for you to": "can you",
    "is it possible for me to": "can i",
    "would it be possible to": "can",
    "am i able to": "can i",
    "are we able to": "can i",
    "am i allowed to": "can i",
    "are we allowed to": "can i",
    "are you able to": "can you",
    "do i have to": "must i",
    "do we have to": "must i",
    "do i need to": "must i",
    "do we need to": "must i",
    "i have to": "i must",
    "i need to": "i must",
    "we have to": "i must",
    "we need to": "i must",
    "need to": "must",
    "have to": "must",
    "has to": "must",
    "can or not": "can",
    "can anot": "can",
    "can ornot": "can",
    "how come": "why",
    "what happens if": "what if",
    "what happen if": "what if",
    "what will happen if": "what if",
    "you all": "you",
    "you guys": "you",
    "you people": "you",
    "money back": "refund",
    "make payment": "pay",
    "make payments": "pay",
    "place order": "order",
    "place orders": "order",
    "make order": "order",
    "put order": "order",
    "give refund": "refund",
    "give refunds": "refund",
    "make change": "change",
    "make changes": "change",
    "make exchange": "exchange",
    "as soon as possible": "asap",
    "self collect": "selfcollect",
    "self collection": "selfcollect",
    "self pickup": "selfcollect",
    "self pick up": "selfcollect",
    "minimum order quantity": "moq",
    "min order quantity": "moq",
    "min order qty": "moq",
    "minimum order qty": "moq",
    "lead time": "leadtime",
    "credit card": "creditcard",
    "public holiday": "publicholiday",
    "public holidays": "publicholiday",
    "chinese new year": "cny",
    "lunar new year": "cny",
    "opening hours": "openhours",
    "opening hour": "openhours",
    "operating hours": "openhours",
    "operating hour": "openhours",
    "business hours": "openhours",
    "same day": "sameday",
    "next day": "nextday",
    "e mail": "email",
    "a lot of": "many",
    "does it take": "takes",
    "will it take": "takes",
    "would it take": "takes",
    "it takes": "takes",
    "it take": "takes",
    "does it cost": "costs",
    "will it cost": "costs",
    "would it cost": "costs",
    "it costs": "costs",
    "it cost": "costs",
    "more than": "morethan",
    "greater than": "morethan",
    "less than": "lessthan",
    "fewer than": "lessthan",
    "at least": "atleast",
    "at most": "atmost",
    "no more than": "atmost",
    "no less than": "atleast",
    "not more than": "atmost",
    "not less than": "atleast",
    "up to": "upto",
}
PHRASES = {
    first: tuple((said, tuple(_MEANT[" ".join(said)].split())) for said in phrases)
    for first, phrases in _by_first_word("|".join(_MEANT)).items()
}

# Words with one meaning in questions to a supplier; the first of a row stands for all.
SYNONYMS = table(
    [
        ("deliver", "delivery deliveries ship shipping shipment shipped shiping dlvry delivry deliv delvry dlvr"),
        ("refund", "reimburse reimbursement reimbursed"),
        ("cancel", "cancellation cancelation cancellations cancelled cancelling canceled"),
        ("pay", "payment payments paid paying payed"),
        ("cost", "price prices pricing fee fees charge charges cost costs charged charging"),
        ("buy", "purchase purchasing purchased bought"),
        ("defective", "faulty defect defects"),
        ("change", "amend amendment amended modify modified modification"),
        ("replace", "replacement replacements"),
        ("custom", "customise customised customize customized customisation customization customizing customising"),
        ("minimum", "min minimun minimal"),
        ("maximum", "max"),
        ("quantity", "qty quantities"),
        ("phone", "telephone tel"),
        ("photo", "photograph picture pic pics photos"),
        ("account", "acct acc"),
        ("invoice", "inv"),
        ("address", "addr"),
        ("information", "info"),
        ("document", "doc docs"),
        ("colour", "color colors"),
        ("grey", "gray"),
        ("centre", "center"),
        ("cheque", "check"),
        ("singapore", "sg spore"),
        ("approximate", "approx approximately"),
        ("begin", "start"),
        ("remove", "delete"),
        ("allow", "permit"),
        ("send", "sent snd"),
        ("sell", "sold"),
        ("keep", "kept"),
        ("make", "made"),
        ("take", "took taken"),
        ("give", "gave given"),
        ("break", "broken broke"),
        ("carton", "ctn ctns crtn crtns"),
        ("packet", "pkt pkts"),
        ("piece", "pc pcs pces"),
        ("bottle", "btl btls"),
        ("bundle", "bdl bdls"),
        ("hour", "hr hrs"),
        ("minute", "mins"),
        ("week", "wk wks"),
        ("month", "mth mths"),
        ("year", "yr yrs"),
        ("publicholiday", "ph"),
        ("happen", "happens happened"),
        ("know", "knew"),
        ("lose", "lost"),
        ("find", "found"),
        ("need", "needs needed"),
        ("1st", "first"),
        ("2nd", "second"),
        ("3rd", "third"),
    ]
)

# What ends like an inflection and is none, or means something else with it.
WHOLE = frozenset(
    """customs goods news arms glasses packaging building meeting dressing ceiling morning evening nothing something
    anything everything during spring string king ring thing wing being bring red bed need speed seed feed weed shed
    led used bleed breed unused topping limited united advanced hundred kindred sacred naked wicked series species
    express address business access gas bus plus minus discuss less unless this thus yes always perhaps basis process
    loss gross glass class mass pass press boss exceed proceed succeed indeed embed drawing painting wedding earring
    stocking setting feeling clothing icing dining filling paste plane unite suite quite stare scare spare finale humane
    spine caste range stage scrape spite slide slime breathe severe grade haste theme write""".split()
)

BE = frozenset("is are am was were be been being".split())
DO = frozenset("do does did".split())
CAN = frozenset("can could may".split())
WILL = frozenset("will would shall".split())
PAST = frozenset("did was were had".split())
SUBJECTS = {"i": "i", "we": "i", "you": "you"}
WH = frozenset("what which when where why who whose whom how".split())
HOW_WORDS = {
    said: meant
    for meant, words in {
        "much": "much",
        "many": "many",
        "long": "long",
        "often": "often frequently",
        "soon": "soon",
        "fast": "fast quick quickly",
        "far": "far",
        "early": "early",
        "late": "late",
        "big": "big large",
        "heavy": "heavy",
        "thick": "thick",
        "tall": "tall",
        "deep": "deep",
        "wide": "wide",
        "high": "high",
        "hot": "hot",
        "old": "old",
        "strong": "strong",
        "small": "small",
    }.items()
    for said in words.split()
}

# Prepositions that only tie a word to the rest, and what each may be said for; any other one is a word of its own.
TIES = {"of": "for", "for": "for", "to": "to", "on": "at", "in": "at", "at": "at", "upon": "at", "into": "at"}

# With one of these the order of the words is part of the question.
RELATIONS = frozenset(
    """than from before after until till by since instead not no never without only or if unless per between versus vs
    except but over under above below within per as while during via through against behind across exclude excluding
    include including and with when where who which that because rather other same different both either neither nor
    then first last 1st 2nd 3rd replace exchange swap minus plus""".split()
)

# What "what is the ..." asks for, so that the bare words ("delivery fee sentosa") ask the same.
ATTRIBUTES = frozenset(
    """cost time day date policy term minimum maximum moq hour openhours size weight number address email phone limit
    method option period rate leadtime deadline cutoff requirement procedure process rule dimension length width
    height capacity""".split()
)
# "a limit on orders", "a limit to orders": their preposition says nothing.
LOOSE_HEADS = frozenset("limit minimum maximum discount rebate information policy rule".split())
# "how much" with one of these asks for no price.
NO_PRICE = frozenset(
    """minimum maximum moq limit total amount discount deposit order quantity weight size space time notice volume gst
    tax refund credit left more less morethan lessthan atleast atmost upto""".split()
)

DAYS = {spelling: f"weekday{number}" for spelling, number in WEEKDAYS.items()}
MONTH_NAMES = {spelling: f"month{number}" for spelling, number in MONTHS.items()}
TIMES = frozenset(
    """today tonight tomorrow yesterday morning afternoon evening night noon midnight weekend weekends weekday weekdays
    cny publicholiday christmas easter deepavali hari raya ramadan eve sameday nextday now""".split()
)

MEASURES = {
    spelling: f"{base}x{factor}"
    for spelling, (base, factor) in MEASURE_UNITS.items()
    if spelling not in ("a", "w", "v")
}
# After a number only: elsewhere "can" and "set" are other words.
SELL_UNITS = {spelling: unit for spelling, unit in UNITS.items() if spelling != "can"}
MONEY_WORDS = frozenset("dollar dollars bucks buck sgd".split())
# After "12 in" these say that "in" is no inch.
NOT_AFTER_INCH = frozenset("the a an my our your total stock advance bulk one each every this that all".split())
