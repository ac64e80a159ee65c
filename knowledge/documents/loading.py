"""A file's content -> its blocks, by the kind that its name tells. Loads a kind's parser when it is needed."""

from pathlib import PurePath

from knowledge.documents.blocks import Block
from knowledge.errors import BadDocument

# Raised by one whenever loaders or passages come out differently: every file is then read anew.
READING = 1

_ADVICE = {
    ".doc": "save it as .docx",
    ".xls": "save it as .xlsx",
    ".rtf": "save it as .docx",
    ".odt": "save it as .docx",
}
KINDS = frozenset({".md", ".markdown", ".txt", ".html", ".htm", ".pdf", ".docx", ".csv", ".xlsx"})


def kind_of(name: str) -> str:
    """The ending that tells how a file is read. Raises BadDocument for any other."""
    suffix = PurePath(name).suffix.casefold()
    if suffix not in KINDS:
        advice = f"; {_ADVICE[suffix]}" if suffix in _ADVICE else ""
        raise BadDocument(f"{suffix or 'a name without an ending'} is no kind of document that is read{advice}")
    return suffix


def blocks_of(name: str, content: bytes) -> list[Block]:
    """The blocks of a document. Raises BadDocument."""
    if not content.strip():
        raise BadDocument("it is empty")
    blocks = [block for block in _blocks(kind_of(name), content) if any(c.isalnum() for c in block.text)]
    if not blocks:
        raise BadDocument("it holds no text")
    return blocks


def _blocks(kind: str, content: bytes) -> list[Block]:
    match kind:
        case ".pdf":
            from knowledge.documents.pdf import pdf_blocks

            return pdf_blocks(content)
        case ".docx":
            from knowledge.documents.word import word_blocks

            return word_blocks(content)
        case ".xlsx":
            from knowledge.documents.faq import workbook_blocks

            return workbook_blocks(content)
    return _text_blocks(kind, content)


def _text_blocks(kind: str, content: bytes) -> list[Block]:
    from knowledge.documents.texts import decoded, text_blocks

    text = decoded(content)
    match kind:
        case ".csv":
            from knowledge.documents.faq import csv_blocks

            return csv_blocks(text)
        case ".html" | ".htm":
            from knowledge.documents.html import html_blocks

            return html_blocks(text)
        case ".md" | ".markdown":
            from knowledge.documents.markdown import markdown_blocks

            return markdown_blocks(text)
    return text_blocks(text)
