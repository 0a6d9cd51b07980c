"""The registry: cheap to import, ports that exist, and every model keeps the contract of its row."""

import subprocess
import sys

import numpy as np
import pytest

from grids.parameters import Parameters, unit_of
from simulators.hosted import FEEDBACK, RANGE, Hosted, initial_ports, published, taken
from simulators.models.battery import BatteryParameters
from simulators.models.generation import GenerationParameters
from simulators.models.heat_parameters import HeatPlantParameters
from simulators.models.pv import PvParameters
from simulators.models.registry import KINDS
from simulators.models.svc import SvcParameters
from simulators.ports import (
    ENERGISED,
    HEAT_DEMAND,
    HEAT_ENABLED,
    P_ACTUAL,
    P_AVAILABLE,
    P_SET,
    PORTS,
    TANK_SOC,
    P,
    Role,
)

EXAMPLES: dict[str, Parameters] = {
    "pv": PvParameters(power_kw=5),
    "battery": BatteryParameters(power_kw=5, capacity_kwh=10),
    "heat-plant": HeatPlantParameters(power_kw=25, fuel="lpg", tank_m3=6, boiler_kw=200),
    "generation": GenerationParameters(power_kw=1500),
    "svc": SvcParameters(),
}
DRIVERS = {P_AVAILABLE: 0.004, HEAT_DEMAND: 0.05, HEAT_ENABLED: 1.0}
PLANT_PORTS = {TANK_SOC, "tank[degC]", "fuel[kg/h]", "fuel[Nm3/h]", "co2[kg/h]"}


def driven(kind):
    return {name: np.array([[DRIVERS[name]]]) for name in KINDS[kind].drivers}


def test_the_registry_imports_nothing_heavy():
    code = "import sys, simulators.models.registry; print([m for m in sys.modules if m.split('.')[0] in %r])"
    heavy = ("pvlib", "pandas", "pandapower", "mosaik", "mosaik_api_v3", "scipy")
    done = subprocess.run([sys.executable, "-c", code % (heavy,)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_kind_has_an_example_here():
    assert set(EXAMPLES) == set(KINDS) == {"pv", "battery", "heat-plant", "generation", "svc"}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_ports_of_a_kind_exist_with_the_role_they_are_listed_under(kind):
    spec = KINDS[kind]
    assert spec.kind == kind
    assert {PORTS[name].role for name in spec.drivers} <= {Role.DRIVER}
    assert {PORTS[name].role for name in spec.states} == {Role.STATE}
    assert {PORTS[name].role for name in spec.results} <= {Role.RESULT}
    assert set(RANGE) <= set(spec.states)
    assert set(spec.optional) <= set(spec.drivers)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_parameter_has_a_description_and_every_default_a_mark_of_certainty(kind):
    for name, field in KINDS[kind].parameters.model_fields.items():
        assert field.description, name
        if isinstance(field.default, int | float) and not isinstance(field.default, bool):
            extra = field.json_schema_extra
            assert unit_of(field), name
            assert str(extra["certainty"]).split(":")[0] in {"sourced", "derived", "assumed"}, name


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_hosted_model_publishes_exactly_its_ports_with_one_row_a_member(kind):
    members, units = 3, 2
    device = Hosted(KINDS[kind], (EXAMPLES[kind],), units, members)
    out = device.advance(driven(kind) | {P_SET: np.full((1, units), 0.003)}, 900, None, 900)
    assert set(out) == set(published(KINDS[kind]))
    for name, values in out.items():
        plant = name in PLANT_PORTS or name.startswith("heat")
        assert values.shape == (members, 1 if plant else units), name
        assert np.all(np.isfinite(values)), name
        assert values.flags.c_contiguous, name


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_arrays_handed_out_are_never_written_again_and_inputs_never_at_all(kind):
    device = Hosted(KINDS[kind], (EXAMPLES[kind],), 2, 1)
    last, frozen = None, driven(kind) | {P_SET: np.full((1, 2), 0.003)}
    for k in range(4):
        given = dict(frozen)
        if last is not None:
            given |= {P_ACTUAL: last[P] * 0.5, ENERGISED: np.array([[True, k != 2]])}
        for values in given.values():
            values.setflags(write=False)
        out = device.advance(given, 900, None if last is None else 900, 900)
        for name, values in out.items():
            shared = last is not None and np.shares_memory(values, last[name])
            assert not shared or not values.flags.writeable, name  # what never changes is read-only
        for values in out.values():
            values.setflags(write=False)  # a model that writes into what it handed out raises from now on
        last = out


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_initial_ports_are_the_state_ports_before_the_first_step(kind):
    ports = initial_ports(KINDS[kind], (EXAMPLES[kind],), 2, 3, 900)
    assert set(ports) == set(KINDS[kind].states)
    assert all(len(values) == 3 for values in ports.values())


@pytest.mark.parametrize("kind", ["pv", "heat-plant", "generation"])
def test_a_missing_driver_is_named(kind):
    with pytest.raises(ValueError, match=r"nothing is connected to .*MW"):
        Hosted(KINDS[kind], (EXAMPLES[kind],), 1).advance({}, 900, None, 900)


def test_counts_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="2 parameter sets for 3 members"):
        Hosted(KINDS["battery"], (EXAMPLES["battery"],) * 2, 1, members=3)
    with pytest.raises(ValueError, match="0 units"):
        Hosted(KINDS["battery"], (EXAMPLES["battery"],), 0)


def test_every_taken_port_is_in_the_table():
    for spec in KINDS.values():
        assert set(taken(spec)) <= set(PORTS)
        assert set(spec.feedback) <= set(FEEDBACK)
        assert set(spec.feedback) <= set(taken(spec))
