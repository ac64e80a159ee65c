"""What a request brings: the elements of its body, checked for names that Xero does not know."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from xero_python.accounting import models  # type: ignore[import-untyped]

from tests.sandbox.xero.refusals import Problem, Refused, invalid_json
from tests.sandbox.xero.wire import Json, day_of, loads

# Not Xero's limit, which advises 50 and breaks on the size of the body; a client that sends more has no batches.
LARGEST_BATCH = 50
LARGEST_BODY = 3_500_000


def known_names(model: str) -> frozenset[str]:
    """The fields of one of Xero's models, from the SDK that Xero generates from its contract."""
    return frozenset(getattr(models, model).attribute_map.values())


NAMES = {
    name: known_names(name)
    for name in ("Invoice", "CreditNote", "Contact", "LineItem", "Allocation", "Address", "Phone", "ContactPerson")
}


def read(raw: bytes, content_type: str) -> Any:
    """The JSON of a body, None for an empty one. Raises Refused."""
    if len(raw) > LARGEST_BODY:
        raise Refused(413, "the body is over 3.5 MB")
    if not raw:
        return None
    if content_type != "application/json":
        raise Refused(415, f"Content-Type {content_type} is not application/json")
    try:
        return loads(raw.decode())
    except (ValueError, UnicodeDecodeError) as error:
        raise invalid_json(str(error)) from None


def elements(body: Any, name: str) -> list[Json]:
    """The elements of {"Invoices": [...]}, or the one that a body is. Raises Refused."""
    if not isinstance(body, dict):
        raise invalid_json("an object was expected")
    found = body.get(name, [body])
    if set(body) - {name} and name in body:
        raise invalid_json(f"unknown: {sorted(set(body) - {name})}")
    if not isinstance(found, list) or not all(isinstance(element, dict) for element in found) or not found:
        raise invalid_json(f"{name} must be an array of objects")
    if len(found) > LARGEST_BATCH:
        raise invalid_json(f"{len(found)} elements; at most {LARGEST_BATCH} in a request")
    return found


def only_known(element: Mapping[str, Any], model: str) -> None:
    """Raises Problem for a field that Xero has not (the real one ignores it)."""
    if unknown := sorted(set(element) - NAMES[model]):
        raise Problem(f"{model} has no field {', '.join(unknown)}")


def text(element: Mapping[str, Any], name: str, longest: int = 255) -> str | None:
    """A text, None where there is none. Raises Problem."""
    value = element.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise Problem(f"{name} must be a string")
    if len(value) > longest:
        raise Problem(f"{name} must not exceed {longest} characters.")
    return value


def number(element: Mapping[str, Any], name: str) -> Decimal | None:
    """A number, None where there is none. Raises Problem."""
    value = element.get(name)
    if value is None:
        return None
    if not isinstance(value, Decimal):
        raise Problem(f"{name} must be a number")
    return value


def day(element: Mapping[str, Any], name: str) -> date | None:
    """A day, None where there is none. Raises Problem."""
    if element.get(name) is None:
        return None
    try:
        return day_of(element[name])
    except ValueError:
        raise Problem(f"{name} is not a valid date: {element[name]}") from None


def one_of(element: Mapping[str, Any], name: str, allowed: Iterable[str], default: str) -> str:
    """A word out of several. Raises Problem."""
    value = element.get(name, default)
    if value not in allowed:
        raise Problem(f"{name} '{value}' is not valid")
    return str(value)
