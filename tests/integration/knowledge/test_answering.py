"""The desk beside its documents: none, replaced, gone, damaged, out of reach. Orders are taken in any case."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.knowing import Knowing
from bot.metrics import Metrics
from bot.settings import Settings, load_settings
from core import wording
from tests.eval.playing import reference_of
from tests.integration.knowledge.parts import fill, opened
from tests.sandbox.push_chat import Heard, PushChat
from tests.sandbox.sample import until

QUESTION = "do you deliver on weekends?"
POLICY = "# Delivery Policy\n\n## Weekends\n\n{rule}\n\n## Cash\n\nDrivers do not accept cash.\n"
FIRST, SECOND = "We deliver on Saturdays in every zone.", "We do not deliver on weekends, neither Saturday nor Sunday."


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "knowledge"


def documents(tmp_path: Path, rule: str) -> Path:
    return fill(tmp_path / "documents", policy=POLICY.format(rule=rule))


async def ingest(index: Path, folder: Path) -> None:
    """What `resupply knowledge ingest` does, in another library than the desk's."""
    async with opened(index) as library:
        await library.ingest(folder)


@pytest.fixture(scope="module")
def first_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the first edition, to copy."""
    folder = tmp_path_factory.mktemp("first")
    asyncio.run(ingest(folder / "knowledge", documents(folder, FIRST)))
    return folder / "knowledge"


@pytest.fixture
def filled(index: Path, first_index: Path) -> Path:
    """A fresh index of the first edition."""
    return shutil.copytree(first_index, index)


@asynccontextmanager
async def running(index: Path) -> AsyncIterator[Knowing]:
    """A desk's knowledge base as the program wires it."""
    settings: Settings = load_settings(_env_file=None, data_dir=index.parent, knowledge_uri=str(index))
    knowing = Knowing(settings, Metrics(), "")
    await knowing.warm(reference_of("sample"))
    try:
        yield knowing
    finally:
        await knowing.close()


async def answered(knowing: Knowing, question: str = QUESTION) -> Heard:
    return await PushChat(knowledge=knowing.desk).say(question)


async def takes_orders(knowing: Knowing) -> None:
    """An order goes through with a question in its middle."""
    chat = PushChat(knowledge=knowing.desk)
    await chat.ready_to_confirm()
    asked = await chat.say("can I pay the driver in cash?")
    assert asked.lines == {"PB-12-PLN": 2}
    assert asked.text
    confirmed = await chat.say("confirm")
    assert [order.number for order in confirmed.commit.orders] == ["SO-00001"]


async def has_no_answer(knowing: Knowing) -> None:
    """What the documents alone could settle is declined, and a person is offered."""
    heard = await answered(knowing, "can I pay the driver in cash?")
    assert heard.text == wording.NO_ANSWER
    assert heard.buttons == {wording.GET_PERSON: "agent"} or wording.GET_PERSON in heard.buttons
    assert heard.commit.answer.sources == ()
    assert heard.commit.answer.cache == "none"


async def test_without_documents_the_desk_says_that_it_has_no_answer(index: Path) -> None:
    async with running(index) as knowing:
        assert await knowing.state() == "empty"
        await has_no_answer(knowing)
        await takes_orders(knowing)
        assert await knowing.state() == "empty"


async def test_the_first_documents_are_answered_from_without_a_restart(index: Path, tmp_path: Path) -> None:
    async with running(index) as knowing:
        await has_no_answer(knowing)
        await ingest(index, documents(tmp_path, FIRST))

        heard = await answered(knowing)
        assert FIRST in heard.text
        assert "(Policy: Weekends)" in heard.text
        assert [(s.document, s.section) for s in heard.commit.answer.sources] == [
            ("policy.md", "Delivery Policy > Weekends")
        ]
        assert await knowing.state() == "ok"


async def test_new_documents_change_the_answer_at_once_in_every_desk(filled: Path, tmp_path: Path) -> None:
    async with running(filled) as one, running(filled) as other:
        for knowing in (one, other):
            assert FIRST in (await answered(knowing)).text
            assert (await answered(knowing)).commit.answer.cache == "l1"
        await ingest(filled, documents(tmp_path, SECOND))
        for knowing in (one, other):
            heard = await answered(knowing)
            assert SECOND in heard.text
            assert FIRST not in heard.text
            assert heard.commit.answer.cache == "miss"


async def test_what_vanished_from_the_documents_is_answered_no_more(filled: Path, tmp_path: Path) -> None:
    async with running(filled) as knowing:
        assert "do not accept cash" in (await answered(knowing, "can I pay the driver in cash?")).text
        await ingest(filled, fill(tmp_path / "documents", policy=f"# Delivery Policy\n\n## Weekends\n\n{FIRST}\n"))
        heard = await answered(knowing, "can I pay the driver in cash?")
        assert "cash" not in heard.text.removeprefix(wording.NO_ANSWER)
        assert heard.commit.answer.sources == ()


def removed(index: Path) -> None:
    shutil.rmtree(index)


def replaced_by_a_file(index: Path) -> None:
    shutil.rmtree(index)
    index.write_text("not a folder")


def garbled(index: Path) -> None:
    for path in index.rglob("*"):
        if path.is_file():
            path.write_bytes(b"garbage" * 50)


def emptied(index: Path) -> None:
    for path in index.rglob("*"):
        if path.is_file():
            path.write_bytes(b"")


def halved(index: Path) -> None:
    for path in index.rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def without_passages(index: Path) -> None:
    for folder in index.glob("passages_*"):
        shutil.rmtree(folder)


def zeroed(index: Path) -> None:
    for path in index.rglob("*"):
        if path.is_file():
            path.write_bytes(bytes(path.stat().st_size))


DAMAGE = [removed, replaced_by_a_file, garbled, emptied, halved, zeroed, without_passages]


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__)
async def test_an_index_that_is_damaged_while_the_desk_runs_stops_no_order(
    filled: Path, damage: Callable[[Path], None]
) -> None:
    async with running(filled) as knowing:
        assert FIRST in (await answered(knowing)).text
        damage(filled)
        heard = await answered(knowing)
        assert FIRST in heard.text or heard.commit.answer.sources == (), "what it remembers, or nothing"
        await takes_orders(knowing)
        assert await knowing.state() in {"ok", "empty", "degraded: index_unusable"}


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__)
async def test_a_desk_that_starts_on_a_damaged_index_says_why_it_has_no_answer(
    filled: Path, damage: Callable[[Path], None]
) -> None:
    damage(filled)
    async with running(filled) as knowing:
        state = "empty" if damage is removed else "degraded: index_unusable"
        assert await knowing.state() == state, "before anybody has asked"
        await has_no_answer(knowing)
        await takes_orders(knowing)
        assert await knowing.state() == state


@pytest.mark.parametrize("damage", [removed, without_passages, garbled], ids=lambda damage: damage.__name__)
async def test_documents_that_are_ingested_again_are_answered_from_again(
    filled: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    async with running(filled) as knowing:
        assert FIRST in (await answered(knowing)).text
        damage(filled)
        await answered(knowing, "can I pay the driver in cash?")
        shutil.rmtree(filled, ignore_errors=True)
        await ingest(filled, documents(tmp_path, SECOND))

        async def back() -> bool:
            return await knowing.state() == "ok" and SECOND in (await answered(knowing)).text

        await until(back)
