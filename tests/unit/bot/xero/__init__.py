"""Unit tests of the Xero integration."""
