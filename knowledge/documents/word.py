"""Word documents (.docx) -> blocks, by way of HTML."""

import io
from typing import Any

import mammoth

from knowledge.documents.archives import DAMAGED, check_unpacked
from knowledge.documents.blocks import Block
from knowledge.documents.html import html_blocks
from knowledge.errors import BadDocument

_STYLES = """
p[style-name='Title'] => h1.document-title:fresh
p[style-name='Subtitle'] => p:fresh
"""


def word_blocks(content: bytes) -> list[Block]:
    """The blocks of a Word document: its body, with footnotes at the end; no comments, no deleted text, no pictures."""
    try:
        check_unpacked(content)
        converted = mammoth.convert_to_html(
            io.BytesIO(content), style_map=_STYLES, convert_image=mammoth.images.img_element(_no_picture)
        )
    except DAMAGED as error:
        raise BadDocument("it is not a readable .docx document") from error
    return html_blocks(converted.value)


def _no_picture(_image: Any) -> dict[str, str]:
    return {}
