"""Markdown -> blocks, by way of HTML."""

import re

from markdown_it import MarkdownIt

from knowledge.documents.blocks import Block, tidy
from knowledge.documents.html import html_blocks

_FRONT_MATTER = re.compile(r"\A---\s*\n(.*?)\n(?:---|\.\.\.)\s*(?:\n|\Z)", re.DOTALL)
_TITLE = re.compile(r"^title:[ \t]*[\"']?(.+?)[\"']?[ \t]*$", re.MULTILINE | re.IGNORECASE)


def markdown_blocks(source: str) -> list[Block]:
    """The blocks of a CommonMark text with tables. Front matter is no text; its title serves where no heading does."""
    title = ""
    if (matter := _FRONT_MATTER.match(source)) is not None:
        named = _TITLE.search(matter.group(1))
        title = tidy(named.group(1)) if named else ""
        source = source[matter.end() :]
    return html_blocks(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(source), title)
