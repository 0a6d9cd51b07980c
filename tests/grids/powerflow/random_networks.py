"""Random 66/20/0.4 kV networks: a tree with a ring, transformers with taps, switches, shunts, ZIP loads, dead parts."""

import numpy as np
import pandapower


def random_network(seed):
    """A network that converges, with something of everything."""
    random = np.random.default_rng(seed)
    net = pandapower.create_empty_network(f_hz=float(random.choice([50.0, 60.0])))
    top = pandapower.create_bus(net, 66.0, name="top")
    pandapower.create_ext_grid(net, top, vm_pu=random.uniform(0.98, 1.04))
    medium = [_trafo(net, random, top, 66.0, 20.0, 25.0, shift=30 * int(random.integers(0, 12)))]
    for _ in range(int(random.integers(3, 9))):
        medium.append(_extended(net, random, int(random.choice(medium)), 20.0, 0.4, 0.1))
    if len(medium) > 4:
        _line(net, random, medium[-1], medium[1], 0.4, 0.1)
    low = []
    for at in random.choice(medium, size=2, replace=False).tolist():
        low.append(_trafo(net, random, int(at), 20.0, 0.4, 0.4, shift=150))
        low.append(_extended(net, random, low[-1], 0.4, 0.2, 0.1))
    _equip(net, random, medium, 1.0)
    _equip(net, random, low, 0.02)
    _open_some(net, random)
    return net


def _extended(net, random, bus, vn_kv, r, x):
    """A bus behind a line or a bus-bus switch."""
    new = pandapower.create_bus(net, vn_kv)
    if random.random() < 0.25:
        pandapower.create_switch(net, bus, new, et="b", closed=True)
    else:
        _line(net, random, bus, new, r, x)
    return new


def _line(net, random, one, other, r, x):
    line = pandapower.create_line_from_parameters(
        net, one, other, random.uniform(0.3, 1.5), r, x, random.uniform(0, 300), 0.3,
        parallel=int(random.integers(1, 3)), g_us_per_km=random.choice([0.0, 5.0]),
    )  # fmt: skip
    if random.random() < 0.4:
        pandapower.create_switch(net, one, line, et="l", closed=True)
    return line


def _trafo(net, random, bus, high, low, sn_mva, shift):
    new = pandapower.create_bus(net, low)
    side = str(random.choice(["hv", "lv"]))
    trafo = pandapower.create_transformer_from_parameters(
        net, bus, new, sn_mva=sn_mva, vn_hv_kv=high * random.uniform(0.98, 1.02), vn_lv_kv=low, vkr_percent=0.8,
        vk_percent=random.uniform(4, 10), pfe_kw=sn_mva, i0_percent=0.3, shift_degree=shift, tap_side=side,
        tap_neutral=0, tap_min=-4, tap_max=4, tap_step_percent=1.25, tap_pos=int(random.integers(-2, 3)),
        tap_changer_type="Ratio", parallel=int(random.integers(1, 3)),
    )  # fmt: skip
    if random.random() < 0.5:
        pandapower.create_switch(net, bus, trafo, et="t", closed=True)
    return new


def _equip(net, random, buses, size_mw):
    for bus in buses:
        if random.random() < 0.8:
            shares = random.choice([0.0, 0.0, 30.0], size=4)
            pandapower.create_load(
                net, bus, size_mw * random.uniform(0.1, 1), size_mw * random.uniform(0, 0.4),
                const_z_p_percent=shares[0], const_i_p_percent=shares[1], const_z_q_percent=shares[2],
                const_i_q_percent=shares[3], scaling=random.uniform(0.5, 1.0),
            )  # fmt: skip
        if random.random() < 0.4:
            pandapower.create_sgen(net, bus, size_mw * random.uniform(0, 1.5), size_mw * random.uniform(-0.3, 0.3))
        if random.random() < 0.3:
            step = int(random.integers(1, 3))
            pandapower.create_shunt(net, bus, q_mvar=-size_mw * 0.2, p_mw=size_mw * 0.01, step=step)


def _open_some(net, random):
    """Open a switch now and then; what lies behind may be dead, and is so in every engine."""
    if len(net.switch) and random.random() < 0.6:
        net.switch.loc[int(random.choice(net.switch.index)), "closed"] = False
