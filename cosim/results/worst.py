"""Where and when each bus, branch and supply point was worst, over the whole run and all members.

And every voltage at the moments of the lowest and the highest one. `worst.json` is what the feeder map and the voltage
over distance are drawn from: it does not depend on `record`, and an ensemble has it too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cosim.results.rows import pick
from grids.arrays import BoolArray, FloatArray, IntArray
from simulators.sinks import Layout, StepBlock

if TYPE_CHECKING:
    from grids.supply import SupplyVoltages

SCHEMA = "cosim-worst/1"
LOWEST, HIGHEST = "lowest", "highest"
SIGNS = {LOWEST: 1.0, HIGHEST: -1.0}  # makes the worst value the smallest
_WORDS = {LOWEST: "min", HIGHEST: "max"}
LEGS = 0.0  # stands for the supply points where a voltage level stands for its buses


class Peaks:
    """Running extreme of columns, with the step and the member where it was reached first.

    Args:
        columns: number of columns.
        sign: 1 for the lowest values, -1 for the highest.
    """

    def __init__(self, columns: int, sign: float) -> None:
        self.sign = sign
        self._best: FloatArray = np.full(columns, np.inf)
        self.step: IntArray = np.zeros(columns, dtype=np.int64)
        self.row: IntArray = np.zeros(columns, dtype=np.int64)  # of the members that run

    @property
    def value(self) -> FloatArray:
        """(columns,) extremes; NaN where nothing was ever seen."""
        return np.where(np.isfinite(self._best), self.sign * self._best, np.nan)

    def add(self, values: FloatArray, block: StepBlock) -> FloatArray:
        """Take (rows, columns) of a block; NaN do not count.

        Returns:
            (columns,) the block's own extremes times the sign.
        """
        signed = values if self.sign > 0 else -values
        # fmin skips NaN, but costs four times as much
        best: FloatArray = (np.fmin if np.isnan(values).any() else np.minimum).reduce(signed, axis=0)
        better = np.flatnonzero(best < self._best)
        if better.size:
            at = np.nanargmin(signed[:, better], axis=0)
            self._best[better] = best[better]
            self.step[better] = block.first_k + at // block.members
            self.row[better] = at % block.members
        return best


@dataclass(frozen=True, slots=True)
class Moment:
    """One step of one member: every voltage of a kind, and how the wires stood."""

    worst: float  # times the sign
    column: int  # the one the moment is remembered for
    step: int
    row: int
    values: FloatArray  # all columns; NaN = dead
    closed: BoolArray  # (switch,)
    in_service: BoolArray  # (branch,)
    source_on: BoolArray  # (source,)


class Worst:
    """Sink: extremes of every bus, branch and supply point, and the moments of the worst voltages.

    The moments are those of the lowest and the highest voltage of each level, and of the customers' legs. What is dead
    or without solution does not count.

    Args:
        supply: the supply points whose legs are known, if there are any.
    """

    def __init__(self, supply: SupplyVoltages | None = None) -> None:
        self._subjects = () if supply is None else supply.subjects
        self._buses = () if supply is None else supply.buses

    def open(self, layout: Layout) -> None:
        """Set up for the network's sizes."""
        self._layout = layout
        index = layout.index
        self._rated = np.flatnonzero(np.isfinite(index.branch_rating).any(axis=1))
        self._vm = {end: Peaks(len(index.bus), sign) for end, sign in SIGNS.items()}
        self._legs = {end: Peaks(len(self._subjects), sign) for end, sign in SIGNS.items()}
        self._loading = Peaks(len(self._rated), SIGNS[HIGHEST])
        real = np.ones(len(index.bus), dtype=bool)
        real[list(index.star_bus)] = False
        self._levels = {
            vn_kv: np.flatnonzero(real & (index.bus_vn_kv == vn_kv)) for vn_kv in {*index.bus_vn_kv[real].tolist()}
        }
        self._every_leg = np.arange(len(self._subjects))
        self._moments: dict[tuple[float, str], Moment] = {}

    def write(self, block: StepBlock) -> None:
        """Take some steps."""
        result = block.grid.result
        alive = result.energised
        vm_pu = result.vm_pu if alive.all() else np.where(alive, result.vm_pu, np.nan)
        for end, peaks in self._vm.items():
            best = peaks.add(vm_pu, block)
            for vn_kv, buses in self._levels.items():
                self._remember((vn_kv, end), best, buses, vm_pu, block)
        self._loading.add(pick(result.loading_percent, self._rated), block)
        if self._subjects:
            self._write_legs(block)

    def _write_legs(self, block: StepBlock) -> None:
        supply = block.grid.supply
        assert supply is not None  # noqa: S101 - the feeder was built with these supply points
        known = supply.energised & supply.converged
        for end, legs_v in ((LOWEST, supply.low_leg_v), (HIGHEST, supply.high_leg_v)):
            values = legs_v if known.all() else np.where(known, legs_v, np.nan)
            best = self._legs[end].add(values, block)
            self._remember((LEGS, end), best, self._every_leg, values, block)

    def _remember(
        self, key: tuple[float, str], best: FloatArray, columns: IntArray, values: FloatArray, block: StepBlock
    ) -> None:
        """Keep the step of the worst of some columns, if the block has a worse one than before."""
        own = best[columns]
        if np.isnan(own).all():
            return
        at = int(np.nanargmin(own))
        if key in self._moments and own[at] >= self._moments[key].worst:
            return
        column = int(columns[at])
        row = int(np.nanargmin(SIGNS[key[1]] * values[:, column]))
        state = block.grid.state
        self._moments[key] = Moment(
            worst=float(own[at]),
            column=column,
            step=block.first_k + row // block.members,
            row=row % block.members,
            values=values[row].copy(),  # else the block stays in memory
            closed=state.closed[row].copy(),
            in_service=state.in_service[row].copy(),
            source_on=state.source_on[row].copy(),
        )

    def close(self, *, complete: bool) -> None:
        """Nothing to release."""

    def as_dict(self) -> dict[str, Any]:
        """Plain data of `worst.json`; None or NaN stands where something was never alive."""
        index = self._layout.index
        keys = sorted(self._moments, reverse=True)
        tables = {
            "bus": {"name": list(index.bus), **self._both("vm", "pu", self._vm)},
            "branch": {
                "subject": [index.branch_subject(branch) for branch in self._rated.tolist()],
                **self._columns("loading_max", "percent", self._loading),
            },
        }
        if self._subjects:
            own = {"subject": list(self._subjects), "bus": list(self._buses)}
            tables["supply"] = own | self._both("leg", "v", self._legs)
        return {"schema": SCHEMA, **tables, "moments": [self._moment(*key) for key in keys]}

    def _both(self, quantity: str, unit: str, peaks: Mapping[str, Peaks]) -> dict[str, list[Any]]:
        low, high = (self._columns(f"{quantity}_{word}", unit, peaks[end]) for end, word in _WORDS.items())
        return low | high

    def _columns(self, prefix: str, unit: str, peaks: Peaks) -> dict[str, list[Any]]:
        value = peaks.value
        seen = np.isfinite(value).tolist()
        when = [self._clock(step) if known else None for step, known in zip(peaks.step.tolist(), seen, strict=True)]
        members = self._layout.member[peaks.row].tolist()
        return {f"{prefix}_{unit}": value.tolist(), f"{prefix}_at": when, f"{prefix}_member": members}

    def _clock(self, step: int) -> str:
        axis = self._layout.axis
        return axis.local(int(axis.edges[step])).isoformat()

    def _moment(self, vn_kv: float, end: str) -> Mapping[str, Any]:
        moment, index = self._moments[vn_kv, end], self._layout.index
        legs = vn_kv == LEGS
        return {
            "quantity": "leg_v" if legs else "vm_pu",
            "vn_kv": None if legs else vn_kv,
            "end": end,
            "subject": self._subjects[moment.column] if legs else f"bus:{index.bus[moment.column]}",
            "at": self._clock(moment.step),
            "member": int(self._layout.member[moment.row]),
            "values": moment.values.tolist(),
            "open": [index.switch[at] for at in np.flatnonzero(~moment.closed).tolist()],
            "out": [index.branch_subject(at) for at in np.flatnonzero(~moment.in_service).tolist()],
            "sources": [index.source[at] for at in np.flatnonzero(moment.source_on).tolist()],
        }
