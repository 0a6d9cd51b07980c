"""What an inverter delivers of what is available: rating, power factor, then set-point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grids.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class Delivery:
    """Injection and what was cut, MW and MVar, (members, units); available = p + the three cuts."""

    p_mw: FloatArray
    q_mvar: FloatArray
    cut_rating_mw: FloatArray  # above the kVA rating
    cut_voltage_mw: FloatArray  # given up within the kVA rating so that the power factor holds
    cut_set_mw: FloatArray  # held back by the set-point


def tangent(power_factor: FloatArray) -> FloatArray:
    """Q over P of a power factor."""
    return np.asarray(np.sqrt(1.0 - power_factor**2) / power_factor)


def below_ceiling(p_mw: FloatArray, p_set_mw: FloatArray | None) -> FloatArray:
    """A source's power under its set-point, taken as at least 0; without one (None or NaN) it gives all it has."""
    # fmin passes over NaN
    return p_mw if p_set_mw is None else np.fmin(p_mw, np.maximum(p_set_mw, 0.0))


@dataclass(frozen=True, slots=True)
class Inverter:
    """A rating and a constant power factor, (members, units); absorbing (Q < 0, lowers the voltage).

    Reactive power has priority: at the kVA limit active power falls to `rating * power_factor`, so the power factor
    holds. That loss is the price of holding the voltage, not of a small rating (planner.md 1.9), and counted apart.
    """

    rating_mva: FloatArray
    most_mw: FloatArray  # rating * power factor
    q_per_p: FloatArray

    @classmethod
    def of(cls, rating_mva: FloatArray, power_factor: FloatArray) -> Inverter:
        """From rating and power factor."""
        return cls(rating_mva, np.asarray(rating_mva * power_factor), tangent(power_factor))

    def deliver(self, available_mw: FloatArray, p_set_mw: FloatArray | None) -> Delivery:
        """What of the available power flows, under an upper limit `p_set_mw` (None or NaN = none)."""
        offered = np.maximum(available_mw, 0.0)
        within_rating = np.minimum(offered, self.rating_mva)
        within_factor = np.minimum(within_rating, self.most_mw)
        p = below_ceiling(within_factor, p_set_mw)
        return Delivery(
            p_mw=p,
            q_mvar=np.asarray(0.0 - p * self.q_per_p),
            cut_rating_mw=offered - within_rating,
            cut_voltage_mw=within_rating - within_factor,
            cut_set_mw=within_factor - p,
        )
