"""Speaking by itself: what an occasion needs is loaded, and `core.flows.reminding` says what is still worth saying."""

import logging
from collections.abc import Sequence

from core.bookkeeping import statement_of
from core.domain.commands import (
    AskReminders,
    ChangeOrder,
    ClaimItem,
    Command,
    Complain,
    NotReceived,
    OrderUsual,
    Received,
    SeeOrder,
)
from core.domain.orders import Order
from core.domain.outlets import Outlet
from core.domain.reminders import Occasion, ReminderKind, Unsaid, with_said
from core.errors import DeskError
from core.flows.reminding import Moment, remind
from core.flows.scene import Scene
from core.ports import Accounting, Store

log = logging.getLogger(__name__)

_MOST_ORDERS = 50
_NEED_OWN_ORDERS = (ChangeOrder, ClaimItem, Complain, NotReceived, OrderUsual, Received, SeeOrder)


async def speak(
    store: Store, accounting: Accounting | None, scene: Scene, occasions: Sequence[Occasion], *, alone: bool
) -> None:
    """Say what the occasions are for, each in a message behind what the turn says already.

    `alone`: the customer has written nothing in this turn; otherwise a reminder that breaks is left out, for it must
    not take the customer's answer with it.
    """
    for occasion in occasions:
        try:
            await _speak(store, accounting, scene, occasion, alone=alone)
        except DeskError:
            raise
        except Exception:
            if alone:
                raise
            log.exception("reminder %s broke and is not said", occasion.key)


async def _speak(store: Store, accounting: Accounting | None, scene: Scene, occasion: Occasion, *, alone: bool) -> None:
    own = {outlet.code: outlet for outlet in scene.reference.directory.outlets_of(scene.sender)}
    outlet = own.get(occasion.outlet)
    if outlet is None:
        if occasion.outlet in scene.reference.directory.outlets:  # the link was removed since
            scene.unsaid[occasion.key] = Unsaid.ELSEWHERE
        return
    if occasion.kind is ReminderKind.OVERDUE:
        scene.statements[outlet.code] = await statement_of(accounting, outlet)
    orders = _with_new(scene, outlet, await store.orders_of(outlet.code, _MOST_ORDERS))
    choices = with_said(outlet.code, await store.reminder_choices(outlet.code), scene.reminder_choices)
    remind(scene, Moment(occasion, outlet, orders, choices, alone))


def _with_new(scene: Scene, outlet: Outlet, stored: Sequence[Order]) -> list[Order]:
    """The outlet's orders with those that this very turn places or changes."""
    new = {order.number: order for order in scene.orders if order.outlet == outlet.code}
    return [*new.values(), *(order for order in stored if order.number not in new)]


async def load_own_orders(store: Store, scene: Scene, commands: Sequence[Command]) -> None:
    """Load the orders of every outlet that the sender is linked to, where a command may name one of them."""
    if not any(isinstance(c, _NEED_OWN_ORDERS) for c in commands):
        return
    outlets = scene.reference.directory.outlets_of(scene.sender)
    loaded = [await store.orders_of(outlet.code, _MOST_ORDERS) for outlet in outlets]
    scene.own_orders = [order for orders in loaded for order in orders]


async def load_choices(store: Store, scene: Scene, commands: Sequence[Command]) -> None:
    """Load what every outlet of the sender's wants to be reminded of, where a command asks."""
    if not any(isinstance(c, AskReminders) for c in commands):
        return
    for outlet in scene.reference.directory.outlets_of(scene.sender):
        scene.chosen[outlet.code] = await store.reminder_choices(outlet.code)
