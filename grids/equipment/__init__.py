"""Tables of Japanese distribution equipment: each row with units, source and certainty."""
