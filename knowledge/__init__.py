"""Answers from the supplier's own documents."""
