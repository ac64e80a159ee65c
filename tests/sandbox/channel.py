"""What a channel of a test needs beside its `send`: nothing to start, no files but those it is given."""

from core.domain.messages import Attachment, ChatRef
from core.errors import MediaProblem, MediaTooLarge


class QuietChannel:
    """Base of channels for tests. `files` are a customer's, by their ref."""

    name = "quiet"
    state = "connected"

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    async def start(self) -> None:
        """Nothing to register."""

    async def stop(self) -> None:
        """Nothing to close."""

    async def show_typing(self, chat: ChatRef, message_id: str) -> None:
        """Nobody looks."""

    async def fetch(self, attachment: Attachment, max_bytes: int) -> bytes:
        """The file of that ref."""
        if attachment.ref not in self.files:
            raise MediaProblem("the provider has deleted it")
        if len(self.files[attachment.ref]) > max_bytes:
            raise MediaTooLarge("the file is too large")
        return self.files[attachment.ref]
