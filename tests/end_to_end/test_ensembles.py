"""Ensembles as a user runs them: a member among others is the member alone, failures stay where they are."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from cosim.errors import SimulationError
from cosim.results.folder import RunFolder
from cosim.run import RunOptions, build, execute
from cosim.scenario.validation import load_scenario
from grids.powerflow import pgm_engine
from grids.powerflow.pgm_input import PgmInput

TOWN = """
name: town
time: { start: 2020-04-20T00:00, duration: P1D, step: PT15M, timezone: Asia/Tokyo }
location: { latitude_deg: 31.63, longitude_deg: 130.40, altitude_m: 100 }
grid:
  tables:
    frequency_hz: 60
    buses: { utility: { vn_kv: 66 }, bank: { vn_kv: 6.6 }, pcc: { vn_kv: 6.6 }, site: &b { vn_kv: 6.6 }, far: *b }
    sources: { utility: { bus: utility } }
    trafos:
      bank:
        { hv: utility, lv: bank, sn_kva: 3000, vn_hv_kv: 66, vn_lv_kv: 6.6, vk_percent: 7, vkr_percent: 0.5,
          shift_degree: 30, tap: { side: hv, min: -5, max: 5, step_percent: 1.5, pos: -2 } }
    switches:
      breaker: { bus: bank, to_bus: pcc }
      sectioner: { bus: bank, line: trunk }
      tie: { bus: site, line: tie, closed: false }
    lines:
      cable:
        { from: pcc, to: site, length_km: 1.5, r_ohm_per_km: 0.4, x_ohm_per_km: 0.12, c_nf_per_km: 300, max_i_ka: 0.2 }
      trunk: { from: bank, to: far, length_km: 2, r_ohm_per_km: 0.3, x_ohm_per_km: 0.3, max_i_ka: 0.3 }
      tie: { from: far, to: site, length_km: 1, r_ohm_per_km: 0.3, x_ohm_per_km: 0.3, max_i_ka: 0.3 }
sections: { site: { contains: [site], wires: premises, operator: us, owner: us } }
boundaries: { pcc: { into: site, at: ["switch:breaker@from"], kind: pcc, export_limit_kw: 200 } }
loads:
  school:
    { bus: site, peak_kw: 150, profile: { kind: daily, days: { any: { "00:00": 0.3, "08:00": 1, "17:00": 0.5 } } } }
  village:
    { bus: far, peak_kw: 400, noise: { sigma: 0.2 },
      profile: { kind: daily, days: { any: { "00:00": 0.4, "07:00": 0.8, "18:00": 1 } } } }
devices:
  roof: { kind: pv, bus: site, power_kw: 300 }
  wind: { kind: generation, bus: far, power_kw: 200, profile: { kind: constant, value: 0.4, unit: pu } }
  baths:
    { kind: heat-plant, bus: site, count: 2, power_kw: 25, fuel: lpg, electrical_efficiency: 0.335,
      thermal_efficiency: 0.515, min_load_percent: 50, tank_m3: 4, boiler_kw: 100, dump_allowed: true,
      heat_demand: { kind: constant, value: 40, unit: kW } }
  cells: { kind: battery, bus: site, power_kw: 80, capacity_kwh: 200 }
weather: { kind: synthetic, seed: 1 }
market:
  spot:
    { kind: daily, days: { any: { "00:00": 8, "08:00": 20, "10:00": 6, "16:00": 25, "21:00": 10 } }, unit: JPY/kWh }
  tariff: { energy: { kind: spot-indexed, loss_percent: 3, wheeling_per_kwh: 2.6 } }
  fuels: { lpg: { per_m3: 180 } }
ems:
  site:
    at: pcc
    strategies:
      - { kind: export-cap }
      - { kind: price-led, device: baths, start_below_soc: 0.8 }
      - { kind: self-consumption, device: cells }
