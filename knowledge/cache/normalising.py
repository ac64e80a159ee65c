"""A question as the exact levels compare it: the same words in the same order, however they are typed.

Only what cannot change an answer is evened out: case, width, spaces, the marks at the end, and courtesy at both ends.
Marks between words stay as a pause ("no. sunday delivery" is not "no sunday delivery").
"""

import re
import unicodedata
from collections.abc import Set

PAUSE = "."
COMMA = ","

_TOKEN = re.compile(
    r"(?<![\w)])-?\d+(?:[.,:/x×-]\d+)*"  # 12, 1.5, 1,000, 10:30, 1/2, 12x12, 10-12, -18
    r"|\d+(?:[.,:/x×-]\d+)*"
    r"|[^\W\d_]+(?:['’][^\W\d_]+)*"
    r"|[.,;:!?…\n()\[\]{}]+"
    r"|[^\w\s]"
    r"|_"
)
_FRACTION = re.compile(r"[¼-¾⅐-⅞²³¹⁰-₉]")  # NFKC turns "1½" into "11⁄2"
_MINUS = re.compile(r"(?:(?<=\s)|^)[-–—−]\s?(?=\d)")  # "at – 5 degrees"
_INCHES = re.compile(r"(?<![\"“\d.])(\d+(?:\.\d+)?) ?[\"”″]")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+")
_PAUSES = set(".,;:!?…\n()[]{}")
_COMMAS = set(",()[]{}")
_QUIET = set("-–—*_~`'’‘\"“”|•🙏🙂😊😀😁😅😃😄👍👋🏻🏼🏽🏾🏿♂♀\ufe0f\u200d")
_SHOUTED = {"US": "usa", "IT": "infotech"}  # another word than "us" and "it" where the rest is not in capitals

_BEFORE = frozenset(
    "hi hello hey helo hallo dear boss bro sis sir madam mdm maam ma'am uncle auntie aunty pls plz please kindly ok "
    "okay oki thanks thank thx tks".split()
)
_BEFORE_PAIRS = frozenset(
    tuple(pair.split())
    for pair in (
        "good morning,good afternoon,good evening,good day,gd morning,gd afternoon,morning boss,hi there,hello there,"
        "hey there,hi team,hello team,excuse me,thank you"
    ).split(",")
) | {(word, mark) for word in ("ya", "yo", "morning", "afternoon", "evening") for mark in (PAUSE, COMMA)}
_AFTER = frozenset(
    "pls plz please thanks thank thx tks tq ty tqvm cheers boss bro sis sir madam mdm maam ma'am uncle auntie aunty "
    "ah lah la leh lor hor sia meh mah ar arh eh huh ya yah yeah".split()
)
_AFTER_PAIRS = frozenset(
    tuple(pair.split()) for pair in "thank you,thank u,many thanks,thanks much,thanks ya".split(",")
)
VOCATIVES = frozenset("boss bro sis sir madam mdm maam ma'am uncle auntie aunty".split())
NO_VOCATIVE_AFTER = frozenset("the a an to your my our from with for by of is are at on".split())


_BREAKS = (PAUSE, COMMA)


def normalised(question: str, names: Set[str] = frozenset()) -> str:
    """The question in its comparable form; never empty where the question is not.

    `names` are words of products and places, which are no courtesy ("boss coffee").
    """
    bare = _without_pauses(tokens_of(question))
    core = _strip_after(_strip_before(bare, names), names)
    return " ".join(core or bare) or question.strip()


def tokens_of(question: str) -> list[str]:
    """Words in small letters, numbers, marks that mean something ("%", "$"), and a PAUSE or COMMA for the others."""
    text = unicodedata.normalize("NFKC", _FRACTION.sub(r" \g<0> ", question)).replace("\u2044", "/")
    text = _MINUS.sub("-", text)
    text = _INCHES.sub(r"\1 in ", text)
    mixed = any(letter.islower() for letter in text)
    return [token for found in _TOKEN.findall(text) if (token := _token(found, mixed))]


def _token(found: str, mixed: bool) -> str:
    if found[0].isdigit():
        return found.replace(",", "") if _THOUSANDS.fullmatch(found) else found.casefold()
    if set(found) <= _PAUSES:
        return COMMA if set(found) <= _COMMAS else PAUSE
    if found in _QUIET:
        return ""
    if mixed and found in _SHOUTED:
        return _SHOUTED[found]
    return found.casefold().replace("’", "'").replace("'", "")


def _without_pauses(tokens: list[str]) -> list[str]:
    """Without pauses at both ends, and one where there are several."""
    kept: list[str] = []
    for token in tokens:
        if token not in _BREAKS or (kept and kept[-1] not in _BREAKS):
            kept.append(token)
        elif kept and token == PAUSE:
            kept[-1] = PAUSE
    return kept[:-1] if kept and kept[-1] in _BREAKS else kept


def _strip_before(tokens: list[str], names: Set[str]) -> list[str]:
    while tokens:
        if tuple(tokens[:2]) in _BEFORE_PAIRS:
            tokens = tokens[2:]
        elif tokens[0] in _BREAKS or (tokens[0] in _BEFORE and tokens[0] not in names):
            tokens = tokens[1:]
        else:
            break
    return tokens


def _strip_after(tokens: list[str], names: Set[str]) -> list[str]:
    while tokens:
        if tuple(tokens[-2:]) in _AFTER_PAIRS:
            tokens = tokens[:-2]
        elif tokens[-1] in _BREAKS or (tokens[-1] in _AFTER and not _is_spoken_of(tokens, names)):
            tokens = tokens[:-1]
        else:
            break
    return tokens


def _is_spoken_of(tokens: list[str], names: Set[str]) -> bool:
    """Whether the last word is part of the question: "can I talk to the boss"."""
    if tokens[-1] in names:
        return True
    return tokens[-1] in VOCATIVES and len(tokens) > 1 and tokens[-2] in NO_VOCATIVE_AFTER
