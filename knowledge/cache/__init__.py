"""Remembers answers where that is safe: exact in the process and in Redis, by meaning, and the evidence."""

from knowledge.cache.entries import CacheKey, Entry
from knowledge.cache.front import AnswerCache, CacheLimits
from knowledge.cache.guard import KnownWords

__all__ = ["AnswerCache", "CacheKey", "CacheLimits", "Entry", "KnownWords"]
