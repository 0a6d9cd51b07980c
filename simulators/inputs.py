"""The input stage: publishes what drives the study from outside. All series are computed before the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from grids.arrays import FloatArray
from simulators.ports import PORTS, Role
from simulators.shell import Inputs, StageSimulator, model_meta

DRIVER = "Driver"


@dataclass(frozen=True)
class DriverSeries:
    """What one entity publishes: port -> (K, units) values, one row a step, shared by all members."""

    subject: str
    ports: Mapping[str, FloatArray]


class InputSimulator(StageSimulator):
    """Looks up row k of every series; a (1, units) row broadcasts over the members."""

    def __init__(self) -> None:
        drivers = [port.name for port in PORTS.values() if port.role is Role.DRIVER]
        super().__init__({DRIVER: model_meta(drivers, ["series"])})
        self._series: dict[str, DriverSeries] = {}

    def add(self, model: str, **parameters: Any) -> str:
        """One entity for one `series`; its id is the subject."""
        series: DriverSeries = parameters["series"]
        for name, values in series.ports.items():
            if values.ndim != 2 or len(values) != self.axis.steps:
                raise ValueError(f"{series.subject} {name}: shape {values.shape}, expected ({self.axis.steps}, units)")
        self._series[series.subject] = series
        self.values[series.subject] = {}
        return series.subject

    def advance(self, k: int, inputs: Inputs) -> None:
        """Publish row k of every series."""
        for eid, series in self._series.items():
            self.values[eid] = {name: values[k : k + 1] for name, values in series.ports.items()}
