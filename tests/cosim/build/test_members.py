"""Many members of one study: each is, to the bit, what it would be alone, and reads its own dates."""

import resource

import numpy as np
import pytest

from cosim.errors import InputError
from grids.errors import GridError
from simulators.ports import DEMAND_CHARGE, ENERGY_PRICE, FUEL_PRICE, HEAT_ENABLED, P_AVAILABLE, P_LOAD, Q_LOAD

from .conftest import TOWN, VARY, everything, members

COUNT = 6


@pytest.fixture
def both(town):
    """The town of all members, and a way to build each of them alone."""
    loaded = town(VARY)
    return members(loaded, COUNT), lambda number: members(loaded, COUNT, number)


def test_every_driver_of_a_member_is_what_it_is_alone(both):
    together, alone = both
    rows = everything(together)
    shared = {key for key, values in rows.items() if values.shape[1] == 1}
    assert shared == {("market:main", DEMAND_CHARGE)}  # the same at all times
    for number in range(COUNT):
        for key, values in everything(alone(number)).items():
            assert np.array_equal(rows[key][:, number if key not in shared else 0], values[:, 0]), (number, key)


def test_parameters_switches_and_first_states_of_a_member_are_what_they_are_alone(both):
    together, alone = both
    wires = together.feeder.initial(COUNT).wires
    assert wires.closed[:, together.feeder.index.switch_position("tie")].tolist() == [False, True] * 3
    for number in range(COUNT):
        study = alone(number)
        assert np.array_equal(study.feeder.initial(1).wires.closed[0], wires.closed[number])
        for own, device in zip(study.devices, together.devices, strict=True):
            many = len(device.parameters) > 1
            assert own.parameters == (device.parameters[number if many else 0],), device.name
            for port, values in own.initial.items():
                assert np.array_equal(values[0], device.initial[port][number]), (device.name, port)
        for own, entity in zip(study.layout.entities, together.layout.entities, strict=True):
            held = np.broadcast_to(entity.storage_mwh, COUNT)[number]
            assert np.array_equal(own.storage_mwh, held, equal_nan=True)


def test_members_that_differ_in_nothing_share_parameters_and_rows(town):
    study = members(town(), 4)
    assert {len(device.parameters) for device in study.devices} == {1}
    rows = everything(study)
    noisy = {("load:homes", P_LOAD), ("load:homes", Q_LOAD), ("load:bath", P_LOAD), ("load:bath", Q_LOAD)}
    assert {key for key, values in rows.items() if values.shape[1] > 1} == noisy
    assert len(np.unique(rows["load:homes", P_LOAD][0])) == 4 * 3  # noise is every member's and unit's own


def test_a_member_added_leaves_the_others_alone(town):
    few, many = (everything(members(town(VARY), count)) for count in (3, 5))
    for key, values in few.items():
        own, others = (
            np.broadcast_to(rows, (96, count, values.shape[2])) for rows, count in ((values, 3), (many[key], 5))
        )
        assert np.array_equal(others[:, :3], own), key


# --- start offsets


def test_an_offset_reads_what_a_run_started_on_that_day_reads(town):
    later = everything(members(town(None, "time.offset_days=17")))
    there = everything(members(town(None, "time.start=2020-05-05T00:00")))  # a Tuesday and a holiday
    for key, values in there.items():
        assert np.array_equal(later[key], values), key
    assert not np.array_equal(later["load:bath", P_LOAD], everything(members(town()))["load:bath", P_LOAD])


def test_each_member_has_the_closed_days_and_prices_of_its_own_dates(town):
    vary = {"time.offset_days": {"dist": "list", "values": [0, 2, 3]}}  # Saturday, Monday, Tuesday
    rows = everything(members(town(vary), 3))
    enabled = rows["device:baths", HEAT_ENABLED][:48, :, 0]
    assert enabled.max(axis=0).tolist() == [1.0, 1.0, 0.0]  # closed on Tuesdays
    price = rows["market:main", ENERGY_PRICE][24, :, 0]  # at noon
    assert price * 0.96 == pytest.approx([5, 20, 20])


def test_a_file_that_ends_before_the_latest_member_is_refused_at_its_place(town):
    loaded = town({"time.offset_days": {"dist": "list", "values": [0, 257]}})
    members(loaded, 1)
    with pytest.raises(InputError) as caught:
        members(loaded, 2)
    (problem,) = caught.value.problems
    line = loaded.file.read_text(encoding="utf-8").splitlines()[problem.line - 1]
    assert "meter" in line
    assert problem.path == "loads.meter"
    assert "first missing moment 2021-01-01T00:00+09:00" in problem.message


def test_an_offset_beyond_a_file_is_refused_with_the_scenario(town):
    with pytest.raises(InputError, match=r"loads\.meter\.profile.*first missing moment 2021-01-01"):
        town(None, "time.offset_days=300")


def test_an_offset_needs_steps_of_one_length(town):
    outage = "events={off: {kind: source-off, subject: 'source:utility', at: PT10M, duration: PT1H}}"
    with pytest.raises(InputError, match=r"time\.offset_days"):
        members(town(None, "time.offset_days=1", outage))


# --- what is refused


def test_a_ring_of_closed_switches_names_the_member(town):
    closed = {"dist": "list", "values": [False, True]}
    vary = {f"grid.tables.switches.{name}.closed": closed for name in ("tie", "back")}
    vary["grid.tables.switches.back.closed"] = {"dist": "list", "values": [False, False, False, True]}
    members(town(vary), 3)
    with pytest.raises(GridError, match=r"member 3: closed bus-bus switches form a ring.*tie"):
        members(town(vary), 4)
    with pytest.raises(GridError, match="member 3: "):
        members(town(vary), 4, 3)


