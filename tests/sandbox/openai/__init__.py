"""The parts of the stand-in for OpenAI; `tests.sandbox.openai_server` puts them together and tells how to use it."""
