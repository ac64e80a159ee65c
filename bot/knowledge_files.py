"""The supplier's documents as the settings have them: where their index is, and what makes its vectors."""

from pathlib import Path

from bot.settings import InvalidSettings, Settings
from knowledge.library import Library
from knowledge.ports import Embedder


def embedder_of(settings: Settings) -> Embedder:
    """The embedder that the settings name. Its library is loaded when it is first used. Raises InvalidSettings."""
    if settings.knowledge_problem is not None:
        raise InvalidSettings(settings.knowledge_problem)
    model = settings.embedding_model or ""
    if settings.embedder == "openai":
        from knowledge.embedding.openai import OpenAIEmbedder

        key = settings.openai_api_key
        return OpenAIEmbedder(model, api_key=key.get_secret_value() if key else None, base_url=settings.openai_base_url)
    if settings.embedder == "sentence-transformers":
        from knowledge.embedding.sentence_transformers import SentenceTransformerEmbedder

        return SentenceTransformerEmbedder(model)
    from knowledge.embedding.wordllama import WordLlamaEmbedder

    return WordLlamaEmbedder()


def is_there(place: str) -> bool:
    """Whether a folder exists; an object store is asked when it is opened."""
    return "://" in place or Path(place).exists()


async def open_documents_of(settings: Settings) -> Library:
    """The library at the place that the settings name; it may be empty. Raises InvalidSettings or IndexUnusable."""
    from knowledge.library import open_library

    return await open_library(settings.knowledge, embedder_of(settings))