def test_profiles_that_do_not_fit_into_memory_are_refused_by_name(town):
    vary = {"devices.yard.tilt_deg": {"dist": "uniform", "low": 0, "high": 90}}
    year = ("time.start=2020-01-01T00:00", "time.duration=P360D", "time.step=PT1M")
    loaded = town(vary, *year, "loads.meter=null", "loads.bath=null", "devices.baths=null", "ems=null")
    with pytest.raises(InputError, match=r"devices\.yard.*500 members' own profiles of 518400 steps need 2\.1 GB"):
        members(loaded, 500)


def test_weather_that_does_not_fit_into_memory_is_refused_before_it_is_made(town):
    year = ("time.start=2020-01-01T00:00", "time.duration=P360D", "loads.meter=null")
    with pytest.raises(InputError, match=r"weather.*3000 members' own weather of 17280 steps need 2\.1 GB"):
        members(town({"weather.seed": {"dist": "range", "start": 0, "stop": 9999}}, *year), 3000)


# --- SimBench

VILLAGE = """
name: village
time: { start: 2016-12-28T00:00, duration: P2D, step: PT15M, timezone: Etc/GMT-1 }
grid: { simbench: 1-LV-rural1--0-sw }
loads: { all: { kind: network } }
devices: { all: { kind: generation, network: true } }
"""


def test_simbench_begins_again_after_its_year_and_says_so(town):
    later = members(town(None, "time.offset_days=3", text=VILLAGE))
    early = members(town(None, "time.start=2016-01-01T00:00", text=VILLAGE))
    first, second = everything(later), everything(early)
    for key, values in second.items():
        assert np.array_equal(first[key][96:], values[:96]), key  # 31 December, then 1 January again
    assert [note for note in later.notes if "begin" in note]
    assert not early.notes
    with pytest.raises(InputError, match="first missing moment"):
        members(town(None, "time.start=2016-12-31T00:00", text=VILLAGE))


def test_network_loads_and_generators_scale_and_vary_per_member(town):
    vary = {
        "loads.all.scale": {"dist": "list", "values": [1, 2, 2]},
        "loads.all.noise.sigma": {"dist": "list", "values": [0, 0, 0.2]},
        "devices.all.scale": {"dist": "list", "values": [1, 3, 0]},
    }
    study = members(town(vary, text=VILLAGE), 3)
    rows, plain = everything(study), everything(members(town(text=VILLAGE)))
    p, q = rows["load:all", P_LOAD], rows["load:all", Q_LOAD]
    assert np.array_equal(p[:, :1], plain["load:all", P_LOAD])
    assert np.array_equal(p[:, 1], 2 * p[:, 0])
    demand = p[:, 1] > 0
    noise = p[:, 2][demand] / p[:, 1][demand]
    assert len(np.unique(np.round(noise, 9))) > 0.4 * noise.size  # two quarter hours share a draw
    both = demand & (q[:, 1] != 0)
    assert (q[:, 2] / np.where(both, q[:, 1], 1))[both] == pytest.approx((p[:, 2] / np.where(both, p[:, 1], 1))[both])
    available = rows["device:all", P_AVAILABLE]
    assert np.array_equal(available[:, 1], 3 * available[:, 0])
    assert not available[:, 2].any()
    ratings = [np.sum(one.power_kw) for one in study.devices[0].parameters]
    assert ratings == pytest.approx([ratings[0], 3 * ratings[0], ratings[0]])  # more is built larger


def test_a_snapshot_network_holds_all_the_time_for_every_member(town, tmp_path):
    import pandapower as pp

    net = pp.create_empty_network()
    bank, end = (pp.create_bus(net, vn_kv=6.6, name=name) for name in ("bank", "end"))
    pp.create_ext_grid(net, bank, name="utility")
    pp.create_line_from_parameters(net, bank, end, 1.0, 0.3, 0.4, 0.0, 0.26, name="line")
    pp.create_load(net, end, 0.3, 0.1, name="village")
    pp.create_sgen(net, end, 0.2, 0.0, name="mill")
    pp.to_json(net, str(tmp_path / "net.json"))
    text = VILLAGE.replace("simbench: 1-LV-rural1--0-sw", "pandapower: net.json")
    rows = everything(members(town({"loads.all.scale": {"dist": "list", "values": [1, 0.5]}}, text=text), 2))
    assert rows["load:all", P_LOAD][100, :, 0] == pytest.approx([0.3, 0.15])
    assert rows["load:all", Q_LOAD][100, :, 0] == pytest.approx([0.1, 0.05])
    assert rows["device:all", P_AVAILABLE][100].tolist() == [[0.2]]


# --- size


def test_a_year_of_a_hundred_members_is_built_in_bounded_memory(town):
    vary = VARY | {"time.offset_days": {"dist": "uniform", "low": 0, "high": 300}}
    vary |= {"weather.seed": {"dist": "choice", "values": [1, 2]}}
    del vary["loads.meter.profile.peak_kw"]
    text = TOWN.replace(", period_min: 50", "")  # noise that crosses steps is made at once
    loaded = town(vary, "time.start=2020-01-01T00:00", "time.duration=P360D", "loads.meter=null", text=text)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    study = members(loaded, 100)
    for driver in study.drivers:
        for series in driver.ports.values():
            series.row(9000)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e3
    assert grown < 500  # MB; a table of all ports would be 100 x 17,280 x 25 x 8 bytes = 350 MB a copy


def test_prices_of_fuel_and_power_are_each_members_own(both):
    rows = everything(both[0])
    assert rows["device:baths", FUEL_PRICE][0, :, 0] == pytest.approx([120 / 25.6, 180 / 25.6] * 3, rel=1e-2)
    assert len(np.unique(rows["market:main", ENERGY_PRICE][0])) == COUNT
