"""What stands beside the chat: the order, its outlet and invoice, and whether a person has taken over."""

from typing import Any

from bot.web_chat.ports import ChatLog, Invoices
from core.domain.invoices import InvoiceStatus, Receivable
from core.domain.messages import ChatRef, Intent
from core.domain.outlets import Outlet
from core.ports import Reference


class ChatState:
    """Reads a chat's state from the body of its last turn, the directory and the invoices."""

    def __init__(self, log: ChatLog, invoices: Invoices) -> None:
        self._log = log
        self._invoices = invoices

    async def of(self, chat: ChatRef) -> dict[str, Any]:
        """`order` (DESIGN 10) or None, `outlet` ({code, name} or None), `invoice` or None, `handoff`.

        `invoice` is that of the order shown: number, order, issued and due day, total, currency, what is due, and
        its status, with void by itself.
        """
        body = await self._log.last_body(chat) or {}
        order = body.get("order")
        outlet = outlet_of(chat, order, await self._log.reference())
        return {
            "order": order,
            "outlet": {"code": outlet.code, "name": outlet.name} if outlet else None,
            "invoice": await self._invoice_of(order),
            "handoff": bool(body.get("handoff", body.get("intent") == Intent.HANDOFF)),
        }

    async def pdf(self, chat: ChatRef, order_number: str) -> bytes | None:
        """An order's invoice, or None where there is none or it is not for an outlet of the sender."""
        invoice = await self._invoices.find(order_number)
        reference = await self._log.reference()
        allowed = {outlet.code for outlet in reference.directory.outlets_of(chat.sender)}
        if invoice is None or invoice.order.outlet not in allowed | await self._ordered_here(chat, order_number):
            return None
        return await self._invoices.document(order_number)

    async def _ordered_here(self, chat: ChatRef, order_number: str) -> set[str | None]:
        """The outlet of an order that this very chat has just placed; its sender may have named it."""
        order = (await self._log.last_body(chat) or {}).get("order") or {}
        return {order.get("outlet")} if order.get("number") == order_number else set()

    async def _invoice_of(self, order: dict[str, Any] | None) -> dict[str, Any] | None:
        if not order or not order.get("number"):
            return None
        standing = await self._invoices.standing(order["number"])
        return invoice_json(standing) if standing else None


def outlet_of(chat: ChatRef, order: dict[str, Any] | None, reference: Reference) -> Outlet | None:
    """The order's outlet, else the sender's when there is only one."""
    directory = reference.directory
    if order and order.get("outlet") in directory.outlets:
        return directory.outlets[order["outlet"]]
    linked = directory.outlets_of(chat.sender)
    return linked[0] if len(linked) == 1 else None


def invoice_json(invoice: Receivable) -> dict[str, Any]:
    """An invoice as the page shows it."""
    return {
        "number": invoice.number,
        "order": invoice.order_number,
        "issued": invoice.issued_on.isoformat(),
        "due": invoice.due_on.isoformat(),
        "total": f"{invoice.total:.2f}",
        "currency": invoice.currency,
        "status": invoice.status.value,
        "amount_due": f"{invoice.amount_due:.2f}",
        "paid": invoice.paid_on.isoformat() if invoice.paid_on else None,
        "void": invoice.status is InvoiceStatus.VOID,
    }
