"""Fixtures that every test may use."""

import logging
import os
from collections.abc import Iterator

import pytest
import structlog

# A development tool brings lxml, which openpyxl would use and a deployment does not have.
os.environ["OPENPYXL_LXML"] = "False"

pytest_plugins = ["tests.databases", "tests.sandbox.sample", "tests.sandbox.processes"]


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """Undo what a command did to logging: it writes to a stream that is closed with its test."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)
