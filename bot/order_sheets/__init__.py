"""Order sheets that customers send as files: CSV, .xlsx, text PDF and plain text into rows for the order reader."""

from bot.order_sheets.file_reader import FileReader

__all__ = ["FileReader"]
