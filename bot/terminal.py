"""The terminal chat: the same desk, straight on the database. Choices are numbered; piped input works."""

import asyncio
import sys
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.app import Program
from core.domain.messages import ChatRef, Inbound
from core.errors import Busy

_LEAVE = {"/quit", "/exit", "/q"}


class TerminalChat:
    """One sender's conversation in a terminal."""

    def __init__(self, program: Program, sender: str, console: Console) -> None:
        self._program = program
        self._chat = ChatRef("terminal", sender)
        self._console = console
        self._choices: list[dict[str, str]] = []

    async def run(self) -> None:
        """Read lines until the end of the input or /quit."""
        if sys.stdin.isatty():
            self._console.print(f"Chatting as {self._chat.sender}. /quit leaves.", style="dim")
        while (line := await asyncio.to_thread(self._line)) is not None:
            if line.strip().lower() in _LEAVE:
                return
            if line.strip():
                await self._say(line.strip())

    def _line(self) -> str | None:
        if sys.stdin.isatty():
            self._console.print("[bold]> [/]", end="")
        line = sys.stdin.readline()
        return line.rstrip("\n") if line else None

    async def _say(self, text: str) -> None:
        choice = self._chosen(text)
        inbound = Inbound(
            self._chat,
            uuid4().hex,
            choice["title"] if choice else text,
            self._program.clock.now(),
            choice_id=choice["id"] if choice else None,
        )
        if not sys.stdin.isatty():
            self._console.print(f"[bold]> [/]{escape(text)}")
        try:
            body = await self._program.desk.converse(inbound)
        except Busy as error:
            self._console.print(str(error), style="red")
            return
        self._show(body)

    def _words(self, message: dict[str, Any]) -> str:
        """A message's text; of a file also where it is."""
        document = message.get("document")
        if document is None:
            return str(message["text"])
        address = self._program.addresses.url(document["order"], document["name"])
        where = address or f"GET /api/orders/{document['order']}/invoice.pdf of resupply serve"
        return f"{message['text']}: {where}"

    def _chosen(self, text: str) -> dict[str, str] | None:
        """The choice that a bare number names."""
        if text.isascii() and text.isdigit() and 1 <= int(text) <= len(self._choices):
            return self._choices[int(text) - 1]
        return None

    def _show(self, body: dict[str, Any]) -> None:
        self._choices = [choice for message in body["messages"] for choice in message["choices"]]
        numbers: Iterator[int] = iter(range(1, len(self._choices) + 1))
        for message in body["messages"]:
            self._console.print(self._words(message), markup=False, highlight=False, style="cyan")
            for choice in message["choices"]:
                self._console.print(f"  {next(numbers)}. {choice['title']}", markup=False, highlight=False)
        if body.get("order"):
            self._console.print(order_table(body["order"]))
        self._console.print()


def order_table(order: dict[str, Any]) -> Table:
    """A draft or order (DESIGN 10) as a table."""
    day = order["delivery_date"] or "no delivery date"
    delivery = f"{day} {order['delivery_window'] or ''}".strip()
    name = f"{order['number']} ({order['status']})" if order["number"] else "Draft"
    title = f"{name}, {order['outlet'] or 'no outlet yet'}, {delivery}"
    table = Table(title=escape(title), title_justify="left", title_style="bold")
    table.add_column("Product")
    for name in ("Quantity", "Unit price", f"Total {order['currency']}"):
        table.add_column(name, justify="right")
    for line in order["lines"]:
        table.add_row(
            escape(line["name"]),
            f"{line['quantity']} {escape(line['unit'])}",
            line["unit_price"],
            line["line_total"],
        )
    table.add_section()
    table.add_row("Subtotal", "", "", order["subtotal"])
    table.add_row("Tax", "", "", order["tax"])
    table.add_row("Total", "", "", order["total"], style="bold")
    return table
