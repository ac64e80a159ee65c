"""The bot's commands: what the menu lists, and the plain words that the order reader gets for each."""

import re
from dataclasses import dataclass

from telegram import BotCommand

START = "start"
ORDER = "order"

# Command -> (the words it stands for, what Telegram's menu says about it)
COMMANDS = {
    "order": ("order", "Start an order, or type it right after"),
    "cart": ("cart", "What is in your order so far"),
    "usual": ("usual", "Order your usual"),
    "status": ("status", "Where your order is"),
    "menu": ("menu", "What we sell"),
    "cancel": ("cancel", "Cancel the order you are making"),
    "outlet": ("switch outlet", "Order for another outlet"),
    "agent": ("agent", "Talk to a person"),
    "help": ("help", "How this works"),
}
_NAMES_ITS_OBJECT = ("status", "outlet")  # "/status RS-10001"; after others a new thought begins
_COMMAND = re.compile(r"/(\w{1,32})(?:@(\w+))?(?:\s+|$)(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A message that is a command: its name in lower case, the bot it was addressed to or "", and the rest."""

    name: str
    bot: str
    rest: str

    @property
    def known(self) -> bool:
        """Whether it is one of ours."""
        return self.name == START or self.name in COMMANDS

    @property
    def words(self) -> str:
        """What the customer means by it, as they would have typed it."""
        plain = COMMANDS[self.name][0] if self.name in COMMANDS else self.name
        if self.name == ORDER and self.rest:
            return self.rest
        between = "\n" if self.name in COMMANDS and self.name not in _NAMES_ITS_OBJECT else " "
        return f"{plain}{between}{self.rest}".strip()


def command_in(text: str) -> CommandLine | None:
    """The command that a text begins with, e.g. "/order@desk_bot 2 ctn"; None for any other text."""
    found = _COMMAND.fullmatch(text)
    if found is None:
        return None
    return CommandLine(found[1].casefold(), (found[2] or "").casefold(), found[3].strip())


def menu() -> list[BotCommand]:
    """What setMyCommands is given."""
    return [BotCommand(name, about) for name, (_, about) in COMMANDS.items()]
