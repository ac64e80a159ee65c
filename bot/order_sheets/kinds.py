"""What kind of file it is: by its content, and by its name where text may be anything; never by a claimed type."""

import io
import zipfile
from enum import StrEnum
from pathlib import PurePath

from bot.importing.sheets import OLD_EXCEL_MAGIC
from bot.importing.workbook import ZIP_MAGIC
from bot.order_sheets.texts import decoded
from core.ports import Unread


class FileKind(StrEnum):
    """A kind of file that may hold an order."""

    PDF = "pdf"
    WORKBOOK = "workbook"
    TEXT = "text"


# A PDF may have other bytes before its header (PDF 1.7, implementation note 13: within the first 1,024).
_PDF_WITHIN = 1024
# An .xlsx with a password is no zip but an OLE file with this stream (MS-OFFCRYPTO 2.3.4.4).
_PASSWORDED = "EncryptedPackage".encode("utf-16-le")
# Programs of the trade name tab-separated text ".xls"; what such a name holds is told by its content.
_TEXT_NAMES = frozenset({"", ".csv", ".tsv", ".tab", ".txt", ".text", ".xls", ".xlsx", ".xlsm", ".pdf"})
_OTHER_TEXT = ("<", "{\\rtf", "begin:vcard", "begin:vcalendar", "%!ps", "#!", "from:", "received:", "{", "[")


def kind_of(name: str, content: bytes) -> FileKind | Unread:
    """The kind of a file's content, or why it cannot hold an order. `name` may be empty."""
    if not content.strip():
        return Unread.EMPTY
    if b"%PDF-" in content[:_PDF_WITHIN]:
        return FileKind.PDF
    if content.startswith(ZIP_MAGIC):
        return _zipped(content)
    if content.startswith(OLD_EXCEL_MAGIC):
        return Unread.BROKEN if _PASSWORDED in content else Unread.TYPE
    text = decoded(content)
    if text is None or PurePath(name).suffix.casefold() not in _TEXT_NAMES:
        return Unread.TYPE
    if not text.strip():
        return Unread.EMPTY
    return Unread.TYPE if text.lstrip()[:20].casefold().startswith(_OTHER_TEXT) else FileKind.TEXT


def _zipped(content: bytes) -> FileKind | Unread:
    """An .xlsx workbook by what is in the archive; a Word document or another archive holds no order."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, ValueError, LookupError):
        return Unread.BROKEN
    return FileKind.WORKBOOK if "xl/workbook.xml" in names else Unread.TYPE
