"""Xero's published contract, where it is at hand: RESUPPLY_TEST_CONTRACTS, or shared/contracts beside a parent folder.

It holds no limits, no tax types and no required fields, and its scopes are the older ones; what it does hold is
checked of every request and every answer.
"""

import os
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]
from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

NAME = "xero_accounting.yaml"
ROOT = "urn:xero"
# route -> path of the contract
PATHS = {
    "organisation": "/Organisation",
    "taxrates": "/TaxRates",
    "accounts": "/Accounts",
    "items": "/Items",
    "currencies": "/Currencies",
    "contacts": "/Contacts",
    "contact_list": "/Contacts",
    "contact": "/Contacts/{ContactID}",
    "invoices": "/Invoices",
    "invoice_list": "/Invoices",
    "invoice": "/Invoices/{InvoiceID}",
    "credit_notes": "/CreditNotes",
    "credit_note_list": "/CreditNotes",
    "credit_note": "/CreditNotes/{CreditNoteID}",
    "allocations": "/CreditNotes/{CreditNoteID}/Allocations",
    "payments": "/Payments",
    "payment": "/Payments/{PaymentID}",
}


def folder() -> Path | None:
    """Where the contracts are, None where they are not."""
    named = os.environ.get("RESUPPLY_TEST_CONTRACTS")
    places = [Path(named)] if named else [parent / "shared" / "contracts" for parent in Path(__file__).parents]
    return next((place for place in places if (place / NAME).exists()), None)


@lru_cache(maxsize=1)
def contract() -> "Contract | None":
    """The contract, read once, None where it is not at hand."""
    place = folder()
    return None if place is None else Contract(place / NAME)


class Contract:
    """One of Xero's OpenAPI documents."""

    def __init__(self, path: Path) -> None:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        self.document = yaml.load(path.read_text(), Loader=loader)
        resource = Resource.from_contents(self.document, default_specification=DRAFT4)
        self._registry: Any = Registry().with_resource(ROOT, resource)
        self._validators: dict[str, Any] = {}

    def request_errors(self, route: str, method: str, body: Any) -> list[str]:
        """What is wrong with a body."""
        operation = self._operation(route, method)
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        return self.errors(content["schema"], body) if "schema" in content else []

    def answer_errors(self, route: str, method: str, status: int, body: Any) -> list[str]:
        """What is wrong with an answer."""
        answer = self._operation(route, method).get("responses", {}).get(str(status))
        if answer is not None and "$ref" in answer:
            answer = self.document["components"]["responses"][answer["$ref"].rsplit("/", 1)[1]]
        content = (answer or {}).get("content", {}).get("application/json", {})
        return self.errors(content["schema"], body) if "schema" in content else []

    def errors(self, schema: dict[str, Any], value: Any) -> list[str]:
        """What is wrong with a value, by a schema of the document."""
        key = str(schema)
        if key not in self._validators:
            self._validators[key] = OAS30Validator(_rooted(schema), registry=self._registry)
        found = self._validators[key].iter_errors(_floats(value))
        return [f"{error.json_path}: {error.message}" for error in found]

    def _operation(self, route: str, method: str) -> dict[str, Any]:
        path = self.document["paths"].get(PATHS.get(route, ""), {})
        found: dict[str, Any] = path.get(method.lower(), {})
        return found


def _rooted(schema: Any) -> Any:
    """A schema with its references made absolute."""
    if isinstance(schema, dict):
        return {
            name: ROOT + value if name == "$ref" and value.startswith("#") else _rooted(value)
            for name, value in schema.items()
        }
    return [_rooted(item) for item in schema] if isinstance(schema, list) else schema


def _floats(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {name: _floats(item) for name, item in value.items()}
    return [_floats(item) for item in value] if isinstance(value, list) else value
