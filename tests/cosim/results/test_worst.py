"""The worst values: what counts, when and in whom, and what is remembered of the moment."""

from dataclasses import replace

import numpy as np
import pytest

from cosim.results.feeder_facts import NAME as FACTS
from cosim.results.feeder_facts import FeederFacts, read_feeder_facts, write_feeder_facts
from cosim.results.worst import Worst
from grids.low_voltage import Customer, LowVoltageDepth, LowVoltageFacts, PoleTransformer, WireSegment
from grids.regulators.spec import CompensationSpec, ScheduledReference, TapChangerSpec
from grids.supply import SupplyState
from simulators.sinks import join_steps

LV = 4  # position of the low-voltage bus of the toy network


def volts(**of_bus):
    vm_pu = [1.0, 1.0, 1.0, 1.0, 1.0]
    for name, value in of_bus.items():
        vm_pu[("up", "mid", "down", "end", "lv").index(name)] = value
    return vm_pu


def column(table, key, name):
    names = table.get("name") or table["subject"]
    return table[key][names.index(name)]


def test_extremes_come_with_their_moment(toy):
    steps = [{"vm_pu": volts(lv=value), "loading_percent": [load, 5, np.nan, np.nan]}
             for value, load in ((0.98, 30), (0.95, 10), (1.02, 60), (0.97, 20))]  # fmt: skip
    found = toy().feed(Worst(), steps).as_dict()
    bus, branch = found["bus"], found["branch"]
    assert column(bus, "vm_min_pu", "lv") == 0.95
    assert column(bus, "vm_min_at", "lv") == "2020-04-20T00:15:00+09:00"
    assert column(bus, "vm_max_pu", "lv") == 1.02
    assert column(bus, "vm_max_at", "lv") == "2020-04-20T00:30:00+09:00"
    assert column(branch, "loading_max_percent", "line:cable") == 60
    assert column(branch, "loading_max_at", "line:cable") == "2020-04-20T00:30:00+09:00"
    assert branch["subject"] == ["line:cable", "trafo:tr"]  # switches have no rating


def test_of_equal_values_the_first_one_is_named(toy):
    found = toy().feed(Worst(), [{}, {}, {}], size=2).as_dict()
    assert column(found["bus"], "vm_min_at", "lv") == "2020-04-20T00:00:00+09:00"


def test_the_worst_of_all_members_is_named_by_its_number(toy):
    made = toy(members=3)
    made.layout = replace(made.layout, numbers=np.array([10, 20, 30]))
    rows = np.ones((3, 5))
    rows[1, LV], rows[2, LV] = 0.93, 1.04
    found = made.feed(Worst(), [{}, {"vm_pu": rows}, {}]).as_dict()
    assert column(found["bus"], "vm_min_pu", "lv") == 0.93
    assert column(found["bus"], "vm_min_member", "lv") == 20
    assert column(found["bus"], "vm_max_member", "lv") == 30
    low = next(one for one in found["moments"] if (one["vn_kv"], one["end"]) == (0.21, "lowest"))
    assert (low["member"], low["subject"], low["at"]) == (20, "bus:lv", "2020-04-20T00:15:00+09:00")
    assert low["values"] == [1.0, 1.0, 1.0, 1.0, 0.93]


def test_what_is_dead_or_without_solution_does_not_count(toy):
    dead = {"vm_pu": volts(lv=0.0), "energised": [True, True, True, True, False]}
    found = toy().feed(Worst(), [{}, dead, {"converged": False}, {"vm_pu": volts(lv=0.99)}]).as_dict()
    assert column(found["bus"], "vm_min_pu", "lv") == 0.99
    assert column(found["bus"], "vm_min_pu", "up") == 1.0


def test_a_bus_that_never_lived_has_no_extreme(toy):
    dead = {"energised": [True, True, True, True, False]}
    found = toy().feed(Worst(), [dead, dead]).as_dict()
    assert np.isnan(column(found["bus"], "vm_min_pu", "lv"))
    assert column(found["bus"], "vm_min_at", "lv") is None
    assert 0.21 not in [one["vn_kv"] for one in found["moments"]]


