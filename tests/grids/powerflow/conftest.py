"""A small network to hang one kind of element on."""

import pandapower
import pytest


@pytest.fixture
def net():
    """110 kV source, a line, and three loaded buses of 110, 20 and 10 kV for whatever a test puts between them."""
    net = pandapower.create_empty_network(f_hz=60)
    for kv, name in ((110, "source"), (110, "hv"), (20, "mv"), (10, "lv")):
        pandapower.create_bus(net, vn_kv=kv, name=name)
    pandapower.create_ext_grid(net, 0, vm_pu=1.01, va_degree=20, name="grid")
    pandapower.create_line_from_parameters(net, 0, 1, 20, 0.06, 0.3, 9, 0.6, name="line")
    return net
