"""cosim: scenario in, verdict out. The study side; physics lives in `simulators`, wires in `grids`."""

__version__ = "0.1.0"
