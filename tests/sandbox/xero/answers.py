"""What the parts of the Accounting API share: envelopes, lists, and batches in which each element stands alone."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from aiohttp import web

from tests.sandbox.xero.bodies import elements, read
from tests.sandbox.xero.identity_api import IdentityApi
from tests.sandbox.xero.organisations import Organisation
from tests.sandbox.xero.records import new_id
from tests.sandbox.xero.refusals import Problem, bad_query, validation
from tests.sandbox.xero.state import ENTRY
from tests.sandbox.xero.where import flag, ordered, paged, parsed, whole
from tests.sandbox.xero.wire import Json, day_of, day_string, json_answer, ms_date, ms_moment


class AccountingApi(IdentityApi):
    """The ways in which all endpoints answer."""

    def _answer(self, name: str, found: Any, pagination: Json | None = None) -> web.Response:
        """{Id, Status, ProviderName, DateTimeUTC, [pagination,] name: found}."""
        body: Json = {
            "Id": new_id(),
            "Status": "OK",
            "ProviderName": "Resupply",
            "DateTimeUTC": f"/Date({int(self.now().timestamp() * 1000)})/",
        }
        if pagination is not None:
            body["pagination"] = pagination
        return json_answer(body | {name: found})

    def _list(
        self, request: web.Request, name: str, records: Iterable[Json], order: str, known: frozenset[str]
    ) -> web.Response:
        """Those that `where` and If-Modified-Since let through, in order, by pages."""
        query = request.query
        if unknown := sorted(set(query) - known - LIST):
            raise bad_query(f"Unknown parameters: {', '.join(unknown)}")
        test = parsed(query["where"]) if "where" in query else None
        since = _since(request.headers.get("If-Modified-Since"))
        kept = [
            record
            for record in records
            if (test is None or test(record)) and (since is None or record["UpdatedDateUTC"] >= since)
        ]
        page, pagination = paged(ordered(kept, query.get("order"), order), query)
        return self._answer(name, page, pagination)

    async def _batch(
        self, request: web.Request, name: str, save: Callable[[Organisation, Json, web.Request], Json]
    ) -> web.Response:
        """Save each element on its own.

        What is right is saved even where the answer is a 400 for the others; with summarizeErrors=false the answer
        is a 200 that says of each how it went.
        """
        if unknown := sorted(set(request.query) - BATCH):
            raise bad_query(f"Unknown parameters: {', '.join(unknown)}")
        organisation = self.tenant(request)
        summarize = flag(request.query, "summarizeErrors", True)
        results: list[Json] = []
        problems: list[Problem] = []
        for element in elements(read(await request.read(), request.content_type), name):
            try:
                saved = save(organisation, element, request)
                results.append(saved if summarize else {"StatusAttributeString": "OK"} | saved)
            except Problem as problem:
                problems.append(problem)
                results.append(self._refused_element(name, element, problem))
        if not problems:
            return self._answer(name, results)
        reason, wrong = "; ".join(map(str, problems)), any(problem.wrong for problem in problems)
        if summarize:
            raise validation([it for it in results if "ValidationErrors" in it], reason, wrong=wrong)
        request[ENTRY].refused, request[ENTRY].wrong = reason, wrong
        return self._answer(name, results)

    def _refused_element(self, name: str, element: Json, problem: Problem) -> Json:
        """The element with what is wrong with it. An id that Xero puts into it is nobody's."""
        key = {"Invoices": "InvoiceID", "Contacts": "ContactID", "CreditNotes": "CreditNoteID"}.get(name)
        own = {} if key is None else {key: element.get(key, new_id())}
        trouble = "HasValidationErrors" if name == "Contacts" else "HasErrors"
        errors = [{"Message": message} for message in problem.messages]
        flagged = {} if name == "Allocations" else {trouble: True}
        return (
            element
            | own
            | _echoed_days(element)
            | flagged
            | {"StatusAttributeString": "ERROR", "ValidationErrors": errors}
        )


LIST = frozenset({"where", "order", "page", "pageSize"})
BATCH = {"summarizeErrors", "unitdp", "allowBackorders"}


def _echoed_days(element: Json) -> Json:
    """The days of an element as Xero writes them, whatever the client wrote."""
    days: Json = {}
    for name in ("Date", "DueDate"):
        with suppress(ValueError):
            day = day_of(element.get(name))
            days |= {name: ms_date(day), f"{name}String": day_string(day)}
    return days


def unit_places(request: web.Request) -> int:
    """How many decimals a unit amount has: two, or four with unitdp=4."""
    places = whole(request.query, "unitdp", 2)
    if places not in (2, 4):
        raise bad_query("unitdp must be 2 or 4")
    return places


def _since(raw: str | None) -> str | None:
    """If-Modified-Since as a /Date(...)/, which compares as the records' own do."""
    if raw is None:
        return None
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError:
        try:
            moment = parsedate_to_datetime(raw)
        except ValueError:
            raise bad_query(f"If-Modified-Since cannot be read: {raw}") from None
    return ms_moment((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).replace(microsecond=0))
