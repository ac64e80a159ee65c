"""Readers beside ingests: what they see, when, and what a killed or second ingest leaves."""

import asyncio
import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

from knowledge.library import Library
from tests.integration.knowledge.dying_ingest import STEPS
from tests.integration.knowledge.parts import WORDLLAMA, Clock, edition, fill, opened

RESUPPLY = str(Path(sys.executable).with_name("resupply"))
REPOSITORY = Path(__file__).parents[3]


async def other_process(*command: str, index: Path) -> asyncio.subprocess.Process:
    """Start a command with the index among its settings."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return await asyncio.create_subprocess_exec(
        *command,
        cwd=REPOSITORY,
        env={**kept, "RESUPPLY_KNOWLEDGE_URI": str(index)},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )


async def ingest_elsewhere(folder: Path, index: Path) -> int:
    """Ingest in another process; returns its exit code."""
    process = await other_process(RESUPPLY, "knowledge", "ingest", str(folder), index=index)
    return await process.wait()


async def editions(library: Library) -> set[str]:
    """Which editions a search for all passages comes from."""
    found = await library.search("edition of the terms and refunds", 50)
    return {word.rstrip(".") for p in found for word in p.text.split() if word.startswith("edition")}


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.mark.slow
async def test_an_ingest_elsewhere_is_seen_at_once(index: Path, tmp_path: Path) -> None:
    async with opened(index) as library:
        assert await library.version() == ""
        assert await ingest_elsewhere(edition(tmp_path / "documents", 1), index) == 0
        first = await library.version()
        assert first
        assert await editions(library) == {"edition1"}
        assert await ingest_elsewhere(edition(tmp_path / "documents", 2), index) == 0
        assert await library.version() not in ("", first)
        assert await editions(library) == {"edition2"}


async def test_a_reader_sees_all_of_one_state(index: Path, tmp_path: Path) -> None:
    async with opened(index) as library, opened(index) as writer:
        await writer.ingest(edition(tmp_path / "documents", 0))
        seen: list[set[str]] = []
        done = asyncio.Event()

        async def read() -> None:
            while not done.is_set():
                seen.append(await editions(library))

        async with asyncio.TaskGroup() as group:
            readers = [group.create_task(read()) for _ in range(3)]
            for number in range(1, 8):
                await writer.ingest(edition(tmp_path / "documents", number, documents=2 + number % 3))
            done.set()
        assert len(readers) == 3
        assert all(len(one) == 1 for one in seen)
        assert len({frozenset(one) for one in seen}) > 2


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS)
async def test_a_killed_ingest_leaves_the_old_state_or_the_new_one(index: Path, tmp_path: Path, step: str) -> None:
    clock = Clock()
    async with opened(index, clock=clock) as library:
        await library.ingest(edition(tmp_path / "documents", 1))
        edition(tmp_path / "documents", 2)
        module = "tests.integration.knowledge.dying_ingest"
        process = await other_process(
            sys.executable, "-m", module, str(index), str(tmp_path / "documents"), step, index=index
        )
        assert await process.wait() == -signal.SIGKILL
        expected = "edition2" if step == "switched" else "edition1"
        assert await editions(library) == {expected}
        # The next ingest is not in the way of what is left, and ends where the killed one would have.
        await library.ingest(tmp_path / "documents")
        assert await editions(library) == {"edition2"}


async def test_what_nobody_uses_any_more_is_cleaned_up(index: Path, tmp_path: Path) -> None:
    clock = Clock()
    async with opened(index, clock=clock) as library:
        for number in range(4):
            await library.ingest(edition(tmp_path / "documents", number))
            clock.move(minutes=1)
        assert len(list(index.glob("passages_*"))) == 4
        clock.move(minutes=10)
        await library.ingest(edition(tmp_path / "documents", 4))
        # The one before may still be read by somebody; those before it were replaced ten minutes ago.
        assert len(list(index.glob("passages_*"))) == 2
        assert await editions(library) == {"edition4"}


async def test_a_reader_whose_table_was_dropped_goes_on_with_the_new_one(index: Path, tmp_path: Path) -> None:
    clock = Clock()
    async with opened(index) as reader, opened(index, clock=clock) as writer:
        await writer.ingest(edition(tmp_path / "documents", 1))
        assert await editions(reader) == {"edition1"}
        for number in (2, 3):
            clock.move(minutes=11)
            await writer.ingest(edition(tmp_path / "documents", number))
        assert await editions(reader) == {"edition3"}


async def test_a_folder_that_was_deleted_and_made_anew_is_seen(index: Path, tmp_path: Path) -> None:
    async with opened(index) as reader:
        async with opened(index) as writer:
            await writer.ingest(edition(tmp_path / "documents", 1))
        first = await reader.version()
        assert await editions(reader) == {"edition1"}
        shutil.rmtree(index)
        assert await reader.version() == ""
        assert await reader.search("refunds") == ()
        async with opened(index) as writer:
            await writer.ingest(edition(tmp_path / "documents", 2))
        assert await reader.version() not in ("", first)
        assert await editions(reader) == {"edition2"}


async def test_ingests_at_once_end_with_the_documents_of_one(index: Path, tmp_path: Path) -> None:
    folders = [edition(tmp_path / f"folder{number}", number, documents=number + 1) for number in range(4)]
    async with opened(index) as one, opened(index) as other:
        reports = await asyncio.gather(
            one.ingest(folders[0]), other.ingest(folders[1]), one.ingest(folders[2]), other.ingest(folders[3])
        )
        versions = {report.version for report in reports}
        assert len(versions) == 4
        assert await one.version() == await other.version()
        ended = [report.version for report in reports].index(await one.version())
        assert {p.document for p in await one.passages()} == {f"terms{d}.md" for d in range(ended + 1)}
        assert await editions(one) == {f"edition{ended}"}


@pytest.mark.slow
async def test_ingests_of_several_processes_at_once_break_nothing(index: Path, tmp_path: Path) -> None:
    folders = [edition(tmp_path / f"folder{number}", number) for number in range(3)]
    codes = await asyncio.gather(*(ingest_elsewhere(folder, index) for folder in folders))
    assert codes == [0, 0, 0]
    async with opened(index) as library:
        assert len(await editions(library)) == 1
        assert len(await library.passages()) == 6


async def test_an_index_of_many_questions_at_a_time(index: Path, tmp_path: Path) -> None:
    async with opened(index) as library:
        await library.ingest(fill(tmp_path / "one", a="# Halal\n\nWe are certified.\n", b="# Parking\n\nNo parking.\n"))
        found = await asyncio.gather(*(library.search(q, 1) for q in ["halal?", "where to park"] * 40))
        assert [p[0].document for p in found] == ["a.md", "b.md"] * 40
        assert WORDLLAMA.name == (await library.state()).embedder
