"""How much of a customer's file is read. Order forms list a whole catalogue, but no more than that."""

MOST_BYTES = 10 * 1024 * 1024
MOST_CHARACTERS = 2_000_000
MOST_UNPACKED_BYTES = 40 * 1024 * 1024
MOST_LINES = 2_000
MOST_COLUMNS = 40
MOST_CELL = 300
MOST_PAGES = 30
MOST_SHEETS = 20
# For fetching and reading together, and for the process that reads workbooks and PDFs.
SECONDS = 15.0
CPU_SECONDS = 10
MEMORY_BYTES = 1024 * 1024 * 1024

# Voice notes and pictures for a model, by family. A voice note's Ogg also tells how long it plays.
MOST_MEDIA_BYTES = {"audio": 3 * 1024 * 1024, "image": 5 * 1024 * 1024}
MOST_SOUND_SECONDS = 180.0
