"""Parameters of a combined heat and power plant (CHP, 熱電併給): gas engines, hot-water tank, back-up boiler."""

from __future__ import annotations

from pydantic import model_validator

from grids.parameters import Parameters, quantity
from simulators.models.fuels import FuelName

WATER_KWH_PER_M3_K = 4.186 / 3.6  # 1 m3 over 40 K = 46.5 kWh (facts.md 5.3)
CURVE_LOADS = (0.5, 0.75, 1.0)  # loads at which efficiencies are given


class HeatPlantParameters(Parameters):
    """`count` equal engines on one tank with one boiler. Efficiencies on the lower heating value."""

    power_kw: float = quantity(unit="kW", description="Rated electrical power of one engine.", vary=True, gt=0)
    fuel: FuelName = quantity(unit="", description="Fuel of engines and boiler: lpg (kg) or city_gas (Nm3).")
    electrical_efficiency: float = quantity(
        0.335,
        unit="1",
        description="Electrical efficiency at full load.",
        vary=True,
        certainty="assumed: facts.md 5.2, 25 kW class [U]",
        gt=0,
        lt=1,
    )
    thermal_efficiency: float = quantity(
        0.515,
        unit="1",
        description="Recovered heat per fuel at full load.",
        vary=True,
        certainty="assumed: facts.md 5.2, 25 kW class [U]",
        ge=0,
        lt=1,
    )
    electrical_ratio_75: float = quantity(
        0.97,
        unit="1",
        description="Electrical efficiency at 75 % load over that at full load.",
        certainty="assumed: facts.md 5.2 [U]",
        gt=0,
    )
    electrical_ratio_50: float = quantity(
        0.90,
        unit="1",
        description="Electrical efficiency at 50 % load over that at full load.",
        certainty="assumed: facts.md 5.2 [U]",
        gt=0,
    )
    thermal_ratio_75: float = quantity(
        1.02,
        unit="1",
        description="Thermal efficiency at 75 % load over that at full load.",
        certainty="assumed: facts.md 5.2, heat share rises 1-4 points at 50 % [U]",
        gt=0,
    )
    thermal_ratio_50: float = quantity(
        1.04,
        unit="1",
        description="Thermal efficiency at 50 % load over that at full load.",
        certainty="assumed: facts.md 5.2, heat share rises 1-4 points at 50 % [U]",
        gt=0,
    )
    own_use_kw: float = quantity(
        0.0,
        unit="kW",
        description="Own consumption of a running engine (pumps, fans), taken off its output.",
        certainty="assumed: counted in the efficiency; facts.md 5.2 gives 0.3-0.8 kW for 25 kW [U]",
        ge=0,
    )
    min_load_percent: float = quantity(
        50.0,
        unit="%",
        description="Smallest load of a running engine.",
        vary=True,
        certainty="assumed: facts.md 5.2 [U]",
        ge=10,
        le=100,
    )
    ramp_percent_per_min: float = quantity(
        20.0,
        unit="%/min",
        description="Fastest change of output, both ways, above minimum load; a stop is not ramped.",
        certainty="assumed: facts.md 5.2, 10-30 [U]",
        gt=0,
    )
    start_min: float = quantity(
        3.0,
        unit="min",
        description="From the order to start until it gives at least minimum load.",
        certainty="assumed: facts.md 5.2, 1-5 [U]",
        ge=0,
    )
    min_up_h: float = quantity(1.0, unit="h", description="Shortest run.", certainty="assumed: facts.md 5.2 [U]", ge=0)
    min_down_h: float = quantity(
        0.5, unit="h", description="Shortest stop.", certainty="assumed: facts.md 5.2 [U]", ge=0
    )
    om_per_kwh: float = quantity(
        0.0,
        unit="1/kWh",
        description="Upkeep per kWh generated, scenario currency.",
        vary=True,
        certainty="assumed",
        ge=0,
    )
    tank_m3: float = quantity(unit="m3", description="Hot-water volume of the plant; 0 = none.", vary=True, ge=0)
    tank_delta_k: float = quantity(
        40.0,
        unit="K",
        description="Usable temperature span of the tank.",
        vary=True,
        certainty="assumed: facts.md 5.3, 20-40 [U]",
        gt=0,
    )
    tank_cold_degc: float = quantity(
        40.0, unit="degC", description="Temperature of an empty tank (soc 0).", certainty="assumed: 80 degC full"
    )
    tank_loss_percent_per_h: float = quantity(
        1.0,
        unit="%/h",
        description="Share of its usable heat a resting tank loses in an hour.",
        vary=True,
        certainty="assumed: planner.md section 4",
        ge=0,
        lt=100,
    )
    tank_initial_soc: float = quantity(
        0.5, unit="1", description="Usable heat in the tank at the start.", vary=True, certainty="assumed", ge=0, le=1
    )
    boiler_kw: float = quantity(unit="kW", description="Heat output of the back-up boiler.", vary=True, ge=0)
    boiler_efficiency: float = quantity(
        0.87,
        unit="1",
        description="Heat per fuel of the boiler.",
        vary=True,
        certainty="assumed: planner.md section 4; facts.md 5.3 gives 0.85-0.95 [U]",
        gt=0,
        le=1,
    )
    dump_allowed: bool = quantity(
        True,
        unit="",
        description="Whether a radiator may throw engine heat away; if not, engines stop when heat finds no use.",
        certainty="assumed: planner.md section 4",
    )

    @property
    def tank_kwh(self) -> float:
        """Usable heat of a full tank."""
        return self.tank_m3 * self.tank_delta_k * WATER_KWH_PER_M3_K

    @property
    def electrical_efficiencies(self) -> tuple[float, float, float]:
        """At 50, 75 and 100 % load."""
        full = self.electrical_efficiency
        return full * self.electrical_ratio_50, full * self.electrical_ratio_75, full

    @property
    def thermal_efficiencies(self) -> tuple[float, float, float]:
        """At 50, 75 and 100 % load."""
        full = self.thermal_efficiency
        return full * self.thermal_ratio_50, full * self.thermal_ratio_75, full

    @model_validator(mode="after")
    def _possible(self) -> HeatPlantParameters:
        points = tuple(zip(CURVE_LOADS, self.electrical_efficiencies, self.thermal_efficiencies, strict=True))
        for load, electrical, thermal in points:
            if electrical + thermal > 1:
                raise ValueError(
                    f"electrical plus thermal efficiency at {load:.0%} load is {electrical + thermal:.3f}: above 1"
                )
        fuel = [load / electrical for load, electrical, _ in points]
        heat = [burnt * thermal for burnt, (_, _, thermal) in zip(fuel, points, strict=True)]
        if not fuel[0] < fuel[1] < fuel[2]:
            raise ValueError("the electrical ratios make fuel fall as load rises: check electrical_ratio_75 and _50")
        if self.thermal_efficiency > 0 and not heat[0] < heat[1] < heat[2]:
            raise ValueError("the thermal ratios make heat fall as load rises: check thermal_ratio_75 and _50")
        least_kw = self.power_kw * self.min_load_percent / 100
        if self.own_use_kw >= least_kw:
            raise ValueError(f"own_use_kw {self.own_use_kw:g} is not below minimum load ({least_kw:g} kW)")
        return self
