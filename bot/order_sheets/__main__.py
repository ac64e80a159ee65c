"""The process that reads one workbook or PDF, bounded by the operating system.

The first argument is the kind of file, standard input its content; the rows go to standard output as JSON.
"""

import contextlib
import json
import sys

from bot.order_sheets.kinds import FileKind
from bot.order_sheets.limits import CPU_SECONDS, MEMORY_BYTES
from bot.order_sheets.reading import read_as
from core.ports import Unread


def _limit_myself() -> None:
    """Bounds on processor time and memory; some systems refuse one or have none."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def main() -> None:
    """Read standard input as the kind of file that the first argument names."""
    _limit_myself()
    try:
        rows = read_as(FileKind(sys.argv[1]), sys.stdin.buffer.read())
    except MemoryError:
        rows = Unread.TOO_LARGE
    except RecursionError:
        rows = Unread.BROKEN
    found: object = rows.value if isinstance(rows, Unread) else [[row.text, row.code] for row in rows]
    sys.stdout.write(json.dumps(found))


main()
