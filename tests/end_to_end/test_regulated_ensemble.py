"""Tap changers, suppression, curves and a compensator in one ensemble of a Japanese feeder: both engines agree."""

import numpy as np
import pytest

from cosim.results.folder import RunFolder
from cosim.run import RunOptions, run_scenario

MEMBERS = 3
SCENARIO = """\
name: regulated
time: {start: 2019-05-01T11:00, duration: PT1H, step: PT30M, timezone: Asia/Tokyo}
grid:
  library: jp-rural
  design: {low_voltage: lumped, pv: {penetration: 2.5, share_of_homes: 0.5}, svrs: {svr1: {at: s2}}}
  regulators:
    lrt: {trafo: bank, reference_v: 6600, delay_s: 60}
    svr1: {trafo: svr1, reference_v: 6500, delay_s: 90, compensation: {r_ohm: 0.8, x_ohm: 1.2}, reverse: cogeneration}
loads:
  all: {kind: network, scale: 0.1}
devices:
  homes: {kind: generation, network: true, type: pv-home, voltage_control: {kind: suppression, limit_v: 103}}
  others:
    kind: generation
    network: true
    type: pv-neighbour
    voltage_control: {kind: volt_var_watt, volt_var: category_b}
  svc: {kind: svc, bus: f1-n12, rating_kvar: 300}
ensemble:
  members: 3
  vary:
    loads.all.scale: {dist: list, values: [0.1, 0.4, 0.8]}
    grid.regulators.svr1.reference_v: {dist: list, values: [6400, 6500, 6700]}
"""


@pytest.fixture(scope="module")
def members(tmp_path_factory):
    """Rows of `members.parquet` by engine."""
    folder = tmp_path_factory.mktemp("regulated")
    file = folder / "regulated.cosim.yaml"
    file.write_text(SCENARIO, encoding="utf-8")

    def run(engine):
        options = RunOptions(out=folder / engine, quiet=True, report=False, engine=engine, members=MEMBERS)
        return RunFolder(run_scenario(str(file), options)).members()

    return {engine: run(engine) for engine in ("pgm", "pandapower")}


def test_both_engines_agree_per_member_with_every_regulator_in_play(members):
    ours, reference = members["pgm"], members["pandapower"]
    voltages = [name for name in ours.column_names if name.endswith(("vm_min_pu", "vm_max_pu"))]
    assert voltages
    for name in voltages:
        assert ours[name].to_numpy() == pytest.approx(reference[name].to_numpy(), abs=1e-6)
    for tap in ("regulator:lrt.tap_min", "regulator:svr1.tap_min", "regulator:svr1.tap_max"):
        assert np.array_equal(ours[tap], reference[tap])
    lost = "device:homes.curtailed_voltage_mwh"
    assert ours[lost].to_numpy() == pytest.approx(reference[lost].to_numpy(), abs=1e-6)


def test_every_regulator_is_in_play(members):
    ours = members["pgm"]
    assert (ours["device:homes.curtailed_voltage_mwh"].to_numpy() > 1e-3).any()
    assert len(set(ours["regulator:svr1.tap_max"].to_pylist())) > 1
