"""Files through the real library to a strict Bot API server: each one message, once, and nothing around it moves."""

import pytest

from channels.contract import File, Outgoing
from channels.telegram import TelegramChannel
from core.domain.messages import Reply
from core.errors import DeliveryFailed, Unreachable
from tests.sandbox.sent_log import MemorySentLog
from tests.sandbox.telegram.faults import Fault
from tests.sandbox.telegram_server import TelegramServer
from tests.unit.channels.telegram.builders import MEI, PRIVATE, draft

PDF = b"%PDF-1.4 made up"


def file(name: str = "INV-10012.pdf", key: str = "t9:1") -> Outgoing:
    return Outgoing(PRIVATE, Reply(name, document="RS-10012"), key, file=File(name, PDF))


async def test_a_file_is_one_message_with_its_name(
    server: TelegramServer, channel: TelegramChannel, sent_log: MemorySentLog
) -> None:
    chat = server.chat(MEI)
    await channel.send(file())
    document = chat.last.wire["document"]
    assert (document["file_name"], server.files[document["file_id"]].data) == ("INV-10012.pdf", PDF)
    assert "caption" not in chat.last.wire
    found = await sent_log.by_provider_id("telegram", f"{MEI}:{chat.last.message_id}")
    assert found is not None
    assert (found[0].key, found[0].part) == ("t9:1", 0)
    await channel.send(file())
    assert len(chat.from_bot) == 1
    assert server.refused == []


async def test_the_card_and_its_buttons_stay(server: TelegramServer, channel: TelegramChannel) -> None:
    chat = server.chat(MEI)
    await channel.send(draft("2 boxes", "t1:0"))
    await channel.send(file())
    assert chat.from_bot[0].text == "Your order\n2 boxes"
    assert chat.from_bot[0].keyboard == [["Confirm", "Cancel"]]
    await channel.send(draft("3 boxes", "t2:0"))
    assert [message.text for message in chat.from_bot if not message.deleted] == ["", "Your order\n3 boxes"]


async def test_what_telegram_refuses_for_now_is_sent_later_once(
    server: TelegramServer, channel: TelegramChannel
) -> None:
    chat = server.chat(MEI)
    server.faults.next("sendDocument", Fault.too_many(7))
    with pytest.raises(DeliveryFailed) as failed:
        await channel.send(file())
    assert failed.value.retry_after == 7
    await channel.send(file())
    assert len(chat.from_bot) == 1


async def test_who_blocked_the_bot_is_unreachable(server: TelegramServer, channel: TelegramChannel) -> None:
    server.chat(MEI).bot = "blocked"
    with pytest.raises(Unreachable):
        await channel.send(file())


async def test_it_goes_into_the_topic(server: TelegramServer, channel: TelegramChannel) -> None:
    from dataclasses import replace

    from core.domain.messages import ChatRef

    forum = server.group(-1001000000002, topics={7: "PSR"})
    await channel.send(replace(file(), chat=ChatRef("telegram", "telegram:-1001000000002", "7")))
    assert forum.last.thread == 7
