"""What holds voltages inside a step: tap changers with delay and memory, inverter control, static var compensators."""
