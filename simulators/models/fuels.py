"""Fuels a heat plant may burn, on the lower heating value, in kg or Nm3; metered m3 and prices convert at the edge."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from simulators.ports import FUEL, FUEL_GAS

_MJ_PER_KWH = 3.6


class FuelName(StrEnum):
    """Fuels by the name a scenario uses."""

    LPG = "lpg"
    CITY_GAS = "city_gas"


@dataclass(frozen=True, slots=True)
class Fuel:
    """One fuel: the port its consumption goes to, energy and CO2 per unit of that port, metered gas volume."""

    port: str
    lhv_mj: float  # per kg or Nm3
    co2_kg: float  # per kg or Nm3
    unit: str
    units_per_m3: float  # kg (or Nm3) in one metered m3
    certainty: str

    @property
    def lhv_kwh(self) -> float:
        """Lower heating value in kWh per kg or Nm3."""
        return self.lhv_mj / _MJ_PER_KWH


FUELS: dict[FuelName, Fuel] = {
    # 46.1 MJ/kg x 2.0 kg/m3 = 25.6 kWh/m3: 180 JPY/m3 = 90 JPY/kg = 7.03 JPY/kWh, as planner.md section 4 counts
    FuelName.LPG: Fuel(FUEL, 46.1, 3.00, "kg", 2.0, "assumed: LHV facts.md 5.1 [U]; sourced: CO2 facts.md 5.1 [W69]"),
    FuelName.CITY_GAS: Fuel(
        FUEL_GAS, 40.6, 2.23, "Nm3", 1.0, "assumed: LHV facts.md 5.1 [U]; sourced: CO2 facts.md 5.1 [W69]"
    ),
}
