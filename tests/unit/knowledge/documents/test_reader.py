"""The process that reads documents: one after the other, and on after one that keeps it busy."""

from pathlib import Path

import pytest

from knowledge.documents.blocks import Block, Kind
from knowledge.documents.reader import DocumentReader
from knowledge.errors import BadDocument

SAMPLE = Path(__file__).parents[4] / "bot" / "sample" / "documents"
# Takes its parser minutes.
ENDLESS = b"<div>" * 200_000 + b"x"


async def test_documents_are_read_one_after_the_other() -> None:
    async with DocumentReader() as reader:
        assert await reader.read("a.md", b"# A\n\nFirst.\n") == [Block("First.", ("A",))]
        with pytest.raises(BadDocument, match="it is empty"):
            await reader.read("b.txt", b" ")
        assert await reader.read("c.csv", b"question,answer\nA?,1\n") == [Block("1", kind=Kind.ANSWER, question="A?")]
        for name in ("payment-terms.docx", "product-guide-pizza-boxes.pdf", "product-faq.xlsx", "quality-issues.html"):
            assert await reader.read(name, (SAMPLE / name).read_bytes())


async def test_a_document_that_keeps_the_reader_busy_is_given_up_and_the_next_is_read() -> None:
    async with DocumentReader(seconds=3.0) as reader:
        with pytest.raises(BadDocument, match="too long"):
            await reader.read("endless.html", ENDLESS)
        assert await reader.read("a.md", b"First.\n") == [Block("First.")]


async def test_the_process_ends_with_the_reader_and_sees_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    async with DocumentReader() as reader:
        await reader.read("a.md", b"First.\n")
        process = reader._process
        assert process is not None
        environment = Path(f"/proc/{process.pid}/environ")
        if environment.exists():
            assert b"secret" not in environment.read_bytes()
    assert process.returncode is not None


async def test_a_process_that_dies_under_a_large_document_is_an_error_and_the_next_is_read() -> None:
    async with DocumentReader() as reader:
        assert await reader.read("a.md", b"First.\n") == [Block("First.")]
        process = reader._process
        assert process is not None
        process.kill()
        process.wait()
        with pytest.raises(BadDocument, match="breaks its reader"):
            await reader.read("large.md", b"word " * 1_000_000)
        assert await reader.read("a.md", b"First.\n") == [Block("First.")]
