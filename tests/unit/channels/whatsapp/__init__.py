"""WhatsApp through Twilio, with the real SDK against the stand-in."""
