"""Xero: the connection, and orders that become invoices there exactly once."""
