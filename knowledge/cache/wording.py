"""Takes a question's words into one wording: amounts, phrases, the question word, and verbs where they mostly stand."""

import re
from collections.abc import Sequence, Set

from core.understanding.lexicon import NUMBER_WORDS
from knowledge.cache import guard_words as words
from knowledge.cache.normalising import NO_VOCATIVE_AFTER, VOCATIVES
from knowledge.cache.spelling import canonical, is_participle

Tokens = list[str]

BE = words.BE | {"was", "were"}
_HELPERS = words.BE | words.CAN | words.WILL | words.PAST | {"must", "should"}
_ASKING = words.WH | words.BE | words.DO | words.CAN | words.WILL | words.PAST | {"have", "has", "must", "should"}
_BEFORE_QUESTION = words.TIES.keys() | {"by", "until", "from", "since", "with"}
_NUMBER = re.compile(r"-?\d[\d.,:/x×-]*")


def without_frame(tokens: Tokens, names: Set[str]) -> Tokens:
    """The question without short forms, tone and what is said around it; `names` never fall away."""
    tokens = [word for token in tokens for word in words.WRITTEN_OUT.get(token, (token,))]
    tokens = [t for at, t in enumerate(tokens) if t in names or not _is_idle(tokens, at)]
    return _without_closing(_without_opening(tokens))


def _without_opening(tokens: Tokens) -> Tokens:
    """Without what is said before the question: "hi can you tell me if ..."."""
    opened = False
    while found := _beginning(tokens, words.OPENINGS):
        tokens = tokens[len(found) :]
        opened = opened or len(found) > 1
        if opened and len(tokens) > 1 and tokens[0] in words.WHETHER:
            tokens = _turned_round(tokens[1:])
    return tokens


def _is_idle(tokens: Tokens, at: int) -> bool:
    """Whether a word only fills: not the "a" of "outlet A", nor the boss that one asks for."""
    before = tokens[at - 1] if at else ""
    if tokens[at] in VOCATIVES:
        return before not in NO_VOCATIVE_AFTER
    return tokens[at] in words.FILLERS and not (tokens[at] == "a" and before in words.LETTERED)


def _turned_round(tokens: Tokens) -> Tokens:
    """ "(wondering if) I can cancel" as the question that it is."""
    if tokens[0] in words.SUBJECTS and tokens[1:2] and tokens[1] in _HELPERS:
        return [tokens[1], tokens[0], *tokens[2:]]
    return tokens


def _without_closing(tokens: Tokens) -> Tokens:
    while found := _beginning(tokens[::-1], words.CLOSINGS):
        tokens = tokens[: -len(found)]
    return tokens


def exists(tokens: Tokens) -> tuple[bool, Tokens]:
    """Whether it is asked if there is such a thing, and the thing."""
    found = _beginning(tokens, words.EXISTS)
    if found and tokens[len(found)] not in words.SUBJECTS and not is_participle(tokens[len(found)]):
        return True, tokens[len(found) :]
    if "got" in tokens and not set(tokens) & (_ASKING | words.SUBJECTS.keys()):  # "sunday got delivery"
        return True, [token for token in tokens if token != "got"]
    return False, tokens


def in_one_wording(tokens: Tokens) -> Tokens:
    at = 0
    while at < len(tokens):
        for said, meant in words.PHRASES.get(tokens[at], ()):
            if tuple(tokens[at : at + len(said)]) == said:
                tokens = [*tokens[:at], *meant, *tokens[at + len(said) :]]
                break
        at += 1
    return tokens


def amounts(tokens: Tokens) -> Tokens:
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


def question_kind(tokens: Tokens) -> tuple[str, Tokens]:
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


def active(tokens: Tokens) -> Tokens:
    """ "are orders delivered" and "can my order be cancelled" with the verb where "deliver orders" has it."""
    be = next((at for at, token in enumerate(tokens) if token in BE), None)
    if be is None:
        return tokens
    if tokens[be] in ("be", "been") and be + 1 < len(tokens) and is_participle(tokens[be + 1]):
        helper = next((at for at, token in enumerate(tokens[:be]) if token in _HELPERS), None)
        if helper is not None and _is_thing(tokens[helper + 1 : be]):
            return [*tokens[: helper + 1], tokens[be + 1], *tokens[helper + 1 : be], *tokens[be + 2 :]]
        return tokens
    # What follows "are" at once is "confirmed orders"; the verb comes after what it is done to.
    verb = next((at for at in range(be + 2, len(tokens)) if is_participle(tokens[at])), None)
    if verb is None or not _is_thing(tokens[be + 1 : verb]):
        return tokens
    return [*tokens[: be + 1], tokens[verb], *tokens[be + 1 : verb], *tokens[verb + 1 :]]


def _is_thing(tokens: Tokens) -> bool:
    """Whether this names what something is done to, in words that belong together: not "orders on Monday"."""
    if any(token in words.TIES or token in words.RELATIONS for token in tokens):
        return False
    return any(token not in words.SUBJECTS and token not in ("it", "they", "he", "she") for token in tokens)


def _beginning(tokens: Sequence[str], phrases: words.Phrases) -> tuple[str, ...]:
    """The phrase that the tokens begin with and go on after; empty where there is none."""
    known = phrases.get(tokens[0], ()) if tokens else ()
    return next((p for p in known if len(tokens) > len(p) and tuple(tokens[: len(p)]) == p), ())
