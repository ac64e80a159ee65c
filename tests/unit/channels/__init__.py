"""Channels alone."""
