"""The language model, where one is configured: `client.open_model` makes it. Any server that speaks OpenAI's API."""
