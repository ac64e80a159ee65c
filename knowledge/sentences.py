"""Text -> sentences, in the punctuation of policies, price lists and addresses."""

import re

# A full stop after these ends no sentence unless the text ends with it: a name or a number follows.
_ABBREVIATIONS = frozenset(
    """
    mr mrs ms mdm dr prof sr jr st rd ave blk bldg dept tel fax ext attn approx est incl excl vs eg ie cf al rev
    qty pcs pkt ctn ctns wt ht dia ed
    """.split()
)
# These may end one, unless a figure follows ("No. 12", "Jan. 3", "max. 2") or what belongs to them ("Pte. Ltd.").
_MAY_END = frozenset(
    """
    am pm etc co corp inc ltd pte bhd sdn us uk sg no nos fig sec art para cl vol pp min max ft in
    jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun
    """.split()
)
_END = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s)|[。!?]+[”’」)]*")
_DOTTED = re.compile(r"(?:[A-Za-z]\.)+[A-Za-z]?$")
_LAST_WORD = re.compile(r"[^\s(\[\"'“‘/]+$")
_STARTS = re.compile(r"[\"'“‘(\[]*(?:[A-Z\d$€£\u00c0-\u00de\u4e00-\u9fff]|S\$)")
_NUMBER = re.compile(r"\s*(?:\d{1,3}|[A-Za-z]|[ivx]{1,4})\s*")


def sentences_of(text: str) -> list[str]:
    """The sentences of a text, in order, blanks trimmed; together they hold every word.

    A line break ends one too, so list items and table rows stand alone.
    """
    found: list[str] = []
    for line in text.splitlines():
        start = 0
        for match in _END.finditer(line):
            if _ends(line, match, start):
                found.append(line[start : match.end()].strip())
                start = match.end()
        found.append(line[start:].strip())
    return [sentence for sentence in found if sentence]


def _ends(line: str, match: re.Match[str], start: int) -> bool:
    """Whether the punctuation ends the sentence that began at `start`."""
    mark, after = match.group(), line[match.end() :].lstrip()
    if not after or mark[0] in "。！？":
        return True
    if mark[0] in "!?":
        return not after[0].islower()
    begins = _STARTS.match(after) is not None
    before = line[start : match.start()]
    if mark.startswith(("..", "…")):
        return begins
    if _NUMBER.fullmatch(before):
        return False  # "1. Wash your hands"
    last = _LAST_WORD.search(before)
    word = last.group() if last else ""
    plain = word.replace(".", "").casefold()
    if plain in _MAY_END:
        return begins and not after[0].isdigit() and not _belongs(plain, after)
    if plain in _ABBREVIATIONS or _DOTTED.fullmatch(word + ".") or (len(word) == 1 and word.isupper()):
        return False  # "Dr. Tan", "e.g. cups", "J. Tan"
    return begins


def _belongs(word: str, after: str) -> bool:
    """Whether what follows "a.m." or "Pte." goes with it: "9 a.m. SGT", "6 p.m. Mon", "Acme Pte. Ltd."."""
    first = re.match(r"\w*", after)
    following = first.group().casefold() if first else ""
    if word in ("am", "pm"):
        return following[:3] in ("mon", "tue", "wed", "thu", "fri", "sat", "sun", "sgt")
    return word in ("pte", "sdn", "co") and following in ("ltd", "bhd", "inc")
