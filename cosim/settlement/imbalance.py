"""Imbalance under planned-value balancing (計画値同時同量): plan against actual, each half hour at one price.

A balancing group that draws more (or generates less) than it planned buys the difference from the utility, one that
draws less sells it; shortfall and surplus of a half hour have the same price (facts.md 3.1, 3.3). With a perfect plan
there is nothing to settle: a plan needs a gate time and a forecast error (planner.md 1.15).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np

from cosim.settlement.japan_meter import HalfHours, cost, total_kwh
from cosim.settlement.japan_tables import imbalance_cap
from cosim.settlement.meter import Month
from grids.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class Imbalance:
    """What a group's plan cost it in a month; amounts not rounded."""

    month: Month
    planned_kwh: Decimal
    actual_kwh: Decimal
    shortfall_kwh: Decimal  # drawn beyond the plan
    surplus_kwh: Decimal  # planned and not drawn
    charge: Decimal  # for shortfall
    receipt: Decimal  # for surplus

    @property
    def due(self) -> Decimal:
        """Charge less receipt; negative = the group is paid."""
        return self.charge - self.receipt


def imbalances(meter: HalfHours, plan_kwh: FloatArray, price: FloatArray) -> tuple[Imbalance, ...]:
    """Plan against actual, by month.

    Args:
        meter: the group's half hours; net draw = import - export.
        plan_kwh: (K,) planned net draw, feeding in negative.
        price: (K,) imbalance price per kWh.

    Raises:
        ValueError: lengths differ, or something is not finite.
    """
    if not len(plan_kwh) == len(price) == len(meter.import_kwh):
        raise ValueError("plan and price need one value for each metered half hour")
    if not (np.isfinite(plan_kwh).all() and np.isfinite(price).all()):
        raise ValueError("plan or price has half hours without a value")
    return tuple(_of_month(meter, month, plan_kwh, price) for month in meter.months)


def imbalance_price(spot: FloatArray, meter: HalfHours, *, factor: float, transitional: bool) -> FloatArray:
    """(K,) imbalance price where none is published: spot x factor [A], up to the cap of the day.

    Args:
        spot: (K,) spot price per kWh.
        meter: whose half hours they are.
        factor: what the utility's balancing energy costs over spot.
        transitional: whether the lower cap of the transition holds where the table has one.
    """
    days = [datetime.fromtimestamp(int(edge), UTC).astimezone(meter.zone).date() for edge in meter.edges_s[:-1]]
    caps = {day: _limit(day, transitional=transitional) for day in set(days)}
    return np.asarray(np.minimum(spot * factor, np.array([caps[day] for day in days])))


def _limit(day: date, *, transitional: bool) -> float:
    cap = imbalance_cap(day, transitional=transitional)
    return np.inf if cap is None else cap


def _of_month(meter: HalfHours, month: Month, plan_kwh: FloatArray, price: FloatArray) -> Imbalance:
    inside = meter.of_month(month)
    actual = meter.import_kwh[inside] - meter.export_kwh[inside]
    beyond = actual - plan_kwh[inside]
    shortfall, surplus = np.maximum(beyond, 0.0), np.maximum(-beyond, 0.0)
    return Imbalance(
        month=month,
        planned_kwh=total_kwh(plan_kwh[inside]),
        actual_kwh=total_kwh(actual),
        shortfall_kwh=total_kwh(shortfall),
        surplus_kwh=total_kwh(surplus),
        charge=cost(shortfall, price[inside]),
        receipt=cost(surplus, price[inside]),
    )
