"""Conversations with the draft that must stand after them."""
