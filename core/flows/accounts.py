"""The outlet's own account: its invoices, what it owes, what is paid. Every figure stands in the books' statement."""

import re
from collections.abc import Sequence

from core import wording
from core.domain.commands import AskBalance, AskInvoice, AskPaid, Command, NameOutlet, Which
from core.domain.invoices import InvoiceStatus, Receivable, Statement
from core.domain.messages import Intent
from core.domain.orders import Order, OrderStatus
from core.domain.outlets import Outlet
from core.domain.sessions import Asked
from core.flows.outlets import ask_outlet_first, is_linked, outlet_chosen, own_outlets, waiting_for_outlet
from core.flows.scene import Scene

MOST_FILES = 5
_MOST_LISTED = 8
_ABOUT = AskInvoice | AskBalance | AskPaid
_SAYS_INVOICE = re.compile(r"^INV(?:OICE)?[-#:. ]*(?=\d)")


def with_what_waited(scene: Scene, commands: Sequence[Command]) -> tuple[Command, ...]:
    """The commands, and behind them the questions that waited for the outlet which they choose."""
    if outlet_chosen(scene, commands) is None:
        return tuple(commands)
    waited = [_command(each) for each in waiting_for_outlet(scene)]
    return (*commands, *(each for each in waited if each not in commands))


def without_moving(scene: Scene, commands: Sequence[Command]) -> Sequence[Command]:
    """The commands; an outlet named only to ask about its account does not get the draft of another delivered to it."""
    named = {code for c in commands if isinstance(c, NameOutlet) for code in c.codes} & own_outlets(scene).keys()
    if not scene.draft.lines or len(named) != 1 or not all(isinstance(c, NameOutlet | _ABOUT) for c in commands):
        return commands
    asked = [c for c in commands if not isinstance(c, NameOutlet)]
    scene.asked_of = named.pop() if asked else None
    return asked or commands


def ask_invoice(scene: Scene, command: AskInvoice) -> None:
    """Name the invoices that are asked for, and send them as files where they are not too many."""
    statement = _statement(scene, command)
    if statement is None:
        return
    found = _asked_for(scene, statement, command)
    if not found:
        _none(scene, statement, command)
    elif len(found) > MOST_FILES:
        scene.said.append(_dated(statement, wording.too_many_invoices(len(found), MOST_FILES, _when(command))))
        scene.said.append(wording.invoice_rows(found[:_MOST_LISTED], len(found) - _MOST_LISTED, scene.now.date()))
    else:
        _hand_over(scene, statement, found)


def ask_balance(scene: Scene, command: AskBalance) -> None:
    """What is owed, or overdue, and the invoices that it is made of, the first due first."""
    statement = _statement(scene, command)
    outlet = _outlet(scene)
    if statement is None or outlet is None:
        return
    today = scene.now.date()
    owed = sorted((r for r in statement.receivables if r.amount_due > 0), key=lambda r: (r.due_on, r.number))
    rows = [r for r in owed if r.due_on < today] if command.overdue else owed
    said = wording.overdue if command.overdue else wording.owed
    scene.said.append(_dated(statement, said(outlet.name, statement.owed, statement.overdue, statement.currency)))
    if statement.besides:
        scene.said.append(wording.owed_besides(statement.besides))
    if rows:
        scene.said.append(wording.invoice_rows(rows[:_MOST_LISTED], len(rows) - _MOST_LISTED, today))


def ask_paid(scene: Scene, command: AskPaid) -> None:
    """Whether the books have an invoice, those of a period, or all of them as paid."""
    statement = _statement(scene, command)
    if statement is None:
        return
    if command.which in (Which.ORDER, Which.PERIOD):
        found = _asked_for(scene, statement, command)
        if not found:
            _none(scene, statement, command)
            return
    else:
        rows = statement.receivables
        standing = [r for r in rows if r.status is not InvoiceStatus.VOID]
        found = [r for r in rows if r.amount_due > 0] or standing[:1] or list(rows[:1])
    _tell_paid(scene, statement, found, command)


def _tell_paid(scene: Scene, statement: Statement, found: Sequence[Receivable], command: AskPaid) -> None:
    today = scene.now.date()
    left = [r for r in found if r.amount_due > 0]
    if not found:
        scene.said.append(_dated(statement, wording.NO_INVOICES))
    elif len(found) == 1:
        scene.said.append(_dated(statement, wording.whether_paid(found[0], today)))
    elif not left:
        scene.said.append(_dated(statement, wording.all_paid(len(found), _when(command))))
    else:
        scene.said.append(_dated(statement, wording.some_open(len(left), len(found), _when(command))))
        scene.said.append(wording.invoice_rows(left[:_MOST_LISTED], len(left) - _MOST_LISTED, today))
    if left:
        scene.closing.append(wording.PAID_ALREADY)


def _statement(scene: Scene, command: AskInvoice | AskBalance | AskPaid) -> Statement | None:
    """The statement of the sender's own outlet; where there is none it is said why, and a person offered."""
    scene.about(Intent.ACCOUNT)
    statement = None
    outlet = _outlet(scene)
    if scene.session.claimed or (outlet is not None and not is_linked(scene, outlet.code)):
        _offer_person(scene, wording.ACCOUNT_OF_THE_LINKED)
    elif outlet is not None:
        statement = scene.statements.get(outlet.code)
        if statement is None:
            _offer_person(scene, wording.BOOKS_AWAY)
    elif not ask_outlet_first(scene, _asked(command)):
        _offer_person(scene, wording.ACCOUNT_OF_THE_LINKED)
    return statement


def _outlet(scene: Scene) -> Outlet | None:
    """The outlet whose account is asked about."""
    return scene.reference.directory.outlets.get(scene.asked_of) if scene.asked_of else scene.outlet


