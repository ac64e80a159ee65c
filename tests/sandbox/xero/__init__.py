"""The parts of the stand-in for Xero; `tests.sandbox.xero_server` puts them together and tells how to use it."""
