"""The draft's card in Telegram, remembered in the database."""

from bot.storage.store import SqlStore
from channels.telegram import TelegramChannel
from core.domain.messages import Choice
from tests.sandbox.telegram_server import TelegramServer
from tests.unit.channels.telegram.builders import MEI, draft, says


async def test_any_process_finds_the_card_that_another_sent(store: SqlStore) -> None:
    async with TelegramServer() as server:
        chat = server.chat(MEI)
        first, second = (
            TelegramChannel(server.token, "polling", store, api_url=server.url, timeout=2.0) for _ in range(2)
        )

        await first.send(draft("2 boxes", "t1:0", before="Hello."))
        await second.send(draft("3 boxes", "t2:0", tapped=str(chat.last.message_id)))
        assert chat.texts == ["Your order\n3 boxes"]
        edited = await store.by_provider_id("telegram", f"{MEI}:{chat.last.message_id}")
        assert edited is not None
        assert edited[0].key == "t2:0"

        await first.send(says("Which one?", "t3:0", choices=(Choice("a:0", "Kraft"),)))
        await second.send(draft("3 boxes kraft", "t4:0"))
        await second.send(draft("3 boxes kraft", "t4:0"))
        assert chat.texts == ["Which one?", "Your order\n3 boxes kraft"]
        assert [message.titles for message in chat.from_bot] == [[], ["Confirm", "Cancel"]]
        await first.stop()
        await second.stop()
