"""What is kept of Xero's secrets is encrypted: RESUPPLY_SECRET_KEY holds a Fernet key, or several to rotate them.

The first key encrypts, every one of them decrypts. Tokens are written anew with each refresh, so an old key can be
taken off the list a day later.
"""

import json
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import SecretStr

from core.errors import DeskError

_HOW = "make one with: openssl rand -base64 32 | tr '+/' '-_'"


class Unreadable(DeskError):
    """What is stored cannot be decrypted with these keys."""

    code = "unreadable"


class Vault:
    """Encrypts and decrypts. Raises ValueError for keys that `key_problem` has something to say about."""

    def __init__(self, keys: SecretStr) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in _split(keys)])

    def seal(self, secrets: Mapping[str, str]) -> str:
        """Encrypted text to store."""
        return self._fernet.encrypt(json.dumps(dict(secrets)).encode()).decode()

    def open(self, sealed: str) -> dict[str, str]:
        """What was sealed. Raises Unreadable."""
        try:
            found: dict[str, str] = json.loads(self._fernet.decrypt(sealed))
        except InvalidToken:
            raise Unreadable("the stored tokens cannot be read with RESUPPLY_SECRET_KEY") from None
        return found


def key_problem(keys: SecretStr) -> str | None:
    """What is wrong with the keys, without repeating them; None where nothing is."""
    try:
        Vault(keys)
    except ValueError:
        return f"RESUPPLY_SECRET_KEY is not a key, or several split by commas; {_HOW}"
    return None


def _split(keys: SecretStr) -> list[str]:
    return [key.strip() for key in keys.get_secret_value().split(",") if key.strip()]
