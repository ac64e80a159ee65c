"""Which versions of documents and prices are current, so that what older ones answered can leave the memory."""

from collections import deque

from knowledge.cache.entries import CacheKey

_REMEMBERED = 8


class Versions:
    """The versions seen last. Questions under way may still bring an older one, which is no step forward."""

    def __init__(self) -> None:
        self._knowledge: deque[str] = deque(maxlen=_REMEMBERED)
        self._prices = 0

    def moved_on(self, key: CacheKey) -> bool:
        """Whether a key brings newer documents or prices than any before it; not for the very first one."""
        first = not self._knowledge
        newer = key.knowledge_version not in self._knowledge or key.price_version > self._prices
        if key.knowledge_version not in self._knowledge:
            self._knowledge.append(key.knowledge_version)
        self._prices = max(self._prices, key.price_version)
        return newer and not first
