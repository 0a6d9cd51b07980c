"""A pandapower file of the user's: what of its static generators is taken over, what is said, what is refused."""

import pandapower as pp
import pytest

from cosim.errors import InputError
from cosim.run import RunOptions, build
from cosim.scenario.validation import load_scenario

SCENARIO = """
name: imported
time: { start: 2020-06-01T00:00, duration: PT1H, step: PT30M, timezone: Asia/Tokyo }
grid: { pandapower: net.json }
loads: { all: { kind: network } }
devices: { all: { kind: generation, network: true } }
"""


@pytest.fixture
def study_of(tmp_path):
    def build_from(p_mw: float, q_mvar: float):
        net = pp.create_empty_network()
        bank, end = (pp.create_bus(net, vn_kv=6.6, name=name) for name in ("bank", "end"))
        pp.create_ext_grid(net, bank, name="utility")
        pp.create_line_from_parameters(net, bank, end, 1.0, 0.3, 0.4, 0.0, 0.26, name="line")
        pp.create_load(net, end, 0.3, 0.1, name="village")
        pp.create_sgen(net, end, p_mw, q_mvar, name="mill")
        pp.to_json(net, str(tmp_path / "net.json"))
        file = tmp_path / "imported.cosim.yaml"
        file.write_text(SCENARIO, encoding="utf-8")
        return build(load_scenario(file), RunOptions())

    return build_from


def test_a_static_generator_comes_with_its_power_and_rating(study_of):
    study = study_of(0.2, 0.0)
    (device,) = study.devices
    assert device.parameters[0].power_kw == (200.0,)
    assert study.notes == ()


def test_reactive_power_that_is_not_taken_over_is_said(study_of):
    assert any("mill" in note and "not taken over" in note for note in study_of(0.2, 0.05).notes)


def test_a_static_generator_without_power_is_refused_by_name(study_of):
    with pytest.raises(InputError, match="mill"):
        study_of(0.0, 0.0)
