"""The input stage: publishes what drives the study from outside. All series are computed before the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulators.ports import PORTS, Role
from simulators.shell import Inputs, StageSimulator, model_meta
from simulators.sources.member_series import MemberSeries

DRIVER = "Driver"


@dataclass(frozen=True)
class DriverSeries:
    """What one entity publishes: port -> its series for every member."""

    subject: str
    ports: Mapping[str, MemberSeries]


class InputSimulator(StageSimulator):
    """Looks up row k of every series: (M, units), or (1, units) where all members share it."""

    def __init__(self) -> None:
        drivers = [port.name for port in PORTS.values() if port.role is Role.DRIVER]
        super().__init__({DRIVER: model_meta(drivers, ["series"])})
        self._series: dict[str, DriverSeries] = {}

    def add(self, model: str, **parameters: Any) -> str:
        """One entity for one `series`; its id is the subject."""
        series: DriverSeries = parameters["series"]
        for name, values in series.ports.items():
            if values.members not in (1, self.members):
                raise ValueError(f"{series.subject} {name}: {values.members} members, expected {self.members}")
        self._series[series.subject] = series
        self.values[series.subject] = {}
        return series.subject

    def advance(self, k: int, inputs: Inputs) -> None:
        """Publish row k of every series."""
        for eid, series in self._series.items():
            self.values[eid] = {name: values.row(k) for name, values in series.ports.items()}
