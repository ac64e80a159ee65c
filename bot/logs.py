"""Structured logs: JSON or for the console, with chat and turn ids, without phone numbers or secrets."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import orjson
import structlog

from bot.identities import masked
from bot.settings import Settings

Event = MutableMapping[str, Any]

# Without the values of variables: they hold messages, numbers and keys.
_TRACES = structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))
_SECRET_WORDS = ("password", "secret", "token", "api_key", "authorization")


def configure_logs(settings: Settings, stream: TextIO | None = None) -> None:
    """Set up logging for the process. The standard library's loggers go through the same masks."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    output = stream or sys.stderr
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    shown: list[Any] = (
        [_TRACES, mask, structlog.processors.JSONRenderer(serializer=_json)]
        if settings.log_format == "json"
        else [structlog.processors.format_exc_info, mask, _console(output)]
    )
    structlog.configure(
        processors=[*shared, *shown],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(output),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(output)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *shown],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)


def mask(_logger: Any, _method: str, event: Event) -> Event:
    """Hide what must not be in a log: phone numbers in any string, and values whose name says secret."""
    for name, value in event.items():
        if any(word in name for word in _SECRET_WORDS):
            event[name] = "***"
        elif isinstance(value, str) and "+" in value:
            event[name] = masked(value)
        elif isinstance(value, list | dict):
            event[name] = orjson.loads(masked(orjson.dumps(value, default=str).decode()))
    return event


def _console(output: TextIO) -> structlog.dev.ConsoleRenderer:
    return structlog.dev.ConsoleRenderer(colors=output.isatty(), exception_formatter=structlog.dev.plain_traceback)


def _json(event: Any, **_options: Any) -> str:
    return orjson.dumps(event, default=str).decode()
