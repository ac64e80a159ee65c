"""The content of one file -> its rows. Pure computing: what takes long or much is bounded by who calls it."""

from bot.order_sheets.kinds import FileKind, kind_of
from bot.order_sheets.limits import MOST_CHARACTERS, MOST_LINES
from bot.order_sheets.tables import rows_of
from bot.order_sheets.texts import decoded, lines_of, table_of
from core.domain.sheets import LEFT_OUT
from core.ports import SheetRow, Unread

Rows = tuple[SheetRow, ...]


def read_content(name: str, content: bytes) -> Rows | Unread:
    """The rows of a file of any kind, or why there are none. Never raises for a bad file."""
    kind = kind_of(name, content)
    if isinstance(kind, Unread):
        return kind
    return capped(read_as(kind, content))


def read_as(kind: FileKind, content: bytes) -> Rows | Unread:
    """The rows of a file whose kind is known."""
    match kind:
        case FileKind.TEXT:
            return _text_rows(content)
        case FileKind.WORKBOOK:
            from bot.order_sheets.workbooks import workbook_rows

            return workbook_rows(content)
        case FileKind.PDF:
            from bot.order_sheets.pdfs import pdf_rows

            return pdf_rows(content)


def capped(rows: Rows | Unread) -> Rows | Unread:
    """No more rows than are read; that there are more is said in a row of its own."""
    if isinstance(rows, Unread) or len(rows) <= MOST_LINES:
        return rows
    return (*rows[:MOST_LINES], SheetRow(f"{LEFT_OUT} the rows after row {MOST_LINES:,}"))


def _text_rows(content: bytes) -> Rows | Unread:
    text = decoded(content)
    if text is None:
        return Unread.TYPE
    head = text[:MOST_CHARACTERS]
    table = table_of(head)
    rows = rows_of(table) if table is not None else [SheetRow(line) for line in lines_of(head) if line]
    if len(head) < len(text):
        rows.append(SheetRow(f"{LEFT_OUT} the end of the file"))
    return tuple(rows) or Unread.EMPTY
