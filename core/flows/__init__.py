"""Commands to changes and replies, one file a flow."""
