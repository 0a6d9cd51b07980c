"""What relays see of a solved network: flows, voltages against nominal, the frequency of the source that feeds them."""

import numpy as np
import pytest

from grids.boundaries import BoundarySpec
from grids.feeder import Feeder
from grids.library.spec import TablesSpec
from grids.library.tables import build
from grids.normalise import normalise
from grids.powerflow.pandapower_engine import PandapowerEngine
from grids.protection.frequency import Frequencies, FrequencyEvent
from grids.protection.law import MANUAL, RelayKind, Settings
from grids.protection.relays import Protection, Relay, RelayPoint, nominal_kv
from grids.reasons import Reason
from grids.sections import SectionSpec, partition

LINE = {"length_km": 1, "r_ohm_per_km": 0.3, "x_ohm_per_km": 0.3, "max_i_ka": 0.3}
BUSES = ("bank", "pole", "home")


def feeder():
    """bank -one- pole -two- home; `pv` and `engine` at home, `roof` at the pole."""
    tables = {
        "frequency_hz": 60,
        "buses": {name: {"vn_kv": 6.6} for name in BUSES} | {"other": {"vn_kv": 6.6}},
        "lines": {"one": {"from": "bank", "to": "pole", **LINE}, "two": {"from": "pole", "to": "home", **LINE}},
        "switches": {"tie": {"bus": "other", "to_bus": "pole", "closed": False}},
        "sources": {"bank": {"bus": "bank", "vm_pu": 1.02}, "other": {"bus": "other"}},
    }
    grid = normalise(build(TablesSpec.model_validate(tables))).with_points(
        [("home", "home")], [("pv", "home"), ("engine", "home"), ("roof", "pole")]
    )
    parts, problems = partition(grid, [SectionSpec("S", ("home",))], [BoundarySpec("pcc", ("line:two@from",), "S")])
    assert problems == []
    return Feeder(grid, PandapowerEngine(grid), parts)


FEEDER = feeder()
BUS = {name: FEEDER.index.bus_position(name) for name in (*BUSES, "other")}
PV, ENGINE, ROOF = range(3)


def protection(*entries, events=(), blocked=False):
    """`entries` are (kind, place, setting, injections)."""
    points = [RelayPoint(kind, place, tuple(injections)) for kind, place, _, injections in entries]
    relays = [Relay(f"r{at}", point.kind, np.array([at]), ()) for at, point in enumerate(points)]
    values = np.array([[setting for _, _, setting, _ in entries]], dtype=float)
    own = Settings(values, np.ones_like(values), np.full(values.shape, blocked))
    waits = np.full(len(points), MANUAL)
    return Protection(FEEDER.index, FEEDER.partition, relays, points, own, waits, events)


def solved(pv=0.0, engine=0.0, roof=0.0, load=0.0, wires=None, blocked=None):
    """A step; every power MW, one a member or one for all."""
    members = max(np.size(pv), np.size(engine), np.size(roof), np.size(load))
    p = np.stack([np.broadcast_to(one, members) for one in (pv, engine, roof)], axis=1).astype(float)
    demand = np.broadcast_to(load, members).astype(float)[:, np.newaxis]
    state = FEEDER.initial(members) if wires is None else wires
    return FEEDER.step(state, p, p * 0.1, demand, demand * 0, blocked=blocked)


def did(relays, step, t_s=0.0, dt_s=900.0):
    return relays.after(relays.initial(step.result.converged.size), step, t_s, dt_s)


def test_power_relays_see_export_and_import_at_the_metering_point_in_kw():
    relays = protection((RelayKind.REVERSE_POWER, 0, 5, [PV]), (RelayKind.UNDER_POWER, 0, 6, [PV]))
    step = solved(pv=[0.1, 0.05], load=0.08)
    _, told = did(relays, step)
    assert told.measured == pytest.approx(step.boundary_p_mw[:, [0, 0]] * [-1000, 1000])
    assert told.measured[0, 0] == pytest.approx(20, abs=0.1)
    assert told.tripped.tolist() == [[True, True], [False, False]]
    assert told.margin[0] == pytest.approx([5 - told.measured[0, 0], told.measured[0, 1] - 6])


def test_an_under_power_relay_rests_while_none_of_its_devices_gives_power():
    relays = protection((RelayKind.UNDER_POWER, 0, 6, [PV]))
    for pv, engine, tripped in ((0.0, 0.0, False), (0.001, 0.0, True), (0.0, 0.004, False)):
        _, told = did(relays, solved(pv=pv, engine=engine, load=0.005))
        assert told.measured[0, 0] < 6
        assert told.tripped.item() is tripped


