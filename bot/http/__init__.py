"""The HTTP edge: chat API, health, metrics, limits and authentication."""
