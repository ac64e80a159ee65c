"""The running program: wiring, and everything with a side effect."""
