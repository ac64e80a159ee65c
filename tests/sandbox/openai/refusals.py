"""How OpenAI says no: one exception that carries the status and the error object.

Written from https://platform.openai.com/docs/guides/error-codes and the error object of the API reference.
"""

from typing import Any

from aiohttp import web


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(
        self,
        status: int,
        message: str,
        code: str | None = None,
        param: str | None = None,
        kind: str = "invalid_request_error",
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.message = message
        self.code = code
        self.param = param
        self.kind = kind
        self.headers = headers or {}

    def body(self) -> dict[str, Any]:
        """The JSON that OpenAI answers with."""
        return {"error": {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}}

    def response(self) -> web.Response:
        """The same as an answer."""
        return web.json_response(self.body(), status=self.status, headers=self.headers)


def invalid(message: str, param: str | None = None, code: str | None = None) -> Refused:
    """A 400."""
    return Refused(400, message, code, param)


def unknown_field(name: str) -> Refused:
    """A field that the endpoint does not have."""
    return invalid(f"Unknown parameter: '{name}'.", name, "unknown_parameter")


def unsupported(name: str, advice: str = "") -> Refused:
    """A field that this model does not take."""
    return invalid(f"Unsupported parameter: '{name}' is not supported with this model. {advice}", name, UNSUPPORTED)


def wrong_key(key: str) -> Refused:
    """A 401. It repeats the key, so that a test sees where the client repeats the message."""
    return Refused(401, f"Incorrect API key provided: {key}.", "invalid_api_key")


def no_such_model(name: object) -> Refused:
    """A 404."""
    return Refused(404, f"The model `{name}` does not exist or you do not have access to it.", "model_not_found")


UNSUPPORTED = "unsupported_parameter"
