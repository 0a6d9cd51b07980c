"""Strategies and arbitration as tables of facts; every number in kW and JPY/kWh."""

from dataclasses import replace

import numpy as np
import pytest

from grids.reasons import Reason
from simulators import ports
from simulators.ems.arbitrate import arbitrate
from simulators.ems.contract import GROUP, DeviceView, MeteringPoint, Observation, Priority, Proposal, Site
from simulators.ems.contract_cap import ContractCap, ContractCapSpec
from simulators.ems.engines import Plant, thresholds
from simulators.ems.export_cap import ExportCap, ExportCapSpec
from simulators.ems.heat_led import HeatLed
from simulators.ems.price_led import PriceLed
from simulators.ems.scope import build_strategy
from simulators.ems.self_consumption import SelfConsumption
from simulators.models.heat_parameters import HeatPlantParameters

KW = 1e-3


def site(at):
    """A metering point without devices."""
    return Site(at, {})


def source(name, available):
    """PV or wind that could give `available` kW."""
    none = np.zeros((1, 1))
    return DeviceView(name, "pv", "source", none, np.array([[available * KW]]), none, {})


def battery(name, charge, discharge):
    """A battery that can take `charge` and give `discharge` kW."""
    low, high = np.array([[-charge * KW]]), np.array([[discharge * KW]])
    return DeviceView(name, "battery", "storage", low, high, np.zeros((1, 1)), {ports.SOC: np.array([[0.5]])})


def plant(**changes):
    """What the EMS knows of Hioki's plant."""
    known = {"power_kw": 25, "fuel": "lpg", "tank_m3": 6, "boiler_kw": 200, "om_per_kwh": 2.5}
    return Plant.of([HeatPlantParameters(**known, **changes)])


def engine(name="chp", units=4, on=0, soc=0.5, room=1000.0, must=0):
    """Hioki's engines: 25 kW each, at least half load; `room` in kW of heat."""
    low = np.array([[12.5 * KW if unit < must else 0.0 for unit in range(units)]])
    states = {
        ports.ON: np.array([[float(unit < on) for unit in range(units)]]),
        ports.TANK_SOC: np.array([[soc]]),
        ports.HEAT_USEFUL: np.array([[room * KW]]),
    }
    shape = (1, units)
    return DeviceView(name, "heat-plant", "engine", low, np.full(shape, 25 * KW), np.full(shape, 12.5 * KW), states)


@pytest.fixture
def observe():
    """`observe(demand_kw, *devices, price=, fuel=, heat=, past_kwh=, left_min=)`."""

    def build(demand, *devices, price=15.0, fuel=7.03, heat=True, past_kwh=0.0, left_min=30, losses=0.0, planned=None):
        row = np.array
        signals = {ports.ENERGY_PRICE: row([price])}
        for view in devices:
            if view.role == "engine":
                signals[f"{view.name}.{ports.FUEL_PRICE}"] = row([fuel])
                signals[f"{view.name}.{ports.HEAT_ENABLED}"] = row([float(heat)])
        return Observation(
            k=0,
            t_s=0,
            dt_s=900,
            window_s=1800,
            window_left_s=60 * left_min,
            demand_mw=row([demand * KW]),
            losses_mw=row([losses * KW]),
            net_import_mw=row([0.0]),
            window_import_mwh=row([past_kwh * KW]),
            alive=row([True]),
            signals=signals,
            devices={view.name: view for view in devices},
            planned_mw={name: row([kw * KW]) for name, kw in (planned or {}).items()},
        )

    return build


def decide(observation, *strategies, cut_order=()):
    """kW per device, and the reasons."""
    proposals = [p for strategy in strategies for p in strategy.propose(observation, strategy.initial(1))[0]]
    decisions = arbitrate(observation, proposals, cut_order)
    return (
        {name: float(decision.p_set_mw.sum() / KW) for name, decision in decisions.items()},
        {name: int(decision.reason.max()) for name, decision in decisions.items()},
        next(float(decision.unmet_mw[0] / KW) for decision in decisions.values()),
    )


def kw_row(*values):
    return np.array(values) * KW


NO_EXPORT = ExportCap(kw_row(-10))


