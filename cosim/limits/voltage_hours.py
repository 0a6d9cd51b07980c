"""How long and when customers' voltages lay outside their band: the figures remedies are compared by.

Half-hour means of every leg at every supply point, against the statutory 100 V band. An hour counts once however many
supply points are out in it; customer hours count every one of them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cosim.limits.breaches import HalfHours
from cosim.limits.spec import VoltageLimits
from cosim.results.figures import Figure
from grids.arrays import BoolArray, FloatArray
from simulators.axis import HALF_HOUR_S
from simulators.sinks import Layout, StepBlock

HALF_HOUR_H = HALF_HOUR_S / 3600.0
# clock hours; planner.md 1.13: a remedy must pass midday and winter evening
PERIODS = {"midday": (10, 14), "evening": (17, 21)}
SIDES = ("over", "under")


class VoltageHours:
    """Sink: hours with a leg above or below the band, at all times, at midday and in the evening."""

    def __init__(self, limits: VoltageLimits) -> None:
        self._lower, self._upper = limits.lv_100_lower_v, limits.lv_100_upper_v

    def open(self, layout: Layout) -> None:
        """Set up for the supply points; without any there is nothing to do."""
        self._layout = layout
        members, points = layout.members, len(layout.supply)
        self._half_hours = HalfHours(layout, 2 * points) if points else None
        self._hours: dict[tuple[str, str], FloatArray] = {
            (side, period): np.zeros(members) for side in SIDES for period in ("", *PERIODS)
        }
        self._customer_hours = {side: np.zeros(members) for side in SIDES}
        self._touched: dict[str, BoolArray] = {side: np.zeros((members, points), dtype=bool) for side in SIDES}
        self._lowest: FloatArray = np.full(members, np.inf)
        self._highest: FloatArray = np.full(members, -np.inf)

    def write(self, block: StepBlock) -> None:
        """Take some steps."""
        supply = block.grid.supply if self._half_hours is not None else None
        if supply is None or self._half_hours is None:
            return
        known = supply.energised & supply.converged
        legs = supply.legs_v if known.all() else np.where(known[..., np.newaxis], supply.legs_v, np.nan)
        means, first_k = self._half_hours.add(block.by_step(legs.reshape(len(legs), -1)), block.first_k)
        for mean, k in zip(means, first_k.tolist(), strict=True):
            self._take(mean.reshape(len(mean), -1, 2), k)

    def _take(self, legs_v: FloatArray, k: int) -> None:
        """One half hour: (M, S, 2) mean voltages; NaN = not judged."""
        axis = self._layout.axis
        hour = axis.local(int(axis.edges[k])).hour
        periods = ["", *(name for name, (start, end) in PERIODS.items() if start <= hour < end)]
        self._lowest = np.fmin(self._lowest, np.fmin.reduce(legs_v, axis=(1, 2)))
        self._highest = np.fmax(self._highest, np.fmax.reduce(legs_v, axis=(1, 2)))
        for side, out in (("over", legs_v > self._upper), ("under", legs_v < self._lower)):
            points: BoolArray = np.logical_or.reduce(out, axis=2)
            if not np.any(points):
                continue
            self._customer_hours[side] = self._customer_hours[side] + HALF_HOUR_H * points.sum(axis=1)
            self._touched[side] = self._touched[side] | points
            somewhere = HALF_HOUR_H * np.logical_or.reduce(points, axis=1)
            for period in periods:
                self._hours[side, period] = self._hours[side, period] + somewhere

    def close(self, *, complete: bool) -> None:
        """Nothing to release."""

    def figures(self) -> Iterator[Figure]:
        """Hours out of band, supply points concerned, lowest and highest half-hour mean; NaN where none was judged."""
        if self._half_hours is None:
            return
        judged = np.isfinite(self._lowest)

        def figure(name: str, values: FloatArray, unit: str) -> Figure:
            return Figure(f"supply.{name}", np.where(judged, values, np.nan), unit)

        for (side, period), hours in self._hours.items():
            yield figure(f"{'_'.join(filter(None, (side, period)))}_hours", hours, "h")
        for side in SIDES:
            yield figure(f"{side}_point_hours", self._customer_hours[side], "h")
            yield figure(f"{side}_points", self._touched[side].sum(axis=1).astype(np.float64), "1")
        yield figure("leg_min_v", self._lowest, "V")
        yield figure("leg_max_v", self._highest, "V")
