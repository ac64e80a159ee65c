"""How Xero says no: by a problem, a validation exception, a limit, or an OAuth error.

Texts are those that Xero's documentation and published answers of the real one show.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from aiohttp import web

from tests.sandbox.xero.wire import Json, json_answer

NOT_FOUND = "The resource you're looking for cannot be found"


class Refused(Exception):
    """A request that Xero answers with an error. `wrong`: the client should never have sent it."""

    def __init__(
        self,
        status: int,
        reason: str,
        body: Json | str | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        wrong: bool = True,
    ) -> None:
        super().__init__(f"{status} {reason}")
        self.status, self.reason, self.body, self.wrong = status, reason, body, wrong
        self.headers = dict(headers or {})

    def response(self) -> web.Response:
        """The same as an answer."""
        if isinstance(self.body, dict):
            return json_answer(self.body, self.status, self.headers)
        return web.Response(status=self.status, text=self.body or "", headers=self.headers)


class Problem(Exception):
    """What is wrong with one element of a request; the others of the batch go on.

    `wrong` is false where the books, and not the element, are the reason: a number that is taken, a document
    that was paid in the meantime.
    """

    def __init__(self, *messages: str, wrong: bool = True) -> None:
        super().__init__("; ".join(messages))
        self.messages = messages
        self.wrong = wrong


def conflict(*messages: str) -> Problem:
    """A Problem that a client could not know of."""
    return Problem(*messages, wrong=False)


def problem(status: int, title: str, detail: str, headers: Mapping[str, str] | None = None, *, wrong: bool) -> Refused:
    """A 401, 403 or 500 as Xero's front door words it."""
    body: Json = {
        "Type": None,
        "Title": title,
        "Status": status,
        "Detail": detail,
        "Instance": str(uuid4()),
        "Extensions": {},
    }
    return Refused(status, detail, body, headers, wrong=wrong)


def unauthorized(detail: str, *, wrong: bool = True, scope: bool = False) -> Refused:
    """A 401. A missing scope is one too, told apart by its header (in Xero's own spelling)."""
    headers = {"WWW-Authenticate": "insufficent_scope"} if scope else {}
    return problem(401, "Unauthorized", detail, headers, wrong=wrong)


def forbidden(*, wrong: bool = True) -> Refused:
    """A 403: no tenant named, or one that is not connected."""
    return problem(403, "Forbidden", "AuthenticationUnsuccessful", wrong=wrong)


def not_found(what: str = NOT_FOUND, *, wrong: bool = True) -> Refused:
    """A 404; the body is text, not JSON."""
    return Refused(404, what, NOT_FOUND, wrong=wrong)


def invalid_json(detail: str) -> Refused:
    """A body that is not what the endpoint reads."""
    message = f"JSON for post data was invalid,{detail}"
    return Refused(400, message, {"ErrorNumber": 14, "Type": "PostDataInvalidException", "Message": message})


def bad_query(message: str) -> Refused:
    """A query or header that cannot be read."""
    return Refused(400, message, {"ErrorNumber": 16, "Type": "QueryParseException", "Message": message})


def validation(elements: Sequence[Json], reason: str, *, wrong: bool) -> Refused:
    """A 400 with the elements that were refused. What was right in the same batch is saved all the same."""
    body: Json = {
        "ErrorNumber": 10,
        "Type": "ValidationException",
        "Message": "A validation exception occurred",
        "Elements": list(elements),
    }
    return Refused(400, reason, body, wrong=wrong)


def limited(kind: str, retry_after: float) -> Refused:
    """A 429. `kind` is minute, day, concurrent or appminute."""
    headers = {"X-Rate-Limit-Problem": kind, "Retry-After": f"{retry_after:g}"}
    return Refused(429, f"limit: {kind}", None, headers, wrong=False)


def oauth(error: str, status: int = 400, *, wrong: bool = True, **more: Any) -> Refused:
    """An answer of the token endpoint."""
    return Refused(status, error, {"error": error, **more}, wrong=wrong)
