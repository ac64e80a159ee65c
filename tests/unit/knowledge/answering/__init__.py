"""Unit tests of how questions are answered from documents."""
