"""The parts of the stand-in for Twilio; `tests.sandbox.twilio_server` puts them together and tells how to use it."""
