"""Energy management: observation in, proposals out, one arbitration; one file a strategy."""
