"""Local servers that stand in for providers."""
