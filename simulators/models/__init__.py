"""Parameters and physics of the devices, one a file; imports neither mosaik nor pandapower."""
