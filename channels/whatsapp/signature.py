"""Whether a webhook request was signed by Twilio.

Source: Twilio, "Webhooks Security". The signature covers the URL that Twilio called, so the URL is put together
from the configured public address: behind a proxy the request's own Host and scheme are not what Twilio saw, and
anyone can forge them.
"""

from collections.abc import Sequence

from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]


def signed(
    auth_token: str, public_url: str, path_qs: str, fields: Sequence[tuple[str, str]], signature: str | None
) -> bool:
    """Whether `signature` (X-Twilio-Signature) is Twilio's for this request.

    `public_url` is the server's public address (scheme, host and any prefix that a proxy takes away), `path_qs`
    the request's path and query as sent, `fields` every field of the form; a name may come more than once.
    """
    if not signature or not auth_token:
        return False
    form = _Form()
    for name, value in fields:
        form.setdefault(name, []).append(value)
    try:
        return bool(RequestValidator(auth_token).validate(public_url.rstrip("/") + path_qs, form, signature))
    except UnicodeEncodeError:  # half a surrogate pair in a field: Twilio sends none
        return False


class _Form(dict[str, list[str]]):
    """A form as the validator reads one: the values of a repeated field are signed one after the other."""

    def getlist(self, name: str) -> list[str]:
        """All values of a field."""
        return self[name]
