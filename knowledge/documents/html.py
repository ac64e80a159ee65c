"""HTML -> blocks. Markdown and Word documents come this way too."""

from dataclasses import dataclass, field, replace

from selectolax.lexbor import LexborHTMLParser, LexborNode

from knowledge.documents.blocks import Block, Kind, Outline, tidy
from knowledge.documents.limits import MOST_COLUMNS, MOST_DEPTH, MOST_ROWS
from knowledge.documents.tables import rows_as_lines
from knowledge.errors import BadDocument

# Struck text does not hold any more, a footnote's number is no figure; the rest is no text of the document.
_NOISE = """
    script, style, noscript, template, nav, footer, aside, form, button, select, svg, canvas, iframe, object, video,
    audio, del, s, strike, [hidden], [aria-hidden="true"], [role="navigation"], [role="contentinfo"],
    [style*="display:none"], [style*="display: none"], [style*="visibility:hidden"],
    div[class*="cookie-banner"], div[id*="cookie-banner"], div[class*="cookie-consent"], div[id*="cookie-consent"],
    a[href^="#footnote-"], a[href^="#endnote-"]
"""
_INLINE = frozenset(
    """a abbr b bdi bdo big cite code data dfn em font i ins kbd label mark q rp rt ruby samp small span strong sub sup
    time tt u var wbr""".split()
)
_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6, "summary": 7}
_TEXT = "-text"
_BREAK = "\x00"


def html_blocks(source: str, title: str = "") -> list[Block]:
    """The blocks of a page: of its main part where it names one, without navigation, scripts and styles.

    Where it has no heading, its title serves, or `title` if that is given.
    """
    tree = LexborHTMLParser(source)
    for node in tree.css(_NOISE):
        node.decompose()
    root = _main_of(tree)
    if root is None:
        return []
    walk = _Walk()
    walk.over(root, 0)
    walk.flush()
    return walk.outline.finished(title or _title(tree))


def _main_of(tree: LexborHTMLParser) -> LexborNode | None:
    for selector in ("main", '[role="main"]', "article"):
        found = tree.css(selector)
        if len(found) == 1 and tidy(found[0].text()):
            return found[0]
    return tree.body


def _title(tree: LexborHTMLParser) -> str:
    node = tree.css_first("title")
    return tidy(node.text()) if node is not None else ""


@dataclass(slots=True)
class _Walk:
    """One pass over a page. `_words` is the text that no block holds yet."""

    outline: Outline = field(default_factory=Outline)
    _words: list[str] = field(default_factory=list)
    _kind: Kind = Kind.TEXT

    def over(self, node: LexborNode, depth: int) -> None:
        """Take in what a node holds, in reading order."""
        if depth > MOST_DEPTH:
            raise BadDocument("its parts are nested too deeply")
        for child in node.iter(include_text=True):
            self._one(child, depth)

    def _one(self, node: LexborNode, depth: int) -> None:
        tag = node.tag or ""
        if tag == _TEXT:
            self._words.append(node.text_content or "")
        elif tag in _INLINE:
            self.over(node, depth + 1)
        elif tag == "br":
            self._words.append(_BREAK)
        elif tag in _HEADINGS:
            self.flush()
            self.outline.heading(_level(node, tag), tidy(node.text()))
        elif tag == "table" and not _is_layout(node):
            self.flush()
            self._table(node)
        elif tag == "li":
            self._item(node, depth)
        elif tag == "dl":
            self.flush()
            self._definitions(node)
        elif tag == "hr" or not tag.startswith(("_", "-", "!")):
            self.flush()
            self.over(node, depth + 1)
            self.flush()

    def flush(self) -> None:
        """The text so far becomes a block, one a line where the page breaks it (addresses, opening hours)."""
        lines = [line for part in "".join(self._words).split(_BREAK) if (line := tidy(part))]
        self._words.clear()
        for line in lines:
            self.outline.add(line, self._kind)

    def _item(self, node: LexborNode, depth: int) -> None:
        """A list item; one inside an item that introduces it ("Refunds:") carries those words."""
        self.flush()
        blocks = self.outline.blocks
        outer, before = self._kind, len(blocks)
        self._words.append(_number(node))
        self._kind = Kind.ITEM
        self.over(node, depth + 1)
        self.flush()
        self._kind = outer
        own = blocks[before:]
        if len(own) > 1 and own[0].text.endswith(":"):
            blocks[before:] = [replace(block, text=f"{own[0].text} {block.text}") for block in own[1:]]

    def _definitions(self, node: LexborNode) -> None:
        term = ""
        for child in node.iter():
            if child.tag == "dt":
                term = tidy(child.text())
            elif child.tag == "dd" and (text := tidy(child.text())):
                self.outline.add(f"{term.rstrip(' :')}: {text}" if term else text, Kind.ITEM)

    def _table(self, node: LexborNode) -> None:
        caption = node.css_first("caption")
        if caption is not None:
            self.outline.add(tidy(caption.text()))
        header, rows = _cells_of(node)
        for line in rows_as_lines(rows, header):
            self.outline.add(line, Kind.ROW)


