"""The word by which a webhook knows that it is Telegram who calls (setWebhook's `secret_token`)."""

import hmac

HEADER = "X-Telegram-Bot-Api-Secret-Token"


def secret_matches(header: str | None, secret: str) -> bool:
    """Whether the header holds the secret; compared in constant time. Without a secret nothing matches."""
    return bool(secret) and hmac.compare_digest((header or "").encode("utf-8", "replace"), secret.encode())
