"""Member k of an ensemble steps as if it were alone, to the bit: every device kind, and devices ruled by an EMS.

Members differ in parameters (some without tank, boiler or heat), drivers, set-points and dead grids.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from simulators import ports
from simulators.axis import TimeAxis
from simulators.devices import DEVICE, DeviceSimulator
from simulators.ems.contract import Controlled
from simulators.ems.contract_cap import ContractCapSpec
from simulators.ems.export_cap import ExportCapSpec
from simulators.ems.heat_led import HeatLedSpec
from simulators.ems.price_led import PriceLedSpec
from simulators.ems.scope import MeteringPoint, build_scope
from simulators.ems.self_consumption import SelfConsumptionSpec
from simulators.ems.shell import SCOPE, EmsSimulator
from simulators.hosted import Hosted, initial_ports
from simulators.models.battery import BatteryParameters
from simulators.models.generation import GenerationParameters
from simulators.models.heat_parameters import HeatPlantParameters
from simulators.models.pv import PvParameters
from simulators.models.registry import KINDS

MEMBERS = 9
DAY = TimeAxis.build(datetime(2020, 4, 20, tzinfo=ZoneInfo("Asia/Tokyo")), 86400, 900, extra_s=(1000, 40100, 80000))


def a_pv(rng, units):
    pcs_kva = rng.choice([None, float(rng.uniform(3, 40))])
    return PvParameters(power_kw=rng.uniform(5, 50), pcs_kva=pcs_kva, power_factor=rng.uniform(0.8, 1))


def a_battery(rng, units):
    low, first, high = np.sort(rng.uniform(0, 1, 3))
    return BatteryParameters(
        power_kw=rng.uniform(1, 60),
        capacity_kwh=rng.choice([rng.uniform(1e-3, 1), rng.uniform(5, 200)]),
        charge_efficiency=rng.uniform(0.6, 1),
        discharge_efficiency=rng.uniform(0.6, 1),
        soc_min=low,
        soc_initial=first,
        soc_max=high,
        self_discharge_percent_per_month=rng.choice([0.0, rng.uniform(0, 60)]),
        standby_w=rng.choice([0.0, rng.uniform(0, 300)]),
        power_factor=rng.uniform(0.8, 1),
    )


def a_heat_plant(rng, units):
    power_kw = rng.uniform(10, 60)
    return HeatPlantParameters(
        power_kw=power_kw,
        fuel="lpg",
        electrical_efficiency=rng.uniform(0.25, 0.4),
        thermal_efficiency=rng.choice([0.0, rng.uniform(0.3, 0.5)]),
        own_use_kw=rng.choice([0.0, 0.02 * power_kw]),
        min_load_percent=rng.uniform(20, 100),
        ramp_percent_per_min=rng.uniform(1, 30),
        start_min=rng.choice([0.0, 3.0, 25.0]),
        min_up_h=rng.uniform(0, 2),
        min_down_h=rng.uniform(0, 2),
        om_per_kwh=rng.uniform(0, 3),
        tank_m3=rng.choice([0.0, rng.uniform(0.5, 10)]),
        tank_loss_percent_per_h=rng.choice([0.0, rng.uniform(0, 5)]),
        tank_initial_soc=rng.uniform(0, 1),
        boiler_kw=rng.choice([0.0, rng.uniform(10, 100)]),
        dump_allowed=bool(rng.integers(2)),
    )


def a_generator(rng, units):
    power_kw = rng.choice([0, 1]) * rng.uniform(5, 50)
    return GenerationParameters(power_kw=power_kw or tuple(rng.uniform(5, 50, units)), power_factor=rng.uniform(0.8, 1))


ANY = {"pv": a_pv, "battery": a_battery, "heat-plant": a_heat_plant, "generation": a_generator}
SIZE = {ports.P_AVAILABLE: 0.04, ports.HEAT_DEMAND: 0.06}


def parameters_of(kind, rng, units, members=MEMBERS):
    return tuple(ANY[kind](rng, units) for _ in range(members))


def row_of(values, member):
    """What one member sees of a value that all share or each has its own."""
    return values if len(values) == 1 else np.ascontiguousarray(values[member : member + 1])


def drivers_of(kind, rng, units, rows):
    """One step of what drives a device; plant-wide ports have one column."""
    columns = {ports.P_AVAILABLE: int(rng.choice([1, units]))}
    given = {}
    for name in KINDS[kind].drivers:
        shape = (rows, columns.get(name, 1))
        enabled = name == ports.HEAT_ENABLED
        given[name] = rng.integers(0, 2, shape) * 1.0 if enabled else rng.uniform(-0.1, 1, shape) * SIZE[name]
    return given


def feedback_of(out, rng, members):
    """What the grid made of it: mostly all, now and then less, or a dead point."""
    p = out[ports.P]
    alive = rng.uniform(size=(members, 1)) > 0.1
    taken = np.where(rng.uniform(size=p.shape) < 0.1, 0.7, 1.0)
    energised = np.repeat(alive, p.shape[1], axis=1)
    return {
        ports.P_ACTUAL: np.where(energised, p * taken, 0.0),
        ports.Q_ACTUAL: np.where(energised, out[ports.Q], 0.0),
        ports.VM: energised * 1.0,
        ports.ENERGISED: energised,
        ports.REASON: np.zeros(p.shape, dtype=np.int64),
    }


def assert_same_bits(alone, together, member, what):
    assert set(alone) == set(together), what
    for name, values in alone.items():
        assert len(values) == 1, name
        assert np.ascontiguousarray(together[name][member]).tobytes() == values[0].tobytes(), (what, name, member)


@pytest.mark.parametrize("units", [1, 12])
@pytest.mark.parametrize("rows", [1, MEMBERS])
@pytest.mark.parametrize("kind", sorted(ANY))
def test_a_member_of_a_device_steps_as_if_alone(kind, rows, units):
    rng = np.random.default_rng([rows, units, len(kind)])
    parameters = parameters_of(kind, rng, units)
    together = Hosted(KINDS[kind], parameters, units, MEMBERS)
    alone = [Hosted(KINDS[kind], (own,), units) for own in parameters]
    seen, last_s = {}, None
    for _ in range(100):
        dt_s, next_s = rng.choice([900.0, 600.0, 60.0], 2)
        wish = rng.uniform(-0.06, 0.06, (MEMBERS, units))
        wish[rng.uniform(size=wish.shape) < 0.2] = np.nan
        given = drivers_of(kind, rng, units, rows) | {ports.P_SET: wish} | seen
        out = together.advance(given, dt_s, last_s, next_s)
        for member, one in enumerate(alone):
            own = {name: row_of(values, member) for name, values in given.items()}
            assert_same_bits(one.advance(own, dt_s, last_s, next_s), out, member, kind)
        seen, last_s = feedback_of(out, rng, MEMBERS), dt_s


@pytest.mark.parametrize("kind", sorted(ANY))
def test_one_parameter_set_for_all_equals_the_same_for_each(kind):
    rng = np.random.default_rng(5)
    (own,) = parameters_of(kind, rng, 2, members=1)
    shared, each = (Hosted(KINDS[kind], parameters, 2, 3) for parameters in ((own,), (own,) * 3))
    given = drivers_of(kind, rng, 2, 1) | {ports.P_SET: rng.uniform(0, 0.05, (3, 2))}
    first, second = (one.advance(given, 900.0, None, 900.0) for one in (shared, each))
    for name, values in first.items():
        assert values.tobytes() == second[name].tobytes(), name


UNITS = {"roofs": 10, "wind": 1, "plant": 4, "cells": 3}
KIND_OF = {"roofs": "pv", "wind": "generation", "plant": "heat-plant", "cells": "battery"}


class Site:
    """An EMS and its devices, stepped without a network: every metering point sees the sum of what is behind it."""

    def __init__(self, parameters, specs, members):
        self.members = members
        self.ems, self.devices = EmsSimulator(), DeviceSimulator()
        self.ems.init("Ems-0", axis=DAY, members=members)
        self.devices.init("Devices-0", axis=DAY, members=members)
        controlled = []
        self.state, self.actual = {}, {}
        for name, units in UNITS.items():
            spec, own = KINDS[KIND_OF[name]], parameters[name]
            self.devices.create(1, DEVICE, name=name, kind=spec.kind, parameters=own, units=units)
            controlled.append(Controlled(name, spec, units, own))
            self.state[name] = initial_ports(spec, own, units, members, float(DAY.dt_s[0]))
        scope = build_scope("site", MeteringPoint("pcc"), specs, ["houses"], controlled, ["cells"])
        self.ems.create(1, SCOPE, scope=scope)
        self.meter = {ports.BOUNDARY_P: 0.0, ports.LOSSES: 0.0, ports.ENERGISED: 1.0}

    def step(self, k, driven, alive):
        """Outputs by device of step k; `driven` = rows of this step by entity, `alive` (M, 1)."""
        inputs = {"ems:site": {port: {"Inputs-0.x": v} for port, v in driven["scope"].items()}}
        inputs["ems:site"] |= {port: {"Grid-0.boundary:pcc": v} for port, v in self.meter.items()}
        for name in UNITS:
            known = {port: self.state[name][port] for port in KINDS[KIND_OF[name]].states} | driven[name]
            inputs[f"device:{name}"] = {port: {"x": value} for port, value in known.items()}
        self.ems.step(int(DAY.edges[k]), inputs, 0)
        told = {}
        for name in UNITS:
            set_mw = self.ems.values[f"device:{name}"][ports.P_SET]
            own = driven[name] | {ports.P_SET: set_mw} | self.actual.get(name, {})
            told[f"device:{name}"] = {port: {"x": value} for port, value in own.items() if port != ports.FUEL_PRICE}
        self.devices.step(int(DAY.edges[k]), told, 0)
        return self._settle(driven, alive)

    def _settle(self, driven, alive):
        net = np.ascontiguousarray(driven["scope"][ports.P_LOAD]).sum(axis=1, keepdims=True)
        out = {}
        for name in UNITS:
            self.state[name] = now = self.devices.values[f"device:{name}"]
            p = np.where(alive, now[ports.P], 0.0)
            self.actual[name] = {ports.P_ACTUAL: p, ports.ENERGISED: np.repeat(alive, p.shape[1], axis=1)}
            for unit in range(p.shape[1]):
                net = net - p[:, unit : unit + 1]
            out[name] = {**now, **self.ems.values[f"device:{name}"]}
        self.meter = {
            ports.BOUNDARY_P: np.where(alive, net, 0.0),
            ports.LOSSES: np.abs(net) * 0.01,
            ports.ENERGISED: alive,
        }
        return out


def a_day(rng, rows):
    """Rows of every step, drawn before the run."""
    for hour in DAY.edges[:-1] / 3600:
        sun = max(np.sin((hour - 6) / 12 * np.pi), 0.0)
        price = 15 + 10 * np.sin(hour / 4)
        load = np.asfortranarray(rng.uniform(0, 0.02, (rows, 12)))  # a layout must not change a sum
        yield {
            "scope": {ports.P_LOAD: load, ports.ENERGY_PRICE: rng.uniform(0.7, 1.3, (rows, 1)) * price},
            "roofs": {ports.P_AVAILABLE: rng.uniform(0, 0.01, (rows, 1)) * sun},
            "wind": {ports.P_AVAILABLE: rng.uniform(-0.001, 0.05, (rows, 1))},
            "plant": {
                ports.HEAT_DEMAND: rng.uniform(0, 0.1, (rows, 1)),
                ports.HEAT_ENABLED: np.full((rows, 1), float(hour > 8)),
                ports.FUEL_PRICE: rng.uniform(5, 9, (rows, 1)),
            },
            "cells": {},
        }


def strategies_of(rng, members):
    """Per strategy its specs, one a member."""

    def each(make):
        return tuple(make() for _ in range(members))

    def led():
        costs = bool(rng.integers(2))
        return HeatLedSpec(kind="heat-led", device="plant", start_below_soc=rng.uniform(0.2, 1), only_above_cost=costs)

    return {
        "export-cap": each(lambda: ExportCapSpec(kind="export-cap", limit_kw=rng.uniform(0, 60), min_import_kw=0)),
        "contract-cap": each(lambda: ContractCapSpec(kind="contract-cap", limit_kw=rng.uniform(20, 120))),
        "price-led": each(lambda: PriceLedSpec(kind="price-led", device="plant", start_below_soc=rng.uniform(0.2, 1))),
        "heat-led": each(led),
        "self-consumption": each(
            lambda: SelfConsumptionSpec(kind="self-consumption", device="cells", net_export_kw=rng.uniform(0, 30))
        ),
    }


@pytest.mark.parametrize("rows", [1, MEMBERS])
@pytest.mark.parametrize(
    "used",
    [
        ("export-cap", "contract-cap", "price-led", "self-consumption"),
        ("self-consumption", "heat-led", "export-cap"),
        ("contract-cap",),
    ],
)
def test_a_member_of_a_site_runs_its_day_as_if_alone(used, rows):
    rng = np.random.default_rng(len(used) + rows)
    parameters = {name: parameters_of(KIND_OF[name], rng, units) for name, units in UNITS.items()}
    specs = strategies_of(rng, MEMBERS)
    together = Site(parameters, [specs[name] for name in used], MEMBERS)
    alone = [
        Site(
            {name: (own[member],) for name, own in parameters.items()},
            [(specs[name][member],) for name in used],
            1,
        )
        for member in range(MEMBERS)
    ]
    worked = set()
    for k, driven in enumerate(a_day(rng, rows)):
        alive = rng.uniform(size=(MEMBERS, 1)) > 0.03
        out = together.step(k, driven, alive)
        for member, one in enumerate(alone):
            own = {
                entity: {port: row_of(values, member) for port, values in given.items()}
                for entity, given in driven.items()
            }
            for name, values in one.step(k, own, alive[member : member + 1]).items():
                assert_same_bits(values, out[name], member, (k, name))
        worked |= {name for name, values in out.items() if np.any(values[ports.P] != 0.0)}
        worked |= {ports.SET_REASON for values in out.values() if np.any(values[ports.SET_REASON])}
    assert {"roofs", "wind", "cells"} <= worked  # else the day says nothing
    assert ("plant" in worked) == bool({"price-led", "heat-led", "contract-cap"} & set(used))
    assert (ports.SET_REASON in worked) == ("export-cap" in used)
