"""Changes to the feeder of `conftest.py`: functions of the network that may return more facts about it."""

import math

import pandapower as pp

from grids.low_voltage import LowVoltageDepth, LowVoltageFacts, PoleTransformer
from grids.regulators.spec import TapChangerSpec
from tests.grids.validation.conftest import LINE, set_value


def put(table, name, column, value):
    return lambda net: set_value(net, table, name, column, value)


def both(*changes):
    def change(net):
        given = {}
        for one in changes:
            given |= one(net) or {}
        return given

    return change


def bus_of(net, name):
    return net.bus.index[net.bus["name"] == name][0]


def stray_bus(with_load):
    """A bus that nothing joins."""

    def change(net):
        bus = pp.create_bus(net, 6.6, name="stray")
        if with_load:
            pp.create_load(net, bus, 0.1, name="forgotten")

    return change


def lateral(vn_kv):
    """A bus with a load, and the line to it."""

    def change(net):
        bus = pp.create_bus(net, vn_kv, name="stray")
        pp.create_load(net, bus, 0.1, name="forgotten")
        pp.create_line_from_parameters(net, bus_of(net, "b1"), bus, 1.0, name="lateral", **LINE)

    return change


def second_line(net):
    """A second circuit beside the first."""
    pp.create_line_from_parameters(net, bus_of(net, "b0"), bus_of(net, "b1"), 2.0, name="double", **LINE)


def second_bank(net):
    """A second transformer beside the bank: no loop of the feeder."""
    net.trafo.loc[10] = net.trafo.loc[0]
    net.trafo.loc[10, "name"] = "bank 2"


def second_tie(closed):
    def change(net):
        set_value(net, "switch", "S1", "closed", value=False)
        set_value(net, "switch", "tie", "closed", value=True)
        pp.create_switch(net, bus_of(net, "b0"), bus_of(net, "b3"), et="b", closed=closed, name="tie 2")

    return change


def stated(**given):
    return lambda net: given


def regulators(**specs):
    return stated(regulators={name: TapChangerSpec(**spec) for name, spec in specs.items()})


def poles(**given):
    base = {"sn_kva": 30, "tap_v": 6600, "drop_v": 6, "rise_v": 2, "peak_kw": 20, "pv_kw": 0}
    one = PoleTransformer(**({"name": "p1", "bus": "b2", "lv_bus": None, "trafo": None} | base | given))
    return stated(low_voltage=LowVoltageFacts(LowVoltageDepth.EQUIVALENT, (one,)))


def island(*at, buses=("b2",)):
    return stated(sections={"village": list(buses)}, boundaries={"edge": (list(at), "village")})


def shared_names(net):
    set_value(net, "line", "second", "name", "first")


def between_taps(net):
    net.trafo["tap_pos"] = [0.5, 0.0, math.nan]


def r_over_x(ratio):
    return put("line", "first", "r_ohm_per_km", ratio * LINE["x_ohm_per_km"])


def tap_table(net, steps):
    """The bank takes its ratio from a table with these positions."""
    import pandas as pd

    net.trafo["tap_dependency_table"] = net.trafo["name"] == "bank"
    net.trafo["id_characteristic_table"] = pd.array([0, None, None], dtype="Int64")
    rows = [{"id_characteristic": 0, "step": step, "voltage_ratio": 1.0} for step in steps]
    net["trafo_characteristic_table"] = pd.DataFrame(rows)
