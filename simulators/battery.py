"""Batteries for a plain mosaik scenario: `{"python": "simulators.battery:BatterySimulator"}`.

`create(n, "Battery", power_kw=5, capacity_kwh=10)`; in `P_set[MW]` (discharge positive), optional `P_actual[MW]`;
out `P[MW]`, `Q[MVar]`, `soc` (0..1, end of step), `loss[MW]`, `P_min[MW]`, `P_max[MW]` (what the next step could do).
"""

from __future__ import annotations

from typing import ClassVar

from simulators.hosted import ModelSimulator
from simulators.models.battery import Battery
from simulators.models.contract import DeviceSpec


class BatterySimulator(ModelSimulator):
    """Hosts `simulators.models.battery`; parameters are the fields of `BatteryParameters`."""

    spec: ClassVar[DeviceSpec] = Battery.spec
    model_name = "Battery"
