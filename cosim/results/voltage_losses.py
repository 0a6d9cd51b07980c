"""Energy that voltage control cost each unit: what its suppression, curve or power factor took from it.

`voltage-losses.csv` lists every unit that lost some; figures and balances hold the sums.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from cosim.results.series_columns import labels
from grids.arrays import BoolArray, FloatArray, IntArray
from grids.reasons import Reason
from simulators import ports
from simulators.sinks import EntityLayout, Layout, StepBlock

NAME = "voltage-losses.csv"
COLUMNS = ("unit", "bus", "customer", "lost_kwh", "lost_kwh_max", "available_kwh", "lost_percent")
LEAST_KWH = 1e-3
MWH_TO_KWH = 1e3


class VoltageLosses:
    """Sink: MWh each unit of a source could have given and did not because of the voltage.

    Args:
        customers: bus -> who is there: `customer:NAME`, or the `pole:NAME` it hangs on.
    """

    def __init__(self, customers: Mapping[str, str]) -> None:
        self._customers = customers

    def open(self, layout: Layout) -> None:
        """Find the sources."""
        self._layout = layout
        self._entities = [one for one in layout.entities if ports.P_AVAILABLE in one.ports and one.injections]
        self._lost = [np.zeros((layout.members, entity.units)) for entity in self._entities]
        self._available = [np.zeros((layout.members, entity.units)) for entity in self._entities]
        self._failed: BoolArray = np.zeros(layout.members, dtype=bool)

    def write(self, block: StepBlock) -> None:
        """Take some steps."""
        grid = block.grid
        self._failed = self._failed | ~block.by_step(grid.result.converged).all(axis=0)
        for at, entity in enumerate(self._entities):
            published = block.ports[entity.subject]
            points: IntArray = np.array(entity.injections, dtype=np.int64)
            held = grid.injection_reason[:, points] == Reason.VOLTAGE
            lost = np.where(held, published[ports.P] - grid.p_actual_mw[:, points], 0.0)
            if ports.CUT_VOLTAGE in published:
                lost = lost + published[ports.CUT_VOLTAGE]
            available = np.maximum(published[ports.P_AVAILABLE], 0.0)
            self._lost[at] = _added(self._lost[at], lost, block)
            self._available[at] = _added(self._available[at], available, block)

    def close(self, *, complete: bool) -> None:
        """Nothing to release."""

    def rows(self) -> list[dict[str, Any]]:
        """One row a unit that lost something, the largest loss first.

        Of many members those with steps without solution do not count, as in the figures.
        """
        found = [row for at, entity in enumerate(self._entities) for row in self._of(at, entity)]
        return sorted(found, key=lambda row: -row["lost_kwh"])

    def _of(self, at: int, entity: EntityLayout) -> list[dict[str, Any]]:
        index = self._layout.index
        counts = np.full_like(self._failed, True) if self._failed.all() else ~self._failed
        lost, available = (MWH_TO_KWH * energy[at][counts] for energy in (self._lost, self._available))
        rows = []
        for unit, label in enumerate(labels(entity.subject, entity.units)):
            if not lost[:, unit].max() > LEAST_KWH:
                continue
            bus = index.bus[index.injection_bus[entity.injections[unit]]]
            mean, could = float(lost[:, unit].mean()), float(available[:, unit].mean())
            rows.append(
                {
                    "unit": label,
                    "bus": bus,
                    "customer": self._customers.get(bus, ""),
                    "lost_kwh": round(mean, 3),
                    "lost_kwh_max": round(float(lost[:, unit].max()), 3),
                    "available_kwh": round(could, 3),
                    "lost_percent": round(100.0 * mean / could, 3) if could > 0.0 else 0.0,
                }
            )
        return rows

    def save(self, folder: Path) -> None:
        """Write the file; nothing if nobody lost anything."""
        rows = self.rows()
        if rows:
            with (folder / NAME).open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, COLUMNS)
                writer.writeheader()
                writer.writerows(rows)


def read_voltage_losses(folder: Path) -> list[dict[str, str]]:
    """Rows of the file, the largest loss first; none where nobody lost anything."""
    path = folder / NAME
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _added(total: FloatArray, mw: FloatArray, block: StepBlock) -> FloatArray:
    """MWh so far plus those of a block; step after step, so that a member's sum does not depend on the block."""
    values = mw if len(mw) == block.rows else np.repeat(mw, block.members, axis=0)
    if not (converged := block.grid.result.converged).all():
        values = np.where(converged[:, np.newaxis], values, 0.0)
    for hours, step in zip(block.hours, block.by_step(values), strict=True):
        total = total + hours * step
    return total
