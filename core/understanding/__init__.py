"""Text to typed commands, and the doubts about them."""
