"""One module a channel, behind a shared contract."""
