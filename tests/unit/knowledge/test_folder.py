"""Which files of a folder are read, and why others are not."""

from pathlib import Path

import pytest

from knowledge.documents.limits import MOST_FILE_BYTES
from knowledge.errors import BadDocument, WrongFolder
from knowledge.folder import File, files_of, fingerprint, read


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    (folder / "sub" / ".git").mkdir(parents=True)
    for name in ("b.md", "a.TXT", "sub/c.html", ".hidden.md", "~$b.docx", "Thumbs.db", "sub/.git/d.md"):
        (folder / name).write_text("text")
    return folder


def problems(folder: Path) -> dict[str, str]:
    return {file.name: file.problem for file in files_of(folder)}


def test_files_are_named_by_their_path_and_litter_is_passed_over(folder: Path) -> None:
    assert problems(folder) == {"a.TXT": "", "b.md": "", "sub/c.html": ""}


def test_links_do_not_lead_out_of_the_folder(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("secret")
    (folder / "out.md").symlink_to(tmp_path / "secret.md")
    (folder / "in.md").symlink_to(folder / "b.md")
    (folder / "gone.md").symlink_to(folder / "nowhere.md")
    (folder / "loop").symlink_to(folder)
    found = problems(folder)
    assert found["out.md"] == "it is a link that leads out of the folder"
    assert found["in.md"] == ""
    assert found["gone.md"].startswith("it cannot be read")
    assert found["loop"] == "it is a link to a folder"
    assert read(File("in.md", folder / "in.md")) == b"text"
    with pytest.raises(BadDocument, match="leads out"):
        read(next(file for file in files_of(folder) if file.name == "out.md"))


def test_a_folder_that_is_a_link_itself_is_read(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "current").symlink_to(folder)
    assert set(problems(tmp_path / "current")) == {"a.TXT", "b.md", "sub/c.html"}


def test_a_file_that_is_too_large_is_not_read(folder: Path) -> None:
    with (folder / "large.pdf").open("wb") as file:
        file.truncate(MOST_FILE_BYTES + 1)
    assert problems(folder)["large.pdf"] == "it is larger than 20 MB"


def test_what_is_no_folder_is_refused(folder: Path) -> None:
    for wrong in (folder / "b.md", folder / "nowhere"):
        with pytest.raises(WrongFolder):
            files_of(wrong)


def test_a_fingerprint_names_the_content() -> None:
    assert fingerprint(b"a") == fingerprint(b"a") != fingerprint(b"b")
