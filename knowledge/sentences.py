"""Text -> sentences, in the punctuation of policies, price lists and addresses."""

import re

# A full stop after these ends no sentence unless the text ends with it.
_ABBREVIATIONS = frozenset(
    """
    mr mrs ms mdm dr prof sr jr st rd ave blk bldg dept no nos tel fax ext attn approx est min max incl excl vs etc
    eg ie cf al vol fig sec art para cl pp ed rev co corp inc ltd pte bhd sdn qty pcs pkt ctn wt ht dia
    jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun
    """.split()
)
# "p.m." and its like may well end a sentence: what follows decides.
_MAY_END = frozenset({"am", "pm", "etc", "co", "corp", "inc", "ltd", "bhd", "us", "uk", "sg"})
_END = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s)|[。!?]+[”’」)]*")
_DOTTED = re.compile(r"(?:[A-Za-z]\.)+[A-Za-z]?$")
_LAST_WORD = re.compile(r"[^\s(\[\"'“‘/]+$")
_STARTS = re.compile(r"[\"'“‘(\[]*(?:[A-Z\d$€£\u00c0-\u00de\u4e00-\u9fff]|S\$)")
_NUMBERED = re.compile(r"(?:^|\n)\s*(?:\d{1,3}|[A-Za-z]|[ivx]{1,4})$")


def sentences_of(text: str) -> list[str]:
    """The sentences of a text, in order, blanks trimmed; together they hold every word.

    A line break ends one too, so list items and table rows stand alone.
    """
    found: list[str] = []
    for line in text.splitlines():
        start = 0
        for match in _END.finditer(line):
            if _ends(line, match):
                found.append(line[start : match.end()].strip())
                start = match.end()
        found.append(line[start:].strip())
    return [sentence for sentence in found if sentence]


def _ends(line: str, match: re.Match[str]) -> bool:
    """Whether the punctuation ends a sentence there."""
    mark, after = match.group(), line[match.end() :].lstrip()
    if not after:
        return True
    if mark[0] in "。！？":
        return True
    if mark[0] != ".":
        return not after[0].islower()
    if mark.startswith(("..", "…")):
        return _STARTS.match(after) is not None
    before = line[: match.start()]
    if _NUMBERED.search(before):
        return False  # "1. Wash your hands"
    last = _LAST_WORD.search(before)
    word = last.group() if last else ""
    plain = word.replace(".", "").casefold()
    starts = _STARTS.match(after) is not None
    if _DOTTED.fullmatch(word + ".") or plain in _ABBREVIATIONS or plain in _MAY_END:
        return plain in _MAY_END and starts and not _continues(plain, after)
    if len(word) == 1 and word.isupper():
        return False  # an initial: "J. Tan"
    return starts


def _continues(word: str, after: str) -> bool:
    """Whether what follows "a.m." or "Pte." belongs to it: "9 a.m. SGT", "6 p.m. Mondays", "Acme Pte. Ltd."."""
    first = re.match(r"\w*", after)
    following = first.group() if first else ""
    if word in ("am", "pm"):
        return following.casefold()[:3] in ("mon", "tue", "wed", "thu", "fri", "sat", "sun", "sgt", "and", "to")
    return following.casefold() in ("ltd", "bhd", "inc", "co")
