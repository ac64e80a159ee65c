"""`resupply knowledge ...` as it is typed: exit codes, what is printed, and nothing changed by a mistake."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.knowledge.parts import fill

RESUPPLY = str(Path(sys.executable).with_name("resupply"))
SENTOSA = "# Delivery\n\n## Sentosa\n\nWe deliver to [Sentosa] on Tuesday and Friday.\n"


class CommandLine:
    """Runs commands in an empty folder with an environment of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.environment = {**kept, "COLUMNS": "200"}

    def __call__(self, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [RESUPPLY, "knowledge", *words],
            cwd=self.folder,
            env={**self.environment, **settings},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def knowledge(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path)


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout.strip().splitlines()[-1]


@pytest.mark.slow
def test_a_folder_is_ingested_shown_and_searched(knowledge: CommandLine, tmp_path: Path) -> None:
    assert "Nothing is known yet" in knowledge("status").stdout

    documents = fill(tmp_path / "documents", delivery=SENTOSA, refunds="# Refunds\n\nWithin 7 days.\n")
    done = knowledge("ingest", str(documents))
    assert (done.returncode, done.stdout.splitlines()[:3]) == (
        0,
        ["added    delivery.md", "added    refunds.md", "2 added, 0 changed, 0 removed, 0 unchanged, 0 not read."],
    )
    assert done.stderr.splitlines() == ["reading 1/2 delivery.md", "reading 2/2 refunds.md", "embedding", "writing"]
    version = re.fullmatch(r"2 documents with 2 passages, version (\w{16})\.", last_line(done))
    assert version is not None

    (documents / "photo.png").write_bytes(b"\x89PNG")
    done = knowledge("ingest", str(documents))
    assert done.returncode == 1
    assert "not read: photo.png: .png is no kind of document that is read" in done.stderr
    assert "0 added, 0 changed, 0 removed, 2 unchanged, 1 not read." in done.stdout
    assert version[1] in last_line(done)

    status = knowledge("status").stdout
    assert str(tmp_path / "var" / "knowledge") in status
    assert version[1] in status
    assert "wordllama" in status
    assert "2 with 2 passages" in status

    found = knowledge("search", "delivery to sentosa", "--top", "1").stdout.splitlines()
    assert re.fullmatch(r"0\.\d\d  delivery\.md: Delivery > Sentosa", found[0])
    assert found[1:] == ["      We deliver to [Sentosa] on Tuesday and Friday."]


@pytest.mark.slow
def test_a_mistake_is_one_clear_line_and_changes_nothing(knowledge: CommandLine, tmp_path: Path) -> None:
    fill(tmp_path / "documents", delivery=SENTOSA)
    fill(tmp_path / "empty")
    knowledge("ingest", "documents")
    before = knowledge("status").stdout
    for words, settings, reason in (
        (("ingest", "nowhere"), {}, "nowhere cannot be read"),
        (("ingest", "documents/delivery.md"), {}, "is not a folder"),
        (("ingest", "empty"), {}, "holds no documents"),
        (("search", "x"), {"RESUPPLY_EMBEDDER": "openai"}, "RESUPPLY_EMBEDDING_MODEL"),
        (("status",), {"RESUPPLY_KNOWLEDGE_URI": "ftp://x/y"}, "must be a folder"),
    ):
        done = knowledge(*words, **settings)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("error: ")
        assert reason in done.stderr
    assert knowledge("status").stdout == before
    done = knowledge("ingest", "empty", "--allow-empty")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "removed  delivery.md")
    assert knowledge("search", "sentosa").stdout == "Nothing is found.\n"