ensemble:
  members: 6
  seed: 3
  vary:
    devices.roof.power_kw: { dist: uniform, low: 100, high: 400 }
    devices.roof.tilt_deg: { dist: uniform, low: 5, high: 40 }
    devices.cells.capacity_kwh: { dist: lognormal, median: 200, sigma: 0.3 }
    devices.baths.min_load_percent: { dist: choice, values: [40, 50, 60] }
    devices.wind.power_kw: { dist: triangular, low: 100, mode: 200, high: 300 }
    loads.village.noise.sigma: { dist: uniform, low: 0.05, high: 0.3 }
    loads.school.peak_kw: { dist: normal, mean: 150, sd: 20, low: 50 }
    ems.site.strategies.1.start_below_soc: { dist: uniform, low: 0.5, high: 0.95 }
    market.fuels.lpg.per_m3: { dist: uniform, low: 120, high: 250 }
    weather.seed: { dist: range, start: 1, stop: 99 }
    grid.tables.switches.tie.closed: { dist: list, values: [true, false] }
    time.offset_days: { dist: uniform, low: 0, high: 364 }
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """`town(text changes, **options)` -> run folder."""
    base = tmp_path_factory.mktemp("town")

    def go(*changes, sets=(), **options):
        text = TOWN
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        folder = base / f"run-{len(list(base.iterdir()))}"
        folder.mkdir()
        file = folder / "town.cosim.yaml"
        file.write_text(text, encoding="utf-8")
        asked = RunOptions(sets=tuple(sets), quiet=True, report=False, **options)
        loaded = load_scenario(file, sets=asked.overrides)
        out = folder / "out"
        out.mkdir()
        execute(loaded, build(loaded, asked), out, asked)
        return RunFolder(out)

    return go


def members_of(run):
    return pq.read_table(run.path / "members.parquet").to_pandas().set_index("member")


@pytest.fixture(scope="module")
def six(town):
    return town(members=6, threads=1)


@pytest.mark.parametrize("member", [0, 3, 5])
def test_a_member_among_others_is_the_member_alone_to_the_bit(six, town, member):
    """Every device kind, noise, prices, weather, offsets, a switch and a tap off its neutral position in play."""
    together, alone = members_of(six), members_of(town(members=6, member=member))
    assert list(alone.index) == [member]
    common = [column for column in alone.columns if column in together.columns]
    assert len(common) > 80
    unequal = [
        name
        for name in common
        if not np.array_equal(alone.loc[member, name], together.loc[member, name], equal_nan=alone[name].dtype == float)
    ]
    assert unequal == []
    # a figure or finding that another member has and this one has not is empty or zero there
    for name in set(together.columns) - set(common):
        assert together.loc[member, name] == 0 or np.isnan(together.loc[member, name]), name


def test_neither_threads_nor_blocks_nor_companions_change_a_member(six, town, monkeypatch):
    monkeypatch.setattr(pgm_engine.PgmEngine.__init__, "__kwdefaults__", {"threads": 1, "block": 2})
    other = members_of(town(members=6, threads=2))
    assert members_of(six).equals(other)


def test_members_really_differ_and_switches_are_in_play(six):
    table = members_of(six)
    assert set(table["grid.tables.switches.tie.closed"]) == {True, False}
    for name in (
        "device:roof.generation_mwh",
        "device:cells.charge_mwh",
        "device:baths.generation_mwh",
        "boundary:pcc.energy_cost",
    ):
        assert table[name].nunique() > 3, name


FAILING = (
    "    time.offset_days: { dist: uniform, low: 0, high: 364 }",
    "    loads.village.scale: { dist: list, values: [1, 1, 200, 1] }",
)
VILLAGE = ("  village:\n    { bus: far, peak_kw: 400,", "  village:\n    { bus: far, scale: 1, peak_kw: 400,")


