"""What a device is: parameters, a state, and pure functions over arrays (members, units).

A model knows nothing of mosaik, calendars or the network. Its state is an immutable value that the shell keeps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import numpy as np

from grids.arrays import BoolArray, FloatArray, IntArray
from grids.parameters import Parameters
from simulators.ports import ENERGISED, P_ACTUAL

S = TypeVar("S")
Outputs = Mapping[str, FloatArray | BoolArray | IntArray]


@dataclass(frozen=True, slots=True)
class Range:
    """Injection possible over the coming step, each (M, units), MW.

    `on_min_mw` > 0 marks a semi-continuous unit: it gives 0 or between `on_min_mw` and `max_mw`. A unit that must
    run has `min_mw` = `on_min_mw`; one that must stay off has `max_mw` = 0.
    """

    min_mw: FloatArray
    max_mw: FloatArray
    on_min_mw: FloatArray


@dataclass(frozen=True, slots=True)
class Feedback:
    """What the grid made of the last request, each (M, units)."""

    p_mw: FloatArray
    q_mvar: FloatArray
    vm_pu: FloatArray
    energised: BoolArray
    reason: IntArray


@dataclass(frozen=True, slots=True)
class DeviceSpec:
    """The row that makes a device kind known: schema, ports and model in one place."""

    kind: str
    parameters: type[Parameters]
    model: type[Any]  # a Device
    drivers: tuple[str, ...]  # ports it reads from the input stage (simulators.ports)
    states: tuple[str, ...]  # ports with Role.STATE it publishes
    results: tuple[str, ...]  # ports with Role.RESULT it publishes
    role: str  # "source" (PV, wind), "storage", "engine": how balances and figures count it
    controllable: bool  # whether it takes P_set[MW]
    optional: tuple[str, ...] = ()  # drivers it can do without: left out, the port's `initial` counts
    feedback: tuple[str, ...] = (P_ACTUAL, ENERGISED)  # what its state follows of the last step; every wire costs
    inverter: bool = False  # whether it can take part in holding the voltage (`voltage_control`)


class Device(Protocol, Generic[S]):
    """A device model: `Model(parameters of each member, units)`; all arrays (members, units)."""

    spec: ClassVar[DeviceSpec]

    def __init__(self, parameters: Sequence[Any], units: int) -> None:
        """One parameter object per member; `initial(members)` gets their number."""
        ...

    def initial(self, members: int) -> S:
        """State before the first step; None = it keeps none, and `correct` has nothing to do."""
        ...

    def correct(self, state: S, feedback: Feedback, dt_s: float) -> S:
        """The state after the last step, once it is known what the grid really took over `dt_s`."""
        ...

    def range(self, state: S, drivers: Mapping[str, FloatArray], dt_s: float) -> Range:
        """What the coming step of `dt_s` could inject from `state`."""
        ...

    def states(self, state: S, drivers: Mapping[str, FloatArray], dt_s: float) -> Outputs:
        """State ports of the spec other than the range, as they stand before the coming step of `dt_s`.

        What belongs to the whole entry (a tank) is (members, 1): sum it as it is, never broadcast it first.
        """
        ...

    def step(
        self, state: S, drivers: Mapping[str, FloatArray], p_set_mw: FloatArray | None, dt_s: float
    ) -> tuple[S, Outputs]:
        """Advance by `dt_s`. `p_set_mw` None = no EMS has an opinion.

        Returns the end-of-step state (assuming the request is taken), `P[MW]`, `Q[MVar]` and the result ports of the
        spec. Result flows include what `correct` found out about the last step, so that their sums over time are
        exact: (corrected - published) energy over this step's length.
        """
        ...


def constant(values: FloatArray) -> FloatArray:
    """An array that is handed out again and again, so nobody may write into it."""
    values.setflags(write=False)
    return values


def ratings(given: float | Sequence[float] | None, units: int, name: str) -> FloatArray:
    """(units,) ratings given as one for all units or one a unit.

    Raises:
        ValueError: none is given, or their number is another.
    """
    if given is None:
        raise ValueError(f"{name} is missing: give the rated power, or take it from the network")
    each = np.atleast_1d(np.asarray(given, dtype=np.float64))
    if len(each) not in (1, units):
        raise ValueError(f"{name} has {len(each)} ratings for {units} units: give one, or one a unit")
    return np.array(np.broadcast_to(each, (units,)))


def member_array(parameters: Sequence[Parameters], name: str, scale: float = 1.0) -> FloatArray:
    """A parameter as a (M, 1) column, one row a member, times `scale` (unit conversion)."""
    return np.array([[float(getattr(member, name))] for member in parameters]) * scale