def test_a_power_relay_measures_nothing_across_a_dead_boundary():
    relays = protection((RelayKind.UNDER_POWER, 0, 6, [PV]), (RelayKind.UNDER_VOLTAGE, BUS["home"], 80, [ENGINE]))
    state = FEEDER.initial(1)
    dark = type(state)(type(state.wires)(**{
        **{name: getattr(state.wires, name) for name in ("closed", "in_service", "tap_pos", "source_vm_pu")},
        "source_on": np.zeros_like(state.wires.source_on),
    }))  # fmt: skip
    step = solved(pv=0.1, load=0.1, wires=dark)
    _, told = did(relays, step)
    assert told.measured.tolist() == [[0.0, 0.0]]
    assert told.live.tolist() == [[False, False]]
    assert told.tripped.tolist() == [[False, True]]  # an under-voltage relay opens in a dead grid


def test_voltage_is_in_percent_of_the_nominal_voltage():
    relays = protection(
        (RelayKind.OVER_VOLTAGE, BUS["bank"], 101, [PV]), (RelayKind.UNDER_VOLTAGE, BUS["home"], 101, [PV])
    )
    step = solved(load=1.0)
    _, told = did(relays, step)
    assert told.measured[0, 0] == pytest.approx(102.0)
    assert told.measured[0, 1] == pytest.approx(100 * step.result.vm_pu[0, BUS["home"]])
    assert told.tripped.tolist() == [[True, True]]


@pytest.mark.parametrize(
    ("vn_kv", "nominal"), [(0.21, 0.2), (0.105, 0.1), (0.2, 0.2), (0.1, 0.1), (6.6, 6.6), (0.4, 0.4), (0.415, 0.415)]
)
def test_a_base_of_210_volts_is_a_supply_of_200(vn_kv, nominal):
    # facts.md 2.5: OVR 230 V = 115 %, which on a base of 210 V is 1.095 pu
    assert nominal_kv(vn_kv) == nominal


def test_an_open_breaker_takes_its_own_units_off_and_no_others():
    relays = protection(
        (RelayKind.REVERSE_POWER, 0, 5, [PV, ENGINE]), (RelayKind.OVER_VOLTAGE, BUS["pole"], 150, [ROOF])
    )
    assert relays.blocked(relays.initial(2)) is None
    memory, _ = did(relays, solved(pv=[0.3, 0.0], load=0.1))
    off = relays.blocked(memory)
    assert off.tolist() == [[True, True, False], [False, False, False]]
    step = solved(pv=0.3, engine=[0.0, 0.1], roof=0.2, load=0.1, blocked=off)
    assert step.p_actual_mw.tolist() == [[0.0, 0.0, 0.2], [0.3, 0.1, 0.2]]
    assert step.q_actual_mvar[0].tolist() == [0.0, 0.0, pytest.approx(0.02)]
    # a unit that asked for nothing lost nothing
    assert step.injection_reason.tolist() == [[Reason.RELAY, 0, 0], [0, 0, 0]]
    assert step.boundary_p_mw[0, 0] == pytest.approx(0.1, abs=1e-3)


def test_two_relays_of_one_device_are_both_needed_closed():
    relays = protection((RelayKind.REVERSE_POWER, 0, 5, [PV]), (RelayKind.OVER_VOLTAGE, BUS["home"], 150, [PV, ENGINE]))
    memory, _ = did(relays, solved(pv=0.3))
    assert relays.blocked(memory).tolist() == [[True, False, False]]


def test_the_frequency_is_that_of_the_source_that_feeds_the_bus():
    events = [FrequencyEvent(900, 0, 61.5), FrequencyEvent(1800, 0, None), FrequencyEvent(1800, 1, 58.0)]
    relays = protection((RelayKind.OVER_FREQUENCY, BUS["home"], 61.2, [PV]),
                        (RelayKind.UNDER_FREQUENCY, BUS["other"], 58.8, [ROOF]), events=events)  # fmt: skip
    step = solved(load=0.1)
    seen = [did(relays, step, t_s)[1] for t_s in (0, 900, 1000, 1800)]
    assert [told.measured.tolist() for told in seen] == [[[60, 60]], [[61.5, 60]], [[61.5, 60]], [[60, 58]]]
    assert [told.tripped[0].tolist() for told in seen] == [[False, False], [True, False], [True, False], [False, True]]


def test_of_two_joined_sources_the_one_further_off_counts():
    index = FEEDER.index
    state = solved().state
    joined = type(state)(**{**{name: getattr(state, name) for name in state.__slots__},
                            "closed": np.ones_like(state.closed)})  # fmt: skip
    watched = Frequencies(index, np.array([BUS["home"]]), [FrequencyEvent(0, 0, 60.1), FrequencyEvent(0, 1, 59.0)])
    assert watched.at(0, state).tolist() == [[pytest.approx(60.1)]]
    assert watched.at(0, joined).tolist() == [[59.0]]
    assert watched.at(0, state).tolist() == [[pytest.approx(60.1)]]  # the wires changed back


def test_a_step_without_a_solution_measures_nothing():
    relays = protection((RelayKind.REVERSE_POWER, 0, 5, [PV]), (RelayKind.UNDER_VOLTAGE, BUS["home"], 80, [PV]))
    memory, told = did(relays, solved(pv=[0.3, 0.0], load=[0.0, 900.0]))
    assert np.isnan(told.measured[1]).all()
    assert memory.open.tolist() == [[True, False], [False, False]]
