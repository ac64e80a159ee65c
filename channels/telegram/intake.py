"""How updates come in: registering with Telegram, and long polling where there is no webhook."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

import structlog
from telegram import BotCommandScopeAllGroupChats, BotCommandScopeAllPrivateChats, Update
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from channels.telegram.bot import BotSelf, DeskBot, id_in
from channels.telegram.commands import menu
from channels.telegram.failures import rest_of
from channels.telegram.inbound import ALLOWED_UPDATES
from channels.telegram.parsing import BROKEN
from core.errors import DeskError, Disposition

log = structlog.get_logger(__name__)

Handle = Callable[[Update], Awaitable[None]]
Mode = Literal["webhook", "polling"]
WEBHOOK_PATH = "/webhooks/telegram"
MAX_CONNECTIONS = 40  # Telegram's default: so many updates are posted at once
CONNECTED, STARTING = "connected", "starting"
# A fault in our own code is not an outage: after so many tries the update gives way to those behind it.
MOST_TRIES = 5
_GRACE = 5.0


@dataclass(frozen=True, slots=True)
class Pauses:
    """Seconds: between tries, doubling from `first` to `longest`, half of it by chance; `poll` for a long poll."""

    first: float = 0.5
    longest: float = 30.0
    poll: float = 25.0

    def after(self, tries: int) -> float:
        """The pause after so many failures."""
        return min(self.longest, self.first * 2.0 ** min(tries, 16)) * random.uniform(0.5, 1.0)


class Intake:
    """Registers the bot and, in polling mode, hands in its updates one after another.

    An update counts as taken once `handle` has returned. Everything runs in one background task that keeps
    trying, so that the desk starts with Telegram away.
    """

    def __init__(
        self,
        bot: DeskBot,
        mode: Mode,
        webhook_url: str,
        webhook_secret: str,
        pauses: Pauses,
    ) -> None:
        self._bot = bot
        self._mode = mode
        self._webhook_url = webhook_url
        self._webhook_secret = webhook_secret
        self._pauses = pauses
        self._task: asyncio.Task[None] | None = None
        self._handling = False
        self._stopping = asyncio.Event()
        self.handle: Handle | None = None
        self.me = BotSelf(id_in(bot.token))
        self.state = STARTING

    async def start(self) -> None:
        """Begin in the background. Raises RuntimeError when there is nobody to take what polling brings."""
        if self._mode == "polling" and self.handle is None:
            raise RuntimeError("polling needs `handle`")
        if self._task is None:
            self._stopping.clear()
            self._task = asyncio.create_task(self._run(), name="telegram intake")

    async def stop(self) -> None:
        """End promptly: an update in hand is finished, a waiting poll is cut off."""
        task, self._task = self._task, None
        if task is None:
            return
        self._stopping.set()
        if self._handling:
            await asyncio.wait({task}, timeout=_GRACE)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        await self._until_done(self._introduce)
        await self._until_done(self._announce_commands)
        await self._until_done(self._register)
        if self._mode == "polling":
            await self._poll()

    # Registering --------------------------------------------------------------------------------------

    async def _introduce(self) -> None:
        user = await self._bot.get_me()
        self.me = BotSelf(user.id, user.username or "")

    async def _announce_commands(self) -> None:
        for scope in (BotCommandScopeAllPrivateChats(), BotCommandScopeAllGroupChats()):
            await self._bot.set_my_commands(menu(), scope=scope)

    async def _register(self) -> None:
        if self._mode == "polling":
            await self._bot.delete_webhook(drop_pending_updates=False)
        else:
            await self._bot.set_webhook(
                self._webhook_url,
                secret_token=self._webhook_secret,
                allowed_updates=ALLOWED_UPDATES,
                max_connections=MAX_CONNECTIONS,
                drop_pending_updates=False,
            )
        self.state = CONNECTED
        log.info("telegram_connected", mode=self._mode)

    async def _until_done(self, step: Callable[[], Awaitable[None]]) -> None:
        """Try a step until Telegram takes it."""
        tries = 0
        while True:
            try:
                await step()
            except TelegramError as error:
                await self._rest(error, tries)
                tries += 1
            else:
                return

    async def _rest(self, error: TelegramError, tries: int) -> None:
        """Say in `state` what is wrong, and wait."""
        self._degrade(problem_of(error), log_it=tries == 0)
        pause = self._pauses.after(tries)
        await asyncio.sleep(max(pause, rest_of(error)) if isinstance(error, RetryAfter) else pause)

    def _degrade(self, problem: str, *, log_it: bool) -> None:
        self.state = f"degraded: {problem}"
        if log_it:
            log.warning("telegram_degraded", problem=problem)

    # Polling ------------------------------------------------------------------------------------------

    async def _poll(self) -> None:
        """Ask for updates and hand them in, in order; asking for later ones tells Telegram that these are taken."""
        offset: int | None = None
        tries = 0
        while not self._stopping.is_set():
            try:
                updates = await self._bot.get_updates(
                    offset=offset,
                    timeout=0 if tries else int(self._pauses.poll),  # after trouble, see at once that it is over
                    allowed_updates=ALLOWED_UPDATES,
                )
            except TelegramError as error:
                await self._rest(error, tries)
                tries += 1
                continue
            self.state, tries = CONNECTED, 0
            for update in updates:
                if self._stopping.is_set() or not await self._take(update):
                    return
                offset = update.update_id + 1

    async def _take(self, update: Update) -> bool:
        """Hand in one update until it is taken, or found to be one that never will be. False when stopped before."""
        tries = 0
        while not self._stopping.is_set():
            try:
                await self._hand_in(update)
                return True
            except Exception as error:  # noqa: BLE001  whatever it is: skipped for good, or tried again
                tries += 1
                if _hopeless(error, tries):
                    log.error("telegram_update_skipped", update_id=update.update_id, error=type(error).__name__)
                    return True
                self._degrade("messages cannot be stored", log_it=tries == 1)
                if not self._stopping.is_set():
                    await asyncio.sleep(self._pauses.after(tries - 1))
        return False

    async def _hand_in(self, update: Update) -> None:
        assert self.handle is not None
        self._handling = True
        try:
            await self.handle(update)
        finally:
            self._handling = False
        self.state = CONNECTED


def problem_of(error: TelegramError) -> str:
    """What is wrong, in words for /health. Telegram's own texts are not repeated: one holds the token."""
    if isinstance(error, InvalidToken):
        return "Telegram does not accept the bot's token"
    if isinstance(error, Conflict):
        return "another process polls"
    if isinstance(error, RetryAfter):
        return "Telegram asks us to slow down"
    return f"Telegram cannot be reached ({type(error).__name__})"


def _hopeless(error: Exception, tries: int) -> bool:
    """Whether the update itself is at fault rather than something that may come back, like the database."""
    if isinstance(error, DeskError):
        return error.disposition is Disposition.TELL
    return isinstance(error, BROKEN) and not isinstance(error, OSError) and tries >= MOST_TRIES
