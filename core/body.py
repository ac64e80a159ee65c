"""A committed turn as the chat API shows it (DESIGN 10)."""

from typing import Any

from core.domain.messages import Answer, Reply
from core.domain.orders import Order
from core.ports import OpenTurn


def body_of(turn: OpenTurn, answer: Answer) -> dict[str, Any]:
    """The chat API's response (DESIGN 10), without `latency_ms`, as plain JSON values.

    `reminders` are the keys of the occasions that something was said at; left out where there were none.
    Where one was left unsaid for the moment `Engine` adds `unsaid`, with why.
    """
    occasions = [reply.reminds.key for reply in answer.replies if reply.reminds is not None]
    return {
        **({"reminders": occasions} if occasions else {}),
        "reply": "\n\n".join(reply.text for reply in answer.replies),
        "messages": [_message(reply) for reply in answer.replies],
        "session_id": turn.chat.session,
        "turn_id": turn.turn_id,
        "intent": answer.intent.value,
        "asked": answer.asked,
        "order": order_json(answer.order),
        "sources": [{"document": s.document, "section": s.section, "score": s.score} for s in answer.sources],
        "cache": answer.cache,
        "usage": {
            "model_calls": answer.usage.model_calls,
            "input_tokens": answer.usage.input_tokens,
            "output_tokens": answer.usage.output_tokens,
            "cost_usd": str(answer.usage.cost_usd),
        },
    }


def _message(reply: Reply) -> dict[str, Any]:
    """One message. A file is named by its order; whoever shows it makes the address from that."""
    shown: dict[str, Any] = {
        "text": reply.text,
        "choices": [{"id": choice.id, "title": choice.title} for choice in reply.choices],
    }
    return {**shown, "document": {"name": reply.text, "order": reply.document}} if reply.document else shown


def order_json(order: Order | None) -> dict[str, Any] | None:
    """An order or draft as the chat API shows it; money as decimal text."""
    if order is None:
        return None
    return {
        "number": order.number,
        "status": order.status.value,
        "outlet": order.outlet,
        "lines": [
            {
                "sku": line.sku,
                "name": line.name,
                "quantity": line.quantity,
                "unit": line.unit,
                "pieces": line.pieces,
                "unit_price": f"{line.unit_price:.2f}",
                "line_total": f"{line.line_total:.2f}",
            }
            for line in order.lines
        ],
        "subtotal": f"{order.subtotal:.2f}",
        "tax": f"{order.tax:.2f}",
        "total": f"{order.total:.2f}",
        "currency": order.currency,
        "delivery_date": order.delivery_date.isoformat() if order.delivery_date else None,
        "delivery_window": order.delivery_window,
    }
