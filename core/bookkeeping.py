"""Questions about an account are looked up in the books before the flows act, and only for the sender's own outlet."""

import asyncio
from collections.abc import Sequence

from core.domain.commands import AskBalance, AskInvoice, AskPaid, Command, NameOutlet
from core.domain.invoices import Statement
from core.domain.outlets import Outlet
from core.errors import AccountingAway, DeliveryFailed
from core.flows.outlets import outlet_chosen
from core.flows.scene import Scene
from core.ports import Accounting

_SECONDS = 4.0
_MOST_OUTLETS = 2  # the chat's own, and another of theirs that is named beside the question


async def ask_books(accounting: Accounting | None, commands: Sequence[Command], scene: Scene) -> None:
    """Load the statements that the commands will need into the scene; None where the books are away.

    Nothing is loaded for one who only named an outlet.
    """
    if not any(isinstance(c, AskInvoice | AskBalance | AskPaid) for c in commands):
        return
    for outlet in _own(commands, scene)[:_MOST_OUTLETS]:
        scene.statements[outlet.code] = await statement_of(accounting, outlet)


def _own(commands: Sequence[Command], scene: Scene) -> list[Outlet]:
    """The sender's own outlets that the turn may be about."""
    own = {outlet.code: outlet for outlet in scene.reference.directory.outlets_of(scene.sender)}
    named = {code for c in commands if isinstance(c, NameOutlet) for code in c.codes}
    named |= {outlet_chosen(scene, commands) or ""}
    return [outlet for code, outlet in own.items() if code in named or code == scene.session.outlet]


async def statement_of(accounting: Accounting | None, outlet: Outlet) -> Statement | None:
    """What the books say of an outlet, None where they cannot be asked in good time."""
    if accounting is None:
        return None
    try:
        async with asyncio.timeout(_SECONDS):
            return await accounting.statement(outlet)
    except (AccountingAway, DeliveryFailed, TimeoutError):
        return None