def _number(item: LexborNode) -> str:
    """ "2. " for the second item of a numbered list."""
    parent, number = item.parent, 1
    if parent is None or parent.tag != "ol":
        return ""
    before = item.prev
    while before is not None:
        number += before.tag == "li"
        before = before.prev
    start = parent.attributes.get("start") or "1"
    return f"{number + int(start) - 1 if start.isdigit() and len(start) < 5 else number}. "


def _level(node: LexborNode, tag: str) -> int:
    """A Word document's title stands above its headings."""
    return 0 if "document-title" in (node.attributes.get("class") or "") else _HEADINGS[tag]


def _is_layout(table: LexborNode) -> bool:
    """A table that only arranges a page: it holds headings, other tables, or one column."""
    if table.css_first("h1, h2, h3, h4, table table, ul, ol") is not None:
        return True
    return all(len(row.css("td, th")) < 2 for row in table.css("tr"))


def _cells_of(table: LexborNode) -> tuple[list[str] | None, list[list[str]]]:
    """The header, where cells are marked as one, and the rows; a cell that spans several stands in each."""
    header: list[str] | None = None
    rows: list[list[str]] = []
    spanning: dict[int, tuple[int, str]] = {}
    trs = table.css("tr")
    if len(trs) > MOST_ROWS:
        raise BadDocument(f"it has a table of more than {MOST_ROWS:,} rows")
    for tr in trs:
        cells, heads = _row(tr, spanning)
        if heads and header is None and not rows:
            header = cells
        else:
            rows.append(cells)
    return header, rows


def _row(tr: LexborNode, spanning: dict[int, tuple[int, str]]) -> tuple[list[str], bool]:
    """The cells of a row, those included that reach down from above, and whether all its own are heads."""
    cells: list[str] = []
    own = [node for node in tr.iter() if node.tag in ("td", "th")]
    for node in own:
        _take_spanning(cells, spanning)
        text = tidy(node.text(separator=" "))
        down, across = _span(node, "rowspan"), _span(node, "colspan")
        for _ in range(across):
            if len(cells) < MOST_COLUMNS:
                if down > 1:
                    spanning[len(cells)] = (down - 1, text)
                cells.append(text)
    _take_spanning(cells, spanning)
    return cells, bool(own) and all(node.tag == "th" for node in own)


def _take_spanning(cells: list[str], spanning: dict[int, tuple[int, str]]) -> None:
    while (at := len(cells)) in spanning:
        left, text = spanning.pop(at)
        if left > 1:
            spanning[at] = (left - 1, text)
        cells.append(text)


def _span(node: LexborNode, name: str) -> int:
    value = (node.attributes.get(name) or "1").strip()
    return min(max(int(value), 1), MOST_COLUMNS) if value.isdigit() and len(value) < 5 else 1