@pytest.mark.parametrize("size", [1, 2, 5])
def test_it_does_not_matter_how_steps_are_cut_into_blocks(toy, size):
    draw = np.random.default_rng(1).uniform(0.95, 1.05, (7, 2, 5))
    steps = [{"vm_pu": rows, "loading_percent": 50 * rows[:, :4]} for rows in draw]
    made = toy(members=2, duration_s=7 * 900)
    assert made.feed(Worst(), steps, size).as_dict() == made.feed(Worst(), steps, 7).as_dict()


def test_a_moment_remembers_how_the_wires_stood(toy):
    steps = [{}, {"vm_pu": volts(end=0.9), "closed": [True, False]}, {}]
    low = next(
        one for one in toy().feed(Worst(), steps).as_dict()["moments"] if (one["vn_kv"], one["end"]) == (6.6, "lowest")
    )
    assert (low["subject"], low["open"], low["out"], low["sources"]) == ("bus:end", ["far"], [], ["utility"])


class _Supply:
    subjects = ("customer:a", "customer:b")
    buses = ("lv", "lv")


def supply_step(toy, legs_v, energised=(True, True), converged=(True, True)):
    legs = np.array([legs_v], dtype=float)
    state = SupplyState(legs, legs.sum(axis=2), np.array([energised]), np.array([converged]))
    return replace(toy.grid(), supply=state)


def test_legs_of_supply_points_are_kept_like_buses(toy):
    made, sink = toy(), Worst(_Supply())
    sink.open(made.layout)
    grids = [
        supply_step(made, [[101, 99], [103, 97]]),
        supply_step(made, [[102, 96], [50, 50]], energised=(True, False)),
        supply_step(made, [[106, 98], [999, 1]], converged=(True, False)),
    ]
    sink.write(join_steps(made.axis, 0, 1, [({},)] * 3, grids))
    found = sink.as_dict()
    assert found["supply"]["subject"] == ["customer:a", "customer:b"]
    assert found["supply"]["leg_min_v"] == [96.0, 97.0]
    assert found["supply"]["leg_max_v"] == [106.0, 103.0]
    assert found["supply"]["leg_max_at"][0] == "2020-04-20T00:30:00+09:00"
    low, high = (next(one for one in found["moments"] if (one["quantity"], one["end"]) == ("leg_v", end))
                 for end in ("lowest", "highest"))  # fmt: skip
    assert (low["subject"], low["vn_kv"], low["values"][0]) == ("customer:a", None, 96.0)
    assert np.isnan(low["values"][1])  # dead at that moment
    assert (high["subject"], high["values"][0]) == ("customer:a", 106.0)


def test_facts_of_the_feeder_come_back_as_they_were_written(tmp_path):
    pole = PoleTransformer("p1", "n1", "p1-lv", "p1", 50.0, 6600.0, 6.0, 2.0, 40.0, 20.0)
    facts = FeederFacts(
        LowVoltageFacts(
            LowVoltageDepth.FULL, (pole,), (WireSegment("m1", "p1-lv", "m1", 0.02, 0.01),),
            (Customer("c1", "p1", "m1", 0.5, 0.3),),
        ),
        {"svr": TapChangerSpec(
            trafo="svr", reference_v=6650, compensation=CompensationSpec(r_ohm=1.0, x_ohm=1.5),
            schedule=(ScheduledReference.model_validate({"from": "07:00", "reference_v": 6700}),),
        )},
    )  # fmt: skip
    write_feeder_facts(tmp_path, facts)
    assert read_feeder_facts(tmp_path) == facts


def test_nothing_known_leaves_no_file(tmp_path):
    write_feeder_facts(tmp_path, FeederFacts())
    assert not (tmp_path / FACTS).exists()
    assert read_feeder_facts(tmp_path) == FeederFacts()
