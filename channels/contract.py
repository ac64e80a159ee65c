"""What every push channel offers to the desk."""

from typing import Protocol

from core.domain.messages import ChatRef, Reply


class Channel(Protocol):
    """A way to reach a customer who is not waiting on an open request."""

    @property
    def name(self) -> str:
        """The channel's name, as it stands in `ChatRef.channel`."""
        ...

    async def send(self, chat: ChatRef, reply: Reply, key: str) -> None:
        """Deliver one reply. `key` is the same on every try, for providers that can recognise a repeat.

        Raises DeliveryFailed for what may be tried again and DeliveryRefused for what never will work.
        """
        ...
