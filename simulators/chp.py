"""CHP plants (one engine, tank, boiler) for a plain mosaik scenario: `{"python": "simulators.chp:ChpSimulator"}`.

`create(n, "Chp", power_kw=25, fuel="lpg", tank_m3=6, boiler_kw=50)`; in `heat_demand[MW]`, `P_set[MW]` (0 = stop),
optional `heat_enabled`, `P_actual[MW]`, `energised`; out `P[MW]`, `on`, `tank_soc`, `heat_*[MW]`, `fuel[kg/h]` (LPG) or
`fuel[Nm3/h]` (city gas), `co2[kg/h]`, and the range of the next step.
"""

from __future__ import annotations

from typing import ClassVar

from simulators.hosted import ModelSimulator
from simulators.models.contract import DeviceSpec
from simulators.models.heat_plant import HeatPlant


class ChpSimulator(ModelSimulator):
    """Hosts `simulators.models.heat_plant`; parameters are the fields of `HeatPlantParameters`."""

    spec: ClassVar[DeviceSpec] = HeatPlant.spec
    model_name = "Chp"
