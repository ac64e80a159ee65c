"""An invoice's order and outlet as JSON, so that it stays as issued whatever changes afterwards."""

from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from core.domain.orders import Order, OrderLine, OrderStatus
from core.domain.outlets import Outlet


def to_json(order: Order, outlet: Outlet) -> dict[str, Any]:
    """Plain JSON values; amounts as decimal text, dates in ISO 8601."""
    return {"order": _plain(asdict(order)), "outlet": _plain(asdict(outlet))}


def from_json(snapshot: dict[str, Any]) -> tuple[Order, Outlet]:
    """The order and outlet that `to_json` was given."""
    return _order(snapshot["order"]), _outlet(snapshot["outlet"])


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


def _order(stored: dict[str, Any]) -> Order:
    lines = tuple(OrderLine(**{**line, "unit_price": Decimal(line["unit_price"])}) for line in stored["lines"])
    return Order(
        **{
            **stored,
            "status": OrderStatus(stored["status"]),
            "lines": lines,
            "tax_rate": Decimal(stored["tax_rate"]),
            "notes": tuple(stored["notes"]),
            "delivery_date": _when(stored["delivery_date"], date.fromisoformat),
            "placed_at": _when(stored["placed_at"], datetime.fromisoformat),
        }
    )


def _outlet(stored: dict[str, Any]) -> Outlet:
    return Outlet(**{**stored, "delivery_days": tuple(stored["delivery_days"])})


def _when(text: str | None, parse: Any) -> Any:
    return parse(text) if text else None
