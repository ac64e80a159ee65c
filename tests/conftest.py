"""Fixtures that every test may use."""

pytest_plugins = ["tests.databases", "tests.sandbox.sample", "tests.sandbox.processes"]
