"""What plants cost beside the electricity bill: their fuel at its price, and upkeep per kWh generated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cosim.results.figures import Figure
from cosim.results.rows import add_steps
from grids.arrays import FloatArray
from simulators.models.fuels import FUELS
from simulators.ports import FUEL_PRICE
from simulators.sinks import Layout, StepBlock

if TYPE_CHECKING:
    from cosim.study import DeviceEntry

KWH_PER_MWH = 1000.0


class PlantCost:
    """Sink: fuel of every plant that has a fuel price (its boiler's included), and upkeep where one is given.

    Args:
        devices: every device of the study.
        currency: unit of the prices, as written in the scenario.
    """

    def __init__(self, devices: Sequence[DeviceEntry], currency: str) -> None:
        self._devices = [one for one in devices if getattr(one.parameters[0], "fuel", None) is not None]
        self._currency = currency
        self._upkeep = [np.array([getattr(p, "om_per_kwh", 0.0) for p in one.parameters]) for one in self._devices]

    def open(self, layout: Layout) -> None:
        """Start at nothing."""
        self._fuel = np.zeros((layout.members, len(self._devices)))
        self._generated = np.zeros((layout.members, len(self._devices)))  # kWh
        self._priced = [False] * len(self._devices)

    def write(self, block: StepBlock) -> None:
        """Add some steps."""
        if not self._devices:
            return
        shape = (block.steps, block.members)
        rates = [_fuel_rate(block, one, shape) for one in self._devices]
        self._priced = [rate is not None for rate in rates]
        zero = np.zeros(shape)
        fuel = np.stack([zero if rate is None else rate for rate in rates], axis=-1)
        power = np.maximum(block.grid.p_actual_mw, 0.0)
        generated = np.stack([block.by_step(power[:, list(one.points)].sum(axis=1)) for one in self._devices], axis=-1)
        hours = block.hours[:, np.newaxis, np.newaxis]
        self._fuel = add_steps(self._fuel, fuel * hours)
        self._generated = add_steps(self._generated, KWH_PER_MWH * generated * hours)

    def close(self, *, complete: bool) -> None:
        """Nothing to release."""

    def figures(self) -> list[Figure]:
        """`device:NAME.fuel_cost` and `.om_cost`, as far as they have a price."""
        found = []
        for at, device in enumerate(self._devices):
            if self._priced[at]:
                found.append(Figure(f"{device.subject}.fuel_cost", self._fuel[:, at], self._currency))
            if self._upkeep[at].any() and self._currency:
                cost = self._generated[:, at] * self._upkeep[at]
                found.append(Figure(f"{device.subject}.om_cost", cost, self._currency))
        return found


def _fuel_rate(block: StepBlock, device: DeviceEntry, shape: tuple[int, int]) -> FloatArray | None:
    """(T, M) what its fuel costs an hour: consumption x heating value x price; None without a price."""
    ports = block.ports.get(device.subject, {})
    if FUEL_PRICE not in ports:
        return None
    burnt = np.zeros(shape)
    for fuel in FUELS.values():
        if fuel.port in ports:
            given = ports[fuel.port]
            burnt = burnt + fuel.lhv_kwh * given.reshape(block.steps, -1, given.shape[1]).sum(axis=2)
    price = ports[FUEL_PRICE]
    return np.asarray(burnt * price.reshape(block.steps, -1, price.shape[1])[:, :, 0])
