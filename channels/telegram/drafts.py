"""Private chats see a reply while it is written: sendMessageDraft of the Bot API, and "typing" before its first words.

A draft is a preview that Telegram shows for 30 seconds, or until the next message; the reply itself comes through the
outbox as ever. So nothing here matters: what fails is let be, and where the server takes no drafts there are none.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic

import structlog
from telegram.constants import ChatAction, ParseMode
from telegram.error import BadRequest, InvalidToken, RetryAfter, TelegramError

from channels.telegram.bot import DeskBot
from channels.telegram.failures import failure_of, rest_of
from channels.telegram.render import parts_of
from channels.telegram.sender import chat_id_of, thread_of
from core.domain.messages import ChatRef, Reply
from core.errors import DeliveryRefused, Unreachable

log = structlog.get_logger(__name__)

# Of Telegram's 30 calls a second (Bots FAQ, "My bot is hitting limits") two thirds are left to messages.
MOST_AT_ONCE = 10
_SOON = 3.0


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Seconds. A reply that is there within `grace` needs no draft; `gap` lies between two calls in a chat.

    "typing" fades after 5 seconds and a draft after 30 (Bot API), so that they are shown again in time.
    """

    grace: float = 0.4
    gap: float = 1.0
    typing: float = 4.0
    draft: float = 20.0

    def fades(self, shown: str) -> float:
        """When what is shown, a draft or "typing", is to be shown again."""
        return self.draft if shown else self.typing


class Drafts:
    """The drafts of one bot."""

    def __init__(
        self,
        bot: DeskBot,
        rhythm: Rhythm | None = None,
        time: Callable[[], float] = monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._bot = bot
        self._time = time
        self._resting_until = 0.0
        self._open: set[Draft] = set()
        self.rhythm = rhythm or Rhythm()
        self.sleep = sleep
        self.refused = False

    def begin(self, chat: ChatRef) -> "Draft | None":
        """The screen of a chat whose turn begins; None where there is none: in groups, and under a rush."""
        try:
            chat_id = chat_id_of(chat)
        except DeliveryRefused:
            return None
        if chat_id < 0 or len(self._open) >= MOST_AT_ONCE:
            return None
        draft = Draft(self, chat_id, thread_of(chat))
        self._open.add(draft)
        return draft

    def ended(self, draft: "Draft") -> None:
        """Its turn is over."""
        self._open.discard(draft)

    def rest(self, seconds: float) -> None:
        """Telegram has asked to slow down: show nothing for so long."""
        self._resting_until = max(self._resting_until, self._time() + seconds)

    def stop(self) -> None:
        """Show nothing more."""
        for draft in tuple(self._open):
            draft.close()

    async def show(self, chat_id: int, thread: int | None, draft_id: int, html: str) -> None:
        """Show the reply so far, or "typing" while there is none. Best effort."""
        if self._time() < self._resting_until:
            return
        try:
            async with asyncio.timeout(_SOON):
                if html:
                    await self._bot.send_message_draft(
                        chat_id, draft_id, html, message_thread_id=thread, parse_mode=ParseMode.HTML
                    )
                else:
                    await self._bot.send_chat_action(chat_id, ChatAction.TYPING, message_thread_id=thread)
        except (TelegramError, TimeoutError) as error:
            self._learn(error)

    def _learn(self, error: TelegramError | TimeoutError) -> None:
        """What a failure says of the calls to come. The library takes a 404, which a server without the method
        answers, for a wrong token."""
        log.debug("telegram_draft_not_shown", error=type(error).__name__)
        if isinstance(error, RetryAfter):
            self.rest(rest_of(error))
        elif isinstance(error, BadRequest | InvalidToken) and not isinstance(failure_of(error), Unreachable):
            if not self.refused:
                log.info("telegram_takes_no_drafts", reason=type(error).__name__)
            self.refused = True


class Draft:
    """One reply on its way. Its calls follow each other; the next one shows all that was said meanwhile."""

    def __init__(self, drafts: Drafts, chat_id: int, thread: int | None) -> None:
        self._drafts = drafts
        self._chat_id = chat_id
        self._thread = thread
        self._id = random.randrange(1, 2**31)  # not zero; under the same id changes are animated
        self._text = ""
        self._more = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._timer = asyncio.get_running_loop().call_later(drafts.rhythm.grace, self._start)

    def __call__(self, text: str) -> None:
        """The next piece of the reply."""
        self._text += text
        if not self._drafts.refused:
            self._more.set()

    def close(self) -> None:
        """The turn is over. A call under way is cut off, for it must not come after the message."""
        self._timer.cancel()
        if self._task is not None:
            self._task.cancel()
        self._drafts.ended(self)

    def _start(self) -> None:
        self._task = asyncio.create_task(self._grow(), name="telegram draft")

    async def _grow(self) -> None:
        shown, fading = "", True
        while True:
            self._more.clear()
            html = "" if self._drafts.refused else _html(self._text)
            if fading or html != shown:
                await self._drafts.show(self._chat_id, self._thread, self._id, html)
                await self._drafts.sleep(self._drafts.rhythm.gap)
                shown = html
            fading = not await self._more_within(self._drafts.rhythm.fades(shown))

    async def _more_within(self, seconds: float) -> bool:
        """Whether there is more to show before what is shown fades."""
        try:
            async with asyncio.timeout(seconds):
                return await self._more.wait()
        except TimeoutError:
            return False


def _html(text: str) -> str:
    """The text as the message will look; of a long one as much as fits into one message."""
    try:
        return parts_of(Reply(text))[0].html
    except DeliveryRefused:
        return ""
