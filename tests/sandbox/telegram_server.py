"""A Telegram Bot API server for tests, written from Telegram's documentation and stricter than the real one.

    async with TelegramServer() as server:              # token=TOKEN, flood=False, privacy=False,
                                                        # allow_http_webhooks=True, port=0, username=...
        Bot(server.token, base_url=server.base_url, base_file_url=server.base_file_url)
                                                        # or real_bot(server) of tests/sandbox/telegram/real_bot.py
        server.url                                      # what stands before /bot<token>/: TELEGRAM_API_URL

People (all acts are plain calls and return at once; the update goes out by itself):
        mei = server.chat(700001, "Mei")                # private chat; started=False: the bot may not write first
        hello = mei.says("2 boxes", reply_to=message)   # -> Shown; also mei.starts("CODE")
        mei.edits(hello, "3 boxes"); mei.deletes(hello); mei.reacts(message, "👍"); mei.reacts(message)
        tap = mei.taps(message, "Confirm")              # by title (LookupError if not shown) or data="1a2b3c4d:0"
        await tap.answered()                            # parameters of answerCallbackQuery
        mei.sends_photo(b"..", caption=..), sends_voice(b".."), sends_document("order.csv", b"..", mime_type=..),
        mei.sends_sticker(), sends_location(), sends_contact(); mei.blocks(); mei.unblocks()
        group = server.group(-1001000000001, "Kitchen", topics={7: "Orders"}, bot="member")  # -100...: supergroup
        ana = group.member(710002, "Ana")               # the same acts; says(..., topic=7, mention=True)
        group.says("hi", by=710002, mention=True); group.anonymous_admin().says(..); group.linked_channel().says(..)
        group.removes_bot(); group.adds_bot("administrator"); group.moves_to(-1001000000002)
        group.bot = "restricted" | "left" | "kicked"; group.closed_topics.add(7)
        server.channel(-1001000000009).posts("news")
        server.update({...})                            # any raw update; update_id is added where missing

The screen:
        mei.messages, mei.from_bot, mei.last, mei.texts, mei.find(message_id), mei.drafts, mei.draft_log, mei.actions
        message.text (no tags), .bold, .marked("code"), .keyboard [[titles]], .titles, .buttons (raw), .message_id,
        .by_bot, .edits, .versions (earlier texts), .reply_to, .thread, .file, .deleted, .reactions, .wire (raw)
        await mei.answer(hello)                         # the bot's first message after a person's message or tap
        await mei.until(lambda chat: len(chat.texts) == 2)
        server.calls / server.sent (carried out) / server.refused / server.calls_of("sendMessage"): Call objects with
        .method .params .files .result .refusal .fault .at

Updates: server.updates. In polling they wait for getUpdates; after setWebhook they are posted (secret header, again
until 2xx, a chat's in order). `allowed_updates` and its default are honoured (`updates.withheld`).
        await server.settled()                          # all taken
        server.updates.hold(); ...; held = server.updates.held; server.updates.release(order=[...])
        server.updates.set_webhook(Webhook("http://127.0.0.1:8000/webhooks/telegram", secret="x"))  # no checks
        await server.updates.post(held, to=url, secret="x", copies=2, shuffle=7, together=True)     # -> [Delivery]
        server.updates.made, .pending, .deliveries, .retry_seconds, .in_order

Failures: server.faults.next("sendMessage", Fault.too_many(2), None, Fault.lost()); server.faults.share("*", 0.1,
Fault.reset(), seed=3); server.faults.clear(). Faults: too_many(retry_after), refuse(code, text, **parameters),
broken(502), slow(seconds), reset() before acting, lost() after acting, garbage() after acting. The pseudo-method
"file" stands for downloads. server.flood.on = True enforces 30/s, 1/s a chat (burst 3), 20/min a group.
await server.stop(); await server.start() is an outage: same address, nothing forgotten.
server.passes(seconds) sets the server's clock forward (callback queries live server.callback_seconds).

Under `PTB_TIMEDELTA` unset the library warns whenever it makes a RetryAfter, and tests treat warnings as errors;
channels.telegram sets it. The library also capitalizes refusals ("Message is not modified", "button_data_invalid").

By hand: python -m tests.sandbox.telegram_server --port 8081 --token 7000000001:AA...
"""

import argparse
import asyncio
import sys

from tests.sandbox.telegram.chats import Chat, Shown, Tap
from tests.sandbox.telegram.faults import Fault, Faults, FloodLimits
from tests.sandbox.telegram.front import Call
from tests.sandbox.telegram.people import Actor, Group, PrivateChat
from tests.sandbox.telegram.refusals import Refusal
from tests.sandbox.telegram.server import TOKEN, TelegramServer
from tests.sandbox.telegram.updates import KINDS, NOT_BY_DEFAULT, SECRET_HEADER, Delivery, Updates, Webhook

__all__ = [
    "KINDS",
    "NOT_BY_DEFAULT",
    "SECRET_HEADER",
    "TOKEN",
    "Actor",
    "Call",
    "Chat",
    "Delivery",
    "Fault",
    "Faults",
    "FloodLimits",
    "Group",
    "PrivateChat",
    "Refusal",
    "Shown",
    "Tap",
    "TelegramServer",
    "Updates",
    "Webhook",
]


def obey(server: TelegramServer, line: str) -> str:
    """One line typed by hand: `says <user> <text>`, `taps <user> <button title>`, `show <user>`."""
    verb, _, rest = line.strip().partition(" ")
    who, _, what = rest.partition(" ")
    if verb not in ("says", "taps", "show") or not who.isdigit():
        return "says <user id> <text> | taps <user id> <button title> | show <user id>"
    chat = server.chat(int(who))
    try:
        if verb == "says":
            chat.says(what)
        elif verb == "taps":
            chat.taps(chat.last, what)
    except LookupError as error:
        return str(error)
    return "\n".join(map(repr, chat.messages))


async def by_hand(port: int, token: str) -> None:
    """Serves until stdin ends."""
    async with TelegramServer(token, port=port) as server:
        print(f"TELEGRAM_API_URL={server.url} TELEGRAM_BOT_TOKEN={token}", flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            print(obey(server, line), flush=True)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description="A Telegram Bot API server to talk to by hand.")
    options.add_argument("--port", type=int, default=8081)
    options.add_argument("--token", default=TOKEN)
    chosen = options.parse_args()
    asyncio.run(by_hand(chosen.port, chosen.token))
