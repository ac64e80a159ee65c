"""The process that reads documents, bounded by the operating system; `knowledge.documents.reader` talks to it.

Each request is a length, a name, a length and the content; the answer is a length and JSON: the blocks, or why there
are none.
"""

import contextlib
import json
import os
import sys
from typing import BinaryIO

from knowledge.documents.limits import CPU_SECONDS, MEMORY_BYTES
from knowledge.documents.loading import blocks_of
from knowledge.errors import BadDocument

_LENGTH = 8


def _limit_memory() -> None:
    """Some systems refuse the limit or have none."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def _limit_time() -> None:
    """So many seconds of processor time from now on; beyond it the system ends this process."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        most = int(used.ru_utime + used.ru_stime) + CPU_SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (most, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _answer(name: str, content: bytes) -> object:
    try:
        return [[b.text, b.section, b.page, b.kind.value, b.question] for b in blocks_of(name, content)]
    except BadDocument as error:
        return str(error)
    except MemoryError:
        return "it takes too much memory to read"
    except RecursionError:
        return "its parts are nested too deeply"


def _framed(stream: BinaryIO) -> bytes | None:
    length = stream.read(_LENGTH)
    return stream.read(int.from_bytes(length)) if len(length) == _LENGTH else None


def main() -> None:
    """Answer requests until there are no more."""
    # What a library prints must not get between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _limit_memory()
    while (name := _framed(sys.stdin.buffer)) is not None:
        content = _framed(sys.stdin.buffer)
        if content is None:
            return
        _limit_time()
        answer = json.dumps(_answer(name.decode(), content)).encode()
        answers.write(len(answer).to_bytes(_LENGTH) + answer)
        answers.flush()


main()
