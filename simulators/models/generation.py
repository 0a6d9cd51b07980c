"""Generation that follows a profile (wind, PV of an imported network): available power, a rating and a ceiling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from grids.arrays import FloatArray
from grids.parameters import Parameters, quantity
from simulators.models.contract import DeviceSpec, Feedback, Outputs, Range, constant, member_array, ratings
from simulators.models.delivery import below_ceiling, tangent
from simulators.ports import CUT_RATING, CUT_SET, P_AVAILABLE, P_MAX, P_MIN, P_ON_MIN, P, Q

KW_TO_MW = 1e-3
Rating = Annotated[float, Field(gt=0)]


class GenerationParameters(Parameters):
    """A profile-driven generator."""

    power_kw: Rating | tuple[Rating, ...] | None = quantity(
        None,
        unit="kW",
        description="Rated active power of one unit, or one figure a unit; left out only where a network brings it.",
        vary=True,
    )
    power_factor: float = quantity(
        1.0,
        unit="1",
        description="Constant power factor, absorbing reactive power (Q < 0); the rating holds for active power.",
        vary=True,
        certainty="assumed: 1.0",
        gt=0,
        le=1,
    )


class Generation:
    """P = min(available, rating, set-point), Q at constant power factor. It keeps no state."""

    spec: ClassVar[DeviceSpec]

    def __init__(self, parameters: Sequence[GenerationParameters], units: int) -> None:
        self._rating_mw = constant(
            np.vstack([ratings(member.power_kw, units, "power_kw") for member in parameters]) * KW_TO_MW
        )
        none = constant(np.zeros_like(self._rating_mw))
        self._range = Range(none, self._rating_mw, none)
        self._q_per_p = tangent(member_array(parameters, "power_factor"))

    def initial(self, members: int) -> None:
        """Nothing to remember."""

    def correct(self, state: None, feedback: Feedback, dt_s: float) -> None:
        """Nothing to correct."""

    def range(self, state: None, drivers: Mapping[str, FloatArray], dt_s: float) -> Range:
        """0 to the rating; how much of it there is, is the driver `P_available[MW]`."""
        return self._range

    def states(self, state: None, drivers: Mapping[str, FloatArray], dt_s: float) -> Outputs:
        """None of its own."""
        return {}

    def step(
        self, state: None, drivers: Mapping[str, FloatArray], p_set_mw: FloatArray | None, dt_s: float
    ) -> tuple[None, Outputs]:
        """Deliver what is available, within rating and set-point; below zero it is the plant's own use and flows in."""
        available = drivers[P_AVAILABLE]
        within_rating = np.minimum(available, self._rating_mw)
        p = below_ceiling(within_rating, p_set_mw)
        return None, {
            P: p,
            Q: np.asarray(0.0 - np.maximum(p, 0.0) * self._q_per_p),
            CUT_RATING: available - within_rating,
            CUT_SET: within_rating - p,
        }


Generation.spec = DeviceSpec(
    kind="generation",
    parameters=GenerationParameters,
    model=Generation,
    drivers=(P_AVAILABLE,),
    states=(P_MIN, P_MAX, P_ON_MIN),
    results=(CUT_RATING, CUT_SET),
    role="source",
    controllable=True,
    feedback=(),
    inverter=True,
)
