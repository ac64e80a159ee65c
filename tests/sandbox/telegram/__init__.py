"""The parts of the Telegram sandbox; use them through `tests.sandbox.telegram_server`."""
