"""Announcements: what staff see, once each, cut to Telegram's limit, in threads, with files."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.ports import ClaimedJob
from bot.staff_room import wording
from bot.xero.notices import connected_again, day_limit_reached, lost
from channels.contract import Outgoing
from core.domain.messages import Attachment, ChatRef
from core.domain.orders import OrderLine, OrderStatus
from core.errors import DeliveryFailed, DeliveryRefused, MediaProblem, MediaTooLarge
from tests.integration.storage.builders import commit, message, opened, order
from tests.sandbox.telegram_server import Fault
from tests.unit.bot.staff_room.conftest import CUSTOMER, GROUP, Scene, waiting_since_ten


class Mailbox:
    """A channel that holds files to fetch, or has trouble."""

    name, state = "whatsapp", "connected"

    def __init__(self, held: bytes | Exception) -> None:
        self.held = held

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def send(self, message: Outgoing) -> None: ...
    async def show_typing(self, chat: ChatRef, message_id: str) -> None: ...

    async def fetch(self, attachment: Attachment, max_bytes: int) -> bytes:
        if isinstance(self.held, Exception):
            raise self.held
        return self.held


async def test_an_order_is_announced_with_all_that_is_needed(scene: Scene) -> None:
    chat_id = await scene.chat()
    turn = await opened(scene.store, message("confirm", chat=CUSTOMER))
    await scene.store.commit_turn(commit(turn, orders=(order(),)))
    shown = await scene.announce("order", chat_id, order="RS-1")
    assert shown.text == (
        "🧾 New order RS-1\n"
        "Canadian Pizza Pasir Ris (CPZ-PSR)\n"
        "Mei <3 Tan · WhatsApp +6591230001\n\n"
        "• 2 bundles Pizza Box 12in (100 pcs) – S$64.00\n"
        "• 3 pkts Straw (750 pcs) – S$0.38\n\n"
        "Deliver Tue 24 Nov, morning\n"
        "Note: leave at door\n"
        "Total S$70.17 with S$5.79 tax\n"
        f"Chat {chat_id} · reply to this message to answer"
    )
    assert shown.keyboard == [["Take over"]]
    assert len(shown.buttons[0][0]["callback_data"]) < 64


async def test_a_job_done_before_is_not_posted_again(scene: Scene) -> None:
    chat_id = await scene.chat()
    await scene.announce("message", chat_id, text="where is it?", key="same")
    scene.room = scene.build()
    await scene.announce("message", chat_id, text="where is it?", key="same")
    assert len(scene.group.from_bot) == 1


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ("handoff", "A person is wanted"),
        ("message", "Message"),
        ("parked", "resupply parked list"),
        ("undelivered", "reach them otherwise"),
        ("unsubscribed", "START"),
        ("something new", "Notice"),
    ],
)
async def test_words_are_quoted_and_escaped(scene: Scene, about: str, said: str) -> None:
    chat_id = await scene.chat()
    shown = await scene.announce(about, chat_id, text='<b>5 > 3</b> & "so"')
    assert said in shown.text
    assert shown.marked("blockquote") == ['<b>5 > 3</b> & "so"']


async def test_a_reason_is_told_where_the_words_do_not_say_it(scene: Scene) -> None:
    chat_id = await scene.chat()
    shown = await scene.announce(
        "undelivered", chat_id, key="a", text="Your order", error="error 63024: <no such user>"
    )
    assert "\nerror 63024: <no such user>\n" in shown.text
    shown = await scene.announce("handoff", chat_id, key="b", text="get me an Agent", reason="agent")
    assert shown.text.count("gent") == 1


async def test_what_is_too_long_is_cut_and_says_so(scene: Scene) -> None:
    chat_id = await scene.chat()
    shown = await scene.announce("message", chat_id, text="<🍕&" * 3_000)
    assert "cut: too long" in shown.text
    assert shown.text.endswith("reply to this message to answer")
    assert scene.server.refused == []
    lines = tuple(
        OrderLine(f"S{n}", "Pizza Box <12in> " * 3, 2, "bundle", 50, order().lines[0].unit_price) for n in range(99)
    )
    told = wording.Told(
        "order", "somebody", 1, "whatsapp", order=order(lines=lines, notes=("n" * 5_000,)), number="RS-1"
    )
    html = wording.announcement(told)
    assert wording.units(html) <= wording.LIMIT
    assert "cut: too long" in html
    assert "<b>Total" in html


def test_of_many_notes_the_desks_own_at_the_end_is_shown() -> None:
    notes = (*(f"note {n}" for n in range(30)), "Ordered by an unverified sender")
    html = wording.announcement(wording.Told("order", "", 1, order=order(notes=notes), number="RS-1"))
    assert "note 6\nNote: (23 more)\nNote: Ordered by an unverified sender" in html


async def test_an_order_cancelled_meanwhile_says_so() -> None:
    told = wording.Told("order", "", 1, order=replace(order(), status=OrderStatus.CANCELLED), number="RS-1")
    assert "New order RS-1 (cancelled since)" in wording.announcement(told)


@pytest.mark.parametrize(
    ("chat", "shown"),
    [
        (ChatRef("whatsapp", "whatsapp:US.1234"), "Mei · WhatsApp, no number"),
        (ChatRef("telegram", "telegram:77"), '<a href="tg://user?id=77">Mei</a> · Telegram'),
        (ChatRef("telegram", "telegram:-100200"), "Mei · Telegram group"),
        (ChatRef("web", "web:abc"), "Mei · browser chat, no number"),
    ],
)
def test_the_customer_is_named_by_what_staff_can_use(chat: ChatRef, shown: str) -> None:
    assert wording.customer("Cafe", "C-1", "Mei", chat) == f"Cafe (C-1)\n{shown}"


async def test_messages_of_one_chat_are_a_thread(scene: Scene) -> None:
    mine, other = await scene.chat(), await scene.chat(ChatRef("telegram", "telegram:77"))
    first = await scene.announce("handoff", mine, key="a", text="agent")
    apart = await scene.announce("handoff", other, key="b", text="agent")
    second = await scene.announce("message", mine, key="c", text="hello?")
    assert (first.reply_to, apart.reply_to, second.reply_to) == (None, None, first.message_id)
    scene.ana.deletes(second)
    third = await scene.announce("message", mine, key="d", text="hello??")
    assert third.reply_to is None


async def test_whoever_has_the_chat_is_on_the_button(scene: Scene) -> None:
    waiting = await scene.chat(handoff=waiting_since_ten())
    assert (await scene.announce("handoff", waiting, text="agent")).keyboard == [["Take over", "Hand back"]]


async def test_a_job_about_no_chat_is_told_without_buttons(scene: Scene) -> None:
    shown = await scene.announce("parked", None, text="a job", channel="whatsapp", sender="+6591230009")
    assert "+6591230009" in shown.text
    assert shown.keyboard == []


@pytest.mark.parametrize("payload", [{}, {"about": 3}, {"about": "file", "attachments": [{"name": "x"}]}])
async def test_a_malformed_job_is_refused(scene: Scene, payload: dict[str, object]) -> None:
    with pytest.raises(DeliveryRefused):
        await scene.room.announce(ClaimedJob(1, "staff", "k", "staff", payload, 1))
    assert scene.group.from_bot == []


# When Telegram does not do it -------------------------------------------------------------------------


async def test_a_flood_limit_is_waited_out(scene: Scene) -> None:
    chat_id = await scene.chat()
    scene.server.faults.next("sendMessage", Fault.too_many(7))
    with pytest.raises(DeliveryFailed) as failed:
        await scene.announce("message", chat_id, text="hi")
    assert failed.value.retry_after == 7
    assert (await scene.announce("message", chat_id, text="hi")).text.startswith("💬")


@pytest.mark.parametrize("fault", [Fault.reset(), Fault.lost(), Fault.broken(502), Fault.garbage()])
async def test_a_broken_line_is_tried_again(scene: Scene, fault: Fault) -> None:
    chat_id = await scene.chat()
    scene.server.faults.next("sendMessage", fault)
    with pytest.raises(DeliveryFailed):
        await scene.announce("message", chat_id, text="hi")
    await scene.announce("message", chat_id, text="hi")
    assert len(scene.group.from_bot) == (2 if fault.kind in ("lost", "garbage") else 1)


@pytest.mark.parametrize("standing", ["kicked", "left"])
async def test_a_group_that_cannot_be_written_to_is_for_whoever_runs_the_desk(scene: Scene, standing: str) -> None:
    chat_id = await scene.chat()
    scene.group.bot = standing
    with pytest.raises(DeliveryRefused, match="is the bot in it"):
        await scene.announce("message", chat_id, text="hi")
    scene.server.chats.clear()
    with pytest.raises(DeliveryRefused, match="is the bot in it"):
        await scene.announce("message", chat_id, text="hi")


async def test_a_group_that_became_a_supergroup_is_followed(scene: Scene) -> None:
    chat_id = await scene.chat()
    await scene.announce("message", chat_id, key="a", text="hi")
    there = scene.group.moves_to(GROUP - 1)
    await scene.announce("message", chat_id, key="b", text="still here")
    assert there.texts[0].startswith("💬")
    await scene.announce("message", chat_id, key="c", text="and again")
    assert there.last.reply_to == there.from_bot[0].message_id


# Files ------------------------------------------------------------------------------------------------


async def test_a_telegram_file_goes_on_by_its_id(scene: Scene) -> None:
    chat_id = await scene.chat(ChatRef("telegram", "telegram:77"))
    mei = scene.server.chat(77)
    photo, voice = mei.sends_photo(b"the photo"), mei.sends_voice(b"the voice")
    ids = [photo.wire["photo"][-1]["file_id"], voice.wire["voice"]["file_id"]]
    files = [{"ref": ids[0], "content_type": "image/jpeg"}, {"ref": ids[1], "content_type": "audio/ogg"}]
    await scene.announce("file", chat_id, text="see", attachments=files)
    told, shown, heard = scene.group.from_bot
    assert told.text.startswith("📎 photo, voice note")
    assert (shown.file, heard.file) == (b"the photo", b"the voice")
    assert shown.reply_to == told.message_id
    await scene.announce("file", chat_id, text="see", attachments=files)
    assert len(scene.group.from_bot) == 3


async def test_an_id_that_is_another_kind_of_file_is_sent_as_that(scene: Scene) -> None:
    chat_id = await scene.chat(ChatRef("telegram", "telegram:77"))
    ref = scene.server.chat(77).sends_photo(b"a photo").wire["photo"][-1]["file_id"]
    scene.server.faults.next("sendVoice", Fault.refuse(400, "Bad Request: can't use file of type Photo as Voice"))
    scene.server.faults.next("sendDocument", Fault.refuse(400, "Bad Request: can't use file of type Photo as Document"))
    shown = await scene.announce("file", chat_id, attachments=[{"ref": ref, "content_type": "audio/ogg"}])
    assert shown.file == b"a photo"
    assert "photo" in shown.wire


async def test_a_whatsapp_file_is_fetched_and_uploaded(scene: Scene) -> None:
    scene.room = scene.build({"whatsapp": Mailbox(b"%PDF order")})
    chat_id = await scene.chat()
    ref = {"ref": "https://api.twilio.com/x", "content_type": "application/pdf", "name": "../po.pdf"}
    shown = await scene.announce("file", chat_id, attachments=[ref])
    assert shown.file == b"%PDF order"
    assert shown.wire["document"]["file_name"] == "po.pdf"


async def test_a_picture_that_is_none_to_telegram_goes_as_a_document(scene: Scene) -> None:
    scene.room = scene.build({"whatsapp": Mailbox(b"odd")})
    chat_id = await scene.chat()
    scene.server.faults.next("sendPhoto", Fault.refuse(400, "Bad Request: IMAGE_PROCESS_FAILED"))
    shown = await scene.announce("file", chat_id, attachments=[{"ref": "x", "content_type": "image/jpeg"}])
    assert shown.wire["document"]["file_name"] == "file.jpg"


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (MediaTooLarge("20 MB"), "larger than 10 MB"),
        (MediaProblem("Twilio does not hold it any more"), "does not hold it any more"),
    ],
)
async def test_a_file_that_cannot_be_had_is_a_line_with_a_way_to_see_it(
    scene: Scene, trouble: Exception, said: str
) -> None:
    scene.room = scene.build({"whatsapp": Mailbox(trouble)})
    chat_id = await scene.chat()
    shown = await scene.announce("file", chat_id, attachments=[{"ref": "x", "content_type": "image/jpeg"}])
    assert said in shown.text
    assert "Twilio's console" in shown.text


async def test_a_file_that_may_come_later_is_tried_a_few_times(scene: Scene) -> None:
    scene.room = scene.build({"whatsapp": Mailbox(MediaProblem("503", again=True))})
    chat_id = await scene.chat()
    files = [{"ref": "x", "content_type": "image/jpeg"}]
    with pytest.raises(DeliveryFailed):
        await scene.announce("file", chat_id, attachments=files, attempts=1)
    shown = await scene.announce("file", chat_id, attachments=files, attempts=3)
    assert "cannot be shown here: 503" in shown.text
    assert len(scene.group.from_bot) == 2


async def test_a_file_of_a_channel_that_is_not_there_is_a_line(scene: Scene) -> None:
    chat_id = await scene.chat()
    shown = await scene.announce("file", chat_id, attachments=[{"ref": "x"}])
    assert "WhatsApp is not set up here" in shown.text


async def test_the_loss_of_the_connection_to_xero_and_its_return_are_told(scene: Scene) -> None:
    for number, job in enumerate((lost(3, "Sample <Pte>", "it ended"), connected_again(4, "Sample <Pte>"))):
        await scene.room.announce(ClaimedJob(number, job.kind, job.key, job.lane, job.payload, 1))
        if number == 0:
            assert scene.group.last.text == (
                "🔌 The connection to Xero is lost (Sample <Pte>)\n"
                "it ended\n\n"
                "Orders go on as usual; their invoices wait and are made once it is connected again. "
                "Whoever runs the desk: resupply xero connect"
            )
    assert scene.group.last.text == (
        "🔌 Xero is connected again (Sample <Pte>)\n\nThe invoices that waited are being made."
    )
    assert scene.group.last.keyboard == []


async def test_that_xeros_daily_limit_is_reached_is_told(scene: Scene) -> None:
    job = day_limit_reached(datetime(2026, 11, 23, 12, tzinfo=UTC), "Sample <Pte>", "09:30")
    await scene.room.announce(ClaimedJob(1, job.kind, job.key, job.lane, job.payload, 1))
    assert scene.group.last.text == (
        "⏳ Xero's daily limit of calls is reached (Sample <Pte>)\n\n"
        "Orders go on as usual; their invoices wait and go on at 09:30. "
        "Whoever runs the desk: see RESUPPLY_XERO_DAILY_LIMIT"
    )
