"""Parts together, on real databases and servers."""
