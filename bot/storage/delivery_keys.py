"""The keys under which a message is sent, and so found again in outbox and sent log."""

TEMPLATE = ":template"
AGAIN = ":again"

# A message is sent at most once more each way: under the template, and later.
_WAYS = ("", TEMPLATE, AGAIN, TEMPLATE + AGAIN, AGAIN + TEMPLATE)


def turn_key(turn_id: str, place: int) -> str:
    """The key of the reply at `place` (from 0) among a turn's, as the engine gives it."""
    return f"{turn_id}:{place}"


def staff_key(chat_id: int, seq: int) -> str:
    """The key of what a person wrote into a chat."""
    return f"staff:{chat_id}:{seq}"


def every_key(key: str) -> list[str]:
    """The key and those of its further tries."""
    return [key + way for way in _WAYS]


def first_key(key: str) -> str:
    """The key that a further try's belongs to; a first one is its own."""
    while key.endswith((TEMPLATE, AGAIN)):
        key = key.rpartition(":")[0]
    return key
