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


def ceiling(p_set_mw: FloatArray | None) -> FloatArray | float:
    """A source's upper limit: its set-point, never below 0; without one (None or NaN) it gives all it has."""
    if p_set_mw is None:
        return np.inf
    return np.where(np.isnan(p_set_mw), np.inf, np.maximum(p_set_mw, 0.0))


def deliver(
    available_mw: FloatArray, rating_mva: FloatArray, power_factor: FloatArray, ceiling_mw: FloatArray | float
) -> Delivery:
    """Deliver at constant power factor, absorbing (Q < 0, lowers the voltage).

    Reactive power has priority: at the kVA limit active power falls to `rating * power_factor`, so the power factor
    holds. That loss is the price of holding the voltage, not of a small rating (planner.md 1.9), and counted apart.
    """
    offered = np.maximum(available_mw, 0.0)
    within_rating = np.minimum(offered, rating_mva)
    within_factor = np.minimum(within_rating, rating_mva * power_factor)
    p = np.minimum(within_factor, ceiling_mw)
    return Delivery(
        p_mw=p,
        q_mvar=np.asarray(0.0 - p * tangent(power_factor)),
        cut_rating_mw=offered - within_rating,
        cut_voltage_mw=within_rating - within_factor,
        cut_set_mw=within_factor - p,
    )