class TestExportCap:
    @pytest.mark.parametrize(
        ("demand", "available", "expected"),
        [(150, 100, 100), (150, 140, 140), (150, 145, 140), (93, 120, 83), (5, 120, 0)],
    )
    def test_pv_gives_no_more_than_demand_less_the_minimum_import(self, observe, demand, available, expected):
        kw, reason, _ = decide(observe(demand, source("pv", available)), NO_EXPORT)
        assert kw["pv"] == pytest.approx(expected)
        assert reason["pv"] == (Reason.EXPORT if expected < available else Reason.NONE)

    def test_what_nobody_can_cut_is_unmet(self, observe):
        _, _, unmet = decide(observe(5, source("pv", 120)), NO_EXPORT)
        assert unmet == pytest.approx(5.0)  # the import margin cannot be held: nothing left to cut

    def test_a_battery_takes_the_excess_before_pv_is_cut(self, observe):
        kw, reason, _ = decide(observe(93, source("pv", 120), battery("b", 30, 30)), NO_EXPORT)
        assert kw == {"pv": pytest.approx(113), "b": pytest.approx(-30)}
        assert reason["pv"] == Reason.EXPORT
        enough, reason, _ = decide(observe(93, source("pv", 120), battery("b", 50, 50)), NO_EXPORT)
        assert enough == {"pv": pytest.approx(120), "b": pytest.approx(-37)}
        assert reason["pv"] == Reason.NONE

    def test_the_stated_order_of_cut_holds(self, observe):
        run_all = Proposal("test", Priority.ECONOMICS, "chp", np.nan, np.nan, np.array([100 * KW]), Reason.NONE)

        class Full:
            def initial(self, members):
                return None

            def propose(self, observation, memory):
                return (run_all,), None

        seen = observe(150, source("pv", 80), engine())
        engines_first, _, _ = decide(seen, NO_EXPORT, Full(), cut_order=("chp", "pv"))
        pv_first, _, _ = decide(seen, NO_EXPORT, Full(), cut_order=("pv", "chp"))
        assert engines_first == {"pv": pytest.approx(80), "chp": pytest.approx(60)}
        assert pv_first == {"pv": pytest.approx(40), "chp": pytest.approx(100)}

    def test_it_takes_its_numbers_from_the_metering_point_unless_told(self):
        at = site(MeteringPoint("pcc", export_limit_kw=0, min_import_kw=10))
        assert build_strategy([ExportCapSpec(kind="export-cap")], at).limit_mw == pytest.approx([-0.010])
        own = ExportCapSpec(kind="export-cap", limit_kw=50, min_import_kw=0)
        assert build_strategy([own], at).limit_mw.tolist() == [0.05]
        with pytest.raises(ValueError, match="no limit"):
            build_strategy([ExportCapSpec(kind="export-cap")], site(MeteringPoint("pcc")))


class TestContractCap:
    """planner.md 5: 300 and 600 kW in one half hour keep a contract of 500 kW."""

    CAP = ContractCap(kw_row(500))

    def test_a_quiet_quarter_allows_a_busy_one(self, observe):
        kw, _, _ = decide(observe(600, battery("b", 300, 300), past_kwh=75, left_min=15), self.CAP)
        assert kw["b"] == pytest.approx(0)

    def test_two_busy_quarters_are_cut_to_the_mean(self, observe):
        kw, _, _ = decide(observe(600, battery("b", 300, 300), past_kwh=150, left_min=15), self.CAP)
        assert kw["b"] == pytest.approx(200)  # 600 - 400 that the window still allows

    def test_a_small_battery_leaves_the_rest_unmet(self, observe):
        kw, _, unmet = decide(observe(600, battery("b", 300, 50), past_kwh=150, left_min=15), self.CAP)
        assert kw["b"] == pytest.approx(50)
        assert unmet == pytest.approx(-150)

    def test_an_overspent_window_asks_for_no_import_and_never_for_export(self, observe):
        kw, _, _ = decide(observe(100, battery("b", 300, 300), past_kwh=260, left_min=15), self.CAP)
        assert kw["b"] == pytest.approx(100)

    def test_a_run_that_begins_inside_a_half_hour_has_the_budget_of_what_is_left(self, observe):
        whole = observe(600, battery("b", 300, 300), left_min=15)
        kw, _, _ = decide(replace(whole, window_s=900), self.CAP)
        assert kw["b"] == pytest.approx(100)

    def test_the_cap_is_never_below_a_peak_already_paid_for(self):
        spec = ContractCapSpec(kind="contract-cap", previous_max_kw=620)
        agreed = site(MeteringPoint("pcc", contract_kw=500))
        assert build_strategy([spec], agreed).limit_mw == pytest.approx([0.620])
        with pytest.raises(ValueError, match="no limit"):
            build_strategy([ContractCapSpec(kind="contract-cap")], site(MeteringPoint("pcc")))


class TestSelfConsumption:
    @pytest.mark.parametrize(
        ("demand", "pv", "expected"), [(100, 30, 50), (100, 80, 20), (50, 80, -30), (0, 200, -50), (60, 60, 0)]
    )
    def test_surplus_is_stored_and_demand_covered(self, observe, demand, pv, expected):
        seen = observe(demand, source("pv", pv), battery("b", 50, 50), planned={"pv": pv, "b": 0})
        kw, _, _ = decide(seen, SelfConsumption("b", kw_row(0)))
        assert kw["b"] == pytest.approx(expected)

    def test_a_generating_site_is_evened_out_at_its_aim(self, observe):
        seen = observe(0, source("wind", 900), battery("b", 500, 500), planned={"wind": 900, "b": 0})
        kw, _, _ = decide(seen, SelfConsumption("b", kw_row(600)))
        assert kw["b"] == pytest.approx(-300)


