"""How the Bot API says no."""

import math
from typing import Any


class Refusal(Exception):
    """An answer with `ok: false`. Descriptions that begin with "sandbox:" are stricter than the real server."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(f"{code} {description}")
        self.code = code
        self.description = description
        self.parameters = parameters

    def body(self) -> dict[str, Any]:
        """The answer as Telegram words it ("Making requests" in the Bot API)."""
        answer: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters:
            answer["parameters"] = self.parameters
        return answer


def bad_request(text: str, **parameters: int) -> Refusal:
    """400."""
    return Refusal(400, f"Bad Request: {text}", **parameters)


def stricter(text: str) -> Refusal:
    """400 for what the real server would let pass, ignore or repair, and we want to hear about."""
    return Refusal(400, f"Bad Request: sandbox: {text}")


def forbidden(text: str) -> Refusal:
    """403."""
    return Refusal(403, f"Forbidden: {text}")


def conflict(text: str) -> Refusal:
    """409."""
    return Refusal(409, f"Conflict: {text}")


def too_many(seconds: float) -> Refusal:
    """429 with whole seconds to wait, at least one."""
    wait = max(1, math.ceil(seconds))
    return Refusal(429, f"Too Many Requests: retry after {wait}", retry_after=wait)
