"""What can go wrong with the documents and their index, and what is to be done about it."""

from core.errors import Busy, DeskError, InvalidInput


class WrongFolder(InvalidInput):
    """The folder to ingest is none, cannot be read, or holds nothing; the index is as it was."""

    code = "wrong_folder"


class BadDocument(InvalidInput):
    """A document that cannot be read. The message is the reason in a few words, without the file's name."""

    code = "bad_document"


class IngestBusy(Busy):
    """Other ingests keep finishing first; nothing was changed."""

    code = "ingest_busy"


class IndexUnusable(DeskError):
    """The index cannot be opened, read or written."""

    code = "index_unusable"


class EmbedderUnusable(DeskError):
    """The embedder is not installed, not set up, or does not answer."""

    code = "embedder_unusable"
