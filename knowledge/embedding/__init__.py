"""Embedders behind the port `knowledge.ports.Embedder`; each loads its library when it is first used."""
