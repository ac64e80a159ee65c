"""The files of a folder of documents, and what keeps one from being read."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from knowledge.documents.limits import MOST_FILE_BYTES
from knowledge.documents.loading import READING, kind_of
from knowledge.errors import BadDocument, WrongFolder
from knowledge.rows import SCHEMA

# What systems and Office leave beside documents; nobody means it to be read.
_LITTER = frozenset({"thumbs.db", "desktop.ini", "__macosx"})


@dataclass(frozen=True, slots=True)
class File:
    """A file below the folder. `name` is its path there, with forward slashes. `problem`: why it is not read."""

    name: str
    path: Path
    problem: str = ""


def files_of(folder: Path) -> list[File]:
    """Every file below a folder that is not hidden, by name. Raises WrongFolder."""
    try:
        root = folder.resolve(strict=True)
        if not root.is_dir():
            raise WrongFolder(f"{folder} is not a folder")
        return sorted(_below(root, root), key=lambda file: file.name)
    except OSError as error:
        raise WrongFolder(f"{folder} cannot be read: {error.strerror}") from None


def _below(root: Path, folder: Path) -> Iterator[File]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith((".", "~$")) or entry.name.casefold() in _LITTER:
                continue
            path = Path(entry.path)
            name = path.relative_to(root).as_posix()
            if entry.is_dir(follow_symlinks=False):
                yield from _below(root, path)
            else:
                yield File(name, path, _problem(root, path, name))


def _problem(root: Path, path: Path, name: str) -> str:
    try:
        target = path.resolve(strict=True)
        if not target.is_relative_to(root):
            return "it is a link that leads out of the folder"
        if not target.is_file():
            return "it is not a file" if not target.is_dir() else "it is a link to a folder"
        kind_of(name)
        if target.stat().st_size > MOST_FILE_BYTES:
            return f"it is larger than {MOST_FILE_BYTES // 1024 // 1024} MB"
    except BadDocument as error:
        return str(error)
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    return ""


def read(file: File) -> bytes:
    """The content of a file. Raises BadDocument."""
    if file.problem:
        raise BadDocument(file.problem)
    try:
        with file.path.open("rb") as stream:
            content = stream.read(MOST_FILE_BYTES + 1)
    except OSError as error:
        raise BadDocument(f"it cannot be read: {error.strerror}") from None
    if len(content) > MOST_FILE_BYTES:
        raise BadDocument(f"it is larger than {MOST_FILE_BYTES // 1024 // 1024} MB")
    return content


def fingerprint(content: bytes) -> str:
    """Names a file's content and the way it is read: equal for two files that would give the same passages."""
    return sha256(f"{READING}.{SCHEMA}\n".encode() + content).hexdigest()