def test_a_member_without_solution_is_marked_and_the_others_are_untouched(town):
    healthy = (FAILING[0], FAILING[1].replace("200", "1"))
    failing, calm = town(FAILING, VILLAGE, members=4), town(healthy, VILLAGE, members=4)
    table, reference = members_of(failing), members_of(calm)
    others = [0, 1, 3]
    same = [name for name in reference.columns if name in table.columns and name != "loads.village.scale"]
    assert table.loc[others, same].equals(reference.loc[others, same])
    assert table.loc[2, "grid.failed_steps"] > 0
    assert (table.loc[others, "grid.failed_steps"] == 0).all()
    finding = next(f for f in failing.findings() if f["rule"] == "convergence")
    assert finding["members"] == 1
    assert finding["worst_member"] == 2
    first = failing.manifest["post_mortems"][0]
    assert first["member"] == 2
    assert finding["first"].startswith("2020-04-20T")
    assert 0.0 < first["collapse_factor"] < 1.0
    assert first["critical_bus"] == "far"
    assert first["mismatches"][0]["bus"] == "far"
    files = sorted(path.name for path in (failing.path / "failed").iterdir())
    name = f"step-{first['k']:06d}-member-2"
    assert files == [f"{name}-network.json", f"{name}.json"]
    assert (
        json.loads((failing.path / "failed" / f"{name}.json").read_text())["collapse_factor"]
        == first["collapse_factor"]
    )


def test_one_member_stops_at_its_first_step_without_solution_and_says_why(town):
    with pytest.raises(
        SimulationError, match=r"step 0 \(2020-04-20 00:00\) found no solution: the network carries 0\.\d+ times"
    ):
        town(VILLAGE, sets=["loads.village.scale=200"])


def test_an_island_without_source_is_a_finding_of_its_members_not_a_failure(town):
    island = (
        "    grid.tables.switches.tie.closed: { dist: list, values: [true, false] }",
        "    grid.tables.switches.sectioner.closed: { dist: list, values: [true, true, false] }",
    )
    run, calm = town(island, members=3), town((island[0], island[1].replace("false", "true")), members=3)
    finding = next(f for f in run.findings() if f["rule"] == "no-supply")
    assert finding["subject"] == "bus:far"
    assert finding["first"] == "2020-04-20T00:00:00+09:00"
    assert (finding["members"], finding["worst_member"], finding["hours"]) == (1, 2, 24.0)
    table, reference = members_of(run), members_of(calm)
    assert table["grid.failed_steps"].tolist() == [0, 0, 0]
    assert table["hours|no-supply|bus:far"].tolist() == [0, 0, 24]
    same = [name for name in reference.columns if name in table.columns and not name.startswith("grid.tables")]
    assert table.loc[[0, 1], same].equals(reference.loc[[0, 1], same])


def test_every_run_carries_its_certificate(six):
    check = six.manifest["cross_check"]
    assert check["samples"] == 27
    assert (check["engine"], check["reference"]) == ("pgm", "pandapower")
    assert check["max_abs_vm_pu"] < 1e-9
    assert check["passed"]


def test_a_run_whose_engines_disagree_has_failed(town, monkeypatch):
    right = PgmInput.tables

    def wrong(self, *given):
        tables = right(self, *given)
        tables["generic_branch"]["r1"] *= 1.3
        return tables

    monkeypatch.setattr(PgmInput, "tables", wrong)
    with pytest.raises(SimulationError, match="the cross-check failed"):
        town(("name: town", "name: wrong"))


def test_a_network_the_fast_engine_cannot_carry_is_solved_by_the_reference_and_said(tmp_path):
    import pandapower

    net = pandapower.create_empty_network()
    one, other = pandapower.create_bus(net, 20), pandapower.create_bus(net, 20)
    pandapower.create_ext_grid(net, one)
    pandapower.create_line_from_parameters(net, one, other, 1, 0.3, 0.3, 10, 0.3)
    pandapower.create_gen(net, other, 0.5, vm_pu=1.0, name="mill")
    pandapower.create_load(net, other, 1.0)
    pandapower.to_json(net, str(tmp_path / "net.json"))
    file = tmp_path / "imported.cosim.yaml"
    file.write_text(
        "name: imported\ntime: { start: 2020-06-01T00:00, duration: PT1H, step: PT30M, timezone: Asia/Tokyo }\n"
        "grid: { pandapower: net.json }\nloads: { all: { kind: network } }\n",
        encoding="utf-8",
    )
    study = build(load_scenario(file), RunOptions())
    assert study.feeder.engine.name == "pandapower"
    assert any("power-grid-model cannot carry gen 0 'mill' (PV bus)" in note for note in study.notes)
