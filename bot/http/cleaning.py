"""Takes markup and control characters out of what customers send, and leaves the meaning in."""

import re

_ELEMENTS = frozenset(
    """
    a abbr address applet area article aside audio b base basefont bdi bdo bgsound big blink blockquote
    body br button canvas caption center cite code col colgroup data datalist dd del details dfn dialog
    dir div dl dt em embed fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6
    head header hgroup hr html i iframe img input ins isindex kbd keygen label legend li link listing
    main map mark marquee math menu meta meter nav nobr noembed noframes noscript object ol optgroup
    option output p param picture plaintext portal pre progress q rp rt ruby s samp script search
    section select slot small source span strike strong style sub summary sup svg table tbody td
    template textarea tfoot th thead time title tr track tt u ul var video wbr xmp xml
    """.split()
)
_BREAKS = frozenset("br p div li ul ol tr table h1 h2 h3 h4 h5 h6 hr blockquote section".split())

_HIDDEN = re.compile(r"<(script|style)\b[^<>]*>.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|<[!?][a-z\[][^<>]*>?", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<\s{0,3}(/?)([a-z][a-z0-9:-]*)((?:[\s/][^<>]*)?)(>|\Z)", re.IGNORECASE)
# Everything below space but tab and newline, the C1 controls, characters that reorder or hide text, and the
# private noncharacters. The joiner and the variation selectors stay: emoji are made of them.
_CONTROLS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f"
    "\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)
_LONGEST_NEST = 8


def clean(text: str) -> str:
    """The text without tags, comments, scripts and control characters; emoji and line breaks stay.

    "<3", "a < b" and "<urgent>" are words of the customer: the first two stay, the last loses its brackets.
    """
    text = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    for _ in range(_LONGEST_NEST):
        if "<" not in text:
            break
        stripped = _TAG.sub(_without_tag, _COMMENT.sub("", _HIDDEN.sub("", text)))
        if stripped == text:
            break
        text = stripped
    else:  # tags within tags within tags are no order
        text = text.replace("<", "")
    return text.strip()


def _without_tag(found: re.Match[str]) -> str:
    """What stays of something that looks like a tag."""
    name, rest, end = found[2].lower(), found[3], found[4]
    if name in _ELEMENTS and (not rest.strip(" /") or "=" in rest or found[1]):
        return "\n" if name in _BREAKS and end else ""
    if "=" in rest:
        return ""
    if end and not rest.strip(" /"):
        return found[2]
    return found[0]
