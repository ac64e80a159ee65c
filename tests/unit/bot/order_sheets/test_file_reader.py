"""The port `Attachments`: fetching from the chat's channel, telling kinds by content, giving up in time."""

import asyncio
from pathlib import Path

import pytest

from bot.order_sheets import FileReader
from channels.contract import Channel
from core.domain.messages import Attachment, ChatRef
from core.errors import MediaProblem
from core.ports import Attachments, Sheet, Unread
from tests.sandbox.channel import QuietChannel
from tests.unit.bot.order_sheets.making import pdf_of, workbook_of

CHAT = ChatRef("whatsapp", "+6591230001")
TABLE = [["Item", "Qty", "Unit"], ["Pizza Box 12in", "2", "bundle"]]


class Files(QuietChannel):
    """A channel with one file, which may fail first or never come."""

    def __init__(self, content: bytes, failures: list[MediaProblem] | None = None, *, hangs: bool = False) -> None:
        super().__init__()
        self.files["r"] = content
        self.failures = failures or []
        self.hangs = hangs
        self.asked = 0

    async def send(self, message: object) -> None:
        raise AssertionError("nothing is sent")

    async def fetch(self, attachment: Attachment, max_bytes: int) -> bytes:
        self.asked += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.failures:
            raise self.failures.pop(0)
        return await super().fetch(attachment, max_bytes)


def reader(channel: Channel, **limits: float) -> Attachments:
    return FileReader({"whatsapp": channel}, **limits)  # type: ignore[arg-type]


async def read(channel: Channel, name: str = "order", content_type: str = "", **limits: float) -> Sheet | Unread:
    return await reader(channel, **limits).read(CHAT, Attachment("r", content_type, name))


@pytest.mark.parametrize(
    "content",
    [b"Item,Qty,Unit\nPizza Box 12in,2,bundle\n", workbook_of(TABLE), pdf_of(TABLE)],
    ids=["csv", "xlsx", "pdf"],
)
async def test_a_file_is_read_by_what_it_is_not_by_what_it_claims(content: bytes) -> None:
    sheet = await read(Files(content), content_type="image/jpeg")

    assert isinstance(sheet, Sheet)
    assert [row.text for row in sheet.rows] == ["2 bundle Pizza Box 12in"]


async def test_the_name_is_without_folders() -> None:
    sheet = await read(Files(b"2 ctn hand towel"), name="../../etc/order.txt")

    assert isinstance(sheet, Sheet)
    assert sheet.name == "order.txt"


async def test_a_fetch_that_may_work_later_is_tried_once_more() -> None:
    channel = Files(b"2 ctn hand towel", [MediaProblem("busy", again=True)])

    assert isinstance(await read(channel), Sheet)
    assert channel.asked == 2


@pytest.mark.parametrize(
    ("failures", "tries"),
    [([MediaProblem("gone")], 1), ([MediaProblem("busy", again=True)] * 3, 2)],
    ids=["never", "again"],
)
async def test_a_file_that_the_provider_does_not_hand_out_is_gone(failures: list[MediaProblem], tries: int) -> None:
    channel = Files(b"2 ctn hand towel", list(failures))

    assert await read(channel) is Unread.GONE
    assert channel.asked == tries


async def test_a_large_file_is_not_fetched_when_its_size_is_known() -> None:
    channel = Files(b"2 ctn hand towel")

    assert await reader(channel, max_bytes=10).read(CHAT, Attachment("r", size=16)) is Unread.TOO_LARGE
    assert channel.asked == 0
    assert await read(channel, max_bytes=10) is Unread.TOO_LARGE


async def test_a_chat_of_another_channel_has_no_files() -> None:
    found = await reader(Files(b"2 ctn hand towel")).read(ChatRef("api", "+6591230001"), Attachment("r"))

    assert found is Unread.GONE


async def test_a_provider_that_never_answers_is_given_up() -> None:
    assert await read(Files(b"", hangs=True), seconds=0.05) is Unread.GONE


async def test_a_file_that_takes_too_long_is_given_up_and_its_process_is_gone() -> None:
    # No process starts within a hundredth of a second.
    assert await read(Files(pdf_of(TABLE)), seconds=0.01) is Unread.BROKEN


async def test_a_broken_file_says_so() -> None:
    assert await read(Files(b"%PDF-1.7 \n" + Path(__file__).read_bytes()), name="order.pdf") is Unread.BROKEN
