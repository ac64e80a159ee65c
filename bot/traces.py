"""Stored traces, reduced to what a log may hold: where it broke and on what, without anybody's words."""

import re

_HEAD = "Traceback (most recent call last):"
_FRAME = re.compile(r'  File "([^"]+)", line (\d+), in (\S+)')
_OURS = re.compile(r"given up after \d+ attempts")


def without_words(trace: str) -> tuple[str, list[str]]:
    """What was raised, outermost last, and the frames as `file:line in function`.

    The text of an exception may quote the message that it broke on, and so is left out.
    """
    if _OURS.fullmatch(trace):
        return trace, []
    raised: list[str] = []
    frames: list[str] = []
    inside = False
    for line in trace.splitlines():
        if line == _HEAD:
            inside = True
        elif inside and (frame := _FRAME.match(line)):
            frames.append(f"{frame[1]}:{frame[2]} in {frame[3]}")
        elif inside and not line.startswith(" "):
            raised.append(line.partition(":")[0])
            inside = False
    return ", then ".join(raised) or "unknown", frames
