"""Words that mean one thing in questions about orders, deliveries, money and goods.

General English of trade, nothing of one supplier. A group is true for both sides: a customer's word and a document's.
Words that would change an answer (sizes, places, days, numbers, "before" and "after") stand in no group.
"""

from collections import defaultdict
from functools import cache

from core.understanding.lexicon import SYNONYMS, VARIANTS

_GROUPS = (
    "refund refunds refunded reimburse reimbursement reimbursed moneyback compensate compensation",
    "defective defect defects faulty fault broken damaged damage spoilt spoiled spoil torn tear tears cracked crack dented"
    " crushed crush leaking leak leaks leaked leaky mouldy squashed holes hole rosak koyak chipped bent ripped unusable bad warped",
    "wrong incorrect mistaken mistake error",
    "replace replacement replacements replaced exchange exchanged swap swapped changeover",
    "return returns returned returning sendback returnable takeback",
    "deliver delivery deliveries delivered delivering drop dropped ship shipping shipment shipped send sending sent dispatch"
    " courier arrive arrives arrival arriving van lorry truck bring",
    "redeliver redelivers redelivery reattempt redelivered retry again second twice",
    "failed fail fails missed miss unsuccessful",
    "closed shut nobody noone absent unattended empty locked away",
    "attend attended present receive receiving received",
    "cancel cancels cancellation cancelling cancelled calloff annul withdraw stop stuck",
    "change changes changing amend edit modify amendment alter adjust",
    "pay payment payments paying paid settle settlement money prepay prepayment",
    "terms credit days due deadline",
    "cash cod",
    "invoice invoices bill bills billing billed",
    "overdue late outstanding lateness",
    "delay delays delayed late",
    "penalty interest fine",
    "minimum min least smallest mov moq lowest below fewest",
    "maximum max most largest limit highest biggest",
    "order orders ordering ordered spend spending purchase purchases purchasing buy buying bought place placed",
    "confirm confirmed confirmation confirming placed",
    "fee fees charge charges charged surcharge surcharges cost costs extra bill billed",
    "price prices pricing cost costs",
    "free foc complimentary gratis nocharge",
    "weekend weekends saturday saturdays sunday sundays",
    "holiday holidays ph festive cny vesak deepavali christmas xmas",
    "custom customise customised customisation customize customized personalise personalised bespoke branded branding logo"
    " own brand printed",
    "print printed printing prints",
    "artwork design designs file",
    "deposit downpayment upfront advance",
    "sample samples trial try",
    "size sizes sized dimension dimensions measure measures measurement measurements diameter inch inches wide big",
    "report reports reporting inform notify tell complain complaint complaints raise feedback flag",
    "photo photos picture pictures pic pics image images video proof evidence",
    "quality issue issues problem problems",
    "new first firsttime newcomer starting start started begin beginning",
    "customer customers client clients account accounts buyer buyers",
    "established existing regular longstanding",
    "open opening setup register registration signup apply application join",
    "hours hour timing timings time",
    "collect collection pickup selfcollect selfcollection",
    "store storage storing stored keep kept",
    "microwave microwaveable microwavable heat reheat",
    "oven ovenproof ovensafe bake baking",
    "freezer freeze frozen freezing",
    "compostable biodegradable compost",
    "recycle recyclable recycling recycled bin",
    "certificate certificates certification certified cert certs",
    "expire expiry expired shelflife last",
    "contact reach call phone email hotline whatsapp write number",
    "address location move moved moving relocate",
    "quote quotation quotations",
    "discount discounts rebate cheaper save",
    "short shortage shorted missing incomplete",
    "gst tax",
    "privacy pdpa data",
    "driver drivers rider deliveryman",
    "lift elevator stairs staircase",
    "urgent rush express sameday today",
    "working business weekdays",
    "shop shops outlet outlets branch branches premises store restaurant cafe",
    "allow allowed permit permitted",
    "lead leadtime turnaround long fast soon weeks",
    "batch run reorder repeat",
    "throw dispose discard",
    "sign signs signed signature",
    "goods items item products product stock stuff things",
    "staff team people person colleague",
    "weekly recurring standing regular every",
    "advance ahead beforehand early",
    "hygiene hygienic safe safety",
    "reply respond response answer hear",
    "pizza pizzas pie pies",
    "insect insects bug bugs cockroach ant ants foreign object",
    "smell smells smelly odour odor stink",
    "unopened sealed unused untouched",
)
_PHRASES = {
    "change my mind": "cancel",
    "haven open": "closed",
    "not open": "closed",
    "not yet open": "closed",
    "changed my mind": "cancel",
    "get my money": "refund",
    "not there": "absent",
    "not around": "absent",
    "no longer want": "cancel",
    "dun want": "cancel",
    "dont want": "cancel",
    "don't want": "cancel",
    "same day delivery": "sameday delivery",
    "come by": "deliver",
    "pay first": "prepay",
    "pay later": "credit",
    "in advance": "advance",
    "money back": "refund",
    "get back money": "refund",
    "return money": "refund",
    "call off": "cancel",
    "drop off": "deliver",
    "sign up": "register",
    "set up": "setup",
    "pick up": "collect",
    "self collect": "collect",
    "self collection": "collect",
    "own logo": "custom",
    "down payment": "deposit",
    "no one": "nobody",
    "no body": "nobody",
    "lead time": "lead",
    "shelf life": "expiry",
    "cash on delivery": "cod",
    "same day": "sameday",
    "first time": "new",
    "first order": "new order",
    "national day": "holiday",
    "public holiday": "holiday",
    "public holidays": "holiday",
    "chinese new year": "holiday",
    "hari raya": "holiday",
    "vesak day": "holiday",
    "good friday": "holiday",
    "labour day": "holiday",
    "short of": "shortage",
}
# How words are shortened in chats.
_SHORT = {
    **dict.fromkeys(
        "wit wif wen hav haf oso frm izzit dat den liddat abt ppl sth smth tht cn cud shld shud wud tis dis".split(),
        "the",
    ),
    **dict.fromkeys(
        "jus whr leh lei kosong bojio sian wor rite rly jialat tink mabe eveyting wana liao lorh kena".split(), "the"
    ),
    **{"chiong": "rush", "cheong": "rush", "hp": "phone", "cert": "certificate", "pey": "pay", "ans": "answer"},
    **{"amt": "amount", "qty": "quantity", "acct": "account", "acc": "account", "min": "minimum", "max": "maximum"},
    **{"del": "delivery", "dely": "delivery", "dlvry": "delivery", "cust": "customer", "pymt": "payment"},
    **{"wkend": "weekend", "wkends": "weekends", "hrs": "hours", "hr": "hour", "mins": "minutes", "wk": "week"},
    **{"sat": "saturday", "sats": "saturday", "sun": "sunday", "mon": "monday", "tue": "tuesday", "tues": "tuesday"},
    **{"wed": "wednesday", "thu": "thursday", "thur": "thursday", "thurs": "thursday", "fri": "friday", "ord": "order"},
    **{"tmr": "tomorrow", "tdy": "today", "pkg": "packaging", "ctn": "carton", "ctns": "cartons", "mth": "month"},
    **{"inv": "invoice", "addr": "address", "num": "number", "info": "information", "temp": "temperature"},
    **{"pcs": "pieces", "pkt": "packet", "pkts": "packets", "cfm": "confirm", "oder": "order", "ordr": "order"},
}


def unshortened(word: str) -> str:
    """A chat's short form as the word that it stands for."""
    return _SHORT.get(word, word)


@cache
def phrases() -> tuple[tuple[str, str], ...]:
    """Phrases and the word that stands for each, longest first."""
    return tuple(sorted(_PHRASES.items(), key=lambda pair: -len(pair[0])))


@cache
def groups() -> dict[str, frozenset[int]]:
    """The groups that each word is in."""
    found: dict[str, set[int]] = defaultdict(set)
    everyday = [group.split() for group in _GROUPS]
    for number, group in enumerate([*everyday, *VARIANTS, *SYNONYMS]):
        for word in group:
            found[word].add(number)
    return {word: frozenset(numbers) for word, numbers in found.items()}
