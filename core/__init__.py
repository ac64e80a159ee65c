"""What decides: no input or output, and no import of a sibling."""
