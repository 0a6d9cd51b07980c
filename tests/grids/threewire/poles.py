"""Small networks with pole transformers for tests: pandapower network and the facts that go with it."""

import numpy as np
import pandapower

from grids.low_voltage import Customer, LowVoltageDepth, LowVoltageFacts, PoleTransformer, WireSegment

R_PERCENT, X_PERCENT, KVA = 1.7, 1.7, 30.0
STEP_PERCENT = 100.0 * 150.0 / 6600.0


def pole_fact(name, tap_v=6600.0, depth=LowVoltageDepth.FULL, **changes):
    below = depth is not LowVoltageDepth.EQUIVALENT
    values = {
        "name": name,
        "bus": f"{name}-hv",
        "lv_bus": f"{name}-lv" if below else None,
        "trafo": name if below else None,
        "sn_kva": KVA,
        "tap_v": tap_v,
        "drop_v": 6.0,
        "rise_v": 2.0,
        "peak_kw": 20.0,
        "pv_kw": 40.0,
    }
    return PoleTransformer(**(values | changes))


def feeder(poles=("p1", "p2"), customers=3, taps=None, depth=LowVoltageDepth.FULL, movable=(), ohm_per_km=None):
    """(net, facts): 6.6 kV source, 2 km a pole; behind each pole a main of 40 m stretches with one customer each.

    taps: pole -> position (+1 = 6750 V); movable: poles whose tap is in `index.tap`; the others have one position.
    """
    ohm = complex(0.497, 0.28) if ohm_per_km is None else ohm_per_km
    net = pandapower.create_empty_network(f_hz=50)
    last = pandapower.create_bus(net, 6.6, name="source")
    pandapower.create_ext_grid(net, last, name="source")
    facts, segments, people = [], [], []
    for pole in poles:
        hv = pandapower.create_bus(net, 6.6, name=f"{pole}-hv")
        _line(net, f"hv-{pole}", last, hv, 2.0, 0.313 + 0.377j)
        last = hv
        tap = (taps or {}).get(pole, 0)
        facts.append(pole_fact(pole, 6600.0 + 150.0 * tap, depth))
        if depth is LowVoltageDepth.EQUIVALENT:
            continue
        at = pandapower.create_bus(net, 0.21, name=f"{pole}-lv")
        _unit(net, pole, hv, at, tap, pole in movable)
        if depth is LowVoltageDepth.LUMPED:
            continue
        for k in range(customers):
            start = net.bus.at[at, "name"]
            there = pandapower.create_bus(net, 0.21, name=f"{pole}-c{k}")
            _line(net, f"{pole}-l{k}", at, there, 0.04, 2 * ohm)  # two wires of the loop
            one = 0.04 * ohm
            segments.append(WireSegment(f"{pole}-l{k}", start, f"{pole}-c{k}", one.real, one.imag))
            people.append(Customer(f"{pole}-c{k}", pole, f"{pole}-c{k}", 0.5, 0.5))
            at = there
    return net, LowVoltageFacts(depth, tuple(facts), tuple(segments), tuple(people))


def _line(net, name, start, end, km, ohm):
    pandapower.create_line_from_parameters(
        net, start, end, km, r_ohm_per_km=ohm.real, x_ohm_per_km=ohm.imag, c_nf_per_km=0, max_i_ka=0.3, name=name
    )


def _unit(net, name, hv, lv, tap, movable):
    pandapower.create_transformer_from_parameters(
        net,
        hv,
        lv,
        sn_mva=KVA / 1e3,
        vn_hv_kv=6.6,
        vn_lv_kv=0.21,
        vk_percent=float(np.hypot(R_PERCENT, X_PERCENT)),
        vkr_percent=R_PERCENT,
        pfe_kw=0,
        i0_percent=0,
        shift_degree=0,
        tap_side="hv",
        tap_neutral=0,
        tap_min=-3 if movable else tap,
        tap_max=1 if movable else tap,
        tap_pos=tap,
        tap_step_percent=STEP_PERCENT,
        tap_changer_type="Ratio",
        name=name,
    )
