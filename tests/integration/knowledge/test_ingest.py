"""What an ingest takes, leaves, removes and says."""

from pathlib import Path

import pytest

from knowledge.errors import WrongFolder
from knowledge.reports import BadFile, Stage, Step
from tests.integration.knowledge.parts import Counting, fill, found, opened

REFUNDS = "# Refunds\n\nDefective goods are refunded in full within 7 days.\n"
SENTOSA = "# Delivery\n\n## Sentosa\n\nWe deliver to Sentosa on Tuesday and Friday.\n"


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    return fill(tmp_path / "documents", refunds=REFUNDS, delivery=SENTOSA)


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "index"


async def test_before_the_first_ingest_nothing_is_known(index: Path) -> None:
    async with opened(index) as library:
        assert await library.version() == ""
        assert await library.search("refund") == ()
        assert await library.passages() == ()


async def test_a_question_finds_the_passage_with_its_heading_path(index: Path, documents: Path) -> None:
    async with opened(index) as library:
        report = await library.ingest(documents)
        best, *_ = await library.search("when do you deliver to sentosa?")

        assert (report.added, report.documents) == (("delivery.md", "refunds.md"), 2)
        assert (best.document, best.section) == ("delivery.md", "Delivery > Sentosa")
        assert best.text == "We deliver to Sentosa on Tuesday and Friday."
        assert 0 < best.score <= 1
        assert await library.version() == report.version != ""


async def test_what_did_not_change_is_not_embedded_again_and_keeps_the_version(index: Path, documents: Path) -> None:
    embedder = Counting()
    async with opened(index, embedder) as library:
        first = await library.ingest(documents)
        embedder.texts.clear()
        again = await library.ingest(documents)

    assert embedder.texts == []
    assert (again.unchanged, again.changed_index) == (("delivery.md", "refunds.md"), False)
    assert again.version == first.version


async def test_of_a_changed_document_only_new_passages_are_embedded(index: Path, documents: Path) -> None:
    embedder = Counting()
    async with opened(index, embedder) as library:
        first = await library.ingest(documents)
        embedder.texts.clear()
        fill(documents, refunds=REFUNDS, delivery=SENTOSA + "\n## Tuas\n\nWe deliver to Tuas on Monday.\n")
        report = await library.ingest(documents)

        assert embedder.texts == ["Delivery: Tuas: We deliver to Tuas on Monday."]
        assert (report.changed, report.unchanged, report.embedded) == (("delivery.md",), ("refunds.md",), 1)
        assert report.version != first.version
        assert (await found(library, "delivery to Tuas"))[0] == "delivery.md"


async def test_a_document_that_is_gone_is_forgotten(index: Path, documents: Path) -> None:
    async with opened(index) as library:
        await library.ingest(documents)
        report = await library.ingest(fill(documents, delivery=SENTOSA))

        assert report.removed == ("refunds.md",)
        assert await found(library, "defective goods refunded") == ["delivery.md"]


async def test_a_version_names_the_content(tmp_path: Path, documents: Path) -> None:
    async with opened(tmp_path / "one") as one, opened(tmp_path / "other") as other:
        first = await one.ingest(documents)
        assert (await other.ingest(documents)).version == first.version
        fill(documents, delivery=SENTOSA)
        await one.ingest(documents)
        assert await one.version() != first.version
        fill(documents, refunds=REFUNDS, delivery=SENTOSA)
        await one.ingest(documents)
        assert await one.version() == first.version


async def test_a_bad_file_is_named_and_the_rest_goes_on(index: Path, documents: Path) -> None:
    (documents / "empty.txt").write_text(" \n")
    (documents / "photo.png").write_bytes(b"\x89PNG")
    (documents / "broken.pdf").write_bytes(b"%PDF-1.7 and nothing more")
    async with opened(index) as library:
        report = await library.ingest(documents)

    assert report.added == ("delivery.md", "refunds.md")
    assert report.bad == (
        BadFile("broken.pdf", "it is not a readable PDF"),
        BadFile("empty.txt", "it is empty"),
        BadFile("photo.png", ".png is no kind of document that is read"),
    )


async def test_a_document_that_cannot_be_read_any_more_keeps_what_it_said(index: Path, documents: Path) -> None:
    async with opened(index) as library:
        first = await library.ingest(documents)
        (documents / "refunds.md").write_bytes(bytes(range(256)) * 20)
        report = await library.ingest(documents)

        assert report.bad == (BadFile("refunds.md", "it is not text", kept=True),)
        assert (report.documents, report.version) == (2, first.version)
        assert (await found(library, "defective goods"))[0] == "refunds.md"


@pytest.mark.parametrize("left", [{}, {"bad": ""}], ids=["nothing", "nothing that can be read"])
async def test_a_folder_without_documents_does_not_remove_everything(
    index: Path, documents: Path, tmp_path: Path, left: dict[str, str]
) -> None:
    async with opened(index) as library:
        first = await library.ingest(documents)
        with pytest.raises(WrongFolder):
            await library.ingest(fill(tmp_path / "other", **left))
        assert await library.version() == first.version


async def test_emptying_the_library_has_to_be_meant(index: Path, documents: Path, tmp_path: Path) -> None:
    async with opened(index) as library:
        first = await library.ingest(documents)
        report = await library.ingest(fill(tmp_path / "none"), allow_empty=True)

        assert (report.removed, report.passages) == (("delivery.md", "refunds.md"), 0)
        assert await library.search("refunds") == ()
        assert await library.version() not in ("", first.version)
        assert (await library.ingest(documents)).version == first.version


async def test_a_folder_that_is_none_is_refused(index: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    async with opened(index) as library:
        for wrong in (tmp_path / "nowhere", tmp_path / "file"):
            with pytest.raises(WrongFolder):
                await library.ingest(wrong)


async def test_another_embedder_makes_all_vectors_anew(index: Path, documents: Path) -> None:
    other = Counting("another")
    async with opened(index) as library:
        first = await library.ingest(documents)
    async with opened(index, other) as library:
        # Until then its vectors say nothing of the others; words alone do.
        assert (await found(library, "delivery to Sentosa"))[0] == "delivery.md"
        assert other.texts == []
        report = await library.ingest(documents)

        assert (report.reembedded, report.embedded) == (True, 2)
        assert report.unchanged == ("delivery.md", "refunds.md")
        assert report.version != first.version
        assert len(other.texts) == 2


async def test_progress_tells_files_and_stages(index: Path, documents: Path) -> None:
    steps: list[Step] = []
    async with opened(index) as library:
        await library.ingest(documents, steps.append)

    reading = [step for step in steps if step.stage is Stage.READING]
    assert [(step.name, step.done, step.total) for step in reading] == [
        ("delivery.md", 0, 2),
        ("refunds.md", 1, 2),
        ("", 2, 2),
    ]
    assert [step.stage for step in steps if step not in reading and step.done == step.total] == [
        Stage.EMBEDDING,
        Stage.WRITING,
    ]


async def test_passages_are_in_the_documents_order(index: Path, tmp_path: Path) -> None:
    text = "# Z\n\nFirst.\n\n## A\n\nSecond.\n\n## B\n\nThird.\n"
    async with opened(index) as library:
        await library.ingest(fill(tmp_path / "one", b=text, a="# Other\n\nBefore.\n"))
        assert [p.text for p in await library.passages()] == ["Before.", "First.", "Second.", "Third."]
