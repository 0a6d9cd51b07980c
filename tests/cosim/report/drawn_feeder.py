"""A small 6.6 kV feeder for the drawings: written by pandapower, normalised, and with made-up worst values.

hv --bank-- head --l1-- n1 --l2-- n2 --l3-- n3,  n1 --l4-- n4,  n4 - - tie - - n3;  n2 --pole-- lv --main-- house
"""

import json
from functools import cache

import numpy as np
import pandapower as pp

from cosim.results.feeder_facts import FeederFacts, write_feeder_facts
from cosim.results.folder import WORST
from grids.low_voltage import LowVoltageDepth, LowVoltageFacts, PoleTransformer
from grids.normalise import normalise
from grids.regulators.spec import TapChangerSpec

BUSES = ("hv", "head", "n1", "n2", "n3", "n4", "lv", "house")
DEGREES = {"hv": (130.0, 32.0), "head": (130.0, 32.0), "n1": (130.01, 32.0), "n2": (130.02, 32.0),
           "n3": (130.02, 32.01), "n4": (130.01, 32.01), "lv": (130.0201, 32.0), "house": (130.0205, 32.0)}  # fmt: skip
LENGTHS = {"l1": 1.0, "l2": 1.5, "l3": 2.0, "l4": 0.7, "tie": 0.4, "main": 0.1}
MEMBER = 3


def network(*, geo=True, missing=()):
    """The pandapower network; buses `missing` have no coordinates."""
    net = pp.create_empty_network(f_hz=60)
    levels = {"hv": 66.0, "lv": 0.21, "house": 0.21}
    at = {}
    for name in BUSES:
        place = DEGREES[name] if geo and name not in missing else None
        at[name] = pp.create_bus(net, levels.get(name, 6.6), name=name, geodata=place)
    pp.create_ext_grid(net, at["hv"], name="grid")
    for name, hv, lv, sn, kv in (("bank", "hv", "head", 10.0, (66.0, 6.6)), ("pole", "n2", "lv", 0.05, (6.6, 0.21))):
        pp.create_transformer_from_parameters(
            net, at[hv], at[lv], sn_mva=sn, vn_hv_kv=kv[0], vn_lv_kv=kv[1], vkr_percent=0.5, vk_percent=7.5,
            pfe_kw=0, i0_percent=0, name=name, tap_side="hv", tap_neutral=0, tap_min=-5, tap_max=5,
            tap_step_percent=1.0, tap_pos=0, tap_changer_type="Ratio",
        )  # fmt: skip
    for name, (one, other) in {"l1": ("head", "n1"), "l2": ("n1", "n2"), "l3": ("n2", "n3"), "l4": ("n1", "n4"),
                               "tie": ("n4", "n3"), "main": ("lv", "house")}.items():  # fmt: skip
        line = pp.create_line_from_parameters(net, at[one], at[other], LENGTHS[name], 0.3, 0.3, 0, 0.3, name=name)
        if name == "tie":
            pp.create_switch(net, at["n3"], line, "l", closed=False, name="tie-switch")
        if name == "l2":
            pp.create_switch(net, at["n1"], line, "l", closed=True, name="s2")
    return net


@cache
def _usual_network():
    return pp.to_json(normalise(network()).net)


def facts(*taps, drop_v=6.0, rise_v=2.0, depth=LowVoltageDepth.EQUIVALENT):
    """Pole transformers at n1, n2, n3, n4 with these taps."""
    poles = tuple(
        PoleTransformer(f"p-{bus}", bus, None, None, 50.0, tap, drop_v, rise_v, 40.0, 20.0)
        for bus, tap in zip(("n1", "n2", "n3", "n4"), taps, strict=False)
    )
    return FeederFacts(LowVoltageFacts(depth, poles), {"lrt": TapChangerSpec(trafo="bank")})


def worst(low=None, high=None, loading=None, supply=None, tie_closed=False, members=1):
    """`worst.json`: every bus at 1 pu but for what is given; all of it at one moment each."""
    low = {**dict.fromkeys(BUSES, 1.0), **(low or {})}
    high = {**low, **(high or {})}
    ends = (("lowest", low, "2020-08-03T19:00:00+09:00"), ("highest", high, "2020-05-01T12:00:00+09:00"))
    member = MEMBER if members > 1 else 0
    found = {"bus": {"name": list(BUSES)}, "branch": {"subject": list(loading or {})}, "moments": []}
    for word, (_, values, at) in zip(("min", "max"), ends, strict=True):
        own = [values[name] for name in BUSES]
        found["bus"] |= {f"vm_{word}_pu": own, f"vm_{word}_at": [None if value is None else at for value in own],
                         f"vm_{word}_member": [member] * len(own)}  # fmt: skip
    found["branch"] |= {"loading_max_percent": list((loading or {}).values()),
                        "loading_max_at": [ends[0][2]] * len(loading or {}),
                        "loading_max_member": [member] * len(loading or {})}  # fmt: skip
    state = {"member": member, "open": [] if tie_closed else ["tie-switch"], "out": [], "sources": ["grid"]}
    for vn_kv, bus in ((66.0, "hv"), (6.6, "n3"), (0.21, "house")):
        for end, values, at in ends:
            found["moments"].append(state | {"quantity": "vm_pu", "vn_kv": vn_kv, "end": end, "subject": f"bus:{bus}",
                                             "at": at, "values": [values[name] for name in BUSES]})  # fmt: skip
    if supply:
        found["supply"] = {"subject": list(supply), "bus": [one[0] for one in supply.values()]}
        for word, place, (end, _, at) in zip(("min", "max"), (1, 2), ends, strict=True):
            own = [one[place] for one in supply.values()]
            found["supply"] |= {f"leg_{word}_v": own, f"leg_{word}_at": [at] * len(own),
                                f"leg_{word}_member": [member] * len(own)}  # fmt: skip
            found["moments"].append(state | {"quantity": "leg_v", "vn_kv": None, "end": end, "at": at, "values": own,
                                             "subject": next(iter(supply))})  # fmt: skip
    return found


def write(folder, *, net=None, values=None, known=None, limits=(), scenario=None, members=1):
    """A run folder with what the drawings read."""
    text = _usual_network() if net is None else pp.to_json(normalise(net).net)
    (folder / "grid.json").write_text(text, encoding="utf-8")
    (folder / WORST).write_text(json.dumps(worst() if values is None else values), encoding="utf-8")
    if known is not None:
        write_feeder_facts(folder, known)
    manifest = {"status": "complete", "members": members, "limits": list(limits)}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (folder / "scenario.yaml").write_text(json.dumps(scenario or {}), encoding="utf-8")
    return folder


def voltage_limit(*buses, lower=0.9048, upper=1.0190, rule="voltage-100v"):
    """A limit as the manifest has it."""
    return {
        "id": rule,
        "quantity": "vm_pu",
        "subjects": [f"bus:{bus}" for bus in buses],
        "lower": lower,
        "upper": upper,
    }


def points_of(trace):
    """(n, 2) coordinates of a trace; gaps are NaN."""
    return np.array([trace["x"], trace["y"]], dtype=float).T
