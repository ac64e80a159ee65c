"""The optional lane: the model client on a real small model (`make test-llm`). It proves the wire, not the quality."""