class TestPriceLed:
    """c_heat 11.07 and c_dump 23.49 JPY/kWh (planner.md section 4)."""

    LED = PriceLed("chp", np.array([0.8]), plant())

    def test_the_two_thresholds_are_those_of_the_planner(self):
        found = thresholds(plant(), np.array([7.03]))
        assert found.heat[0] == pytest.approx(11.07, abs=0.02)
        assert found.dump[0] == pytest.approx(23.49, abs=0.02)

    @pytest.mark.parametrize(
        ("price", "soc", "heat", "expected"),
        [
            (15.0, 0.5, True, 100),  # worth more than with heat of use
            (9.8, 0.5, True, 0),  # worth less
            (15.0, 0.9, True, 0),  # the tank does not ask
            (15.0, 0.5, False, 0),  # the bath is closed
            (57.0, 0.9, True, 100),  # worth more than with heat thrown away
            (57.0, 0.5, False, 100),
        ],
    )
    def test_engines_run_where_it_pays(self, observe, price, soc, heat, expected):
        kw, _, _ = decide(observe(500, engine(soc=soc), price=price, heat=heat), self.LED)
        assert kw["chp"] == pytest.approx(expected)

    def test_heat_that_fits_bounds_the_engines(self, observe):
        kw, _, _ = decide(observe(500, engine(room=20)), self.LED)
        assert kw["chp"] == pytest.approx(20 * 0.335 / 0.515)

    def test_dump_forbidden_stops_what_only_pays_with_dumping(self, observe):
        forbidden = PriceLed("chp", np.array([0.8]), plant(dump_allowed=False))
        kw, _, _ = decide(observe(500, engine(soc=0.9), price=57.0), forbidden)
        assert kw["chp"] == 0

    def test_dear_gas_stops_the_morning(self, observe):
        kw, _, _ = decide(observe(500, engine(), price=12.4, fuel=250 / 25.6), self.LED)
        assert kw["chp"] == 0

    def test_once_charging_the_tank_is_filled(self, observe):
        seen = observe(500, engine(soc=0.9))
        (proposal,), charging = self.LED.propose(seen, np.array([True]))
        assert charging[0]
        assert proposal.set_mw[0] == pytest.approx(0.1)
        _, stopped = self.LED.propose(observe(500, engine(soc=1.0)), np.array([True]))
        assert not stopped[0]


def heat_led(*, only_above_cost):
    return HeatLed("chp", np.array([0.5]), np.array([only_above_cost]), plant())


class TestHeatLed:
    def test_engines_follow_the_tank_whatever_electricity_is_worth(self, observe):
        led = heat_led(only_above_cost=False)
        low, _, _ = decide(observe(500, engine(soc=0.3), price=1.0), led)
        high, _, _ = decide(observe(500, engine(soc=0.6), price=1.0), led)
        assert (low["chp"], high["chp"]) == (pytest.approx(100), 0)

    def test_they_may_be_told_to_stand_still_below_cost(self, observe):
        led = heat_led(only_above_cost=True)
        kw, _, _ = decide(observe(500, engine(soc=0.3), price=1.0), led)
        assert kw["chp"] == 0


def test_a_higher_rung_bounds_what_a_lower_one_may_choose(observe):
    none = np.array([np.nan])
    order = Proposal("order", Priority.ORDER, "pv", none, np.array([40 * KW]), none, Reason.ORDER)
    wish = Proposal("wish", Priority.ECONOMICS, "pv", none, none, np.array([90 * KW]), Reason.NONE)
    decision = arbitrate(observe(0, source("pv", 100)), [wish, order])["pv"]
    assert decision.p_set_mw[0, 0] == pytest.approx(0.040)
    assert decision.reason[0, 0] == Reason.ORDER


def test_bounds_of_the_scope_never_move_a_device_out_of_its_range(observe):
    bound = Proposal(
        "cap", Priority.LIMIT, GROUP, np.array([-1.0]), np.array([-0.2]), np.array([np.nan]), Reason.EXPORT
    )
    seen = observe(50, source("pv", 100), battery("b", 20, 20), engine(on=1, must=1))
    decisions = arbitrate(seen, [bound])
    for name, view in seen.devices.items():
        assert np.all(decisions[name].p_set_mw >= view.min_mw - 1e-12), name
        assert np.all(decisions[name].p_set_mw <= view.max_mw + 1e-12), name
