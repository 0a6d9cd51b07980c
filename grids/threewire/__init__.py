"""Single-phase three-wire low voltage (単相三線式): legs, neutral and 200 V of many mains at once."""
