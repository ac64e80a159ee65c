"""Unit tests of the running program."""
