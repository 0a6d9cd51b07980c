"""A store that leaks in proportion to what it holds: the battery's cells and the hot-water tank, integrated exactly."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from grids.arrays import FloatArray

SECONDS_PER_HOUR = 3600.0


def rate_per_hour(lost_fraction: FloatArray, over_h: float) -> FloatArray:
    """Decay rate, 1/h, of a store that loses `lost_fraction` (0..1) of its content in `over_h` hours at rest."""
    return np.asarray(-np.log1p(-lost_fraction) / over_h)


@dataclass(frozen=True, slots=True)
class LeakyStore:
    """dE/dt = power - rate * E for constant power over a step, solved in closed form.

    Energy in MWh, power into the store in MW, rate in 1/h. One long step equals many short ones.
    """

    rate_per_h: FloatArray  # (members, 1)
    _known: dict[float, tuple[FloatArray, FloatArray]] = field(default_factory=dict, repr=False, compare=False)

    def after(self, energy_mwh: FloatArray, power_mw: FloatArray, dt_s: float) -> FloatArray:
        """Energy at the end of a step of constant power."""
        kept, gain_h = self._factors(dt_s)
        return np.asarray(energy_mwh * kept + power_mw * gain_h)

    def power_to(self, energy_mwh: FloatArray, target_mwh: FloatArray | float, dt_s: float) -> FloatArray:
        """Constant power that ends the step at `target_mwh`; what stands against the leak is included."""
        kept, gain_h = self._factors(dt_s)
        return np.asarray((target_mwh - energy_mwh * kept) / gain_h)

    def _factors(self, dt_s: float) -> tuple[FloatArray, FloatArray]:
        """Share of the content kept over a step, and hours a constant power counts for; a run has few step lengths."""
        factors = self._known.get(dt_s)
        if factors is None:
            factors = self._known[dt_s] = self._solve(dt_s)
        return factors

    def _solve(self, dt_s: float) -> tuple[FloatArray, FloatArray]:
        hours = dt_s / SECONDS_PER_HOUR
        exponent = self.rate_per_h * hours
        # (1 - exp(-x)) / x -> 1 as x -> 0; expm1 keeps the digits of small leaks
        shape = np.where(exponent > 0, -np.expm1(-exponent) / np.where(exponent > 0, exponent, 1.0), 1.0)
        return np.exp(-exponent), np.asarray(hours * shape)
