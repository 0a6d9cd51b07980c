"""The wires: everything that touches a network. The only package that imports pandapower."""
