"""The browser chat in a real Chromium."""
