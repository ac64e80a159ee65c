"""Crashes, restarts and races."""
