"""WhatsApp through Twilio: what comes in (`signature`, `inbound`, `status`) and what goes out (`channel`)."""