def _orders(scene: Scene) -> list[Order]:
    """Orders of that outlet, as far as they are at hand."""
    outlet = _outlet(scene)
    orders = [o for o in (*scene.history, scene.session.ordered) if o is not None]
    return [o for o in orders if outlet is not None and o.outlet == outlet.code]


def _offer_person(scene: Scene, text: str) -> None:
    if text not in scene.said:
        scene.said.append(text)
    scene.offers_person = True


def _asked_for(scene: Scene, statement: Statement, command: AskInvoice | AskPaid) -> list[Receivable]:
    """The invoices that a question is about, newest first."""
    rows = statement.receivables
    if command.which is Which.ORDER:
        return _named(rows, command.number or "")
    standing = [r for r in rows if r.status is not InvoiceStatus.VOID]
    if command.which is Which.PERIOD:
        return _of_period(scene, standing, command)
    if command.which is Which.ALL_OPEN:
        return [r for r in standing if r.amount_due > 0]
    ordered = _ordered_here(scene)
    return [r for r in standing if ordered is None or r.order_number == ordered][:1]


def _of_period(scene: Scene, rows: Sequence[Receivable], command: AskInvoice | AskPaid) -> list[Receivable]:
    """Invoices by their date; one day may also be that of the delivery."""
    first, last = command.first, command.last
    if first is None or last is None:
        return []
    delivered = {o.number for o in _orders(scene) if first == last == o.delivery_date}
    return [r for r in rows if first <= r.issued_on <= last or r.order_number in delivered]


def _ordered_here(scene: Scene) -> str | None:
    """The order that this chat has just placed, whose invoice "the invoice" is."""
    ordered = scene.session.ordered
    if ordered is None or ordered.status is not OrderStatus.CONFIRMED or ordered.delivery_date is None:
        return None
    if scene.asked_of is not None and ordered.outlet != scene.asked_of:
        return None
    return ordered.number if ordered.delivery_date >= scene.now.date() else None


def _named(rows: Sequence[Receivable], said: str) -> list[Receivable]:
    """The invoice that a number names: its own or its order's, or else what ends in it; ours before a bookkeeper's."""
    wanted = said.upper()
    bare = _SAYS_INVOICE.sub("", wanted)
    ranks = (
        [r for r in rows if wanted in (r.number.upper(), r.order_number.upper())],
        [r for r in rows if r.order_number and bare in _digits_of(r)],
        [r for r in rows if wanted == r.number.upper().split("-", 1)[-1]],
    )
    return next((rank[:1] for rank in ranks if wanted and rank), [])


def _digits_of(row: Receivable) -> set[str]:
    """The digits of an order and, where its invoice is a later one, those of the invoice: 10012 and 10012-2."""
    digits = "".join(mark for mark in row.order_number if mark in "0123456789")
    _, found, behind = row.number.rpartition(digits) if digits else ("", "", "")
    return {digits, found + behind} - {""}


def _none(scene: Scene, statement: Statement, command: AskInvoice | AskPaid) -> None:
    """Say that there is no such invoice, and what there is instead."""
    orders = {o.number: o for o in _orders(scene) if o.number}
    number = command.number if command.which is Which.ORDER else _ordered_here(scene)
    order = next((o for n, o in orders.items() if n and number and _same(n, number)), None)
    latest = next((r for r in statement.receivables if r.status is not InvoiceStatus.VOID), None)
    if command.which is Which.ALL_OPEN and latest is not None:
        scene.said.append(_dated(statement, wording.NO_OPEN_INVOICE))
        _hand_over(scene, statement, [latest])
    elif order is not None and command.which is not Which.PERIOD:
        scene.said.append(_dated(statement, wording.no_invoice_yet(order.number or "")))
    elif command.which is Which.ORDER:
        scene.said.append(_dated(statement, wording.unknown_invoice(command.number or "")))
    else:
        scene.said.append(_dated(statement, wording.no_invoice_of(_when(command))))


def _same(number: str, said: str) -> bool:
    return number.upper().rsplit("-", 1)[-1] == said.upper().rsplit("-", 1)[-1]


def _hand_over(scene: Scene, statement: Statement, found: Sequence[Receivable]) -> None:
    """Name the invoices and leave their files to be sent. One that the desk did not make has no file here."""
    today = scene.now.date()
    if len(found) == 1:
        scene.said.append(_dated(statement, wording.here_is(found[0], today)))
    else:
        scene.said.append(_dated(statement, wording.here_are(len(found))))
        scene.said.append(wording.invoice_rows(found, 0, today))
    scene.files += [(r.order_number, wording.file_name(r.number)) for r in found if r.order_number]
    if not all(r.order_number for r in found):
        scene.closing.append(wording.NO_FILE_HERE)


def _when(command: AskInvoice | AskPaid) -> str:
    return wording.period(command.first, command.last) if command.first and command.last else ""


def _dated(statement: Statement, text: str) -> str:
    """The sentence, with when the books said so where they cannot be asked now."""
    return text if statement.current else f"{text} {wording.as_of(statement.as_of)}"


def _asked(command: AskInvoice | AskBalance | AskPaid) -> Asked:
    """The question as a session keeps it."""
    if isinstance(command, AskBalance):
        return Asked("balance", overdue=command.overdue)
    what = "invoice" if isinstance(command, AskInvoice) else "paid"
    return Asked(what, command.which.value, command.number, command.first, command.last)


def _command(asked: Asked) -> Command:
    """The question as it was asked."""
    if asked.what == "balance":
        return AskBalance(asked.overdue)
    kind = AskInvoice if asked.what == "invoice" else AskPaid
    return kind(Which(asked.which), asked.number, asked.first, asked.last)
