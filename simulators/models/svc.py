"""A static var compensator: the grid stage sets its reactive power within each step; it has no active power."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from grids.arrays import FloatArray
from grids.parameters import quantity
from grids.regulators.control_spec import SvcSpec
from simulators.models.contract import DeviceSpec, Feedback, Outputs, Range, constant
from simulators.ports import P_MAX, P_MIN, P_ON_MIN, P, Q


class SvcParameters(SvcSpec):
    """A static var compensator (SVC, STATCOM) that follows the voltage at its bus."""

    rating_kvar: float = quantity(
        300.0,
        unit="kvar",
        description="Most reactive power, either way.",
        vary=True,
        certainty="sourced: facts.md 1.4 [W16]",
        gt=0,
    )

    @property
    def rating_kva(self) -> float:
        """The rating, as inverters have it."""
        return self.rating_kvar


class Svc:
    """Asks for nothing: what it gives follows from the voltage (grids.regulators.responses.Curve)."""

    spec: ClassVar[DeviceSpec]

    def __init__(self, parameters: Sequence[SvcParameters], units: int) -> None:
        self._none = constant(np.zeros((len(parameters), units)))
        self._range = Range(self._none, self._none, self._none)

    def initial(self, members: int) -> None:
        """Nothing to remember."""

    def correct(self, state: None, feedback: Feedback, dt_s: float) -> None:
        """Nothing to correct."""

    def range(self, state: None, drivers: Mapping[str, FloatArray], dt_s: float) -> Range:
        """No active power."""
        return self._range

    def states(self, state: None, drivers: Mapping[str, FloatArray], dt_s: float) -> Outputs:
        """None of its own."""
        return {}

    def step(
        self, state: None, drivers: Mapping[str, FloatArray], p_set_mw: FloatArray | None, dt_s: float
    ) -> tuple[None, Outputs]:
        """Nothing is asked for."""
        return None, {P: self._none, Q: self._none}


Svc.spec = DeviceSpec(
    kind="svc",
    parameters=SvcParameters,
    model=Svc,
    drivers=(),
    states=(P_MIN, P_MAX, P_ON_MIN),
    results=(),
    role="compensator",
    controllable=False,
    feedback=(),
)
