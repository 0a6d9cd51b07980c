"""Protection relays: devices with memory that open the breaker of what they protect against."""
