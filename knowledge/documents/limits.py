"""How much of a document is read. Policies are tens of pages; what is far beyond is refused, not cut."""

MOST_FILE_BYTES = 20 * 1024 * 1024
MOST_UNPACKED_BYTES = 100 * 1024 * 1024
MOST_CHARACTERS = 4_000_000
MOST_PAGES = 1_000
MOST_ROWS = 20_000
MOST_COLUMNS = 40
MOST_CELL = 8_000
MOST_DEPTH = 200
# For the process that reads a PDF, Word document or workbook.
SECONDS = 120.0
CPU_SECONDS = 90
MEMORY_BYTES = 1536 * 1024 * 1024
