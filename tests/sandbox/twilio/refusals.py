"""How Twilio says no: one exception that carries the status, the code and the text of the answer."""

from typing import Any

from aiohttp import web


class Refused(Exception):
    """A request that Twilio answers with an error.

    Codes and texts are from https://www.twilio.com/docs/api/errors/<code>.
    """

    def __init__(self, status: int, code: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}

    def body(self) -> dict[str, Any]:
        """The JSON that Twilio answers with."""
        return {
            "code": self.code,
            "message": self.message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }

    def response(self) -> web.Response:
        """The same as an answer."""
        return web.json_response(self.body(), status=self.status, headers=self.headers)


def invalid(message: str, code: int = 20001) -> Refused:
    """A 400. 20001 is Twilio's own for a parameter that has no code to itself."""
    return Refused(400, code, message)


def not_found(path: str) -> Refused:
    """A 404 as Twilio words it."""
    return Refused(404, 20404, f"The requested resource {path} was not found")
