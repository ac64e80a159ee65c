"""Idempotency-Key: the same request again has the same answer, and is not done again.

https://developer.xero.com/documentation/guides/idempotent-requests/idempotency: for POST, PUT and PATCH, at most 128
characters, remembered for 6 minutes; with another request, the key is refused.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web

from tests.sandbox.xero.refusals import Problem, Refused, validation

KEPT = timedelta(minutes=6)
LONGEST = 128

Print = tuple[str, str, bytes]


@dataclass(frozen=True, slots=True)
class _Answer:
    at: datetime
    request: Print
    status: int
    text: str | None
    content_type: str

    def response(self) -> web.Response:
        return web.Response(status=self.status, text=self.text, content_type=self.content_type)


class Idempotency:
    """Answers by tenant and key. `replayed` counts those that were given again."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str], _Answer] = {}
        self.replayed = 0

    async def around(
        self, tenant_id: str, key: str, request: Print, now: datetime, answer: Callable[[], Awaitable[web.Response]]
    ) -> web.Response:
        """The answer to a request with a key: the kept one, or a new one, which is kept unless it was a 5xx."""
        if len(key) > LONGEST:
            raise _refusal(f"Idempotency Key: {key} is longer than {LONGEST} characters.")
        kept = self._answers.get((tenant_id, key))
        if kept is not None and now - kept.at < KEPT:
            if kept.request != request:
                raise _refusal(f"Idempotency Key: {key} is used with a different request.")
            self.replayed += 1
            return kept.response()
        try:
            response = await answer()
        except Refused as refused:
            if refused.status < 500:
                self._keep(tenant_id, key, request, now, refused.response())
            raise
        self._keep(tenant_id, key, request, now, response)
        return response

    def _keep(self, tenant_id: str, key: str, request: Print, now: datetime, response: web.Response) -> None:
        self._answers[tenant_id, key] = _Answer(now, request, response.status, response.text, response.content_type)


def _refusal(message: str) -> Refused:
    elements = [{"ValidationErrors": [{"Message": text} for text in Problem(message).messages]}]
    return validation(elements, message, wrong=True)
