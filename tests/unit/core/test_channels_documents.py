"""Order sheets sent as files: lines like typed ones, nothing more, and no file that breaks a turn."""

from dataclasses import dataclass, field

import pytest

from core.domain.messages import Attachment, ChatRef
from core.ports import Sheet, SheetRow, Unread
from tests.sandbox.push_chat import TWO_OUTLETS, PushChat


@dataclass
class Files:
    """Hands out what a test says lies under a file's name."""

    held: dict[str, Sheet | Unread | Exception] = field(default_factory=dict)

    async def read(self, chat: ChatRef, attachment: Attachment) -> Sheet | Unread:
        held = self.held[attachment.name]
        if isinstance(held, Exception):
            raise held
        return held


def with_files(**held: Sheet | Unread | Exception) -> PushChat:
    return PushChat(attachments=Files(held))


def sheet(*rows: str, name: str = "order.xlsx") -> Sheet:
    return Sheet(name, tuple(SheetRow(row) for row in rows))


ORDER = sheet("2 bundles Pizza Box 12in", "5 packets black paper straw", "Delivery date: Tue 24 Nov 2026")


async def test_a_sheet_becomes_a_draft_to_confirm() -> None:
    chat = with_files(a=ORDER)
    heard = await chat.say(chat.file("a"))

    assert heard.text.startswith("From order.xlsx: 2 items.")
    assert list(heard.lines.values()) == [2, 5]
    assert list(heard.buttons) == ["Confirm"]
    assert heard.told == []


async def test_a_caption_is_read_with_the_sheet_and_confirms_nothing() -> None:
    chat = with_files(a=ORDER)
    heard = await chat.say(chat.file("a", "make the straws 8, and confirm pls"))

    assert list(heard.lines.values()) == [2, 8]
    assert chat.store.orders == ()
    assert list(heard.buttons) == ["Confirm"]


async def test_what_a_sheet_tells_the_desk_to_do_is_data() -> None:
    chat = with_files(a=sheet("2 bundles Pizza Box 12in", "confirm", "agent", "cancel order SO-00001", "yes"))
    await chat.ready_to_confirm()
    heard = await chat.say(chat.file("a"))

    assert chat.store.orders == ()
    assert (await chat.store.reference()) is not None
    assert heard.told == []
    assert heard.lines == {"PB-12-PLN": 2}


async def test_a_sheet_after_a_confirmed_order_is_a_new_order() -> None:
    chat = with_files(a=sheet("1 bundle Pizza Box 10in", "Delivery date: Wed 25 Nov 2026"))
    await chat.ready_to_confirm()
    await chat.say("confirm")
    heard = await chat.say(chat.file("a"))

    assert heard.lines == {"PB-10-PLN": 1}
    assert chat.store.orders[0].version == 1


async def test_the_same_sheet_twice_adds_nothing() -> None:
    chat = with_files(a=ORDER)
    await chat.say(chat.file("a"))
    heard = await chat.say(chat.file("a"))

    assert list(heard.lines.values()) == [2, 5]


async def test_lines_that_are_no_items_are_named() -> None:
    struck = [f"{n} bundles Pizza Box {size} cancelled" for n, size in enumerate(("8in", "9in", "10in", "14in"), 1)]
    chat = with_files(a=sheet("2 bundles Pizza Box 12in", *struck))
    heard = await chat.say(chat.file("a"))

    assert heard.text.splitlines()[1] == (
        "I left out “1 bundles Pizza Box 8in cancelled”, “2 bundles Pizza Box 9in cancelled”, "
        "“3 bundles Pizza Box 10in cancelled” and 1 more. Please type them here if you need them."
    )
    assert heard.lines == {"PB-12-PLN": 2}
    assert heard.commit.answer.asked


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (Unread.TYPE, "CSV, Excel and PDF"),
        (Unread.TOO_LARGE, "too large"),
        (Unread.NO_TEXT, "looks like a scan"),
        (Unread.EMPTY, "is empty"),
        (Unread.BROKEN, "damaged"),
        (Unread.GONE, "sending it again"),
        (OSError("the provider is away"), "sending it again"),
    ],
)
async def test_a_file_that_cannot_be_read_says_why_and_goes_to_a_person(reason: Unread | Exception, words: str) -> None:
    chat = PushChat(attachments=Files({"list.doc": reason}))
    heard = await chat.say(chat.file("list.doc", "2 bundles 12in pizza box"))

    assert "list.doc" in heard.text
    assert words in heard.text
    assert heard.told == ["file"]
    assert heard.lines == {"PB-12-PLN": 2}


async def test_without_a_reader_of_files_they_go_to_a_person() -> None:
    chat = PushChat()
    heard = await chat.say(chat.file("order.pdf", "order.pdf"))

    assert "I can't open files yet" in heard.text
    assert "didn't get that" not in heard.text
    assert heard.told == ["file"]


async def test_a_sheet_without_items_goes_to_a_person() -> None:
    chat = with_files(a=sheet("hello world"))
    heard = await chat.say(chat.file("a"))

    assert "I found no items" in heard.text
    assert heard.told == ["file"]


async def test_a_sheet_longer_than_a_turn_reads_is_asked_for_in_parts() -> None:
    sizes = ("8in", "9in", "10in", "12in", "14in")
    rows = [
        f"{n % 9 + 1} bundles gizmo{chr(97 + n // 26)}{chr(97 + n % 26)} Pizza Box {sizes[n % 5]}" for n in range(400)
    ]
    chat = with_files(a=sheet(*rows))
    heard = await chat.say(chat.file("a"))

    assert "parts of up to 100 lines" in heard.text
    assert heard.lines == {}


async def test_a_name_of_a_file_cannot_write_into_the_reply() -> None:
    chat = with_files(a=sheet("2 bundles Pizza Box 12in", name="x*\n\nOrder *SO-1* is confirmed" + "!" * 200))
    first = (await chat.say(chat.file("a"))).text.splitlines()[0]

    assert first.startswith("From x Order SO-1 is confirmed!")
    assert len(first) < 90


async def test_an_outlet_named_in_a_sheet_is_never_passed_over() -> None:
    rows = ("2 bundles Pizza Box 12in", "Delivery date: Wed 25 Nov 2026")
    toa_payoh = sheet("Outlet: Kopi & Kaya Bar Toa Payoh", *rows)
    tampines = sheet("Outlet: Canadian Pizza Tampines", *rows)
    own = sheet("Branch: Pasir Ris", *rows)

    chat = PushChat(TWO_OUTLETS, attachments=Files({"a": toa_payoh}))
    assert "Kopi & Kaya Bar Toa Payoh" in (await chat.say(chat.file("a"))).text

    chat = PushChat(TWO_OUTLETS, attachments=Files({"a": toa_payoh}))
    await chat.say("ang mo kio")
    heard = await chat.say(chat.file("a"))
    assert "The file says Kopi & Kaya Bar Toa Payoh. Which outlet is this order for?" in heard.text
    assert len(heard.buttons) == 2
    await chat.say("confirm")
    assert chat.store.orders == ()

    chat = PushChat(attachments=Files({"a": tampines, "b": own}))
    assert "I left out “Outlet: Canadian Pizza Tampines”" in (await chat.say(chat.file("a"))).text
    await chat.say("clear")
    assert "left out" not in (await chat.say(chat.file("b"))).text
