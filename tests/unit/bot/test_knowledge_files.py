"""The settings of the documents, and how far an ingest is."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from bot.ingest_progress import shown_progress
from bot.knowledge_files import embedder_of
from bot.settings import InvalidSettings, load_settings
from knowledge.reports import Stage, Step


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL"):
        monkeypatch.delenv(name, raising=False)


def test_the_index_is_in_the_data_folder_unless_it_is_set(tmp_path: Path) -> None:
    assert load_settings(data_dir=Path("data")).knowledge == str(tmp_path / "data" / "knowledge")
    assert load_settings(knowledge_uri="s3://bucket/desk").knowledge == "s3://bucket/desk"


@pytest.mark.parametrize("uri", ["https://example.com/x", "db://cloud", "ftp://x"])
def test_an_address_that_is_no_folder_and_no_object_store_is_refused(uri: str) -> None:
    with pytest.raises(InvalidSettings, match="RESUPPLY_KNOWLEDGE_URI"):
        load_settings(knowledge_uri=uri)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({}, "wordllama/l2_supercat_256"),
        ({"embedder": "sentence-transformers", "embedding_model": "m"}, "sentence-transformers/m"),
        ({"embedder": "openai", "embedding_model": "m", "openai_base_url": "http://127.0.0.1:9/v1"}, "openai/m"),
    ],
)
def test_the_settings_choose_the_embedder(given: dict[str, str], name: str) -> None:
    embedder = embedder_of(load_settings(**given))
    assert embedder.name == name


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"embedder": "openai", "openai_base_url": "http://127.0.0.1:9/v1"}, "RESUPPLY_EMBEDDING_MODEL"),
        ({"embedder": "sentence-transformers"}, "RESUPPLY_EMBEDDING_MODEL"),
        ({"embedder": "openai", "embedding_model": "m"}, "OPENAI_API_KEY"),
    ],
)
def test_half_an_embedder_is_refused(given: dict[str, str], missing: str) -> None:
    with pytest.raises(InvalidSettings, match=missing):
        embedder_of(load_settings(**given))


def test_a_key_for_the_documents_needs_no_model_that_writes() -> None:
    key = {"openai_api_key": "sk-test"}
    assert load_settings(**key, embedder="openai", embedding_model="m").model_problem is None
    assert load_settings(**key).model_problem is not None


STEPS = (
    Step(Stage.READING, 0, 2, "a[1].md"),
    Step(Stage.READING, 1, 2, "b.md"),
    Step(Stage.READING, 2, 2),
    Step(Stage.EMBEDDING, 0, 9),
    Step(Stage.EMBEDDING, 9, 9),
    Step(Stage.WRITING, 0, 1),
    Step(Stage.WRITING, 1, 1),
)


def progress_on(console: Console) -> None:
    with shown_progress(console) as told:
        for step in STEPS:
            told(step)


def test_without_a_terminal_progress_is_plain_lines() -> None:
    written = io.StringIO()
    progress_on(Console(file=written, force_terminal=False))
    assert written.getvalue().splitlines() == ["reading 1/2 a[1].md", "reading 2/2 b.md", "embedding", "writing"]


def test_on_a_terminal_progress_is_a_bar_that_goes_away() -> None:
    written = io.StringIO()
    progress_on(Console(file=written, force_terminal=True, width=100))
    assert "━" in written.getvalue()
    assert "a[1].md" in written.getvalue()
