"""Whole conversations, through the wire."""
