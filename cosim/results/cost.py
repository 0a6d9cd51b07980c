"""What the energy through metering points costs at the published price (energy only; bills are settlement's)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cosim.results.figures import Figure
from cosim.results.rows import add_steps, pick
from simulators.ports import ENERGY_PRICE
from simulators.sinks import Layout, StepBlock

KWH_PER_MWH = 1000.0


class EnergyCost:
    """Sink: import through each metering point times `energy_price`; without a price nothing.

    Args:
        boundaries: names of the metering points billed for their import.
        currency: unit of the price, as written in the scenario.
    """

    def __init__(self, boundaries: Sequence[str], currency: str) -> None:
        self._names = tuple(boundaries)
        self._currency = currency

    def open(self, layout: Layout) -> None:
        """Find the metering points; ValueError for one the study does not have."""
        unknown = sorted(set(self._names) - set(layout.boundaries))
        if unknown:
            raise ValueError(f"no boundary is called {', '.join(unknown)}: nothing to bill there")
        self._positions = np.array([layout.boundaries.index(name) for name in self._names], dtype=np.int64)
        self._cost = np.zeros((layout.members, len(self._names)))
        self._priced = False

    def write(self, block: StepBlock) -> None:
        """Add some steps; members that did not converge add nothing."""
        price = next((values[ENERGY_PRICE] for values in block.ports.values() if ENERGY_PRICE in values), None)
        if price is None or not len(self._names):
            return
        self._priced = True
        grid = block.grid
        imported = np.maximum(pick(grid.boundary_p_mw, self._positions), 0.0)
        imported = np.where(grid.result.converged[:, np.newaxis], imported, 0.0)
        # (T, M, 1), or (T, 1, 1) where the members share it
        price = price.reshape(block.steps, -1, 1)
        cost = block.by_step(imported) * price * (KWH_PER_MWH * block.dt_s / 3600.0)[:, np.newaxis, np.newaxis]
        self._cost = add_steps(self._cost, cost)

    def close(self, *, complete: bool) -> None:
        """Nothing to release."""

    def figures(self) -> list[Figure]:
        """`boundary:NAME.energy_cost` of every metering point."""
        if not self._priced:
            return []
        return [
            Figure(f"boundary:{name}.energy_cost", self._cost[:, at], self._currency)
            for at, name in enumerate(self._names)
        ]
