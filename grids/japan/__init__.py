"""The parametric Japanese 6.6 kV feeder: presets, and how a design becomes a network."""
