"""A file's content -> its blocks, by the kind that its name tells."""

from collections.abc import Callable
from pathlib import PurePath

from knowledge.documents.blocks import Block
from knowledge.documents.html import html_blocks
from knowledge.documents.markdown import markdown_blocks
from knowledge.documents.texts import decoded, text_blocks
from knowledge.errors import BadDocument

# Raised by one whenever loaders or passages come out differently: every file is then read anew.
READING = 1

_TEXTS: dict[str, Callable[[str], list[Block]]] = {
    ".md": markdown_blocks,
    ".markdown": markdown_blocks,
    ".txt": text_blocks,
    ".html": html_blocks,
    ".htm": html_blocks,
}
KINDS = frozenset(_TEXTS)


def kind_of(name: str) -> str:
    """The ending that tells how a file is read. Raises BadDocument for any other."""
    suffix = PurePath(name).suffix.casefold()
    if suffix not in KINDS:
        raise BadDocument(f"{suffix or 'a name without an ending'} is no kind of document that is read")
    return suffix


def blocks_of(name: str, content: bytes) -> list[Block]:
    """The blocks of a document. Raises BadDocument."""
    blocks = _TEXTS[kind_of(name)](decoded(content))
    if not blocks:
        raise BadDocument("it holds no text")
    return blocks
